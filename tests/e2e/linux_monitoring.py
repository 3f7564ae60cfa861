#!/usr/bin/env python3
"""What is shipped for Prometheus and Grafana: the alerts are raised by what they should be,
each leads to its paragraph, and nobody asks for a metric that the service does not write."""

import json
import os
import pathlib
import re
import unittest

import harness
import monitoring
from monitoring import SOURCE, promtool
from waiting import wait_until

SHIPPED = SOURCE / "installer" / "monitoring"
RULES = SHIPPED / "portguard.rules.yml"
CASES = SOURCE / "tests" / "fixtures" / "monitoring" / "alerts.yml"
PAGE = (SOURCE / "docs" / "monitoring.md").read_text(encoding="utf-8")
# Of windows_exporter and of Prometheus itself.
FOREIGN = {"up", "windows_textfile_scrape_error"}


def asked_for(expression):
    """The metrics that an expression names, with the labels that stand in its braces."""
    names = set(re.findall(r"\b(?:portguard|windows)_[a-z_]+", expression))
    return names | ({"up"} if re.search(r"\bup\b", expression) else set())


class Written(harness.ServiceCase):
    """Against a file of the service itself."""

    @classmethod
    def setUpClass(cls):
        os.makedirs("etc", mode=0o700)
        harness.write_capture("etc/config.json", {
            "version": 1, "metrics": {"enabled": True, "interval_s": 5},
            "rules": [{"name": "r", "ports": [80], "services": ["X"]}]})
        harness.write_capture("host.json", harness.web_host())
        service = harness.Service("host.json", "host.sock", more=(
            "--config", "etc/config.json", "--control", "host.control", "--state", "state"))
        cls.addClassCleanup(cls.end, service)
        service.ready()
        path = pathlib.Path("state") / monitoring.NAME
        wait_until(path.exists, "the metrics")
        cls.text = path.read_text(encoding="utf-8")
        cls.names = monitoring.names(cls.text)
        cls.labels = {}
        for series in monitoring.parse(cls.text):
            name = re.sub(r"(?<=_seconds)_(sum|count)\Z", "", series.split("{")[0])
            known = cls.labels.setdefault(name, {"job", "instance"})
            known |= set(re.findall(r'[{,]([a-z]+)="', series))

    def known(self, name):
        return name in FOREIGN or name in self.names or \
            re.sub(r"_(sum|count)\Z", "", name) in self.names

    def check_expression(self, expression):
        for name in asked_for(expression):
            self.assertTrue(self.known(name), f"{name} in {expression}")
        for name, braces in re.findall(r"\b(portguard_[a-z_]+)\{([^}]*)\}", expression):
            asked = set(re.findall(r"([a-z_]+)(?:=|!)", braces))
            self.assertLessEqual(asked, self.labels[name], expression)
        for value in re.findall(r'\bchange="([a-z_]+)"', expression):
            self.assertIn(f'change="{value}"', self.text)
        for key, value in re.findall(r'\b(state|result|by|part)="([a-z_ ]+)"', expression):
            self.assertIn(f'{key}="{value}"', self.text)

    def test_the_page_has_what_is_written(self):
        self.assertEqual(set(re.findall(r"(?m)^\| `(portguard_[a-z_]+)` \|", PAGE)), self.names)

    def test_alerts_ask_for_what_is_written(self):
        expressions = re.findall(r"(?m)^        expr: (?:\|\n((?:          .*\n)+)|(.*))",
                                 RULES.read_text(encoding="utf-8"))
        self.assertGreater(len(expressions), 15)
        for block, line in expressions:
            with self.subTest(expression=block or line):
                self.check_expression(block or line)

    def test_the_dashboard_asks_for_what_is_written(self):
        targets = [target["expr"] for panel in dashboard()["panels"]
                   for target in panel.get("targets", ())]
        self.assertGreater(len(targets), 20)
        for expression in targets:
            with self.subTest(expression=expression):
                self.assertTrue(asked_for(expression))
                self.check_expression(expression)


