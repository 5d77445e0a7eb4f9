"""Makes MiniStack ready to judge: bucket, users, roles and a Cognito pool. Prints what the probe must know of them."""

import json
import sys

import boto3
from botocore.config import Config

URL = sys.argv[1]
ACCOUNT = "000000000000"
PASSWORD = "Perm-1234x"
TENANTS = ["acme", "globex"]
# In whose name the gateway's doctor tries things.
DOCTOR = "upload-gateway-doctor"
PLATFORM_ADMIN = "root@platform.test"
ON_OBJECTS = [
    "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def client(service):
    # The root key is asked no questions; it sets the table and is not used by anyone who is tried.
    return boto3.client(
        service, endpoint_url=URL, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}))


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


iam, cognito = client("iam"), client("cognito-idp")


def user(name, actions):
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name, PolicyName="may", PolicyDocument=policy({"Effect": "Allow", "Action": actions, "Resource": "*"}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return [key["AccessKeyId"], key["SecretAccessKey"]]


def role(name, *statements):
    trust = policy({
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/gateway"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        # A gateway that forgets the tag gets no session at all.
        "Condition": {
            "StringLike": {"aws:RequestTag/customerName": "?*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["customerName", "subject"]}},
    })
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(*statements))
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def person(email, *groups, **attributes):
    known = {"email": email, "email_verified": "true", **attributes}
    cognito.admin_create_user(
        UserPoolId=pool, Username=email, MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in known.items()])
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
    for group in groups:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)


s3, sqs = client("s3"), client("sqs")
s3.create_bucket(Bucket="uploads")
s3.put_public_access_block(Bucket="uploads", PublicAccessBlockConfiguration={
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
s3.put_bucket_ownership_controls(
    Bucket="uploads", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
s3.put_bucket_encryption(Bucket="uploads", ServerSideEncryptionConfiguration={
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
s3.put_bucket_lifecycle_configuration(Bucket="uploads", LifecycleConfiguration={"Rules": [{
    "ID": "unfinished", "Status": "Enabled", "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]})
s3.put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": [{
    "AllowedOrigins": ["https://partner.example"], "AllowedMethods": ["GET", "PUT", "POST", "DELETE"],
    "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "Location"]}]})
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:uploads-events"
DEAD_LETTERS = f"{QUEUE}-dead"
sqs.create_queue(QueueName="uploads-events-dead")
queue = sqs.create_queue(QueueName="uploads-events", Attributes={
    "Policy": policy({
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}},
    }),
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 5}),
})["QueueUrl"]
s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration={
    "QueueConfigurations": [{
        "QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]})
gateway = user("gateway", [
    "sts:AssumeRole", "sts:TagSession", "sts:GetCallerIdentity", "sqs:ReceiveMessage", "sqs:DeleteMessage",
    # What the doctor looks at.
    "sqs:GetQueueAttributes", "s3:GetBucketPublicAccessBlock", "s3:GetBucketOwnershipControls",
    "s3:GetEncryptionConfiguration", "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:GetBucketPolicy",
    "s3:GetBucketNotification", "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient",
    "cognito-idp:ListUserPoolClients"])
admin = user("admin", "*")

# UploadRole reaches the whole bucket: there, the session policy is the only wall.
upload_role = role(
    "UploadRole", {"Effect": "Allow", "Action": ON_OBJECTS, "Resource": "arn:aws:s3:::uploads/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::uploads"})
# TagRole reaches what the session's tag says: there, the tag is the only wall. Variables in a Resource are not expanded
# here, so that each tenant has a statement with a Condition of its own.
tag_role = role("TagRole", *[
    statement
    for tenant in [*TENANTS, DOCTOR]
    for own in [{"aws:PrincipalTag/customerName": tenant}]
    for statement in (
        {
            "Effect": "Allow", "Action": ON_OBJECTS, "Resource": f"arn:aws:s3:::uploads/{tenant}/*",
            "Condition": {"StringEquals": own},
        },
        {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::uploads",
            "Condition": {"StringEquals": own, "StringLike": {"s3:prefix": f"{tenant}/*"}},
        },
    )])

pool = cognito.create_user_pool(
    PoolName="gateway", AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}, UsernameAttributes=["email"], AutoVerifiedAttributes=["email"],
    Schema=[{
        "Name": "customerName", "AttributeDataType": "String", "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "64"},
    }])["UserPool"]["Id"]
app = cognito.create_user_pool_client(
    UserPoolId=pool, ClientName="gateway",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], WriteAttributes=["email"],
    ReadAttributes=["email", "email_verified", "custom:customerName"], PreventUserExistenceErrors="ENABLED",
    EnableTokenRevocation=True)["UserPoolClient"]["ClientId"]
cognito.create_group(UserPoolId=pool, GroupName="platform-admins")
for tenant in TENANTS:
    person(f"user@{tenant}.test", **{"custom:customerName": tenant})
person(PLATFORM_ADMIN, "platform-admins")

json.dump({
    "name": "MiniStack",
    "url": URL,
    "bucket": "uploads",
    "queue": queue,
    "gateway": gateway,
    "admin": admin,
    "uploadRole": upload_role,
    "tagRole": tag_role,
    "readableSessionTokens": False,
    "takesForms": True,
    # What the doctor finds wanting however this referee is set up: a policy that refuses plain HTTP would refuse everything.
    # Its gateway serves as the owner of the tables.
    "notGreen": [["TLS alone", "warning"], ["audit", "warning"]],
    "pool": {
        "issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}",
        "jwksUrl": f"{URL}/{pool}/.well-known/jwks.json",
        "clientId": app,
        "password": PASSWORD,
        "users": {**{tenant: f"user@{tenant}.test" for tenant in TENANTS}, "platform-admin": PLATFORM_ADMIN},
    },
}, sys.stdout, indent=2)
