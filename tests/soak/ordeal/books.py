"""Do the ledger, the counters, the audit and the bucket say the same? What is found otherwise, as texts."""

import asyncio
import json
import os
from pathlib import Path

import psycopg

from ledger import Ledger
from servers import until

# What the counters say, beside what they must say. A row of zeros is as good as none.
COUNTERS = {
    "tenant_usage_now": ("tenant_usage_recomputed", "tenant_id, month", ("reserved_uploads", "reserved_bytes", "used_uploads", "used_bytes")),
    "collection_usage": ("collection_usage_recomputed", "tenant_id, subject, collection", ("uploads", "bytes")),
    "tenant_days": ("tenant_days_recomputed", "tenant_id, day", ("uploads", "bytes")),
}
# What has changed since it was examined.
SINCE = ("not exists (select from examined.uploads e where e.id = uploads.id and e.status = uploads.status"
         " and e.etag is not distinct from uploads.stored_etag)")
# While somebody is at work on it, an upload is due again when the lease is over.
LEASE_SECONDS = 10


class Books(Ledger):
    """Reads by the gate, which leads to the primary: never on the loop that keeps the gate."""

    def __init__(self, url, bucket):
        super().__init__(url)
        self.bucket = bucket
        # What each record of the bucket's says, by its file and when that was written.
        self.records = {}

    def open(self):
        """Beside the gateway's own tables: what an earlier examination has settled, lest each takes longer than the last."""
        with psycopg.connect(self.url) as connection:
            connection.execute("create schema examined")
            connection.execute("create table examined.uploads (id uuid primary key, status text not null, etag text)")

    def rows(self, query, *parameters):
        with psycopg.connect(self.url, connect_timeout=10) as connection:
            return connection.execute(query, parameters).fetchall()

    def make_all_due(self):
        """Whatever the reconciler would look at some day it looks at now; what is pending as if its time were over."""
        return self.ask(
            "with due as (update uploads set check_at = now(),"
            " expires_at = case when status = 'pending' then now() - interval '2 hours' else expires_at end"
            f" where check_at is not null and {SINCE} returning 1) select count(*) from due")

    def put_aside(self):
        with psycopg.connect(self.url) as connection:
            connection.execute(
                f"insert into examined.uploads select id, status, stored_etag from uploads where {SINCE}"
                " on conflict (id) do update set status = excluded.status, etag = excluded.etag")

    def undecided(self):
        return self.ask(
            "select count(*) from uploads where status = 'pending' or check_at <= now() + %s * interval '2 seconds'", LEASE_SECONDS)

    async def settle(self, patience=60):
        await asyncio.to_thread(self.make_all_due)

        async def decided():
            return await asyncio.to_thread(self.undecided) == 0

        await until("the reconciler has decided all that was due", decided, patience=patience, pause=0.1)
        await asyncio.to_thread(self.put_aside)

    def of_grants(self, callers):
        granted, found = sorted(set(callers.granted)), []
        if missing := self.without_row(granted):
            found.append(f"{missing} of {len(granted)} URLs have no row")
        if missing := self.without_event(granted):
            found.append(f"{missing} of {len(granted)} URLs have no upload.granted")
        for ids, statuses, said in ((callers.completed, ["completed", "deleted"], "completed"),
                                    (callers.withdrawn, ["aborted", "deleted"], "withdrawn")):
            strays = self.rows(
                "select g.id, u.status from unnest(%s::uuid[]) as g(id) left join uploads u using (id)"
                " where u.status is null or u.status <> all (%s)", list(ids), statuses)
            found += [f"{id} was said to be {said} and is {status}" for id, status in strays[:5]]
        return found

    def of_counters(self):
        found = []
        for table, (recomputed, keys, counted) in COUNTERS.items():
            pairs = ", ".join(f"coalesce(kept.{name}, 0), coalesce(made.{name}, 0)" for name in counted)
            differ = " or ".join(f"coalesce(kept.{name}, 0) <> coalesce(made.{name}, 0)" for name in counted)
            rows = self.rows(f"select {keys}, {pairs} from {table} kept full join {recomputed} made using ({keys}) where {differ}")
            found += [f"{table} {row}" for row in map(str, rows[:3])]
        return found

    def of_bucket(self):
        """Each object is one that was completed, with its size, and each that was completed is there."""
        there = self.objects()
        rows = {key: (id, status, size) for key, id, status, size in
                self.rows("select object_key, id, status, stored_size_bytes from uploads")}
        found = []
        for key, (id, status, size) in rows.items():
            if status == "completed" and there.get(key) != size:
                found.append(f"{id} is completed with {size} bytes, and S3 has {there.get(key)}")
            if status == "pending":
                found.append(f"{id} is pending still")
            if status == "failed":
                found.append(f"{id} failed, though nobody sent anything but what was granted")
        for key in there:
            if rows.get(key, (None, None))[1] != "completed":
                found.append(f"S3 has {key}, whose upload is {rows.get(key, ('', 'not on record'))[1]}")
        return found

    def objects(self):
        """Keys and sizes of what S3 holds, from its own records."""
        kept = {}
        for entry in os.scandir(next(Path(self.bucket).glob("*/objects"))):
            if entry.name.endswith(".json"):
                version = entry.name, entry.stat().st_mtime_ns
                kept[version] = self.records.get(version) or json.loads(Path(entry.path).read_text())
        self.records = kept
        return {stored["key"]: stored["size"] for stored in kept.values()}

    def how_many(self):
        return dict(self.rows("select status, count(*) from uploads group by 1 order by 1"))


async def audit_faults(binary, config):
    """What `audit verify` has against the chain."""
    process = await asyncio.create_subprocess_exec(
        binary, "audit", "verify", "--json", "--config", str(config), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    text, complaints = await process.communicate()
    try:
        seen = json.loads(text)
    except ValueError:
        return [f"audit verify ends with {process.returncode}: {complaints.decode()[-500:]}"], 0
    return seen["faults"] + [f"{seen['unchained']} events are in no chain"] * bool(seen["unchained"]), seen["events"]
