"""Does a binary run on distroless/cc of Debian 12? `needs.py BINARY`: its libraries, its loader and its symbols' versions."""

import re
import subprocess
import sys

# What the base has of a C program's world: libc6 and libgcc-s1, and nothing that the base image could drop.
THERE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
LOADERS = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"}
NEWEST = (2, 36)

read = subprocess.run(["readelf", "--wide", "--dynamic", "--version-info", "--program-headers", sys.argv[1]], check=True, capture_output=True, text=True).stdout
needed = set(re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]+)\]", read))
loader = re.findall(r"Requesting program interpreter: ([^]]+)\]", read)
versions = {tuple(map(int, version.split("."))) for version in re.findall(r"Name: GLIBC_([\d.]+)", read)}
if not needed or not versions:
    sys.exit(f"FAIL  {sys.argv[1]} is no program that is linked with glibc")
if needed - THERE:
    sys.exit(f"FAIL  the base image has no {sorted(needed - THERE)}")
if len(loader) != 1 or loader[0] not in LOADERS:
    sys.exit(f"FAIL  the base image has no loader {loader}")
newest = max(versions)
print(f"ok    it needs {', '.join(sorted(needed))}, and glibc {'.'.join(map(str, newest))}")
if newest > NEWEST:
    # A machine newer than the image's links with what the image has not. There, this binary says nothing of the image's.
    print(f"\n!!! SKIPPED: built here it needs a newer glibc than Debian 12's {'.'.join(map(str, NEWEST))}, so the IMAGE'S OWN BINARY WAS NOT LOOKED AT.\n")
