"""The gateway as Terraform's outputs configure it, with what only the emulator and this machine make different."""

import os
import tempfile
from pathlib import Path

from gateway import Gateway, free_port


class AppliedGateway(Gateway):
    """As the probe's gateway, but for where its configuration and its credentials come from."""

    def __init__(self, binary, outputs, url, pool, key, database):
        self.binary, self.pool = binary, pool
        self.folder = tempfile.TemporaryDirectory(prefix="upload-gateway-applied-")
        self.config = Path(self.folder.name, "gateway.toml")
        # The pool's section is the last one. Its issuer is AWS's name, where nobody answers here.
        self.config.write_text(f'{outputs["gateway_toml"]}\njwks_url = "{pool.jwks_url}"\n')
        public, internal = free_port(), free_port()
        self.url, self.internal_url = f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder.name, "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
            "AWS_ACCESS_KEY_ID": key[0], "AWS_SECRET_ACCESS_KEY": key[1], "AWS_SESSION_TOKEN": key[2],
            "AWS_EC2_METADATA_DISABLED": "true",
            "GATEWAY__SERVER__PUBLIC_ADDRESS": f"127.0.0.1:{public}",
            "GATEWAY__SERVER__INTERNAL_ADDRESS": f"127.0.0.1:{internal}",
            "GATEWAY__AWS__ENDPOINT_URL": url, "GATEWAY__AWS__FORCE_PATH_STYLE": "true",
            "GATEWAY__DATABASE__URL": database, "GATEWAY__DATABASE__IAM": "false",
            "GATEWAY__EVENTS__WAIT": "1s"}
