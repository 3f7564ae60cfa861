"""Where the sources are, for tests of what is written in them."""

import os
import pathlib

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE") or pathlib.Path(__file__).parents[2])
SKIPPED = 77


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8")
