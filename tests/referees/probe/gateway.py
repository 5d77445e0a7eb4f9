"""The gateway on trial: its configuration for a referee, its process, and the few calls that the probe makes of it."""

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from wire import call, send

CONFIGURATION = """
[server]
public_address = "127.0.0.1:{public}"
internal_address = "127.0.0.1:{internal}"
public_url = "http://127.0.0.1:{public}"
allowed_origins = ["https://partner.example"]
[database]
url = "{database}"
[auth]
tenant_claim = "custom:customerName"
platform_admin_group = "platform-admins"
[[auth.pools]]
issuer = "{pool.issuer}"
client_ids = ["{pool.client_id}"]
jwks_url = "{pool.jwks_url}"
[aws]
region = "us-east-1"
endpoint_url = "{endpoint}"
force_path_style = true
[upload]
bucket = "{bucket}"
role_arn = "{role}"
session_duration = "15m"
url_expiry = "{url_expiry}"
part_size = "5 MiB"
"""


class Gateway:
    """A running gateway. `with Gateway(…) as gateway:` stops it at the end."""

    def __init__(self, binary, referee, pool, database, role=None, url_expiry="5m", queue=None):
        self.binary, self.pool = binary, pool
        self.folder = tempfile.TemporaryDirectory(prefix="upload-gateway-referee-")
        self.config = Path(self.folder.name, "gateway.toml")
        public, internal = free_port(), free_port()
        self.url, self.internal_url = f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}"
        self.config.write_text(CONFIGURATION.format(
            public=public, internal=internal, database=database, pool=pool, endpoint=referee["url"],
            bucket=referee["bucket"], role=role or referee["uploadRole"], url_expiry=url_expiry)
            + (f'[events]\nqueue_url = "{queue}"\nwait = "1s"\n' if queue else ""))
        # The caller's own AWS settings and GATEWAY__… variables are none of the trial's business.
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder.name, "RUST_LOG": "info",
            "AWS_ACCESS_KEY_ID": referee["gateway"][0], "AWS_SECRET_ACCESS_KEY": referee["gateway"][1],
            "AWS_EC2_METADATA_DISABLED": "true"}

    def __enter__(self):
        self.run("migrate")
        self.log = open(Path(self.folder.name, "log"), "wb+")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", self.config], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 30
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = self.read_log()[-3000:]
                self.__exit__()
                raise RuntimeError(f"the gateway did not become ready:\n{log}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def ready(self):
        try:
            return send("GET", f"{self.internal_url}/readyz").status == 200
        except OSError:
            return False

    def read_log(self):
        return Path(self.folder.name, "log").read_text(errors="replace")

    def run(self, *arguments):
        """Runs a subcommand on this configuration and gives what it prints."""
        command = [self.binary, arguments[0], "--config", self.config, *arguments[1:]]
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def examine(self):
        """What the doctor says of this configuration: its report, which must agree with its exit code."""
        command = [self.binary, "doctor", "--json", "--config", self.config]
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        report = json.loads(done.stdout)
        if done.returncode != (0 if report["healthy"] else 1):
            raise RuntimeError(f"the doctor ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return report

    def rewrite(self, old, new):
        """Replaces a piece of the configuration, which the running gateway has read already."""
        text = self.config.read_text()
        if old not in text:
            raise RuntimeError(f"{old!r} is not in the configuration")
        self.config.write_text(text.replace(old, new))

    def session_policy(self, tenant):
        """The inline policy of the sessions that this gateway signs with for `tenant`."""
        printed = self.run("session-policy", "--tenant", tenant).strip()
        json.loads(printed)
        return printed

    def create_tenant(self, slug):
        document = {"slug": slug, "name": slug.title(), "claimValues": [slug]}
        answer = call("POST", f"{self.url}/v1/admin/tenants", self.pool.token("platform-admin"), document)
        # 409: an earlier gateway on this database made it.
        if answer.status not in (201, 409):
            raise RuntimeError(f"POST /v1/admin/tenants for {slug}: {answer}")

    def me(self, who):
        return call("GET", f"{self.url}/v1/me", self.pool.token(who)).json()

    def change(self, slug, **members):
        """Changes what a tenant may."""
        at = f"{self.url}/v1/admin/tenants/{self.me(slug)['tenant']['id']}"
        answer = call("PATCH", at, self.pool.token("platform-admin"), members)
        if answer.status != 200:
            raise RuntimeError(f"PATCH of {slug}'s {members}: {answer}")

    def ask_for_credentials(self, who):
        return call("POST", f"{self.url}/v1/credentials", self.pool.token(who))

    def create_upload(self, who, body, headers=None, **members):
        document = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": len(body), **members}
        return call("POST", f"{self.url}/v1/uploads", self.pool.token(who), document, headers)

    def grant(self, who, body, headers=None, **members):
        """A grant to `who` of one object as long as `body`."""
        answer = self.create_upload(who, body, headers, **members)
        if answer.status != 201:
            raise RuntimeError(f"POST /v1/uploads for {who}: {answer}")
        return answer.json()

    def of(self, method, who, upload, path="", document=None):
        """A call about one upload."""
        return call(method, f"{self.url}/v1/uploads/{upload['id']}{path}", self.pool.token(who), document)

    def complete(self, who, upload, parts=None):
        return self.of("POST", who, upload, "/complete", parts and {"parts": parts})

    def read(self, who, upload):
        return self.of("GET", who, upload)

    def delete(self, who, upload):
        return self.of("DELETE", who, upload)

    def download(self, who, upload):
        return self.of("GET", who, upload, "/download").json()["url"]

    def sign(self, who, document):
        return call("POST", f"{self.url}/s3/sign", self.pool.token(who), document)

    def sign_parts(self, who, upload, numbers):
        return self.of("POST", who, upload, "/parts", {"partNumbers": numbers}).json()["parts"]

    def parts(self, who, upload):
        return self.of("GET", who, upload, "/parts").json()["parts"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
