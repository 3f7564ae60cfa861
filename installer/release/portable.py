#!/usr/bin/env python3
"""portable.py ROOT VERSION BIN LICENSES OUT: the zip for whoever only wants to ask, without
installing anything. Names, order and dates follow from the contents and
SOURCE_DATE_EPOCH alone."""

import os
import pathlib
import sys
import time
import zipfile

ROOT, VERSION, BIN, LICENSES, OUT = sys.argv[1:]
DOS_BEGINS = (1980, 1, 1, 0, 0, 0)


def members():
    root = pathlib.Path(ROOT)
    yield "LICENSE.txt", root / "LICENSE"
    yield "README.md", root / "docs/portable.md"
    for path in pathlib.Path(BIN).glob("*.exe"):
        yield path.name, path
    for path in pathlib.Path(LICENSES).iterdir():
        yield f"licenses/{path.name}", path


def main():
    when = max(time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6], DOS_BEGINS)
    with zipfile.ZipFile(OUT, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, path in sorted(members()):
            entry = zipfile.ZipInfo(f"portguard-{VERSION}-x64/{name}", when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # Windows: no permissions of Unix
            out.writestr(entry, path.read_bytes())


main()
