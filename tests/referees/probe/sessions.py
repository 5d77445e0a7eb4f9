"""Takes the gateway's credentials apart: the session that it signs with, used directly, reaches one prefix only."""

import json
from urllib.parse import parse_qs, urlsplit

import jwt
from botocore.exceptions import ClientError

from store import attempt


def carry(verdict, upload, policy):
    """Where the referee's session tokens can be read: the one in the gateway's URL carries the policy that it printed."""
    token = parse_qs(urlsplit(upload["request"]["url"]).query)["X-Amz-Security-Token"][0]
    carried = jwt.decode(token, options={"verify_signature": False}).get("spol") or "null"
    verdict.equal("the session in the gateway's URL carries its session policy",
                  json.loads(carried, object_hook=listed), json.loads(policy, object_hook=listed))


def listed(statement):
    """A policy's member may be a string or a list of one; the referee writes the list."""
    return {name: [value] if isinstance(value, str) and name in ("Action", "Resource") else value
            for name, value in statement.items()}


def reach_one_prefix(verdict, store, session, who, other, wall):
    """`session`, walled in by `wall`, can write below `who`/ and do nothing anywhere else."""
    bucket, own, planted = store.bucket, f"{who}/probe/own.txt", f"{other}/probe/planted.txt"
    store.put(planted)
    before = store.keys()
    verdict.accepted(f"{wall}: {who}'s session writes its own prefix",
                     attempt(session.put_object, Bucket=bucket, Key=own, Body=b"own"))
    for what, key in {
        "another tenant's prefix": f"{other}/probe/x.txt", "a sibling prefix": f"{who}co/x.txt", "the bare prefix": who,
        "the root": "x.txt", "an empty prefix": "/x.txt", "another tenant's object": planted,
    }.items():
        verdict.refused(f"{wall}: {who}'s session cannot write {what}",
                        attempt(session.put_object, Bucket=bucket, Key=key, Body=b"x"))
    verdict.refused(f"{wall}: {who}'s session cannot read another tenant's object",
                    attempt(session.get_object, Bucket=bucket, Key=planted))
    verdict.refused(f"{wall}: {who}'s session cannot copy another tenant's object to itself", attempt(
        session.copy_object, Bucket=bucket, Key=f"{who}/probe/copy.txt", CopySource={"Bucket": bucket, "Key": planted}))
    verdict.refused(f"{wall}: {who}'s session cannot delete another tenant's object",
                    attempt(session.delete_object, Bucket=bucket, Key=planted))
    verdict.accepted(f"{wall}: {who}'s session lists its own prefix",
                     attempt(session.list_objects_v2, Bucket=bucket, Prefix=f"{who}/"))
    for what, prefix in {"the bucket": "", "another tenant's prefix": f"{other}/", "a sibling prefix": f"{who}co/"}.items():
        verdict.refused(f"{wall}: {who}'s session cannot list {what}",
                        attempt(session.list_objects_v2, Bucket=bucket, Prefix=prefix))
    verdict.refused(f"{wall}: {who}'s session cannot open a multipart upload elsewhere", attempt(
        session.create_multipart_upload, Bucket=bucket, Key=f"{other}/probe/large.bin"))
    verdict.same_set(f"{wall}: only {who}'s own object is new", store.keys() - before, {own})
    verdict.equal(f"{wall}: {other}'s object is as it was", store.read(planted), b"planted")
    store.delete(own)
    store.delete(planted)


def need_the_policy(verdict, store, role, who, other):
    """The counter-proof: without the session policy the same role reaches the other tenant."""
    key = f"{other}/probe/unwalled.txt"
    session = store.session(role, tag=who)
    verdict.accepted(f"no wall: {who}'s session without its policy writes {other}'s prefix",
                     attempt(session.put_object, Bucket=store.bucket, Key=key, Body=b"x"))
    store.delete(key)


def need_the_tag(verdict, store, role):
    try:
        store.session(role)
        verdict.check("a session without the tag is refused", False, "it was given")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        verdict.check("a session without the tag is refused", code == "AccessDenied", error)
