"""A Postgres of the run's own: real, with its defaults (`fsync` and `synchronous_commit` are on) but one, over a unix socket alone."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from servers import Server, until


def programs():
    """Where the server's programs are: $PG_BIN, else the newest of Debian's, else those on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    on_path = shutil.which("postgres")
    places = [os.environ.get("PG_BIN"), *reversed(versions), on_path and Path(on_path).parent]
    for place in filter(None, places):
        if (Path(place) / "initdb").exists():
            return Path(place)
    raise SystemExit("no Postgres server here: apt-get install postgresql, or set PG_BIN")


class Postgres:
    def __init__(self, place):
        self.programs = programs()
        # A socket's path is short, and Postgres's own user has to get there.
        self.home = Path(tempfile.mkdtemp(prefix="upload-gateway-load-pg.", dir="/tmp"))
        # Postgres refuses to run as root; Debian's package brings a user for it.
        self.prefix = []
        if os.getuid() == 0:
            os.chown(self.home, pwd.getpwnam("postgres").pw_uid, -1)
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        # Tables and log of transactions share one disk here. Without `backend_flush_after`, Linux writes what the tables grew by in half a
        # minute all at once, and every commit waits until it is through.
        settings = ["-c", "listen_addresses=", "-c", "backend_flush_after=256kB"]
        command = [*self.prefix, self.programs / "postgres", "-D", self.home / "cluster", "-k", self.home, *settings]
        self.server = Server("postgres", command, place, directory="/")

    def __enter__(self):
        initdb = [self.programs / "initdb", f"--pgdata={self.home}/cluster", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--no-locale"]
        subprocess.run([*self.prefix, *initdb], check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.server.start()
        until("Postgres answers", self.answers, server=self.server)
        return self

    def age(self, files=64):
        """Has its log as a database that has served for a while has it: of files that a checkpoint left to be used again. A new one makes each
        when it needs it, sixteen megabytes of zeros and an fsync, and every commit waits."""
        self.ask("postgres", "select pg_logical_emit_message(false, '', ''); select pg_switch_wal();\n" * files + "checkpoint;")

    def __exit__(self, *_):
        # Without a checkpoint: nobody wants it any more.
        self.server.stop(signal.SIGQUIT)
        shutil.rmtree(self.home, ignore_errors=True)

    def answers(self):
        ready = [self.programs / "pg_isready", f"--host={self.home}", "--quiet"]
        return subprocess.run(ready, check=False).returncode == 0

    @property
    def pid(self):
        return self.server.pid

    def url(self, database):
        """As everybody's driver reads it: sqlx, node-postgres and asyncpg."""
        return f"postgres:///{database}?host={self.home}&user=postgres"

    def ask(self, database, sql):
        """What psql prints for it, bare."""
        command = [self.programs / "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1",
                   f"--host={self.home}", "--username=postgres", f"--dbname={database}"]
        run = subprocess.run(command, input=sql, check=False, capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{sql}: {run.stderr}")
        return run.stdout.strip()

    def create(self, database, template="template1"):
        self.ask("postgres", f'create database "{database}" template "{template}"')
        self.age()

    def drop(self, database):
        """And writes what is left of it, so that it is not written while the next service is measured."""
        self.ask("postgres", f'drop database if exists "{database}" with (force)')
        self.ask("postgres", "checkpoint")

    def tables(self, database):
        names = self.ask(database, "select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1")
        return names.split()

    def rows(self, database, table):
        return int(self.ask(database, f"select count(*) from {table}"))
