"""Events that were really emitted, at least one of each ID: docs/events.md is held against
them, and every query that is shipped or documented is asked of them. (That no event has
more than the page says is looked at after every other test, too.)"""

import copy
import json
import re
import unittest

import packages

packages.need("lxml")

import enterprise_page  # noqa: E402 (lxml may only be there for another Python)
import event_files  # noqa: E402
import event_filter  # noqa: E402
import event_samples  # noqa: E402
import events_page  # noqa: E402
import harness  # noqa: E402
from event_files import FORWARDING_NAMES, TASK_NAMES  # noqa: E402
from harness import (ServiceCase, capture, listener, process, service,  # noqa: E402
                     write_capture)

EMITTED = []


def setUpModule():
    EMITTED.extend(event_samples.emitted())


class Page(unittest.TestCase):
    def of(self, event_id):
        return [event["data"] for event in EMITTED if event["event"] == event_id]

    def test_every_event_of_the_page_was_emitted(self):
        missing = set(events_page.described()) - {event["event"] for event in EMITTED}
        self.assertEqual(missing, set())

    def test_every_emitted_event_is_as_the_page_says(self):
        events_page.check(EMITTED)

    def test_every_member_of_the_page_was_emitted(self):
        for event_id, told in events_page.described().items():
            with self.subTest(event=event_id):
                seen = {member for data in self.of(event_id) for member in data}
                self.assertEqual(told.members - seen, set())

    def test_every_member_of_a_holder_was_emitted(self):
        holders = [holder for event in EMITTED
                   for holder in events_page.holders_of(event["data"])]
        self.assertEqual({member for holder in holders for member in holder},
                         events_page.holder_members())

    def test_the_check_would_find_a_fault(self):
        [event] = [event for event in EMITTED if event["event"] == 1003]
        for spoilt in (dict(event, strings=event["strings"][1:]), dict(event, event=1999),
                       dict(event, level="info"), dict(event, category="port"),
                       dict(event, data=dict(event["data"], more=1)),
                       dict(event, data=dict(event["data"], event=1002))):
            self.assertEqual(len(events_page.faults(spoilt)), 1, spoilt)


def written_out(number, event, **more):
    data = json.dumps(event["data"], separators=(",", ":"), ensure_ascii=False)
    return event_filter.event_xml(event, data, number, **more)


class QueryCase(unittest.TestCase):
    """With a log of what was emitted, and the same events once more from another source:
    whoever selects those has forgotten to ask for PortGuard's."""

    @classmethod
    def setUpClass(cls):
        cls.events = EMITTED + EMITTED
        ours = [written_out(number, event) for number, event in enumerate(EMITTED)]
        others = [written_out(number, event, provider="Other")
                  for number, event in enumerate(EMITTED, len(EMITTED))]
        latest = max(event["data"]["at"] for event in EMITTED)
        cls.log = event_filter.Log(ours + others, event_filter.milliseconds(latest))

    def ids(self, selected):
        self.assertLess(max(selected, default=0), len(EMITTED), "events of others")
        return {self.events[number]["event"] for number in selected}

    def all_of(self, *ids):
        return {number for number, event in enumerate(EMITTED) if event["event"] in ids}


def is_told(event):
    """Of ports that nobody guards only that they flap: that is a warning anywhere."""
    return event["event"] == 1103 or bool(event["data"].get("guarded", True))


