"""The verb `report`, and the page that portguardctl makes of it. What a browser makes of
the page is looked at in linux_report_page.py."""

import copy
import html.parser
import json
import os
import re
import stat
import threading
import unittest

import fake_service
import harness
import past
from harness import ServiceCase, listener, run, wait_until, web_host, write_capture

PORTS, USAGE, UNREACHABLE, FAILED = 64, 64, 5, 7
RANGES = "      8016        8115\n"
FIXTURE = harness.SOURCE / "tests" / "fixtures" / "client" / "report_host.json"


def host(ranges=""):
    """IIS on 80, nginx on 8080, and what is guarded beside them."""
    text = harness.NO_RANGES.replace("* -", ranges + "* -")
    return {**web_host(), "excluded_port_ranges_text": {"ipv4": text, "ipv6": text}}


def configuration(ports, **more):
    with open("config.json", "w", encoding="ascii") as file:
        json.dump({"version": 1, "guarded_ports": ports, **more}, file)
    return ["--config", "config.json"]


class Verb(ServiceCase):
    """Each test has a history of its own."""

    def setUp(self):
        self.state = self.id().rsplit(".", maxsplit=1)[-1]

    def begin(self, content, ports=(80, 443, "8000-8090"), history=True):
        more = ["--state", self.state] if history else []
        return self.start(content, more=[*configuration(list(ports)), *more])

    def report(self, service, **params):
        return self.connect(service.pipe).ask("report", **params)

    def test_guarded_ports_of_which_there_is_anything_to_tell(self):
        service = self.begin(host(RANGES))
        report = self.report(service)
        self.assertEqual([port["port"] for port in report["ports"]], [80, 8016, 8080])
        self.assertTrue(all(port["guarded"] for port in report["ports"]))
        self.assertEqual(report["quiet_ports"], [443, "8000-8015"])
        self.assertEqual(report["reserved_ports"], ["8017-8079", "8081-8090"])
        self.assertEqual((report["left_out_ports"], report["warnings"]), ([], []))
        self.assertTrue(report["complete"])
        self.assertEqual(report["until"], report["generated_at"])

    def test_a_port_is_told_as_by_the_other_verbs(self):
        service = self.begin(host())
        connection = self.connect(service.pipe)
        port = connection.ask("report", ports=[80])["ports"][0]
        status, graph = connection.status(80), connection.ask("graph", port=80)
        history = connection.ask("history", port=80)
        policy = connection.ask("policy.show")
        for answer in port["status"], status, port["graph"], graph:
            for key in [key for key in answer if key.endswith("_ms") or key in
                        ("sampled_at", "history")]:
                del answer[key]
        self.assertEqual((port["status"], port["graph"]), (status, graph))
        for key in "tenancies", "entries", "truncated":
            self.assertEqual(port[key], history[key])
        self.assertEqual(connection.ask("report")["policy"]["rules"], policy["rules"])

    def test_ports_that_are_named_come_in_their_order(self):
        service = self.begin(host())
        report = self.report(service, ports=[8080, 81, 8080, 80])
        self.assertEqual([(port["port"], port["guarded"]) for port in report["ports"]],
                         [(8080, True), (81, False), (80, True)])
        self.assertEqual(report["quiet_ports"], [])
        self.assertEqual(report["ports"][1]["status"]["state"], "free")

    def test_what_was_there_is_told_for_as_long_as_was_asked(self):
        service = self.begin(host(), ports=[80, 443, 3000])
        service.stop()
        past.busy_week(self.state)
        service = self.begin(host(), ports=[80, 443, 3000])
        week = self.report(service)
        self.assertEqual([port["port"] for port in week["ports"]], [80, 443])
        held = week["ports"][0]["tenancies"]
        self.assertEqual(held[0]["to"], None)
        self.assertEqual(len(held), 12)
        self.assertIn("127.0.0.2 was added to the IP listen list",
                      [entry["summary"] for entry in week["entries"]])
        hours = self.report(service, since="6h")
        self.assertEqual([len(port["tenancies"]) for port in hours["ports"]], [1, 1])
        minutes = self.report(service, since="10m")
        self.assertEqual(minutes["quiet_ports"], [443, 3000])

    def test_a_port_that_had_more_than_fits_says_so(self):
        self.begin(host()).stop()
        with past.Past(self.state) as then:
            for i in range(300):
                then.happened(i + 1, 1100, 80, f"number {i}")
        port = self.report(self.begin(host()), ports=[80])["ports"][0]
        self.assertTrue(port["truncated"])
        self.assertEqual(len(port["entries"]), 200)

    def test_without_a_history_it_comes_all_the_same(self):
        report = self.report(self.begin(host(), history=False))
        self.assertEqual([port["port"] for port in report["ports"]], [80, 8080])
        self.assertFalse(report["complete"])
        self.assertRegex(report["warnings"][0], "^nothing is told of the past: ")
        self.assertEqual(report["ports"][0]["tenancies"], [])
        self.assertEqual(report["ports"][0]["status"]["state"], "in_use")

    def test_more_ports_than_fit_are_named(self):
        tcp = [listener(8000 + i, 5120) for i in range(80)]
        service = self.begin(harness.capture(tcp), ports=["8000-8090"])
        report = self.report(service)
        self.assertEqual(len(report["ports"]), PORTS)
        self.assertEqual(report["left_out_ports"], ["8064-8079"])
        self.assertIn("16 more", report["warnings"][0])
        self.assertFalse(report["complete"])

    def test_wrong_parameters_are_quoted(self):
        connection = self.connect(self.begin(host()).pipe)
        for params, param in (({"since": "yesterday"}, "since"), ({"since": "2999-01-01"}, "since"),
                              ({"since": "2999-01-01T00:00"}, "since"), ({"port": 80}, "port"),
                              ({"ports": [0]}, "ports"), ({"ports": list(range(1, 66))}, "ports")):
            error = connection.call("report", params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, param), error)

    def test_two_of_one_user_are_made_at_a_time(self):
        """Those that are too many are told so; those that leave cost nothing."""
        service = self.begin(harness.many_listeners(3000), ports=["1024-4023"])
        connections = [self.connect(service.pipe) for _ in range(12)]
        request = {"jsonrpc": "2.0", "id": 1, "method": "report"}
        for connection in connections:
            connection.send(json.dumps(request).encode() + b"\n")
        for connection in connections[::3]:
            connection.close()
        answers = [connection.line() for i, connection in enumerate(connections) if i % 3]
        self.assertTrue(any("result" in answer for answer in answers))
        for answer in answers:
            self.assertIn(answer.get("error", {"code": -32002})["code"], (-32002,))
        self.report(service)

    def test_others_are_answered_while_it_is_made(self):
        service = self.begin(harness.many_listeners(20000), ports=["1-65535"])
        over = threading.Event()

        def keep_asking():
            with harness.Connection(service.pipe) as connection:
                while not over.is_set():
                    connection.ask("report")

        asking = threading.Thread(target=keep_asking)
        asking.start()
        try:
            with harness.Connection(service.pipe) as connection:
                for _ in range(50):
                    connection.ask("ping")
                    connection.ask("status", port=2000)
        finally:
            over.set()
            asking.join()

    def test_the_service_stops_while_it_is_made(self):
        service = self.begin(harness.many_listeners(20000), ports=["1-65535"])
        connection = self.connect(service.pipe)
        connection.send(b'{"jsonrpc":"2.0","id":1,"method":"report"}\n')
        self.assertEqual(service.stop(), 0)


