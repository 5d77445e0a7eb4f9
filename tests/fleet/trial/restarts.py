"""Is anything lost when replicas are restarted, one after the other, while callers go on?"""

import asyncio
import signal
import time

from load import Load
from servers import until


async def roll(fleet, verdict, rounds):
    """Each replica in its turn. The next one waits until HAProxy has the last one back."""
    for number in range(1, rounds + 1):
        for replica in fleet.replicas:
            began = time.monotonic()
            code = await replica.stop(signal.SIGTERM)
            took = time.monotonic() - began
            verdict.equal(f"round {number}: {replica.name} ends well on SIGTERM, after {took:.1f} s", code, 0)
            # It may be gone before HAProxy has looked; a replica that comes back at once must be looked at anew.
            await replica.start_and_wait(fleet.session)
            await until(f"HAProxy has {replica.name} back", fleet.both_are_up, server=replica)


def judge(verdict, load, what):
    seen = f"{len(load.wrong)} of {load.answers.total()}: " + "; ".join(load.wrong[:5])
    answered = ", ".join(f"{count} × {status}" for status, count in sorted(load.answers.items()))
    print(f"      answered: {answered}; the slowest after {load.slowest:.2f} s", flush=True)
    verdict.check(f"{what}: every one of {load.answers.total()} requests was answered as it must be", not load.wrong, seen)
    verdict.check(f"{what}: {len(load.granted)} grants are enough to mean something", len(load.granted) > 100, "more than 100 are")


async def rolling_restart(fleet, people, ledger, verdict):
    before = ledger.count()
    async with Load(fleet.url, people) as load:
        await asyncio.sleep(5)
        await roll(fleet, verdict, rounds=2)
        await asyncio.sleep(2)
    judge(verdict, load, "rolling restart")
    granted = sorted(set(load.granted))
    verdict.equal("every grant has its row", ledger.without_row(granted), 0)
    verdict.equal("every grant has its audit event", ledger.without_event(granted), 0)
    verdict.equal("there is no row that nobody was told of", ledger.count() - before, len(granted))


async def killed(fleet, people, ledger, verdict):
    """SIGKILL breaks connections, so requests may fail. No answer may have been a lie."""
    victim = fleet.replicas[0]
    async with Load(fleet.url, people) as load:
        await asyncio.sleep(3)
        verdict.equal(f"{victim.name} is killed", await victim.stop(signal.SIGKILL), -signal.SIGKILL)
        await asyncio.sleep(3)
        await victim.start_and_wait(fleet.session)
        await until("HAProxy has it back", fleet.both_are_up, server=victim)
    print(f"      {len(load.wrong)} of {load.answers.total()} requests failed: {'; '.join(load.wrong[:3])}", flush=True)
    granted = sorted(set(load.granted))
    verdict.equal(f"killed: every one of {len(granted)} grants has its row", ledger.without_row(granted), 0)
    verdict.equal("killed: every grant has its audit event", ledger.without_event(granted), 0)
    verdict.check("killed: few requests fail", len(load.wrong) < load.answers.total() / 20, len(load.wrong))
