"""Is every metric that a rule, a dashboard or the runbook names one that the gateway has?"""

import re

from fleet import DEPLOY

NAME = re.compile(r"(?<![\w:])(?:upload_gateway_|process_)[a-z0-9_]*[a-z0-9]")
# A histogram's series, by the name that it is declared with.
OF_A_HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
# Only while the gateway itself speaks TLS.
SOMETIMES = {"upload_gateway_tls_certificate_not_after_seconds"}


def named():
    """Each name with the files that it is in."""
    found = {}
    for path in [*DEPLOY.glob("prometheus/rules/*.yml"), *DEPLOY.glob("grafana/*.json"), DEPLOY / "RUNBOOK.md"]:
        text = path.read_text()
        # A group of rules is no metric, and neither is what a rule records.
        text = re.sub(r"- name: \w+", "", text)
        for name in NAME.findall(text):
            found.setdefault(name, set()).add(path.name)
    return found


async def known(fleet, verdict):
    declared = set()
    for replica in fleet.replicas:
        async with fleet.session.get(f"{replica.internal_url}/metrics") as answer:
            declared |= set(re.findall(r"^# TYPE (\S+)", await answer.text(), re.MULTILINE))
    unknown = {
        name: sorted(files) for name, files in named().items()
        if not {name, OF_A_HISTOGRAM.sub("", name)} & (declared | SOMETIMES)}
    verdict.equal("every metric that is named anywhere is one of the gateway's", unknown, {})
    shown = set(named())
    left = sorted(name for name in declared if not shown & {name, f"{name}_bucket", f"{name}_sum", f"{name}_count"})
    print(f"      in no rule, dashboard or runbook: {left}", flush=True)