def alerts():
    return re.findall(r"(?m)^      - alert: (\w+)$", RULES.read_text(encoding="utf-8"))


def dashboard():
    return json.loads((SHIPPED / "portguard-dashboard.json").read_text(encoding="utf-8"))


class Alerts(unittest.TestCase):
    def test_prometheus_takes_the_file(self):
        result = promtool("check", "rules", str(RULES))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{len(alerts())} rules found", result.stdout)

    def test_each_is_raised_by_what_it_should_be(self):
        result = promtool("test", "rules", str(CASES))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_each_has_a_case_in_which_it_is_raised(self):
        cases = CASES.read_text(encoding="utf-8")
        raised = set(re.findall(r"alertname: (\w+)\n        exp_alerts:\n", cases))
        self.assertEqual(raised, set(alerts()))
        self.assertEqual(len(alerts()), len(set(alerts())))

    def test_each_leads_to_its_paragraph(self):
        text = RULES.read_text(encoding="utf-8")
        for alert in alerts():
            with self.subTest(alert=alert):
                self.assertIn(f'runbook: "docs/monitoring.md#{alert.lower()}"', text)
                self.assertRegex(PAGE, rf"(?m)^### {alert}$")
        for heading in re.findall(r"(?m)^### (PortGuard\w+)$", PAGE):
            self.assertIn(heading, alerts())

    def test_each_has_a_summary_a_description_and_a_severity(self):
        blocks = RULES.read_text(encoding="utf-8").split("      - alert: ")[1:]
        for block in blocks:
            with self.subTest(block=block[:40]):
                for part in ("summary: ", "description: ", "runbook: "):
                    self.assertEqual(block.count("          " + part), 1)
                self.assertRegex(block, r"severity: (critical|warning|info)\n")


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.board = dashboard()
        self.panels = self.board["panels"]

    def test_every_panel_has_a_number_a_title_and_a_word_about_it(self):
        numbers = [panel["id"] for panel in self.panels]
        self.assertEqual(len(numbers), len(set(numbers)))
        for panel in self.panels:
            self.assertTrue(panel["title"])
            if panel["type"] != "row":
                self.assertTrue(panel["description"].endswith("."), panel["title"])
                self.assertTrue(panel["targets"])

    def test_the_data_source_is_a_variable(self):
        variables = {entry["name"]: entry for entry in self.board["templating"]["list"]}
        self.assertEqual(variables["datasource"]["type"], "datasource")
        self.assertEqual(variables["datasource"]["query"], "prometheus")
        wanted = {"type": "prometheus", "uid": "${datasource}"}
        for panel in self.panels:
            for part in [panel, *panel.get("targets", ())]:
                if panel["type"] != "row":
                    self.assertEqual(part["datasource"], wanted)
        for name in ("job", "instance", "port"):
            self.assertEqual(variables[name]["datasource"], wanted)
        used = set(re.findall(r"\$(?!__)\{?(\w+)", json.dumps(self.panels)))
        self.assertEqual(used, set(variables))

    def test_no_panel_covers_another(self):
        covered = {}
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertNotIn((x, y), covered, panel["title"])
                    covered[x, y] = panel["id"]

    def test_prometheus_understands_every_question(self):
        rules = []
        for panel in self.panels:
            for target in panel.get("targets", ()):
                expression = re.sub(r"\$__(rate_interval|range)", "5m", target["expr"])
                expression = re.sub(r"\$\w+", ".*", expression)
                rules.append({"record": f"panel:{panel['id']}:{target['refId']}",
                              "expr": expression})
        path = pathlib.Path("dashboard.yml")  # JSON is YAML
        path.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}),
                        encoding="utf-8")
        result = promtool("check", "rules", str(path))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{len(rules)} rules found", result.stdout)


if __name__ == "__main__":
    monitoring.need_promtool()
    harness.enter_folder()
    unittest.main(verbosity=2)
