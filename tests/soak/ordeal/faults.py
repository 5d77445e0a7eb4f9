"""What can go wrong? Each fault has a name, a beginning and an end, and says what may be answered meanwhile besides 503."""

import asyncio
import email.utils
import signal
import time

import psycopg

import neighbour
from cluster import CONNECTIONS, DATABASE, SERVICE


class Fault:
    name = ""
    # Replicas that may have another pid afterwards.
    restarted = ()

    def __init__(self, stage):
        self.stage = stage

    def allow(self, leniency):
        """What else may be seen."""

    async def begin(self):
        raise NotImplementedError

    async def met(self):
        """Has anybody noticed it? Else nothing was tried."""
        return any(request.outcome == 503 for request in self.stage.callers.requests[-2000:])

    async def end(self):
        """Mends it, as an operator or a supervisor would; never by anything that is done to a replica."""

    async def freshen(self):
        """What is remembered of before must not make all look well."""

    async def tidy(self):
        """What has to be put in order before the next fault, once all is well."""


class Killed(Fault):
    name = "Postgres is killed"

    async def begin(self):
        await self.stage.cluster.primary.kill()

    async def end(self):
        await self.stage.cluster.primary.begin()


class Frozen(Fault):
    name = "Postgres is frozen"

    async def begin(self):
        self.stage.cluster.freeze()

    async def end(self):
        self.stage.cluster.thaw()


class WithoutConnections(Fault):
    """Somebody else takes them all, those of the replicas too as soon as they are free."""

    name = "Postgres is out of connections"

    async def begin(self):
        self.taken, self.taking = [], True
        self.hand = asyncio.create_task(asyncio.to_thread(self.take))

    def take(self):
        primary = self.stage.cluster.primary
        while self.taking:
            try:
                self.taken.append(psycopg.connect(
                    host=str(primary.home), port=primary.port, user=SERVICE, dbname=DATABASE, application_name="greedy"))
            except psycopg.OperationalError:
                self.drive_out()
            if len(self.taken) > CONNECTIONS:
                raise RuntimeError("there is no end of connections")

    def drive_out(self):
        """Three are kept for the superuser; whoever comes in vain has one of them for a moment."""
        try:
            with self.stage.cluster.primary.connect() as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s and application_name <> 'greedy'",
                    (SERVICE,))
        except psycopg.OperationalError:
            pass

    async def end(self):
        self.taking = False
        await self.hand
        for connection in self.taken:
            connection.close()


class FullDisk(Fault):
    """Postgres panics, cannot recover without a disk to write to, and gives up. Its supervisor starts it when there is room again."""

    name = "Postgres's disk is full"

    async def begin(self):
        self.stage.cluster.primary.full.touch()

    async def end(self):
        primary = self.stage.cluster.primary
        primary.full.unlink()
        await primary.begin()


class FailedOver(Fault):
    """The primary dies, the standby is promoted, and the name leads there. Connections break, as of a process that dies."""

    name = "Postgres fails over"

    async def begin(self):
        self.stage.gate.leads_somewhere.clear()
        await self.stage.cluster.primary.kill()

    async def end(self):
        await self.stage.cluster.promote()
        self.stage.gate.lead_to(self.stage.cluster.primary.socket)

    async def tidy(self):
        await self.stage.cluster.attach()


class HostLost(FailedOver):
    """The same of a host that loses its power: open connections hear nothing, for ever."""

    name = "Postgres's host is lost, and it fails over"

    async def begin(self):
        self.stage.gate.vanish()
        await self.stage.cluster.primary.kill()


class OfNeighbour(Fault):
    """One of AWS's services, or the user pool's keys, has a bad day."""

    service, mode = "", ""

    @property
    def name(self):
        return f"{self.service} {self.mode}"

    async def begin(self):
        self.stage.neighbours[self.service].become(self.mode)

    async def end(self):
        self.stage.neighbours[self.service].become(neighbour.PASS)

    async def met(self):
        return self.stage.neighbours[self.service].asked

    def allow(self, leniency):
        if (self.service, self.mode) == ("JWKS", neighbour.LIES):
            # If these are the pool's keys, nobody who calls has a token of the pool's.
            leniency.also(401)
        if (self.service, self.mode) == ("STS", neighbour.LIES):
            # What another tenant's session signs, S3 refuses: the second wall stands.
            leniency.refused_by_store.add(None)


class OfKeys(OfNeighbour):
    """What is remembered of a token would hide it, so everybody has new ones all the time."""

    async def begin(self):
        await super().begin()
        self.renewing = asyncio.create_task(self.renew())

    async def renew(self):
        while True:
            await self.freshen()
            await asyncio.sleep(0.5)

    async def freshen(self):
        await self.stage.people.sign_in()

    async def end(self):
        await super().end()
        self.renewing.cancel()


class WrongClock(Fault):
    """Tokens are not valid yet or no more, and URLs are signed for another time: both may be refused, at this replica or by S3."""

    offset = ""

    def __init__(self, stage):
        super().__init__(stage)
        self.victim = stage.chance.choice(stage.replicas)

    async def begin(self):
        self.victim.set_clock(self.offset)

    async def end(self):
        self.victim.set_clock("+0")

    async def met(self):
        async with self.stage.session.get(f"{self.victim.internal_url}/livez") as answer:
            told = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
        return abs(abs(told - time.time()) - 3600) < 60

    def allow(self, leniency):
        leniency.also(401, of=self.victim.name)
        leniency.refused_by_store.add(self.victim.name)


class ClockAhead(WrongClock):
    name, offset = "a replica's clock is an hour ahead", "+1h"


class ClockBehind(WrongClock):
    name, offset = "a replica's clock is an hour behind", "-1h"


class ReplicaKilled(Fault):
    """Three times, at moments that nobody chose, started again at once."""

    name = "a replica is killed"

    def __init__(self, stage):
        super().__init__(stage)
        self.victim = stage.chance.choice(stage.replicas)
        self.restarted = (self.victim.name,)

    def allow(self, leniency):
        leniency.lost.add(self.victim.name)

    async def met(self):
        return True

    async def end(self):
        """Its supervisor has done so."""

    async def begin(self):
        for _ in range(3):
            await asyncio.sleep(self.stage.chance.uniform(0.3, 1.5))
            await self.victim.stop(signal.SIGKILL)
            await self.victim.start_and_wait(self.stage.session)


def of_neighbour(service, mode):
    kind = OfKeys if service == "JWKS" else OfNeighbour
    return type(f"{service}_{mode}", (kind,), {"service": service, "mode": mode})


OF_POSTGRES = [Killed, Frozen, WithoutConnections, FullDisk, FailedOver, HostLost]
OF_NEIGHBOURS = [of_neighbour(service, mode) for service in ("STS", "S3", "SQS", "JWKS")
                 for mode in (neighbour.SLOW, neighbour.ERRORS, neighbour.HANGS, neighbour.LIES)]
ALL = [*OF_POSTGRES, *OF_NEIGHBOURS, ClockAhead, ClockBehind, ReplicaKilled]
