"""What was measured, on what, and how can that be done again?"""

import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

from arms import PEERS
from postgres import programs

MAIN = {"companion": ["@uppy/companion"], "typescript": ["fastify", "aws-jwt-verify", "@aws-sdk/client-s3", "pg"],
        "python": ["fastapi", "uvicorn", "pyjwt", "boto3", "asyncpg"]}


def says(*command):
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    return (ran.stdout + ran.stderr).strip()


def about(chosen):
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    changed = " with changes" if says("git", "status", "--porcelain", "--untracked-files=no") else ""
    return {
        "machine": f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} cores, {int(memory[1]) / 2**20:.0f} GiB, "
                   f"Linux {platform.release()}",
        "versions": ", ".join([
            says("rustc", "--version").partition(" (")[0], says(str(programs() / "postgres"), "--version").partition(" (Debian")[0],
            f"node {says('node', '--version')}", f"Python {platform.python_version()}", says("nginx", "-v").partition(": ")[2],
            says("wrk", "-v").partition(" [")[0]]),
        "peers": "; ".join(f"{name}: {versions(name)}" for name in MAIN),
        "command": " ".join(["benches/load/run.sh", *flags(chosen)]),
        "commit": f"{says('git', 'rev-parse', '--short', 'HEAD')}{changed}, {time.strftime('%Y-%m-%d')}",
    }


def flags(chosen):
    given = [f"--{name}" for name in ("short", "strict", "write") if getattr(chosen, name)]
    return [*given, *([f"--only {','.join(chosen.only)}"] if chosen.only else []),
            f"--seconds {chosen.seconds:g}", f"--rounds {chosen.rounds}"]


def versions(name):
    """Of what a peer is chiefly made of, as its lock file has them."""
    lock, pins = PEERS / name / "package-lock.json", PEERS / name / "requirements.txt"
    if lock.exists():
        packages = json.loads(lock.read_text())["packages"]
        found = {package: packages.get(f"node_modules/{package}", {}).get("version") for package in MAIN[name]}
    elif pins.exists():
        pinned = dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", pins.read_text(), re.M))
        found = {package: next((pinned[at] for at in pinned if at.lower() == package), None) for package in MAIN[name]}
    else:
        return "not here"
    return ", ".join(f"{package} {version}" for package, version in found.items())
