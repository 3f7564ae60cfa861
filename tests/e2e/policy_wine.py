"""What the wine_policy*.py tests share: rules, and services that get in their way."""

import json
import os

from harness_wine import TOOLS, MachineCase, wait_until

SERVICES = r"HKLM\System\CurrentControlSet\Services"
LONG_S = 3600  # a cool-down that no test sees the end of


def rule(name, ports, *services, **more):
    """A rule that acts at once and may again a second later, and what else it says."""
    ports = ports if isinstance(ports, list) else [ports]
    return {"name": name, "mode": "enforce", "ports": ports, "services": list(services),
            "confirm_s": 0, "cooldown_s": 1, **more}


class PolicyCase(MachineCase):
    CONFIG = r"C:\ProgramData\PortGuard\config.json"
    STATE = r"C:\ProgramData\PortGuard\state.json"
    PIPES = ()

    # --- the configuration ---

    def write_rules(self, *rules, interval_ms=200):
        """Replaces the file whole: the service reads it within two seconds."""
        path = self.machine.path(self.CONFIG)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name("fresh.json")
        fresh.write_text(json.dumps({"version": 1, "interval_ms": interval_ms,
                                     "rules": list(rules)}))
        os.replace(fresh, path)

    def rules(self, *rules, **more):
        self.write_rules(*rules, **more)
        self.done(self.ctl("policy", "reload"))

    # --- what portguard says ---

    def ctl(self, *words):
        return self.machine.ctl(*words, *self.PIPES)

    def shown(self, name, service):
        """What `policy show` has of a rule and a service; None: nothing."""
        answer = self.done(self.ctl("policy", "show", "--json")).json()
        watched = next(r["watched"] for r in answer["rules"] if r["name"] == name)
        return next((w for w in watched if w["service"] == service), None)

    def wait_shown(self, name, service, **members):
        def found():
            shown = self.shown(name, service)
            return shown and {key: shown[key] for key in members} == members and shown
        return wait_until(found, f"{service} of rule {name} with {members}")

    def told(self, event_id, name, count=1):
        """The strings of the event about the rule of that name, when it is there."""
        return self.machine.wait_event(event_id, count, first=name)

    def count(self, event_id, name):
        return sum(strings[:1] == [name] for _, strings in self.machine.events(event_id))

    def restore(self, service):
        self.done(self.ctl("restore", service, "--yes"))

    def state(self):
        """state.json, which must be whole; where nothing is remembered there is none."""
        path = self.machine.path(self.STATE)
        if not path.exists():
            return {"undo": [], "policy": {"rules": [], "services": []}}
        return json.loads(path.read_text())

    def noted(self):
        """The services that `restore` knows something about."""
        return [record["service"] for record in self.state()["undo"]]

    # --- services ---

    def hangs(self, name, port):
        """Started; its stop hangs until the test ends, or lets it go before."""
        self.service(name, port, "hang")
        self.addCleanup(self.let_go, name)
        self.machine.start_service(name)

    def started(self, name, port, behaviour="normal"):
        self.service(name, port, behaviour)
        self.machine.start_service(name)

    def web_service(self, name, port):
        """It registers a URL with HTTP.sys instead of listening."""
        url = f"http://+:{port}/{name}/"
        self.done(self.machine.run("webdemo", "install", name, name, url))
        self.addCleanup(self.machine.run, "webdemo", "uninstall", name)

    def diary(self, name, word):
        """When it wrote that word into its diary, in milliseconds of one clock."""
        path = self.machine.path(rf"{TOOLS}\{name}.log")
        lines = path.read_text().splitlines() if path.exists() else []
        return [float(line.split()[1]) for line in lines
                if line.startswith(word + " ")]

    def wait_diary(self, name, word, count=1):
        wait_until(lambda: len(self.diary(name, word)) >= count, f"{name}: {word}")

    def let_go(self, name):
        """Ends the hanging of one that hangs."""
        self.machine.path(rf"{TOOLS}\{name}.go").touch()

    def start_type(self, name):
        numbers = {"0x2": "auto", "0x3": "manual", "0x4": "disabled"}
        return numbers[self.machine.values(rf"{SERVICES}\{name}")["Start"]]
