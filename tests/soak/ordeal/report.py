"""What is told of a run? A page of Markdown with its plots beside it."""

import hashlib
import math
import os
import platform
import re
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter

import plot
from replicas import LATEST
from rounds import CALM_SECONDS, SOON_SECONDS
from watch import MIB, MOST_BYTES, SERIES


def write(path, trial, verdict, options):
    path.parent.mkdir(parents=True, exist_ok=True)
    plots = {name: draw for name, draw in drawings(trial)}
    for name, drawing in plots.items():
        (path.parent / f"{path.stem}-{name}.svg").write_text(drawing)
    path.write_text("\n".join([*head(trial, verdict, options), *answers(trial), *errors(trial), *faults(trial),
                               "## Over time", "", *(f"![{name}]({path.stem}-{name}.svg)\n" for name in plots)]))


def head(trial, verdict, options):
    callers = trial.callers
    seconds = trial.ended
    minutes = f" --minutes {options.minutes:g}" if options.minutes else ""
    command = f"tests/soak/run.sh{minutes} --seed {options.seed}"
    uploads = ", ".join(f"{count:,} {status}" for status, count in trial.uploads.items())
    return [
        "# Two replicas, and what breaks around them", "",
        f"{verdict.passed} checks passed, **{verdict.failed} failed**. {len(trial.rounds)} faults in {seconds / 60:.0f} minutes, under "
        f"{len(callers.requests):,} requests; {len(set(callers.granted)):,} URLs were handed out, and {trial.events:,} events are in the "
        f"audit, whose chains were walked after each fault. Uploads at the end: {uploads}. The slowest answer took {callers.slowest:.1f} s, "
        f"where {LATEST} s are allowed (`server.request_timeout` of 8 s, and 3 s for a busy machine).", "",
        f"- {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, `{command}`",
        f"- {version(options.binary)}; {machine()}", ""]


def version(binary):
    """What it calls itself, and which of those that call themselves so it is."""
    name = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    with open(binary, "rb") as file:
        return f"{name} (SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()[:12]}…)"


