"""What has been found so far: one line a check, and a count at the end."""


class Verdict:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, holds, seen=""):
        """Notes whether `what` holds; `seen` says what was there instead."""
        if holds:
            self.passed += 1
            print(f"ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {what}: {seen}", flush=True)
        return holds

    def equal(self, what, seen, expected):
        return self.check(what, seen == expected, f"{seen!r}, not {expected!r}")

    def same_set(self, what, seen, expected):
        return self.check(what, seen == expected, f"too much: {sorted(seen - expected)}, too little: {sorted(expected - seen)}")

    def accepted(self, what, answer):
        return self.check(what, 200 <= answer.status < 300, answer)

    def refused(self, what, answer):
        """A refusal is the server's own no. Neither a 5xx nor a 404 is one."""
        return self.check(what, 400 <= answer.status < 500 and answer.status != 404, answer)

    def error(self, what, error):
        self.check(what, False, f"{type(error).__name__}: {error}")

    def sum_up(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return self.failed == 0 and self.passed > 0
