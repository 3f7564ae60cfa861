"""`portguardctl graph`: what Graphviz makes of it, for every capture there is."""

import json
import os
import shutil
import subprocess
import unittest

import harness
from harness import PATIENCE, ServiceCase, run, write_capture

CAPTURES = sorted((harness.SOURCE / "tests" / "fixtures" / "captures").glob("*.json"))
USAGE = 64

HOSTILE = ['a"];n9 [label="x', "back\\slash\\", "<b>html</b>", "&#27;&lt;script&gt;",
           "esc\x1b[2J\u202e", "]; } digraph x { a -> b", "\\N\\G\\l", "x" * 600, '"', "\\"]


def dot():
    found = shutil.which("dot")
    if found is None:
        raise unittest.SkipTest("Graphviz is not installed: scripts/deps test")
    return found


def drawn(text):
    """The picture that Graphviz makes of `text`, without a complaint."""
    result = subprocess.run([dot(), "-Tsvg"], input=text, capture_output=True, text=True,
                            timeout=PATIENCE, check=False,
                            env={**os.environ, "LC_ALL": "C.UTF-8"})
    complaints = [line for line in result.stderr.splitlines() if "Fontconfig" not in line]
    assert (result.returncode, complaints) == (0, []), result.stderr
    return result.stdout


def hostile_machine():
    """A service chain, a queue and a process, all with names made to break out."""
    services = [harness.service(name, name, 7, depends_on=HOSTILE[i + 1:i + 2])
                for i, name in enumerate(HOSTILE)]
    return harness.capture([harness.listener(80, 7)], [harness.process(7, HOSTILE[0])],
                           services)


class Graph(ServiceCase):
    def graph(self, pipe, port, *arguments):
        result = run("portguardctl", "--pipe", pipe, "graph", str(port), *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def ports(self, pipe):
        with harness.Connection(pipe) as connection:
            listed = connection.ask("list")
        return [row["port"] for row in listed["ports"]][:6] + [9]

    def check(self, pipe, port):
        answer = json.loads(self.graph(pipe, port, "--json"))
        self.assertEqual(answer["nodes"][0]["label"], f"TCP {port}")
        picture = drawn(self.graph(pipe, port, "--format", "dot"))
        self.assertEqual(picture.count('class="node"'), len(answer["nodes"]))
        self.assertEqual(picture.count('class="edge"'), len(answer["edges"]))
        tree = self.graph(pipe, port)
        self.assertLessEqual(max(map(len, tree.splitlines())), 80)
        chart = self.graph(pipe, port, "--format", "mermaid")
        self.assertTrue(chart.startswith("flowchart LR\n"))

    def test_every_capture_is_drawn(self):
        dot()
        self.assertTrue(CAPTURES)
        for path in CAPTURES:
            with self.subTest(capture=path.stem):
                pipe = path.stem + ".sock"
                started = self.start(path.read_bytes(), path.stem, pipe)
                for port in self.ports(pipe):
                    self.check(pipe, port)
                self.assertEqual(started.stop(), 0)

    def test_hostile_names_stay_labels(self):
        dot()
        self.start(hostile_machine(), "hostile")
        self.check("hostile.sock", 80)

    def test_the_tree_names_the_holder_and_what_hangs_on_it(self):
        content = harness.web_host()
        content["services"].append(
            {**harness.service("Shop", "Web shop", 0, depends_on=["W3SVC"]), "state": "stopped"})
        self.start(content, "tree")
        text = self.graph("tree.sock", 80)
        self.assertIn("service W3SVC (World Wide Web Publishing Service)  HOLDER\n", text)
        self.assertIn("needed by service Shop (Web shop), stopped\n", text)
        self.assertIn("controlled by process svchost.exe (PID 2216)\n", text)

    def test_wrong_arguments_are_quoted(self):
        write_capture("none.json", harness.web_host())
        for arguments, words in ((["graph"], "1-65535"), (["graph", "80a"], '"80a"'),
                                 (["graph", "80", "--format", "svg"], '"svg"')):
            with self.subTest(arguments=arguments):
                result = run("portguardctl", "--pipe", "none.sock", *arguments)
                self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
                self.assertIn(words, result.stderr)
                self.assertIn("\nhint: portguardctl ", result.stderr)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
