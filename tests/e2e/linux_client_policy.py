#!/usr/bin/env python3
"""portguardctl policy show|test|pause|resume against a fake service: which pipe is asked
for what, what is shown, and which exit code comes of it; and docs/cli.md against --help."""

import json
import os
import pathlib
import re

from fake_service import ClientCase, error, main, result

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE", pathlib.Path(__file__).parents[2]))
FIXTURES = SOURCE / "tests" / "fixtures" / "client"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


ANSWERS = {"policy.show": fixture("policy_show_one"), "policy.test": fixture("policy_test_stop"),
           "policy.pause": {"schema": 1, "rule": "keep-80-free",
                            "paused_until": "2226-03-02T14:26:31Z", "warnings": []},
           "policy.resume": {"schema": 1, "rule": None, "warnings": ["x\u202ey"]}}


class Policy(ClientCase):
    def behave(self, request, _):
        return result(request, ANSWERS[request["method"]])

    def control(self, *words):
        return self.client("policy", *words, "--control", self.path, pipe=False)

    def sent(self):
        return [(r["method"], r["params"]) for r in self.server.requests]

    def again(self, behave):
        """Another service under the same name."""
        if self.server:
            self.server.close()
            self.server = None
            os.unlink(self.path)
        self.serve(behave)

    def test_show_asks_the_status_pipe(self):
        self.serve(self.behave)
        self.client("policy", "show")
        self.check(0)
        self.assertEqual(self.sent(), [("policy.show", {})])
        self.assertIn("ENFORCING  keep-80-free\n"
                      "  Does        stops W3SVC, MsDepSvc when they have held port 80 for 2 s\n",
                      self.out)
        self.assertEqual(self.err, "")

    def test_test_passes_on_what_was_typed(self):
        self.serve(self.behave)
        self.client("policy", "test", "--port", "80", "--at", "2026-03-02T09:00",
                    "--service", "W3SVC")
        self.check(0)
        self.client("policy", "test", "--at=tomorrow", "--port=65535")
        self.check(0)
        self.assertEqual(self.sent(), [
            ("policy.test", {"port": 80, "service": "W3SVC", "at": "2026-03-02T09:00"}),
            ("policy.test", {"port": 65535, "at": "tomorrow"})])
        self.assertTrue(self.out.startswith("TCP 80  WOULD STOP  W3SVC once it has held"), self.out)

    def test_pause_and_resume_ask_the_control_pipe_at_once(self):
        self.serve(self.behave)
        self.control("pause", "keep-80-free", "--for", "2h")
        self.check(0)
        self.assertTrue(self.out.startswith("PAUSED  keep-80-free, until 2226-03-02 "), self.out)
        self.control("pause", "--for", "30d")
        self.control("resume", "keep-80-free")
        self.control("resume")
        self.check(0)
        self.assertEqual(self.out, "RESUMED  all rules: pauses and suspensions are over, strikes "
                                   "forgotten\n\nNote  x<202E>y\n")
        self.assertEqual(self.sent(), [
            ("policy.pause", {"rule": "keep-80-free", "for_s": 7200}),
            ("policy.pause", {"for_s": 2592000}),
            ("policy.resume", {"rule": "keep-80-free"}), ("policy.resume", {})])

    def test_an_empty_name_is_not_every_rule(self):
        self.serve(self.behave)
        self.control("pause", "", "--for", "30")
        self.control("resume", "")
        self.assertEqual(self.sent(), [("policy.pause", {"rule": "", "for_s": 30}),
                                       ("policy.resume", {"rule": ""})])

    def test_json_is_the_result(self):
        self.serve(self.behave)
        for words in (("show",), ("test", "--port", "80")):
            self.client("policy", *words, "--json")
            self.check(0)
            self.assertEqual(json.loads(self.out), ANSWERS[f"policy.{words[0]}"])
        for words in (("pause", "--for", "1d"), ("resume",)):
            self.control(*words, "--json")
            self.check(0)
            self.assertEqual(json.loads(self.out), ANSWERS[f"policy.{words[0]}"])
            self.assertTrue(self.out.isascii())

    def test_errors_have_their_exit_codes(self):
        for code, exit_code in ((-32004, 7), (-32001, 4), (-32002, 5), (-32602, 64)):
            self.again(lambda request, _, code=code: error(
                request["id"], code, "no rule \"x\x1b\"", hint="portguardctl policy show"))
            self.control("pause", "x", "--for", "1m")
            self.check(exit_code, 'no rule "x<1B>"', "hint: portguardctl policy show")
            self.control("resume", "x", "--json")
            self.check(exit_code)
            self.assertEqual(json.loads(self.out)["error"]["code"], code)
        self.again(lambda request, _: error(request["id"], -32602, "at: cannot be read", param="at"))
        self.client("policy", "test", "--port", "80", "--at", "noon")
        self.check(64, "at: cannot be read", "hint: ")

    def test_without_a_service_there_is_no_look_of_ones_own(self):
        for words in (("show",), ("test", "--port", "80")):
            self.client("policy", *words)
            self.check(5, "hint: ")
            self.assertEqual(self.out, "")
        self.control("resume")
        self.check(5)

    def test_arguments_are_checked_before_anybody_is_asked(self):
        for words, message in ((("test",), "policy test needs --port: expected 1-65535"),
                               (("test", "--port", "80a"), '--port "80a": expected 1-65535'),
                               (("test", "--port", "0"), '--port "0": expected 1-65535'),
                               (("test", "80"), '"80": policy test takes no arguments'),
                               (("pause",), "policy pause needs --for: expected 1 s to 30 d"),
                               (("pause", "--for", "31d"), '--for: duration "31d": expected 1 s'),
                               (("pause", "--for", "0"), '--for: duration "0": expected 1 s'),
                               (("pause", "a", "b", "--for", "1h"), '"b": policy pause takes one'),
                               (("resume", "a", "b"), '"b": policy resume takes one rule'),
                               (("resume", "--for", "1h"), '"--for" does not belong to'),
                               (("show", "--port", "80"), '"--port" does not belong to'),
                               (("show", "--at", "now"), '"--at" does not belong to'),
                               (("reload", "--service", "a"), '"--service" does not belong'),
                               ((), '"policy" needs another word: policy show, policy test, '
                                    "policy pause, policy resume, policy reload")):
            self.control(*words)
            self.check(64, message, "hint: portguardctl policy")

    def test_every_verb_has_its_help_with_an_example(self):
        for verb in "show", "test", "pause", "resume", "reload":
            self.control(verb, "--help")
            self.check(0)
            self.assertTrue(self.out.startswith(f"Usage: portguardctl policy {verb} "), self.out)
            self.assertIn(f"\n  portguardctl policy {verb}", self.out)


