"""How long do callers wait who come at a steady rate, whatever the service does? An open loop, without coordinated omission."""

import json
import subprocess

from arms import ARMS
from visits import Wrong, measured
import wrk


def calls(run, port, rate, seconds, tokens, connections=wrk.CONNECTIONS):
    """What `steady` prints."""
    command = [run.steady, f"127.0.0.1:{port}", tokens, f"{rate:.1f}", seconds, connections]
    ran = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        raise RuntimeError(f"steady ended with {ran.returncode}: {ran.stderr}")
    return json.loads(ran.stdout)


def steady(run, rate, seconds, name="gateway-repeated"):
    """A visit at a fixed rate. Every planned request must be granted and recorded."""
    arm, database = ARMS[name], "steady"
    with arm.serving(run, database) as server:
        wrk.run(server.port, run.warm_up, run.repeated)
        rows = run.postgres.rows(database, arm.table(run, database))
        seen = measured(run, server, lambda: calls(run, server.port, rate, seconds, run.repeated))
        seen["rows"] = run.postgres.rows(database, arm.table(run, database)) - rows
        if not seen["planned"] == seen["granted"] == seen["rows"]:
            raise Wrong(f"{name}, steadily: {seen}\n{server.last_words()}")
    seen["asked_rate"], seen["seconds"] = rate, seconds
    return seen
