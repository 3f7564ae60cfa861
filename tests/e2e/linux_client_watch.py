#!/usr/bin/env python3
"""portguardctl watch, check and wait against a fake service that misbehaves; and
docs/cli.md against their --help."""

import json
import pathlib
import re

from fake_service import ClientCase, error, free, main, result

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def note(method, **params):
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params}) + "\n"


def change(number, **more):
    return note("change", id=number, event=1100, at="2026-03-02T12:26:31.204Z", port=80,
                data={}, summary="nginx.exe holds port 80", **more)


GREETING = note("watching", id=100)


def taken(request):
    port = request["params"]["port"]
    return result(request, {"schema": 1, "port": port, "state": "in_use", "complete": True,
                            "wildcard_bindable": "no", "summary": f"nginx.exe holds port {port}",
                            "listeners": [{"address": "0.0.0.0"}], "holders": []})


class Watch(ClientCase):
    def watch(self, *lines, more=("--timeout", "1s")):
        """One subscription is told these lines; there is no second one."""
        def behave(request, connection):
            if self.server.connections > 1:
                return error(request["id"], -32601, "enough")
            connection.sendall("".join(lines).encode())
            if not lines or "bye" not in lines[-1]:
                connection.recv(1)
            return None
        self.serve(behave)
        return self.client("watch", *more)

    def test_changes_are_shown_and_what_is_unknown_is_passed_over(self):
        self.watch(GREETING, note("later", id=7), change(101), change(102, new=True))
        self.check(0)
        self.assertEqual(self.out.count("TAKEN"), 2)
        self.assertEqual(self.err, "")

    def test_a_change_that_says_nothing_is_a_line_all_the_same(self):
        self.watch(GREETING, note("change"))
        self.check(0)
        self.assertIn("CHANGE    (nothing more is known)", self.out)

    def test_words_from_outside_are_escaped(self):
        self.watch(GREETING, note("change", id=101, event=1100, summary="a\x1b[2J\u202e\nb"))
        self.assertIn("a<1B>[2J<202E><0A>b\n", self.out)

    def test_an_overflow_is_said(self):
        self.watch(GREETING, note("overflow", id=140, missed=40), change(141))
        self.check(0, "40 changes were missed", "hint: portguardctl history")
        self.assertIn("TAKEN", self.out)

    def test_an_overflow_is_an_object_as_well(self):
        self.watch(GREETING, note("overflow", id=140, missed=40), more=("--json", "--timeout", "1s"))
        self.assertEqual(json.loads(self.out), {"id": 140, "missed": 40})

    def test_it_goes_on_behind_what_it_heard(self):
        def behave(request, connection):
            first = self.server.connections == 1
            connection.sendall((GREETING + change(105) if first else
                                note("watching", id=105) + change(106)).encode())
            if not first:
                connection.recv(1)
        self.serve(behave)
        self.client("watch", "80", "443", "80", "--timeout", "2s")
        self.check(0, "the service has gone", "the service is back")
        self.assertEqual(self.out.count("TAKEN"), 2)
        self.assertEqual([request["params"] for request in self.server.requests],
                         [{"ports": [80, 443]}, {"ports": [80, 443], "since_id": 105}])

    def test_who_does_not_greet_is_no_service(self):
        for line in (change(1), note("progress"), '{"jsonrpc":"2.0","id":1,"result":{}}\n',
                     "garbage\n", '{"method":"watching"}\n'):
            with self.subTest(line=line):
                self.watch(line)
                self.check(7)
                self.server.close()
                self.server = None
                pathlib.Path(self.path).unlink()

    def test_garbage_later_ends_it_too(self):
        self.watch(GREETING, change(101), "garbage\n")
        self.check(7, "is not an answer")
        self.assertIn("TAKEN", self.out)

    def test_an_older_service_does_not_know_it(self):
        self.serve(lambda request, _: error(request["id"], -32601, 'unknown method "watch"'))
        self.client("watch")
        self.check(7, 'unknown method "watch"', "hint: ")

    def test_a_service_that_is_full_says_so(self):
        self.serve(lambda request, _: error(request["id"], -32002, "too many watch already"))
        self.client("watch")
        self.check(5, "too many watch already")

    def test_a_service_that_says_nothing_is_late(self):
        self.watch()
        self.check(5, "in time")


def entry(number, watch_id, event=1100, port=80, at="2026-03-02T12:26:32Z", **data):
    return {"id": number, "at": at, "event": event, "port": port, "watch_id": watch_id,
            "summary": f"entry {number}", "data": data}


