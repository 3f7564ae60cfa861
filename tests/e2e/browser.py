"""A headless Chromium, spoken to over its DevTools pipe: no port, no driver program.

It gets no network and a profile of its own, which is gone with it.
"""

import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile

from waiting import PATIENCE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def program():
    """Its path, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One page. What it complains about (errors, violations of the page's own policy,
    requests) is in `complaints` and `requests`."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="browser-", dir=os.getcwd())
        read_end, self.to_browser = os.pipe()
        self.from_browser, write_end = os.pipe()
        # Chromium has its pipe at 3 and 4, whatever else is open here.
        ends = tuple(os.dup(end) for end in (read_end, write_end))
        for end in (read_end, write_end):
            os.close(end)
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}', "bash", program(),
             "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-sync",
             "--disable-component-update", "--disable-extensions", "--hide-scrollbars",
             "--disable-crash-reporter", "--disable-breakpad", "--no-zygote",
             "--proxy-server=127.0.0.1:9", "--font-render-hinting=none",
             f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=ends, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile, "DBUS_SESSION_BUS_ADDRESS": "disabled:"})
        for end in ends:
            os.close(end)
        self.number = 0
        self.input = b""
        self.session = None
        self.events = []
        self.complaints = []
        self.requests = []
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def _attach(self):
        pages = self.ask("Target.getTargets")["targetInfos"]
        page = next(target for target in pages if target["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page["targetId"],
                                flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.ask(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            try:
                self.ask("Browser.close", whole=True)
                self.process.wait(PATIENCE)
            except (OSError, AssertionError, subprocess.TimeoutExpired):
                self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)

    # --- messages -----------------------------------------------------------

    def _next(self):
        while b"\0" not in self.input:
            ready, _, _ = select.select([self.from_browser], [], [], PATIENCE)
            piece = os.read(self.from_browser, 1 << 20) if ready else b""
            if not piece:
                raise AssertionError("the browser says nothing any more")
            self.input += piece
        line, _, self.input = self.input.partition(b"\0")
        return json.loads(line)

    def _note(self, message):
        method, params = message.get("method"), message.get("params", {})
        self.events.append(method)
        if method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(params["args"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"])
        elif method == "Audits.issueAdded":
            self.complaints.append(params["issue"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def ask(self, method, whole=False, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session and not whole:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    # --- the page -----------------------------------------------------------

    def open(self, path):
        self.events.clear()
        self.ask("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while "Page.loadEventFired" not in self.events:
            self._note(self._next())

    def look(self, width, dark=False, media=""):
        """How wide the window is, and what the reader prefers."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        self.ask("Emulation.setEmulatedMedia", media=media,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def run(self, expression):
        """The value of a piece of JavaScript, which runs beside the page: what the page
        itself may do is not widened by it."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def screenshot(self, path, selector=None, height=None):
        box = self.run(f"(() => {{ const b = document.querySelector({json.dumps(selector or 'html')})"
                       ".getBoundingClientRect(); return {x: b.x + scrollX, y: b.y + scrollY,"
                       " width: b.width, height: b.height}; })()")
        clip = {**box, "scale": 1, "height": height or box["height"]}
        picture = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))

    def pdf(self, path):
        printed = self.ask("Page.printToPDF", printBackground=True)
        pathlib.Path(path).write_bytes(base64.b64decode(printed["data"]))
