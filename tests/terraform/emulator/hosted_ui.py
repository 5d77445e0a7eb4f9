"""Signs people in on the emulator's hosted pages by code with PKCE, as a browser would: by their password, or by an identity provider."""

import base64
import hashlib
import html
import json
import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from wire import send

FORM = {"content-type": "application/x-www-form-urlencoded"}
ASSERTION = (
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">'
    "<saml:Assertion><saml:Subject><saml:NameID>{name}</saml:NameID></saml:Subject>"
    "<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>")


class Refused(Exception):
    """The pages do not let this person in; the answer says why."""


class HostedUi:
    def __init__(self, url, redirect_uri):
        self.url, self.redirect_uri = url, redirect_uri

    def sign_in(self, client_id, username, password):
        """Tokens of a person of the pool itself."""
        def fill_in(page):
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.body.decode()))
            filled = {name: html.unescape(value) for name, value in hidden.items()}
            return {"username": username, "password": password, **filled}

        return self.walk(client_id, {}, lambda page: self.post("/login", fill_in(page)))

    def sign_in_by(self, provider, client_id, name, attributes):
        """Tokens of a person for whom a SAML identity provider vouches with these attributes."""
        def answer(redirect):
            there = parse_qs(urlsplit(redirect.headers["location"]).query)
            stated = "".join(
                f"<saml:Attribute Name={quoteattr(key)}><saml:AttributeValue>{escape(value)}</saml:AttributeValue></saml:Attribute>"
                for key, value in attributes.items())
            response = ASSERTION.format(name=escape(name), attributes=stated).encode()
            return self.post("/saml2/idpresponse", {
                "SAMLResponse": base64.b64encode(response).decode(), "RelayState": there["RelayState"][0]})

        return self.walk(client_id, {"identity_provider": provider}, answer)

    def walk(self, client_id, further, answer_page):
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = urlencode({
            "response_type": "code", "client_id": client_id, "redirect_uri": self.redirect_uri, "state": state,
            "scope": "openid email profile", "code_challenge": challenge, "code_challenge_method": "S256", **further})
        answer = answer_page(send("GET", f"{self.url}/oauth2/authorize?{asked}"))
        back = answer.headers.get("location") or ""
        arrived = parse_qs(urlsplit(back).query)
        if not back.startswith(self.redirect_uri) or arrived.get("state") != [state] or "code" not in arrived:
            raise Refused(f"{answer} {back}")
        tokens = self.post("/oauth2/token", {
            "grant_type": "authorization_code", "client_id": client_id, "code": arrived["code"][0],
            "redirect_uri": self.redirect_uri, "code_verifier": verifier})
        if tokens.status != 200:
            raise Refused(str(tokens))
        return tokens.json()

    def post(self, path, form):
        return send("POST", f"{self.url}{path}", FORM, urlencode(form).encode())


def claims_of(token):
    """What a token says, unverified: the gateway verifies it."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
