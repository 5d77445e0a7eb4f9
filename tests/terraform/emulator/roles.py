"""The two roles, tried for what they must not do; and what the emulator has to be told, because it knows less of policies than IAM."""

import json
import time

from botocore.exceptions import ClientError

from store import attempt

VARIABLE = "${aws:PrincipalTag/customerName}"


def session_of_the_task(root, role_arn):
    """What ECS would hand to the task. No container runs here, so the emulator's root stands in for ECS in the role's trust policy."""
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}]}
    root.client("iam", "test", "test").update_assume_role_policy(
        RoleName=role_arn.rsplit("/", 1)[-1], PolicyDocument=json.dumps(trust))
    session = root.client("sts", "test", "test").assume_role(RoleArn=role_arn, RoleSessionName="task")["Credentials"]
    return [session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]]


def expand_tenant_variable(role_arn, store, tenants):
    """Writes the role's policy as IAM reads it, once for each tenant, because the emulator leaves the variable as it stands.

    Every statement is the module's own; where it holds the variable, it is bound to sessions with that very tag instead.
    """
    iam, role = store.client("iam", "test", "test"), role_arn.rsplit("/", 1)[-1]
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        statements = []
        for statement in document["Statement"]:
            text = json.dumps(statement)
            if VARIABLE not in text:
                statements.append(statement)
                continue
            for tenant in tenants:
                own = json.loads(text.replace(VARIABLE, tenant))
                if "Sid" in own:
                    own["Sid"] += tenant.title().replace("-", "")
                equal = own.setdefault("Condition", {}).setdefault("StringEquals", {})
                equal["aws:PrincipalTag/customerName"] = tenant
                statements.append(own)
        iam.put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": statements}))


def forget_the_keys_name(store):
    """The emulator does not tell policies which key a PUT names, so that the bucket's policy refuses the right one as well."""
    s3 = store.client("s3", "test", "test")
    document = json.loads(s3.get_bucket_policy(Bucket=store.bucket)["Policy"])
    kept = [statement for statement in document["Statement"] if statement["Sid"] != "NoOtherEncryption"]
    assert len(kept) == len(document["Statement"]) - 1, "the statement about the key is there no more"
    s3.put_bucket_policy(Bucket=store.bucket, Policy=json.dumps({**document, "Statement": kept}))


def needs_its_tags(verdict, store, role):
    """A session of the upload role is given for a tenant's tag alone."""
    sts = store.client("sts", *store.gateway)

    def refused(what, tags):
        try:
            sts.assume_role(RoleArn=role, RoleSessionName=f"probe-{time.time_ns()}", DurationSeconds=900, Tags=tags)
            verdict.check(what, False, "it was given")
        except ClientError as error:
            verdict.check(what, error.response["Error"]["Code"] == "AccessDenied", error)

    refused("a session without the tag is refused", [])
    refused("a session whose tag is empty is refused", [{"Key": "customerName", "Value": ""}])
    refused("a session with a tag of another name is refused", [
        {"Key": "customerName", "Value": "acme"}, {"Key": "department", "Value": "sales"}])


def is_all_that_holds(verdict, store, role_arn, who, other):
    """The counter-proof: with a wider policy beside the module's, the same session reaches the other tenant."""
    iam, role, key = store.client("iam", "test", "test"), role_arn.rsplit("/", 1)[-1], f"{other}/probe/unwalled.txt"
    wide = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{store.bucket}/*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="wide", PolicyDocument=json.dumps(wide))
    verdict.accepted(f"with a wider role, {who}'s session writes {other}'s prefix", attempt(
        store.session(role_arn, who).put_object, Bucket=store.bucket, Key=key, Body=b"x"))
    iam.delete_role_policy(RoleName=role, PolicyName="wide")
    verdict.refused("and without it, no more", attempt(
        store.session(role_arn, who).put_object, Bucket=store.bucket, Key=key, Body=b"x"))
    store.delete(key)


def may_nothing_else(verdict, store, outputs, key):
    """The gateway's own role: it assumes the upload role and takes from the queue, and that is all that changes anything."""
    s3, sqs, cognito = (store.client(service, *key) for service in ("s3", "sqs", "cognito-idp"))
    bucket, queue, pool = store.bucket, outputs["events_queue_url"], outputs["user_pool_id"]
    for what, operation, arguments in [
        ("write an object", s3.put_object, {"Bucket": bucket, "Key": "acme/x", "Body": b"x"}),
        ("read an object", s3.get_object, {"Bucket": bucket, "Key": "acme/x"}),
        ("list the bucket", s3.list_objects_v2, {"Bucket": bucket}),
        ("change the bucket's policy", s3.delete_bucket_policy, {"Bucket": bucket}),
        ("write into the queue", sqs.send_message, {"QueueUrl": queue, "MessageBody": "{}"}),
        ("empty the queue", sqs.purge_queue, {"QueueUrl": queue}),
        ("make a person", cognito.admin_create_user, {"UserPoolId": pool, "Username": "x@y.example"}),
        ("change the user pool", cognito.update_user_pool, {"UserPoolId": pool}),
    ]:
        verdict.refused(f"the gateway's own role may not {what}", attempt(operation, **arguments))
    roles = store.client("iam", "test", "test").list_roles()["Roles"]
    others = [role["Arn"] for role in roles if role["Arn"] != outputs["upload_role_arn"]]
    verdict.check("there are other roles to be tried", len(others) >= 3, others)
    for other in others:
        verdict.refused(f"the gateway's own role may not assume {other.rsplit('/', 1)[-1]}", attempt(
            store.client("sts", *key).assume_role, RoleArn=other, RoleSessionName="probe",
            Tags=[{"Key": "customerName", "Value": "acme"}]))
