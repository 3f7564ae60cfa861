"""What tests of the MSI share: building it, and reading its tables."""

import os
import pathlib
import re
import subprocess

from harness_wine import BIN, SOURCE

PROJECT_VERSION = re.search(r"^project\(portguard VERSION ([0-9.]+)",
                            (SOURCE / "CMakeLists.txt").read_text(), re.M)[1]


def build(folder, version=None, **environment):
    """The package, by the script that makes the one to ship."""
    words = [SOURCE / "scripts" / "msi", folder] + ([version] if version else [])
    made = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "PG_BIN": str(BIN), **environment}, check=False)
    assert made.returncode == 0, made
    return pathlib.Path(made.stdout.strip())


def msiinfo(*words):
    return subprocess.run(["msiinfo", *map(str, words)], capture_output=True, text=True,
                          check=True).stdout.replace("\r", "")


def rows(package, table):
    """The rows as dictionaries."""
    lines = msiinfo("export", package, table).split("\n")
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[3:] if line]


def property_of(package, name):
    return next((row["Value"] for row in rows(package, "Property")
                 if row["Property"] == name), None)
