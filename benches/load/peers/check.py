"""Do the peers do the work that they are measured at? `check.py BINARY PLACE [PEER…]`, once install.sh has filled PLACE.

Each runs against the sandbox of that binary, with a database of its own: a URL takes its PUT and no other, whoever may not have one
gets none, and there is one row for each answer of 201. Companion only signs: its form takes its POST and no other.
"""

import base64
import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = bytes(range(256)) * 48 + bytes(57)
REQUEST = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12345}
BURST = 100
# The sandbox's own, which open nothing but it. Its gateway may assume the role alone; Companion needs a key that may write.
GATEWAY = ("AKIASANDBOXGATEWAY00", "sandbox/gateway/secret/key/for/loopback0")
OWNER = ("AKIASANDBOXADMIN0000", "sandbox/admin/secret/key/for/loopback000")


class Failed(Exception):
    """What does not hold."""


def expect(what, found, *wanted):
    if found not in wanted:
        raise Failed(f"{what}: {found!r}, not {' or '.join(map(repr, wanted))}")


def call(method, url, headers=None, body=None):
    """Status and body, whatever the status is."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def until(what, process, log, holds):
    """Waits for it, for at most a minute."""
    end = time.monotonic() + 60
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            raise Failed(f"in vain: {what}\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(command, environment, log):
    """A process that leads a group of its own, so that nothing of it is left in the end."""
    with open(log, "wb") as output:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                start_new_session=True)


def group_is_gone(process):
    try:
        os.killpg(process.pid, 0)
        return False
    except ProcessLookupError:
        return True


def end(process, how=signal.SIGTERM):
    """Its exit code; what is left of its group after ten seconds is killed."""
    process.send_signal(how)
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if not group_is_gone(process):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Sandbox:
    """S3, STS, the user pool and Postgres, and whoever can sign in."""

    def __init__(self, binary, place):
        self.home = place / "home"
        log = place / "sandbox.log"
        ports = [part for name in ("public", "internal", "s3", "cognito") for part in (f"--{name}-port", "0")]
        self.process = start([binary, "sandbox", "--data-dir", self.home, "--ephemeral", *ports], {**os.environ}, log)
        try:
            until("the sandbox starts", self.process, log, (self.home / "sandbox.json").exists)
        except BaseException:
            end(self.process, signal.SIGINT)
            raise
        self.about = json.loads((self.home / "sandbox.json").read_text())

    def tokens(self, who):
        """ID token and access token."""
        person = next(user for user in self.about["users"] if user["email"].startswith(f"{who}@"))
        parameters = {"USERNAME": person["email"], "PASSWORD": person["password"]}
        body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.about["clientId"], "AuthParameters": parameters}
        headers = {"content-type": "application/x-amz-json-1.1",
                   "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}
        status, answer = call("POST", f"{self.about['cognitoUrl']}/", headers, json.dumps(body).encode())
        expect(f"{who} signs in", status, 200)
        result = json.loads(answer)["AuthenticationResult"]
        return result["IdToken"], result["AccessToken"]

    def resigned(self, token, **changes):
        """The same token with other claims, under the pool's own key for ID tokens."""
        header, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        signed = f"{header}.{encoded(json.dumps({**claims, **changes}).encode())}"
        command = ["openssl", "dgst", "-sha256", "-sign", self.home / "cognito-keys.json", "-binary"]
        signature = subprocess.run(command, input=signed.encode(), stdout=subprocess.PIPE, check=True).stdout
        return f"{signed}.{encoded(signature)}"

    def sql(self, database, statement):
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet", f"--dbname={database}", f"--command={statement}"]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()

    def database(self, name):
        """The URL of a new one."""
        self.sql(self.about["databaseUrl"], f"create database {name}")
        server, question, parameters = self.about["databaseUrl"].partition("?")
        return f"{server.rpartition('/')[0]}/{name}{question}{parameters}"


