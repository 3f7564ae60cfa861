#!/usr/bin/env python3
"""portguardctl free, stop, disable, restore and http iplisten add|delete against a
fake service: what is shown, asked, sent, and which exit code comes of it."""

import json
import os
import pty
import subprocess

from fake_service import CLIENT, ClientCase, error, main, result

STEPS = [{"do": "stop", "service": "AppMon", "display_name": "App Monitor",
          "reason": "which needs W3SVC"},
         {"do": "stop", "service": "W3SVC", "display_name": None, "reason": None}]


def plan(**more):
    return {"schema": 1, "action": "free", "dry_run": True, "port": 80,
            "summary": "To free port 80:", "services": ["AppMon", "W3SVC"], "steps": STEPS,
            "undo": ["portguardctl restore W3SVC"], "cautions": ["sites are not served"],
            "told": [], "outcome": None, "warnings": [], **more}


def progress(step, outcome=None, words=None):
    return json.dumps({"jsonrpc": "2.0", "method": "progress",
                       "params": {**STEPS[step], "outcome": outcome, "words": words}}) + "\n"


def done(outcome="done", summary="Port 80 is free."):
    return plan(dry_run=False, outcome=outcome, summary=summary, cautions=[],
                steps=[{**STEPS[0], "outcome": "done", "words": None},
                       {**STEPS[1], "outcome": "done", "words": None}])


class Actions(ClientCase):
    def behave(self, request, connection):
        if request["params"].get("dry_run"):
            return result(request, plan())
        connection.sendall((progress(0) + progress(0, "done") + progress(1)).encode())
        return result(request, done())

    def act(self, *words):
        return self.client(*words, "--control", self.path, pipe=False)

    def type(self, text, *words):
        """Runs the client on a terminal of its own and types |text|."""
        mine, its = pty.openpty()
        child = subprocess.Popen([CLIENT, *words, "--control", self.path], stdin=its,
                                 stdout=subprocess.PIPE, stderr=its)
        os.close(its)
        os.write(mine, text.encode())
        self.out = child.communicate(timeout=60)[0].decode()
        self.code = child.returncode
        heard = b""
        try:
            while piece := os.read(mine, 4096):
                heard += piece
        except OSError:
            pass  # a terminal whose other end is closed
        os.close(mine)
        self.err = heard.decode()

    def sent(self):
        return [(r["method"], r["params"]) for r in self.server.requests]

    def test_a_dry_run_shows_the_plan_and_does_nothing(self):
        self.serve(self.behave)
        self.act("free", "80", "--dry-run")
        self.check(0)
        self.assertEqual(self.out, "To free port 80:\n"
                                   "  1. stop AppMon (App Monitor), which needs W3SVC\n"
                                   "  2. stop W3SVC\n"
                                   "  Caution     sites are not served\n"
                                   "  Undo        portguardctl restore W3SVC\n")
        self.assertEqual(self.sent(), [("port.free", {"port": 80, "dry_run": True})])

    def test_yes_does_it_and_tells_each_step(self):
        self.serve(self.behave)
        self.act("free", "80", "--yes", "--dependents", "stop")
        self.check(0)
        self.assertTrue(self.out.startswith("DONE  Port 80 is free.\n"), self.out)
        self.assertEqual(self.err, "stop AppMon (App Monitor), which needs W3SVC\n"
                                   "stop AppMon (App Monitor), which needs W3SVC: done\n"
                                   "stop W3SVC\n")
        self.assertEqual(self.sent(), [("port.free", {"port": 80, "dependents": "stop"})])

    def test_what_was_shown_is_what_is_sent(self):
        self.serve(self.behave)
        self.type("y\n", "stop", "w3svc")
        self.check(0, "Do this? [y/N]")
        self.assertIn("1. stop AppMon", self.out)
        self.assertIn("DONE", self.out)
        self.assertEqual(self.sent(),
                         [("service.stop", {"name": "w3svc", "dry_run": True}),
                          ("service.stop", {"name": "w3svc", "expect": ["AppMon", "W3SVC"]})])

    def test_anything_but_yes_does_nothing(self):
        self.serve(self.behave)
        for answer in "n\n", "\n", "\x04":
            self.server.requests.clear()
            self.type(answer, "disable", "W3SVC")
            self.check(0, "nothing was done")
            self.assertEqual([p.get("dry_run") for _, p in self.sent()], [True])

    def test_where_nobody_can_be_asked_yes_is_needed(self):
        self.serve(self.behave)
        self.act("free", "80")
        self.check(64, "nobody can be asked here", "hint: portguardctl free 80 --yes")
        self.assertIn("To free port 80:", self.out)
        self.act("restore", "W3SVC", "--json")
        self.check(64)
        self.assertEqual(json.loads(self.out)["error"]["code"], -32602)

    def test_what_failed_in_windows_is_exit_7(self):
        self.serve(lambda request, _: result(request, done(
            "failed", "port 80 was taken again by W3SVC")))
        self.act("free", "80", "--yes")
        self.check(7)
        self.assertTrue(self.out.startswith("NOT DONE  port 80 was taken again"), self.out)

    def test_a_port_that_nobody_can_free_is_told_with_what_to_do(self):
        told = [{"title": "End nginx.exe", "by_hand": ["taskkill /PID 10"], "caution": None}]
        self.serve(lambda request, _: result(request, plan(
            summary="nothing that portguard may stop holds port 80", steps=[], services=[],
            undo=[], cautions=[], told=told)))
        self.act("free", "80")
        self.check(7)
        self.assertEqual(self.out, "nothing that portguard may stop holds port 80\n"
                                   "  By hand     End nginx.exe\n"
                                   "              taskkill /PID 10\n")

    def test_errors_have_their_exit_codes(self):
        for code, exit_code in (-32005, 6), (-32001, 4), (-32002, 5), (-32006, 7), (-32602, 64):
            self.serve(lambda request, _, code=code: error(request["id"], code, "no", rule="x",
                                                           hint="try this"))
            self.act("stop", "RpcSs", "--yes")
            self.check(exit_code, "no", "hint: try this")
            self.server.close()
            self.server = None
            os.unlink(self.path)

    def test_the_listen_list_is_changed_by_its_own_verbs(self):
        self.serve(self.behave)
        self.act("http", "iplisten", "add", "127.0.0.2", "--yes")
        self.act("http", "iplisten", "delete", "127.0.0.2", "--dry-run")
        self.assertEqual(self.sent(),
                         [("iplisten.add", {"address": "127.0.0.2"}),
                          ("iplisten.delete", {"address": "127.0.0.2", "dry_run": True})])

    def test_arguments_are_checked_before_anybody_is_asked(self):
        for words, message in ((("stop",), "needs the name of a service"),
                               (("free",), "free needs a port"),
                               (("free", "http"), 'port "http": expected 1-65535'),
                               (("stop", "A", "B"), "stop takes one service"),
                               (("http", "iplisten", "add"), "needs an address"),
                               (("restore", "A", "--dependents", "stop"), "does not belong"),
                               (("stop", "A", "--dependents", "ask"), "expected refuse or stop"),
                               (("status", "--yes"), "does not belong to status")):
            self.act(*words)
            self.check(64, message)


if __name__ == "__main__":
    main()
