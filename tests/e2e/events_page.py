"""What docs/events.md says of each event, and whether an emitted one is like that."""

import functools
import json
import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PAGE = SOURCE / "docs" / "events.md"
# Of every event; the last two where something did not fit.
COMMON = {"event", "at", "truncated", "holder_count"}
GUARDED_WARNS = "info, on a guarded port warning"


class Described:
    """One event as the page has it. `members` is a set, `strings` counts the JSON."""

    def __init__(self, level, category):
        self.level, self.category = level, category
        self.strings, self.members = 0, set()


def names_in(text):
    """`change` (`port_taken`), `port`: what stands in brackets is a value, or inside."""
    return set(re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", text)))


def read_rows(events, event_id, section):
    described = events[event_id]
    for number, text in re.findall(r"^\| (\d) \| (.*) \|$", section, re.M):
        described.strings = int(number)
        if not text.startswith("JSON: "):
            continue
        same = re.search(r"as for (\d{4})", text)
        described.members = events[int(same[1])].members if same else names_in(text)


@functools.lru_cache(maxsize=1)
def described():
    """ID -> Described."""
    page = PAGE.read_text(encoding="utf-8")
    events = {int(number): Described(level, category) for number, level, category in
              re.findall(r"^\| (\d{4}) \| ([a-z ,]+) \| (\w+) \|", page, re.M)}
    for event_id, section in re.findall(r"^### (\d{4}) (.*?)(?=^##)", page, re.M | re.S):
        read_rows(events, int(event_id), section)
    return events


@functools.lru_cache(maxsize=1)
def holder_members():
    """The members of a holder: a table of the page."""
    page = PAGE.read_text(encoding="utf-8")
    table = re.search(r"^\| member of a holder \|.*?\n\n", page, re.M | re.S)[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.M))


def level_is_right(event, told):
    if told.level != GUARDED_WARNS:
        return event["level"] == told.level
    return event["level"] == ("warning" if event["data"]["guarded"] else "info")


def holders_of(data):
    """Every holder an event tells of."""
    lists = [data.get("holders"), data.get("previous")]
    lists += [port.get("holders") for port in data.get("guarded", [])
              if isinstance(port, dict)] if isinstance(data.get("guarded"), list) else []
    lists.append([data["holder"]] if "holder" in data else None)
    return [holder for one in lists for holder in one or []]


def faults_of_data(event_id, data):
    told = described()[event_id]
    more = set(data) - told.members - COMMON
    if more:
        yield f"{event_id}: members that the page does not have: {sorted(more)}"
    if data["event"] != event_id:
        yield f"{event_id}: its JSON says {data['event']}"
    for holder in holders_of(data):
        if set(holder) - holder_members():
            yield f"{event_id}: a holder with {sorted(set(holder) - holder_members())}"


def faults(event):
    """What is not as described, of a line of JSON."""
    told = described().get(event["event"])
    if told is None:
        return [f"{event['event']} is on no page"]
    found = list(faults_of_data(event["event"], event["data"]))
    if len(event["strings"]) + 1 != told.strings:
        found.append(f"{event['event']}: {len(event['strings']) + 1} strings")
    if event["category"] != told.category or not level_is_right(event, told):
        found.append(f"{event['event']}: {event['category']}, {event['level']}")
    return found


def faults_of_strings(event_id, strings):
    """The same of what went to ReportEvent, whose JSON may be cut."""
    if event_id not in described():
        return [f"{event_id} is on no page"]
    found = []
    if len(strings) != described()[event_id].strings:
        found.append(f"{event_id}: {len(strings)} strings")
    try:
        found += faults_of_data(event_id, json.loads(strings[-1]))
    except ValueError:
        pass
    return found


def check(events):
    """For every test that sees events: they must be as the page says."""
    found = [fault for event in events for fault in faults(event)]
    assert not found, f"not as docs/events.md says: {found}"
