"""A primary with a synchronous standby, as a database service of several zones has: what was confirmed survives a failover."""

import asyncio
import os
import shutil
import signal
import subprocess

import psycopg

import processes
from servers import Server, until

DATABASE, OWNER, SERVICE = "gateway", "postgres", "upload_gateway"
# The smallest that two replicas can live with, so that the rest is soon taken.
CONNECTIONS = 40
SETTINGS = f"""
listen_addresses = ''
max_connections = {CONNECTIONS}
# The machine is not switched off, and what a killed process wrote the kernel still has.
fsync = off
wal_retrieve_retry_interval = '200ms'
wal_keep_size = '256MB'
"""


class Instance(Server):
    """One Postgres, which is reached by a socket alone."""

    def __init__(self, name, port, programs, home, full_disk):
        self.port, self.programs, self.home, self.data = port, programs, home, home / name
        self.full = home / f"{name}-is-full"
        environment = {"LD_PRELOAD": str(full_disk), "SOAK_FULL_DISK": str(self.full)}
        command = [programs / "postgres", "-D", self.data, "-k", home, "-p", port]
        super().__init__(name, command, home, environment, **processes.ordinary_user())

    @property
    def socket(self):
        return str(self.home / f".s.PGSQL.{self.port}")

    def run(self, program, *options):
        """One of Postgres's other programs, to its end."""
        subprocess.run([self.programs / program, *map(str, options)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       cwd="/", **processes.ordinary_user())

    def connect(self, database="postgres"):
        return psycopg.connect(host=str(self.home), port=self.port, user=OWNER, dbname=database, connect_timeout=2, autocommit=True)

    def ask(self, *statements, database="postgres"):
        with self.connect(database) as connection:
            for statement in statements:
                answer = connection.execute(statement)
            return answer.fetchone()[0] if answer.description else None

    async def asked(self, *statements):
        return await asyncio.to_thread(self.ask, *statements)

    async def answers(self):
        try:
            return await self.asked("select true")
        except psycopg.OperationalError:
            return False

    async def begin(self):
        """Starts it, again where it ends over what its last life left behind."""
        async def is_up():
            if not self.alive():
                await self.start()
            return await self.answers()

        await until(f"{self.name} answers", is_up)

    async def kill(self):
        if self.alive():
            await processes.kill(self.process.pid)
            await self.process.wait()


class Cluster:
    def __init__(self, programs, home, full_disk):
        self.primary = Instance("one", 5432, programs, home, full_disk)
        self.standby = Instance("two", 5433, programs, home, full_disk)
        self.home = home

    async def start(self):
        self.home.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.home, OWNER, OWNER)
        first = self.primary
        await asyncio.to_thread(
            first.run, "initdb", "-D", first.data, "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        with open(first.data / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
        await first.begin()
        await first.asked(f"create database {DATABASE}", "create role upload_gateway_service",
                          f"create role {SERVICE} login in role upload_gateway_service")
        await self.attach()

    async def attach(self):
        """Makes the standby anew, from what the primary holds, and has each commit wait for it from then on."""
        primary, standby = self.primary, self.standby
        await asyncio.to_thread(shutil.rmtree, standby.data, ignore_errors=True)
        await asyncio.to_thread(
            standby.run, "pg_basebackup", "-h", primary.home, "-p", primary.port, "-U", OWNER, "-D", standby.data,
            "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        await standby.begin()
        streaming = "select exists (select from pg_stat_replication where state = 'streaming')"
        await until("the standby streams", lambda: primary.asked(streaming))
        await primary.asked("alter system set synchronous_standby_names = '*'", "select pg_reload_conf()")
        await until("the standby is synchronous", self.is_synchronous)

    async def is_synchronous(self):
        return await self.primary.asked("select exists (select from pg_stat_replication where sync_state = 'sync')")

    async def promote(self):
        """What was the standby is the primary from now on, and waits for nobody until it has a standby of its own."""
        self.primary, self.standby = self.standby, self.primary
        await self.primary.asked("select pg_promote(true, 60)")
        await self.primary.asked("alter system reset synchronous_standby_names", "select pg_reload_conf()")

    def freeze(self):
        self.frozen = processes.family(self.primary.process.pid)
        processes.send(self.frozen, signal.SIGSTOP)

    def thaw(self):
        processes.send(self.frozen, signal.SIGCONT)

    async def stop(self):
        for instance in (self.standby, self.primary):
            await instance.kill()
