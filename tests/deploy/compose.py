"""Is deploy/compose.yaml as careful as it says? Its shape is the schema's business; this is what a schema does not know."""

import re
import sys
from pathlib import Path

import yaml

HERE = Path("deploy")
compose = yaml.safe_load((HERE / "compose.yaml").read_text())
stages = set(re.findall(r"^FROM \S+ AS (\S+)$", (HERE / "Dockerfile").read_text(), re.M))
services, faults = compose["services"], []


def expect(holds, fault):
    if not holds:
        faults.append(f"{name}: {fault}")


ends = {"furnish"}
for name, service in services.items():
    tag = service["image"].rpartition("/")[2].partition(":")[2]
    expect(tag and tag != "latest", f"image {service['image']} is not pinned")
    expect("." in service["image"].split("/")[0] or "build" in service, "the image's registry is not named")
    expect("restart" in service, "nobody says whether it is started again")
    expect("no-new-privileges:true" in service["security_opt"] and service["cap_drop"] == ["ALL"] and service["read_only"] is True, "it may do more than it needs")
    expect(not service.get("privileged"), "privileged")
    expect(name in ends or service.get("healthcheck", {}).get("test", [None])[0] == "CMD", "nobody looks after its health")
    expect({"mem_limit", "cpus", "pids_limit"} <= set(service), "it may take all of the machine")
    expect(service["logging"]["options"]["max-size"], "its log may fill the disk")
    for port in service.get("ports", []):
        expect(str(port).startswith("127.0.0.1:"), f"port {port} is open to the network")
    expect(not (service.get("ports") and "network_mode" in service), "ports are of the service whose network it is")
    for variable, value in service.get("environment", {}).items():
        secret = re.search("PASSWORD|SECRET|TOKEN|KEY", variable)
        expect(not secret or str(value).startswith("/run/secrets/"), f"{variable} is a secret in plain sight")
        if str(value).startswith("/run/secrets/"):
            expect(value.rpartition("/")[2] in service.get("secrets", []), f"{variable} is a secret that it is not given")
    for secret in service.get("secrets", []):
        expect(secret in compose["secrets"], f"there is no secret {secret}")
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        if source.startswith("."):
            expect((HERE / source).exists(), f"{source} does not exist")
            expect(mode == ["ro"], f"{source} can be written")
        else:
            expect(source in compose["volumes"], f"there is no volume {source}")
    for other, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ends else "service_healthy"
        expect(how["condition"] == wanted, f"it does not wait until {other} is ready")
    if "build" in service:
        expect(service["build"]["target"] in stages, f"the Dockerfile has no {service['build']['target']}")
        expect((HERE / service["build"]["context"] / service["build"]["dockerfile"]).is_file(), "there is no such Dockerfile")

name = "gateway"
gateway = services["gateway"]
expect(gateway["user"] == "65532:65532", "its user")
expect(gateway["command"][-2:] == gateway["healthcheck"]["test"][-2:], "healthcheck reads other settings than the gateway")
name = "prometheus"
targets = yaml.safe_load((HERE / "compose/prometheus.yml").read_text())["scrape_configs"][0]
aliases = services[gateway["network_mode"].partition(":")[2]]["networks"]["default"]["aliases"]
expect(targets["static_configs"][0]["targets"] == [f"{alias}:9090" for alias in aliases], "it does not find the gateway")
expect(targets["job_name"] == "upload-gateway", "the rules know another job")
name = "secrets"
for secret, source in compose["secrets"].items():
    expect(f" {secret}" in (HERE / "compose/secrets.sh").read_text(), f"secrets.sh makes no {secret}")
    expect(source["file"] == f"./compose/secrets/{secret}", f"{secret} lies elsewhere")

if faults:
    sys.exit("\n".join(f"FAIL  deploy/compose.yaml: {fault}" for fault in faults))
print(f"ok    {len(services)} services, each pinned, bounded, looked after, and without a secret in plain sight")
