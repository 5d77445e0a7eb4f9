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
    """By what Prometheus has scraped since the fleet began: a replica shows some series only after what they count has happened."""
    async with fleet.session.get(f"{fleet.prometheus}/api/v1/label/__name__/values") as answer:
        scraped = set((await answer.json())["data"])
    declared = scraped | {OF_A_HISTOGRAM.sub("", name) for name in scraped if name.endswith("_bucket")} | SOMETIMES
    unknown = {name: sorted(files) for name, files in named().items() if name not in declared}
    verdict.equal("every metric that is named anywhere is one of the gateway's", unknown, {})
    shown = {OF_A_HISTOGRAM.sub("", name) for name in named()}
    left = {OF_A_HISTOGRAM.sub("", name) for name in scraped if name.startswith("upload_gateway_")} - shown
    print(f"      in no rule, dashboard or runbook: {sorted(left)}", flush=True)