class Shipped(QueryCase):
    def test_every_query_asks_for_our_source_in_our_log(self):
        source, channel = event_files.constants()
        for name, queries in event_files.shipped().items():
            for part in queries.iter("Query", "Select", "Suppress"):
                self.assertEqual(part.get("Path"), channel, name)
            for part in queries.iter("Select"):
                self.assertIn(f"Provider[@Name='{source}']", part.text, name)

    def test_every_select_selects_something_and_nothing_of_others(self):
        for name, queries in event_files.shipped().items():
            for part in queries.iter("Select"):
                with self.subTest(file=name, query=part.text):
                    self.assertTrue(self.ids(self.log.select(part.text)))

    def test_the_first_view_shows_everything(self):
        view, ports = event_files.VIEWS[::-1]
        self.assertEqual((view.name, ports.name), ("PortGuard.xml", "PortGuard-Ports.xml"))
        self.assertEqual(self.log.select_list(event_files.view_query(view)),
                         set(range(len(EMITTED))))

    def test_the_second_view_shows_guarded_ports_and_rules(self):
        [path] = [path for path in event_files.VIEWS if path.name == "PortGuard-Ports.xml"]
        selected = self.log.select_list(event_files.view_query(path))
        self.assertEqual(self.ids(selected), {1100, 1101, 1102, 1103, *range(1300, 1308)})
        self.assertLessEqual(self.all_of(*range(1300, 1308)), selected)
        for number in self.all_of(1100, 1101, 1102, 1103):
            self.assertEqual(number in selected, is_told(EMITTED[number]), EMITTED[number])

    def test_the_subscription_leaves_out_what_is_many_and_guarded_by_nobody(self):
        selected = self.log.select_list(event_files.subscription_query())
        left_out = {1206, 1207, 1210, 1211}
        everything = set(events_page.described())
        self.assertEqual(self.ids(selected), everything - left_out)
        for number in self.all_of(*everything - left_out):
            self.assertEqual(number in selected, is_told(EMITTED[number]), EMITTED[number])

    def test_the_page_tells_what_the_subscription_has(self):
        page = events_page.PAGE.read_text(encoding="utf-8")
        tree = event_files.validated(event_files.SUBSCRIPTION.read_bytes(), "subscription")
        for element in ("MaxLatencyTime", "MaxItems", "ReadExistingEvents", "ContentFormat",
                        "AllowedSourceDomainComputers", "LogFile", "TransportName"):
            [row] = re.findall(rf"^\| `{element}`.*\|$|^\| .*, `{element}` \|.*\|$", page, re.M)
            told = event_files.text_at(tree, f"//s:{element}", FORWARDING_NAMES)
            told = f"{int(told):,}" if told.isdecimal() else told
            self.assertIn(told, row)
        [heartbeat] = tree.xpath("//s:Heartbeat/@Interval", namespaces=FORWARDING_NAMES)
        self.assertIn(f"| {int(heartbeat):,} ms", page)


class Task(QueryCase):
    def setUp(self):
        self.tree = event_files.validated(event_files.TASK.read_bytes(), "task")

    def at(self, path):
        return self.tree.xpath(path, namespaces=TASK_NAMES)

    def test_it_starts_when_port_80_is_taken_and_not_for_others(self):
        selected = self.log.select_list(event_files.task_query())
        wanted = {number for number in self.all_of(1100, 1102)
                  if EMITTED[number]["data"]["port"] == 80}
        self.assertEqual(selected, wanted)
        self.assertEqual(self.ids(selected), {1100, 1102})

    def test_no_text_of_an_event_reaches_the_command_line(self):
        """Task Scheduler would put it there as it is."""
        [arguments] = self.at("//t:Arguments/text()")
        values = {value.get("name"): value.text for value in self.at("//t:Value")}
        self.assertEqual(set(re.findall(r"\$\((\w*)", arguments)), set(values))
        numbers = {"Event/System/EventRecordID"}
        self.assertLessEqual(set(values.values()), numbers)
        for place in self.log.events:
            for path in values.values():
                self.assertRegex(place.xpath(f"string({path})"), r"^\d+$")

    def test_the_script_asks_for_the_event_by_its_number(self):
        [arguments] = self.at("//t:Arguments/text()")
        [query] = re.findall(r"-FilterXPath '([^']*)'", arguments)
        for number in self.all_of(1100, 1102):
            self.assertEqual(self.log.select(query.replace("$(EventRecordID)", str(number))),
                             {number})

    def test_the_script_says_who_holds_the_port_now(self):
        """Where in the strings that is, it has in its own words."""
        [arguments] = self.at("//t:Arguments/text()")
        found = re.search(r"if \(\$e\.Id -eq 1102\) { \$who = \$s\[(\d)\] } "
                          r"else { \$who = \$s\[(\d)\] }", arguments)
        for event_id, place in ((1102, int(found[1])), (1100, int(found[2]))):
            for number in self.all_of(event_id):
                event = EMITTED[number]
                holder = event["data"]["holders"][0]
                name = holder["service"] or holder["process"]
                known = holder["confidence"] != "unknown"
                self.assertIn(name if known else "", event["strings"][place])

    def test_nothing_in_it_takes_text_for_a_command(self):
        [command], [arguments] = self.at("//t:Command/text()"), self.at("//t:Arguments/text()")
        self.assertTrue(command.startswith("%SystemRoot%\\System32\\"), command)
        self.assertNotRegex(arguments.lower(), r"invoke-expression|iex|scriptblock|cmd")
        self.assertEqual(arguments.count('"'), 2)
        self.assertNotIn("%", arguments.replace("| ForEach-Object", ""))

    def test_what_it_shows_of_an_event_is_short_and_controls_nothing(self):
        """Anybody may write an event of our source, and what a window shows they choose."""
        [arguments] = self.at("//t:Arguments/text()")
        before, shown = arguments.split("; Add-Type")
        self.assertTrue(before.endswith(
            "; $who = [string]$who -replace '[\\p{C}\\p{Zl}\\p{Zp}]', ' '; "
            "if ($who.Length -gt 260) { $who = $who.Substring(0, 260) + '...' }"), before)
        self.assertEqual(re.findall(r"\$(?!true|false)\w+", shown), ["$who"])

    def test_it_runs_with_no_more_rights_than_who_sees_it(self):
        self.assertEqual(self.at("//t:RunLevel/text()"), ["LeastPrivilege"])
        self.assertEqual(self.at("//t:GroupId/text()"), ["S-1-5-32-545"])

    def test_schtasks_reads_it_in_whatever_code_page(self):
        content = event_files.TASK.read_bytes()
        self.assertTrue(content.isascii())
        self.assertFalse(content.startswith(b"<?xml"), "a string in PowerShell is UTF-16")


