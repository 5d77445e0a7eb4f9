"""What does a service do with a window of load? Started, warmed up, measured, stopped."""

import time

import cpu
import wrk


class Wrong(RuntimeError):
    """The figures of a visit would mean nothing."""


def measured(run, server, load):
    """What `load` gives, with the CPU seconds that everybody took meanwhile."""
    trees = {"service": server.pid, "postgres": run.postgres.pid}
    before, machine, began = {name: cpu.seconds(pid) for name, pid in trees.items()}, cpu.machine_seconds(), time.monotonic()
    seen = load()
    seen["took"] = time.monotonic() - began
    seen["machine_seconds"] = cpu.machine_seconds() - machine
    for name, pid in trees.items():
        seen[f"{name}_seconds"] = cpu.seconds(pid) - before[name]
    return seen


def visit(run, arm, number):
    """One round of one arm: a database of its own, a process of its own."""
    database = f"{arm.name}_{number}"
    before = run.stage.counts()
    with arm.serving(run, database) as server:
        faults = warm_up(run, arm, server)
        rows = run.postgres.rows(database, arm.table(run, database)) if arm.records else 0
        seen = measured(run, server, lambda: wrk.run(
            server.port, run.seconds, run.tokens(arm), arm.path, once=arm.tokens == "fresh"))
        faults |= wrk.faults(seen)
        seen["memory_mb"] = cpu.memory(server.pid)
        if arm.records:
            seen["rows"] = run.postgres.rows(database, arm.table(run, database)) - rows
            if seen["rows"] != seen["granted"]:
                faults["rows"] = f"{seen['rows']} for {seen['granted']} answers"
        if seen["exhausted"] and not run.short:
            faults["tokens"] = f"no fresh one was left after {seen['seconds']:.1f} s"
    after = run.stage.counts()
    seen["assume_role"] = after["assumeRole"] - before["assumeRole"]
    seen["jwks"] = after["jwks"] - before["jwks"]
    if faults:
        raise Wrong(f"{arm.name}: {faults}\n{server.last_words()}")
    return figures(seen)


def warm_up(run, arm, server, most=10):
    """Until it asks STS no more: some take long to have a client for each tenant. Gives what went wrong meanwhile."""
    faults, last = {}, None
    for _ in range(1 if run.short else most):
        faults |= wrk.faults(wrk.run(server.port, run.warm_up, run.tokens(arm, warm=True), arm.path))
        asked = run.stage.counts()["assumeRole"]
        if asked == last:
            return faults
        last = asked
    return faults if run.short else faults | {"warm-up": f"STS was still asked after {most} times {run.warm_up} s"}


def figures(seen):
    """For each request, and of the cores, what was counted for all."""
    requests = seen["answered"]
    for name in ("service", "postgres", "wrk"):
        taken = seen["cpu_seconds"] if name == "wrk" else seen[f"{name}_seconds"]
        seen[f"{name}_us"] = taken * 1e6 / requests
    seen["sum_us"] = seen["service_us"] + seen["postgres_us"]
    ours = seen["service_seconds"] + seen["postgres_seconds"] + seen["cpu_seconds"]
    # Whoever else was busy on this machine meanwhile, in cores; wrk's start is in it too.
    seen["others_cores"] = max(0.0, seen["machine_seconds"] - ours) / seen["took"]
    return seen
