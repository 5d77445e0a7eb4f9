"""Does every panel show something, and does every rule have a value, after a run in which all was well?"""

import json
import math
from pathlib import Path

import yaml

from fleet import DEPLOY

# Of each the reason why it may show nothing.
SILENT = yaml.safe_load((Path(__file__).parent / "silent.yml").read_text())
VARIABLES = {"$__rate_interval": "5m", "$__range": "10m", "$instance": ".+", "$job": "upload-gateway", "$tenant": ".+"}


def panels():
    """Every query of every panel of every dashboard, also of those inside of rows."""
    for path in sorted((DEPLOY / "grafana").glob("*.json")):
        stack = list(json.loads(path.read_text())["panels"])
        while stack:
            panel = stack.pop(0)
            stack[:0] = panel.get("panels", [])
            for target in panel.get("targets", []):
                yield f"{path.stem}: {panel['title']}: {target['legendFormat']}", target["expr"]


async def ask(fleet, query):
    async with fleet.session.get(f"{fleet.prometheus}/api/v1/query", params={"query": query}) as answer:
        document = await answer.json()
    if document["status"] != "success":
        raise RuntimeError(f"{query}: {document}")
    return document["data"]["result"]


async def read_since(fleet, moment):
    """Has every replica been scraped since, and what is recorded of that been reckoned?"""
    newest = ('up{job="upload-gateway"}', "job:upload_gateway_request_errors:ratio_rate5m")
    last = [await ask(fleet, f"min(timestamp({series}))") for series in newest]
    return all(found and float(found[0]["value"][1]) > moment for found in last)


async def shown(fleet, verdict):
    for title, expression in panels():
        query = expression
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        if "$" in query:
            verdict.check(f"{title} has known variables only", False, expression)
            continue
        values = [float(series["value"][1]) for series in await ask(fleet, query)]
        finite = all(math.isfinite(value) for value in values) and (values or title in SILENT)
        reason = f", because {SILENT[title]}" if title in SILENT and not values else ""
        verdict.check(f"{title} shows {len(values)} series{reason}", finite, f"{query}: {values}")
    strangers = set(SILENT) - {title for title, _ in panels()}
    verdict.equal("whatever may be silent is there", strangers, set())


async def recorded(fleet, verdict):
    for path in sorted((DEPLOY / "prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    values = [float(series["value"][1]) for series in await ask(fleet, rule["record"])]
                    verdict.check(f"{rule['record']} has values", values and all(map(math.isfinite, values)), values)


async def quiet(fleet, verdict):
    """No page, not even a coming one; but how quick the machine of the trial is, is no fault."""
    pages = [series["metric"] for series in await ask(fleet, 'ALERTS{severity="page",alertname!="GatewaySlow"}')]
    verdict.equal("nobody would have been paged", pages, [])
    tickets = sorted({series["metric"]["alertname"] for series in await ask(fleet, 'ALERTS{severity="ticket"}')})
    print(f"      tickets, pending or open: {tickets}", flush=True)


async def unhealthy_rules(fleet):
    async with fleet.session.get(f"{fleet.prometheus}/api/v1/rules") as answer:
        groups = (await answer.json())["data"]["groups"]
    return [(rule["name"], rule.get("lastError")) for group in groups for rule in group["rules"] if rule["health"] != "ok"]
