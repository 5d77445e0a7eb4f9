"""How much CPU time and memory have a process and all that it started had? Read from /proc."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def stat(pid):
    """The fields of /proc/PID/stat from the third on, or nothing when it has gone."""
    try:
        # The second is a name, which may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(root):
    """The process and its descendants that are alive, with their fields."""
    everybody = {int(entry): fields for entry in os.listdir("/proc") if entry.isdigit() and (fields := stat(entry))}
    found, last = {}, {root}
    while last:
        found.update({pid: everybody[pid] for pid in last if pid in everybody})
        last = {pid for pid, fields in everybody.items() if int(fields[1]) in last and pid not in found}
    return found


def seconds(root):
    """Of the whole tree, with those of it that have ended: a parent is credited with a child that it has waited for."""
    # utime, stime, cutime, cstime
    return sum(int(tick) for fields in tree(root).values() for tick in fields[11:15]) / TICKS


def memory(root, line="VmHWM"):
    """Megabytes (10^6 bytes) of the tree; `VmHWM` is the most that each has ever had, `VmRSS` what it has now."""
    kilobytes = 0
    for pid in tree(root):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes += sum(int(text.split()[1]) for text in status.splitlines() if text.startswith(f"{line}:"))
    return kilobytes * 1024 / 1e6


def machine_seconds():
    """What the whole machine has been busy for, whoever with; what a hypervisor took counts too."""
    user, nice, system, _idle, _wait, hard, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + hard + soft + steal) / TICKS
