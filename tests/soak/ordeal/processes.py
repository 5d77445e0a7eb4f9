"""Which processes belong to a server, and how is all of them stopped, frozen or killed at once?"""

import os
import pwd
import signal
from pathlib import Path

from servers import until


def ordinary_user():
    """Postgres refuses to run as root, so root runs it as the user that Debian's package brings."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def family(pid):
    """A process and all that descend from it: the backends of Postgres lead sessions of their own."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (status := stat(entry.name)):
            children.setdefault(status[1], []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def stat(pid):
    """State and parent; nothing of what is gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[:2]
    except OSError:
        return None
    return state, int(parent)


def send(pids, how):
    for pid in pids:
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            continue


async def kill(pid):
    """All of the family. The eldest is stopped first, so that it has no more children meanwhile."""
    send([pid], signal.SIGSTOP)
    pids = family(pid)
    send(pids, signal.SIGKILL)

    async def gone():
        return not any(is_there(each) for each in pids)

    await until(f"all of process {pid} is gone", gone)


def is_there(pid):
    """A zombie is there for nobody but who has yet to hear of its end."""
    status = stat(pid)
    return status is not None and status[0] != "Z"


def resident_bytes(pid):
    """What of a process is in memory; none when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), None)
