"""The fleet's load, widened by whatever else uploads, at each replica itself, with every answer judged by what is broken at the time."""

import asyncio
import random
import time
from collections import namedtuple

import aiohttp

from leniency import why_wrong
from load import BODY, PEOPLE, Load, read

WORKERS = 12
FILE = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": len(BODY)}
# At which second of the run it was answered, after how many, by whom, and how: a status or what became of the connection.
Request = namedtuple("Request", "at seconds replica activity outcome")


class Callers(Load):
    def __init__(self, replicas, people, latest, pause):
        super().__init__(None, people)
        self.replicas, self.latest, self.pause = replicas, latest, pause
        self.requests, self.leniencies, self.began = [], [], time.monotonic()
        # What was said to have come to its end.
        self.completed, self.withdrawn = set(), set()
        # Uploads in parts whose bytes S3 has: id, whose, and the part's entity tag.
        self.interrupted = []
        self.going, self.busy = asyncio.Event(), 0

    async def __aenter__(self):
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
        self.session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=self.latest))
        self.workers = [asyncio.create_task(self.work(random.Random(seed))) for seed in range(WORKERS)]
        return self

    async def __aexit__(self, *_):
        for worker in self.workers:
            worker.cancel()
        for ended in await asyncio.gather(*self.workers, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                self.blame("a caller gave up", repr(ended))
        await self.session.close()

    def activities(self):
        return {self.grant: 35, self.upload: 16, self.upload_by_form: 5, self.upload_in_parts: 6, self.resume: 4, self.grant_many: 4,
                self.give_up: 4, self.look: 10, self.be_refused: 4, self.ask_for_too_much: 2, self.have_credentials: 3, self.repeat: 5,
                self.administer: 2}

    async def work(self, chance):
        activities = self.activities()
        while True:
            await self.going.wait()
            [activity] = chance.choices(list(activities), weights=list(activities.values()))
            self.busy += 1
            try:
                await activity(chance, chance.choice(PEOPLE))
            finally:
                self.busy -= 1
            await asyncio.sleep(chance.uniform(0, 2 * self.pause))

    async def rest(self):
        """Every request is seen through."""
        self.going.clear()
        while self.busy:
            await asyncio.sleep(0.02)
        # What is abandoned is looked at as if its time were over.
        self.interrupted.clear()

    def lenient(self, began):
        return [each for each in self.leniencies if each.covers(began)]

    def blame(self, what, seen):
        self.wrong.append(f"{time.monotonic() - self.began:.1f} s: {what}: {seen}")

    async def call(self, method, path, who, expected, headers=None, **body):
        """One request, which must be answered with one of the `expected`, or as the faults of the time allow. Gives the answer, or
        nothing when it was another than expected."""
        replica, began = random.choice(self.replicas), time.monotonic()
        headers = {**self.people.headers.get(who, {}), **(headers or {})}
        activity, what = f"{method} {template(path)}", f"{method} {path} at {replica.name}"
        try:
            async with self.session.request(method, replica.url + path, headers=headers, **body) as answer:
                status, said, document = answer.status, answer.headers, read(await answer.text())
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            self.note(began, replica, activity, type(error).__name__)
            if isinstance(error, asyncio.TimeoutError) or not any(replica.name in each.lost for each in self.lenient(began)):
                self.blame(what, f"{type(error).__name__}: {error} after {time.monotonic() - began:.1f} s")
            return None
        self.note(began, replica, activity, status)
        self.answers[status] += 1
        if status in expected and not isinstance(document, str):
            self.remember(method, path)
            return signed(document or {}, replica.name, began)
        fault = why_wrong(status, said, document)
        if fault or not any(each.allows(status, replica) for each in self.lenient(began)):
            self.blame(what, f"{status} {fault or ''} {document}")
        return None

    def note(self, began, replica, activity, outcome):
        now = time.monotonic()
        self.slowest = max(self.slowest, now - began)
        self.requests.append(Request(now - self.began, now - began, replica.name, activity, outcome))

    def remember(self, method, path):
        parts = path.strip("/").split("/")
        if method == "POST" and parts[-1] == "complete":
            self.completed.add(parts[2])
        if method == "DELETE":
            self.withdrawn.add(parts[2])

    async def send(self, method, request, what, **content):
        """To S3, past whatever stands between the replicas and S3. Gives its headers, when it took the bytes."""
        try:
            async with self.session.request(method, request["url"], **content) as stored:
                if stored.status in (200, 201):
                    return stored.headers
                if not any(each.lets_store_refuse(stored.status, request["by"]) for each in self.lenient(request["at"])):
                    self.blame(f"{method} of {what}", f"{stored.status} {await stored.text()}")
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            self.blame(f"{method} of {what}", f"{type(error).__name__}: {error}")
        return None

    async def store(self, request, what):
        headers = {name: value for name, value in request["headers"].items() if name != "content-length"}
        return await self.send("PUT", request, what, headers=headers, data=BODY)

    async def upload_by_form(self, chance, who):
        granted = await self.call("POST", "/v1/uploads", who, (201,), json={**FILE, "method": "post"})
        if granted:
            self.granted.append(granted["id"])
            form = aiohttp.FormData()
            for name, value in granted["request"]["fields"].items():
                form.add_field(name, value)
            form.add_field("file", BODY, filename="photo.jpg", content_type="image/jpeg")
            if await self.send("POST", granted["request"], granted["id"], data=form):
                await self.settle(chance, granted["id"], who)

    async def upload_in_parts(self, chance, who):
        """Interrupted before its end, and resumed at once, later, or never."""
        granted = await self.call("POST", "/v1/uploads", who, (201,), json={**FILE, "method": "multipart"})
        if not granted:
            return
        self.granted.append(granted["id"])
        path = f"/v1/uploads/{granted['id']}/parts"
        signed = await self.call("POST", path, who, (200,), json={"partNumbers": [1]})
        if not signed:
            return
        [part] = signed["parts"]
        stored = await self.store(part, f"part 1 of {granted['id']}")
        if stored:
            self.interrupted.append((granted["id"], who, stored["etag"]))
        if chance.random() < 0.3:
            await self.resume(chance, who)

    async def resume(self, chance, _who):
        """Asks what S3 has of an upload in parts that was interrupted, and completes it."""
        if not self.interrupted:
            return
        id, who, etag = self.interrupted.pop(chance.randrange(len(self.interrupted)))
        held = await self.call("GET", f"/v1/uploads/{id}/parts", who, (200,))
        if held and [part["partNumber"] for part in held["parts"]] != [1]:
            self.blame(f"parts of {id}", f"S3 has taken part 1, and {held['parts']} are named")
        await self.settle(chance, id, who, json={"parts": [{"partNumber": 1, "etag": etag}]})

    async def grant_many(self, chance, who):
        granted = await self.call("POST", "/v1/uploads/batch", who, (201,), json={"uploads": [FILE] * chance.randint(2, 5)})
        if granted:
            self.granted += [upload["id"] for upload in granted["items"]]

    async def give_up(self, chance, who):
        """Withdrawn before anything came, or after: what comes later must go."""
        granted = await self.grant(chance, who)
        if granted:
            await self.call("GET", f"/v1/uploads/{granted['id']}", who, (200,))
            withdrawn = await self.call("DELETE", f"/v1/uploads/{granted['id']}", who, (204,))
            if withdrawn is not None and chance.random() < 0.5:
                await self.store(granted["request"], granted["id"])


def signed(document, by, at):
    """With the name of whoever signed it, and when, at each URL: what was broken then is broken in it still."""
    for request in [document.get("request") or {}, *document.get("parts", [])]:
        request.update(by=by, at=at)
    return document


def template(path):
    """A path by its pattern: of an upload's, without its id and its query."""
    parts = path.partition("?")[0].split("/")
    return "/".join("{id}" if len(part) == 36 else part for part in parts)
