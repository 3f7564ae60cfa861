"""Queries of the Windows Event Log: whether they stay inside the part of XPath 1.0 that
Microsoft documents for it ("Consuming Events", section "XPath 1.0 limitations"), and what
they select of events that are written out as Windows does."""

import datetime
import re

from lxml import etree

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
# Fewer than the 32 that Microsoft names for one expression: above 20 there are reports
# of "the specified query is invalid".
COMPARISONS_MAX = 20
# The elements of an event's schema that a query may name, and their attributes.
ELEMENTS = {
    "Event": (), "System": (), "EventData": (), "Level": (), "Task": (), "Keywords": (),
    "Opcode": (), "Version": (), "Channel": (), "Computer": (), "EventRecordID": (),
    "Correlation": ("ActivityID", "RelatedActivityID"), "Security": ("UserID",),
    "Provider": ("Name", "Guid", "EventSourceName"), "EventID": ("Qualifiers",),
    "TimeCreated": ("SystemTime",), "Execution": ("ProcessID", "ThreadID"),
    "Data": ("Name",)}
LEAVES = {"Level", "Task", "Keywords", "Opcode", "Version", "Channel", "Computer",
          "EventRecordID", "EventID", "Data"}
FUNCTIONS = {"position": (0, 0), "band": (2, 2), "timediff": (1, 2)}
TOKEN = re.compile(r"\s*(?:(?P<literal>'[^']*'|\"[^\"]*\")|(?P<number>\d+)|"
                   r"(?P<operator><=|>=|!=|[=<>()\[\]/@*,])|(?P<name>[A-Za-z_]\w*))")


class BadQuery(ValueError):
    """It says what is wrong, and where."""


# --- the grammar ------------------------------------------------------------


def tokens(query):
    found, at = [], 0
    while query[at:].strip():
        match = TOKEN.match(query, at)
        if not match:
            raise BadQuery(f"Windows knows nothing like {query[at:at + 20]!r} in a query")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class Grammar:
    """Reads a query by recursive descent, and refuses what is not in the subset."""

    def __init__(self, query):
        self.tokens, self.at, self.comparisons = tokens(query), 0, 0

    def check(self):
        self.either()
        if self.at < len(self.tokens):
            raise BadQuery(f"{self.peek()!r} is one too many")
        if self.comparisons > COMPARISONS_MAX:
            raise BadQuery(f"{self.comparisons} comparisons, at most {COMPARISONS_MAX}")

    def peek(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at][1] if at < len(self.tokens) else None

    def kind(self):
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    def take(self, *wanted):
        """The next token if it is one of these."""
        if self.kind() in ("operator", "name") and self.peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def need(self, wanted):
        if not self.take(wanted):
            raise BadQuery(f"{wanted!r} is missing before {self.peek()!r}")

    def either(self):
        self.both()
        while self.take("or"):
            self.both()

    def both(self):
        self.comparison()
        while self.take("and"):
            self.comparison()

    def comparison(self):
        grouped = self.operand()
        if self.take("=", "!=", "<", "<=", ">", ">="):
            self.comparisons += 1
            self.operand()
        elif not grouped:
            self.comparisons += 1

    def operand(self):
        """Whether it was one in parentheses."""
        if self.take("("):
            self.either()
            self.need(")")
            return True
        if self.kind() in ("literal", "number"):
            self.at += 1
        elif self.kind() == "name" and self.peek(1) == "(":
            self.call()
        else:
            self.path()
        return False

    def call(self):
        name, given = self.peek(), 0
        if name.lower() not in FUNCTIONS:
            raise BadQuery(f"the function {name}() does not exist for events")
        self.at += 1
        self.need("(")
        while self.peek() != ")":
            self.operand()
            given += 1
            if self.peek() != ")":
                self.need(",")
        self.need(")")
        fewest, most = FUNCTIONS[name.lower()]
        if not fewest <= given <= most:
            raise BadQuery(f"{name}() with {given} arguments")

    def path(self):
        element = self.step(None)
        while self.take("/"):
            element = self.step(element)

    def step(self, parent):
        if self.take("@"):
            name = self.peek() if self.kind() == "name" else None
            if name is None or not any(name in names for element, names in ELEMENTS.items()
                                       if parent in (None, "*", element)):
                raise BadQuery(f"{parent or 'an element'} has no attribute {name!r}")
            self.at += 1
            return None
        element = self.peek()
        if self.kind() == "name" and element not in ELEMENTS:
            raise BadQuery(f"an event has no element {element!r}")
        if self.kind() != "name" and element != "*":
            raise BadQuery(f"a name is missing before {element!r}")
        self.at += 1
        while self.take("["):
            self.predicate(element)
        return element

    def predicate(self, element):
        begun = self.at
        self.either()
        by_position = self.at == begun + 1 and self.tokens[begun][0] == "number"
        if by_position and element not in LEAVES:
            raise BadQuery(f"positions are for leaves, and {element} is none")
        self.need("]")


