"""Who serves, beside whom, and who calls?"""

import http.client
import json
import threading
import urllib.parse

from servers import Server, free_port, get, until

# The sandbox's S3, STS and SQS know these.
KEYS = ("AKIASANDBOXGATEWAY00", "sandbox/gateway/secret/key/for/loopback0")

# A machine that is busy with other things must not look like a Postgres that is away, hence the patience.
CONFIGURATION = """
[server]
public_address = "127.0.0.1:{public}"
internal_address = "127.0.0.1:{internal}"
request_timeout = "30s"
[database]
url = {database}
{sessions}
max_connections = 10
connect_timeout = "10s"
[ledger]
deadline = "10s"
[[auth.pools]]
issuer = {issuer}
client_ids = [{clientId}]
[aws]
region = {region}
endpoint_url = {s3Url}
cognito_endpoint_url = {cognitoUrl}
access_key_id = "{key_id}"
secret_access_key = "{secret}"
force_path_style = true
[reconcile]
interval = "1s"
[upload]
bucket = {bucket}
role_arn = {roleArn}
"""


class Sandbox(Server):
    """The stand-ins for S3, STS and Cognito; its own gateway and database are nobody's."""

    def __init__(self, binary, place, database):
        self.home = place / "sandbox"
        ports = [part for kind in ("public", "internal", "s3", "cognito") for part in (f"--{kind}-port", "0")]
        super().__init__("sandbox", [binary, "sandbox", "--data-dir", self.home, "--database-url", database, *ports], place)

    def start(self):
        super().start()
        file = self.home / "sandbox.json"
        until("the sandbox starts", lambda: file.exists() or not self.is_running(), 120)
        if not file.exists():
            raise SystemExit(f"FAIL  the sandbox does not start\n{self.complaints()}")
        self.facts = json.loads(file.read_text())
        return self

    def token(self, email):
        person = next(user for user in self.facts["users"] if user["email"] == email)
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
        }
        parameters = {"USERNAME": person["email"], "PASSWORD": person["password"]}
        body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.facts["clientId"], "AuthParameters": parameters}
        answer = Caller(self.facts["cognitoUrl"]).call("POST", "/", body=body, headers=headers)
        return answer.body["AuthenticationResult"]["IdToken"]


class Replica(Server):
    """`upload-gateway serve --migrate`."""

    def __init__(self, name, binary, place, sandbox, database, sessions):
        self.binary, self.file = binary, place / f"{name}.toml"
        public, internal = free_port(), free_port()
        self.url, self.internal_url = f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}"
        quoted = {key: json.dumps(value) for key, value in sandbox.facts.items()}
        self.file.write_text(CONFIGURATION.format(
            **quoted, public=public, internal=internal, database=json.dumps(database), key_id=KEYS[0], secret=KEYS[1],
            sessions=f"session_url = {json.dumps(sessions)}" if sessions else "",
        ))
        super().__init__(name, [binary, "serve", "--migrate", "--config", self.file], place)

    def is_ready(self):
        return get(f"{self.internal_url}/readyz")[0] == 200

    def metric(self, name):
        status, text = get(f"{self.internal_url}/metrics")
        line = next((line for line in text.splitlines() if line.startswith(f"upload_gateway_{name} ")), None)
        return float(line.rsplit(" ", 1)[1]) if status == 200 and line else 0.0

    def wait_until_ready(self):
        until(f"{self.name} is ready", lambda: self.is_ready() or not self.is_running(), 90)
        if not self.is_running():
            raise SystemExit(f"FAIL  {self.name} does not start\n{self.complaints()}")


class Answer:
    def __init__(self, status, body):
        self.status, self.body = status, body

    def problem(self):
        return str(self.body.get("type", "")).removeprefix("/problems/") if isinstance(self.body, dict) else ""


class Caller:
    """One person at one address, with a connection for each thread."""

    def __init__(self, url, token=None):
        self.place, self.token, self.own = urllib.parse.urlsplit(url), token, threading.local()

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        for again in (False, True):
            connection = getattr(self.own, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=40)
                self.own.connection = connection
            try:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                text = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # The server closed a connection that was idle for long.
                connection.close()
                self.own.connection = None
                if again:
                    raise
        try:
            return Answer(answer.status, json.loads(text) if text else None)
        except ValueError:
            return Answer(answer.status, text.decode(errors="replace"))


def send(grant, content):
    """Puts the bytes where the grant says."""
    request = grant["request"]
    url = urllib.parse.urlsplit(request["url"])
    headers = {name: value for name, value in request["headers"].items() if name != "content-length"}
    return Caller(request["url"]).call(request["method"], f"{url.path}?{url.query}", content, headers).status