class Client(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(host(), "client")

    def run(self, result=None):
        self.file = f"{self.id().split('.')[-1]}.html"
        return super().run(result)

    def client(self, *arguments, **options):
        self.done = run("portguardctl", "report", "--pipe", self.service.pipe, *arguments,
                        **options)
        return self.done.returncode

    def test_a_page_is_written(self):
        self.assertEqual(self.client("-o", self.file), 0, self.done.stderr)
        size = os.path.getsize(self.file)
        self.assertEqual(self.done.stderr,
                         f"portguardctl: {size} bytes written to {self.file}\n")
        self.assertEqual(self.done.stdout, "")
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        with open(self.file, encoding="utf-8") as file:
            page = file.read()
        self.assertTrue(page.startswith("<!DOCTYPE html>\n"))
        self.assertTrue(page.endswith("</html>\n"))
        self.assertIn('<h2>TCP 80 <span class="state in-use">IN USE</span></h2>', page)

    def test_standard_output_has_the_same_page(self):
        self.assertEqual(self.client("-o", "-"), 0)
        self.assertTrue(self.done.stdout.startswith("<!DOCTYPE html>\n"))
        self.assertEqual(self.done.stderr, "")

    def test_it_needs_to_be_told_where_to(self):
        self.assertEqual(self.client(), USAGE)
        self.assertIn("needs -o", self.done.stderr)
        self.assertIn("hint: portguardctl report -o report.html", self.done.stderr)

    def test_json_is_the_answer_itself(self):
        self.assertEqual(self.client("--json", "81"), 0)
        self.assertEqual(json.loads(self.done.stdout)["ports"][0]["port"], 81)
        self.assertEqual(self.client("--json", "-o", self.file), 0)
        with open(self.file, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["schema"], 1)

    def test_a_failure_leaves_the_old_page(self):
        with open(self.file, "w", encoding="ascii") as file:
            file.write("old")
        self.assertEqual(self.client("-o", self.file, "--since", "soon"), USAGE)
        self.assertIn('"soon"', self.done.stderr)
        self.assertEqual(self.client("-o", "no/such/folder.html"), FAILED)
        with open(self.file, encoding="ascii") as file:
            self.assertEqual(file.read(), "old")

    def test_wrong_arguments_are_said_before_anything_is_asked(self):
        for arguments, words in ((["80a"], '"80a"'), (map(str, range(1, 66)), "64 ports"),
                                 (["--open", "--json"], "--open"), (["--format", "dot"], "--format")):
            self.assertEqual(self.client("-o", "none.html", *arguments), USAGE)
            self.assertIn(words, self.done.stdout + self.done.stderr)
        self.assertFalse(os.path.exists("none.html"))

    def test_without_a_service_there_is_no_report(self):
        done = run("portguardctl", "report", "--pipe", "nobody.sock", "-o", "none.html")
        self.assertEqual(done.returncode, UNREACHABLE)
        self.assertFalse(os.path.exists("none.html"))

    def test_the_page_is_opened_in_the_program_for_it(self):
        os.makedirs("programs", exist_ok=True)
        with open("programs/xdg-open", "w", encoding="ascii") as script:
            script.write('#!/bin/sh\nprintf "%s" "$*" >opened.new\nmv opened.new opened\n')
        os.chmod("programs/xdg-open", 0o755)
        environment = {**os.environ, "PATH": os.path.abspath("programs") + ":/bin:/usr/bin"}
        name = "-weird; 'name'.html"
        self.assertEqual(self.client(f"-o{name}", "--open", env=environment), 0, self.done.stderr)
        wait_until(lambda: os.path.exists("opened"), "the page to be opened")
        with open("opened", encoding="utf-8") as file:
            self.assertEqual(file.read(), os.path.abspath(name))

    def test_what_is_no_page_is_not_opened(self):
        for name in "report.cmd", "report", "-":
            self.assertEqual(self.client("-o", name, "--open"), USAGE, name)
            self.assertFalse(os.path.exists(name))

    def test_the_help_and_the_page_of_the_commands_name_the_same_options(self):
        self.assertEqual(self.client("--help"), 0)
        own = self.done.stdout.split("Options of every verb")[0]
        commands = (harness.SOURCE / "docs" / "cli.md").read_text(encoding="utf-8")
        section = commands[commands.index("\n## report\n"):].split("\n## ")[1]
        for option in re.findall(r"^  (-\w|--[a-z]+)", own, re.M):
            self.assertIn(f"`{option}", section)


# What comes from outside in an answer of `report`: values of these members, and the
# elements of these lists.
OUTSIDE = {"process", "path", "name", "display_name", "label", "summary", "title", "caution",
           "queue", "known_as", "identity", "text", "message", "why", "command", "no_action"}
LISTS = {"evidence", "urls", "commands", "by_hand", "undo", "warnings", "services",
         "dependents", "checked", "accounts"}
HOSTILE = [
    "</style><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "<!-- --> --!> ]]> <![CDATA[ <svg/onload=alert(1)>",
    "</title></text></svg></table></details></section><iframe src=//x>",
    "&lt;script&gt; &#60;b&#62; &amp &nbsp",
    "\u202e\u2066\u200b\u0007\u001b[31m\u009b\u2028\ufeff",
    "javascript:alert(1) http://x/ //x/ %3Cscript%3E %n%s",
    "x" * 10000,
    "\ufffd\U0010ffff\ud7ff\U0001f4a9 \u0338\u0338\u0338" * 20,
    "<" * 500,
    "a\nb\r\nc\td  e",
    "`${alert(1)}` {{7*7}} </textarea></xmp></noscript>",
]


def poisoned(value, words, key=None):
    """A copy whose words from outside are `words`."""
    if isinstance(value, dict):
        return {name: poisoned(member, words, name) for name, member in value.items()}
    if isinstance(value, list):
        return [poisoned(element, words, key) for element in value]
    if isinstance(value, str) and key in OUTSIDE | LISTS:
        return words
    return value


class Skeleton(html.parser.HTMLParser):
    """The elements of a page and their attributes; of these the values too, where they
    are not words. Lines of a box in a graph depend on how long its words are."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.links = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag != "tspan":
            self.elements.append((tag, *attrs))

    def handle_endtag(self, tag):
        if tag != "tspan":
            self.elements.append("/" + tag)

    def handle_comment(self, data):
        self.elements.append("comment")

    handle_decl = unknown_decl = handle_pi = handle_comment


class Hostile(fake_service.ClientCase):
    """Whatever the names are, the page has the elements it has with harmless ones."""

    def page(self, answer):
        self.answer = answer
        if self.server is None:
            self.serve(lambda request, _: fake_service.result(request, self.answer))
        self.client("report", "-o", "-")
        self.check(0)
        return self.out

    def test_no_name_becomes_markup(self):
        answer = json.loads(FIXTURE.read_text(encoding="utf-8"))
        harmless = Skeleton(self.page(poisoned(answer, "harmless")))
        self.assertGreater(len(harmless.elements), 1000)
        for words in HOSTILE:
            with self.subTest(words=words[:40]):
                page = self.page(poisoned(answer, words))
                hostile = Skeleton(page)
                self.assertEqual(hostile.elements, harmless.elements)
                self.assertEqual([link for link in hostile.links if link[0] != "#"], [])
                self.assertNotIn("<script", page)
                for codepoint in "\u202e\u200b\u001b\u009b\ufeff":
                    self.assertNotIn(codepoint, page)

    def test_a_page_of_any_answer_is_closed_properly(self):
        """Every place that the protocol has, of another type."""
        answer = json.loads(FIXTURE.read_text(encoding="utf-8"))
        for strange in (None, "</h1>", -1, 1e300, [], {}, [[]], True):
            for key in answer["ports"][0]:
                changed = copy.deepcopy(answer)
                changed["ports"][0][key] = strange
                self.check_closed(self.page(changed))
            for key in answer:
                self.check_closed(self.page({**answer, key: strange}))

    def check_closed(self, page):
        void = {"meta", "br"}
        opened = []
        for element in Skeleton(page).elements[1:]:  # without the document type
            if isinstance(element, str):
                self.assertEqual(element, "/" + (opened.pop() if opened else "nothing"))
            elif element[0] not in void:
                opened.append(element[0])
        self.assertEqual(opened, [])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
