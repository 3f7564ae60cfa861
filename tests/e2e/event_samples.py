"""Really emitted events, at least one of each ID: what the service writes about captures
that change, and what a program of the unit tests writes where services can be stopped."""

import copy
import json
import os
import subprocess

import harness
from harness import Connection, Service, capture, listener, web_host, write_capture
from waiting import PATIENCE, wait_until

SHOP_TEXT = "            HTTP://*:80/"
NGINX_80 = capture([listener(80, 5120)])
APACHE_80 = capture([listener(80, 6230)])
FREE = capture([])


class Scene:
    """One run of the service; what it wrote is in `events` when it has ended."""

    def __init__(self, name, content, more=()):
        self.name = name
        write_capture(name + ".json", content)
        self.service = Service(name + ".json", name + ".sock", more=more)
        self.events = self.service.events

    def __enter__(self):
        self.service.ready()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Once is enough."""
        if self.service.process.returncode is None:
            code = self.service.stop()
            assert code == 0 and not self.service.noise, (code, self.service.noise)

    def show(self, content, event_id, port=None, count=1):
        """The machine is like that now; waits until the service has said so."""
        write_capture(self.name + ".json", content)
        return self.service.wait_event(event_id, port, count)

    def ask(self, method, **params):
        with Connection(self.name + ".sock") as connection:
            return connection.call(method, params)


def ports():
    """1100 to 1103, and 1006 for what was too much."""
    with Scene("ports", FREE) as scene:
        scene.show(NGINX_80, 1100, 80)
        scene.show(APACHE_80, 1102, 80)
        scene.show(FREE, 1101, 80)
        with Connection("ports.sock") as connection:
            for _ in range(6):
                for content, state in ((NGINX_80, "in_use"), (FREE, "free")):
                    write_capture("ports.json", content)
                    wait_until(lambda: connection.status(80)["state"] == state, state)
        scene.service.wait_event(1103)
        scene.show(capture([listener(8080, 5120)]), 1100, 8080)
        scene.show(FREE, 1101, 8080)
    return scene.events


def iis():
    """HTTP.sys, and a source that fails and recovers."""
    host = web_host()
    without = capture([], host["processes"], host["services"], service_tags=[],
                      http={"service_state_text": ""})
    failing = {key: value for key, value in host.items() if key != "http"}
    failing["source_errors"] = {"http.service_state": "timed out after 5 s"}
    more_urls = copy.deepcopy(host)
    text = host["http"]["service_state_text"]
    more_urls["http"]["service_state_text"] = text.replace("URLs: 1", "URLs: 2").replace(
        SHOP_TEXT, f"{SHOP_TEXT}\n{SHOP_TEXT}ORDERS/")
    with Scene("iis", without) as scene:
        scene.show(host, 1100, 80)
        scene.show(failing, 1004)
        scene.show(host, 1005)
        scene.show(more_urls, 1206, count=2)
        scene.show(host, 1207)
    return scene.events


def network():
    """1200 to 1211 but for 1206 and 1207."""
    ranges = ("\r\nStart Port    End Port\r\n----------    --------\r\n"
              "      8016        8115\r\n\r\n* - Administered port exclusions.\r\n")
    http = {"service_state_text": "", "url_reservations": [], "ip_listen_list": [],
            "certificate_bindings": []}
    empty = {"http": http, "port_proxies": [],
             "excluded_port_ranges_text": {"ipv4": harness.NO_RANGES,
                                           "ipv6": harness.NO_RANGES}}
    full = copy.deepcopy(empty)
    full["http"].update(
        url_reservations=[{"url": "http://+:80/shop/", "sddl": "D:(A;;GX;;;WD)"}],
        ip_listen_list=["127.0.0.2"],
        certificate_bindings=[{"endpoint": "0.0.0.0:443", "hash": "ab12", "store": "MY",
                               "app_id": "{4dc3e181-e14b-4a21-b022-59fc669b0914}"}])
    full["port_proxies"] = [{"kind": "v4tov4", "listen_address": "0.0.0.0",
                             "listen_port": 80, "connect_address": "172.20.0.2",
                             "connect_port": 8080}]
    full["excluded_port_ranges_text"]["ipv4"] = ranges
    with Scene("network", capture([], **empty)) as scene:
        for content, ids in ((capture([], **full), (1200, 1202, 1204, 1208, 1210)),
                             (capture([], **empty), (1201, 1203, 1205, 1209, 1211))):
            write_capture("network.json", content)
            for event_id in ids:
                scene.service.wait_event(event_id)
    return scene.events


def configuration():
    """1002 and 1003, a rule that only observes, who controls and who was not let."""
    rule = {"name": "keep-80-free", "mode": "enforce", "ports": [80],
            "services": ["W3SVC"], "confirm_s": 0}
    os.makedirs("settings", mode=0o700)
    write_capture("settings/config.json", {"version": 1, "rules": [rule]})
    more = ("--config", "settings/config.json", "--control", "config.control",
            "--state", "settings")
    with Scene("config", web_host(), more) as scene:
        scene.service.wait_event(1002)
        scene.service.wait_event(1300)
        with Connection("config.control") as control:
            control.ask("policy.pause", rule="keep-80-free", for_s=600)
            scene.service.wait_event(1306)
            scene.service.wait_event(1400)
            write_capture("settings/config.json", {"version": 1, "interval_ms": 5})
            control.call("policy.reload", {})
            scene.service.wait_event(1003)
        assert "error" in scene.ask("policy.resume")
        scene.service.wait_event(1401)
    return scene.events


def squatted():
    """A status pipe whose name is taken."""
    with Scene("first", FREE) as first:
        write_capture("second.json", FREE)
        second = Service("second.json", "first.sock")
        try:
            second.ready().wait_event(1007)
            first.end()
            second.wait_event(1008)
        finally:
            second.stop()
    return second.events


def made_by_hand():
    """1301 to 1307, and what else only a machine made by hand brings about: programs of the
    unit tests, which write down their events."""
    processes = []
    for name in ("policy", "loop"):
        processes.append(subprocess.Popen(
            [harness.BUILD / "unit" / f"posix_test_{name}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "PG_EVENT_LINES": name + ".lines"}))
    codes = [process.wait(3 * PATIENCE) for process in processes]
    assert codes == [0, 0], codes
    events = []
    for name in ("policy", "loop"):
        with open(name + ".lines", encoding="utf-8") as lines:
            events += [json.loads(line) for line in lines]
    return events


def emitted():
    """Everything of them all, in a list."""
    scenes = (ports, iis, network, configuration, squatted, made_by_hand)
    return [event for scene in scenes for event in scene()]
