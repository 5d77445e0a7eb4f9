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

    def sum_up(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return self.failed == 0 and self.passed > 0
