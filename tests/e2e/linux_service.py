"""The service as its clients see it: answers, and refusals of everything else."""

import json
import unittest

import harness
from harness import Connection, ServiceCase, listener, write_capture

PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602


def status_line(port):
    """A status request with `port`, as it is written in JSON."""
    return ('{"jsonrpc":"2.0","id":7,"method":"status","params":{"port":%s}}' % port).encode()


def nested(depth):
    """A request that is `depth` levels deep."""
    arrays = depth - 2
    return (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":'
            + b"[" * arrays + b"]" * arrays + b"}}")


def ping_with(member):
    return b'{"jsonrpc":"2.0","id":7,"method":"ping",' + member + b"}"


# name of the test: (line, code, words that are in the message)
BAD_LINES = {
    "port_0_is_refused": (status_line("0"), PARAMS, ["port", "0", "1-65535"]),
    "port_65536_is_refused": (status_line("65536"), PARAMS, ["port", "65536", "1-65535"]),
    "port_minus_1_is_refused": (status_line("-1"), PARAMS, ["port", "-1", "1-65535"]),
    "port_80a_is_refused": (status_line('"80a"'), PARAMS, ["port", "80a"]),
    "an_empty_port_is_refused": (status_line('""'), PARAMS, ["port", '""']),
    "a_fraction_is_no_port": (status_line("1.5"), PARAMS, ["port", "1.5"]),
    "null_is_no_port": (status_line("null"), PARAMS, ["port", "null"]),
    "an_object_is_no_port": (status_line("{}"), PARAMS, ["port", "1-65535"]),
    "a_missing_port_is_named": (
        b'{"jsonrpc":"2.0","id":7,"method":"status"}', PARAMS, ["port", "missing"]),
    "a_missing_port_in_params_is_named": (
        b'{"jsonrpc":"2.0","id":7,"method":"status","params":{}}', PARAMS,
        ["port", "missing"]),
    "params_in_an_array_are_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"status","params":[80]}', PARAMS, ["object"]),
    "an_unknown_verb_is_quoted": (
        b'{"jsonrpc":"2.0","id":7,"method":"service.obliterate"}', METHOD,
        ["service.obliterate"]),
    "an_unknown_parameter_is_quoted": (
        b'{"jsonrpc":"2.0","id":7,"method":"status","params":{"port":80,"prot":"udp"}}',
        PARAMS, ["prot"]),
    "a_parameter_of_another_verb_is_unknown": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"port":80}}', PARAMS, ["port"]),
    "an_unknown_member_is_quoted": (ping_with(b'"auth":"root"'), REQUEST, ["auth"]),
    "words_are_not_json": (b"status 80", PARSE, []),
    "an_empty_line_is_not_json": (b"", PARSE, []),
    "http_is_not_json": (b"GET / HTTP/1.1\r", PARSE, []),
    "a_number_is_no_request": (b"80", REQUEST, ["object"]),
    "a_string_is_no_request": (b'"status"', REQUEST, ["object"]),
    "a_batch_is_refused": (
        b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]', REQUEST, ["batch"]),
    "an_empty_batch_is_refused": (b"[]", REQUEST, ["batch"]),
    "a_notification_is_refused": (b'{"jsonrpc":"2.0","method":"ping"}', REQUEST, ["id"]),
    "a_null_id_is_refused": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', REQUEST, ["id"]),
    "a_broken_id_is_refused": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', REQUEST, ["id"]),
    "another_protocol_version_is_refused": (
        b'{"jsonrpc":"1.0","id":7,"method":"ping"}', REQUEST, ["jsonrpc"]),
    "a_missing_method_is_named": (b'{"jsonrpc":"2.0","id":7}', REQUEST, ["method"]),
    "depth_17_is_too_deep": (nested(17), REQUEST, ["16"]),
    "too_many_values_are_refused": (
        ping_with(b'"params":{"a":[' + b",".join([b"1"] * 2100) + b"]}"), REQUEST, ["2048"]),
    "duplicate_keys_are_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping","method":"list"}', PARSE, ["method"]),
    "duplicate_parameters_are_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"status","params":{"port":80,"port":443}}', PARSE,
        ["port"]),
    "an_escaped_duplicate_key_is_one": (
        b'{"jsonrpc":"2.0","id":7,"method":"status","params":{"port":80,"p\\u006frt":443}}',
        PARSE, ["port"]),
    "an_escaped_nul_is_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping\\u0000list"}', PARSE, []),
    "nul_bytes_are_refused": (b'{"jsonrpc":"2.0",\0"id":7,"method":"ping"}', PARSE, []),
    "a_nul_after_the_request_is_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping"}\0', PARSE, []),
    "invalid_utf8_is_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"p\xffng"}', PARSE, []),
    "overlong_utf8_is_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"p\xc0\xafng"}', PARSE, []),
    "a_lone_surrogate_is_refused": (
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', PARSE, []),
    "trailing_bytes_are_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping"} {}', PARSE, []),
    "a_trailing_comma_is_refused": (
        b'{"jsonrpc":"2.0","id":7,"method":"ping",}', PARSE, []),
    "1e999_is_refused": (status_line("1e999"), PARSE, []),
    "nan_is_refused": (status_line("NaN"), PARSE, []),
    "half_a_request_is_refused": (b'{"jsonrpc":"2.0","id":7,"met', PARSE, []),
}


