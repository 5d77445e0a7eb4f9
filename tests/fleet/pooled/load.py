"""What do callers ask for, many of them at once, and what of it is refused?"""

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from replicas import Caller

FILE = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 5}


class Load:
    """Grants of both kinds, readings and listings in turn, from as many threads as asked, to every replica."""

    def __init__(self, replicas, token, name):
        self.callers = [Caller(replica.url, token) for replica in replicas]
        self.name, self.numbers, self.lock = name, itertools.count(), threading.Lock()
        self.granted, self.refused, self.answered = [], Counter(), 0
        # A tenant's grants take turns at its counter. On a busy machine many transactions of this kind would hold it for longer
        # than the ledger waits.
        self.repeatable = threading.Semaphore(4)

    def ask(self, number):
        caller = self.callers[number % len(self.callers)]
        match number // len(self.callers) % 4:
            case 0:
                return caller.call("POST", "/v1/uploads", FILE)
            case 1:
                with self.repeatable:
                    return caller.call("POST", "/v1/uploads", FILE, {"idempotency-key": f"{self.name}-{number}"})
            case 2:
                return caller.call("GET", "/v1/uploads?limit=20")
            case _:
                with self.lock:
                    known = self.granted[number % len(self.granted)] if self.granted else None
                return caller.call("GET", f"/v1/uploads/{known}" if known else "/v1/collections")

    def step(self, _=None):
        try:
            answer = self.ask(next(self.numbers))
            outcome = "" if answer.status in (200, 201) else f"{answer.status} {answer.problem()}"
        except OSError as error:
            answer, outcome = None, type(error).__name__
        with self.lock:
            self.answered += 1
            if outcome:
                self.refused[outcome] += 1
            elif answer.status == 201:
                self.granted.append(answer.body["id"])

    def run(self, requests, at_once):
        with ThreadPoolExecutor(at_once) as threads:
            list(threads.map(self.step, range(requests)))

    def run_until(self, stop, at_once):
        """In the background; the answer waits for the last of them."""

        def go():
            while not stop.is_set():
                self.step()

        threads = [threading.Thread(target=go) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        return lambda: [thread.join() for thread in threads]
