"""The network configuration of a running service: its lists, and the events when a
changed capture shows that something was added, removed or cannot be read."""

import json
import unittest

import harness
from harness import ServiceCase, capture, listener, run, web_host, write_capture


def ranges(*rows):
    lines = "".join(f"{first:10}  {last:10}{'     *' if star else ''}\r\n"
                    for first, last, star in rows)
    return ("\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n"
            f"----------    --------\r\n{lines}\r\n* - Administered port exclusions.\r\n")


def configured(reservations=(), listen=(), certificates=(), excluded=(), proxies=(),
               tcp=(), **more):
    """A machine on which something is configured and hardly anything runs."""
    return capture(
        tcp, http={"service_state_text": "",
                   "url_reservations": [{"url": url, "sddl": sddl}
                                        for url, sddl in reservations],
                   "ip_listen_list": list(listen),
                   "certificate_bindings": [{"endpoint": endpoint, "hash": "ab12"}
                                            for endpoint in certificates]},
        excluded_port_ranges_text={"ipv4": ranges(*excluded), "ipv6": ranges()},
        port_proxies=[{"kind": "v4tov4", "listen_address": address, "listen_port": port,
                       "connect_address": "172.20.0.2", "connect_port": 8080}
                      for address, port in proxies], **more)


SHOP = ("http://+:80/shop/", "D:(A;;GX;;;WD)")


class Events(ServiceCase):
    def change(self, before, after):
        service = self.start(before)
        write_capture("host.json", after)
        return service

    def pair(self, added, removed, filled):
        """Something appears, and disappears again: the data of both events."""
        service = self.change(configured(), filled)
        came = service.wait_event(added)
        write_capture("host.json", configured())
        gone = service.wait_event(removed)
        self.assertEqual((came["level"], came["category"]), ("info", "network"))
        self.assertIs(came["data"].pop("added"), True)
        self.assertIs(gone["data"].pop("added"), False)
        for event in (came, gone):
            event["data"].pop("event"), event["data"].pop("at")
        self.assertEqual(came["data"], gone["data"])
        self.assertEqual(came["strings"], gone["strings"])
        return came

    def test_a_reservation(self):
        event = self.pair(1200, 1201, configured([SHOP]))
        self.assertEqual(event["strings"], ["http://+:80/shop/", "Everyone"])
        self.assertEqual(event["data"]["accounts"], ["Everyone"])

    def test_an_entry_of_the_listen_list(self):
        event = self.pair(1202, 1203, configured(listen=["127.0.0.2"]))
        self.assertEqual(event["strings"], ["127.0.0.2"])

    def test_a_certificate(self):
        event = self.pair(1204, 1205, configured(certificates=["0.0.0.0:443"]))
        self.assertEqual(event["strings"][0], "0.0.0.0:443")
        self.assertIn("ab12", event["strings"][1])

    def test_a_port_proxy(self):
        event = self.pair(1208, 1209, configured(proxies=[("0.0.0.0", 80)]))
        self.assertEqual(event["strings"],
                         ["v4tov4 0.0.0.0 port 80", "172.20.0.2 port 8080"])

    def test_an_excluded_range(self):
        event = self.pair(1210, 1211, configured(excluded=[(8016, 8115, False)]))
        self.assertEqual(event["strings"], ["8016-8115", "IPv4, dynamic"])

    def test_a_url_of_a_server_that_holds_its_port_already(self):
        before, after = web_host(), web_host()
        text = before["http"]["service_state_text"]
        url = "            HTTP://*:80/"
        after["http"]["service_state_text"] = text.replace(
            "URLs: 1", "URLs: 2").replace(url, f"{url}\n{url}ORDERS/")
        service = self.change(before, after)
        event = service.wait_event(1206)
        self.assertEqual(event["strings"][0], "http://*:80/ORDERS/")
        self.assertIn("W3SVC", event["strings"][1])
        self.assertEqual(event["data"]["holder"]["service"], "W3SVC")
        self.assertEqual(service.of(1100, 1101, 1102), [])
        write_capture("host.json", before)
        self.assertEqual(service.wait_event(1207)["strings"][0], "http://*:80/ORDERS/")

    def test_what_is_configured_at_the_start_is_baseline(self):
        everything = configured([SHOP], ["127.0.0.2"], ["0.0.0.0:443"],
                                [(8016, 8115, False)], [("*", 81)])
        service = self.change(everything, configured([SHOP], ["127.0.0.2"],
                                                     ["0.0.0.0:443"], [(8016, 8115, False)]))
        service.wait_event(1209)
        self.assertEqual([i for i in service.ids() if i >= 1200], [1209])

    def test_a_reading_that_failed_is_not_compared(self):
        service = self.change(configured([SHOP]), configured(
            source_errors={"http.url_reservations": "access denied"}))
        failed = service.wait_event(1004)
        self.assertEqual(failed["strings"][:2], ["http.url_reservations", "access denied"])
        write_capture("host.json", configured([SHOP], ["127.0.0.2"]))
        service.wait_event(1005)
        service.wait_event(1202)
        self.assertEqual(service.of(1200, 1201), [])

    def test_hostile_names_are_escaped(self):
        service = self.change(configured(), configured(
            [("http://+:80/%1\u202e/\x1b[2J", "D:(A;;GX;;;WD)")]))
        event = service.wait_event(1200)
        self.assertEqual(event["strings"][0], "http://+:80/<25>1<202E>/<1B>[2J")

    def test_a_flood_is_counted(self):
        """Every user may register URLs; five of a port are written."""
        service = self.start(configured())
        many = [(f"http://+:8080/{i}/", "D:(A;;GX;;;WD)") for i in range(20)]
        write_capture("host.json", configured(many))
        service.wait_event(1200, count=5)
        self.assertEqual(service.stop(), 0)
        [summary] = service.of(1006)
        self.assertEqual(summary["strings"][:3], ["15", "1200", "8080"])
        self.assertEqual(summary["strings"][3], "see portguardctl http reservations")


class Lists(ServiceCase):
    def ask(self, service, verb):
        asked = run("portguardctl", "--pipe", service.pipe, "http", verb, "--json")
        self.assertEqual((asked.returncode, asked.stderr), (0, ""), asked.stdout)
        return json.loads(asked.stdout)

    def test_each_list_is_answered(self):
        service = self.start(configured([SHOP], ["127.0.0.2"], ["0.0.0.0:443"]))
        for verb, key, word in (("reservations", "reservations", "http://+:80/shop/"),
                                ("iplisten", "ip_listen_list", "127.0.0.2"),
                                ("certificates", "certificates", "0.0.0.0:443")):
            with self.subTest(verb):
                answer = self.ask(service, verb)
                self.assertIs(answer["complete"], True)
                self.assertIn(word, str(answer[key]))
                shown = run("portguardctl", "--pipe", service.pipe, "http", verb)
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))
                self.assertIn(word, shown.stdout)

    def test_a_list_that_was_not_read_says_so(self):
        service = self.start(capture([listener(80, 5120)]))
        answer = self.ask(service, "reservations")
        self.assertIs(answer["complete"], False)
        self.assertIsNone(answer["reservations"])
        self.assertTrue(answer["warnings"])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