class Page(ClientCase):
    """docs/cli.md and --help name the same verbs and options."""

    def setUp(self):
        super().setUp()
        self.page = (SOURCE / "docs" / "cli.md").read_text(encoding="utf-8")
        self.page = self.page[:self.page.index("\n# portguardsvc")]
        self.client("--help", pipe=False)
        self.check(0)

    def rows(self, header):
        table = self.page[self.page.index(header):].split("\n\n")[0]
        return [line.split(" | ")[0] for line in table.splitlines()[2:]]

    def test_the_verbs_are_the_same(self):
        helped = {line[2:30].strip() for line in self.out.split("\n\n")[2].splitlines()}
        listed = set()
        for row in self.rows("| verb | what it tells |"):
            for verb in re.findall(r"`([^`]*)`", row):
                either = re.fullmatch(r"(.* )?(\w+)\\\|(\w+)( .*)", verb)
                if either:
                    before, one, other, after = either.groups()
                    listed |= {before + one + after, before + other + after}
                else:
                    listed.add(verb.replace(" [--format F]", ""))
        self.assertEqual(listed, helped)

    def test_the_options_are_the_same(self):
        helped = set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", self.out, re.M))
        listed = {option for row in self.rows("| option | |")
                  for option in re.findall(r"`(--[a-z-]+)", row)}
        self.assertEqual(listed, helped)


if __name__ == "__main__":
    main()
