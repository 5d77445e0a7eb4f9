"""What may a service say that is not so? Answers of 200 that mean nothing, break off, are another's, or never end."""

import asyncio
import base64
import functools
import json
import random
import re
import subprocess
import uuid
from datetime import datetime, timedelta, timezone

from aiohttp import web

from neighbour import hang_up

PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in to the network.</body></html>"
MANY = 100 * 2**20
EXPIRATION = re.compile(rb"<Expiration>[^<]*</Expiration>")
# What remains of a session as the gateway sees it, so that its cache asks for the next one all the time: what signing asks for
# (upload.url_expiry and half a minute) and this.
LEFT_SECONDS = 5 * 60 + 30 + 2


class Lie:
    def __init__(self, tell, fits=lambda request: True):
        self.tell, self.fits = tell, fits


def has_body(request):
    return request.method != "HEAD"


async def a_page(_request, _truth):
    """As a proxy says it to whoever has not signed in."""
    return web.Response(body=PAGE, content_type="text/html")


async def half(request, truth):
    """Half of the truth, with the length of a half; of XML up to the end of an element, where a parser may take it for the whole."""
    true = await truth()
    text = true.body[:len(true.body) // 2]
    end = max((element.end() for element in re.finditer(rb"</[^<>]*>", text)), default=len(text))
    return web.Response(status=true.status, body=text[:end], content_type="text/xml")


async def broken_off(request, truth):
    """Half of the truth, and then no more."""
    true = await truth()
    answer = web.StreamResponse(status=true.status, headers={"content-length": str(len(true.body or b"") + 1)})
    await answer.prepare(request)
    await answer.write((true.body or b"")[:len(true.body or b"") // 2])
    return hang_up(request)


async def endless(request, _truth):
    answer = web.StreamResponse(headers={"content-length": str(MANY), "content-type": "application/xml"})
    await answer.prepare(request)
    block = b" " * 2**16
    try:
        for _ in range(MANY // len(block)):
            await answer.write(block)
    except OSError:
        return hang_up(request)
    return answer


async def a_failure_that_is_a_success(_request, _truth):
    """As S3 does it when it fails after it has begun to answer."""
    text = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>'
    return web.Response(body=text.encode(), content_type="application/xml")


def expiring(seconds):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return f"<Expiration>{moment:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()


def short_lived(text):
    """Sessions end soon: else STS would be asked once in an hour, and nobody would notice what it says."""
    return EXPIRATION.sub(lambda _: expiring(LEFT_SECONDS), text)


async def over_already(_request, truth):
    true = await truth()
    return web.Response(status=true.status, body=EXPIRATION.sub(lambda _: expiring(-60), true.body), content_type="text/xml")


async def without_credentials(_request, truth):
    true = await truth()
    text = re.sub(rb"<Credentials>.*</Credentials>", b"", true.body, flags=re.DOTALL)
    return web.Response(status=true.status, body=text, content_type="text/xml")


def another_tenants():
    """What STS said to somebody else a moment ago."""
    said = {}

    async def tell(request, truth):
        true, form = await truth(), await request.text()
        name = re.search(r"RoleSessionName=([^&]*)", form)
        if true.status == 200 and name:
            said[name[1]] = true.body
        others = [text for who, text in said.items() if not name or who != name[1]]
        return web.Response(status=true.status, body=random.choice(others) if others else true.body, content_type="text/xml")

    return tell


def queue_tells(bodies):
    """SQS says that these are in the queue."""
    async def tell(_request, _truth):
        told = [{"MessageId": str(uuid.uuid4()), "ReceiptHandle": str(uuid.uuid4()), "MD5OfBody": "0" * 32, "Body": body}
                for body in bodies()]
        return web.Response(text=json.dumps({"Messages": told}), content_type="application/x-amz-json-1.0")

    return tell


def created(key, bucket="uploads"):
    about = {"bucket": {"name": bucket}, "object": {"key": key, "size": 12, "eTag": "0" * 32, "sequencer": "0"}}
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": moment, "s3": about}]})


def of_nothing():
    subject, id = uuid.uuid4(), uuid.uuid4()
    return [created(f"acme/{subject}/default/{id}/photo.jpg"), created(f"nobody/{subject}/default/{id}/photo.jpg"),
            created("acme/../globex/%2e%2e/x"), created(f"acme/{subject}/default/{id}/photo.jpg", "another-bucket"),
            "{}", '{"Records": [{"s3": 1}]}', "no JSON"]


async def twice(_request, truth):
    """Each message as often as SQS may bring it: more than once."""
    true = await truth()
    said = json.loads(true.body or b"{}")
    said["Messages"] = said.get("Messages", []) * 2
    return web.Response(status=true.status, text=json.dumps(said), content_type="application/x-amz-json-1.0")


async def other_keys(_request, truth):
    """The keys of another user pool, under the names of ours."""
    true = json.loads((await truth()).body)
    for key in true["keys"]:
        key["n"] = base64.urlsafe_b64encode(await asyncio.to_thread(foreign_modulus)).rstrip(b"=").decode()
    return web.json_response(true)


@functools.cache
def foreign_modulus():
    """Of a real key: a number that only looks like one would be seen through."""
    key = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
    told = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=key, check=True, capture_output=True).stdout
    return bytes.fromhex(told.decode().strip().removeprefix("Modulus="))


async def no_keys(_request, _truth):
    return web.json_response({"keys": []})


def is_reception(request):
    return request.headers.get("x-amz-target", "").endswith("ReceiveMessage")


def is_completion(request):
    return request.method == "POST" and "uploadId=" in request.raw_path


# What a HEAD says is taken from its headers, and nobody could tell a well-formed one of another object; but a page is no such thing.
# The first of them come first.
OF_S3 = [Lie(half, has_body), Lie(endless, has_body), Lie(a_page), Lie(a_failure_that_is_a_success, is_completion),
         Lie(broken_off, has_body)]
OF_SQS = [Lie(queue_tells(of_nothing), is_reception), Lie(twice, is_reception), Lie(endless), Lie(half), Lie(a_page), Lie(broken_off)]
OF_JWKS = [Lie(other_keys), Lie(endless), Lie(half), Lie(no_keys), Lie(a_page), Lie(broken_off)]


def of_sts():
    return [Lie(tell) for tell in (another_tenants(), endless, over_already, half, without_credentials, a_page, broken_off)]


def xml(status, code):
    text = f"<Error><Code>{code}</Code><Message>Please reduce your request rate.</Message><RequestId>soak</RequestId></Error>"
    return lambda request: web.Response(status=status, body=text.encode(), content_type="application/xml")


def of_query(status, code):
    error = f"<Error><Type>Receiver</Type><Code>{code}</Code><Message>away</Message></Error>"
    text = f"<ErrorResponse>{error}<RequestId>soak</RequestId></ErrorResponse>"
    return lambda request: web.Response(status=status, body=text.encode(), content_type="text/xml")


def plain(status):
    return lambda request: web.json_response({"__type": "com.amazonaws.sqs#ServiceUnavailable", "message": "away"}, status=status)


S3_ERRORS = [xml(500, "InternalError"), xml(503, "SlowDown")]
STS_ERRORS = [of_query(500, "InternalFailure"), of_query(503, "ServiceUnavailable"), of_query(400, "Throttling")]
PLAIN_ERRORS = [plain(500), plain(503)]