def encoded(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def forged(token):
    """Another tenant's name under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["custom:customerName"] = "Globex Customer 2"
    return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"


class Service:
    """A peer that authenticates, signs and records."""

    def __init__(self, url, sandbox, database):
        self.url, self.sandbox, self.database, self.granted = url, sandbox, database, 0

    def ask(self, token, body=REQUEST, scheme="Bearer "):
        headers = {"content-type": "application/json", **({"authorization": scheme + token} if token is not None else {})}
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call("POST", f"{self.url}/v1/uploads", headers, octets)

    def grant(self, token):
        status, answer = self.ask(token)
        expect("whoever may have a URL gets one", status, 201)
        self.granted += 1
        return json.loads(answer)

    def check(self):
        alice, access = self.sandbox.tokens("alice")
        gina, _ = self.sandbox.tokens("gina")
        admin, _ = self.sandbox.tokens("admin")
        for token, tenant in ((alice, "Acme Customer 1/"), (gina, "Globex Customer 2/")):
            self.takes_its_put_alone(self.grant(token), tenant)

        now = int(time.time())
        for what, status, token in (
            ("none", 401, None),
            ("an empty one", 401, ""),
            ("a forged one", 401, forged(alice)),
            ("one without its signature", 401, alice.rsplit(".", 1)[0] + "."),
            ("an expired one", 401, self.sandbox.resigned(alice, exp=now - 60, iat=now - 3600)),
            ("another client's", 401, self.sandbox.resigned(alice, aud="another")),
            ("another pool's", 401, self.sandbox.resigned(alice, iss="https://cognito-idp.eu-central-1.amazonaws.com/another")),
            ("an access token", 401, access),
            ("nobody's tenant", 403, admin),
            ("a tenant of wildcards", 403, self.sandbox.resigned(alice, **{"custom:customerName": "*"})),
        ):
            expect(f"a token, {what}", self.ask(token)[0], status)
        self.grant(self.sandbox.resigned(alice, jti="signed by this script"))

        for name in REQUEST:
            body = {key: value for key, value in REQUEST.items() if key != name}
            expect(f"a body without {name}", self.ask(alice, body)[0], 400, 422)
        for body in ({**REQUEST, "size": 0}, {**REQUEST, "size": 2**40}, {**REQUEST, "fileName": "../photo.jpg"},
                     {**REQUEST, "contentType": "image"}, b"no JSON"):
            expect(f"the body {body}", self.ask(alice, body)[0], 400, 422)

        with concurrent.futures.ThreadPoolExecutor(8) as callers:
            ids = {grant["id"] for grant in callers.map(lambda _: self.grant(alice), range(BURST))}
        expect("ids of their own", len(ids), BURST)
        rows = self.sandbox.sql(self.database, "select count(*), count(distinct object_key) from grants where expires_at > now()")
        expect("one row for each 201", rows, f"{self.granted}|{self.granted}")

    def takes_its_put_alone(self, grant, tenant):
        expect("the tenant's own prefix", grant["key"].startswith(tenant), True)
        put = lambda changes, file=FILE: call("PUT", grant["url"], {**grant["headers"], **changes}, file)[0]
        expect("a PUT of another size", put({"content-length": "3"}, b"abc"), 403)
        expect("a PUT of another type", put({"content-type": "text/html"}), 403)
        expect("the PUT", put({}), 200)
        expect("a second PUT", put({}), 412)


class Companion:
    """Companion, which signs for whoever asks."""

    def __init__(self, url, *_):
        self.url = url

    def check(self):
        expect("no file name", call("GET", f"{self.url}/s3/params?type=image/jpeg")[0], 400)
        status, answer = call("GET", f"{self.url}/s3/params?filename=photo.jpg&type=image/jpeg")
        expect("whoever asks gets a form", status, 200)
        form = json.loads(answer)
        expect("a POST of another type", self.post(form["url"], {**form["fields"], "content-type": "text/html"}), 400, 403)
        expect("the POST", self.post(form["url"], form["fields"]), 201)

    def post(self, url, fields):
        boundary = "a-boundary-that-is-in-no-file"
        parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        last = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
        body = "".join([*parts, last]).encode() + FILE + f"\r\n--{boundary}--\r\n".encode()
        return call("POST", url, {"content-type": f"multipart/form-data; boundary={boundary}"}, body)[0]


PEERS = {"companion": (Companion, OWNER), "typescript": (Service, GATEWAY), "python": (Service, GATEWAY)}


def check(name, sandbox, place, scratch):
    kind, (key, secret) = PEERS[name]
    port, database, log = free_port(), sandbox.database(name), scratch / f"{name}.log"
    about = sandbox.about
    # Nothing of the caller's own AWS settings.
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(scratch), "PLACE": str(place), "PORT": str(port), "DATABASE_URL": database,
        "ISSUER": about["issuer"], "CLIENT_ID": about["clientId"], "S3_ENDPOINT": about["s3Url"], "STS_ENDPOINT": about["stsUrl"],
        "BUCKET": about["bucket"], "REGION": about["region"], "ROLE_ARN": about["roleArn"],
        "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
    }
    url = f"http://127.0.0.1:{port}"
    process = start([HERE / name / "start"], environment, log)
    try:
        until(f"{name} is ready", process, log, lambda: answers(f"{url}/healthz"))
        kind(url, sandbox, database).check()
        process.send_signal(signal.SIGTERM)
        until(f"{name} ends with all its processes", sandbox.process, log, lambda: process.poll() is not None and group_is_gone(process))
    except Failed as failed:
        raise Failed(f"{name}: {failed}\n{log.read_text(errors='replace')[-3000:]}") from failed
    finally:
        if not group_is_gone(process):
            end(process)
    print(f"ok    {name} does its work", flush=True)


def answers(url):
    try:
        return call("GET", url)[0] == 200
    except OSError:
        return False


def main(binary, place, *names):
    # A socket's path is short, and Postgres's own user has to get there.
    with tempfile.TemporaryDirectory(prefix="upload-gateway-peers.", dir="/tmp") as scratch:
        os.chmod(scratch, 0o711)
        sandbox = Sandbox(Path(binary).resolve(), Path(scratch))
        try:
            for name in names or PEERS:
                check(name, sandbox, Path(place).resolve(), Path(scratch))
        except Failed as failed:
            print(f"FAIL  {failed}", file=sys.stderr)
            return 1
        finally:
            end(sandbox.process, signal.SIGINT)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
