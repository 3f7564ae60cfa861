"""What the wine_*.py tests share: a Windows of their own, and what is in it.

Each test file runs in a network of its own, because Wine's HTTP.sys listens on
every address, and in a Wine prefix of its own below PG_BUILD. Prefixes are
copies of one template, since a first boot takes ten times as long as a copy.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import events_page
from waiting import PATIENCE, wait_until

SOURCE = pathlib.Path(os.environ.get("PG_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
BUILD = pathlib.Path(os.environ.get("PG_BUILD", SOURCE / "build" / "mingw")).resolve()
BIN = pathlib.Path(os.environ.get("PG_BIN", BUILD / "bin")).resolve()
DOUBLES = BUILD / "doubles"

STARTS = 3  # of a program that Wine does not get started
WINE_FAILED = "ShellExecuteEx failed: Internal error"

INSTALLED = r"C:\Program Files\PortGuard"
TOOLS = r"C:\Doubles"
SERVICE_KEY = r"HKLM\System\CurrentControlSet\Services\PortGuard"
DOUBLE_KEY = r"HKLM\Software\PortGuardDouble"
NETSH_OVERRIDE = r"""
[Software\\Wine\\DllOverrides]
"netsh.exe"="native"
"""
HTTPAPI_OVERRIDE = r"""
[Software\\Wine\\AppDefaults\\portguardsvc.exe\\DllOverrides]
"httpapi"="native"
"""


def shell(command, *arguments, **options):
    """A command with the functions of scripts/lib.sh at hand."""
    script = f". '{SOURCE}/scripts/lib.sh'; {command}"
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script, "-", *arguments],
                          stdin=subprocess.DEVNULL, check=True, text=True, **options)


def enter_network():
    """Starts this test over in an empty network; once, and not where that is
    refused."""
    if os.environ.get("PG_TEST_NETWORK"):
        return
    os.environ["PG_TEST_NETWORK"] = "1"
    command = f'. "{SOURCE}/scripts/lib.sh"; pg_in_netns "$@"'
    os.execvp("bash", ["bash", "-c", command, "-", sys.executable, *sys.argv])


# --- prefixes ---------------------------------------------------------------


def wine_loader():
    return shell("pg_wine_find", stdout=subprocess.PIPE).stdout.strip()


def template():
    """The prefix that others are copied from; made by whoever needs it first, and
    again for another Wine."""
    path, stamp = BUILD / "wine-template", BUILD / "wine-template.stamp"
    version = subprocess.run(["wineserver", "--version"], capture_output=True, text=True,
                             check=True).stderr
    with open(BUILD / "wine-template.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.is_dir() and stamp.exists() and stamp.read_text() == version:
            return path
        shell('pg_wine_prefix_end "$1"; pg_wine_prefix_make "$1"; '
              'WINEPREFIX=$1 wineserver --wait', str(path))
        stamp.write_text(version)
    return path


def copy_prefix(target):
    """Wine's own files are linked: nothing writes into them. The registry is
    copied, which wineserver overwrites in place."""
    origin = template()
    subprocess.run(["cp", "-al", origin, target], check=True)
    for file in origin.glob("*.reg"):
        (target / file.name).unlink()
        shutil.copy2(file, target / file.name)


class Finished:
    """What came of a program."""

    def __init__(self, words, code, out, err, seconds):
        self.words, self.code, self.out, self.err = words, code, out, err
        self.seconds = seconds

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{self.words}: exit code {self.code}\n{self.out}{self.err}"


def was_started(done):
    """What Wine does not get started ends with 1, and says so or nothing at all. Of what
    is used here only its own `sc` fails without a word."""
    said = done.out + done.err
    return done.code != 1 or (WINE_FAILED not in said if said else done.words[0] == "sc")


class Running:
    """A program that runs until its standard input ends, as listen.exe does."""

    def __init__(self, process, output):
        self.process, self.output = process, output

    def text(self):
        return self.output.read_text(errors="replace")

    def wait_for(self, words, seconds=PATIENCE):
        def seen():
            if words in self.text():
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"it ended: {self.process.args} {self.text()}")
            return False
        wait_until(seen, f"{words!r} from {self.process.args}", seconds)

    def stop(self):
        if self.process.stdin and not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def kill(self):
        """At once, as a loss of power does: it is a process of this side as well."""
        self.process.kill()
        self.stop()


class Machine:
    """A Windows 10, with the programs where the installer puts them unless it is to do
    that itself."""

    def __init__(self, installed=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wine-e2e-", dir=BUILD))
        self.prefix = self.folder / "prefix"
        self.events_file = self.folder / "events.log"
        self.loader = wine_loader()
        self.env = {**os.environ, "WINEPREFIX": str(self.prefix), "WINEDEBUG": "-all",
                    "WINELOADER": self.loader, "WINEPATH": f"{INSTALLED};{TOOLS}",
                    "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d"}
        self.env.pop("DISPLAY", None)
        self.serial = 0
        copy_prefix(self.prefix)
        self._furnish(installed)
        self._boot()

    def path(self, windows):
        """Where C:\\… is for this side."""
        return self.prefix / "drive_c" / windows[3:].replace("\\", "/")

    def _furnish(self, installed):
        for folder, programs in ((INSTALLED, BIN), (TOOLS, DOUBLES)):
            if folder == INSTALLED and not installed:
                continue
            self.path(folder).mkdir(parents=True)
            for program in programs.glob("*.exe"):
                shutil.copy2(program, self.path(folder))
        netsh = self.path(r"C:\windows\system32\netsh.exe")
        netsh.unlink(missing_ok=True)
        shutil.copy2(DOUBLES / "netsh.exe", netsh)
        overrides = NETSH_OVERRIDE
        # Only the service gets the stand-in for httpapi.dll: webdemo registers URLs.
        if installed:
            shutil.copy2(DOUBLES / "httpapi" / "httpapi.dll", self.path(INSTALLED))
            overrides += HTTPAPI_OVERRIDE
        with open(self.prefix / "user.reg", "a", encoding="utf-8") as registry:
            registry.write(overrides)

    def _boot(self):
        """The services inherit the surroundings of the first program: what they
        give to ReportEvent goes to its stderr. Left alone, Wine shuts down a few
        seconds after the last program that is no service."""
        env = {**self.env, "WINEDEBUG": "-all,fixme+advapi,+eventlog"}
        subprocess.run(["wineserver", "--persistent"], env=env, check=True,
                       cwd=self.folder, timeout=PATIENCE)
        with open(self.events_file, "wb") as events:
            subprocess.run([self.loader, "wineboot"], env=env, cwd=self.folder, check=True,
                           stdin=subprocess.DEVNULL, stdout=events, stderr=events,
                           timeout=PATIENCE)

    def _shut_down(self):
        for word in ("--kill", "--wait"):
            subprocess.run(["wineserver", word], env=self.env, check=False,
                           stderr=subprocess.DEVNULL, timeout=PATIENCE)

    def restart(self):
        """The events so far are gone."""
        self._shut_down()
        self._boot()

    def remove(self):
        self._shut_down()
        shutil.rmtree(self.folder)

    # --- programs ---

    def _output(self):
        self.serial += 1
        return self.folder / f"output-{self.serial}"

    def run(self, *words, timeout=PATIENCE):
        """Runs a program to its end. Now and then Wine 8 does not get one started while
        others start. It has not run then, so it is started once more."""
        for _ in range(STARTS):
            done = self._run(words, timeout)
            if was_started(done):
                break
            print(f"Wine did not start {done.words}", file=sys.stderr)
        return done

    def _run(self, words, timeout):
        """Files and not pipes take its output: what Wine starts in the background would
        keep a pipe open."""
        out, err = self._output(), self._output()
        begun = time.monotonic()
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            code = subprocess.run([self.loader, *words], env=self.env, cwd=self.folder,
                                  stdin=subprocess.DEVNULL, stdout=out_file,
                                  stderr=err_file, timeout=timeout, check=False).returncode
        seconds = time.monotonic() - begun
        texts = [file.read_text(errors="replace").replace("\r\n", "\n")
                 for file in (out, err)]
        out.unlink()
        err.unlink()
        return Finished(words, code, *texts, seconds)

    def start(self, *words):
        """Starts a program that runs on; see Running."""
        output = self._output()
        with open(output, "wb") as file:
            process = subprocess.Popen([self.loader, *words], env=self.env,
                                       cwd=self.folder, stdin=subprocess.PIPE,
                                       stdout=file, stderr=subprocess.STDOUT)
        return Running(process, output)

    def svc(self, *words, **options):
        return self.run("portguardsvc", *words, **options)

    def ctl(self, *words, **options):
        return self.run("portguardctl", *words, **options)

    def status(self, port):
        return self.ctl("status", str(port), "--json").json()

    def pids_of(self, program):
        """Wine 8's tasklist shows nothing at all; its wmic answers in UTF-16."""
        listed = self.run("wmic", "process", "get", "name,processid").out.replace("\0", "")
        pids = re.findall(r"^(\S+) +(\d+)\s*$", listed, re.M)
        assert "wmic.exe" in dict(pids), listed
        return sorted(int(pid) for name, pid in pids if name.lower() == program)

    # --- the registry ---

    def values(self, key):
        """The values of a key as text; None when there is no such key."""
        shown = self.run("reg", "query", key)
        if shown.code != 0:
            return None
        rows = re.findall(r"^    (.+?)    REG_\w+    (.*)$", shown.out, re.M)
        return dict(rows)

    def set_value(self, key, name, data, kind="REG_SZ"):
        """`data` as `reg add` takes it: \\0 parts a REG_MULTI_SZ."""
        done = self.run("reg", "add", key, "/v", name, "/t", kind, "/d", data, "/f")
        assert done.code == 0, done

    def delete_value(self, key, name):
        done = self.run("reg", "delete", key, "/v", name, "/f")
        assert done.code == 0, done

    def delete_key(self, key):
        """It need not exist."""
        self.run("reg", "delete", key, "/f")

    def set_double(self, name, value):
        """How a double behaves; see tests/doubles/netsh.c and httpapi/httpapi.c."""
        self.set_value(DOUBLE_KEY, name, value)

    # --- services ---

    def state(self, service):
        """RUNNING, STOPPED, …; None when there is no such service."""
        found = re.search(r"STATE\s*:\s*\d+\s+(\w+)", self.run("sc", "query", service).out)
        return found and found[1]

    def wait_state(self, service, state):
        wait_until(lambda: self.state(service) == state, f"{service} {state}")

    def install(self):
        done = self.svc("install")
        assert done.code == 0, done
        self.start_service("PortGuard")

    def start_service(self, name):
        done = self.run("net", "start", name)
        assert done.code == 0, done

    def stop_service(self, name):
        """Wine's `net stop` does not wait for a service that takes its time."""
        done = self.run("net", "stop", name)
        assert done.code == 0, done
        self.wait_state(name, "STOPPED")

    # --- events ---

    def events(self, *ids):
        """What went to ReportEvent so far: (id, [string, …]). Wine shows about 300
        characters of a string, so the JSON at the end may be cut."""
        calls, by_thread = [], {}
        for line in self.events_file.read_text(errors="replace").splitlines():
            match = re.match(r"([0-9a-f]+):\w+:\w+:ReportEventW (.*)", line)
            if not match:
                continue
            thread, rest = match.groups()
            if rest.startswith("("):
                numbers = rest[1:].split(",")
                by_thread[thread] = []
                calls.append((int(numbers[3], 16), by_thread[thread]))
            elif thread in by_thread:
                text = re.match(r'L"(.*)"', rest)[1]
                by_thread[thread].append(unescape(text))
        return [call for call in calls if not ids or call[0] in ids]

    def wait_event(self, event_id, count=1, first=None, seconds=PATIENCE):
        """The strings of the `count`-th event of that ID (whose first string is
        `first`: of the 11xx, the port), all of them there: the last is JSON."""
        def found():
            hits = [strings for _, strings in self.events(event_id)
                    if strings and strings[-1].startswith("{") and
                    first in (None, strings[0])]
            return hits[count - 1] if len(hits) >= count else None
        return wait_until(found, f"event {event_id}, there were {self.events()}", seconds)


