"""Sends a file in parts, each by a URL of its own, and bends those URLs: each is good for one part of one upload alone."""

import hashlib
from urllib.parse import parse_qsl, urlsplit

from urls import put, with_path, with_query
from wire import send

# The smallest part that S3 takes, and a rest.
FIRST, REST = 5 << 20, 12


def body():
    return hashlib.sha256(b"parts").digest() * (FIRST // 32) + b"twelve bytes"


def travel(verdict, gateway, store, who):
    """The honest walk. Gives the upload that is now stored."""
    whole = body()
    upload = gateway.grant(who, whole, method="multipart")
    verdict.equal("a file in parts is cut as planned", upload["multipart"], {"partSize": FIRST, "partCount": 2})
    first, second = gateway.sign_parts(who, upload, [1, 2])
    cannot_be_bent(verdict, gateway, who, upload, second)
    sent = [store_part(verdict, first, whole[:FIRST])]
    early = gateway.complete(who, upload, sent)
    verdict.equal("half of the parts do not complete", early.status, 422)
    sent.append(store_part(verdict, second, whole[FIRST:]))
    held = gateway.parts(who, upload)
    verdict.equal("the store lists both parts", [(part["partNumber"], part["size"]) for part in held], [(1, FIRST), (2, REST)])
    verdict.accepted("the parts complete", gateway.complete(who, upload, sent))
    verdict.equal("and again", gateway.complete(who, upload, sent).json().get("status"), "completed")
    verdict.check("the object is what was sent", store.read(upload["key"]) == whole, "another")
    return upload


def store_part(verdict, part, piece):
    answer = put({"method": "PUT", **part}, piece)
    verdict.accepted(f"part {part['partNumber']} as granted is accepted", answer)
    return {"partNumber": part["partNumber"], "etag": answer.headers["etag"]}


def cannot_be_bent(verdict, gateway, who, upload, part):
    """Every change to the URL of the second part; nothing may be stored by it."""
    piece, name = body()[FIRST:], upload["key"].rsplit("/", 1)[-1]
    another = gateway.grant(who, body(), method="multipart")
    (theirs,) = gateway.sign_parts(who, another, [2])
    request = {"method": "PUT", **part}
    changes = {
        "another number": {"url": with_query(request, "partNumber", "1")},
        "a number beyond the plan": {"url": with_query(request, "partNumber", "3")},
        "another upload's id": {"url": with_query(request, "uploadId", query(theirs, "uploadId"))},
        "another key": {"url": with_path(request, name, f"other-{name}")},
        "a longer life": {"url": with_query(request, "X-Amz-Expires", "604800")},
        "no session token": {"url": with_query(request, "X-Amz-Security-Token", None)},
        "a longer body": {"body": piece + b"!"},
        "a shorter body": {"body": piece[:-1]},
        "DELETE, which would end the upload": {"method": "DELETE", "body": b""},
        "POST, which would complete it": {"method": "POST"},
        "GET": {"method": "GET", "body": b""},
    }
    for what, change in changes.items():
        verdict.refused(f"a part's URL with {what} is refused", put(request, **{"body": piece, **change}))
    for which, grant in {"the upload": upload, "the other upload": another}.items():
        verdict.equal(f"the bent URLs gave {which} no part", gateway.parts(who, grant), [])
    verdict.equal("what is given up is given up", gateway.delete(who, another).status, 204)


def query(part, name):
    return dict(parse_qsl(urlsplit(part["url"]).query))[name]


def are_given_up(verdict, gateway, store, who):
    """What is given up leaves no parts, and its URLs are dead."""
    upload = gateway.grant(who, body(), method="multipart")
    first, second = gateway.sign_parts(who, upload, [1, 2])
    store_part(verdict, second, body()[FIRST:])
    verdict.equal("an upload in parts is given up", gateway.delete(who, upload).status, 204)
    late = send("PUT", first["url"], first["headers"], body()[:FIRST])
    verdict.check("a part of what was given up is not taken", late.status in (403, 404), late)
    verdict.equal("the store keeps no unfinished upload", store.unfinished(), [])
    verdict.check("and no object", upload["key"] not in store.keys(), upload["key"])
