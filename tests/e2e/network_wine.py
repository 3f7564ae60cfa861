"""What the wine_network*.py tests share: a Windows whose network configuration is in
the registry, where the stand-ins for httpapi.dll and netsh.exe read it."""

import struct

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

    def rows(self, verb, name):
        answer = self.done(self.machine.ctl("http", verb, "--json")).json()
        self.assertIs(answer["complete"], True, answer)
        return answer[name]

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
