"""What do the runs share in which the gateway is alone? Its options, what stands around it, and the verdicts."""

import argparse
import signal
import sys
import types
from pathlib import Path

import cpu
import wrk
from gateway import Gateway
from visits import measured


def options(name, arguments, **numbers):
    """`--short` and these numbers, each a pair: by default, and in a short run."""
    parser = argparse.ArgumentParser(prog=f"{name}.sh")
    parser.add_argument("--short", action="store_true", help="does everything work? Small numbers, in about a minute")
    for number, (usual, _) in numbers.items():
        parser.add_argument(f"--{number}", type=type(usual), metavar="N")
    for path in ("binary", "programs", "place"):
        parser.add_argument(f"--{path}", type=Path, required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    for number, (usual, short) in numbers.items():
        if getattr(chosen, number) is None:
            setattr(chosen, number, short if chosen.short else usual)
    # Whoever ends the run must not leave its servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return chosen


def around(chosen, postgres, stage):
    """What the harness's own functions want to be told."""
    return types.SimpleNamespace(
        binary=chosen.binary, place=chosen.place, postgres=postgres, stage=stage, steady=chosen.programs / "steady")


def serving(run, database, further=""):
    """The gateway on that database, ready, for as long as the block lasts; `further` follows its configuration's `[upload]`."""
    gateway = Gateway(run.binary, run.place, run.stage.addresses, run.postgres.url(database), further).start()
    gateway.wait()
    return gateway


def grants(run, gateway, database, seconds, tokens):
    """A window in which as much is asked for as can be had: every answer must be a grant, and every grant be on record."""
    first = run.postgres.ask(database, "select id from uploads order by id desc limit 1") or "00000000-0000-0000-0000-000000000000"
    seen = measured(run, gateway, lambda: wrk.run(gateway.port, seconds, tokens))
    faults = wrk.faults(seen)
    # Behind what was there, because to count twenty million rows would drive everything else out of memory.
    seen["rows"] = int(run.postgres.ask(database, f"select count(*) from uploads where id > '{first}'"))
    if seen["rows"] != seen["granted"]:
        faults["rows"] = f"{seen['rows']} for {seen['granted']} answers"
    if faults:
        raise RuntimeError(f"{database}: {faults}\n{gateway.last_words()}")
    return seen


def memory(gateway):
    """Megabytes (10^6 bytes) that it has at present."""
    return cpu.memory(gateway.pid, "VmRSS")


def memory_told(gateway):
    """The same in words: what it has allocated, and what of its program's file is in memory."""
    own, of_file = (cpu.memory(gateway.pid, line) for line in ("RssAnon", "RssFile"))
    return f"{memory(gateway):6.1f} MB ({own:.1f} of its own, {of_file:.1f} of its program)"


class Verdict:
    """What has been found: one line each, and whether all of it is as it must be."""

    def __init__(self):
        self.holds = True

    def check(self, what, holds, seen):
        self.holds = self.holds and holds
        print(f"{'ok         ' if holds else 'NOT REACHED'} {what}: {seen}", flush=True)
