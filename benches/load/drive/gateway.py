"""The gateway as it is deployed: its defaults, a configuration that names what stands around it, and tenants in its database."""

import json
import subprocess

from servers import Server, ask, free_port, until

# Nothing here makes it faster than its defaults do, but for their absence: no limit on requests is set there either.
CONFIGURATION = """
[server]
public_address = "127.0.0.1:{public}"
internal_address = "127.0.0.1:{internal}"
[database]
url = {database}
[[auth.pools]]
issuer = {issuer}
client_ids = [{client}]
jwks_url = {jwks}
[aws]
region = {region}
endpoint_url = {aws}
access_key_id = {key_id}
secret_access_key = {secret}
force_path_style = true
[upload]
bucket = {bucket}
role_arn = {role}
"""

# Tenant n has the claim that tokens of the stage name. Limits are those that default.toml gives to a new tenant.
TENANTS = """
with new as (
    insert into tenants (id, slug, name, max_upload_bytes, allowed_content_types, created_at, updated_at)
    select gen_random_uuid(), 'customer-' || n, 'Customer ' || n, 5368709120, '{{*/*}}', now(), now()
    from generate_series({first}, {last}) n returning id, name)
insert into tenant_claim_values (claim_value, tenant_id) select name, id from new
"""


class Gateway(Server):
    """`upload-gateway serve` on ports of its own."""

    def __init__(self, binary, place, addresses, database_url, further=""):
        self.binary = binary
        self.port, self.internal = free_port(), free_port()
        self.config = place / "gateway.toml"
        # A text in JSON is one in TOML.
        quoted = {name: json.dumps(text) for name, text in addresses.items()}
        self.config.write_text(CONFIGURATION.format(
            public=self.port, internal=self.internal, database=json.dumps(database_url), issuer=quoted["issuer"],
            client=quoted["clientId"], jwks=quoted["jwksUrl"], region=quoted["region"], aws=quoted["awsUrl"],
            key_id=quoted["accessKeyId"], secret=quoted["secretAccessKey"], bucket=quoted["bucket"],
            role=quoted["roleArn"]) + further)
        super().__init__("gateway", [binary, "serve", "--config", self.config], place)

    def migrate(self):
        subprocess.run([self.binary, "migrate", "--config", self.config], check=True, env=self.environment)

    def wait(self, pause=0.02):
        """Until it says that it is ready."""
        until("the gateway is ready", lambda: ask(self.internal, path="/readyz")[0] == 200, pause=pause, server=self)


def prepare(postgres, binary, place, addresses, database, tenants):
    """A database with the gateway's tables and so many tenants, to be copied for each visit."""
    postgres.create(database)
    Gateway(binary, place, addresses, postgres.url(database)).migrate()
    postgres.ask(database, TENANTS.format(first=0, last=tenants - 1))
    postgres.ask(database, "vacuum analyze")
