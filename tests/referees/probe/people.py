"""Who calls, and with which token: `acme`, `globex` and `platform-admin`, from a Cognito pool or minted here."""

import http.server
import json
import threading
import time
import uuid

import boto3
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class CognitoPool:
    """The referee's own user pool: people sign in, and bring the ID token that they are given."""

    def __init__(self, url, pool):
        self.issuer, self.jwks_url, self.client_id = pool["issuer"], pool["jwksUrl"], pool["clientId"]
        self.users, self.password = pool["users"], pool["password"]
        self.cognito = boto3.client(
            "cognito-idp", endpoint_url=url, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")

    def token(self, who):
        signed_in = self.cognito.initiate_auth(
            ClientId=self.client_id, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.users[who], "PASSWORD": self.password})
        return signed_in["AuthenticationResult"]["IdToken"]


class MintedPool:
    """For a referee without a user pool: a key made now, its JWKS on loopback, tokens in Cognito's shape."""

    client_id = "probe-client"

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        document = json.dumps({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "probe", "n": jwk["n"], "e": jwk["e"]}]}).encode()

        class Jwks(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Jwks)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.issuer = f"http://127.0.0.1:{server.server_port}/pool"
        self.jwks_url = f"{self.issuer}/.well-known/jwks.json"
        self.subjects = {}

    def token(self, who):
        now = int(time.time())
        subject = self.subjects.setdefault(who, str(uuid.uuid4()))
        claims = {
            "sub": subject, "iss": self.issuer, "aud": self.client_id, "token_use": "id", "cognito:username": subject,
            "email": f"user@{who}.test", "email_verified": True, "auth_time": now, "iat": now, "exp": now + 3600}
        if who == "platform-admin":
            claims["cognito:groups"] = ["platform-admins"]
        else:
            claims["custom:customerName"] = who
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "probe"})


def pool_of(referee):
    return CognitoPool(referee["url"], referee["pool"]) if referee["pool"] else MintedPool()
