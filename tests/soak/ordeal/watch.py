"""How do the replicas fare meanwhile? Their memory and what their /metrics say, once a second."""

import asyncio
import re
import time

import aiohttp

import processes

MIB = 2**20
# A replica stands at 30 MiB or so; answers of 100 MiB and queues that are full must not get it further than this.
MOST_BYTES = 256 * MIB
SERIES = {
    "ledger queue, rows": "upload_gateway_ledger_queue_rows",
    "requests in flight": "upload_gateway_requests_in_flight",
    "pool, busy": 'upload_gateway_database_connections{state="busy"}',
    "uploads due": "upload_gateway_reconcile_due",
}
LINE = re.compile(r"^(upload_gateway_\w+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)


class Watch:
    def __init__(self, stage, began):
        self.stage, self.began = stage, began
        # By the replica's name, each as (second, value).
        self.memory = {replica.name: [] for replica in stage.replicas}
        self.metrics = {replica.name: [] for replica in stage.replicas}
        # Each time that the load rests: second, URLs handed out, rows.
        self.rows = []

    async def look(self):
        while True:
            for replica in self.stage.replicas:
                self.weigh(replica)
                await self.scrape(replica)
            for _ in range(4):
                await asyncio.sleep(0.25)
                for replica in self.stage.replicas:
                    self.weigh(replica)

    def weigh(self, replica):
        if replica.alive() and (held := processes.resident_bytes(replica.process.pid)):
            self.memory[replica.name].append((time.monotonic() - self.began, held / MIB))

    async def scrape(self, replica):
        try:
            async with self.stage.session.get(f"{replica.internal_url}/metrics", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                seen = dict(LINE.findall(await answer.text()))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return
        self.metrics[replica.name].append((time.monotonic() - self.began, {name: float(value) for name, value in seen.items()}))

    def series(self, replica, metric):
        return [(at, seen[metric]) for at, seen in self.metrics[replica] if metric in seen]

    def most_memory(self, since=0.0):
        return {name: max((held for at, held in seen if at >= since), default=0.0) for name, seen in self.memory.items()}

    async def queue_is_empty(self):
        for replica in self.stage.replicas:
            await self.scrape(replica)
        metric = SERIES["ledger queue, rows"]
        return all(self.metrics[name] and self.metrics[name][-1][1].get(metric) == 0 for name in self.metrics)
