"""What stands between the replicas and one service of AWS's: passes on what is said, or is the service on a bad day."""

import asyncio
import random
from collections import Counter

import aiohttp
from aiohttp import web
from yarl import URL

PASS, SLOW, ERRORS, HANGS, LIES = "passes", "slow", "errors", "hangs", "lies"
# Of the connection and not of the message, or made anew here.
OURS = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect", "content-length"}
SLOWNESS = (1.0, 6.0)


class Neighbour:
    """A proxy that keeps the Host that was asked for, because requests are signed with it."""

    def __init__(self, name, target, errors, lies, retouch=None, seed=0):
        self.name, self.target, self.errors, self.lies, self.retouch = name, target, errors, lies, retouch
        self.mode, self.chance = PASS, random.Random(f"{seed} {name}")
        self.released = asyncio.Event()
        # What was asked while it was not well, and how many lies were told by each operation.
        self.asked, self.told = 0, Counter()

    async def start(self):
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False, timeout=aiohttp.ClientTimeout(total=60))
        application = web.Application(client_max_size=64 * 2**20)
        application.router.add_route("*", "/{path:.*}", self.answer)
        # One request after the other would keep a stop waiting.
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        self.become(PASS)
        await self.runner.cleanup()
        await self.session.close()

    def become(self, mode):
        self.mode = mode
        self.released.set()
        self.released = asyncio.Event()
        if mode != PASS:
            self.asked = 0

    async def answer(self, request):
        body = await request.read()
        mode, released = self.mode, self.released
        if mode == PASS:
            return await self.truth(request, body)
        self.asked += 1
        if mode == ERRORS:
            return self.chance.choice(self.errors)(request)
        if mode == LIES:
            return await self.next_lie(request).tell(request, lambda: self.truth(request, body))
        if mode == HANGS:
            await released.wait()
            return hang_up(request)
        try:
            # Whoever is slow may be well again before it has answered.
            await asyncio.wait_for(released.wait(), self.chance.uniform(*SLOWNESS))
        except asyncio.TimeoutError:
            pass
        return await self.truth(request, body)

    def next_lie(self, request):
        """In turns, for each of its operations: what is drawn may never be told in a short time."""
        fitting = [lie for lie in self.lies if lie.fits(request)]
        operation = request.method, frozenset(request.query), request.headers.get("x-amz-target")
        self.told[operation] += 1
        return fitting[(self.told[operation] - 1) % len(fitting)]

    async def truth(self, request, body):
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in OURS]
        skipped = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
        url = URL(self.target + request.raw_path, encoded=True)
        try:
            async with self.session.request(request.method, url, headers=headers, data=body or None, skip_auto_headers=skipped,
                                            allow_redirects=False) as answer:
                text = await answer.read()
                kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in OURS]
                if request.method == "HEAD" and "content-length" in answer.headers:
                    kept.append(("content-length", answer.headers["content-length"]))
                if self.retouch:
                    text = self.retouch(text)
                return web.Response(status=answer.status, headers=kept, body=text)
        except aiohttp.ClientError:
            return hang_up(request)


def hang_up(request):
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)
