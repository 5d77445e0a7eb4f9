"""Where is PgBouncer, with which configuration, and what does its console say?"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from servers import Server, free_port, ordinary_user, until

SHIPPED = Path(__file__).parents[3] / "deploy/pgbouncer/pgbouncer.ini"
USER, PASSWORD, DATABASE = "upload_gateway", "through-the-pooler", "gateway"


class Postgres:
    """The server itself, as its superuser sees it."""

    def __init__(self, home, programs):
        self.home, self.psql = home, Path(programs) / "psql"

    def ask(self, statement, database=DATABASE):
        command = [self.psql, "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--host", self.home]
        command += ["--username=postgres", "--dbname", database, "--command", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def prepare(self):
        """A role of the gateway's own, which must prove itself, and a second database for the sandbox's own gateway."""
        self.ask(f"create role {USER} login password '{PASSWORD}'")
        self.ask(f"alter database {DATABASE} owner to {USER}")
        self.ask("create database sandbox")
        rules = Path(self.ask("show hba_file"))
        rules.write_text(f"local all {USER} scram-sha-256\n" + rules.read_text())
        self.ask("select pg_reload_conf()")

    def secret(self):
        return self.ask(f"select rolpassword from pg_authid where rolname = '{USER}'")

    def url(self, user=f"{USER}:{PASSWORD}", database=DATABASE):
        return f"postgres://{user}@localhost/{database}?host={self.home}"


class Pooler:
    """PgBouncer with the shipped configuration; only addresses, files and the pool's size are the trial's."""

    SIZE = 3

    def __init__(self, program, place, postgres):
        self.home = place / "pgbouncer"
        self.home.mkdir()
        self.port, self.postgres = free_port(), postgres
        self.file = self.home / "pgbouncer.ini"
        userlist = self.home / "userlist.txt"
        userlist.write_text(f'"{USER}" "{postgres.secret()}"\n')
        self.configure()
        rights = ordinary_user()
        # Who runs it may not look into the home of who built it.
        program = shutil.copy(program, self.home / "pgbouncer")
        if rights:
            for path in (self.home, userlist, self.file):
                shutil.chown(path, "postgres")
            os.chmod(place, 0o711)
        self.server = Server("pgbouncer", [program, self.file], place, **rights)

    def configure(self, **changes):
        """Settings of the shipped file by their names; every one of them must be there."""
        changes = {
            "listen_port": self.port,
            "unix_socket_dir": self.home,
            "pidfile": self.home / "pgbouncer.pid",
            "auth_file": self.home / "userlist.txt",
            "server_tls_ca_file": "/etc/ssl/certs/ca-certificates.crt",
            "default_pool_size": self.SIZE,
            **changes,
        }
        text, found = re.subn(
            r"^upload_gateway = host=\S+ port=\d+ dbname=\S+", f"{DATABASE} = host={self.postgres.home} dbname={DATABASE}",
            SHIPPED.read_text(), flags=re.MULTILINE,
        )
        assert found == 1, "the shipped configuration names the database once"
        for name, value in changes.items():
            text, found = re.subn(rf"^{name} =.*$", f"{name} = {value}", text, flags=re.MULTILINE)
            assert found == 1, f"the shipped configuration has {name} once"
        # The console is for the trial alone, by its socket.
        text += "\nadmin_users = postgres\n"
        self.file.write_text(text)

    def start(self):
        self.server.start()
        until("PgBouncer answers", lambda: self.answers() or not self.server.is_running())
        if not self.server.is_running():
            raise SystemExit(f"FAIL  PgBouncer does not start\n{self.server.complaints()}")

    def stop(self):
        """At once: on SIGTERM it would wait for its clients to leave, and they are pools."""
        self.server.stop(signal.SIGQUIT)

    def answers(self):
        try:
            return bool(self.console("show version"))
        except subprocess.CalledProcessError:
            return False

    def console(self, statement):
        """Rows as dictionaries. PgBouncer lets in, as `pgbouncer` and by the socket, whoever runs it."""
        command = [self.postgres.psql, "--no-psqlrc", "--no-align", "--host", self.home, "--port", str(self.port)]
        command += ["--username=pgbouncer", "--dbname=pgbouncer", "--field-separator=|", "--pset=footer=off", "--command", statement]
        answer = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd="/", timeout=10, **ordinary_user()
        ).stdout.splitlines()
        if "|" not in (answer or [""])[0] and len(answer) < 2:
            return answer
        names = answer[0].split("|")
        return [dict(zip(names, line.split("|"))) for line in answer[1:]]

    def server_connections(self):
        """How many it has to the gateway's database, whatever they do."""
        rows = [row for row in self.console("show pools") if row["database"] == DATABASE]
        kinds = [name for name in (rows[0] if rows else {}) if name.startswith("sv_")]
        return sum(int(row[kind]) for row in rows for kind in kinds)

    def url(self):
        return f"postgres://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"
