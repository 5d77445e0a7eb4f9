"""Is the bill of materials what cargo builds? `release_sbom.py DOCUMENT TARGET`: every crate of the production tree, and no other."""

import json
import re
import subprocess
import sys
from pathlib import Path

document, target = json.load(open(sys.argv[1])), sys.argv[2]
tree = subprocess.run(
    ["cargo", "tree", "--locked", "--offline", "--no-default-features", "--edges", "normal", "--target", target, "--prefix", "none", "--format", "{p}"],
    check=True, capture_output=True, text=True).stdout
own = "upload-gateway"
expected = {tuple(re.match(r"(\S+) v(\S+)", line).groups()) for line in tree.splitlines() if line}
expected = {(name, version) for name, version in expected if name != own}
listed = {(component["name"], component["version"]) for component in document["components"]}
faults = []
if "path+file:///src" not in json.dumps(document) or str(Path.cwd()) in json.dumps(document):
    faults.append("it says where it was made")
if document["bomFormat"] != "CycloneDX" or document["metadata"]["component"]["name"] != own:
    faults.append("it is no CycloneDX document of this crate")
if expected - listed:
    faults.append(f"it lacks {sorted(expected - listed)}")
# What only compiles (procedural macros, build scripts' own needs) may be there or not; what the sandbox needs may not.
sandbox = {"s3s", "lambda_runtime", "criterion", "insta"}
if {name for name, _ in listed} & sandbox:
    faults.append("it lists what no production binary has")
for component in document["components"]:
    if not component.get("purl", "").startswith("pkg:cargo/"):
        faults.append(f"{component['name']} has no package URL")
    if not component.get("licenses"):
        faults.append(f"{component['name']} has no licence")
    if not component.get("hashes"):
        faults.append(f"{component['name']} has no checksum")
if len(expected) < 100:
    faults.append(f"cargo tree says {len(expected)} crates alone")
if faults:
    sys.exit("\n".join(f"FAIL  {fault}" for fault in faults))
print(f"ok    the bill of materials lists the {len(expected)} crates of the production binary, each with licence and checksum")