def check(query):
    """BadQuery when Windows might refuse it."""
    Grammar(query).check()


# --- events -----------------------------------------------------------------

LEVELS = {"info": 4, "warning": 3, "error": 2}
CATEGORIES = {"service": 1, "port": 2, "network": 3, "policy": 4, "control": 5}


def event_xml(event, data_text, record=1, provider="PortGuard", channel="Application"):
    """A line of JSON as Windows writes an event of a classic source out. `data_text` is
    the last string."""
    root = etree.Element("Event", nsmap={None: NAMESPACE})
    system = etree.SubElement(root, "System")
    etree.SubElement(system, "Provider", Name=provider)
    etree.SubElement(system, "EventID", Qualifiers="0").text = str(event["event"])
    for name, text in (("Version", 0), ("Level", LEVELS[event["level"]]),
                       ("Task", CATEGORIES[event["category"]]), ("Opcode", 0),
                       ("Keywords", "0x80000000000000")):
        etree.SubElement(system, name).text = str(text)
    etree.SubElement(system, "TimeCreated", SystemTime=event["data"]["at"])
    etree.SubElement(system, "EventRecordID").text = str(record)
    etree.SubElement(system, "Correlation")
    etree.SubElement(system, "Execution", ProcessID="0", ThreadID="0")
    for name, text in (("Channel", channel), ("Computer", "host.example")):
        etree.SubElement(system, name).text = text
    etree.SubElement(system, "Security")
    data = etree.SubElement(root, "EventData")
    for text in (*event["strings"], data_text):
        etree.SubElement(data, "Data").text = text
    return root


# --- selecting --------------------------------------------------------------


def milliseconds(text):
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time.timestamp() * 1000


class Log:
    """Events that can be asked. `now` is what timediff() counts from, Unix time in ms."""

    def __init__(self, events, now):
        self.events, self.now = [], now
        # Windows looks at names alone; the engine here would want the namespace.
        for event in events:
            place = etree.Element("Log")
            place.append(etree.fromstring(etree.tostring(event).replace(
                f' xmlns="{NAMESPACE}"'.encode(), b"")))
            self.events.append(place)

    def select(self, query):
        """The numbers of the events for which `query` holds."""
        check(query)
        functions = {(None, name): function
                     for names, function in ((("timediff",), self._timediff),
                                             (("band", "Band"), self._band))
                     for name in names}
        xpath = etree.XPath(query, extensions=functions)
        return {number for number, place in enumerate(self.events) if xpath(place)}

    def select_list(self, query_list):
        """What a QueryList selects: of each Query, and less what it suppresses."""
        found = set()
        for query in query_list.iter("{*}Query"):
            of_query, suppressed = set(), set()
            for part in query:
                path = part.get("Path") or query.get("Path")
                chosen = self.select(part.text.strip()) if path == "Application" else set()
                if etree.QName(part).localname == "Select":
                    of_query |= chosen
                else:
                    suppressed |= chosen
            found |= of_query - suppressed
        return found

    def _timediff(self, _, first, second=None):
        def time(value):
            return milliseconds(str(value[0])) if isinstance(value, list) else value
        return (self.now if second is None else time(second)) - time(first)

    def _band(self, _, first, second):
        def number(value):
            return int(value[0].text, 0) if isinstance(value, list) else int(value)
        return number(first) & number(second) != 0