class Documented(QueryCase):
    def test_every_query_selects_something_of_ours_alone(self):
        for where, selected in event_files.documented(self.log):
            with self.subTest(where):
                self.assertTrue(self.ids(selected), "it selects nothing")

    def test_no_query_is_overlooked(self):
        found = len(list(event_files.documented(self.log)))
        self.assertEqual(found, event_files.queries_written())
        self.assertGreater(found, 8)


class Schemas(unittest.TestCase):
    """What they are there to find, they find."""

    def assert_refused(self, path, schema, old, new):
        content = path.read_bytes().decode()
        self.assertIn(old, content)
        with self.assertRaises(event_files.etree.DocumentInvalid):
            event_files.validated(content.replace(old, new).encode(), schema)

    def test_a_task(self):
        for old, new in (("IgnoreNew<", "Ignore<"), ("LeastPrivilege", "Least"),
                         ('Context="Users"', 'Context="Others"'), (">PT10M", ">10M"),
                         ("<Priority>7", "<Priority>70"), ("<Command>", "<Command/><Command>"),
                         ("EventTrigger>", "EventTriggers>"), ('"1.2"', '"2.1"')):
            self.assert_refused(event_files.TASK, "task", old, new)

    def test_a_subscription(self):
        for old, new in (("SourceInitiated", "Sources"), ("300000", "5 min"),
                         ("(A;;GA;;;NS)", "(A;;GA;;NS)"), (">false<", ">no<"),
                         (">Events<", ">Event<"), ("Locale Language", "Locale Lang")):
            self.assert_refused(event_files.SUBSCRIPTION, "subscription", old, new)

    def test_a_view(self):
        for old, new in (("<UserQuery />", ""), ("QueryNode", "Query"), ("Id=", "ID="),
                         ('Path="Application"', "")):
            self.assert_refused(event_files.VIEWS[0], "event-view", old, new)


class Subset(unittest.TestCase):
    """The part of XPath that Windows has."""

    GOOD = ("*", "*[System]", "Event/System[EventID=1]", "*[System[(EventID=1) or Level=2]]",
            "*[System[Provider[@Name='a'] and TimeCreated[timediff(@SystemTime) <= 5]]]",
            "*[System[Band(Keywords,4503599627370496)]]", "*[EventData[Data[2]='x']]",
            "*[EventData[Data[position()=2]='x']]", "*[EventData/Data='x'] and *[System]",
            "*[EventData[Data[@Name='a']='b']]")
    BAD = ("*[EventData[contains(Data,'80')]]", "*[not(System)]", "//System", "*/..", "*[.='a']",
           "*[System[Level='a' + 1]]", "*[System[Levels=1]]", "*[System[Provider[@Nam='a']]]",
           "*[EventData[Data=$a]]", "*[System[Level=1]", "*[EventData[1]]", "*[System | Event]",
           "*[descendant::Data='a']", "*[EventData[Data/text()='a']]", "*[System[EventID=1,2]]",
           "*[System[TimeCreated[timediff()<5]]]", "", "*[System[Level=1 and]]",
           "*[System[" + " or ".join(f"EventID={number}" for number in range(21)) + "]]")

    def test_what_is_in_it(self):
        for query in self.GOOD:
            event_filter.check(query)

    def test_what_is_not(self):
        for query in self.BAD:
            with self.subTest(query), self.assertRaises(event_filter.BadQuery):
                event_filter.check(query)

    def test_a_log_is_asked_as_windows_would(self):
        event = {"event": 1100, "level": "warning", "category": "port", "strings": ["80", "x"],
                 "data": {"at": "2026-03-02T12:00:00.000Z"}}
        later = copy.deepcopy(event)
        later["data"]["at"] = "2026-03-02T12:00:10.000Z"
        log = event_filter.Log([written_out(1, event), written_out(2, later)],
                               event_filter.milliseconds("2026-03-02T12:00:12Z"))
        for query, selected in (
                ("*[System[TimeCreated[timediff(@SystemTime) <= 3000]]]", {1}),
                ("*[System[Band(Keywords,36028797018963968)]]", {0, 1}),
                ("*[System[Band(Keywords,1)]]", set()), ("*[EventData[Data[2]='80']]", set()),
                ("*[EventData[Data='80']] and *[System[EventRecordID=2]]", {1})):
            self.assertEqual(log.select(query), selected, query)


