"""Takes the gateway's URLs apart: each change to what was granted must be refused by the server."""

import base64
import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from wire import send

BODY = b"twelve bytes"


def put(request, body=BODY, **changes):
    """Does what a grant says, with `changes` to its method, URL or headers."""
    return send(changes.get("method", request["method"]), changes.get("url", request["url"]),
                changes.get("headers", request["headers"]), body)


def with_header(request, name, value):
    """The grant's headers with one of them changed, or left out when `value` is None."""
    kept = {header: old for header, old in request["headers"].items() if header.lower() != name}
    return kept if value is None else {**kept, name: value}


def with_path(request, old, new):
    there = urlsplit(request["url"])
    assert old in there.path, f"{old} is not in {there.path}"
    return urlunsplit(there._replace(path=there.path.replace(old, new, 1)))


def with_query(request, name, value):
    there = urlsplit(request["url"])
    members = [(key, old if key != name else value) for key, old in parse_qsl(there.query, keep_blank_values=True)]
    assert name in dict(members), f"{name} is not in the query"
    return urlunsplit(there._replace(query=urlencode([(key, new) for key, new in members if new is not None])))


def keeps_its_word(verdict, gateway, store, who):
    """The honest walk: grant, PUT, complete, read back. Gives the key that is now stored."""
    upload = gateway.grant(who, BODY)
    verdict.check(f"{who}'s key is under its own prefix", upload["key"].startswith(f"{who}/"), upload["key"])
    early = gateway.complete(who, upload)
    verdict.equal(f"{who}'s complete before the PUT finds no object", early.json().get("type"), "/problems/object-missing")
    verdict.accepted(f"{who}'s PUT as granted is accepted", put(upload["request"]))
    completed = gateway.complete(who, upload)
    verdict.accepted(f"{who}'s complete is accepted", completed)
    seen = gateway.read(who, upload)
    verdict.equal(f"{who}'s upload reads as completed", seen.json().get("status"), "completed")
    verdict.equal(f"{who}'s upload reads with its size", seen.json().get("size"), len(BODY))
    verdict.equal(f"{who}'s object holds what was sent", store.read(upload["key"]), BODY)
    return upload


def cannot_be_bent(verdict, gateway, store, who, other):
    """Every change to one grant of `who`; the grant itself stays unused, so that nothing may be stored by it."""
    upload = gateway.grant(who, BODY)
    request = upload["request"]
    name = upload["key"].rsplit("/", 1)[-1]
    token = dict(parse_qsl(urlsplit(request["url"]).query))["X-Amz-Security-Token"]
    signature = dict(parse_qsl(urlsplit(request["url"]).query))["X-Amz-Signature"]
    changes = {
        "another key": {"url": with_path(request, name, f"other-{name}")},
        "another tenant's prefix": {"url": with_path(request, f"/{who}/", f"/{other}/")},
        "a sibling prefix": {"url": with_path(request, f"/{who}/", f"/{who}co/")},
        "a way out by dots": {"url": with_path(request, f"/{who}/", f"/{who}/../{other}/")},
        "another bucket": {"url": with_path(request, f"/{store.bucket}/", "/elsewhere/")},
        "DELETE": {"method": "DELETE", "body": b""},
        "POST": {"method": "POST"},
        "GET": {"method": "GET", "body": b""},
        "another content type": {"headers": with_header(request, "content-type", "text/html")},
        "no content type": {"headers": with_header(request, "content-type", None)},
        "a longer body": {"body": BODY + b"!"},
        "a shorter body": {"body": BODY[:-1]},
        "no body": {"body": b""},
        "no if-none-match": {"headers": with_header(request, "if-none-match", None)},
        "a longer life": {"url": with_query(request, "X-Amz-Expires", "604800")},
        "another signature": {"url": with_query(request, "X-Amz-Signature", signature[::-1])},
        "no session token": {"url": with_query(request, "X-Amz-Security-Token", None)},
        "a bent session token": {"url": with_query(request, "X-Amz-Security-Token", token[:-8] + token[-8:][::-1])},
    }
    for what, change in changes.items():
        verdict.refused(f"{who}'s URL with {what} is refused", put(request, **change))
    verdict.check("the bent URLs stored nothing", upload["key"] not in store.keys(), upload["key"])
    verdict.accepted("the same URL, unbent, is accepted", put(request))
    return upload


def writes_once(verdict, store, upload):
    verdict.refused("a second PUT by the same URL is refused", put(upload["request"], b"TWELVE BYTES"))
    verdict.equal("the first PUT's object is still there", store.read(upload["key"]), BODY)


def keeps_the_checksum(verdict, gateway, store, who):
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    checksum = {"algorithm": "SHA256", "value": digest}
    broken = gateway.grant(who, BODY, checksum=checksum)
    verdict.refused("a body with another checksum is refused", put(broken["request"], BODY[::-1]))
    verdict.refused("a checksum left out is refused", put(
        broken["request"], headers=with_header(broken["request"], "x-amz-checksum-sha256", None)))
    verdict.check("the wrong body left nothing", broken["key"] not in store.keys(), broken["key"])
    whole = gateway.grant(who, BODY, checksum=checksum)
    verdict.accepted("a body with its checksum is accepted", put(whole["request"]))
    verdict.accepted("and completes", gateway.complete(who, whole))
    return whole


def stay_out_of_the_log(verdict, log, uploads):
    """Neither a signature nor a session token of `uploads` is in the gateway's log, and no JWT is."""
    verdict.check("the gateway logs something", log.strip() != "", "nothing")
    for upload in uploads:
        query = dict(parse_qsl(urlsplit(upload["request"]["url"]).query))
        for name in ("X-Amz-Signature", "X-Amz-Security-Token"):
            verdict.check(f"the gateway's log holds no {name}", query[name] not in log, "it does")
    verdict.check("the gateway's log holds no JWT", re.search(r"eyJ[\w-]{20,}\.eyJ", log) is None, "it does")
