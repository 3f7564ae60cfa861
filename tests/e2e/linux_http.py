"""`portguardctl http reservations|iplisten|certificates`: what HTTP.sys is told."""

import json
import unittest

import harness
from harness import ServiceCase, run

DENIED = 4
CERTIFICATE = {"endpoint": "0.0.0.0:443", "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
               "store": "MY", "app_id": "{4dc3e181-e14b-4a21-b022-59fc669b0914}"}


def configured():
    content = harness.web_host()
    content["http"].update(
        url_reservations=[{"url": "http://+:80/shop/", "sddl": "D:(A;;GX;;;WD)",
                           "accounts": ["Everyone"]}],
        ip_listen_list=["127.0.0.2"], certificate_bindings=[CERTIFICATE])
    return content


class Configuration(ServiceCase):
    @classmethod
    def setUpClass(cls):
        cls.start_shared(configured(), "http")

    def ctl(self, *arguments):
        result = run("portguardctl", "--pipe", "http.sock", "http", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_reservations_name_the_accounts(self):
        text = self.ctl("reservations")
        self.assertRegex(text, r"(?m)^http://\+:80/shop/ +Everyone$")
        answer = json.loads(self.ctl("reservations", "--json"))
        self.assertEqual(answer["reservations"][0]["sddl"], "D:(A;;GX;;;WD)")
        self.assertTrue(answer["complete"])
        self.assertGreaterEqual(answer["network_age_ms"], 0)

    def test_the_listen_list_has_two_names(self):
        text = self.ctl("iplisten")
        self.assertIn("\n  127.0.0.2\n", text)
        self.assertEqual(self.ctl("iplisten", "list"), text)

    def test_certificates_have_their_whole_hash(self):
        self.assertIn(CERTIFICATE["hash"], self.ctl("certificates"))
        answer = json.loads(self.ctl("certificates", "--json"))
        self.assertEqual(answer["certificates"], [CERTIFICATE])

    def test_the_status_pipe_changes_nothing(self):
        result = run("portguardctl", "--control", "http.sock", "http", "iplisten", "add",
                     "127.0.0.3", "--yes")
        self.assertEqual((result.returncode, result.stdout), (DENIED, ""))
        self.assertIn("iplisten.add is not allowed on this pipe", result.stderr)


class Unread(ServiceCase):
    def test_what_was_not_read_is_not_said_to_be_empty(self):
        content = harness.web_host()
        content["source_errors"] = {"http.url_reservations": "access denied"}
        self.start(content, "unread")
        result = run("portguardctl", "--pipe", "unread.sock", "http", "reservations")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("could not be read", result.stdout)
        self.assertIn("INCOMPLETE", result.stdout)
        self.assertIn("access denied", result.stdout)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
