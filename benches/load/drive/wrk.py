"""How much does a service do when as much as it can is asked of it? wrk asks, in a closed loop."""

import json
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "grants.lua"
CONNECTIONS, THREADS = 128, 2
# What the last answers may need once nothing is sent any more.
PATIENCE = 60


def run(port, seconds, tokens, path="/v1/uploads", once=False, connections=CONNECTIONS):
    """What grants.lua prints, with `rate`, the requests a second. Without tokens it is GET."""
    ready = Path(tempfile.mkdtemp(prefix="upload-gateway-wrk.")) / "ready"
    # As a batch task it does not take the processor from a service in the midst of a request. On a machine of its own it could not either.
    command = ["chrt", "--batch", "0", "wrk", f"-t{THREADS}", f"-c{connections}", f"-d{int(seconds) + PATIENCE}s", "--timeout", f"{PATIENCE}s", "-s", SCRIPT,
               f"http://127.0.0.1:{port}", "--", path, seconds, THREADS, connections // THREADS, ready, tokens or "-", *(["once"] if once else [])]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as wrk:
        lines, drained = [], 0
        try:
            for line in wrk.stdout:
                lines.append(line)
                drained += line == "drained\n"
                if line == "drained\n" and drained == THREADS:
                    wrk.send_signal(signal.SIGINT)
        finally:
            wrk.kill()
            shutil.rmtree(ready.parent)
    if wrk.returncode != 0:
        raise RuntimeError(f"wrk ended with {wrk.returncode}: {''.join(lines)}")
    seen = json.loads(lines[-1])
    seen["granted"] = seen["answered"] - seen["refused"]
    seen["rate"] = seen["answered"] / seen["seconds"]
    return seen


def faults(seen):
    """What is wrong with it, if anything."""
    found = {name: seen[name] for name in ("refused", "socket_errors", "timeouts") if seen[name]}
    if seen["sent"] != seen["answered"]:
        found["never answered"] = seen["sent"] - seen["answered"]
    return found
