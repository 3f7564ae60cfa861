#!/usr/bin/env python3
"""portguardctl against a service that misbehaves."""

import json
import os
import socket
import stat
import subprocess
import threading
import time

from fake_service import CLIENT, MIB, ClientCase, error, free, main, result


class Client(ClientCase):
    # --- answers ---

    def test_a_port_is_asked_and_shown(self):
        self.serve(lambda request, _: free(request))
        self.client("status", "8081")
        self.check(0)
        self.assertEqual(self.out, "TCP 8081  FREE  nothing listens on it\n")
        self.assertEqual(self.err, "")
        self.assertEqual(self.server.requests, [
            {"jsonrpc": "2.0", "id": 1, "method": "status", "params": {"port": 8081}}])

    def test_several_ports_share_one_connection_and_are_asked_once(self):
        self.serve(lambda request, _: free(request))
        self.client("status", "80", "443", "80", "8080")
        self.check(0)
        self.assertEqual([r["params"]["port"] for r in self.server.requests], [80, 443, 8080])
        self.assertEqual(self.server.connections, 1)
        blocks = self.out.split("\n\n")
        self.assertEqual(len(blocks), 3)

    def test_json_of_several_ports_is_one_object_per_line(self):
        self.serve(lambda request, _: free(request))
        self.client("status", "80", "443", "--json")
        self.check(0)
        lines = self.out.splitlines()
        self.assertEqual([json.loads(line)["port"] for line in lines], [80, 443])

    def test_json_is_the_result_with_unsafe_characters_escaped(self):
        value = {"schema": 1, "ports": [], "x": "a\u202eb\u009bc", "n": 4294967295, "f": 0.25}
        self.serve(lambda request, _: json.dumps(
            {"jsonrpc": "2.0", "id": request["id"], "result": value}, ensure_ascii=False) + "\n")
        self.client("list", "--json")
        self.check(0)
        self.assertEqual(json.loads(self.out), value)
        self.assertTrue(self.out.isascii())

    def test_without_ports_the_guarded_ones_are_asked(self):
        def behave(request, _):
            if request["method"] == "health":
                return result(request, {"guarded_ports": [80, "8000-8002"]})
            return free(request)
        self.serve(behave)
        self.client("status")
        self.check(0)
        self.assertEqual([r["params"].get("port") for r in self.server.requests],
                         [None, 80, 8000, 8001, 8002])

    def test_no_guarded_port_is_said(self):
        self.serve(lambda request, _: result(request, {"guarded_ports": []}))
        self.client("status")
        self.check(0, "no port is guarded")
        self.assertEqual(self.out, "")

    def test_there_is_no_colour_in_a_file(self):
        self.serve(lambda request, _: free(request))
        self.client("status", "80")
        self.assertNotIn("\033", self.out)

    def terminal_output(self, *words, **variables):
        leader, follower = os.openpty()
        env = {**os.environ, "TERM": "xterm", **variables}
        env = {key: value for key, value in env.items() if value is not None}
        done = subprocess.run([CLIENT, *words, "--pipe", self.path], stdout=follower, timeout=60,
                              env=env)
        os.close(follower)
        shown = os.read(leader, 65536).decode()
        os.close(leader)
        self.assertEqual(done.returncode, 0)
        return shown

    def test_there_is_colour_on_a_terminal_unless_refused(self):
        self.serve(lambda request, _: free(request))
        self.assertIn("\033[1;32mFREE\033[0m", self.terminal_output("status", "80", NO_COLOR=None))
        self.assertNotIn("\033", self.terminal_output("status", "80", NO_COLOR="1"))
        self.assertNotIn("\033", self.terminal_output("status", "80", TERM="dumb", NO_COLOR=None))
        self.assertNotIn("\033", self.terminal_output("status", "80", "--no-color", NO_COLOR=None))

    def test_a_full_standard_output_is_an_error(self):
        self.serve(lambda request, _: free(request))
        with open("/dev/full", "w") as full:
            done = subprocess.run([CLIENT, "status", "80", "--pipe", self.path], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 7)
        self.assertIn(b"cannot write to standard output", done.stderr)

    def test_versions_of_both_sides_are_shown(self):
        self.serve(lambda request, _: result(request, {
            "schema": 1, "service": "9.8.7", "protocol": 1, "os": "Windows 10.0.20348",
            "dependencies": {"libuv": "1.44.2", "cjson": "1.7.15", "sqlite": "3.40.1"}}))
        for words in (["version"], ["--version"]):
            self.client(*words)
            self.check(0)
            self.assertIn("portguardctl  ", self.out)
            self.assertIn("portguardsvc  9.8.7, protocol 1, libuv 1.44.2, cJSON 1.7.15, "
                          "SQLite 3.40.1\n", self.out)
        self.client("version", "--json")
        self.assertEqual(json.loads(self.out)["service"], "9.8.7")
        self.assertIn("client", json.loads(self.out))

    def test_the_version_is_shown_without_a_service_too(self):
        self.client("version")
        self.check(5, "the service is not running", "hint: ")
        self.assertIn("portguardctl  ", self.out)
        self.client("version", "--json")
        self.check(5)
        self.assertEqual(json.loads(self.out)["error"]["code"], -32000)
        self.assertIn("client", json.loads(self.out))

    def test_health_and_queues_are_shown(self):
        self.serve(lambda request, _: result(request, {"schema": 1, "uptime_s": 61, "queues": []}))
        self.client("health")
        self.check(0)
        self.assertIn("PortGuard is running for 1 min", self.out)
        self.client("http", "queues")
        self.check(0)
        self.assertEqual([r["method"] for r in self.server.requests], ["health", "http.queues"])

    # --- captures ---

    def test_a_capture_goes_to_standard_output(self):
        value = {"portguard_capture": 1, "tcp": [{"a": {"b": {"c": [[[1]]]}}}]}
        self.serve(lambda request, _: result(request, value))
        self.client("capture")
        self.check(0)
        self.assertEqual(json.loads(self.out), value)

    def test_a_capture_replaces_a_file_whole(self):
        target = os.path.join(self.folder, "host.json")
        with open(target, "w") as old:
            old.write("old " * 1000)
        self.serve(lambda request, _: result(request, {"portguard_capture": 1, "tcp": []}))
        self.client("capture", "-o", target)
        self.check(0, "written to")
        self.assertEqual(self.out, "")
        with open(target) as new:
            self.assertEqual(json.load(new), {"portguard_capture": 1, "tcp": []})
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(self.folder)), ["host.json", "s"])

    def test_a_capture_that_fails_leaves_the_old_file(self):
        target = os.path.join(self.folder, "host.json")
        with open(target, "w") as old:
            old.write("old")
        self.serve(lambda request, _: error(request["id"], -32603, "no memory"))
        self.client("capture", "-o", target)
        self.check(7, "no memory")
        with open(target) as kept:
            self.assertEqual(kept.read(), "old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["host.json", "s"])

    def test_a_capture_into_a_missing_folder_is_an_error(self):
        target = os.path.join(self.folder, "no", "host.json")
        self.serve(lambda request, _: result(request, {"portguard_capture": 1, "tcp": []}))
        self.client("capture", "-o", target)
        self.check(7, "cannot write", "No such file")

    # --- wrong arguments: nothing is sent ---

    def test_wrong_ports_are_quoted_before_anything_is_sent(self):
        self.serve(lambda request, _: free(request))
        for port in ("0", "65536", "-1", "80a", "", " 80", "+80", "99999999999999999999", "80\033[2J"):
            self.client("status", "80", port)
            shown = port.replace("\033", "<1B>")
            self.check(64, f'port "{shown}": expected 1-65535', "hint: ")
            self.assertEqual(self.out, "")
        self.assertEqual(self.server.requests, [])
        self.assertEqual(self.server.connections, 0)

    def test_too_many_ports_are_refused(self):
        self.client("status", *[str(port) for port in range(1, 258)])
        self.check(64, "more than 256 ports")

    def test_an_unknown_verb_is_quoted(self):
        self.client("xyz")
        self.check(64, 'unknown verb "xyz"', "hint: portguardctl --help")
        self.client("stauts", "--json")
        self.check(64)
        self.assertEqual(self.err, "")
        self.assertEqual(json.loads(self.out), {"error": {
            "code": -32602, "message": 'unknown verb "stauts"', "hint": "portguardctl status"}})

    def test_half_a_verb_is_told_how_it_goes_on(self):
        self.client("http")
        self.check(64, '"http" needs another word: http queues, http reservations',
                   "hint: portguardctl http queues")
        self.client("http", "--help")
        self.check(0)
        for verb in ("http queues", "http reservations", "http iplisten", "http certificates"):
            self.assertIn(f"\n  {verb} ", self.out)
        self.assertNotIn("\n  status ", self.out)

    def test_without_a_socket_name_there_is_nothing_to_ask(self):
        self.client("status", "80", pipe=False)
        self.check(64, "no --pipe given", "hint: portguardctl status --pipe SOCKET")

    def test_a_socket_name_that_is_too_long_is_refused(self):
        self.path = "/tmp/" + "x" * 200
        self.client("status", "80")
        self.check(64, "--pipe ", "1-107 bytes")

    def test_help_goes_to_standard_output(self):
        for words in (["--help"], ["status", "--help"], ["-h", "capture"]):
            self.client(*words, pipe=False)
            self.check(0)
            self.assertIn("Usage: portguardctl", self.out)
            self.assertEqual(self.err, "")

    # --- errors of the service ---

    def test_errors_keep_their_words_hint_and_exit_code(self):
        codes = {-32001: 4, -32002: 5, -32003: 5, -32004: 7, -32005: 6, -32006: 7, -32602: 64,
                 -32603: 7, -32050: 7}
        for code, exit_code in codes.items():
            if self.server:
                self.server.close()
                os.unlink(self.path)
            self.serve(lambda request, _, code=code: error(
                request["id"], code, "it \x1b[31mfailed", hint="try this"))
            self.client("health")
            self.check(exit_code, "portguardctl: it <1B>[31mfailed\n", "hint: try this\n")
            self.client("health", "--json")
            self.check(exit_code)
            shown = json.loads(self.out)["error"]
            self.assertEqual(shown["code"], code if code != -32050 else -32603)
            self.assertEqual(shown["hint"], "try this")

    def test_an_error_about_one_port_does_not_stop_the_others(self):
        def behave(request, _):
            if request["params"]["port"] == 443:
                return error(request["id"], -32003, "too slow")
            return free(request)
        self.serve(behave)
        self.client("status", "80", "443", "8080", "--json")
        self.check(5)
        lines = [json.loads(line) for line in self.out.splitlines()]
        self.assertEqual([line.get("port") for line in lines], [80, None, 8080])
        self.assertEqual(lines[1]["error"]["code"], -32003)

    def test_a_service_over_its_quota_is_heard_although_it_never_reads(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)

        def turn_away():
            connection, _ = self.listener.accept()
            connection.sendall(error(None, -32002, "too many connections").encode())
            connection.close()
        thread = threading.Thread(target=turn_away, daemon=True)
        thread.start()
        self.client("health")
        thread.join(10)
        self.listener.close()
        self.check(5, "too many connections")

    # --- a service that misbehaves ---

    def misbehaves(self, behave, code, *words, call=("status", "80"), timeout="10s"):
        self.serve(behave)
        begun = time.monotonic()
        self.client(*call, "--timeout", timeout)
        self.took = time.monotonic() - begun
        self.check(code, *words)
        self.assertEqual(self.out, "")
        self.assertNotIn("one-off", self.err)

    def test_it_closes_at_once(self):
        self.misbehaves(lambda request, connection: None, 5, "closed the connection without an answer")

    def test_it_closes_in_the_middle_of_an_answer(self):
        def behave(request, connection):
            connection.sendall(free(request)[:20].encode())
        self.misbehaves(behave, 5, "closed the connection in the middle of an answer")

    def test_it_never_answers(self):
        def behave(request, connection):
            self.server.over.wait(30)
        self.misbehaves(behave, 5, "did not answer in time", "hint: ", timeout="1s")
        self.assertLess(self.took, 10)

    def test_it_drips_and_meets_the_deadline_of_the_whole_call(self):
        def behave(request, connection):
            while not self.server.over.wait(0.05):
                connection.sendall(b" ")
        self.misbehaves(behave, 5, "did not answer in time", timeout="1s")
        self.assertLess(self.took, 10)

    def test_the_deadline_is_one_for_all_ports(self):
        def behave(request, connection):
            self.server.over.wait(0.4)
            return free(request)
        self.serve(behave)
        self.client("status", "1", "2", "3", "4", "5", "6", "7", "8", "--timeout", "1s")
        self.check(5, "did not answer in time")
        self.assertLess(len(self.server.requests), 8)

    def test_a_dripped_answer_in_time_is_an_answer(self):
        def behave(request, connection):
            for byte in free(request).encode():
                connection.sendall(bytes([byte]))
            return b""
        self.serve(behave)
        self.client("status", "80")
        self.check(0)

    def test_it_sends_garbage(self):
        for garbage in (b"hello\n", b"\n", b"\x00\xff\xfe\n", b"{}\n", b"[]\n", b"{\"jsonrpc\":\n",
                        b"<html>\n", b"[" * 100000 + b"\n"):
            if self.server:
                self.server.close()
                os.unlink(self.path)
            self.misbehaves(lambda request, _, garbage=garbage: garbage, 7, "not an answer", "hint: ")

    def test_it_answers_another_request(self):
        def behave(request, _):
            request["id"] += 1
            return free(request)
        self.misbehaves(behave, 7, "belongs to another request")

    def test_it_sends_a_line_without_end(self):
        def behave(request, connection):
            for _ in range(80):
                connection.sendall(b"x" * MIB)
        self.misbehaves(behave, 7, "longer than 64 MiB", timeout="30s")

    def test_its_answer_says_nothing(self):
        self.misbehaves(lambda request, _: result(request, {}), 7, "has no state")

    def test_its_list_has_no_ports(self):
        self.misbehaves(lambda request, _: result(request, {}), 7, "has no ports", call=("list",))

    def test_it_names_guarded_ports_that_are_none(self):
        self.misbehaves(lambda request, _: result(request, {"guarded_ports": [70000]}), 7,
                        "neither 1-65535 nor a range", call=("status",))

    def test_a_full_backlog_meets_the_deadline(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(0)
        waiting = []
        for _ in range(8):
            caller = socket.socket(socket.AF_UNIX)
            caller.setblocking(False)
            try:
                caller.connect(self.path)
            except BlockingIOError:
                pass
            waiting.append(caller)
        self.client("status", "80", "--timeout", "1s")
        for one in [listener, *waiting]:
            one.close()
        self.check(5, "every connection of the service is in use")

    def test_a_stranger_on_the_socket_is_not_talked_to(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to serve the socket as another user")
        os.chmod(self.folder, 0o777)
        ready, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(self.path)
            listener.listen(1)
            os.write(told, b"x")
            connection, _ = listener.accept()
            os._exit(1 if connection.recv(1) else 0)
        os.read(ready, 1)
        self.client("status", "80")
        _, status = os.waitpid(child, 0)
        os.close(ready)
        os.close(told)
        self.check(5, "served by user 65534", "nothing was sent")
        self.assertEqual(status, 0, "the client sent something")


if __name__ == "__main__":
    main()
