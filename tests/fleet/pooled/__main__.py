"""Two replicas through a small PgBouncer: `pooled BINARY PGBOUNCER POSTGRES_HOME POSTGRES_PROGRAMS PLACE`. Then what is told of a
pooler that does not fit."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from load import FILE, Load
from pooler import Pooler, Postgres
from replicas import Caller, Replica, Sandbox, send
from servers import until

REQUESTS, AT_ONCE = 1000, 32


def expect(what, found, wanted):
    if found != wanted:
        raise SystemExit(f"FAIL  {what}: {found!r}, not {wanted!r}")
    print(f"ok    {what}", flush=True)


def say(what):
    print(f"ok    {what}", flush=True)


class Trial:
    def __init__(self, binary, pgbouncer, postgres_home, programs, place):
        self.binary, self.place = binary, place
        self.postgres = Postgres(postgres_home, programs)
        self.postgres.prepare()
        self.pooler = Pooler(pgbouncer, place, self.postgres)
        self.sandbox = Sandbox(binary, place, self.postgres.url("postgres", "sandbox"))
        self.replicas = []

    def servers(self):
        return [self.pooler.server, *self.replicas, self.sandbox]

    def replica(self, name, sessions):
        replica = Replica(name, self.binary, self.place, self.sandbox, self.pooler.url(), sessions)
        self.replicas.append(replica)
        return replica

    def run(self):
        self.pooler.start()
        expect("PgBouncer carries prepared statements", self.setting("max_prepared_statements"), "200")
        self.sandbox.start()
        for name in ("first", "second"):
            # Both migrate, at once.
            self.replica(name, self.postgres.url()).start()
        for replica in self.replicas:
            replica.wait_until_ready()
        say("two replicas migrate at once, by the way to sessions, and are ready")
        self.enrol()
        self.is_healthy()
        self.whole_upload()
        self.suspensions()
        self.small_pool_under_load()
        self.restart_under_load()
        for replica in self.replicas:
            replica.stop()
            expect(f"{replica.name} stops well", replica.process.returncode, 0)
        self.without_a_way_to_sessions()
        self.misfits()

    def setting(self, name):
        return next(row["value"] for row in self.pooler.console("show config") if row["key"] == name)

    def enrol(self):
        first, second = self.replicas
        self.admin = Caller(first.url, self.sandbox.token("admin@platform.example"))
        self.token = self.sandbox.token("alice@acme.example")
        tenant = {"slug": "acme", "name": "Acme", "claimValues": ["Acme Customer 1"]}
        made = self.admin.call("POST", "/v1/admin/tenants", tenant)
        expect(f"a platform admin adds a tenant ({made.body if made.status != 201 else 201})", made.status, 201)
        self.tenant = made.body["id"]
        until("the second replica knows it", lambda: Caller(second.url, self.token).call("GET", "/v1/me").status == 200)
        for replica in self.replicas:
            until(f"{replica.name} listens", lambda: replica.metric("tenant_listener_connected") == 1)
        say("both replicas listen past the pooler")

    def doctor(self, replica):
        """What the doctor finds of the database, as (outcome, seen and advice)."""
        command = [self.binary, "doctor", "--json", "--config", replica.file]
        report = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120).stdout)
        found = [one for one in report["findings"] if one["check"] == "database"]
        return [(one["outcome"], f"{one['seen']} {one['advice'] or ''}") for one in found]

    def told(self, replica, outcome):
        return "\n".join(text for found, text in self.doctor(replica) if found == outcome)

    def is_healthy(self):
        found = self.doctor(self.replicas[0])
        expect("the doctor has nothing against the shipped configuration", [one for one in found if one[0] != "ok"], [])

    def whole_upload(self):
        first, second = (Caller(replica.url, self.token) for replica in self.replicas)
        grant = first.call("POST", "/v1/uploads", FILE).body
        expect("what was granted is taken", send(grant, b"hello"), 200)
        path = f"/v1/uploads/{grant['id']}"
        expect("the other replica completes it", second.call("POST", f"{path}/complete").body["status"], "completed")
        expect("a listing has it", first.call("GET", "/v1/uploads").body["items"][0]["id"], grant["id"])
        expect("it can be read", second.call("GET", f"{path}/download").status, 200)

    def suspensions(self):
        first, second = (Caller(replica.url, self.token) for replica in self.replicas)
        slowest = 0.0
        for action, wanted in [("suspend", 403), ("activate", 200)] * 5:
            second.call("GET", "/v1/me")
            changed = self.admin.call("POST", f"/v1/admin/tenants/{self.tenant}/{action}", {})
            assert changed.status == 200, changed.body
            took = until("the other replica knows", lambda: second.call("GET", "/v1/me").status == wanted)
            slowest = max(slowest, took)
        expect(f"suspensions are known to the other replica in under a second (at most {slowest:.3f} s)", slowest < 1, True)
        heard = self.replicas[1].metric('tenant_changes_total{heard="notification"}')
        expect("by notifications", heard >= 5, True)
        expect("and the change's way was timed", self.replicas[1].metric("tenant_change_lag_seconds_count") >= heard, True)

    def small_pool_under_load(self):
        most, stop = [0], threading.Event()

        def watch():
            while not stop.is_set():
                most[0] = max(most[0], self.pooler.server_connections())
                stop.wait(0.05)

        watching = threading.Thread(target=watch)
        watching.start()
        load = Load(self.replicas, self.token, "load")
        began = time.monotonic()
        load.run(REQUESTS, AT_ONCE)
        took = time.monotonic() - began
        stop.set()
        watching.join()
        expect(f"{REQUESTS} requests, {AT_ONCE} at once, in {took:.1f} s: none is refused", dict(load.refused), {})
        expect(f"the pool of {Pooler.SIZE} is used, and never more ({most[0]})", most[0], Pooler.SIZE)
        self.are_on_record(load)

    def are_on_record(self, load):
        ids = ",".join(f"'{one}'" for one in load.granted)
        recorded = self.postgres.ask(f"select count(*) from uploads where id in ({ids})")
        expect(f"each of {len(load.granted)} grants is on record", int(recorded), len(load.granted))

    def restart_under_load(self):
        load, stop = Load(self.replicas, self.token, "restart"), threading.Event()
        wait = load.run_until(stop, 8)
        until("the load has begun", lambda: load.answered > 50)
        self.pooler.stop()
        gone = load.answered
        until("requests meet no pooler", lambda: load.answered > gone + 8)
        self.pooler.start()
        back = load.answered
        until("requests go on", lambda: load.answered > back + 200)
        stop.set()
        wait()
        others = {outcome: count for outcome, count in load.refused.items() if not outcome.startswith("503 ")}
        expect(f"PgBouncer is restarted under load: what is refused is refused with 503 ({dict(load.refused)})", others, {})
        self.are_on_record(load)
        calm = Load(self.replicas, self.token, "calm")
        calm.run(200, 8)
        expect("afterwards nothing is refused", dict(calm.refused), {})
        listening = [replica.metric("tenant_listener_connected") for replica in self.replicas]
        expect("the listeners were not touched", listening, [1, 1])

    def without_a_way_to_sessions(self):
        """A pooler that ignores what it cannot keep: no time-outs, nobody can listen, and looking every second still does."""
        self.pooler.stop()
        self.pooler.configure(ignore_startup_parameters="options, extra_float_digits")
        self.pooler.start()
        lone = self.replica("lone", None).start()
        lone.wait_until_ready()
        caller = Caller(lone.url, self.token)
        admin = Caller(lone.url, self.admin.token)
        until("it is let in", lambda: caller.call("GET", "/v1/me").status == 200)
        until("it has tried to listen", lambda: "cannot listen" in lone.log.read_text())
        expect("without session_url nobody listens through the pooler", lone.metric("tenant_listener_connected"), 0)
        expect("and the log says why", "shared, as by a pooler" in lone.log.read_text(), True)
        other = self.replica("other", None).start()
        other.wait_until_ready()
        seen = Caller(other.url, self.token)
        until("it is let in there", lambda: seen.call("GET", "/v1/me").status == 200)
        assert admin.call("POST", f"/v1/admin/tenants/{self.tenant}/suspend", {}).status == 200
        took = until("the other replica knows", lambda: seen.call("GET", "/v1/me").status == 403)
        expect(f"the other replica knows of a suspension by looking ({took:.3f} s)", took < 2, True)
        admin.call("POST", f"/v1/admin/tenants/{self.tenant}/activate", {})
        told = self.told(lone, "warning")
        expect("the doctor says that session_url is missing", "set database.session_url" in told, True)
        for replica in (lone, other):
            replica.stop()

    def misfits(self):
        first, lone = self.replicas[0], self.replicas[2]
        self.pooler.stop()
        self.pooler.configure()
        self.pooler.start()
        told = self.told(lone, "failed")
        expect("the doctor tells a pooler that refuses time-outs", "takes no time-outs" in told, True)
        self.pooler.stop()
        self.pooler.configure(max_prepared_statements=0)
        self.pooler.start()
        told = self.told(first, "failed")
        expect("the doctor tells a pooler that loses statements", "max_prepared_statements" in told, True)
        self.pooler.stop()
        self.pooler.configure()
        text, found = re.subn(r" connect_query='[^']*'", "", self.pooler.file.read_text())
        assert found == 1, "the shipped configuration has a connect_query"
        self.pooler.file.write_text(text)
        self.pooler.start()
        told = self.told(first, "warning")
        expect("the doctor tells connections without time-outs", "alter role" in told, True)


def main():
    # Whoever ends this ends what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binary, pgbouncer, postgres_home, programs, place = (Path(argument) for argument in sys.argv[1:])
    trial = Trial(binary, pgbouncer, postgres_home, programs, place)
    try:
        trial.run()
    except BaseException:
        for server in trial.servers():
            print(server.complaints(), file=sys.stderr)
        raise
    finally:
        trial.pooler.stop()
        for server in trial.servers():
            server.stop()


main()
