"""What runs, and how is it waited for and ended? Only what was started here."""

import os
import pwd
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(what, is_so, seconds=30.0):
    """Asks again and again, and answers how long it took."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"FAIL  not within {seconds} s: {what}")
        time.sleep(0.01)
    return time.monotonic() - began


def get(url, timeout=5):
    """Status and text; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def ordinary_user():
    """Postgres and PgBouncer refuse to run as root, so root runs them as Debian's user for the former."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    """A process with a log of its own."""

    def __init__(self, name, command, place, **rights):
        self.name, self.command, self.rights = name, [str(part) for part in command], rights
        self.log = place / f"{name}.log"
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **self.rights)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, by=signal.SIGTERM, seconds=30):
        if self.is_running():
            self.process.send_signal(by)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def complaints(self):
        """What it logged that is not its daily business, and its last words."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        daily = ('"level":"INFO"', " LOG C-", " LOG S-", " LOG stats:")
        told = [line for line in lines if not any(word in line for word in daily)]
        return "\n".join(f"{self.name}: {line}" for line in told[:20] + told[20:][-20:])
