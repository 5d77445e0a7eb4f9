"""What must be shown, and is it? Ratios within one run."""

# What, whose figure, whose it is compared with, and the bounds: CPU at most such a share, requests a second at least so many times.
RATIOS = [
    ("gateway-repeated", "typescript", 1 / 20, 18), ("gateway-repeated", "companion", None, 30),
    ("gateway-repeated", "echo", None, 0.35), ("gateway-fresh", "echo", None, 0.22)]


def all(summary, even):
    return [*ratios(summary), *(latencies(even) if even else [])]


def ratios(summary):
    for ours, theirs, cpu, rate in RATIOS:
        if ours not in summary or theirs not in summary:
            continue
        our, their = summary[ours], summary[theirs]
        seen = our["rate"] / their["rate"]
        by_cpu = their["sum_us"] / our["sum_us"]
        yield {"what": f"{ours}: at least {rate} times the requests/s of {theirs}", "reached": seen >= rate,
               "seen": f"{seen:.2f} (by CPU: {by_cpu:.2f})"}
        if cpu:
            yield {"what": f"{ours}: at most 1/{1 / cpu:.0f} of the CPU of {theirs}", "reached": by_cpu >= 1 / cpu,
                   "seen": f"1/{by_cpu:.1f}: {our['sum_us']:.1f} µs against {their['sum_us']:.0f} µs"}


def latencies(even):
    yield {"what": "p99 below 10 ms at half of the peak rate", "reached": even["p99_us"] < 10_000, "seen": f"{even['p99_us'] / 1e3:.1f} ms"}
    yield {"what": "nothing above 100 ms in a minute", "reached": even["seconds"] >= 60 and even["max_us"] <= 100_000,
           "seen": f"{even['max_us'] / 1e3:.1f} ms in {even['seconds']} s"}
