"""Is every alert tried both ways, and does every one lead to its section of the runbook? A script without a server."""

import re
import sys
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
RUNBOOK = "https://github.com/example/upload-gateway/blob/main/deploy/RUNBOOK.md#"
# What somebody who was woken needs, in this order.
PARTS = ["**Means**", "**Felt by**", "**First look**", "**Do**", "**Over when**"]


def alerts():
    for path in sorted((DEPLOY / "prometheus/rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def tried():
    """The alerts that were seen to fire, and those that were seen to stay silent."""
    fire, silent = set(), set()
    for path in Path(__file__).parent.glob("*_test.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for asked in test.get("promql_expr_test", []):
                name = re.fullmatch(r'ALERTS\{alertname="(\w+)",alertstate="firing"\}', asked["expr"])
                if name and asked["exp_samples"]:
                    fire.add(name[1])
            silent |= {asked["alertname"] for asked in test.get("alert_rule_test", []) if asked["exp_alerts"] == []}
    return fire, silent


def sections(text):
    """The second-level sections by their heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def faults():
    fire, silent = tried()
    runbook = sections((DEPLOY / "RUNBOOK.md").read_text())
    names = set()
    for rule in alerts():
        name, notes = rule["alert"], rule["annotations"]
        if name in names:
            yield f"{name} is there twice"
        names.add(name)
        if name not in fire:
            yield f"{name} was never seen to fire"
        if name not in silent:
            yield f"{name} was never seen to stay silent"
        if rule["labels"].get("severity") not in ("page", "ticket"):
            yield f"{name} is neither a page nor a ticket"
        if rule.get("for", "0s").startswith("0"):
            yield f"{name} fires at the first blink"
        if set(notes) != {"summary", "description", "runbook_url"}:
            yield f"{name} is annotated with {sorted(notes)}"
        if notes.get("runbook_url") != RUNBOOK + name.lower():
            yield f"{name} leads to {notes.get('runbook_url')}"
        if name != "GatewayAbsent" and "{{ $" not in notes.get("description", ""):
            yield f"{name} does not say how bad it is, or where"
        found = [part for part in PARTS if part in runbook.get(name, "")]
        if found != PARTS:
            yield f"the runbook's section of {name} lacks {sorted(set(PARTS) - set(found))}"
    for heading in runbook:
        if re.fullmatch(r"Gateway\w+", heading) and heading not in names:
            yield f"the runbook has a section of {heading}, which is no alert"


def main():
    found = list(faults())
    if found:
        sys.exit("\n".join(found))
    print("ok    every alert was seen to fire and to stay silent, and leads to its section of the runbook")


main()
