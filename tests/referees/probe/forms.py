"""Posts forms as a browser does, and bends them: the policy that is signed with a form allows what was granted alone."""

import uuid

from urls import BODY
from wire import send


def post(request, body=BODY, fields=None):
    """Every field of the grant, and the file last."""
    boundary = uuid.uuid4().hex
    pieces = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (fields or request["fields"]).items()]
    file = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\ncontent-type: image/jpeg\r\n\r\n'
    whole = b"".join(pieces) + file.encode() + body + f"\r\n--{boundary}--\r\n".encode()
    return send("POST", request["url"], {"content-type": f"multipart/form-data; boundary={boundary}"}, whole)


def keep_their_word(verdict, gateway, store, who, other):
    """A form of a known size, bent and unbent. Gives the upload that is now stored."""
    upload = gateway.grant(who, BODY, method="post")
    request, fields = upload["request"], upload["request"]["fields"]
    token, signature = fields["x-amz-security-token"], fields["x-amz-signature"]
    name = next(field for field in fields if field.lower() == "content-type")
    changes = {
        "another key": {"fields": {**fields, "key": f"{fields['key']}x"}},
        "another tenant's prefix": {"fields": {**fields, "key": fields["key"].replace(f"{who}/", f"{other}/", 1)}},
        "another content type": {"fields": {**fields, name: "text/html"}},
        "a field more": {"fields": {**fields, "acl": "public-read"}},
        "another signature": {"fields": {**fields, "x-amz-signature": signature[::-1]}},
        "a bent session token": {"fields": {**fields, "x-amz-security-token": token[:-8] + token[-8:][::-1]}},
        "no policy": {"fields": {field: value for field, value in fields.items() if field != "policy"}},
        "a longer file": {"body": BODY + b"!"},
        "a shorter file": {"body": BODY[:-1]},
    }
    for what, change in changes.items():
        verdict.refused(f"a form with {what} is refused", post(request, **change))
    verdict.check("the bent forms stored nothing", upload["key"] not in store.keys(), upload["key"])
    verdict.accepted("the same form, unbent, is accepted", post(request))
    verdict.accepted("and completes", gateway.complete(who, upload))
    verdict.equal("the form's object holds what was sent", store.read(upload["key"]), BODY)
    return upload
