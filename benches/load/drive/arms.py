"""Which services are visited? Each with its request, its tokens and the way it is started."""

import json
import os
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

    def database(self, run, name):
        """Makes the database of a visit, if the service has one."""

    def start(self, run, name):
        """Starts it, with the database of that name, and waits until it answers; gives its server, which has a `port`."""
        raise NotImplementedError

    def table(self, run, name):
        """What holds a row for each answer."""
        [table] = run.postgres.tables(name)
        return table


def ready(server, method, path, body=None, headers=None):
    def answers():
        return 200 <= ask(server.port, method, path, body, headers)[0] < 300

    until(f"{server.name} answers {method} {path}", answers, patience=PATIENCE, pause=0.1, server=server)
    return server


def post(server, token):
    return ready(server, "POST", "/v1/uploads", BODY, {"authorization": f"Bearer {token}", "content-type": "application/json"})


class GatewayArm(Arm):
    records = True

    def __init__(self, name, tokens="repeated", change=None):
        super().__init__(name)
        self.tokens, self.change = tokens, change

    def database(self, run, name):
        run.postgres.create(name, template=run.template)
        if self.change:
            run.postgres.ask(name, self.change)

    def start(self, run, name):
        gateway = Gateway(run.binary, run.place, run.stage.addresses, run.postgres.url(name))
        return post(gateway.start_and_wait(), run.one_token)

    def table(self, run, name):
        return "uploads"


class Echo(Arm):
    def start(self, run, name):
        port = free_port()
        server = Server("echo", [run.echo, port, run.answer_bytes], run.place)
        server.port = port
        return post(server.start(), run.one_token)


class Nginx(Arm):
    def start(self, run, name):
        port, config = free_port(), run.place / "nginx.conf"
        body = json.dumps({"url": "x" * (run.answer_bytes - len('{"url": ""}'))})
        config.write_text(NGINX.format(port=port, place=run.place, body=body))
        # It is not on the PATH of everybody.
        server = Server("nginx", ["nginx", "-e", "stderr", "-c", config], run.place, {"PATH": os.environ["PATH"] + ":/usr/sbin"})
        server.port = port
        return post(server.start(), run.one_token)


class Peer(Arm):
    """A service of `peers/`, told of everything in its environment."""

    def database(self, run, name):
        run.postgres.create(name)

    def start(self, run, name):
        port, around = free_port(), run.stage.addresses
        environment = {
            "PORT": str(port), "DATABASE_URL": run.postgres.url(name), "PLACE": str(run.cache),
            "ISSUER": around["issuer"], "CLIENT_ID": around["clientId"],
            "S3_ENDPOINT": around["awsUrl"], "STS_ENDPOINT": around["awsUrl"],
            "BUCKET": around["bucket"], "REGION": around["region"], "ROLE_ARN": around["roleArn"],
            "AWS_ACCESS_KEY_ID": around["accessKeyId"], "AWS_SECRET_ACCESS_KEY": around["secretAccessKey"]}
        server = Server(self.name, [PEERS / self.name / "start"], run.place, environment)
        server.port = port
        server.start()
        return self.wait(server, run)

    def wait(self, server, run):
        return post(ready(server, "GET", "/healthz"), run.one_token)


class Recorder(Peer):
    records = True


class Companion(Peer):
    """It has no tokens, and records nothing."""

    path, tokens = "/s3/params?filename=photo.jpg&type=image/jpeg", None

    def wait(self, server, run):
        return ready(server, "GET", self.path)


QUOTA = "update tenants set monthly_bytes = 1000000000000000"
ALL = [GatewayArm("gateway-repeated"), GatewayArm("gateway-fresh", tokens="fresh"), GatewayArm("gateway-quota", change=QUOTA),
       Echo("echo"), Nginx("nginx"), Recorder("typescript"), Recorder("python"), Companion("companion")]
ARMS = {arm.name: arm for arm in ALL}
# Those that show whether everything works.
SHORT = ["gateway-repeated", "gateway-fresh", "echo", "nginx", "typescript", "python", "companion"]
