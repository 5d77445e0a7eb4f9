"""Signs what a browser does of its own accord with an upload in parts: begin, list, put together, give up. Each URL is for that alone."""

import re
import uuid

from parts import FIRST, body
from urls import put, with_path, with_query
from wire import send

ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


def are_for_that_alone(verdict, gateway, store, who, other):
    """An upload begun and given up, and one put together. Gives the latter, which is now stored."""
    first, second = (begin(verdict, gateway, who) for _ in range(2))
    begin_is_not_bent(verdict, gateway, store, who, other)
    whole = body()
    pieces = {1: whole[:FIRST], 2: whole[FIRST:]}
    tags = [send_part(verdict, gateway, who, first, number, piece) for number, piece in pieces.items()]
    send_part(verdict, gateway, who, second, 1, pieces[1])
    is_not_bent(verdict, gateway, who, other, first, second, "GET", "list")
    is_not_bent(verdict, gateway, who, other, first, second, "POST", "put together")
    # To the gateway an upload is over when a URL that ends it is asked for.
    end = is_not_bent(verdict, gateway, who, other, second, first, "DELETE", "give up")
    listed = act(sign(gateway, who, first, "GET"), "GET")
    verdict.accepted("the signed listing is accepted", listed)
    verdict.equal("and has both parts, which nothing bent has ended", listed.body.count(b"<Part>"), 2)
    verdict.accepted("the signed end of an upload is accepted", act(end, "DELETE"))
    verdict.equal("of that upload alone", len(store.unfinished()), 1)
    document = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, 1))
    document = f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{document}</CompleteMultipartUpload>'
    signed = sign(gateway, who, first, "POST")
    verdict.accepted("the signed completion is accepted", act(signed, "POST", document.encode()))
    verdict.check("the object is what was sent", store.read(first["key"]) == whole, "another")
    return first


def ask(gateway, who, **document):
    answer = gateway.sign(who, document)
    if answer.status != 200:
        raise RuntimeError(f"POST /s3/sign of {document}: {answer}")
    return answer.json()


def sign(gateway, who, upload, method):
    return ask(gateway, who, method=method, key=upload["key"], uploadId=upload["uploadId"])


def act(signed, method, body=b""):
    return send(method, signed["url"], signed.get("headers"), body)


def new(gateway, who):
    return ask(gateway, who, method="POST", key=f"{uuid.uuid4()}-film.mp4")


def begin(verdict, gateway, who):
    signed = new(gateway, who)
    begun = act(signed, "POST")
    verdict.accepted("the signed beginning of an upload is accepted", begun)
    return {"key": signed["key"], "uploadId": ID.search(begun.body)[1].decode()}


def begin_is_not_bent(verdict, gateway, store, who, other):
    signed, before = new(gateway, who), len(store.unfinished())
    request = {"method": "POST", **signed}
    name = signed["key"].rsplit("/", 1)[-1]
    changes = {
        "another key": {"url": with_path(request, name, f"other-{name}")},
        "another tenant's prefix": {"url": with_path(request, f"/{who}/", f"/{other}/")},
        "another content type": {"headers": {"content-type": "text/html"}},
        "no content type": {"headers": {}},
        "a longer life": {"url": with_query(request, "X-Amz-Expires", "604800")},
        "PUT, which would write": {"method": "PUT", "body": b"x"},
        "DELETE": {"method": "DELETE"},
    }
    for what, change in changes.items():
        verdict.refused(f"the beginning of an upload with {what} is refused", put(request, **{"body": b"", **change}))
    verdict.equal("nothing bent began", len(store.unfinished()), before)


def send_part(verdict, gateway, who, upload, number, piece):
    signed = ask(gateway, who, method="PUT", key=upload["key"], uploadId=upload["uploadId"], partNumber=number)
    answer = act(signed, "PUT", piece)
    verdict.accepted(f"the signed part {number} is accepted", answer)
    return answer.headers["etag"]


def is_not_bent(verdict, gateway, who, other, upload, another, method, to):
    request = {"method": method, **sign(gateway, who, upload, method)}
    request.setdefault("headers", {})
    changes = {
        "another key": {"url": with_path(request, upload["key"], another["key"])},
        "another tenant's prefix": {"url": with_path(request, f"/{who}/", f"/{other}/")},
        "another upload's id": {"url": with_query(request, "uploadId", another["uploadId"])},
        "no upload's id": {"url": with_query(request, "uploadId", None)},
        "a longer life": {"url": with_query(request, "X-Amz-Expires", "604800")},
        "no session token": {"url": with_query(request, "X-Amz-Security-Token", None)},
        **{f"{wrong} in its stead": {"method": wrong} for wrong in ("GET", "PUT", "POST", "DELETE") if wrong != method},
    }
    for what, change in changes.items():
        verdict.refused(f"a URL to {to} with {what} is refused", put(request, **{"body": b"", **change}))
    return request
