"""How are figures printed for people at a terminal? In which columns, on the page of results too."""

# What it is called, whose figure, how it is written and in which unit.

COLUMNS = [
    ("requests/s", "rate", "{:,.0f}", 1), ("p50 ms", "p50_us", "{:.2f}", 1e3), ("p99 ms", "p99_us", "{:.1f}", 1e3),
    ("p99.9 ms", "p999_us", "{:.1f}", 1e3), ("max ms", "max_us", "{:.0f}", 1e3), ("service µs", "service_us", "{:,.1f}", 1),
    ("Postgres µs", "postgres_us", "{:,.1f}", 1), ("sum µs", "sum_us", "{:,.1f}", 1), ("wrk µs", "wrk_us", "{:.1f}", 1),
    ("MB", "memory_mb", "{:.0f}", 1), ("rows", "rows", "{:,.0f}", 1), ("201s", "granted", "{:,.0f}", 1),
    ("STS", "assume_role", "{:.0f}", 1), ("JWKS", "jwks", "{:.0f}", 1), ("others' cores", "others_cores", "{:.2f}", 1)]
HEAD = f"{'':17}" + "".join(f"{title:>{max(len(title), 8) + 2}}" for title, *_ in COLUMNS)


def line(name, seen):
    cells = []
    for title, figure, form, unit in COLUMNS:
        text = form.format(seen[figure] / unit) if figure in seen else "-"
        cells.append(f"{text:>{max(len(title), 8) + 2}}")
    return f"{name:17}" + "".join(cells)


def steady(seen):
    worst = ", ".join(f"{took / 1e3:.1f} (at {due / 1e6:.1f} s)" for took, due in seen["worst_us"])
    return (f"gateway at a steady {seen['rate']:,.0f} requests/s for {seen['seconds']} s: p50 {seen['p50_us'] / 1e3:.2f} ms, "
            f"p99 {seen['p99_us'] / 1e3:.1f} ms, p99.9 {seen['p999_us'] / 1e3:.1f} ms; the worst tenths of a second {worst} ms; "
            f"{seen['rows']:,} rows for {seen['granted']:,} answers")
