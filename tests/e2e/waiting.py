"""Waiting for something to become true: shared by all end-to-end tests."""

import time

# Long enough for a busy machine; a test that passes never waits for it.
PATIENCE = 60


def wait_until(condition, what, seconds=PATIENCE, pause=0.01):
    """The first true value of condition(). Looks again and again; no fixed wait."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)
