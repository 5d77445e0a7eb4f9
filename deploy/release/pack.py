"""Packs files so that the same files make the same bytes, whoever packs them: `pack.py ARCHIVE NAME=FILE…`, for .tar.gz and .zip.

Everything in it has the time of $SOURCE_DATE_EPOCH, no owner, and its executable bit. Beside it comes ARCHIVE.sha256."""

import gzip
import hashlib
import io
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

archive = Path(sys.argv[1])
members = sorted(pair.partition("=")[::2] for pair in sys.argv[2:])
moment = int(os.environ["SOURCE_DATE_EPOCH"])


def mode(file):
    return 0o755 if os.access(file, os.X_OK) else 0o644


def tar():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for name, file in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = os.stat(file).st_size, mode(file), moment
            with open(file, "rb") as content:
                made.addfile(entry, content)
    return gzip.compress(packed.getvalue(), mtime=moment)


def zipped():
    packed = io.BytesIO()
    # The format knows no time before 1980.
    date = time.gmtime(max(moment, 315532800))[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, file in members:
            entry = zipfile.ZipInfo(name, date)
            # As on Unix: elsewhere the executable bit means nothing, and Lambda does not start what has none.
            entry.create_system, entry.external_attr = 3, (0o100000 | mode(file)) << 16
            made.writestr(entry, Path(file).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


content = tar() if archive.name.endswith(".tar.gz") else zipped()
archive.parent.mkdir(parents=True, exist_ok=True)
archive.write_bytes(content)
Path(f"{archive}.sha256").write_text(f"{hashlib.sha256(content).hexdigest()}  {archive.name}\n")
print(archive)