def unescape(text):
    """Undoes Wine's way of showing a string."""
    names = {"n": "\n", "r": "\r", "t": "\t"}

    def one(match):
        code = match[1]
        return chr(int(code, 16)) if len(code) == 4 else names.get(code, code)
    return re.sub(r"\\([0-9a-f]{4}|.)", one, text)


# --- test cases -------------------------------------------------------------


class MachineCase(unittest.TestCase):
    """Tests that share a machine. What the service said is shown when one fails."""

    maxDiff = None

    installed = True

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(cls.installed)
        cls.addClassCleanup(cls.machine.remove)
        cls.addClassCleanup(cls.check_events)
        cls.furnish()

    @classmethod
    def check_events(cls):
        """Whatever the service wrote is as docs/events.md says. Without JSON at its end
        an event is still being written."""
        faults = [fault for event_id, strings in cls.machine.events()
                  if strings and strings[-1].startswith("{")
                  for fault in events_page.faults_of_strings(event_id, strings)]
        assert not faults, faults

    @classmethod
    def furnish(cls):
        """What all tests of the class start from."""

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"--- events up to the end of {self.id()}", file=sys.stderr)
            for event_id, strings in self.machine.events():
                print(f"    {event_id} {strings}", file=sys.stderr)

    def done(self, finished, code=0):
        """The same; it must have ended with `code`."""
        self.assertEqual(finished.code, code, finished)
        return finished

    def service(self, name, port, behaviour="normal", needs=None):
        """Installed until the test ends, not started; see tests/doubles/testsvc.c."""
        words = (name, str(port), behaviour) + ((needs,) if needs else ())
        self.done(self.machine.run("testsvc", "install", *words))
        self.addCleanup(self.machine.run, "testsvc", "uninstall", name)

    def ask(self, port, listeners=1):
        """The answer, finished program and all, as soon as the port has so many
        listeners: an answer may be 250 ms old."""
        def asked():
            done = self.done(self.machine.ctl("status", str(port), "--json"))
            return len(done.json()["listeners"]) == listeners and done
        return wait_until(asked, f"port {port} has {listeners} listeners")

    def start(self, *words, ready="ready"):
        """Starts a program that ends with the test at the latest."""
        program = self.machine.start(*words)
        self.addCleanup(program.stop)
        program.wait_for(ready)
        return program


def main():
    if not DOUBLES.is_dir():
        print(f"skipped: nothing is built in {DOUBLES}")
        sys.exit(77)
    enter_network()
    unittest.main(verbosity=2)
