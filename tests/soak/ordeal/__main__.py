"""Faults under load: `ordeal BINARY PLACE --postgres PROGRAMS --faketime LIBRARY`. Every fault once, or again and again for `--minutes`."""

import argparse
import asyncio
import random
import signal
import sys
import time
from pathlib import Path

import faults
import report
from books import Books
from callers import Callers
from replicas import LATEST
from rounds import Trial
from stage import Stage
from verdict import Verdict
from watch import Watch

# Between two of a caller's activities, in seconds: a dozen callers leave two cores some air.
PAUSE = 0.12
SHORT_FAULT, LONG_FAULT = (2.5, 3.5), (4.0, 15.0)
# Cognito's tokens live an hour.
SIGN_IN_SECONDS = 20 * 60


def plan(minutes, chance):
    """The faults with their lengths: each once, or all of them in ever new orders."""
    while True:
        order = list(faults.ALL)
        chance.shuffle(order)
        for fault in order:
            yield fault, chance.uniform(*(LONG_FAULT if minutes else SHORT_FAULT))
        if not minutes:
            return


def heed_signals(loop, task):
    """Whoever ends this must not leave its servers behind, and whoever is impatient must not interrupt their end."""
    def end():
        if not ended:
            ended.append(True)
            task.cancel()

    ended = []
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(how, end)


async def run(options, verdict):
    heed_signals(asyncio.get_running_loop(), asyncio.current_task())
    place, chance = Path(options.place), random.Random(options.seed)
    stage = Stage(options.binary, place, options.postgres, options.faketime, options.seed)
    trial = None
    try:
        await stage.start()
        stage.callers = callers = Callers(stage.replicas, stage.people, LATEST, PAUSE)
        books, watch = Books(stage.url, stage.bucket), Watch(stage, callers.began)
        await asyncio.to_thread(books.open)
        trial = Trial(stage, callers, books, watch, verdict)
        watching = asyncio.create_task(watch.look())
        async with callers:
            signed_in, end = time.monotonic(), time.monotonic() + options.minutes * 60
            for kind, seconds in plan(options.minutes, chance):
                fault = kind(stage)
                if options.only and options.only not in fault.name:
                    continue
                if time.monotonic() - signed_in > SIGN_IN_SECONDS:
                    await stage.people.sign_in()
                    signed_in = time.monotonic()
                await trial.undergo(fault, seconds)
                if options.minutes and time.monotonic() > end:
                    break
        verdict.check("the replicas were watched to the end", not watching.done())
        watching.cancel()
        trial.uploads = await asyncio.to_thread(books.how_many)
        for name, most in watch.most_memory().items():
            print(f"      {name} had {most:.0f} MiB at most", flush=True)
        verdict.check(f"{len(set(callers.granted))} grants are enough to mean something", len(callers.granted) > 20 * len(trial.rounds))
    except asyncio.CancelledError:
        verdict.check("it comes to its end", False, "it was told to stop")
    except Exception as error:
        verdict.check("it comes to its end", False, f"{type(error).__name__}: {error}")
    finally:
        await stage.stop()
    if trial and trial.rounds:
        report.write(Path(options.report), trial, verdict, options)
        report.check(Path(options.report), verdict)
    if verdict.failed:
        for log in sorted(place.glob("*.log")) + sorted(place.glob("postgres/*.log")):
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            print(f"--- {log.name} said at last:\n{last[-4000:]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(prog="ordeal")
    parser.add_argument("binary")
    parser.add_argument("place")
    parser.add_argument("--postgres", required=True)
    parser.add_argument("--faketime", required=True)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--report", required=True)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", help="faults whose names have this in them")
    options, verdict = parser.parse_args(), Verdict()
    print(f"      seed {options.seed}", flush=True)
    asyncio.run(run(options, verdict))
    sys.exit(0 if verdict.sum_up() else 1)


main()
