"""Two replicas on one database, what they lean on, HAProxy before them and Prometheus beside them."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

from servers import Server, free_port, until

DEPLOY = Path(__file__).parents[3] / "deploy"
# The sandbox's S3, STS and SQS know these.
KEYS = ("AKIASANDBOXGATEWAY00", "sandbox/gateway/secret/key/for/loopback0")
QUEUE = "/000000000000/uploads-events"

# A machine that is busy with other things must not look like a Postgres that is away, hence the patience.
CONFIGURATION = """
[server]
public_address = "127.0.0.1:{public}"
internal_address = "127.0.0.1:{internal}"
keep_alive = "75s"
request_timeout = "30s"
# Longer than HAProxy takes to notice.
drain = "2s"
[database]
url = {database}
connect_timeout = "10s"
[ledger]
deadline = "10s"
[auth]
jwks_refresh = "5s"
[[auth.pools]]
issuer = {issuer}
client_ids = [{client}]
jwks_url = {jwks}
hosted_ui = {cognito}
[aws]
region = {region}
endpoint_url = {aws}
cognito_endpoint_url = {cognito}
access_key_id = "{key_id}"
secret_access_key = "{secret}"
force_path_style = true
[events]
queue_url = {queue}
wait = "1s"
[reconcile]
interval = "1s"
[upload]
bucket = {bucket}
role_arn = {role}
"""


class Replica(Server):
    """`upload-gateway serve`, with ports that stay its own over a restart. `further` fills what else a configuration has."""

    CONFIGURATION, OPTIONS = CONFIGURATION, ["--migrate"]

    def __init__(self, name, binary, place, sandbox, environment=None, **further):
        self.public, self.internal = free_port(), free_port()
        self.url, self.internal_url = f"http://127.0.0.1:{self.public}", f"http://127.0.0.1:{self.internal}"
        self.config = place / f"{name}.toml"
        # A text in JSON is one in TOML.
        quoted = json.dumps
        self.config.write_text(self.CONFIGURATION.format(
            public=self.public, internal=self.internal, database=quoted(sandbox["databaseUrl"]), key_id=KEYS[0], secret=KEYS[1],
            issuer=quoted(sandbox["issuer"]), client=quoted(sandbox["clientId"]), cognito=quoted(sandbox["cognitoUrl"]),
            jwks=quoted(sandbox["issuer"] + "/.well-known/jwks.json"), region=quoted(sandbox["region"]),
            aws=quoted(sandbox["s3Url"]), queue=quoted(sandbox["s3Url"] + QUEUE), bucket=quoted(sandbox["bucket"]),
            role=quoted(sandbox["roleArn"]), **{setting: quoted(value) for setting, value in further.items()}))
        super().__init__(name, [binary, "serve", "--config", self.config, *self.OPTIONS], place, environment)

    async def start_and_wait(self, session):
        await self.start()
        await until(f"{self.name} is ready", lambda: answers(session, f"{self.internal_url}/readyz"), server=self)


class Fleet:
    def __init__(self, binary, place, session):
        self.binary, self.place, self.session = binary, place, session
        self.servers, self.replicas = [], []

    async def start(self):
        home = self.place / "sandbox"
        ports = [f"--{name}-port=0" for name in ("public", "internal", "s3", "cognito")]
        await self.started(Server("sandbox", [self.binary, "sandbox", "--data-dir", home, "--ephemeral", *ports], self.place,
                                  search_path()))
        document = home / "sandbox.json"
        await until("sandbox.json is written", lambda: exists(document), server=self.servers[0])
        self.sandbox = json.loads(document.read_text())
        self.replicas = [Replica(name, self.binary, self.place, self.sandbox) for name in ("a", "b")]
        self.servers += self.replicas
        for replica in self.replicas:
            await replica.start_and_wait(self.session)
        await self.start_haproxy()
        await self.start_prometheus()

    async def started(self, server):
        self.servers.append(server)
        await server.start()
        return server

    async def start_haproxy(self):
        port, self.socket = free_port(), self.place / "haproxy.sock"
        text = (DEPLOY / "haproxy/haproxy.cfg").read_text()
        text = replaced(text, "/run/haproxy/admin.sock mode", f"{self.socket} mode")
        text = replaced(text, "bind :8080", f"bind 127.0.0.1:{port}")
        for name, address, replica in zip("ab", ("10.0.0.11", "10.0.0.12"), self.replicas):
            text = replaced(text, f"server {name} {address}:8080 check port 9090",
                            f"server {name} 127.0.0.1:{replica.public} check port {replica.internal}")
        config = self.place / "haproxy.cfg"
        config.write_text(text)
        server = await self.started(Server("haproxy", ["haproxy", "-db", "-f", config], self.place))
        self.url = f"http://127.0.0.1:{port}"
        await until("HAProxy has both replicas", self.both_are_up, server=server)

    async def both_are_up(self):
        return await self.state_of("a") == await self.state_of("b") == "UP"

    async def state_of(self, name):
        """What HAProxy thinks of a replica: UP, DOWN, or something between."""
        try:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return None
        writer.write(b"show stat\n")
        lines = (await reader.read()).decode().splitlines()
        writer.close()
        rows = [dict(zip(lines[0].lstrip("# ").split(","), line.split(","))) for line in lines[1:] if line]
        return next((row["status"] for row in rows if (row["pxname"], row["svname"]) == ("gateways", name)), None)

    async def start_prometheus(self):
        rules = self.place / "rules"
        shutil.copytree(DEPLOY / "prometheus/rules", rules)
        text = (rules / "alerts.yml").read_text()
        # Two minutes of waiting prove nothing that two seconds do not.
        down = re.compile(r'(alert: GatewayDown\n\s+expr: [^\n]+\n\s+for: )2m')
        (rules / "alerts.yml").write_text(exactly_one(down, text, r"\g<1>2s"))
        targets = json.dumps([f"127.0.0.1:{replica.internal}" for replica in self.replicas])
        text = (DEPLOY / "prometheus/prometheus.yml").read_text()
        text = replaced(text, '["gateway-a:9090", "gateway-b:9090"]', targets)
        for setting in ("scrape_interval: 15s", "evaluation_interval: 15s", "scrape_timeout: 10s"):
            text = replaced(text, setting, setting.split(":")[0] + ": 1s")
        config, port = self.place / "prometheus.yml", free_port()
        config.write_text(text)
        self.prometheus = f"http://127.0.0.1:{port}"
        server = await self.started(Server("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.place}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], self.place))
        await until("Prometheus is ready", lambda: answers(self.session, f"{self.prometheus}/-/ready"), server=server)

    async def stop(self):
        for server in reversed(self.servers):
            await server.stop()


async def answers(session, url):
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except OSError:
        return False


async def exists(path):
    return path.exists()


def replaced(text, old, new):
    if text.count(old) != 1:
        raise RuntimeError(f"{old!r} is there {text.count(old)} times")
    return text.replace(old, new)


def exactly_one(pattern, text, new):
    text, count = pattern.subn(new, text)
    if count != 1:
        raise RuntimeError(f"{pattern.pattern!r} is there {count} times")
    return text


def search_path():
    """Where the sandbox may find Postgres, when its caller has said so."""
    return {name: os.environ[name] for name in ("PG_BIN",) if name in os.environ}
