"""Reads back what was stored, and bends the URL that allows it."""

from urllib.parse import unquote

from urls import BODY, with_path, with_query
from wire import send


def give_back(verdict, gateway, upload, who, other):
    """The bytes, under their name; and by that URL nothing else."""
    verdict.accepted("what is to be read is completed", gateway.complete(who, upload))
    request = {"url": gateway.download(who, upload)}
    answer = send("GET", request["url"])
    verdict.accepted("a download is accepted", answer)
    verdict.equal("and gives what was stored", answer.body, BODY)
    disposition = unquote(answer.headers.get("content-disposition", ""))
    verdict.check("under its name", disposition.startswith("attachment") and "photo.jpg" in disposition, disposition)
    name = upload["key"].rsplit("/", 1)[-1]
    changes = {
        "another key": ("GET", with_path(request, name, f"other-{name}")),
        "another tenant's prefix": ("GET", with_path(request, f"/{who}/", f"/{other}/")),
        "another disposition": ("GET", with_query(request, "response-content-disposition", "inline")),
        "another content type": ("GET", with_query(request, "response-content-type", "text/html")),
        "a longer life": ("GET", with_query(request, "X-Amz-Expires", "604800")),
        "PUT": ("PUT", request["url"]),
        "DELETE": ("DELETE", request["url"]),
    }
    for what, (method, url) in changes.items():
        verdict.refused(f"a download's URL with {what} is refused", send(method, url))
