"""Modules that come as Debian packages, which only Debian's own Python sees."""

import importlib.util
import os
import sys

SYSTEM_PYTHON = "/usr/bin/python3"


def need(module):
    """Starts the test over with the right Python; skips it when the package is missing."""
    if importlib.util.find_spec(module):
        return
    if sys.executable != SYSTEM_PYTHON and os.access(SYSTEM_PYTHON, os.X_OK):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print(f"skipped: python3-{module} is not installed")
    sys.exit(77)
