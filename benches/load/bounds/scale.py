"""The run of scale.sh: the same grants on an empty and on a full database in turn, then pages of the full one."""

import statistics
import sys
import time

import wrk
from filling import fill
from gateway import prepare
from listings import Reader, compare
from postgres import Postgres
from run import Verdict, around, grants, options, serving
from stage import PEOPLE, TENANTS, Stage
from visits import figures

PAGE = 50
# By how much more a page may take that many lie before, and how much of an empty database's requests a second must be left.
MOST, LEAST = 1.5, 0.9
FULL, EMPTY, TEMPLATE = "full", "empty", "template_of_the_gateway"


def visit(run, database, seconds, tokens):
    """One window."""
    with serving(run, database) as gateway:
        # Until every page that is written to is in memory, and on record since the checkpoint.
        run.postgres.ask(database, "checkpoint")
        wrk.run(gateway.port, seconds, tokens)
        return figures(grants(run, gateway, database, seconds, tokens))


def visits(run, chosen, tokens):
    """Rounds of one window each on both databases; an empty one is empty each time."""
    seen = {EMPTY: [], FULL: []}
    # Its making has driven from memory what is written to, which takes longer to come back than a warm-up lasts.
    visit(run, FULL, chosen.seconds, tokens)
    for number in range(1, chosen.rounds + 1):
        # The one that comes first has no advantage of it.
        for database in (EMPTY, FULL) if number % 2 else (FULL, EMPTY):
            if database == EMPTY:
                run.postgres.create(EMPTY, template=TEMPLATE)
            window = visit(run, database, chosen.seconds, tokens)
            if database == EMPTY:
                run.postgres.drop(EMPTY)
            seen[database].append(window)
            print(f"{database:6} {window['rate']:8,.0f} requests/s  {window['service_us']:6.1f} µs service  {window['postgres_us']:6.1f} µs "
                  f"Postgres  {window['sum_us']:6.1f} µs sum  p99 {window['p99_us'] / 1e3:5.1f} ms  {window['rows']:,} rows for "
                  f"{window['granted']:,} answers  others' cores {window['others_cores']:.2f}", flush=True)
    return seen


def throughput(seen, verdict):
    def ratio(figure):
        return statistics.median(full[figure] / empty[figure] for full, empty in zip(seen[FULL], seen[EMPTY]))

    rate, cpu = ratio("rate"), ratio("sum_us")
    verdict.check(f"a full database has {LEAST:.0%} of the requests/s of an empty one", rate >= LEAST, f"{rate:.3f} (CPU a request: {cpu:.3f})")


def listings(run, chosen, gateway, tokens, verdict):
    user, tenant_admin, platform_admin = tokens
    kinds = [
        ("uploads of one person", user, f"/v1/uploads?limit={PAGE}"),
        ("uploads of one tenant", tenant_admin, f"/v1/uploads?limit={PAGE}"),
        ("audit of one tenant", tenant_admin, f"/v1/audit?limit={PAGE}"),
        ("audit of all tenants", platform_admin, f"/v1/admin/audit?limit={PAGE}"),
        ("tenants", platform_admin, f"/v1/admin/tenants?limit={PAGE}"),
        ("tenants with their usage", platform_admin, f"/v1/admin/tenants?limit={PAGE}&include=usage"),
    ]
    for what, token, first in kinds:
        reader = Reader(gateway.port, token)
        last, number = reader.walk(first, chosen.pages)
        pages(run, gateway, reader, what, (first, last), ("page 1", f"page {number:,}"), chosen.times, verdict)


def pages(run, gateway, reader, what, paths, names, times, verdict):
    (wait, cpu), (last_wait, last_cpu) = compare(run, gateway, reader, paths, times)
    verdict.check(
        f"{what}, {names[1]} within {MOST} times {names[0]}", last_wait <= MOST * wait and last_cpu <= MOST * cpu,
        f"{last_wait / wait:.2f}, {last_wait:.2f} against {wait:.2f} ms (CPU: {last_cpu / cpu:.2f}, {last_cpu:,.0f} against {cpu:,.0f} µs)")


def usage(run, chosen, gateway, verdict):
    """Of the tenant that has most of all, and of one that has as much as anybody."""
    readers = [Reader(gateway.port, token) for token in one_token_each(run, "usage", 2, "tenant-admins")]

    class Both:
        def read(self, which):
            return readers[which].read("/v1/usage")

    pages(run, gateway, Both(), "usage", (1, 0), ("that of a small tenant", "that of the largest"), chosen.times, verdict)


def one_token_each(run, name, people, group=None):
    return run.stage.mint(name, people, people, TENANTS, group).read_text().split()


def main(arguments):
    chosen = options(
        "scale", arguments, tenants=(100_000, 2_000), uploads=(20_000_000, 200_000), pages=(10_000, 1_000), seconds=(8.0, 2.0),
        rounds=(9, 2), times=(2_000, 200))
    began, verdict = time.monotonic(), Verdict()
    with Postgres(chosen.place) as postgres, Stage(chosen.programs / "stage", chosen.place) as stage:
        run = around(chosen, postgres, stage)
        prepare(postgres, run.binary, run.place, stage.addresses, TEMPLATE, TENANTS)
        prepare(postgres, run.binary, run.place, stage.addresses, FULL, 0)
        # So that the page that is asked for is not the last.
        fill(postgres, FULL, chosen.tenants, chosen.uploads, large=(chosen.pages + 2) * PAGE)
        size = postgres.ask(FULL, f"select pg_size_pretty(pg_database_size('{FULL}'))")
        events = "one event of the audit each"
        print(f"{chosen.tenants:,} tenants, {chosen.uploads:,} uploads with {events}: {size}", flush=True)
        tokens = stage.mint("repeated", PEOPLE)
        throughput(visits(run, chosen, tokens), verdict)
        people = [one_token_each(run, group or "user", 1, group)[0] for group in (None, "tenant-admins", "platform-admins")]
        with serving(run, FULL) as gateway:
            listings(run, chosen, gateway, people, verdict)
            usage(run, chosen, gateway, verdict)
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if verdict.holds or chosen.short else 1


sys.exit(main(sys.argv[1:]))
