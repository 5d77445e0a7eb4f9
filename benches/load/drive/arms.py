"""Which services are visited? Each with its request, its tokens and the way it is started."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from gateway import Gateway
from servers import Server, ask, free_port, until

PEERS = Path(__file__).parents[1] / "peers"
BODY = '{"fileName":"photo.jpg","contentType":"image/jpeg","size":12345}'
PATIENCE = 120

NGINX = """
daemon off;
worker_processes auto;
pid {place}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/json;
    # It would otherwise close each connection now and then.
    keepalive_requests 1000000000;
    client_body_temp_path {place}/nginx.body;
    proxy_temp_path {place}/nginx.proxy;
    fastcgi_temp_path {place}/nginx.fastcgi;
    uwsgi_temp_path {place}/nginx.uwsgi;
    scgi_temp_path {place}/nginx.scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 201 '{body}'; }}
    }}
}}
"""


class Arm:
    """A service under load. `records`: for each answer there must be a row."""

    records = False
    path = "/v1/uploads"
    tokens = "repeated"

    def __init__(self, name):
        self.name = name

    @contextmanager
    def serving(self, run, database):
        """Its server, which has a `port`, for as long as the block lasts; with a database of that name if it needs one."""
        self.make(run, database)
        server = None
        try:
            server = self.start(run, database)
            self.wait(run, server)
            yield server
        finally:
            if server:
                server.stop()
            run.postgres.drop(database)

    def make(self, run, database):
        """The database, if the service has one."""

    def start(self, run, database):
        """The server, started."""
        raise NotImplementedError

    def wait(self, run, server):
        """Until it answers what it will be asked."""
        headers = {"authorization": f"Bearer {run.one_token}", "content-type": "application/json"}
        ready(server, "POST", self.path, BODY, headers)

    def table(self, run, database):
        """What holds a row for each answer."""
        [table] = run.postgres.tables(database)
        return table


def ready(server, method, path, body=None, headers=None):
    def answers():
        return 200 <= ask(server.port, method, path, body, headers)[0] < 300

    until(f"{server.name} answers {method} {path}", answers, patience=PATIENCE, pause=0.1, server=server)


class GatewayArm(Arm):
    records = True

    def __init__(self, name, tokens="repeated", change=None):
        super().__init__(name)
        self.tokens, self.change = tokens, change

    def make(self, run, database):
        run.postgres.create(database, template=run.template)
        if self.change:
            run.postgres.ask(database, self.change)

    def start(self, run, database):
        return Gateway(run.binary, run.place, run.stage.addresses, run.postgres.url(database)).start()

    def wait(self, run, server):
        server.wait()
        super().wait(run, server)

    def table(self, run, database):
        return "uploads"


class Echo(Arm):
    def start(self, run, database):
        port = free_port()
        server = Server("echo", [run.echo, port, run.answer_bytes], run.place)
        server.port = port
        return server.start()


class Nginx(Arm):
    def start(self, run, database):
        port, config = free_port(), run.place / "nginx.conf"
        body = json.dumps({"url": "x" * (run.answer_bytes - len('{"url": ""}'))})
        config.write_text(NGINX.format(port=port, place=run.place, body=body))
        # It is not on the PATH of everybody.
        server = Server("nginx", ["nginx", "-e", "stderr", "-c", config], run.place, {"PATH": os.environ["PATH"] + ":/usr/sbin"})
        server.port = port
        return server.start()


class Peer(Arm):
    """A service of `peers/`, told of everything in its environment."""

    def make(self, run, database):
        run.postgres.create(database)

    def start(self, run, database):
        port, around = free_port(), run.stage.addresses
        environment = {
            "PORT": str(port), "DATABASE_URL": run.postgres.url(database), "PLACE": str(run.cache),
            "ISSUER": around["issuer"], "CLIENT_ID": around["clientId"],
            "S3_ENDPOINT": around["awsUrl"], "STS_ENDPOINT": around["awsUrl"],
            "BUCKET": around["bucket"], "REGION": around["region"], "ROLE_ARN": around["roleArn"],
            "AWS_ACCESS_KEY_ID": around["accessKeyId"], "AWS_SECRET_ACCESS_KEY": around["secretAccessKey"]}
        server = Server(self.name, [PEERS / self.name / "start"], run.place, environment)
        server.port = port
        return server.start()

    def wait(self, run, server):
        ready(server, "GET", "/healthz")
        super().wait(run, server)


class Recorder(Peer):
    records = True


class Companion(Peer):
    """It has no tokens, and records nothing."""

    path, tokens = "/s3/params?filename=photo.jpg&type=image/jpeg", None

    def wait(self, run, server):
        ready(server, "GET", self.path)


QUOTA = "update tenants set monthly_bytes = 1000000000000000"
ALL = [GatewayArm("gateway-repeated"), GatewayArm("gateway-fresh", tokens="fresh"), GatewayArm("gateway-quota", change=QUOTA),
       Echo("echo"), Nginx("nginx"), Recorder("typescript"), Recorder("python"), Companion("companion")]
ARMS = {arm.name: arm for arm in ALL}
# Those that show whether everything works.
SHORT = ["gateway-repeated", "gateway-fresh", "echo", "typescript", "python", "companion"]
