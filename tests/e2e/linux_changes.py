"""What the service writes when its capture changes, breaks and comes back."""

import os
import unittest

import harness
from harness import ServiceCase, capture, listener, write_capture

FREE = capture([])
NGINX_80 = capture([listener(80, 5120)])
APACHE_80 = capture([listener(80, 6230)])


class Changes(ServiceCase):
    def change(self, service, content):
        write_capture("host.json", content)
        return service

    def test_what_is_there_at_start_is_the_baseline(self):
        service = self.start(NGINX_80)
        [started] = service.of(1000)
        self.assertEqual(started["level"], "info")
        guarded = {row["port"]: row["state"] for row in started["data"]["guarded"]}
        self.assertEqual(guarded, {80: "in_use", 443: "free"})
        self.assertEqual(service.stop(), 0)
        self.assertEqual(service.ids(), [1000, 1001])

    def test_a_guarded_port_taken_is_a_warning(self):
        service = self.change(self.start(FREE), NGINX_80)
        taken = service.wait_event(1100, 80)
        self.assertEqual((taken["level"], taken["category"]), ("warning", "port"))
        self.assertEqual(taken["strings"][0], "80")
        self.assertIn("nginx.exe", taken["strings"][1])
        self.assertEqual(taken["strings"][2], "0.0.0.0:80")
        data = taken["data"]
        self.assertEqual((data["change"], data["guarded"]), ("port_taken", True))
        [holder] = data["holders"]
        self.assertEqual((holder["kind"], holder["process"]), ("process", "nginx.exe"))

    def test_another_port_taken_is_news_but_no_warning(self):
        service = self.change(self.start(FREE), capture([listener(8080, 5120)]))
        taken = service.wait_event(1100, 8080)
        self.assertEqual((taken["level"], taken["data"]["guarded"]), ("info", False))

    def test_a_released_port_names_who_held_it(self):
        service = self.change(self.start(NGINX_80), FREE)
        released = service.wait_event(1101, 80)
        self.assertEqual(released["level"], "info")
        self.assertIn("nginx.exe", released["strings"][1])
        self.assertEqual(released["data"]["previous"][0]["process"], "nginx.exe")

    def test_another_holder_is_a_change_not_two(self):
        service = self.change(self.start(NGINX_80), APACHE_80)
        changed = service.wait_event(1102, 80)
        self.assertEqual(changed["level"], "warning")
        self.assertIn("nginx.exe", changed["strings"][1])
        self.assertIn("httpd.exe", changed["strings"][2])
        self.assertEqual(service.of(1100, 1101), [])

    def test_a_restarted_holder_is_no_news(self):
        service = self.start(NGINX_80)
        restarted = dict(harness.NGINX, pid=777)
        self.change(service, capture([listener(80, 777), listener(81, 777)], [restarted]))
        service.wait_event(1100, 81)
        self.assertEqual(service.of(1101, 1102), [])

    def test_the_answers_follow_the_file(self):
        service = self.start(FREE)
        connection = self.connect(service.pipe)
        self.assertEqual(connection.status(80)["state"], "free")
        write_capture("host.json", NGINX_80)
        harness.wait_until(lambda: connection.status(80)["state"] == "in_use", "in use")
        self.assertIn("nginx.exe", connection.status(80)["summary"])

    def test_a_file_rewritten_in_place_is_read_again(self):
        service = self.start(NGINX_80)
        with open("host.json", "r+b") as file:
            text = file.read().replace(b'"local_port": 80,', b'"local_port": 81,')
            file.seek(0)
            file.write(text)
        service.wait_event(1101, 80)
        service.wait_event(1100, 81)

    def test_http_sys_state_that_fails_leaves_the_holder_alone(self):
        host = harness.web_host()
        service = self.start(host)
        del host["http"]
        host["source_errors"] = {"http.service_state": "timed out after 5 s"}
        self.change(service, host)
        failed = service.wait_event(1004)
        self.assertEqual(failed["strings"], ["http.service_state", "timed out after 5 s"])
        answer = self.connect(service.pipe).status(80)
        self.assertEqual((answer["state"], answer["complete"]), ("in_use", False))
        self.assertTrue(answer["warnings"])
        self.change(service, harness.web_host())
        service.wait_event(1005)
        self.assertEqual(self.connect(service.pipe).status(80)["complete"], True)
        self.assertEqual(service.of(1100, 1101, 1102), [])


