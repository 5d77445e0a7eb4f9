"""Do the pipelines call what is there, with no more rights than they need?"""

import re
import sys
import tomllib
from pathlib import Path

import yaml

faults = []
github = yaml.safe_load(Path(".github/workflows/ci.yml").read_text())
circle = yaml.safe_load(Path(".circleci/config.yml").read_text())
channel = tomllib.loads(Path("rust-toolchain.toml").read_text())["toolchain"]["channel"]
SCRIPT = re.compile(r"(?<![\w./-])(?:deploy/release/\w+\.\w+|\.ci/run)(?![\w-])")


def texts(node):
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [str(node)]


def expect(holds, fault):
    if not holds:
        faults.append(fault)


called = {}
for name, pipeline in [("ci.yml", github), ("config.yml", circle)]:
    called[name] = {script for text in texts(pipeline) for script in SCRIPT.findall(text)}
    for script in called[name]:
        expect(Path(script).is_file() and Path(script).stat().st_mode & 0o111, f"{name} calls {script}, which is no program")
    expect(any(f"rust:{channel}-trixie" in text for text in texts(pipeline)), f"{name} has another toolchain than {channel}")
    for script in [".ci/run", *(f"deploy/release/{part}.sh" for part in ["build", "triggers", "sbom", "notes", "try_image", "name_image"])]:
        expect(script in called[name], f"{name} does not call {script}")

expect(github["permissions"] == {}, "ci.yml gives rights to every job")
for name, job in github["jobs"].items():
    rights = {right for right, level in job["permissions"].items() if level == "write"}
    allowed = {"push": {"packages"}, "release": {"packages", "contents"}}.get(name, set())
    expect(rights == allowed, f"job {name} may write {sorted(rights)}")
    on_tag = "startsWith(github.ref, 'refs/tags/v')" in job.get("if", "")
    expect(on_tag or not rights, f"job {name} writes for whoever pushes")
    expect("timeout-minutes" in job, f"job {name} may run forever")
    for step in job["steps"]:
        if "uses" in step:
            expect(re.search(r"@v\d+\.\d+\.\d+$|@[0-9a-f]{40}$", step["uses"]), f"{step['uses']} is not pinned")
            if step["uses"].startswith("actions/checkout@"):
                expect(step["with"]["persist-credentials"] is False, f"job {name} leaves its token in the folder")
        for text in [step.get("run", "")]:
            expect(not re.search(r"\$\{\{\s*(github\.(event|head_ref|ref_name)|steps|inputs)", text), f"job {name} puts what others wrote into a shell: {text}")

if faults:
    sys.exit("\n".join(f"FAIL  {fault}" for fault in faults))
print(f"ok    the pipelines call {len(called['ci.yml'] | called['config.yml'])} scripts, with no more rights than they need")
