"""A past for tests: rows in history.db as if the service had run for days."""

import json
import os
import sqlite3
import time

OPEN = 9223372036854775807  # the end of what has not ended
MINUTE = 60 * 1000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

W3SVC = ("http.sys:W3SVC", {"kind": "http.sys", "service": "W3SVC", "process": "w3wp.exe"})
WEB_DEPLOY = ("http.sys:MsDepSvc",
              {"kind": "http.sys", "service": "MsDepSvc", "process": "MsDepSvc.exe"})
NGINX = (r"process:C:\nginx\nginx.exe",
         {"kind": "process", "service": None, "process": "nginx.exe"})


class Past:
    """The service that made the database must not run. Times are in ms before now."""

    def __init__(self, folder):
        self.db = sqlite3.connect(os.path.join(folder, "history.db"))
        self.now = int(time.time() * 1000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.commit()
        self.db.close()

    def held(self, port, holder, since, until, how):
        identity, data = holder
        name = identity.split(":", 1)[1].replace("\\", "/").split("/")[-1].lower()
        self.db.execute(
            "INSERT INTO tenancy(port, holder, name, began, ended, how, data)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            (port, identity, name, self.now - since,
             self.now - until if how else OPEN, how, json.dumps(data)))

    def happened(self, ago, event, port, summary):
        """Event 0 is an action."""
        self.db.execute(
            "INSERT INTO change(at, what, event, port, summary, shown, data)"
            " VALUES(?, ?, ?, ?, ?, 0, ?)",
            (self.now - ago, int(event == 0), event, port, summary,
             json.dumps({"event": event})))


def busy_week(folder):
    """Port 80 in many hands, 443 free again, and things that concern no port."""
    with Past(folder) as past:
        past.held(80, NGINX, 9 * DAY, 6 * DAY, "released")
        past.held(80, WEB_DEPLOY, 5 * DAY, 4 * DAY, "replaced")
        past.held(80, NGINX, 4 * DAY, 3 * DAY, "unknown")
        past.happened(6 * DAY, 1101, 80, "port 80 is free again; nginx.exe held it")
        for i in range(8):
            ago = 2 * DAY - i * 3 * HOUR
            past.held(80, WEB_DEPLOY, ago, ago - 20 * MINUTE, "released")
            past.happened(ago, 1100, 80, "HTTP.sys holds port 80 for MsDepSvc")
            past.happened(ago - MINUTE, 1301, 80, "rule keep-80-free stopped MsDepSvc")
        past.happened(DAY, 0, 80, "free port 80: port 80 is free")
        past.held(443, W3SVC, 2 * DAY, 5 * HOUR, "released")
        past.happened(5 * HOUR, 1101, 443, "port 443 is free again; W3SVC held it")
        past.happened(4 * HOUR, 1202, 0, "127.0.0.2 was added to the IP listen list")
