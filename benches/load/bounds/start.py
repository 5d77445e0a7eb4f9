"""The run of start.sh: the process is started again and again on a migrated database, and asked until it is ready."""

import statistics
import sys
import time

from gateway import Gateway, prepare
from postgres import Postgres
from run import Verdict, around, options
from stage import TENANTS, Stage

# In milliseconds, and how often is looked.
MOST, GLANCE = 300, 0.002
DATABASE = "start"


def start(run):
    """Milliseconds from the start of a process to its first yes."""
    gateway = Gateway(run.binary, run.place, run.stage.addresses, run.postgres.url(DATABASE))
    began = time.perf_counter()
    with gateway.start():
        gateway.wait(pause=GLANCE)
        return (time.perf_counter() - began) * 1e3


def main(arguments):
    chosen = options("start", arguments, times=(20, 5))
    with Postgres(chosen.place) as postgres, Stage(chosen.programs / "stage", chosen.place) as stage:
        run = around(chosen, postgres, stage)
        prepare(postgres, run.binary, run.place, stage.addresses, DATABASE, TENANTS)
        took = sorted(start(run) for _ in range(chosen.times))
    verdict = Verdict()
    verdict.check(f"ready within {MOST} ms of the start of the process, with migrations done", took[-1] < MOST,
                  f"{statistics.median(took):.0f} ms, at worst {took[-1]:.0f} ms, of {chosen.times} starts")
    return 0 if verdict.holds else 1


sys.exit(main(sys.argv[1:]))
