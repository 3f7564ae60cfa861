#!/usr/bin/env python3
"""portguard.prom: there when it is wanted, whole whenever it is read, true, soon after
something important, and no trouble for the service when it cannot be written."""

import json
import os
import resource
import unittest

import harness
import monitoring
from harness import ServiceCase, capture, listener, process, web_host
from waiting import wait_until

HOSTILE = ['a"b\\', 'x"} 1\nportguard_up 0\n', "\x1b[2J\u202e", "\\", '"', "%n<0A>", "é漢",
           "name" * 200]


class MetricsCase(ServiceCase):
    def setUp(self):
        self.folder = self.id().rsplit(".", 1)[1][:40]
        os.makedirs(self.folder + "/etc", mode=0o700)
        self.state = self.folder + "/state"
        self.path = f"{self.state}/{monitoring.NAME}"

    def write(self, enabled=True, interval_s=5, **settings):
        harness.write_capture(self.folder + "/etc/config.json", {
            "version": 1, "metrics": {"enabled": enabled, "interval_s": interval_s}, **settings})

    def launch(self, content=None):
        return self.start(content or web_host(), self.folder + "/h", "metrics.sock",
                          more=("--config", self.folder + "/etc/config.json",
                                "--state", self.state))

    def text(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def there(self):
        return os.path.exists(self.path)

    def series(self):
        return monitoring.parse(self.text()) if self.there() else {}

    def wait_series(self, series, value=1):
        return wait_until(lambda: self.series().get(series) == value, f"{series} {value}")

    def health(self):
        with harness.Connection("metrics.sock") as connection:
            return connection.ask("health")


class Wanted(MetricsCase):
    def test_without_being_asked_nothing_is_written(self):
        self.launch()
        wait_until(lambda: self.health()["uptime_s"] >= 6, "the first time it could be written")
        self.assertFalse(self.there())
        self.assertEqual(self.health()["metrics"]["enabled"], False)
        self.assertIsNone(self.health()["metrics"]["file"])

    def test_a_file_of_an_earlier_time_is_removed(self):
        os.makedirs(self.state, mode=0o700)
        with open(self.path, "w", encoding="ascii") as file:
            file.write("portguard_up 1\n")
        self.launch()
        wait_until(lambda: not self.there(), "its removal")

    def test_it_comes_and_goes_with_the_configuration(self):
        self.write(enabled=False)
        started = self.launch()
        started.wait_event(1002)
        self.write()
        wait_until(self.there, "the file")
        monitoring.check(self, self.text())
        health = self.health()["metrics"]
        self.assertEqual((health["enabled"], health["interval_s"], health["error"]),
                         (True, 5, None))
        self.assertTrue(health["file"].endswith(monitoring.NAME))
        self.write(enabled=False)
        wait_until(lambda: not self.there(), "its removal")
        self.assertEqual(started.of(1007), [])

    def test_a_service_that_stops_says_so_and_one_that_dies_cannot(self):
        self.write()
        started = self.launch()
        self.wait_series("portguard_up")
        self.assertEqual(started.stop(), 0)
        monitoring.check(self, self.text())
        self.assertEqual(self.series()["portguard_up"], 0)
        self.assertEqual([name for name in monitoring.names(self.text()) if "port_" in name], [])
        started = self.launch()
        self.wait_series("portguard_up")
        started.kill()
        self.assertEqual(self.series()["portguard_up"], 1)
        started.noise.clear()


class Truth(MetricsCase):
    def test_ports_holders_and_changes_are_those_of_the_machine(self):
        self.write(guarded_ports=[80, 443], interval_s=3600)
        self.launch()
        iis = 'portguard_holder_info{port="80",kind="http.sys",confidence="certain",' \
              'service="W3SVC",process="w3wp.exe"}'
        self.wait_series(iis)
        series = self.series()
        self.assertEqual(series['portguard_port_state{port="80",state="in_use"}'], 1)
        self.assertEqual(series['portguard_port_state{port="443",state="free"}'], 1)
        self.assertNotIn("8080", "".join(key for key in series if 'port="' in key))
        # An hour goes by between two times, but a change on a guarded port is told soon.
        machine = web_host()
        machine["tcp"].append(listener(443, 5120))
        harness.write_capture(self.folder + "/h.json", machine)
        self.wait_series('portguard_port_changes_total{port="443",change="taken"}')
        series = self.series()
        self.assertEqual(series['portguard_port_state{port="443",state="in_use"}'], 1)
        self.assertEqual(series['portguard_changes_total{event="1100",change="port_taken"}'], 1)
        self.assertIn('portguard_holder_info{port="443",kind="process",confidence="certain",'
                      'service="",process="nginx.exe"}', series)
        self.assertIn(iis, series)

    def test_the_times_are_those_of_now(self):
        self.write()
        self.launch()
        self.wait_series("portguard_up")
        series = self.series()
        with open(self.path, "rb") as file:
            written = os.fstat(file.fileno()).st_mtime
        self.assertLess(abs(series["portguard_metrics_timestamp_seconds"] - written), 60)
        self.assertLessEqual(series["portguard_start_time_seconds"],
                             series["portguard_metrics_timestamp_seconds"])
        self.assertEqual(series["portguard_metrics_interval_seconds"], 5)
        self.assertGreater(series["portguard_sample_duration_seconds_count"], 0)
        first = self.health()["metrics"]["writes"]
        wait_until(lambda: self.health()["metrics"]["writes"] > first + 1, "two times more")
        self.assertGreater(self.series()["portguard_requests_total{result=\"answered\"}"], 0)

    def test_strange_names_cannot_spoil_the_file(self):
        rules = [{"name": (name * 64)[:63] if len(name) > 60 else name, "ports": [80],
                  "services": ["X"]} for name in HOSTILE if name.isprintable()]
        self.write(guarded_ports=[f"8000-{8000 + len(HOSTILE)}"], rules=rules)
        processes = [process(100 + i, name, "C:\\Users\\secret\\x.exe")
                     for i, name in enumerate(HOSTILE)]
        services = [harness.service(name[:200], name, 100 + i)
                    for i, name in enumerate(HOSTILE) if i % 2]
        self.launch(capture([listener(8000 + i, 100 + i) for i in range(len(HOSTILE))],
                            processes, services))
        self.wait_series("portguard_up")
        text = self.text()
        monitoring.check(self, text)
        self.assertEqual(sum(key.startswith("portguard_holder_info{")
                             for key in monitoring.parse(text)), len(HOSTILE))
        self.assertEqual(sum(key.startswith("portguard_rule_paused{")
                             for key in monitoring.parse(text)), len(rules))
        self.assertNotIn("secret", text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(monitoring.parse(text)["portguard_up"], 1)

    def test_every_capture_gives_a_good_file(self):
        folder = harness.SOURCE / "tests" / "fixtures" / "captures"
        self.write(guarded_ports=["1-255"])
        self.launch()
        for number, path in enumerate(sorted(folder.glob("*hostile*.json")) +
                                      sorted(folder.glob("*shared*.json")) +
                                      sorted(folder.glob("forged*.json"))):
            with self.subTest(path=path.name):
                content = json.loads(path.read_text(encoding="utf-8"))
                port = 7000 + number
                content["tcp"].append(listener(port, 4))
                self.write(guarded_ports=["1-254", port])
                harness.write_capture(self.folder + "/h.json", content)
                self.wait_series(f'portguard_port_state{{port="{port}",state="in_use"}}')
                monitoring.check(self, self.text())


class Whole(MetricsCase):
    def test_a_reader_never_sees_half_a_file(self):
        self.write(guarded_ports=["8000-8255"])
        self.launch()
        wait_until(self.there, "the file")
        reads, seen = 0, set()
        while len(seen) < 4:
            text = self.text()
            self.assertTrue(text.startswith("# HELP portguard_up "), text[:200])
            self.assertRegex(text[-100:], r"\nportguard_open_handles \d+\n\Z")
            reads += 1
            seen.add(monitoring.parse(text)["portguard_metrics_timestamp_seconds"])
            # Each change of a guarded port brings the next time forward.
            machine = web_host()
            if len(seen) % 2:
                machine["tcp"].append(listener(8001, 5120))
            harness.write_capture(self.folder + "/h.json", machine)
        self.assertGreater(reads, 20)
        self.assertEqual([name for name in os.listdir(self.state) if name.endswith(".prom")],
                         [monitoring.NAME])


class Trouble(MetricsCase):
    def assert_told_once(self, started, words):
        event = started.wait_event(1007)
        self.assertEqual(event["data"]["part"], "metrics file")
        self.assertIn(words, event["data"]["reason"])
        health = self.health()
        self.assertIn(words, health["metrics"]["error"])
        self.assertTrue(any("metrics" in warning for warning in health["warnings"]))
        failures = health["metrics"]["failures"]
        wait_until(lambda: self.health()["metrics"]["failures"] > failures, "another attempt")
        told = [event for event in started.of(1007) if event["data"]["part"] == "metrics file"]
        self.assertEqual(len(told), 1)
        self.assert_answers(started)

    def assert_well_again(self, started):
        event = started.wait_event(1008)
        self.assertEqual(event["data"]["part"], "metrics file")
        self.assertIsNone(self.health()["metrics"]["error"])
        self.wait_series("portguard_up")
        self.assertGreaterEqual(self.series()["portguard_metrics_write_failures_total"], 3)
        monitoring.check(self, self.text())

    def test_a_full_disk_is_told_once_and_the_old_file_stays_whole(self):
        self.write()
        started = self.launch()
        self.wait_series("portguard_up")
        pid = started.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (2048, resource.RLIM_INFINITY))
        self.assert_told_once(started, "File too large")
        monitoring.check(self, self.text())
        self.assertEqual(self.series()["portguard_up"], 1)
        resource.prlimit(pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        started.wait_event(1008)
        wait_until(lambda: self.health()["metrics"]["error"] is None, "the end of it")
        wait_until(lambda: self.series()["portguard_metrics_write_failures_total"] >= 3,
                   "a new file")

    def test_something_in_its_place_is_told_and_got_over(self):
        os.makedirs(self.path, mode=0o700)
        self.write()
        started = self.launch()
        self.assert_told_once(started, "directory")
        os.rmdir(self.path)
        self.assert_well_again(started)

    def test_a_folder_that_others_may_write_is_not_used(self):
        os.makedirs(self.state)
        os.chmod(self.state, 0o777)
        self.write()
        started = self.launch()
        wait_until(lambda: [event for event in started.of(1007)
                            if event["data"]["part"] == "metrics file"], "event 1007")
        self.assertIn(self.state, self.health()["metrics"]["error"])
        self.assertFalse(self.there())
        self.assert_answers(started)

    def test_a_stop_does_not_wait_for_a_file_that_cannot_be_written(self):
        os.makedirs(self.path + "/x", mode=0o700)
        self.write()
        started = self.launch()
        started.wait_event(1007)
        self.assertEqual(started.stop(), 0)


if __name__ == "__main__":
    monitoring.need_promtool()
    harness.enter_folder()
    unittest.main(verbosity=2)
