"""Runs a command under the SystemCallFilter= of a unit, as systemd would: `confined.py UNIT COMMAND…`. Says 126 when it cannot be done."""

import os
import subprocess
import sys

try:
    import pyseccomp
except (ImportError, RuntimeError, OSError) as error:
    print(f"libseccomp is missing here: {error}", file=sys.stderr)
    sys.exit(126)


def lines(name):
    with open(sys.argv[1]) as file:
        return [line.partition("=")[2].strip() for line in file if line.startswith(f"{name}=")]


def calls(name):
    """Of a set such as @system-service, with the sets in it."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], check=True, capture_output=True, text=True).stdout
    words = [line.strip() for line in listed.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*[calls(word) for word in words])


# As systemd.exec(5) says: the first line makes it a list of what is let through, and one with "~" takes away from that.
allowed = set()
for line in lines("SystemCallFilter"):
    named = set().union(*[calls(name) for name in line.removeprefix("~").split()])
    allowed = allowed - named if line.startswith("~") else allowed | named

# systemd has done these before its own filter counts, and so has this script: run the command.
allowed |= {"execve"}
try:
    verdict = pyseccomp.SyscallFilter(pyseccomp.ERRNO(1))
    for call in sorted(allowed):
        try:
            verdict.add_rule(pyseccomp.ALLOW, call)
        except (RuntimeError, ValueError, OSError):
            # Of another processor, or of a newer kernel than this libseccomp knows.
            continue
    verdict.load()
except OSError as error:
    print(f"no filter can be put in place here: {error}", file=sys.stderr)
    sys.exit(126)
os.execvp(sys.argv[2], sys.argv[2:])
