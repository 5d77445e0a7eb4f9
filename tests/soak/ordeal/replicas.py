"""How is a replica set up that is to be tried? As one in service, with what it leans on seen through the harness's eyes."""

from fleet import CONFIGURATION, Replica, answers
from servers import until

# How late an answer may be: server.request_timeout, and what a busy machine of two cores adds.
LATEST = 8 + 3
CHANGES = {
    'keep_alive = "75s"\nrequest_timeout = "30s"\n': 'keep_alive = "75s"\nrequest_timeout = "8s"\n',
    'drain = "2s"\n': 'drain = "0s"\n',
    # As by default, because here Postgres is away.
    'connect_timeout = "10s"\n': 'connect_timeout = "3s"\nstatement_timeout = "5s"\n',
    'deadline = "10s"\n': 'deadline = "2s"\n',
    'jwks_refresh = "5s"\n': 'jwks_refresh = "1s"\n',
    'endpoint_url = {aws}\n': ('s3_endpoint_url = {s3}\nsts_endpoint_url = {sts}\nsqs_endpoint_url = {sqs}\n'
                               's3_public_endpoint_url = {aws}\ntimeout = "2s"\n'),
    'queue_url = {queue}\n': 'queue_url = {events}\n',
    'interval = "1s"\n': 'interval = "500ms"\nlease = "10s"\n',
    'jwks_url = {jwks}\n': 'jwks_url = {keys}\n',
    '[upload]\n': '[upload]\nsession_duration = "15m"\n',
}


def changed(text):
    for old, new in CHANGES.items():
        if text.count(old) != 1:
            raise RuntimeError(f"{old!r} is there {text.count(old)} times")
        text = text.replace(old, new)
    return text


class Tried(Replica):
    """Serves as who may only serve; what owns the tables has migrated before."""

    CONFIGURATION, OPTIONS = changed(CONFIGURATION), []

    def __init__(self, name, binary, place, sandbox, faketime, **further):
        # How far its clock is off, in libfaketime's words. Only what it reads as the time of day: sleeps and time-outs are right.
        self.clock = place / f"{name}.clock"
        self.set_clock("+0")
        environment = {
            "LD_PRELOAD": str(faketime), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}
        super().__init__(name, binary, place, sandbox, environment, **further)

    def set_clock(self, offset):
        half = self.clock.with_suffix(".half")
        half.write_text(offset + "\n")
        half.rename(self.clock)

    async def start_and_wait(self, session):
        await self.start()
        await until(f"{self.name} is ready", lambda: answers(session, f"{self.internal_url}/readyz"), server=self, patience=60)
