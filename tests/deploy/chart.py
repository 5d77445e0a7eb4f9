"""Does the chart make what it must? `chart.py HELM BINARY FOLDER`: renders it with each file of values, and judges the result."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from chart_rules import Release

HELM, BINARY, SCRATCH = sys.argv[1], sys.argv[2], Path(sys.argv[3])
CHART, VALUES = "deploy/helm/upload-gateway", Path("tests/deploy/values")
RULES, DASHBOARDS = Path("deploy/prometheus/rules"), Path("deploy/grafana")


def say(text):
    print(f"ok    {text}")


def fail(text):
    sys.exit(f"FAIL  {text}")


def helm(*arguments):
    return subprocess.run([HELM, *arguments], capture_output=True, text=True)


def render(name, *values):
    flags = [flag for file in values for flag in ("--values", str(file))]
    lint = helm("lint", "--strict", CHART, *flags)
    if lint.returncode != 0:
        fail(f"helm lint, {name}:\n{lint.stdout}{lint.stderr}")
    made = helm("template", "uploads", CHART, "--namespace", "uploads", *flags)
    if made.returncode != 0:
        fail(f"helm template, {name}:\n{made.stderr}")
    manifest = SCRATCH / f"{name}.yaml"
    manifest.write_text(made.stdout)
    validator = Path(sys.executable).with_name("kubernetes-validate")
    judged = subprocess.run([validator, "--strict", "--no-warn", manifest], capture_output=True, text=True)
    if judged.returncode != 0:
        fail(f"Kubernetes' schemas, {name}:\n{judged.stdout}{judged.stderr}")
    documents = [document for document in yaml.safe_load_all(made.stdout) if document]
    passed = judged.stdout.count(" passed for resource ") + judged.stderr.count(" passed for resource ")
    own = [document for document in documents if not document["apiVersion"].startswith("monitoring.coreos.com/")]
    if passed != len(own):
        fail(f"Kubernetes' schemas, {name}: {passed} of {len(own)} were judged")
    return Release(name, documents, yaml.safe_load(Path(CHART, "values.yaml").read_text()), [yaml.safe_load(Path(file).read_text()) for file in values])


def gateway_takes(release):
    """The real binary reads what the pod would: its file, and the variables whose values are in Secrets."""
    file = SCRATCH / f"{release.name}.toml"
    text = release.one("ConfigMap", "uploads-upload-gateway")["data"]["gateway.toml"]
    # Where the certificate is mounted, nothing is here.
    file.write_text(re.sub(r"(?m)^(tls_\w+) = .*$", lambda line: f'{line[1]} = "{SCRATCH}/{line[1]}.pem"', text))
    secrets = {
        "GATEWAY__DATABASE__URL": "postgres://gateway:secret@db.example.com/gateway?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem"}
    for variable in release.container["env"]:
        secrets.setdefault(variable["name"], "a-secret")
    environment = {"PATH": os.environ["PATH"], **secrets}
    checked = subprocess.run([BINARY, "check-config", "--config", file], env=environment, capture_output=True, text=True)
    if checked.returncode != 0:
        fail(f"the gateway refuses the settings of {release.name}:\n{checked.stderr}\n{text}")
    # What it was not given, it misses: the check above did look at this file.
    file.write_text(text.replace("bucket", "bukket"))
    if subprocess.run([BINARY, "check-config", "--config", file], env=environment, capture_output=True).returncode == 0:
        fail("check-config takes any file")
    return tomllib.loads(text)


def refusals():
    cases = yaml.safe_load((VALUES / "refused.yaml").read_text())
    for case in cases:
        file = SCRATCH / "refused.yaml"
        file.write_text(yaml.safe_dump(case["values"]))
        made = helm("template", "uploads", CHART, "--values", str(VALUES / "minimal.yaml"), "--values", str(file))
        if made.returncode == 0:
            fail(f"the chart takes {case['why']}")
        if not re.search(r"values don't meet the specifications|must not be below", made.stderr):
            fail(f"the chart stumbles over {case['why']}, and does not say what is wrong:\n{made.stderr}")
    if helm("template", "uploads", CHART).returncode == 0:
        fail("the chart installs without a pool, a bucket and a database")
    say(f"it refuses {len(cases)} kinds of bad values, and to be installed without any")


def same_files(release):
    """The cluster gets the very rules and dashboards of deploy/, every one of them."""
    rules = release.one("PrometheusRule")["spec"]["groups"]
    expected = [group for file in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(file.read_text())["groups"]]
    if rules != expected:
        fail("the PrometheusRule is not deploy/prometheus/rules")
    names = [group["name"] for group in rules]
    if len(set(names)) != len(names) or not any("alert" in rule for group in rules for rule in group["rules"]):
        fail("the PrometheusRule's groups need names of their own, and an alert")
    boards = release.one("ConfigMap", "uploads-upload-gateway-dashboards")["data"]
    sources = {file.name: file for file in DASHBOARDS.rglob("*.json")}
    if not sources or {name: json.loads(text) for name, text in boards.items()} != {name: json.loads(file.read_text()) for name, file in sources.items()}:
        fail("the dashboards' ConfigMap is not deploy/grafana")
    if max(len(text) for text in boards.values()) + sum(map(len, boards.values())) > 900_000:
        fail("a ConfigMap takes no more than 1 MiB")
    say(f"the cluster gets the {len(rules)} groups of rules and {len(boards)} dashboards of deploy/")


chart = yaml.safe_load(Path(CHART, "Chart.yaml").read_text())
crate = tomllib.loads(Path("Cargo.toml").read_text())["package"]["version"]
if chart["appVersion"] != crate:
    fail(f"the chart's appVersion is {chart['appVersion']}, and the crate's version {crate}")

minimal = render("minimal", VALUES / "minimal.yaml")
everything = render("everything", VALUES / "minimal.yaml", VALUES / "everything.yaml")
bare = render("bare", VALUES / "minimal.yaml", VALUES / "bare.yaml")
for release in [minimal, everything, bare]:
    release.judge()
    settings = gateway_takes(release)
    release.judge_settings(settings)
    say(f"{release.name}: {len(release.documents)} documents, of Kubernetes' shapes and this house's rules; the gateway takes its settings")
kinds = lambda release: {document["kind"] for document in release.documents}
if kinds(everything) - kinds(minimal) != {"HorizontalPodAutoscaler", "Ingress", "ServiceMonitor", "PrometheusRule"}:
    fail(f"what is off by default: {kinds(everything) - kinds(minimal)}")
if kinds(bare) != {"Deployment", "Service", "ConfigMap"}:
    fail(f"what cannot be switched off: {kinds(bare)}")
if tomllib.loads(everything.one("ConfigMap", "uploads-upload-gateway")["data"]["gateway.toml"])["events"]["queue_url"] != "https://sqs.eu-central-1.amazonaws.com/123456789012/uploads?a=1&b=<2>":
    fail("a setting does not come through as it was written")
same_files(everything)
refusals()