def put_folder():
    os.unlink("host.json")
    os.mkdir("host.json")


def clear_folder():
    if os.path.isdir("host.json"):
        os.rmdir("host.json")


class Broken(ServiceCase):
    """The file breaks and comes back: nobody is told that ports were released."""

    def break_and_mend(self, make_broken, prepare_mending=lambda: None):
        service = self.start(NGINX_80)
        connection = self.connect(service.pipe)
        make_broken()
        failed = service.wait_event(1004)
        self.assertEqual(failed["level"], "warning")
        self.assertEqual(failed["strings"][0], "tcp.ipv4")
        answer = connection.status(80)
        self.assertEqual((answer["state"], answer["complete"]), ("unknown", False))
        self.assertEqual(answer["wildcard_bindable"], "unknown")
        self.assertTrue(answer["warnings"])
        prepare_mending()
        write_capture("host.json", APACHE_80)
        service.wait_event(1005)
        service.wait_event(1102, 80)
        self.assertIn("httpd.exe", connection.status(80)["summary"])
        self.assertEqual(service.of(1100, 1101), [])
        return failed

    def test_a_removed_file(self):
        failed = self.break_and_mend(lambda: os.unlink("host.json"))
        self.assertIn("host.json", failed["strings"][1])

    def test_a_file_that_is_no_json(self):
        self.break_and_mend(lambda: write_capture("host.json", b"PK\x03\x04"))

    def test_a_file_cut_in_half(self):
        half = harness.json.dumps(NGINX_80).encode()[:100]
        self.break_and_mend(lambda: write_capture("host.json", half))

    def test_a_capture_with_a_wrong_port(self):
        failed = self.break_and_mend(
            lambda: write_capture("host.json", capture([listener(70000, 5120)])))
        self.assertIn("tcp[0].local_port", failed["strings"][1])
        self.assertIn("70000", failed["strings"][1])

    def test_a_directory_in_its_place(self):
        self.addCleanup(clear_folder)
        failed = self.break_and_mend(put_folder, clear_folder)
        self.assertIn("directory", failed["strings"][1])

    def test_a_file_that_stays_broken_is_told_once(self):
        service = self.start(NGINX_80)
        connection = self.connect(service.pipe)
        for number in range(20):
            write_capture("host.json", b"broken %d" % number)
            self.assertEqual(connection.status(80)["state"] in ("unknown", "in_use"), True)
        service.wait_event(1004, count=2)
        self.assertEqual([event["strings"][0] for event in service.of(1004)],
                         ["tcp.ipv4", "tcp.ipv6"])


class Flood(ServiceCase):
    def flip(self, connection, times):
        for number in range(times):
            write_capture("host.json", FREE if number % 2 else NGINX_80)
            state = "free" if number % 2 else "in_use"
            harness.wait_until(lambda: connection.status(80)["state"] == state, state)

    def test_200_flips_are_5_events_each_and_a_summary(self):
        service = self.start(FREE)
        self.flip(self.connect(service.pipe), 200)
        self.assertEqual(len(service.of(1100)), 5)
        self.assertEqual(len(service.of(1101)), 5)
        [flapping] = service.of(1103)
        self.assertEqual(flapping["level"], "warning")
        self.assertEqual(service.stop(), 0)
        summaries = {event["data"]["suppressed_event"]: event for event in service.of(1006)}
        self.assertEqual(set(summaries), {1100, 1101})
        for summary in summaries.values():
            self.assertEqual(summary["data"]["suppressed"], 95)
            self.assertEqual(summary["data"]["key"], 80)
            self.assertIn("80", summary["data"]["now"])
        self.assertEqual(service.ids()[-1], 1001)

    def test_a_flood_on_one_port_does_not_hide_another(self):
        service = self.start(FREE)
        self.flip(self.connect(service.pipe), 20)
        write_capture("host.json", capture([listener(443, 6230)]))
        service.wait_event(1100, 443)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
