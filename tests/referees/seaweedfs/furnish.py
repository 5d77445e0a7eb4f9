"""Makes SeaweedFS ready to judge: a bucket that takes objects. Prints what the probe must know of it."""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

url = sys.argv[1]
s3 = boto3.client(
    "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="adminkey", aws_secret_access_key="adminsecret",
    config=Config(s3={"addressing_style": "path"}))

# The first object has the server allot its volumes, which it cannot do before its parts have found each other.
deadline = time.monotonic() + 60
while True:
    try:
        s3.create_bucket(Bucket="uploads")
        s3.put_object(Bucket="uploads", Key="ready", Body=b"ready")
        s3.delete_object(Bucket="uploads", Key="ready")
        s3.put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": [{
            "AllowedOrigins": ["https://partner.example"], "AllowedMethods": ["GET", "PUT", "POST", "DELETE"],
            "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "Location"]}]})
        break
    except (BotoCoreError, ClientError) as error:
        # An attempt that got half way leaves the bucket.
        if isinstance(error, ClientError) and error.response["Error"]["Code"].startswith("BucketAlready"):
            s3.delete_bucket(Bucket="uploads")
        if time.monotonic() > deadline:
            sys.exit(f"SeaweedFS takes no object: {error}")
        time.sleep(0.3)

# A trust policy with sts:TagSession makes the role silently absent here, so tags are sent but mean nothing: the referee
# for tags is MiniStack. It has no user pool either: the probe mints the tokens.
json.dump({
    "name": "SeaweedFS",
    "url": url,
    "bucket": "uploads",
    "gateway": ["gatewaykey", "gatewaysecret"],
    "admin": ["adminkey", "adminsecret"],
    "uploadRole": "arn:aws:iam::000000000000:role/UploadRole",
    "tagRole": None,
    "readableSessionTokens": True,
    # It knows no session's key when a form is posted: InvalidAccessKeyId.
    "takesForms": False,
    # What the doctor finds wanting however this referee is set up: it knows no session tags, and so no wall but the session
    # policy; the gateway's key may not look at the bucket's settings without reaching its objects; there is no queue; and its
    # gateway serves as the owner of the tables.
    "notGreen": [
        ["TLS alone", "unknown"], ["audit", "warning"], ["encryption", "unknown"], ["event delivery", "warning"], ["lifecycle", "unknown"],
        ["object ownership", "unknown"], ["public access", "unknown"], ["tenants apart", "failed"],
        ["upload role", "failed"], ["upload role", "warning"], ["user pool", "unknown"], ["versioning", "unknown"]],
    # It tells of no events.
    "queue": None,
    "pool": None,
}, sys.stdout, indent=2)
