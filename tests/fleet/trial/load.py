"""A load of everything that callers do, by sixteen at once, with an account of every request."""

import asyncio
import json
import random
import time
import uuid
from collections import Counter

import aiohttp

from people import MONTHLY_BYTES

WORKERS = 16
BODY = b"a photograph"
PEOPLE = ("alice", "bob", "ada", "gina", "gus", "greta")


def read(text):
    """What the gateway answers is JSON or nothing; HAProxy, which may have to answer in its stead, writes text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


class Load:
    """`async with Load(…)` calls from its beginning to its end; every request is seen through."""

    def __init__(self, url, people):
        self.url, self.people = url, people
        # Ids of the grants that were answered, and what was not answered as it must be.
        self.granted, self.wrong = [], []
        self.answers, self.slowest = Counter(), 0.0
        self.stopping = False

    async def __aenter__(self):
        # Shorter than HAProxy keeps a connection, so that nobody calls on one that is being closed.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
        self.session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))
        self.workers = [asyncio.create_task(self.work(random.Random(seed))) for seed in range(WORKERS)]
        return self

    async def __aexit__(self, *_):
        self.stopping = True
        await asyncio.gather(*self.workers)
        await self.session.close()

    def activities(self):
        """What is done how often, in a hundred."""
        return {self.grant: 66, self.upload: 12, self.look: 8, self.be_refused: 5, self.ask_for_too_much: 2, self.have_credentials: 2,
                self.repeat: 3, self.administer: 2}

    async def work(self, chance):
        activities = self.activities()
        while not self.stopping:
            [activity] = chance.choices(list(activities), weights=list(activities.values()))
            await activity(chance, chance.choice(PEOPLE))

    async def call(self, method, path, who, expected, headers=None, **body):
        """One request, which must be answered with one of the `expected`; gives the answer, or nothing."""
        began = time.monotonic()
        headers = {**self.people.headers.get(who, {}), **(headers or {})}
        try:
            async with self.session.request(method, self.url + path, headers=headers, **body) as answer:
                document = read(await answer.text())
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            self.wrong.append(f"{method} {path}: {type(error).__name__}: {error}")
            return None
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[answer.status] += 1
        if answer.status not in expected or isinstance(document, str):
            self.wrong.append(f"{method} {path}: {answer.status} {document}")
            return None
        return document

    async def grant(self, chance, who):
        file = {"fileName": f"{chance.randrange(10**6)}.jpg", "contentType": "image/jpeg", "size": len(BODY)}
        granted = await self.call("POST", "/v1/uploads", who, (201,), json=file)
        if granted:
            self.granted.append(granted["id"])
        return granted

    async def upload(self, chance, who):
        """All the way: into S3, completed, read back, and now and then deleted."""
        granted = await self.grant(chance, who)
        if not granted:
            return
        if await self.store(granted["request"], granted["id"]):
            await self.settle(chance, granted["id"], who)

    async def store(self, request, what):
        """Sends the bytes to where the grant says. Gives S3's headers, when it took them."""
        headers = {name: value for name, value in request["headers"].items() if name != "content-length"}
        async with self.session.put(request["url"], headers=headers, data=BODY) as stored:
            if stored.status == 200:
                return stored.headers
            self.wrong.append(f"PUT of {what}: {stored.status} {await stored.text()}")

    async def settle(self, chance, id, who, **said):
        path = f"/v1/uploads/{id}"
        completed = await self.call("POST", f"{path}/complete", who, (200,), **said)
        if not completed:
            return
        if completed["status"] != "completed":
            self.wrong.append(f"{path} is {completed['status']}")
        await self.call("GET", f"{path}/download", who, (200,))
        if chance.random() < 0.2:
            await self.call("DELETE", path, who, (204,))

    async def look(self, chance, who):
        paths = ["/v1/uploads?limit=20", "/v1/me", "/v1/collections"] + ["/v1/usage", "/v1/audit?limit=20"] * (who in ("ada", "greta"))
        await self.call("GET", chance.choice(paths), who, (200,))

    async def be_refused(self, chance, who):
        path = chance.choice(["/v1/uploads", "/v1/me"])
        bad = {"authorization": self.people.headers[who]["authorization"][:-8] + "AAAAAAAA"}
        await self.call("GET", path, None, (401,), headers=bad)

    async def ask_for_too_much(self, chance, _who):
        file = {"fileName": "film.mp4", "contentType": "video/mp4", "size": MONTHLY_BYTES + 1, "method": "put"}
        await self.call("POST", "/v1/uploads", chance.choice(["gina", "gus"]), (403, 409, 422, 429), json=file)

    async def have_credentials(self, chance, _who):
        await self.call("POST", "/v1/credentials", chance.choice(["alice", "bob"]), (200,))

    async def repeat(self, _chance, who):
        """The same upload both times, whichever replica it comes to."""
        key = {"idempotency-key": str(uuid.uuid4())}
        file = {"fileName": "again.jpg", "contentType": "image/jpeg", "size": len(BODY)}
        first = await self.call("POST", "/v1/uploads", who, (201,), headers=key, json=file)
        again = await self.call("POST", "/v1/uploads", who, (200, 201), headers=key, json=file)
        self.granted += {answer["id"] for answer in (first, again) if answer}
        if first and again and first["id"] != again["id"]:
            self.wrong.append(f"repeated under one key: {first['id']}, then {again['id']}")

    async def administer(self, chance, _who):
        await self.call("GET", chance.choice(["/v1/admin/tenants", "/v1/admin/audit?limit=5"]), "admin", (200,))
