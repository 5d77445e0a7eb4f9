"""What can a program do with temporary credentials of the gateway, with boto3 or the AWS CLI? Upload below its own prefix.

$SANDBOX is the sandbox's data directory. Run by run.sh.
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

SANDBOX = json.loads((Path(os.environ["SANDBOX"]) / "sandbox.json").read_text())
ALICE, BOB, GINA = "alice@acme.example", "bob@acme.example", "gina@globex.example"
BUCKET = SANDBOX["bucket"]
LARGE = 30 * 1024 * 1024


class Refused(Exception):
    """The gateway's refusal, and its problem document."""

    def __init__(self, error):
        self.status, self.problem = error.code, json.loads(error.read())
        super().__init__(f"{self.status} {self.problem}")


def fetch(url, body=None, method="POST", headers=()):
    body = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, body, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(error) from None


def sign_in(email):
    password = next(user["password"] for user in SANDBOX["users"] if user["email"] == email)
    wish = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": SANDBOX["clientId"],
        "AuthParameters": {"USERNAME": email, "PASSWORD": password},
    }
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    return fetch(SANDBOX["cognitoUrl"] + "/", wish, headers=headers)["AuthenticationResult"]["IdToken"]


def call(email, method, path, body=None):
    headers = {"authorization": "Bearer " + sign_in(email), "content-type": "application/json"}
    return fetch(SANDBOX["publicUrl"] + path, body, method, headers)


def change_tenant(slug, **change):
    admin = "admin@platform.example"
    tenants = call(admin, "GET", "/v1/admin/tenants")["items"]
    tenant = next(tenant for tenant in tenants if tenant["slug"] == slug)
    call(admin, "PATCH", "/v1/admin/tenants/" + tenant["id"], change)


def credentials_of(email):
    """What the gateway hands out, as boto3's client and as the caller's prefix."""
    given = call(email, "POST", "/v1/credentials")
    session = boto3.Session(
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        aws_session_token=given["sessionToken"],
        region_name=given["region"],
    )
    return session.client("s3", endpoint_url=given["endpoint"]), given["prefix"]


def completed(key, size):
    """Waits until the ledger holds the object, whose creation S3 announces to the gateway."""
    command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname", SANDBOX["databaseUrl"]]
    query = f"select status, stored_size_bytes from uploads where object_key = '{key}'"
    end = time.monotonic() + 20
    while (row := subprocess.check_output([*command, "--command", query], text=True).strip()) != f"completed|{size}":
        if time.monotonic() > end:
            raise AssertionError(f"in vain for twenty seconds: that {key} is completed; it is {row!r}")
        time.sleep(0.05)


class Credentials(unittest.TestCase):
    """In every test, the tenant of Alice and Bob may have credentials, and read with them."""

    def setUp(self):
        change_tenant("acme", credentialVending=True, credentialReading=True, isolation="tenant")
        change_tenant("globex", credentialVending=False)

    def assert_denied(self, operation, **parameters):
        with self.assertRaises(ClientError) as refused:
            operation(Bucket=BUCKET, **parameters)
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied", parameters)

    def test_upload_below_the_prefix(self):
        s3, prefix = credentials_of(ALICE)
        key = f"{prefix}{secrets.token_hex(8)}/small.txt"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"some text", ContentType="text/plain")
        completed(key, 9)
        self.assertEqual(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"some text")

    def test_upload_a_large_file_in_parts(self):
        s3, prefix = credentials_of(ALICE)
        key = f"{prefix}{secrets.token_hex(8)}/large.bin"
        with tempfile.NamedTemporaryFile() as file:
            file.write(content := secrets.token_bytes(LARGE))
            file.flush()
            s3.upload_file(file.name, BUCKET, key)
        completed(key, LARGE)
        stored = s3.get_object(Bucket=BUCKET, Key=key)
        self.assertRegex(stored["ETag"], r"-\d+\"$", "it was sent in parts")
        self.assertEqual(stored["Body"].read(), content)

    def test_reach_nobody_else(self):
        for isolation in ("tenant", "user"):
            change_tenant("acme", isolation=isolation)
            s3, own = credentials_of(ALICE)
            _, colleague = credentials_of(BOB)
            self.assertNotEqual(own, colleague)
            tenant = own.split("/")[0] + "/"
            for prefix in (colleague, own.replace(tenant, "globex/", 1), tenant, "", own.rstrip("/")):
                with self.subTest(isolation=isolation, prefix=prefix):
                    self.assert_denied(s3.put_object, Key=f"{prefix}x.txt", Body=b"x")
                    self.assert_denied(s3.create_multipart_upload, Key=f"{prefix}x.txt")
                    self.assert_denied(s3.get_object, Key=f"{prefix}x.txt")
                    self.assert_denied(s3.list_objects_v2, Prefix=prefix)

    def test_list_only_the_prefix(self):
        s3, prefix = credentials_of(ALICE)
        key = f"{prefix}{secrets.token_hex(8)}/listed.txt"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        listed = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        self.assertIn(key, [entry["Key"] for page in listed for entry in page.get("Contents", ())])
        self.assert_denied(s3.list_objects_v2)

    def test_delete_nothing(self):
        s3, prefix = credentials_of(ALICE)
        key = f"{prefix}{secrets.token_hex(8)}/kept.txt"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        self.assert_denied(s3.delete_object, Key=key)
        self.assertEqual(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"x")

    def test_read_nothing_unless_allowed(self):
        change_tenant("acme", credentialReading=False)
        s3, prefix = credentials_of(ALICE)
        key = f"{prefix}{secrets.token_hex(8)}/unread.txt"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        self.assert_denied(s3.get_object, Key=key)
        self.assert_denied(s3.list_objects_v2, Prefix=prefix)
        self.assert_denied(s3.list_objects_v2)

    def test_nothing_for_a_tenant_that_may_not(self):
        with self.assertRaises(Refused) as refused:
            call(GINA, "POST", "/v1/credentials")
        self.assertEqual(refused.exception.status, 403)
        self.assertRegex(refused.exception.problem["type"], "credentials-not-allowed$")

    def test_a_profile_whose_process_is_curl(self):
        with tempfile.TemporaryDirectory() as folder:
            # Not on the command line, where the machine's other users would see it.
            headers = Path(folder) / "headers"
            headers.touch(mode=0o600)
            headers.write_text(
                f"Authorization: Bearer {sign_in(ALICE)}\nAccept: application/vnd.aws.credential-process+json\n"
            )
            config = Path(folder) / "config"
            config.write_text(
                f"[profile uploads]\nregion = {SANDBOX['region']}\n"
                f"credential_process = curl --silent --fail --request POST --header @{headers} "
                f"{SANDBOX['publicUrl']}/v1/credentials\n"
            )
            # botocore asks the environment, and nothing else, where its configuration is.
            os.environ["AWS_CONFIG_FILE"] = str(config)
            session = boto3.Session(profile_name="uploads")
            del os.environ["AWS_CONFIG_FILE"]
            _, prefix = credentials_of(ALICE)
            key = f"{prefix}{secrets.token_hex(8)}/by-profile.txt"
            # Outside the sandbox, boto3 knows where S3 is.
            s3 = session.client("s3", endpoint_url=SANDBOX["s3Url"])
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"some text")
            completed(key, 9)
            expiry = session.get_credentials()._expiry_time
            self.assertIsNotNone(expiry, "boto3 knows when to ask again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
