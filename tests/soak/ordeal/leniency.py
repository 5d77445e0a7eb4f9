"""What may be answered while something is broken? 503 with a problem and a Retry-After, and what its fault names besides."""

import time


class Leniency:
    """From a fault's beginning until all is well again."""

    def __init__(self, fault=""):
        self.fault, self.began, self.ended = fault, time.monotonic(), None
        # By the replica's name, or none for every one. Lost are its connections; S3 may refuse with 403 what it has signed.
        self.statuses, self.lost, self.refused_by_store = {None: {503}}, set(), set()

    def also(self, *statuses, of=None):
        self.statuses.setdefault(of, set()).update(statuses)
        return self

    def end(self):
        self.ended = time.monotonic()

    def covers(self, began):
        """A request that was on its way at its beginning, or began before its end, met the fault."""
        return self.ended is None or began <= self.ended

    def allows(self, status, replica):
        return any(status in self.statuses.get(of, ()) for of in (None, replica.name))

    def lets_store_refuse(self, status, signed_by):
        return status == 403 and bool({None, signed_by} & self.refused_by_store)


def why_wrong(status, headers, document):
    """A refusal says itself what it is, and a caller that is to come again hears when. None when it does."""
    if status != 503 and status < 500:
        return None
    if status != 503:
        return "no server's error but 503 is an answer"
    if not headers.get("content-type", "").startswith("application/problem+json"):
        return f"503 as {headers.get('content-type')}"
    if not isinstance(document, dict) or document.get("status") != 503 or not document.get("type") or not document.get("title"):
        return "503 without a problem"
    if not headers.get("retry-after", "").isdigit() or int(headers["retry-after"]) < 1:
        return "503 without Retry-After"
    return None
