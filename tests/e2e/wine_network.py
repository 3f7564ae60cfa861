#!/usr/bin/env python3
"""The network configuration of a Windows: what HTTP.sys is told, port proxies and
excluded port ranges; how changes are noticed, and what is left of an answer when one
of them cannot be read. HTTP.sys is asked through the stand-in for httpapi.dll."""

import struct
import unittest

import harness_wine
from harness_wine import MachineCase, wait_until

SERVICES = r"HKLM\System\CurrentControlSet\Services"
HTTP = SERVICES + r"\HTTP\Parameters"
URLS = HTTP + r"\UrlAclInfo"
PROXIES = SERVICES + r"\PortProxy"

EVERYONE = (1, 0)
LOCAL_SYSTEM = (5, 18)
NOBODY = (5, 21, 1, 2, 3, 4711)
MAY_REGISTER = 0x20000000
# Well below the minute after which everything is read in any case.
AT_ONCE = 20


def descriptor(*sids):
    """A self-relative security descriptor as `reg add` takes REG_BINARY: each of
    `sids` (authority, number, …) may register."""
    entries = b""
    for authority, *numbers in sids:
        sid = struct.pack(">BBHI", 1, len(numbers), 0, authority)
        sid += struct.pack(f"<{len(numbers)}I", *numbers)
        entries += struct.pack("<BBHI", 0, 0, 8 + len(sid), MAY_REGISTER) + sid
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(entries), len(sids), 0) + entries
    return (struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + acl).hex()


class NetworkCase(MachineCase):
    @classmethod
    def furnish(cls):
        cls.machine.start_service("http")
        cls.machine.install()

    def setUp(self):
        self.addCleanup(self.forget)

    def forget(self):
        for name, usual in (("httpapi", "usual"), ("ranges", "normal"), ("ranges4", ""),
                            ("ranges6", "")):
            self.machine.set_double(name, usual)
        for key in (HTTP, PROXIES):
            self.machine.delete_key(key)
        self.wait_capture(lambda seen: not seen["source_errors"] and
                          seen["http"].get("url_reservations") == [], "a clean slate")

    # --- what there is to configure ---

    def reserve(self, url, *sids):
        self.machine.set_value(URLS, url, descriptor(*sids), "REG_BINARY")

    def listen_on(self, *addresses):
        self.machine.set_value(HTTP, "ListenOnlyList", r"\0".join(addresses),
                               "REG_MULTI_SZ")

    def certify(self, where, endpoint, hash_):
        key = f"{HTTP}\\{where}\\{endpoint}"
        self.machine.set_value(key, "SslCertHash", hash_, "REG_BINARY")
        self.machine.set_value(key, "SslCertStoreName", "MY")
        self.machine.set_value(key, "AppId", "81e1c34d4be1214ab02259fc669b0914",
                               "REG_BINARY")

    def proxy(self, listen, connect, kind="v4tov4"):
        self.machine.set_value(f"{PROXIES}\\{kind}\\tcp", listen, connect)

    # --- what the service has seen of it ---

    def capture(self):
        return self.done(self.machine.ctl("capture")).json()

    def wait_capture(self, condition, what):
        def seen():
            capture = self.capture()
            return condition(capture) and capture
        return wait_until(seen, what)

    def wait_error(self, source, words):
        """The source's failure, and nothing else's, in a capture and in event 1004."""
        seen = self.wait_capture(lambda c: source in c["source_errors"], f"{source} fails")
        self.assertIn(words, seen["source_errors"][source])
        return seen

    def wait_next(self, event_id, before):
        """The strings of the first event of that ID beyond `before`, and soon."""
        return self.machine.wait_event(event_id, before + 1, seconds=AT_ONCE)

    def count(self, event_id):
        return len(self.machine.events(event_id))