class Missed(ClientCase):
    """What was not told comes from the history, once and in order."""

    def watch(self, lines, entries, *words, truncated=False, more=()):
        """One subscription is told these lines; the history has these entries, the
        newest first."""
        def behave(request, connection):
            if request["method"] == "history":
                return result(request, {"schema": 1, "tenancies": [], "entries": entries,
                                        "truncated": truncated, "warnings": []})
            mine = lines if not more or len(self.asked("watch")) == 1 else more
            connection.sendall("".join(mine).encode())
            if mine is more or not more:
                connection.recv(1)
            return None
        self.serve(behave)
        self.client("watch", *words, "--timeout", "1s")

    def asked(self, method):
        return [request["params"] for request in self.server.requests
                if request["method"] == method]

    def shown(self):
        return re.findall(r"entry (\d+)", self.out)

    def test_after_an_overflow(self):
        self.watch([GREETING, change(101), note("overflow", id=140, missed=39), change(141)],
                   [entry(9, 141), entry(8, 140), entry(7, None, 0, None),
                    entry(6, 102, port=443), entry(5, 101), entry(4, 99)])
        self.check(0, "39 changes came faster than they were read")
        self.assertEqual(self.shown(), ["6", "8"])
        lines = self.out.splitlines()
        self.assertEqual([line.endswith(" (missed)") for line in lines],
                         [False, True, True, False])
        self.assertEqual(self.asked("history"),
                         [{"since": "2026-03-02T12:26:31.204Z", "limit": 10000}])

    def test_as_objects(self):
        self.watch([GREETING, note("overflow", id=140, missed=40), change(141)],
                   [entry(8, 140), entry(6, 102)], "--json")
        self.check(0)
        overflow, first, second, live = [json.loads(line) for line in self.out.splitlines()]
        self.assertEqual(overflow, {"id": 140, "missed": 40})
        self.assertEqual(first, {"id": 102, "event": 1100, "at": "2026-03-02T12:26:32Z",
                                 "port": 80, "data": {}, "summary": "entry 6", "missed": True})
        self.assertEqual((second["id"], second["missed"]), (140, True))
        self.assertEqual(set(live), set(first) - {"missed"})

    def test_only_of_the_ports_that_were_named(self):
        self.watch([GREETING, note("overflow", id=140, missed=40)],
                   [entry(9, 109, 1210, 8016, first=8016, last=8115), entry(8, 108, port=None),
                    entry(7, 107, port=443), entry(6, 106, port=81), entry(5, 105)],
                   "80", "8100", "443")
        self.assertEqual(self.shown(), ["5", "7", "9"])

    def test_after_a_restart(self):
        self.watch([GREETING, change(101)],
                   [entry(9, 5001), entry(8, 5000), entry(7, None, 1000, None),
                    entry(6, None, 1001, None), entry(5, 103, port=443), entry(4, 101)],
                   "80", more=[note("watching", id=5000), note("overflow", id=5000, missed=None),
                               change(5001)])
        self.check(0, "the service has gone", "the service is back")
        self.assertNotIn("not known", self.err)
        self.assertEqual(self.shown(), ["6", "7", "8"])
        self.assertIn("STARTED", self.out)
        self.assertEqual(self.asked("watch")[1], {"ports": [80], "since_id": 101})

    def test_after_a_clock_that_was_set_back(self):
        self.watch([GREETING, change(101)],
                   [entry(7, None, 1000, None), entry(5, 103), entry(4, 101), entry(3, 51)],
                   more=[note("watching", id=50), note("overflow", id=50, missed=None)])
        self.assertEqual(self.shown(), ["5", "7"])

    def test_twice_the_same_is_not_told_twice(self):
        self.watch([GREETING, note("overflow", id=140, missed=40),
                    note("overflow", id=150, missed=10)],
                   [entry(9, 145, at="2026-03-02T12:26:40Z"), entry(8, 140), entry(7, 102)])
        self.assertEqual(self.shown(), ["7", "8", "9"])
        self.assertEqual(self.asked("history")[1]["since"], "2026-03-02T12:26:32.001Z")

    def test_a_history_that_does_not_go_back_far_enough_says_so(self):
        self.watch([GREETING, note("overflow", id=140, missed=40)], [entry(8, 140)],
                   truncated=True)
        self.check(0, "40 changes were missed", "hint: portguardctl history")
        self.assertEqual(self.shown(), ["8"])

    def test_a_restart_that_it_does_not_know_of_says_so_too(self):
        self.watch([GREETING], [], more=[note("watching", id=5000),
                                         note("overflow", id=5000, missed=None)])
        self.check(0, "what changed while the service was away is not known here",
                   "hint: portguardctl history")

    def test_nonsense_is_survived(self):
        self.watch([GREETING, note("overflow", id=140, missed=40)],
                   [7, None, {}, {"watch_id": 120}, entry("x", 121, "y", "z", at=5), entry(5, 1.5),
                    entry(6, 130, summary="")])
        self.check(0)
        self.assertEqual(self.shown(), ["6"])


