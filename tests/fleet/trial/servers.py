"""The processes of a fleet: each is started with a log of its own, waited for, and ended with what it started."""

import asyncio
import os
import signal
import socket
import time


class Server:
    """A process, which leads a group of its own so that nothing of it is left."""

    def __init__(self, name, command, place, environment=None, **rights):
        self.name, self.command, self.rights = name, [str(part) for part in command], rights
        self.log_path = place / f"{name}.log"
        # The caller's own AWS settings and GATEWAY__… variables are none of the trial's business.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(place), **(environment or {})}
        self.process = None

    async def start(self):
        with open(self.log_path, "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, env=self.environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **self.rights)

    async def stop(self, how=signal.SIGTERM, patience=60):
        """Ends it, and gives its exit code; None when it had to be killed for not coming to its end."""
        if self.process is None or self.process.returncode is not None:
            return self.process and self.process.returncode
        self.process.send_signal(how)
        try:
            return await asyncio.wait_for(self.process.wait(), patience)
        except asyncio.TimeoutError:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
            return None

    def alive(self):
        return self.process is not None and self.process.returncode is None

    def last_words(self, lines=30):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


async def until(what, holds, patience=60, pause=0.05, server=None):
    """Waits for `holds`, a coroutine function, and gives what it gave."""
    end = time.monotonic() + patience
    while True:
        held = await holds()
        if held:
            return held
        if server is not None and not server.alive():
            raise RuntimeError(f"{server.name} ended before {what}:\n{server.last_words()}")
        if time.monotonic() > end:
            raise RuntimeError(f"in vain for {patience} s: {what}" + (f"\n{server.last_words()}" if server else ""))
        await asyncio.sleep(pause)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
