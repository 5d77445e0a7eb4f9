"""The signing keys of a user pool, on a free port of loopback: `keys.py PRIVATE_KEY.pem PORT_FILE`. Serves until it is killed."""

import base64
import http.server
import json
import subprocess
import sys
from pathlib import Path

key, port_file = sys.argv[1:]
modulus = subprocess.run(["openssl", "rsa", "-in", key, "-noout", "-modulus"], check=True, capture_output=True, text=True)
number = base64.urlsafe_b64encode(bytes.fromhex(modulus.stdout.strip().removeprefix("Modulus="))).rstrip(b"=").decode()
KEYS = json.dumps({"keys": [{"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": number, "e": "AQAB"}]}).encode()


class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(KEYS)))
        self.end_headers()
        self.wfile.write(KEYS)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
# Whole or not at all: the one who waits for it reads it at once.
Path(port_file + ".new").write_text(str(server.server_port))
Path(port_file + ".new").rename(port_file)
server.serve_forever()