class Read(NetworkCase):
    def test_reservations_name_who_may_register(self):
        self.reserve("http://+:80/Temporary_Listen_Addresses/", EVERYONE)
        self.reserve("https://demo.example:8443/x/", LOCAL_SYSTEM, NOBODY)
        seen = self.wait_capture(lambda c: len(c["http"]["url_reservations"]) == 2,
                                 "two reservations")
        first, second = seen["http"]["url_reservations"]
        self.assertEqual(first["url"], "http://+:80/Temporary_Listen_Addresses/")
        self.assertEqual(first["sddl"], "D:(A;;GX;;;WD)")
        self.assertEqual(first["accounts"], ["Everyone"])
        self.assertEqual(second["accounts"], ["SYSTEM", "S-1-5-21-1-2-3-4711"])

    def test_a_reservation_with_a_broken_descriptor_is_still_a_reservation(self):
        self.reserve("http://+:80/good/", EVERYONE)
        self.machine.set_value(URLS, "http://+:80/bad/", "44003a002800", "REG_BINARY")
        seen = self.wait_capture(lambda c: len(c["http"]["url_reservations"]) == 2,
                                 "two reservations")
        bad, good = seen["http"]["url_reservations"]
        self.assertEqual((bad["url"], bad["sddl"]), ("http://+:80/bad/", "D:("))
        self.assertFalse(bad.get("accounts"))
        self.assertEqual(good["accounts"], ["Everyone"])
        self.assertEqual(seen["source_errors"], {})

    def test_the_listen_list_keeps_addresses_that_no_interface_has(self):
        self.listen_on("127.0.0.2", "203.0.113.9", "2001:db8::7")
        seen = self.wait_capture(lambda c: c["http"]["ip_listen_list"], "a listen list")
        self.assertEqual(sorted(seen["http"]["ip_listen_list"]),
                         ["127.0.0.2", "2001:db8::7", "203.0.113.9"])

    def test_certificates_are_found_by_address_and_by_name(self):
        self.certify("SslBindingInfo", "0.0.0.0:443", "ab01")
        self.certify("SslBindingInfo", "[::]:443", "ab02")
        self.certify("SslSniBindingInfo", "demo.example:8443", "cd03")
        seen = self.wait_capture(lambda c: len(c["http"]["certificate_bindings"]) == 3 and
                                 all(row["app_id"] for row in
                                     c["http"]["certificate_bindings"]),
                                 "three bindings")
        found = {row["endpoint"]: row for row in seen["http"]["certificate_bindings"]}
        self.assertEqual({row: found[row]["hash"] for row in found},
                         {"0.0.0.0:443": "ab01", "[::]:443": "ab02",
                          "demo.example:8443": "cd03"})
        for row in found.values():
            self.assertEqual(row["store"], "MY")
            self.assertEqual(row["app_id"], "{4dc3e181-e14b-4a21-b022-59fc669b0914}")

    def test_port_proxies_of_every_kind_are_found(self):
        self.proxy("0.0.0.0/80", "172.20.0.2/8080")
        self.proxy("*/81", "web.example/81", "v6tov6")
        seen = self.wait_capture(lambda c: len(c["port_proxies"]) == 2, "two rules")
        self.assertEqual(seen["port_proxies"][0],
                         {"kind": "v4tov4", "listen_address": "0.0.0.0",
                          "listen_port": 80, "connect_address": "172.20.0.2",
                          "connect_port": 8080})
        self.assertEqual(seen["port_proxies"][1]["kind"], "v6tov6")

    def test_excluded_ranges_are_kept_as_netsh_wrote_them(self):
        self.machine.set_double("ranges4", "8016-8115 50000-50059*")
        self.machine.set_double("ranges6", "9000-9099")
        def both(seen):
            texts = seen["excluded_port_ranges_text"]
            return "8115" in texts["ipv4"] and "9099" in texts["ipv6"]
        seen = self.wait_capture(both, "the ranges of both families")
        self.assertIn("Administered", seen["excluded_port_ranges_text"]["ipv4"])

    def test_one_look_without_the_service_reads_them_too(self):
        """Its answer is complete: every source was there."""
        self.machine.set_double("ranges4", "8016-8115")
        answer = self.done(self.machine.svc("explain", "--port", "8016", "--json")).json()
        self.assertIs(answer["complete"], True, answer)


class Noticed(NetworkCase):
    """Windows tells of changes: nobody asks, and the minute is not over."""

    def test_a_reservation_that_comes_and_goes(self):
        added, removed = self.count(1200), self.count(1201)
        self.reserve("http://+:8091/demo/", EVERYONE)
        self.assertEqual(self.wait_next(1200, added)[:2],
                         ["http://+:8091/demo/", "Everyone"])
        self.machine.delete_value(URLS, "http://+:8091/demo/")
        self.assertEqual(self.wait_next(1201, removed)[0], "http://+:8091/demo/")

    def test_a_listen_list_entry_that_comes_and_goes(self):
        added, removed = self.count(1202), self.count(1203)
        self.listen_on("127.0.0.3")
        self.assertEqual(self.wait_next(1202, added)[0], "127.0.0.3")
        self.machine.delete_value(HTTP, "ListenOnlyList")
        self.assertEqual(self.wait_next(1203, removed)[0], "127.0.0.3")

    def test_a_certificate_that_comes_and_goes(self):
        added, removed = self.count(1204), self.count(1205)
        self.certify("SslSniBindingInfo", "demo.example:443", "ab01")
        self.assertEqual(self.wait_next(1204, added)[0], "demo.example:443")
        self.machine.delete_key(HTTP + r"\SslSniBindingInfo")
        self.assertEqual(self.wait_next(1205, removed)[0], "demo.example:443")

    def test_a_port_proxy_that_comes_and_goes(self):
        added, removed = self.count(1208), self.count(1209)
        self.proxy("*/8092", "10.0.0.1/80")
        strings = self.wait_next(1208, added)
        self.assertIn("8092", strings[0])
        self.assertIn("10.0.0.1", strings[1])
        self.machine.delete_key(PROXIES)
        self.assertIn("8092", self.wait_next(1209, removed)[0])

    def test_a_range_is_found_when_somebody_asks(self):
        added = self.count(1210)
        self.machine.set_double("ranges4", "8016-8115")
        wait_until(lambda: self.machine.status(8017) and self.count(1210) > added,
                   "event 1210", AT_ONCE)
        self.assertEqual(self.machine.events(1210)[added][1][0], "8016-8115")


