#!/usr/bin/env python3
"""The network configuration of a Windows: what HTTP.sys is told, port proxies and
excluded port ranges; and how changes of it are noticed."""

import harness_wine
from harness_wine import wait_until
from network_wine import (AT_ONCE, EVERYONE, HTTP, LOCAL_SYSTEM, NOBODY, PROXIES, URLS,
                          NetworkCase)


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

        rows = self.rows("reservations", "reservations")
        self.assertEqual(rows, seen["http"]["url_reservations"])
        text = self.done(self.machine.ctl("http", "reservations")).out
        self.assertIn("http://+:80/Temporary_Listen_Addresses/", text)
        self.assertIn("Everyone", text)
        answer = self.machine.status(80)
        self.assertEqual((answer["state"], answer["reservations"]), ("free", rows[:1]))

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
        rows = self.rows("iplisten", "ip_listen_list")
        self.assertEqual(rows, seen["http"]["ip_listen_list"])
        self.assertEqual(self.machine.status(80)["ip_listen_list"], rows)
        self.assertIn("203.0.113.9", self.done(self.machine.ctl("http", "iplisten")).out)

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

        rows = self.rows("certificates", "certificates")
        self.assertEqual(rows, seen["http"]["certificate_bindings"])
        self.assertIn("demo.example:8443",
                      self.done(self.machine.ctl("http", "certificates")).out)

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

    def test_a_port_in_an_excluded_range_is_reserved_unless_it_is_administered(self):
        self.machine.set_double("ranges4", "8016-8115 50000-50059*")
        wait_until(lambda: self.machine.status(8017)["state"] == "reserved",
                   "8017 is reserved")
        answer = self.machine.status(8017)
        self.assertEqual([holder["kind"] for holder in answer["holders"]],
                         ["excluded_range"])
        self.assertIs(answer["complete"], True, answer)
        text = self.done(self.machine.ctl("status", "8017")).out
        self.assertIn("TCP 8017  RESERVED", text)
        answer = self.machine.status(50001)
        self.assertEqual(answer["state"], "free")
        self.assertTrue(answer["warnings"])

    def test_one_look_without_the_service_reads_them_too(self):
        """Its answer is complete: every source was there."""
        self.machine.set_double("ranges4", "8016-8115")
        answer = self.done(self.machine.svc("explain", "--port", "8016", "--json")).json()
        self.assertIs(answer["complete"], True, answer)
        self.assertEqual(answer["state"], "reserved")


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


if __name__ == "__main__":
    harness_wine.main()
