"""The processes of a run: each is started, heard, waited for, and ended with what it started."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time

# As many bytes of a log are kept.
SAID = 1 << 15


class Server:
    """A process, which leads a group of its own so that nothing of it is left. `with` ends it."""

    def __init__(self, name, command, place, environment=None, directory=None):
        self.name, self.command, self.directory = name, [str(part) for part in command], directory
        # The caller's own AWS settings and GATEWAY__… variables are none of the run's business.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(place), **(environment or {})}
        self.process, self.said = None, b""

    def start(self, **pipes):
        ear, mouth = os.pipe()
        try:
            files = {"stdin": subprocess.DEVNULL, "stdout": mouth, "stderr": mouth, **pipes}
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=self.directory, start_new_session=True, **files)
        finally:
            os.close(mouth)
        threading.Thread(target=self.hear_log, args=(ear,), daemon=True).start()
        return self

    def hear_log(self, ear):
        """Takes what it logs, as what collects a container's lines would, and keeps the end of it. In a file, a million lines would keep
        the disk busy that Postgres commits to."""
        with os.fdopen(ear, "rb", buffering=0) as log:
            while said := log.read(1 << 16):
                self.said = (self.said + said)[-SAID:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM, patience=30):
        """Ends it and whatever it has left running."""
        if self.process is None:
            return
        if self.alive():
            self.process.send_signal(how)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def last_words(self, lines=30):
        return "\n".join(self.said.decode(errors="replace").splitlines()[-lines:])


def until(what, holds, patience=60, pause=0.02, server=None):
    """Waits for `holds` and gives what it gave."""
    end = time.monotonic() + patience
    while True:
        held = holds()
        if held:
            return held
        if server is not None and not server.alive():
            raise RuntimeError(f"{server.name} ended before {what}")
        if time.monotonic() > end:
            raise RuntimeError(f"in vain for {patience} s: {what}")
        time.sleep(pause)


def ask(port, method="GET", path="/", body=None, headers=None):
    """One request to this machine: its status and its body. Status 0 is nobody there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