def machine():
    with open("/proc/cpuinfo") as file:
        names = re.findall(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {memory:.0f} GiB, Linux {platform.release()}"


def answers(trial):
    seen = Counter((request.activity, str(request.outcome)) for request in trial.callers.requests)
    outcomes = sorted({outcome for _, outcome in seen})
    rows = [[activity, *(f"{seen[activity, outcome]:,}" if seen[activity, outcome] else "" for outcome in outcomes)]
            for activity in sorted({activity for activity, _ in seen})]
    total = Counter(str(request.outcome) for request in trial.callers.requests)
    rows.append(["**all**", *(f"{total[outcome]:,}" for outcome in outcomes)])
    return ["## Requests by their answer", "", *table(["", *outcomes], rows), ""]


def errors(trial):
    """What was wrong, by its kind."""
    kinds = Counter(re.sub(r"[0-9a-f-]{36}|\d+(\.\d+)?", "…", wrong)[:160] for wrong in trial.callers.wrong)
    lines = ["## Wrong answers by kind", ""]
    rows = [[count, f"`{kind.replace('|', '/')}`"] for kind, count in kinds.most_common(30)]
    return [*lines, *(table(["how often", "what"], rows) if rows else ["None."]), ""]


def faults(trial):
    """A row for each fault, and a column for each invariant."""
    invariants = list(trial.rounds[0].found)
    rows = []
    for one in trial.rounds:
        marks = [mark(one.found.get(name)) for name in invariants]
        told = ", ".join(f"{count} × {outcome}" for outcome, count in sorted(one.answers.items(), key=str))
        after = "–" if one.recovered is None else f"{one.recovered:.1f}"
        rows.append([clock(one.began), one.name, f"{one.ended - one.began:.1f}", after, *marks, told])
    return ["## Faults", "",
            f"Each with {CALM_SECONDS:g} s of calm before and after it, in which 503 is wrong as well. “Well again” counts from the end "
            f"of the fault until every tenant uploads by each replica, and may be {SOON_SECONDS} s; no replica may be bigger than "
            f"{MOST_BYTES // MIB} MiB.", "",
            *table(["at", "fault", "for, s", "well again, s", *invariants, "answers"], rows), "", *faults_in_words(trial)]


def mark(found):
    if found is None:
        return "not looked at"
    return f"**{len(found)} ✗**" if found else "holds"


def faults_in_words(trial):
    found = [f"- {one.name}, {name}: `{str(text)[:400]}`"
             for one in trial.rounds for name, texts in one.found.items() for text in texts[:5]]
    return ["What was found:", "", *found, ""] if found else []


def table(heads, rows):
    line = lambda cells: "| " + " | ".join(map(str, cells)) + " |"
    return [line(heads), line(["---"] * len(heads)), *map(line, rows)]


def clock(second):
    return f"{int(second) // 60}:{int(second) % 60:02}"


def drawings(trial):
    callers, watch, seconds = trial.callers, trial.watch, trial.ended
    shades = [(one.began, one.ended + (one.recovered or 0)) for one in trial.rounds]
    step = max(1.0, seconds / 300)

    def drawn(title, unit, lines):
        return plot.svg(title, unit, lines, shades, seconds)

    bins = {}
    for request in callers.requests:
        bins.setdefault(int(request.at / step), []).append(request)
    at = {number: number * step + step / 2 for number in range(int(seconds / step) + 1)}
    yield "latency", drawn("Time to answer", "milliseconds", {
        name: [(at[number], quantile([request.seconds for request in found], share) * 1000) for number, found in sorted(bins.items())]
        for name, share in (("p50", 0.5), ("p99", 0.99))})
    kinds = {"2xx": lambda o: str(o).startswith("2"), "4xx": lambda o: str(o).startswith("4"), "503": lambda o: o == 503,
             "others": lambda o: not str(o).startswith(("2", "4", "503"))}
    yield "requests", drawn("Requests", "a second, by answer", {
        name: [(middle, sum(map(fits, (request.outcome for request in bins.get(number, ())))) / step) for number, middle in at.items()]
        for name, fits in kinds.items()})
    yield "memory", drawn("Resident memory", "MiB", {f"replica {name}": points for name, points in watch.memory.items()})
    yield "grants", drawn("Rows against grants", "all told, whenever the load rests", {
        "URLs handed out": [(moment, grants) for moment, grants, _ in watch.rows],
        "rows recorded": [(moment, rows) for moment, _, rows in watch.rows]})
    yield "late", drawn("Rows whose URL nobody was told", "all told", {
        "recorded, but answered with 503": [(moment, rows - grants) for moment, grants, rows in watch.rows]})
    for title, metric in SERIES.items():
        lines = {f"replica {name}": watch.series(name, metric) for name in watch.metrics}
        yield re.sub(r"\W+", "-", title), drawn(title[0].upper() + title[1:], "at each scrape", lines)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def check(path, verdict):
    """Is every plot well-formed and shown, and has every row of a table as many cells as its head?"""
    page = path.read_text()
    for name in re.findall(r"!\[[^]]*\]\(([^)]*)\)", page):
        try:
            drawing = ElementTree.parse(path.parent / name)
            lines = [line for line in drawing.iter("{http://www.w3.org/2000/svg}polyline") if line.get("points")]
            sound = bool(lines) and not re.search(r"nan|inf", (path.parent / name).read_text())
        except (OSError, ElementTree.ParseError) as error:
            sound, lines = False, error
        verdict.check(f"the report's {name} is well-formed and shows something", sound, lines)
    widths = [[row.count("|") for row in block.splitlines()] for block in page.split("\n\n") if block.startswith("|")]
    verdict.check(f"the report's {len(widths)} tables are whole", widths and all(len(set(width)) == 1 for width in widths), widths)
