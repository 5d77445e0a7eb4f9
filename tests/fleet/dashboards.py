"""Are the dashboards what Grafana takes, and what somebody at night can read? Needs no Grafana.

Grafana's own SDK reads each one, and must keep all of it: what it drops, Grafana does not know.
"""

import json
import re
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

DEPLOY = Path(__file__).parents[2] / "deploy"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Made for each panel by Grafana itself.
BUILT_IN = {"__rate_interval", "__interval", "__range", "datasource"}


def faults(path, anchors):
    board = json.loads(path.read_text())
    yield from dropped(board, json.loads(JSONEncoder().encode(Dashboard.from_json(board))), "")
    if board["schemaVersion"] < 39:
        yield "its schema is older than Grafana 11's"
    variables = {variable["name"] for variable in board["templating"]["list"]}
    if not {"datasource", "job", "instance"} <= variables:
        yield f"it has only the variables {sorted(variables)}"
    if any(variable["datasource"] != SOURCE for variable in board["templating"]["list"] if variable["type"] == "query"):
        yield "a variable has a data source of its own"
    for annotation in board["annotations"]["list"]:
        yield from faults_of_query(annotation, variables)
    panels = board["panels"]
    for name in ("id", "title"):
        if len({panel[name] for panel in panels}) < len(panels):
            yield f"two panels have one {name}"
    yield from overlaps(panels)
    for panel in panels:
        if panel["type"] != "row":
            for fault in faults_of(panel, variables, anchors):
                yield f"{panel['title']}: {fault}"
    links = [link.get("url", "") for link in board["links"]]
    if not any(link.endswith("RUNBOOK.md") for link in links):
        yield "no link leads to the runbook"


def faults_of(panel, variables, anchors):
    if len(panel.get("description", "")) < 20:
        yield "it does not say what it shows"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield "it has no unit"
    if not panel["targets"]:
        yield "it asks for nothing"
    if panel["datasource"] != SOURCE:
        yield "its data source is not the variable's"
    for target in panel["targets"]:
        yield from faults_of_query(target, variables)
    for link in panel.get("links", []):
        if link["url"].partition("#")[2] not in anchors:
            yield f"{link['url']} leads nowhere"


def faults_of_query(query, variables):
    """Of a panel's target or an annotation."""
    if query["datasource"] != SOURCE:
        yield "the data source of a query is not the variable's"
    unknown = set(re.findall(r"\$\{?(\w+)", query["expr"])) - variables - BUILT_IN
    if unknown:
        yield f"nobody knows {sorted(unknown)}"
    if "$job" not in query["expr"]:
        yield f"it does not keep to the chosen job: {query['expr']}"


def overlaps(panels):
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']} is wider than the page"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    yield f"{panel['title']} lies over {other}"
                    return


def dropped(ours, theirs, where):
    """What is in ours and not, or not so, in theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name in theirs:
                yield from dropped(value, theirs[name], f"{where}/{name}")
            # The SDK leaves out what is null, and what is so by default.
            elif value not in (None, False, "", [], {}):
                yield f"Grafana does not know {where}/{name}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs)):
            yield from dropped(one, other, f"{where}/{index}")
    elif ours != theirs:
        yield f"Grafana reads {where} as {theirs!r}, not {ours!r}"


def main():
    register_default_plugins()
    headings = re.findall(r"^#+ (.+)$", (DEPLOY / "RUNBOOK.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    found = [f"{path.name}: {fault}" for path in sorted((DEPLOY / "grafana").glob("*.json")) for fault in faults(path, anchors)]
    if found:
        sys.exit("\n".join(found))
    print("ok    every dashboard can be read, by Grafana and by people")


main()
