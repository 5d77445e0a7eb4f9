"""The side-by-side run: `drive OPTIONS`, as run.sh calls it. Each service in turn, several rounds, then what is to be shown."""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
import tables
import verdicts
import wrk
from arms import ARMS, BODY, SHORT
from gateway import prepare
from postgres import Postgres
from servers import ask
from stage import PEOPLE, TENANTS, Stage
from steady import steady
from visits import visit

BENCHES = Path(__file__).parents[2]
REPORT = BENCHES / "load/report"


def options(arguments):
    parser = argparse.ArgumentParser(prog="run.sh", description="Every service in one run, and how they compare.")
    parser.add_argument("--short", action="store_true", help="does everything work? One round, few seconds, no ratios")
    parser.add_argument("--only", metavar="ARM,…", type=lambda names: names.split(","), help=", ".join(ARMS))
    parser.add_argument("--seconds", type=float, help="of a window (15)")
    parser.add_argument("--rounds", type=int, help="of all services (3)")
    parser.add_argument("--strict", action="store_true", help="fail when a figure is not reached")
    parser.add_argument("--write", action="store_true", help="put the tables into benches/README.md, and draw the plot")
    for name in ("binary", "programs", "place", "cache", "results"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    chosen.seconds = chosen.seconds or (2 if chosen.short else 15)
    chosen.rounds = chosen.rounds or (1 if chosen.short else 3)
    names = chosen.only or (SHORT if chosen.short else list(ARMS))
    if strangers := set(names) - set(ARMS):
        parser.error(f"--only knows no {', '.join(sorted(strangers))}; there are {', '.join(ARMS)}")
    chosen.arms = [ARMS[name] for name in names]
    return chosen


class Run:
    """What all visits share."""

    def __init__(self, chosen, postgres, stage):
        self.postgres, self.stage, self.place, self.cache = postgres, stage, chosen.place, chosen.cache
        self.binary, self.echo, self.steady = chosen.binary, chosen.programs / "echo", chosen.programs / "steady"
        self.seconds, self.short, self.warm_up = chosen.seconds, chosen.short, 1 if chosen.short else 4
        self.template = "template_of_the_gateway"
        prepare(postgres, self.binary, self.place, stage.addresses, self.template, TENANTS)
        self.repeated = stage.mint("repeated", PEOPLE)
        with open(self.repeated) as tokens:
            self.one_token = tokens.readline().strip()
        self.fresh = None
        self.answer_bytes = self.look_at_an_answer()

    def tokens(self, arm, warm=False):
        """The file that a window is driven with. What warms up is always repeated, so that no fresh token is seen twice."""
        if arm.tokens is None:
            return None
        return self.fresh if arm.tokens == "fresh" and not warm else self.repeated

    def look_at_an_answer(self):
        """How long is what the gateway answers? The floor answers as much."""
        with ARMS["gateway-repeated"].serving(self, "look") as gateway:
            _, answer = ask(gateway.port, "POST", "/v1/uploads", BODY, {
                "authorization": f"Bearer {self.one_token}", "content-type": "application/json"})
        return len(answer)

    def mint_fresh(self):
        """Half as many again as a window needs, which is found out by using some up. A gateway started anew has seen none of them."""
        some = 20000
        self.fresh = self.stage.mint("fresh", some)
        if self.short:
            return
        with ARMS["gateway-fresh"].serving(self, "calibration") as gateway:
            wrk.run(gateway.port, self.warm_up, self.repeated)
            seen = wrk.run(gateway.port, 3, self.fresh, once=True)
        needed = max(some, int(seen["rate"] * self.seconds * 1.5))
        print(f"{needed:,} fresh tokens are minted: {seen['rate']:,.0f} a second can be used", flush=True)
        if needed > some:
            self.fresh = self.stage.mint("fresh", needed)


def drive(chosen, run):
    """All rounds; gives the visits of each arm."""
    if any(arm.tokens == "fresh" for arm in chosen.arms):
        run.mint_fresh()
    visits = {arm.name: [] for arm in chosen.arms}
    print(tables.HEAD, flush=True)
    for number in range(1, chosen.rounds + 1):
        for arm in chosen.arms:
            seen = visit(run, arm, number)
            visits[arm.name].append(seen)
            print(tables.line(arm.name, seen), flush=True)
    return visits


def medians(visits):
    return {name: {figure: statistics.median(seen[figure] for seen in rounds) for figure in rounds[0]
                   if all(isinstance(seen[figure], (int, float)) for seen in rounds)} for name, rounds in visits.items()}


def main(arguments):
    chosen = options(arguments)
    # Whoever ends the run must not leave its servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.time()
    about = machine.about(chosen)
    print("\n".join(f"{name}: {text}" for name, text in about.items()), flush=True)
    try:
        with Postgres(chosen.place) as postgres, Stage(chosen.programs / "stage", chosen.place) as stage:
            run = Run(chosen, postgres, stage)
            visits = drive(chosen, run)
            summary = medians(visits)
            even = None
            if "gateway-repeated" in summary:
                even = steady(run, summary["gateway-repeated"]["rate"] / 2, seconds=3 if chosen.short else 60)
    except RuntimeError as fault:
        print(f"FAIL  {fault}", file=sys.stderr)
        return 1
    print("\nmedians\n" + tables.HEAD)
    for name, seen in summary.items():
        print(tables.line(name, seen))
    shown = [] if chosen.short else verdicts.all(summary, even)
    if even:
        print("\n" + tables.steady(even))
    for verdict in shown:
        print(f"{'ok         ' if verdict['reached'] else 'NOT REACHED'} {verdict['what']}: {verdict['seen']}")
    document = {"about": about, "visits": visits, "medians": summary, "steady": even, "verdicts": shown,
                "answerBytes": run.answer_bytes, "seconds": chosen.seconds, "rounds": chosen.rounds, "took": time.time() - began}
    chosen.results.write_text(json.dumps(document, indent=1))
    if chosen.write:
        pages = BENCHES / "README.md", BENCHES / "plot.svg"
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        subprocess.run([sys.executable, REPORT, chosen.results, *pages], check=True, env=environment)
    print(f"\n{time.time() - began:.0f} s; all of it is in {chosen.results}")
    return 1 if chosen.strict and not all(verdict["reached"] for verdict in shown) else 0


sys.exit(main(sys.argv[1:]))
