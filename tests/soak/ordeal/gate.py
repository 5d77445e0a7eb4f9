"""The one address of the database, which leads to whoever is the primary: what a service's name in the DNS is."""

import asyncio


class Way:
    """One connection through the gate."""

    def __init__(self, *ends):
        self.ends, self.silent = ends, False

    async def carry(self, reader, writer):
        try:
            while some := await reader.read(65536):
                # A host that is gone takes nothing, and does not even hang up.
                if not self.silent:
                    writer.write(some)
                    await writer.drain()
        except OSError:
            pass
        if not self.silent:
            self.cut()

    def cut(self):
        for end in self.ends:
            end.transport.abort()


class Gate:
    def __init__(self, socket):
        # None while nobody is there; whoever comes then is kept waiting, as by an address that does not answer.
        self.socket, self.ways = socket, set()
        self.leads_somewhere = asyncio.Event()
        self.leads_somewhere.set()

    async def start(self):
        self.server = await asyncio.start_server(self.enter, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    def url(self, user, database):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    async def enter(self, reader, writer):
        await self.leads_somewhere.wait()
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(self.socket)
        except OSError:
            writer.transport.abort()
            return
        way = Way(writer, there_writer)
        self.ways.add(way)
        try:
            await asyncio.gather(way.carry(reader, there_writer), way.carry(there_reader, writer))
        finally:
            way.cut()
            self.ways.discard(way)

    def vanish(self):
        """As a host does that lost its power: nobody hears of it."""
        for way in self.ways:
            way.silent = True
        self.leads_somewhere.clear()

    def lead_to(self, socket):
        self.socket = socket
        self.leads_somewhere.set()

    async def stop(self):
        self.leads_somewhere.set()
        self.server.close()
        for way in list(self.ways):
            way.cut()