class Broken(NetworkCase):
    """One source fails, and says so; the others stand, and it recovers."""

    def recovers(self, source, back):
        wait_until(lambda: source in str(self.machine.events(1005)[back:]),
                   f"event 1005 of {source}")
        self.wait_capture(lambda c: not c["source_errors"], "no source fails")

    def test_an_api_that_refuses(self):
        back = self.count(1005)
        self.proxy("*/80", "10.0.0.1/80")
        self.machine.set_double("httpapi", "denied-acl")
        seen = self.wait_error("http.url_reservations", "(5)")
        self.assertEqual(list(seen["source_errors"]), ["http.url_reservations"])
        self.assertEqual(seen["http"]["ip_listen_list"], [])
        self.assertEqual(len(seen["port_proxies"]), 1)
        self.assertIs(self.machine.status(80)["complete"], False)
        self.machine.set_double("httpapi", "usual")
        self.recovers("http.url_reservations", back)

    def test_an_api_that_always_wants_a_larger_buffer(self):
        self.machine.set_double("httpapi", "grow")
        for source in ("url_reservations", "ip_listen_list", "certificate_bindings"):
            self.wait_error(f"http.{source}", "asks for more than 1024 KiB")

    def test_an_api_that_never_says_the_same_twice(self):
        self.machine.set_double("httpapi", "changing")
        seen = self.wait_error("http.url_reservations", "another list each")
        self.assertEqual(list(seen["source_errors"]), ["http.url_reservations"])

    def test_a_value_that_is_no_port_proxy(self):
        back = self.count(1005)
        self.proxy("*/80", "10.0.0.1/80")
        self.proxy("%1 nonsense", "10.0.0.1/80")
        seen = self.wait_error("port_proxies", '"<25>1 nonsense"')
        self.assertEqual([row["listen_port"] for row in seen["port_proxies"]], [80])
        self.machine.delete_value(PROXIES + r"\v4tov4\tcp", "%1 nonsense")
        self.recovers("port_proxies", back)

    def ranges_fail(self, mode, words):
        self.machine.set_double("ranges4", "8016-8115 8200-8299")
        self.machine.set_double("ranges", mode)
        seen = self.wait_error("excluded_port_ranges.ipv4", words)
        self.assertNotIn("http.url_reservations", seen["source_errors"])
        self.assertIs(self.machine.status(8016)["complete"], False)
        return seen

    def test_ranges_of_a_netsh_that_prints_nothing(self):
        self.ranges_fail("nothing", "netsh printed nothing")

    def test_ranges_of_a_netsh_that_fails(self):
        self.ranges_fail("fail", "exit code 1")

    def test_ranges_of_a_netsh_that_prints_garbage(self):
        self.ranges_fail("garbage", "netsh printed no table")

    def test_ranges_of_a_netsh_that_was_cut_short(self):
        """What stood before the cut is kept."""
        seen = self.ranges_fail("cut", "is cut")
        self.assertIn("8115", seen["excluded_port_ranges_text"]["ipv4"])

    def test_ranges_in_another_language(self):
        self.machine.set_double("ranges", "german")
        self.machine.set_double("ranges4", "8016-8115 50000-50059*")
        seen = self.wait_capture(
            lambda c: "Ausschlussbereiche für" in c["excluded_port_ranges_text"]["ipv4"],
            "the German text")
        self.assertEqual(seen["source_errors"], {})

    def test_while_netsh_hangs_everybody_is_answered(self):
        back = self.count(1005)
        self.machine.set_double("ranges", "hang")
        self.wait_error("excluded_port_ranges.ipv4", "netsh")
        self.assertIn("took all the time",
                      self.capture()["source_errors"]["excluded_port_ranges.ipv6"])
        answer = self.machine.ctl("status", "8016", "--json")
        self.assertIs(self.done(answer).json()["complete"], False)
        self.assertLess(answer.seconds, 4.5)
        self.machine.set_double("ranges", "normal")
        self.recovers("excluded_port_ranges.ipv4", back)

    def test_a_hanging_netsh_does_not_keep_the_service_from_stopping(self):
        self.machine.set_double("ranges", "hang")
        self.wait_error("excluded_port_ranges.ipv4", "netsh")
        self.machine.stop_service("PortGuard")
        self.assertNotIn("netsh.exe", self.machine.run("tasklist").out)
        self.machine.start_service("PortGuard")


class HttpStopped(NetworkCase):
    @classmethod
    def furnish(cls):
        cls.machine.install()

    def forget(self):
        """There is nothing here to wait for."""

    def test_nobody_asks_about_a_service_that_does_not_run(self):
        """Asking might start it."""
        self.proxy("*/80", "10.0.0.1/80")
        self.reserve("http://+:80/demo/", EVERYONE)
        seen = self.wait_capture(lambda c: c.get("port_proxies"), "the port proxy")
        self.assertNotIn("url_reservations", seen.get("http", {}))
        self.assertEqual(seen["source_errors"], {})
        self.assertEqual(self.machine.state("http"), "STOPPED")


if __name__ == "__main__":
    harness_wine.main()
