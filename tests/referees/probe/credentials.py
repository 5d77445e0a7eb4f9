"""Asks the gateway for temporary credentials as a client would, and tries with boto3 how far they reach."""

from store import attempt

LARGE = bytes(range(256)) * 4096 * 6  # 6 MiB: two parts


def reach_their_own_prefix(verdict, gateway, store, who, other):
    """What is handed out writes below the caller's own prefix, reads there only when the tenant says so, and nothing else."""
    gateway.change(who, credentialVending=False)
    verdict.refused("a tenant that does not hand out credentials refuses", gateway.ask_for_credentials(who))
    for reads in (False, True):
        gateway.change(who, credentialVending=True, credentialReading=reads)
        given = gateway.ask_for_credentials(who).json()
        named = f"credentials that {'read' if reads else 'only write'}"
        own, bucket = f"{who}/{gateway.me(who)['subject']}/", store.bucket
        verdict.equal(f"{named}: their prefix is their holder's own", given["prefix"], own)
        session = store.s3(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
        key, neighbour, theirs = f"{own}probe/a.txt", f"{who}/somebody-else/a.txt", f"{other}/probe/a.txt"
        store.put(neighbour)
        store.put(theirs)
        before = store.keys()
        verdict.accepted(f"{named}: write", attempt(session.put_object, Bucket=bucket, Key=key, Body=b"own"))
        travel_in_parts(verdict, named, session, store, f"{own}probe/large.bin")
        for what, elsewhere in {
            "another subject's prefix": neighbour, "another tenant's prefix": theirs, "the bare prefix": own.rstrip("/"),
            "the tenant's root": f"{who}/x.txt", "the bucket's root": "x.txt",
        }.items():
            verdict.refused(f"{named}: cannot write {what}",
                            attempt(session.put_object, Bucket=bucket, Key=elsewhere, Body=b"x"))
        for what, elsewhere in {"another subject's": neighbour, "another tenant's": theirs}.items():
            verdict.refused(f"{named}: cannot read {what} object", attempt(session.get_object, Bucket=bucket, Key=elsewhere))
        verdict.refused(f"{named}: cannot delete", attempt(session.delete_object, Bucket=bucket, Key=key))
        for what, prefix in {"the bucket": "", "the tenant's prefix": f"{who}/", "another tenant's prefix": f"{other}/"}.items():
            verdict.refused(f"{named}: cannot list {what}", attempt(session.list_objects_v2, Bucket=bucket, Prefix=prefix))
        judge, neither = (verdict.accepted, "") if reads else (verdict.refused, "not ")
        judge(f"{named}: their own object is {neither}read", attempt(session.get_object, Bucket=bucket, Key=key))
        judge(f"{named}: their own prefix is {neither}listed", attempt(session.list_objects_v2, Bucket=bucket, Prefix=own))
        verdict.same_set(f"{named}: nothing but their own is new", store.keys() - before, {key, f"{own}probe/large.bin"})
        for written in (key, f"{own}probe/large.bin", neighbour, theirs):
            store.delete(written)
    gateway.change(who, credentialVending=False)


def travel_in_parts(verdict, named, session, store, key):
    place = {"Bucket": store.bucket, "Key": key}
    begun = {**place, "UploadId": session.create_multipart_upload(**place)["UploadId"]}
    cut = 5 << 20
    parts = [{"PartNumber": number, "ETag": session.upload_part(**begun, PartNumber=number, Body=piece)["ETag"]}
             for number, piece in ((1, LARGE[:cut]), (2, LARGE[cut:]))]
    verdict.equal(f"{named}: list the parts", len(session.list_parts(**begun)["Parts"]), 2)
    verdict.accepted(f"{named}: put them together",
                     attempt(session.complete_multipart_upload, **begun, MultipartUpload={"Parts": parts}))
    verdict.check(f"{named}: the object is whole", store.read(key) == LARGE, "it is not")
    given_up = {**place, "UploadId": session.create_multipart_upload(**place)["UploadId"]}
    verdict.accepted(f"{named}: give one up", attempt(session.abort_multipart_upload, **given_up))
