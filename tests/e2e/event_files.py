"""The files about events that are shipped, and the queries of the documents: read,
checked, and asked of sample events."""

import re

from lxml import etree

import event_filter
from harness import SOURCE

INSTALLER = SOURCE / "installer"
SCHEMAS = SOURCE / "tests" / "fixtures" / "schemas"
VIEWS = sorted((INSTALLER / "event-viewer").glob("PortGuard*.xml"))
TASK = INSTALLER / "event-viewer" / "port-80-taken.task.xml"
SUBSCRIPTION = INSTALLER / "event-forwarding" / "portguard-subscription.xml"
DOCUMENTS = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]

TASK_NAMES = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
FORWARDING_NAMES = {"s": "http://schemas.microsoft.com/2006/03/windows/events/subscription"}
# What Get-WinEvent -FilterHashtable knows, and where an event has it.
HASHTABLE = {"LogName": "Channel", "ProviderName": "Provider", "Id": "EventID",
             "Level": "Level", "StartTime": None}


def constants():
    """The name of the source and of its log as the service uses them."""
    header = (SOURCE / "common" / "protocol.h").read_text(encoding="utf-8")
    key = (SOURCE / "service" / "win_event_source.c").read_text(encoding="utf-8")
    log = re.search(r'LOG_KEY L"SYSTEM\\\\CurrentControlSet\\\\Services\\\\EventLog\\\\'
                    r'(\w+)\\\\(\w+)"', key)
    name = re.search(r'#define PG_SERVICE_NAME "(\w+)"', header)[1]
    assert log[2] == name, (log, name)
    return name, log[1]


def validated(content, schema):
    """The document, after it was held against tests/fixtures/schemas/."""
    tree = etree.fromstring(content)
    etree.XMLSchema(etree.parse(SCHEMAS / (schema + ".xsd"))).assertValid(tree)
    return tree


def text_at(tree, path, names):
    [element] = tree.xpath(path, namespaces=names)
    return element.text


def query_list(text):
    return validated(text.strip().encode(), "event-query")


def view_query(path):
    return validated(path.read_bytes(), "event-view").find(".//QueryList")


def task_query():
    tree = validated(TASK.read_bytes(), "task")
    return query_list(text_at(tree, "//t:Subscription", TASK_NAMES))


def subscription_query():
    tree = validated(SUBSCRIPTION.read_bytes(), "subscription")
    return query_list(text_at(tree, "/s:Subscription/s:Query", FORWARDING_NAMES))


def shipped():
    """Name -> QueryList of every shipped file with a query."""
    lists = {path.name: view_query(path) for path in VIEWS}
    lists[TASK.name] = task_query()
    lists[SUBSCRIPTION.name] = subscription_query()
    return lists


# --- the documents ----------------------------------------------------------


def hashtable(text):
    """Key -> values of @{…}; a value that is computed stays as it is."""
    found = {}
    for part in text.split(";"):
        key, value = part.split("=", 1)
        found[key.strip()] = [one.strip().strip("'") for one in value.split(",")]
    return found


def hashtable_selects(table, log):
    unknown = set(table) - set(HASHTABLE)
    if unknown:
        raise event_filter.BadQuery(f"-FilterHashtable has no {unknown}")
    query = []
    for key, values in table.items():
        name = {"Provider": "Provider/@Name"}.get(HASHTABLE[key], HASHTABLE[key])
        if name:
            query.append("(" + " or ".join(f"{name}='{value}'" for value in values) + ")")
    return log.select(f"*[System[{' and '.join(query)}]]")


def xpaths_of(block):
    """The XPath queries of a block that is no QueryList."""
    if block.lstrip().startswith("*["):
        return [" ".join(block.split())]
    return re.findall(r'(?:/q:|/mo |-FilterXPath )"([^"]+)"', block)


def documented(log):
    """(where, how often it is written there, what it selects) of each query in a document."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.M | re.S)
        for block in blocks:
            for number, selected in enumerate(selected_by(block, log), 1):
                yield f"{path.name}: {block.strip()[:60]} ({number})", selected


def selected_by(block, log):
    if "<QueryList>" in block:
        return [log.select_list(query_list(block))]
    return ([log.select(query) for query in xpaths_of(block)] +
            [hashtable_selects(hashtable(table), log)
             for table in re.findall(r"-FilterHashtable @\{(.*?)\}", block, re.S)])


def queries_written():
    """How many there are in all documents, however they are written."""
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    lists = re.findall(r"<QueryList>.*?</QueryList>", text, re.S)
    for one in lists:
        text = text.replace(one, "", 1)
    return (len(lists) + len(re.findall(r"\*\[(?:System|EventData)\[.*?$", text, re.M)) +
            len(re.findall(r"-FilterHashtable @", text)))