class Check(ClientCase):
    def test_an_answer_without_a_word_about_it_is_unknown(self):
        self.serve(lambda request, _: result(request, {"port": 80, "state": "free"}))
        self.client("check", "80")
        self.check(3)
        self.assertEqual(self.out, "TCP 80  UNKNOWN  (nothing more is known)\n")

    def test_an_answer_without_a_state_is_none(self):
        self.serve(lambda request, _: result(request, {"port": 80}))
        self.client("check", "80")
        self.check(7, "has no state")

    def test_errors_have_their_exit_codes(self):
        for code, expected in ((-32001, 4), (-32002, 5), (-32003, 5), (-32603, 7)):
            with self.subTest(code=code):
                self.serve(lambda request, _, code=code: error(request["id"], code, "no"))
                self.client("check", "80")
                self.check(expected)
                self.server.close()
                self.server = None
                pathlib.Path(self.path).unlink()


class Wait(ClientCase):
    def wait(self, *answers, news=(), more=()):
        """The state is asked for so many times, and each time but the last there is news."""
        left, told = list(answers), list(news)

        def behave(request, connection):
            if request["method"] == "status":
                return left.pop(0)(request)
            connection.sendall((GREETING + "".join(told)).encode())
            connection.recv(1)
            return None
        self.serve(behave)
        self.client("wait", "80", "--until", "free", *more)
        return left

    def test_it_looks_again_only_when_it_is_told_of_a_change(self):
        self.assertEqual(self.wait(taken, taken, free, news=[change(101), change(102)]), [])
        self.check(0)
        self.assertEqual([request["method"] for request in self.server.requests],
                         ["watch", "status", "status", "status"])

    def test_without_a_change_it_does_not_ask(self):
        self.assertEqual(len(self.wait(taken, free, more=("--timeout", "2s"))), 1)
        self.check(1, "port 80: not free in time")

    def test_it_looks_after_an_overflow(self):
        self.wait(taken, free, news=[note("overflow", id=500, missed=399)])
        self.check(0)

    def test_what_may_end_without_a_word_is_asked_for_again(self):
        def doubt(request):
            return result(request, {"port": 80, "state": "free", "complete": True,
                                    "wildcard_bindable": "unknown"})
        self.assertEqual(self.wait(doubt, doubt, free), [])
        self.check(0)

    def test_an_error_ends_it(self):
        self.wait(lambda request: error(request["id"], -32603, "out of order"))
        self.check(7, "out of order")

    def test_a_state_that_is_never_told_is_late(self):
        self.serve(lambda request, connection: connection.sendall(GREETING.encode())
                   if request["method"] == "watch" and connection.recv(1) else
                   connection.recv(1) and None)
        self.client("wait", "80", "--until", "free", "--timeout", "1s")
        self.check(5, "in time")


class Page(ClientCase):
    """docs/cli.md says what --help says of these verbs."""

    def section(self, title):
        page = (SOURCE / "docs" / "cli.md").read_text(encoding="utf-8")
        return page[page.index(f"\n## {title}\n"):].split("\n## ")[1]

    def test_every_option_of_theirs_is_explained(self):
        for verb in "check", "wait", "watch":
            self.client(verb, "--help", pipe=False)
            self.check(0)
            own = self.out.split("Options of every verb")[0]
            section = self.section("watch" if verb == "watch" else "check and wait")
            for option in re.findall(r"^  (--[a-z]+)", own, re.M):
                self.assertIn(option, section)
            self.assertIn(f"portguardctl {verb} ", section)

    def test_each_shell_has_its_example(self):
        section = self.section("check and wait")
        for words in ("\n    portguardctl wait 80 --until free && nginx\n", "in cmd:",
                      "if ($LASTEXITCODE -eq 0)", "then nginx; fi"):
            self.assertIn(words, section)

    def test_every_exit_code_is_on_the_page(self):
        codes = re.findall(r"^\| (\d) \|", self.section("check and wait"), re.M)
        self.assertEqual(codes, ["0", "1", "2", "3", "5"])


if __name__ == "__main__":
    main()
