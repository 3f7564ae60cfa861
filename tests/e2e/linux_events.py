"""docs/events.md against events that were really emitted, at least one of each ID. That
no event has more than the page says is looked at after every other test, too."""

import unittest

import event_samples
import events_page
import harness
from harness import ServiceCase, capture, listener, process, service, write_capture


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emitted = event_samples.emitted()

    def of(self, event_id):
        return [event["data"] for event in self.emitted if event["event"] == event_id]

    def test_every_event_of_the_page_was_emitted(self):
        missing = set(events_page.described()) - {event["event"] for event in self.emitted}
        self.assertEqual(missing, set())

    def test_every_emitted_event_is_as_the_page_says(self):
        events_page.check(self.emitted)

    def test_every_member_of_the_page_was_emitted(self):
        for event_id, told in events_page.described().items():
            with self.subTest(event=event_id):
                seen = {member for data in self.of(event_id) for member in data}
                self.assertEqual(told.members - seen, set())

    def test_every_member_of_a_holder_was_emitted(self):
        holders = [holder for event in self.emitted
                   for holder in events_page.holders_of(event["data"])]
        self.assertEqual({member for holder in holders for member in holder},
                         events_page.holder_members())

    def test_the_check_would_find_a_fault(self):
        [event] = [event for event in self.emitted if event["event"] == 1003]
        for spoilt in (dict(event, strings=event["strings"][1:]), dict(event, event=1999),
                       dict(event, level="info"), dict(event, category="port"),
                       dict(event, data=dict(event["data"], more=1)),
                       dict(event, data=dict(event["data"], event=1002))):
            self.assertEqual(len(events_page.faults(spoilt)), 1, spoilt)


class Confusion(ServiceCase):
    """Queries with Data='80' take an event for one about port 80 when any of its strings
    is that. docs/events.md says who could bring that about."""

    def taken(self, *services):
        processes = [process(700, "80", "80")]
        started = self.start(capture([], processes, services))
        write_capture("host.json", capture([listener(443, 700)], processes, services))
        return started.wait_event(1100, 443)

    def test_a_program_cannot(self):
        self.assertNotIn("80", self.taken()["strings"])

    def test_a_service_can_by_its_name(self):
        taken = self.taken(service("80", "80", 700))
        self.assertEqual(taken["strings"][:2], ["443", "80"])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
