"""One fault from its beginning to the books: load, the fault under load, recovery, rest, and then every invariant."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from books import audit_faults
from leniency import Leniency
from servers import until
from watch import MOST_BYTES, MIB

# Before and after a fault there is load as well, and nothing is forgiven then.
CALM_SECONDS = 0.7
# How long after a fault's end it may take until every tenant can upload by each replica.
SOON_SECONDS = 15


@dataclass
class Round:
    """What became of one fault. Times are of the run."""

    name: str
    began: float = 0.0
    ended: float = 0.0
    recovered: float = None
    answers: Counter = field(default_factory=Counter)
    # What was found against each invariant; none is a good sign.
    found: dict = field(default_factory=dict)


class Trial:
    def __init__(self, stage, callers, books, watch, verdict):
        self.stage, self.callers, self.books, self.watch, self.verdict = stage, callers, books, watch, verdict
        self.rounds, self.told = [], set()
        # As of the last examination: events of the audit, the run's second, uploads by status.
        self.events, self.ended, self.uploads = 0, 1.0, {}

    def now(self):
        return time.monotonic() - self.callers.began

    async def undergo(self, fault, seconds):
        one = Round(fault.name)
        self.rounds.append(one)
        callers, pids, wrong = self.callers, self.stage.pids(), len(self.callers.wrong)
        callers.going.set()
        from_here = len(callers.requests)
        await asyncio.sleep(CALM_SECONDS)
        leniency = Leniency(fault.name)
        fault.allow(leniency)
        callers.leniencies.append(leniency)
        one.began = self.now()
        await fault.begin()
        await asyncio.sleep(seconds)
        met = await fault.met()
        await fault.end()
        one.ended = self.now()
        trouble = await self.recover(fault)
        leniency.end()
        one.recovered = self.now() - one.ended
        await asyncio.sleep(CALM_SECONDS)
        await callers.rest()
        # Nobody is on the way any more.
        callers.leniencies.remove(leniency)
        await fault.tidy()
        one.answers = Counter(request.outcome for request in callers.requests[from_here:])
        print(f"\n--- {one.name}, for {one.ended - one.began:.1f} s; well again after {one.recovered:.1f} s; answers: "
              + ", ".join(f"{count} × {outcome}" for outcome, count in sorted(one.answers.items(), key=str)), flush=True)
        one.found["met"] = [] if met else ["nobody noticed the fault, so nothing is proved"]
        one.found["right answers"] = callers.wrong[wrong:]
        one.found["recovered"] = self.of_recovery(fault, one, pids, trouble)
        rested = self.now()
        await self.examine(one)
        print(f"      at rest after {rested - one.ended:.1f} s, examined after {self.now() - rested:.1f} s", flush=True)
        for invariant, found in one.found.items():
            # What was broken for good is told once, of the fault that broke it.
            one.found[invariant] = found = [text for text in found if text not in self.told]
            self.told.update(found)
            self.verdict.check(f"{one.name}: {invariant}", not found, f"{len(found)}: " + "; ".join(map(str, found[:4])))

    async def recover(self, fault):
        """Until all is well; what is not, when that takes too long."""
        trouble = [None]

        async def well():
            await fault.freshen()
            trouble[0] = await self.stage.works()
            return trouble[0] is None

        try:
            await until("every tenant can upload by each replica", well, patience=4 * SOON_SECONDS)
        except RuntimeError:
            return trouble[0]

    def of_recovery(self, fault, one, pids, trouble):
        found = [trouble] if trouble else []
        for name, pid in self.stage.pids().items():
            if (pid != pids[name]) != (name in fault.restarted):
                found.append(f"{name} was process {pids[name]} and is {pid}")
        if one.recovered > SOON_SECONDS:
            found.append(f"well again after {one.recovered:.1f} s only")
        return found

    async def examine(self, one):
        books, found = self.books, one.found
        try:
            await books.settle()
            found["reconciled"] = []
        except RuntimeError as error:
            found["reconciled"] = [str(error)]
        found["grants on record"] = await asyncio.to_thread(books.of_grants, self.callers)
        found["counters"] = await asyncio.to_thread(books.of_counters)
        found["what S3 holds"] = await asyncio.to_thread(books.of_bucket)
        found["audit chain"], self.events = await audit_faults(self.stage.binary, self.stage.replicas[0].config)
        found["bounded"] = [f"{name} had {most:.0f} MiB" for name, most in self.watch.most_memory(one.began).items()
                            if most > MOST_BYTES / MIB]
        if not await self.watch.queue_is_empty():
            found["bounded"].append("the ledger's queue is not empty")
        self.watch.rows.append((self.now(), len(set(self.callers.granted)), await asyncio.to_thread(books.count)))
        self.ended = self.now()
