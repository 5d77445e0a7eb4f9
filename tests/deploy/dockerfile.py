"""Does the Dockerfile hold together with what lies around it? Prints its RUN steps, one a line, for the test to run them."""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(sys.argv[1])
TEXT = (ROOT / "deploy/Dockerfile").read_text()
faults = []


def expect(holds, fault):
    if not holds:
        faults.append(fault)


def instructions():
    lines = [line for line in TEXT.splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


# What .dockerignore lets through, which begins with letting nothing through.
patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
expect(patterns[0] == "*" and all(pattern.startswith("!") for pattern in patterns[1:]), ".dockerignore must refuse all but a list")
let_through = [pattern[1:] for pattern in patterns[1:]]
expect(all((ROOT / path).exists() for path in let_through), ".dockerignore lets through what does not exist")

stages, steps, arguments, copied = {}, [], {}, set()
for word, rest in instructions():
    if word == "ARG" and not stages:
        name, _, default = rest.partition("=")
        arguments[name] = default
        image = default.rpartition("/")[2]
        expect(":" in image and not image.endswith(":latest"), f"{name} names no tag")
    if word == "FROM":
        base, _, name = rest.partition(" AS ")
        variable = re.fullmatch(r"\$\{(\w+)\}", base)
        expect(base in stages or (variable and variable[1] in arguments), f"FROM {base} is neither a stage nor a pinned image")
        stages[name] = current = {"base": base}
    elif stages:
        current[word] = rest
    if word == "COPY" and "--from=" not in rest:
        *sources, _ = [part for part in rest.split() if not part.startswith("--")]
        for source in sources:
            copied.add(source)
            expect((ROOT / source).exists(), f"COPY {source}: there is no such file")
            allowed = any(source == path or source.startswith(f"{path}/") for path in let_through)
            expect(allowed, f"COPY {source}: .dockerignore keeps it out")
    if word == "RUN":
        step = re.sub(r"--mount=\S+\s+", "", rest)
        expect(re.fullmatch(r"deploy/image/\w+\.sh( [\w/.-]+)*", step), f"RUN {step}: a step is a script of deploy/image and its arguments")
        steps.append(step)

unused = set(let_through) - copied
expect(not unused, f".dockerignore lets through what no COPY takes: {sorted(unused)}")

channel = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
expect(f"rust:{channel}-bookworm" in arguments["RUST_IMAGE"], f"RUST_IMAGE is not the toolchain {channel}")

name, final = list(stages.items())[-1]
entry = "/usr/local/bin/upload-gateway"
task = (ROOT / "tf/task.tf").read_text()
user = re.search(r'user\s+= "([^"]+)"', task)[1]
command = json.loads(re.search(r"command = (\[[^]]+\])", task)[1])
expect(name == "gateway" and final["base"] == "${RUNTIME_IMAGE}", "the last stage, which is what is built by default, is not the gateway's")
expect(final.get("USER") == user, f"the user is {final.get('USER')}, and that of tf/task.tf {user}")
expect(json.loads(final.get("ENTRYPOINT", "null")) == [entry], "ENTRYPOINT")
expect(json.loads(final.get("CMD", "null")) == command, f"CMD is not what tf/task.tf runs: {command}")
health = re.sub(r"--\S+\s+", "", final.get("HEALTHCHECK", "")).removeprefix("CMD ")
expect(health and json.loads(health) == [entry, "healthcheck"], "HEALTHCHECK")
expect(final.get("STOPSIGNAL") == "SIGTERM", "STOPSIGNAL")
expect(set(final.get("EXPOSE", "").split()) == {"8080", "9090"}, "EXPOSE")
expect("RUN" not in final and "ADD" not in final, "distroless has no shell to run a step, and takes nothing but what was assembled")
expect(all(f'org.opencontainers.image.{label}=' in final["LABEL"] for label in ["title", "licenses", "version", "revision"]), "LABEL")

if faults:
    sys.exit("\n".join(f"FAIL  deploy/Dockerfile: {fault}" for fault in faults))
print("\n".join(steps))
