"""The run of endurance.sh: a million grants for thousands of tenants, then minutes at a steady rate, with an eye on memory."""

import statistics
import sys
import threading
import time

import cpu
from gateway import prepare
from postgres import Postgres
from run import Verdict, around, grants, memory, memory_told, options, serving
from stage import Stage
from steady import calls

# Megabytes (10^6 bytes) that it may have at most, and that the last minute may have more than the second.
MOST, GROWTH = 60, 1
SESSIONS = 2
# Requests a second of tenants that nobody knows yet.
FIRST_RATE = 500
DATABASE = "endurance"
# In place of five minutes: what nobody completes is looked for in S3 from the first minute on, so that all that the gateway does is
# under way before memory is judged.
SOON_DUE = 'url_expiry = "20s"\n'


def everybody_once(run, gateway, tenants, tokens):
    """One grant for each tenant: from here on all of them are known."""
    # A few at a time, or a busy machine's STS answers too late.
    seen = calls(run, gateway.port, FIRST_RATE, tenants / FIRST_RATE, tokens, connections=8)
    if seen["granted"] != seen["planned"]:
        raise RuntimeError(f"each tenant once: {seen}\n{gateway.last_words()}")
    print(f"{seen['granted']:10,} grants, one for each tenant, {memory_told(gateway)}", flush=True)
    return seen["granted"]


def granted(run, gateway, chosen, tokens):
    """Until there are so many; gives their number."""
    done = everybody_once(run, gateway, chosen.tenants, tokens)
    while done < chosen.grants:
        seen = grants(run, gateway, DATABASE, 2 if chosen.short else 15, tokens)
        done += seen["granted"]
        print(f"{done:10,} grants, {seen['rate']:8,.0f} requests/s, {memory_told(gateway)}", flush=True)
    return done


class Watch:
    """Looks at the memory of a process each second, for as long as the block lasts."""

    def __init__(self, gateway):
        self.gateway, self.seen, self.over = gateway, [], threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        began = time.monotonic()
        while not self.over.wait(max(0.0, began + len(self.seen) + 1 - time.monotonic())):
            self.seen.append(memory(self.gateway))


def steadily(run, gateway, chosen, tokens, verdict):
    seconds = chosen.minutes * 60
    rows = run.postgres.rows(DATABASE, "uploads")
    with Watch(gateway) as watch:
        seen = calls(run, gateway.port, chosen.rate, seconds, tokens)
    rows = run.postgres.rows(DATABASE, "uploads") - rows
    if not seen["planned"] == seen["granted"] == rows:
        raise RuntimeError(f"steadily: {rows} rows for {seen}\n{gateway.last_words()}")
    # Tenths, which of ten minutes are one each. The first belongs to buffers that grow once.
    part = max(1, len(watch.seen) // 10)
    tenths = [statistics.median(watch.seen[at:at + part]) for at in range(0, len(watch.seen) - part + 1, part)]
    second, last = tenths[1], tenths[-1]
    print(f"{seen['granted']:,} grants at {seen['rate']:,.0f} requests/s in {chosen.minutes:g} minutes, p50 {seen['p50_us'] / 1e3:.2f} ms, p99 "
          f"{seen['p99_us'] / 1e3:.1f} ms; memory by tenths of it: {', '.join(f'{tenth:.1f}' for tenth in tenths)} MB", flush=True)
    verdict.check(f"no growth over {chosen.minutes:g} minutes: the last tenth's median at most {GROWTH} MB above the second's",
                  last <= second + GROWTH, f"{last:.1f} against {second:.1f} MB")


def main(arguments):
    chosen = options(
        "endurance", arguments, tenants=(10_000, 500), grants=(1_000_000, 20_000), minutes=(10.0, 0.2), rate=(2_000, 500))
    began, verdict = time.monotonic(), Verdict()
    with Postgres(chosen.place) as postgres, Stage(chosen.programs / "stage", chosen.place) as stage:
        run = around(chosen, postgres, stage)
        prepare(postgres, run.binary, run.place, stage.addresses, DATABASE, chosen.tenants)
        tokens = stage.mint("repeated", chosen.tenants, people=chosen.tenants, tenants=chosen.tenants)
        with serving(run, DATABASE, SOON_DUE) as gateway:
            print(f"at the start, before the first request: {memory_told(gateway)}", flush=True)
            done = granted(run, gateway, chosen, tokens)
            seen = stage.counts()
            what = f"after {done:,} grants for {chosen.tenants:,} tenants"
            verdict.check(f"memory below {MOST} MB {what}", memory(gateway) < MOST,
                          f"{memory(gateway):.1f} MB, at most {cpu.memory(gateway.pid):.1f} MB")
            calls_made, most = seen["assumeRole"], seen["assumeRoleOfOneTenant"]
            verdict.check(f"at most {SESSIONS} AssumeRole calls for one tenant {what}", 1 <= most <= SESSIONS and calls_made >= chosen.tenants,
                          f"{most} for the one that has most, {calls_made:,} in all")
            steadily(run, gateway, chosen, tokens, verdict)
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if verdict.holds else 1


sys.exit(main(sys.argv[1:]))
