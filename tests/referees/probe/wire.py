"""HTTP with nothing added and nothing tidied: what the probe says is what the server hears."""

import http.client
import json
from urllib.parse import urlsplit


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


def send(method, url, headers=None, body=b""):
    """Sends one request. `content-length` is the body's own, whatever `headers` say."""
    there = urlsplit(url)
    headers = {name: value for name, value in (headers or {}).items() if name.lower() not in ("host", "content-length")}
    scheme = http.client.HTTPSConnection if there.scheme == "https" else http.client.HTTPConnection
    connection = scheme(there.hostname, there.port, timeout=30)
    try:
        connection.putrequest(method, f"{there.path}?{there.query}" if there.query else there.path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method not in ("GET", "HEAD", "DELETE"):
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def call(method, url, token=None, document=None, headers=None):
    """Sends one request of our own API."""
    headers = dict(headers or {})
    if token:
        headers["authorization"] = f"Bearer {token}"
    if document is None:
        return send(method, url, headers)
    return send(method, url, {**headers, "content-type": "application/json"}, json.dumps(document).encode())
