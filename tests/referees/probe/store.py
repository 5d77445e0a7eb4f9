"""The referee's own side: what is really stored, and sessions of a role that the gateway's key may assume."""

import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from wire import Answer


class Store:
    def __init__(self, referee):
        self.url, self.bucket, self.gateway = referee["url"], referee["bucket"], referee["gateway"]
        self.admin = self.s3(*referee["admin"])

    def s3(self, *key):
        return self.client("s3", *key)

    def client(self, service, access_key, secret, token=None):
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=access_key,
            aws_secret_access_key=secret, aws_session_token=token,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}))

    def keys(self):
        """Every key in the bucket, as its owner sees it."""
        pages = self.admin.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def read(self, key):
        return self.admin.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def give_up(self, key, upload_id):
        self.admin.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)

    def unfinished(self):
        """The keys of multipart uploads that were neither completed nor aborted."""
        return [entry["Key"] for entry in self.admin.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]

    def put(self, key, body=b"planted"):
        self.admin.put_object(Bucket=self.bucket, Key=key, Body=body)

    def delete(self, key):
        self.admin.delete_object(Bucket=self.bucket, Key=key)

    def session(self, role, tag=None, policy=None):
        """S3 as a session of `role`, assumed with the gateway's own key."""
        sts = self.client("sts", *self.gateway)
        tags = {"Tags": [{"Key": "customerName", "Value": tag}]} if tag else {}
        policies = {"Policy": policy} if policy else {}
        session = sts.assume_role(
            RoleArn=role, RoleSessionName=f"probe-{time.time_ns()}", DurationSeconds=900, **tags, **policies)["Credentials"]
        return self.s3(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])


def attempt(operation, **arguments):
    """Does something as boto3 and gives the server's answer, a refusal too."""
    try:
        answer = operation(**arguments)
        return Answer(answer["ResponseMetadata"]["HTTPStatusCode"], {}, b"")
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return Answer(status, {}, str(error).encode())
