"""What does a page cost, the first and one that many lie before?"""

import http.client
import json
import statistics
import time

import cpu

# Pages of one kind are asked for in blocks, so that the two kinds that are compared share what else the machine does.
BLOCKS = 8


class Reader:
    """Somebody with a token, and a connection that stays open."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"authorization": f"Bearer {token}"}

    def read(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:500]}")
        return text

    def walk(self, path, pages):
        """The path of that page, or of the last one that is full if there are fewer: by the cursors, page by page."""
        here, number = path, 1
        while number < pages:
            cursor = json.loads(self.read(here))["nextCursor"]
            following = f"{path}&cursor={cursor}"
            if cursor is None or json.loads(self.read(following))["nextCursor"] is None:
                break
            here, number = following, number + 1
        return here, number


def compare(run, gateway, reader, paths, times):
    """Of each path so many readings: the median in milliseconds, and CPU µs a request, of service and Postgres together."""
    trees = (gateway.pid, run.postgres.pid)
    seen = [{"waited": [], "seconds": 0.0} for _ in paths]
    for path in paths:
        reader.read(path)
    block = max(1, times // BLOCKS)
    for _ in range(BLOCKS):
        for path, figures in zip(paths, seen):
            before = sum(cpu.seconds(pid) for pid in trees)
            for _ in range(block):
                began = time.perf_counter()
                reader.read(path)
                figures["waited"].append(time.perf_counter() - began)
            figures["seconds"] += sum(cpu.seconds(pid) for pid in trees) - before
    return [(statistics.median(figures["waited"]) * 1e3, figures["seconds"] * 1e6 / (block * BLOCKS)) for figures in seen]
