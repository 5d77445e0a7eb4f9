"""The gateway's own doctor: green where the referee is set up rightly, and another row for each thing that is not."""

import json

ADMIN_SCOPE = "aws.cognito.signin.user.admin"
CLAIM = "custom:customerName"
ON_OBJECTS = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]


def tells_right_from_wrong(verdict, referee, store, gateway):
    expected = {(check, outcome) for check, outcome in referee["notGreen"]}
    report = gateway.examine()
    verdict.same_set("doctor: nothing is wanting but what this referee cannot do", not_green(report), expected)
    wanting = [found for found in report["findings"] if found["outcome"] != "ok"]
    verdict.check("doctor: whatever is wanting has advice", all(found["advice"] for found in wanting), wanting)
    before = store.keys()
    for what, commit, mend, turned in faults(referee, store, gateway):
        commit()
        try:
            found = not_green(gateway.examine())
        finally:
            mend()
        # What cannot be looked at any more is no warning.
        others = {row for row in expected if row[0] != "audit" or not turned & {("audit", "unknown")}}
        verdict.same_set(f"doctor: {what} turns its own row", found, others | turned)
    verdict.same_set("doctor: mended, all is as before", not_green(gateway.examine()), expected)
    verdict.same_set("doctor: nothing is left behind", store.keys(), before)


def not_green(report):
    """Each check that is not as it should be, with how it stands."""
    return {(found["check"], found["outcome"]) for found in report["findings"] if found["outcome"] != "ok"}


def faults(referee, store, gateway):
    """What is wrong, how it is made so, how it is mended, and what then is not green besides."""
    s3, bucket = store.admin, {"Bucket": referee["bucket"]}
    rules = s3.get_bucket_cors(**bucket)["CORSRules"]
    yield (
        "a bucket without CORS rules", lambda: s3.delete_bucket_cors(**bucket),
        lambda: s3.put_bucket_cors(**bucket, CORSConfiguration={"CORSRules": rules}),
        {("bucket CORS", "failed"), ("bucket CORS", "warning")})
    yield (
        "a database that was never migrated", lambda: gateway.rewrite("/gateway?", "/postgres?"),
        lambda: gateway.rewrite("/postgres?", "/gateway?"), {("database", "failed"), ("audit", "unknown")})
    if referee["tagRole"]:
        yield from of_bucket(s3, bucket)
        yield from of_delivery(store.client("sqs", *referee["admin"]), s3, bucket, referee["queue"])
        yield from of_role(store.client("iam", *referee["admin"]), referee["tagRole"].rsplit("/", 1)[1])
        yield from of_gateway(store.client("iam", *referee["admin"]))
        yield from of_pool(store.client("cognito-idp", *referee["admin"]), referee["pool"])


def of_bucket(s3, bucket):
    blocks = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    put_blocks = lambda blocks: s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration=blocks)
    yield (
        "a bucket whose policy may be public", lambda: put_blocks({**blocks, "BlockPublicPolicy": False}),
        lambda: put_blocks(blocks), {("public access", "failed")})
    yield (
        "a bucket without a block of public access", lambda: s3.delete_public_access_block(**bucket),
        lambda: put_blocks(blocks), {("public access", "failed")})
    put_owner = lambda owner: s3.put_bucket_ownership_controls(
        **bucket, OwnershipControls={"Rules": [{"ObjectOwnership": owner}]})
    yield (
        "a bucket with access lists", lambda: put_owner("ObjectWriter"), lambda: put_owner("BucketOwnerEnforced"),
        {("object ownership", "failed")})
    put_encryption = lambda **default: s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": default}]})
    key = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
    yield (
        "a key that sessions may not use", lambda: put_encryption(SSEAlgorithm="aws:kms", KMSMasterKeyID=key),
        lambda: put_encryption(SSEAlgorithm="AES256"), {("encryption", "failed")})
    rules = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    yield (
        "a bucket that keeps unfinished uploads", lambda: s3.delete_bucket_lifecycle(**bucket),
        lambda: s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={"Rules": rules}),
        {("lifecycle", "warning")})


def of_delivery(sqs, s3, bucket, queue):
    told = s3.get_bucket_notification_configuration(**bucket)["QueueConfigurations"]
    tell = lambda queues: s3.put_bucket_notification_configuration(
        **bucket, NotificationConfiguration={"QueueConfigurations": queues})
    narrow = {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "acme/"}]}}}
    red = {("event delivery", "failed")}
    yield "a bucket that tells nobody", lambda: tell([]), lambda: tell(told), red
    yield "a bucket that tells of one tenant", lambda: tell([{**told[0], **narrow}]), lambda: tell(told), red
    one = {**told[0], "Events": ["s3:ObjectCreated:Put"]}
    yield "a bucket that tells of whole uploads alone", lambda: tell([one]), lambda: tell(told), red
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy", "RedrivePolicy"])["Attributes"]
    put = lambda name, value: sqs.set_queue_attributes(QueueUrl=queue, Attributes={name: value})
    closed = attributes["Policy"].replace("s3.amazonaws.com", "lambda.amazonaws.com")
    yield (
        "a queue that S3 may not send to", lambda: put("Policy", closed),
        lambda: put("Policy", attributes["Policy"]), red)
    yield (
        "a queue without a dead-letter queue", lambda: put("RedrivePolicy", ""),
        lambda: put("RedrivePolicy", attributes["RedrivePolicy"]), {("event delivery", "warning")})