class BadInput(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(harness.web_host(), "bad")

    def setUp(self):
        self.bystander = self.connect(self.service.pipe)

    def tearDown(self):
        self.assertEqual(self.bystander.status(80)["state"], "in_use")
        self.assert_answers(self.service)

    def refuse(self, line, code, words):
        """Refused on a connection that can go on afterwards."""
        connection = self.connect(self.service.pipe)
        connection.send(line + b"\n")
        answer = connection.line()
        self.assertEqual(answer["error"]["code"], code, answer)
        for word in words:
            self.assertIn(word, answer["error"]["message"])
        if code == PARAMS and "port" in words:
            self.assertEqual(answer["error"]["data"]["param"], "port")
        if code in (METHOD, PARAMS):
            self.assertEqual(answer["id"], 7)
        self.assertEqual(connection.ask("ping"), {"pong": True})

    def test_a_line_of_64_kib_and_1_is_refused_and_closed(self):
        connection = self.connect(self.service.pipe)
        connection.send(b"x" * (64 * 1024 + 1))
        answer = connection.line()
        self.assertEqual(answer["error"]["code"], REQUEST)
        self.assertIn("65536", answer["error"]["message"])
        self.assertIsNone(answer["id"])
        self.assertTrue(connection.closed())

    def test_a_line_of_64_kib_is_read(self):
        connection = self.connect(self.service.pipe)
        request = b'{"jsonrpc":"2.0","id":7,"method":"ping"}'
        connection.send(request + b" " * (64 * 1024 - len(request)) + b"\n")
        self.assertEqual(connection.line()["result"], {"pong": True})

    def test_hostile_words_come_back_escaped(self):
        connection = self.connect(self.service.pipe)
        answer = connection.call("\x1b[31m\u202e%n<")
        self.assertEqual(answer["error"]["code"], METHOD)
        self.assertIn("<1B>[31m<202E><25>n<3C>", answer["error"]["message"])

    def test_every_piece_of_a_request_may_come_alone(self):
        connection = self.connect(self.service.pipe)
        for byte in b'{"jsonrpc":"2.0","id":7,"method":"ping"}\n':
            connection.send(bytes([byte]))
        self.assertEqual(connection.line()["result"], {"pong": True})


def refusal(line, code, words):
    return lambda self: self.refuse(line, code, words)


for name, bad in BAD_LINES.items():
    setattr(BadInput, "test_" + name, refusal(*bad))


class Answers(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(harness.web_host(), "answers")

    def setUp(self):
        self.connection = self.connect(self.service.pipe)

    def test_status_names_the_service_behind_http_sys(self):
        answer = self.connection.ask("status", port=80)
        self.assertEqual((answer["port"], answer["state"], answer["protocol"]),
                         (80, "in_use", "tcp"))
        self.assertEqual(answer["wildcard_bindable"], "no")
        self.assertEqual({row["pid"] for row in answer["listeners"]}, {4})
        [holder] = answer["holders"]
        self.assertEqual(holder["kind"], "http.sys")
        self.assertEqual(holder["service"]["name"], "W3SVC")
        self.assertEqual(holder["queue"], "ShopPool")
        self.assertEqual([url.lower() for url in holder["urls"]], ["http://*:80/"])
        self.assertEqual(holder["process"]["pid"], 3248)
        self.assertEqual(holder["controller"]["pid"], 2216)
        self.assertIn("World Wide Web Publishing Service", answer["summary"])
        self.assertIs(answer["complete"], True)

    def test_status_is_fresh_and_says_how_old_it_is(self):
        answer = self.connection.ask("status", port=80)
        self.assertLessEqual(answer["age_ms"], 250 + 2000)
        self.assertRegex(answer["sampled_at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_status_of_a_process(self):
        answer = self.connection.ask("status", port=8080)
        self.assertEqual(answer["holders"][0]["kind"], "process")
        self.assertEqual(answer["holders"][0]["process"]["path"], r"C:\nginx\nginx.exe")

    def test_status_of_a_service_on_the_loopback_address(self):
        answer = self.connection.ask("status", port=3306)
        self.assertEqual(answer["holders"][0]["service"]["name"], "MySQL80")
        self.assertEqual(answer["wildcard_bindable"], "yes")

    def test_status_of_a_free_port(self):
        answer = self.connection.ask("status", port=443)
        self.assertEqual((answer["state"], answer["complete"]), ("free", True))
        self.assertEqual(answer["wildcard_bindable"], "yes")
        self.assertEqual((answer["listeners"], answer["holders"]), ([], []))

    def test_list_is_in_port_order(self):
        answer = self.connection.ask("list")
        self.assertEqual([row["port"] for row in answer["ports"]], [80, 3306, 8080])

    def test_http_queues_carry_urls_and_processes(self):
        text = json.dumps(self.connection.ask("http.queues"))
        for word in ("ShopPool", "3248", "2216"):
            self.assertIn(word, text)
        self.assertIn("http://*:80/", text.lower())

    def test_a_capture_of_a_capture_explains_the_same(self):
        write_capture("again.json", self.connection.ask("capture"))
        explained = harness.run("portguardsvc", "explain", "--capture", "again.json",
                                "--port", "80", "--json")
        self.assertEqual(explained.returncode, 0, explained.stderr)
        served = self.connection.ask("status", port=80)
        for key in ("state", "summary", "listeners", "holders", "fixes"):
            self.assertEqual(json.loads(explained.stdout)[key], served[key])

    def test_ping_version_and_health(self):
        self.assertEqual(self.connection.ask("ping"), {"pong": True})
        self.assertEqual(self.connection.ask("version")["protocol"], 1)
        health = self.connection.ask("health")
        self.assertEqual(health["guarded_ports"], [80, 443])
        self.assertEqual(health["interval_ms"], 100)
        self.assertGreater(health["resident_bytes"], 0)
        states = {source["name"]: source["state"] for source in health["sources"]}
        self.assertEqual(states["tcp.ipv4"], "read")

    def test_ids_come_back_as_they_were(self):
        for identity in (0, -5, 9007199254740991, "", "seven", "\u202e\x01é"):
            answer = self.connection.call("ping", identity=identity)
            self.assertEqual(answer["id"], identity)

    def test_pipelined_requests_are_answered_in_order(self):
        numbers = list(range(500))
        self.connection.send(b"".join(
            b'{"jsonrpc":"2.0","id":%d,"method":"status","params":{"port":80}}\n' % number
            for number in numbers))
        self.assertEqual([self.connection.line()["id"] for _ in numbers], numbers)

    def test_requests_before_a_half_close_are_answered(self):
        self.connection.send(status_line("80") + b"\n" + status_line("443") + b"\n")
        self.connection.socket.shutdown(harness.socket.SHUT_WR)
        self.assertEqual(self.connection.line()["result"]["port"], 80)
        self.assertEqual(self.connection.line()["result"]["port"], 443)
        self.assertTrue(self.connection.closed())

    def test_the_hostile_name_of_a_process_stays_data(self):
        name = "a\x1b[31m\u202eb%n\"<>.exe"
        content = harness.capture([listener(80, 9)], [harness.process(9, name)])
        hostile = self.start(content, "hostile")
        with Connection(hostile.pipe) as connection:
            connection.send(status_line("80") + b"\n")
            raw = connection.socket.recv(1 << 16)
        self.assertNotIn(b"\x1b", raw)
        self.assertNotIn("\u202e".encode(), raw)
        self.assertEqual(json.loads(raw)["result"]["listeners"][0]["process"], name)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
