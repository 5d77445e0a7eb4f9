"""Where it all takes place: Postgres with its standby, the stand-ins for AWS and Cognito, what stands before them, and two replicas."""

import asyncio
import json
import random
import subprocess
from pathlib import Path

import aiohttp

import lies
from cluster import DATABASE, OWNER, SERVICE, Cluster
from fleet import QUEUE, exists
from gate import Gate
from neighbour import Neighbour
from people import People
from replicas import Tried
from servers import Server, until


class Stage:
    def __init__(self, binary, place, programs, faketime, seed):
        self.binary, self.place, self.faketime = binary, place, faketime
        self.chance, self.seed = random.Random(seed), seed
        self.programs = Path(programs)
        self.replicas, self.neighbours, self.parts = [], {}, []

    async def start(self):
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        await self.start_postgres()
        await self.start_stand_ins()
        await self.start_neighbours()
        sandbox = {**self.sandbox, "databaseUrl": self.gate.url(SERVICE, DATABASE)}
        urls = {name.lower(): neighbour.url for name, neighbour in self.neighbours.items()}
        keys = urls["jwks"] + self.sandbox["issuer"].removeprefix(self.sandbox["cognitoUrl"]) + "/.well-known/jwks.json"
        for name in ("a", "b"):
            replica = Tried(name, self.binary, self.place, sandbox, self.faketime, s3=urls["s3"], sts=urls["sts"], sqs=urls["sqs"],
                            events=urls["sqs"] + QUEUE, keys=keys)
            self.parts.append(replica)
            await replica.start_and_wait(self.session)
            self.replicas.append(replica)
        self.people = People(self.session, self.sandbox)
        await self.people.sign_in()
        await self.people.prepare(self.replicas[0].url)

    async def start_postgres(self):
        full_disk = self.place / "full_disk.so"
        source = Path(__file__).parents[1] / "full_disk.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", full_disk, source, "-ldl"], check=True)
        self.cluster = Cluster(self.programs, self.place / "postgres", full_disk)
        self.parts.append(self.cluster)
        await self.cluster.start()
        self.gate = Gate(self.cluster.primary.socket)
        self.parts.append(self.gate)
        await self.gate.start()
        self.url = self.gate.url(OWNER, DATABASE)

    async def start_stand_ins(self):
        """The sandbox migrates as the owner, seeds the tenants, and then its own gateway loses the database for good: it would take
        part otherwise, past all faults."""
        home, back_door = self.place / "sandbox", Gate(self.cluster.primary.socket)
        await back_door.start()
        ports = [f"--{name}-port=0" for name in ("public", "internal", "s3", "cognito")]
        command = [self.binary, "sandbox", "--data-dir", home, "--ephemeral", "--database-url", back_door.url(OWNER, DATABASE), *ports]
        server = Server("sandbox", command, self.place)
        self.parts.append(server)
        await server.start()
        await until("sandbox.json is written", lambda: exists(home / "sandbox.json"), server=server)
        self.sandbox = json.loads((home / "sandbox.json").read_text())
        self.bucket = home / "s3"
        await back_door.stop()

    async def start_neighbours(self):
        aws = self.sandbox["s3Url"]
        for name, target, errors, told, retouch in (
                ("S3", aws, lies.S3_ERRORS, lies.OF_S3, None), ("STS", aws, lies.STS_ERRORS, lies.of_sts(), lies.short_lived),
                ("SQS", aws, lies.PLAIN_ERRORS, lies.OF_SQS, None),
                ("JWKS", self.sandbox["cognitoUrl"], lies.PLAIN_ERRORS, lies.OF_JWKS, None)):
            neighbour = Neighbour(name, target, errors, told, retouch, self.seed)
            await neighbour.start()
            self.neighbours[name] = neighbour
            self.parts.append(neighbour)

    def pids(self):
        return {replica.name: replica.process.pid if replica.alive() else None for replica in self.replicas}

    async def works(self):
        """Does each replica let each tenant upload? Gives the first that is not as it should be, or nothing."""
        for replica in self.replicas:
            for who in ("alice", "gina"):
                if trouble := await self.trouble(replica, who):
                    return trouble
        return None

    async def trouble(self, replica, who):
        file = {"fileName": "well.jpg", "contentType": "image/jpeg", "size": 4}
        try:
            status, granted = await self.people.call("POST", f"{replica.url}/v1/uploads", who, json=file)
            if status != 201:
                return f"{replica.name}: {status}"
            self.callers.granted.append(granted["id"])
            headers = {name: value for name, value in granted["request"]["headers"].items() if name != "content-length"}
            async with self.session.put(granted["request"]["url"], headers=headers, data=b"well") as stored:
                if stored.status != 200:
                    return f"{replica.name}: S3 answers {stored.status}"
            status, _ = await self.people.call("POST", f"{replica.url}/v1/uploads/{granted['id']}/complete", who)
            return None if status == 200 else f"{replica.name}: completion {status}"
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, TypeError) as error:
            return f"{replica.name}: {type(error).__name__}"

    async def stop(self):
        for part in reversed(self.parts):
            try:
                await asyncio.wait_for(part.stop(), 30)
            except Exception as error:
                print(f"      could not be stopped: {type(part).__name__}: {error}", flush=True)
        await self.session.close()