def of_role(iam, name):
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    tag = "aws:RequestTag/customerName"

    def put_trust(condition):
        statement = {key: value for key, value in trust["Statement"][0].items() if key != "Condition"}
        document = {**trust, "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))

    conditions = trust["Statement"][0]["Condition"]
    mend = lambda: put_trust(conditions)
    keys = {operator: values for operator, values in conditions.items() if operator.startswith("ForAllValues")}
    yield "a role for whoever forgets the tag", lambda: put_trust(keys), mend, {("upload role", "failed")}
    present = {**keys, "Null": {tag: "false"}}
    yield "a role for an empty tag", lambda: put_trust(present), mend, {("upload role", "failed")}
    yield (
        "a role for any tags", lambda: put_trust({"StringLike": conditions["StringLike"]}), mend,
        {("upload role", "warning")})

    def add(effect, actions, resource):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": resource}]}
        iam.put_role_policy(RoleName=name, PolicyName="fault", PolicyDocument=json.dumps(document))

    mend = lambda: iam.delete_role_policy(RoleName=name, PolicyName="fault")
    objects = "arn:aws:s3:::uploads/"
    yield (
        "a role for the whole bucket", lambda: add("Allow", ON_OBJECTS, f"{objects}*"), mend,
        {("tenants apart", "failed")})
    yield (
        "a role without the slash", lambda: add("Allow", ON_OBJECTS, f"{objects}upload-gateway-doctor*"), mend,
        {("tenants apart", "failed")})
    yield (
        "a role that may not write", lambda: add("Deny", "s3:PutObject", f"{objects}*"), mend,
        {("bucket", "failed"), ("tenants apart", "unknown")})
    yield (
        "a role that lists any tenant's objects", lambda: add("Allow", "s3:ListBucket", objects.rstrip("/")), mend,
        {("tenants apart", "failed")})
    yield (
        "a role that aborts any tenant's uploads", lambda: add("Allow", "s3:AbortMultipartUpload", f"{objects}*"), mend,
        {("tenants apart", "failed")})
    yield (
        "a role that may look at nothing", lambda: add("Deny", ["s3:GetObject", "s3:ListBucket"], "*"), mend,
        {("bucket", "failed"), ("tenants apart", "unknown")})


def of_gateway(iam):
    denied = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["s3:GetBucketPublicAccessBlock", "cognito-idp:DescribeUserPool"], "Resource": "*"}]}
    yield (
        "a look that the gateway may not have",
        lambda: iam.put_user_policy(UserName="gateway", PolicyName="fault", PolicyDocument=json.dumps(denied)),
        lambda: iam.delete_user_policy(UserName="gateway", PolicyName="fault"),
        {("public access", "unknown"), ("user pool", "unknown")})


def of_pool(cognito, pool):
    ids = {"UserPoolId": pool["issuer"].rsplit("/", 1)[1]}
    registration = lambda alone: cognito.update_user_pool(
        **ids, AdminCreateUserConfig={"AllowAdminCreateUserOnly": alone})
    yield (
        "a pool that anybody may join", lambda: registration(False), lambda: registration(True),
        {("user pool", "warning")})
    client = cognito.describe_user_pool_client(**ids, ClientId=pool["clientId"])["UserPoolClient"]
    kept = {name: client[name] for name in (
        "ClientName", "ExplicitAuthFlows", "WriteAttributes", "ReadAttributes", "PreventUserExistenceErrors",
        "EnableTokenRevocation")}
    # What is not said falls back to its default, as at AWS.
    pages = {"AllowedOAuthFlowsUserPoolClient": False, "AllowedOAuthFlows": [], "AllowedOAuthScopes": []}
    put = lambda **changes: cognito.update_user_pool_client(
        **ids, ClientId=pool["clientId"], **{**kept, **pages, **changes})
    writes = {"WriteAttributes": ["email", CLAIM]}
    code = {
        "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
        "CallbackURLs": ["https://uploads.example.com/portal/"]}
    red = {("app client", "failed")}
    yield "an API sign-in that chooses its tenant", lambda: put(**writes), put, red
    yield (
        "a page's token that chooses its tenant",
        lambda: put(**writes, **{**code, "AllowedOAuthScopes": ["openid", ADMIN_SCOPE]},
                    ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"]), put, red)
    yield "a token in an address", lambda: put(**{**code, "AllowedOAuthFlows": ["implicit"]}), put, red
    other = {}
    attributes = dict(ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], WriteAttributes=[CLAIM])
    yield (
        "another client that writes the claim",
        lambda: other.update(cognito.create_user_pool_client(**ids, **attributes)["UserPoolClient"]),
        lambda: cognito.delete_user_pool_client(**ids, ClientId=other["ClientId"]), red)
    yellow = {("app client", "warning")}
    yield "a client that tells who exists", lambda: put(PreventUserExistenceErrors="LEGACY"), put, yellow
    yield "a client without revocation", lambda: put(EnableTokenRevocation=False), put, yellow
    yield "a client whose tokens name no tenant", lambda: put(ReadAttributes=["email"]), put, yellow
