#!/usr/bin/env python3
"""portguard.prom with the Windows programs: in the trusted folder, well-formed, true about a
real listener, replaced while it is read, and it says so when the service is stopped."""

import json
import os

import harness_wine
import monitoring
from harness_wine import MachineCase, wait_until

PORT = "8085"
FOLDER = r"C:\ProgramData\PortGuard"
# A listener of Wine 8 belongs to its program once it has set an option, which listen.exe
# does; whether services are known too depends on Wine.
HOLDER = f'portguard_holder_info{{port="{PORT}",'


class Metrics(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def configure(self, **metrics):
        path = self.machine.path(FOLDER + r"\config.json")
        text = json.dumps({"version": 1, "guarded_ports": [int(PORT)], "metrics": metrics})
        path.with_suffix(".new").write_text(text, encoding="utf-8")
        os.replace(path.with_suffix(".new"), path)

    @property
    def path(self):
        return self.machine.path(rf"{FOLDER}\{monitoring.NAME}")

    def text(self):
        """As it is on the disk: line feeds, no mark before it."""
        return self.path.read_bytes().decode()

    def series(self):
        return monitoring.parse(self.text()) if self.path.exists() else {}

    def wait_series(self, series, value):
        return wait_until(lambda: self.series().get(series) == value, f"{series} {value}")

    def test_a_file_tells_of_ports_from_its_first_day_to_its_last(self):
        self.assertFalse(self.path.exists())
        self.configure(enabled=True, interval_s=3600)
        self.wait_series(f'portguard_port_state{{port="{PORT}",state="free"}}', 1)
        monitoring.check(self, self.text())
        self.assertNotIn("\r", self.text())
        listening = self.start("listen", "0.0.0.0", PORT)
        self.wait_series(f'portguard_port_state{{port="{PORT}",state="in_use"}}', 1)
        text = self.text()
        monitoring.check(self, text)
        holders = [key for key in monitoring.parse(text) if key.startswith(HOLDER)]
        self.assertEqual(len(holders), 1, text)
        self.assertIn('process="listen.exe"', holders[0])
        listening.stop()
        self.wait_series(f'portguard_port_changes_total{{port="{PORT}",change="released"}}', 1)
        self.stop_and_start()
        self.configure(enabled=False)
        wait_until(lambda: not self.path.exists(), "its removal")

    def stop_and_start(self):
        """A first boot is dear, so it is not a test of its own."""
        health = self.done(self.machine.ctl("health")).out
        self.assertRegex(health, r"(?m)^  Metrics     every 3600 s in ")
        self.machine.stop_service("PortGuard")
        self.assertEqual(self.series()["portguard_up"], 0)
        monitoring.check(self, self.text())
        self.machine.start_service("PortGuard")
        self.wait_series("portguard_up", 1)
        self.assertEqual(self.series()["portguard_metrics_write_failures_total"], 0)
        self.assertEqual(self.machine.events(1007), [])


if __name__ == "__main__":
    monitoring.need_promtool()
    harness_wine.main()