class Enterprise(unittest.TestCase):
    """docs/enterprise.md: its figures agree with each other, with the code and with the
    sizes of what was emitted."""

    TOLERANCE = 0.15  # of a size: names and numbers in an event vary a little

    def test_every_formula_gives_the_value_beside_it(self):
        names = enterprise_page.put_in()
        for name, formula, shown in enterprise_page.reckoned():
            with self.subTest(name, formula=formula):
                self.assertNotIn(name, names)
                value = enterprise_page.evaluate(formula, names)
                self.assertEqual(enterprise_page.as_shown(value, shown), shown)
                names[name] = value
        self.assertGreater(len(names), 40)

    def test_everything_that_is_put_in_is_used(self):
        formulas = " ".join(formula for _, formula, _ in enterprise_page.reckoned())
        sizes = {name for name, *_ in enterprise_page.rows_of("name", "value", "event")}
        for name in set(enterprise_page.put_in()) - sizes:
            self.assertRegex(formulas, rf"\b{name}\b")

    def test_limits_are_those_of_the_code(self):
        rows = enterprise_page.rows_of("name", "value", "constant")
        self.assertGreater(len(rows), 4)
        for name, value, constant in rows:
            self.assertEqual(enterprise_page.number(value),
                             enterprise_page.limit(constant.strip("`")), name)

    def test_sizes_are_those_of_emitted_events(self):
        rows = enterprise_page.rows_of("name", "value", "event")
        self.assertGreater(len(rows), 5)
        for name, value, *_ in rows:
            what, event_id = name.split("_")
            sizes = [size(event, what == "chars") for event in EMITTED
                     if event["event"] == int(event_id)]
            near = min(sizes, key=lambda size, told=enterprise_page.number(value):
                       abs(size - told))
            self.assertAlmostEqual(near / enterprise_page.number(value), 1, msg=name,
                                   delta=self.TOLERANCE)

    def test_frequent_events_are_no_longer_than_the_one_that_stands_for_them(self):
        told = enterprise_page.put_in()["chars_1102"]
        for event in EMITTED:
            if event["event"] in (1001, 1006, 1100, 1101, 1102, 1103):
                self.assertLessEqual(size(event, True), told * (1 + self.TOLERANCE), event)

    def test_every_event_that_the_limiter_holds_back_shares_a_count(self):
        """The 20 of flood_machine."""
        exempt = (event_files.SOURCE / "service/eventlog/emit.c").read_text(encoding="utf-8")
        cases = re.search(r"return true;\n(.*?)return false;", exempt, re.S)[1]
        [formula] = [formula for name, formula, _ in enterprise_page.reckoned()
                     if name == "flood_machine"]
        self.assertIn(f"keys + {cases.count('case PG_EVENT_')})", formula)

    def test_every_member_to_index_is_one_that_events_have(self):
        members = set.union(*(told.members for told in events_page.described().values()))
        for cell, *_ in enterprise_page.rows_of("member"):
            for name in cell.replace("`", "").split(", "):
                first, _, inner = name.partition(".")
                self.assertIn(first, members | events_page.COMMON)
                self.assertIn(inner or "kind", events_page.holder_members())


def size(event, whole):
    """Characters of the JSON, or of all strings."""
    data = json.dumps(event["data"], separators=(",", ":"), ensure_ascii=False)
    return len(data) + whole * sum(map(len, event["strings"]))


class Confusion(ServiceCase):
    """Queries with Data='80' take an event for one about port 80 when any of its strings
    is that. docs/events.md says who could bring that about."""

    def taken(self, *services):
        processes = [process(700, "80", "80")]
        started = self.start(capture([], processes, services))
        write_capture("host.json", capture([listener(443, 700)], processes, services))
        return started.wait_event(1100, 443)

    def test_a_program_cannot(self):
        self.assertNotIn("80", self.taken()["strings"])

    def test_a_service_can_by_its_name(self):
        taken = self.taken(service("80", "80", 700))
        self.assertEqual(taken["strings"][:2], ["443", "80"])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
