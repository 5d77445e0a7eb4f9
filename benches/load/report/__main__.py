"""Puts what a run has found into the page of results: `report RESULTS README PLOT`."""

import json
import sys
from pathlib import Path

import plot
import words

BEGIN, END = "<!-- Printed by benches/load/run.sh --write, from here … -->", "<!-- … to here. -->"


def main(results, readme, picture):
    document, page = json.loads(Path(results).read_text()), Path(readme)
    before, begun, rest = page.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"{readme} does not say where the tables belong: {BEGIN} … {END}")
    plotted = f"![Requests a second and CPU a request of each service]({Path(picture).name})"
    page.write_text(f"{before}{BEGIN}\n\n{plotted}\n\n{words.page(document)}\n\n{END}{after}")
    Path(picture).write_text(plot.svg(document["medians"]))


main(*sys.argv[1:])
