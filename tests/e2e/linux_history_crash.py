#!/usr/bin/env python3
"""The service is killed 200 times while ports are taken and released as fast as it looks:
its history opens every time and is whole, and nothing that was acknowledged is missing."""

import datetime
import json
import os
import random
import shutil
import sqlite3
import threading
import time
import unittest

import harness
from harness import capture, listener, write_capture

KILLS, LANES, LONG = 200, 4, 3  # in all; services side by side; of a lane's that live long
PORTS, HELD = range(2000, 2400), 25
LIFE_S, LONG_LIFE_S, ON_DISK_S = 0.15, 1.8, 1.0
NGINX, APACHE = 5120, 6230
DATABASE = "history.db"


def key(entry):
    return entry["id"], entry["at"], entry["event"], entry["port"]


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Lane(threading.Thread):
    """One service after the other on one history, each of them killed."""

    def __init__(self, number, seed, kills):
        super().__init__(daemon=True)
        self.name = f"crash{number}"
        self.random = random.Random(seed)
        self.kills = kills
        self.failure = None
        self.done = threading.Event()
        self.seen = {}        # by id: what an answer has shown
        self.old_enough = []  # (at, event, port): told by an event in good time
        self.changes = 0

    def run(self):
        load = threading.Thread(target=self.keep_changing, daemon=True)
        try:
            self.change()
            load.start()
            for i in range(self.kills):
                self.live(LONG_LIFE_S if i < LONG else self.random.uniform(0, LIFE_S))
            self.check_at_last()
        except Exception as error:  # told by the test, on its own thread
            self.failure = error
        finally:
            self.done.set()
            load.join(harness.PATIENCE)

    def change(self):
        write_capture(self.name + ".json", capture(
            [listener(port, self.random.choice((NGINX, APACHE)))
             for port in self.random.sample(PORTS, HELD)]))
        self.changes += 1

    def keep_changing(self):
        while not self.done.wait(0.03):
            self.change()

    def start_service(self):
        return harness.Service(self.name + ".json", self.name + ".sock", more=(
            "--state", self.name + ".state")).ready()

    def live(self, seconds):
        service = self.start_service()
        end = time.monotonic() + seconds
        with harness.Connection(service.pipe) as connection:
            self.check_health(connection)
            self.learn(connection, 1000)  # what was there before is compared here
            while time.monotonic() < end:
                self.learn(connection, 100)
            if self.random.random() < 0.5:  # in the midst of the next answer
                connection.send(b'{"jsonrpc":"2.0","id":1,"method":"history"}\n')
                time.sleep(self.random.uniform(0, 0.005))
            killed = time.time()
            service.kill()
        self.old_enough += [(e["data"]["at"], e["event"], e["data"]["port"])
                            for e in service.of(1100, 1101, 1102)
                            if when(e["data"]["at"]) < killed - ON_DISK_S]
        failures = service.of(1004)
        assert not failures, failures
        self.check_copy()

    def learn(self, connection, limit):
        """What an answer shows is acknowledged, and stays as it is."""
        answer = connection.ask("history", limit=limit)
        assert answer["complete"] and not answer["warnings"], answer["warnings"]
        found = {entry["id"]: key(entry) for entry in answer["entries"]}
        lowest = min(found, default=0)
        for identity, expected in self.seen.items():
            if identity >= lowest:
                assert found.get(identity) == expected, (found.get(identity), expected)
        self.seen.update(found)

    @staticmethod
    def check_health(connection):
        history = connection.ask("health")["history"]
        assert history["state"] == "recording", history
        assert history["set_aside"] is None, history

    def check_copy(self):
        """Of the files as the dead service left them, so that they stay so."""
        copy = self.name + ".copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.name + ".state", copy)
        database = sqlite3.connect(os.path.join(copy, DATABASE))
        try:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            twice = database.execute(
                "SELECT a.port FROM tenancy a, tenancy b WHERE a.port = b.port AND"
                " a.holder = b.holder AND a.id < b.id AND a.ended > b.began AND"
                " b.ended > a.began").fetchall()
            assert not twice, f"held twice at a time: {twice}"
        finally:
            database.close()

    def check_at_last(self):
        service = self.start_service()
        with harness.Connection(service.pipe) as connection:
            answer = connection.ask("history", limit=10000)
        assert service.stop() == 0
        assert not answer["truncated"]
        found = {entry["id"]: key(entry) for entry in answer["entries"]}
        missing = [seen for identity, seen in self.seen.items() if found.get(identity) != seen]
        assert not missing, missing
        told = {(entry["at"], entry["event"], entry["port"]) for entry in answer["entries"]}
        lost = [event for event in self.old_enough if event not in told]
        assert not lost, lost


class Killed(unittest.TestCase):
    def test_nothing_acknowledged_is_missing_after_200_deaths(self):
        seed = int(os.environ.get("PG_SEED", time.time_ns() % 1000000))
        print(json.dumps({"PG_SEED": seed}))
        lanes = [Lane(i, seed + i, KILLS // LANES) for i in range(LANES)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        for lane in lanes:
            if lane.failure is not None:
                raise lane.failure
            # It was about something.
            self.assertGreater(len(lane.seen), KILLS // LANES)
            self.assertGreater(len(lane.old_enough), 10)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
