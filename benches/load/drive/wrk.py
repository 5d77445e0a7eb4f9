"""How much does a service do when as much as it can is asked of it? wrk asks, in a closed loop."""

import json
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "grants.lua"
CONNECTIONS, THREADS = 64, 2
# What the last answers may need once nothing is sent any more.
DRAIN = 2


def run(port, seconds, tokens, path="/v1/uploads", once=False, connections=CONNECTIONS):
    """What grants.lua prints, with `rate`, the requests a second. Without tokens it is GET."""
    duration = f"-d{int(seconds + DRAIN + 0.999)}s"
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", duration, "--timeout", "30s", "-s", SCRIPT, f"http://127.0.0.1:{port}",
               "--", path, seconds, THREADS, tokens or "-", *(["once"] if once else [])]
    ran = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        raise RuntimeError(f"wrk ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    seen = json.loads(ran.stdout.strip().splitlines()[-1])
    seen["granted"] = seen["answered"] - seen["refused"]
    seen["rate"] = seen["answered"] / seen["seconds"]
    return seen


def faults(seen):
    """What is wrong with it, if anything."""
    found = {name: seen[name] for name in ("refused", "socket_errors", "timeouts") if seen[name]}
    if seen["sent"] != seen["answered"]:
        found["never answered"] = seen["sent"] - seen["answered"]
    return found
