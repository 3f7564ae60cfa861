#!/usr/bin/env python3
"""The MSI under Wine's Windows Installer: installed, used, upgraded, repaired, removed."""

import shutil
import sys

import harness_wine
from harness_wine import INSTALLED, SERVICE_KEY, SOURCE, MachineCase, wait_until
from package import PROJECT_VERSION, build
from policy_wine import LONG_S, PolicyCase, rule

EVENT_KEY = r"HKLM\System\CurrentControlSet\Services\EventLog\Application\PortGuard"
PATH_KEY = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"
OWN_KEY = r"HKLM\Software\PortGuard"
UNINSTALL_KEY = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
DATA = r"C:\ProgramData\PortGuard"
OLDER = "0.0.9"
INSTALL_S = 120
FUNCTION_FAILED = 1627  # of which the exit code has the last byte
CONFIG = '{"version": 1, "guarded_ports": [8070]}'


class PackageCase(MachineCase):
    installed = False

    @classmethod
    def furnish(cls):
        cls.newer = build(cls.machine.folder / "msi")
        cls.older = build(cls.machine.folder / "msi", OLDER)

    def tearDown(self):
        for package in (self.newer, self.older):
            self.msiexec("/x", package)
        self.assert_nothing_left()

    @staticmethod
    def windows(path):
        return "Z:" + str(path).replace("/", "\\")

    def msiexec(self, action, package, *properties):
        """ERROR_FUNCTION_FAILED: a program that Wine's msiexec starts, or the service,
        did not get started (see Machine.run). It has undone everything, so it is asked
        once more."""
        words = ("msiexec", action, self.windows(package), "/qn", *properties)
        done = self.machine.run(*words, timeout=INSTALL_S)
        if done.code == FUNCTION_FAILED & 0xff:
            print(f"once more: {done}", file=sys.stderr)
            done = self.machine.run(*words, timeout=INSTALL_S)
        return done

    def install(self, package=None, *properties):
        self.done(self.msiexec("/i", package or self.newer, *properties))

    def remove(self, package=None):
        self.done(self.msiexec("/x", package or self.newer))

    def repair(self):
        """What /famus does. Wine's /f fails with every product."""
        self.install(None, "REINSTALL=ALL", "REINSTALLMODE=amus")

    def data(self):
        return sorted(entry.name for entry in self.machine.path(DATA).iterdir())

    def search_path(self):
        return self.machine.values(PATH_KEY)["PATH"].split(";")

    def products(self):
        listed = self.machine.run("reg", "query", UNINSTALL_KEY, "/s").out
        return [line.split("    ")[-1] for line in listed.splitlines()
                if "DisplayVersion" in line]

    def wait_ended(self):
        wait_until(lambda: self.machine.pids_of("portguardsvc.exe") == [], "it has ended")

    def delete_what_was_in_use(self):
        """Wine's installer does not wait until a service has stopped, and a program in
        use is left to the next start of Windows, which never comes here."""
        self.wait_ended()
        folder = self.machine.path(INSTALLED)
        if folder.exists():
            (folder / "portguardsvc.exe").unlink()
            folder.rmdir()

    def assert_nothing_left(self):
        self.delete_what_was_in_use()
        folder = self.machine.path(INSTALLED)
        self.assertEqual(sorted(map(str, folder.rglob("*"))) if folder.exists() else [], [])
        self.assertFalse(folder.exists())
        for key in (SERVICE_KEY, EVENT_KEY, OWN_KEY):
            self.assertIsNone(self.machine.values(key), key)
        self.assertNotIn(INSTALLED.lower() + "\\", [p.lower() for p in self.search_path()])
        self.assertEqual(self.products(), [])


class Install(PackageCase):
    def test_installed_it_answers(self):
        self.install()
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        answered = self.done(self.machine.ctl("status", "80"))
        self.assertIn("TCP 80  FREE", answered.out)
        self.assertEqual(answered.err, "")
        self.assertIn(INSTALLED + "\\", self.search_path())
        self.assertEqual(self.products(), [PROJECT_VERSION])
        for name in ("LICENSE.txt", r"docs\install.md", r"docs\portguard.schema.json",
                     r"event-viewer\port-80-taken.task.xml",
                     r"event-forwarding\portguard-subscription.xml"):
            self.assertTrue(self.machine.path(rf"{INSTALLED}\{name}").is_file(), name)

    def test_event_viewer_has_its_views_until_it_is_removed(self):
        self.install()
        for name in ("PortGuard.xml", "PortGuard-Ports.xml"):
            view = self.machine.path(rf"C:\ProgramData\Microsoft\Event Viewer\Views\{name}")
            self.assertEqual(view.read_bytes(),
                             (SOURCE / "installer" / "event-viewer" / name).read_bytes())
        self.remove()
        self.assertFalse(view.exists())

    def test_it_is_registered_as_install_would_have_done(self):
        self.install()
        self.machine.wait_event(1000)
        package = self.machine.values(SERVICE_KEY), self.machine.values(EVENT_KEY)
        self.assertEqual(package[0]["ImagePath"], rf'"{INSTALLED}\portguardsvc.exe"')
        self.done(self.machine.svc("install"))
        self.assertEqual((self.machine.values(SERVICE_KEY), self.machine.values(EVENT_KEY)),
                         package)

    def test_the_folder_for_data_is_the_services_to_make(self):
        shutil.rmtree(self.machine.path(DATA), ignore_errors=True)
        self.install(None, "STARTSERVICE=0")
        self.assertFalse(self.machine.path(DATA).exists())
        self.machine.start_service("PortGuard")
        self.assertTrue(self.machine.path(DATA).is_dir())

    def test_not_started_when_told_so(self):
        self.install(None, "STARTSERVICE=0")
        self.assertEqual(self.machine.state("PortGuard"), "STOPPED")
        self.assertEqual(self.machine.values(SERVICE_KEY)["Start"], "0x2")
        self.machine.start_service("PortGuard")
        self.done(self.machine.ctl("status", "80"))

    def test_a_repair_brings_back_what_is_missing(self):
        self.install()
        self.machine.stop_service("PortGuard")
        for name in ("portguardsvc.exe", "portguardctl.exe", r"docs\cli.md"):
            self.machine.path(rf"{INSTALLED}\{name}").unlink()
        self.machine.delete_key(EVENT_KEY)
        self.repair()
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        self.done(self.machine.ctl("status", "80"))
        self.assertEqual(self.machine.values(EVENT_KEY)["EventMessageFile"],
                         rf"{INSTALLED}\portguardsvc.exe")
        self.assertTrue(self.machine.path(rf"{INSTALLED}\docs\cli.md").is_file())
        self.assertEqual(self.search_path().count(INSTALLED + "\\"), 1)

    def test_a_repair_over_a_running_service(self):
        self.install()
        self.repair()
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        self.done(self.machine.ctl("status", "80"))

    def test_removed_when_stopped_it_leaves_no_program(self):
        self.install()
        self.machine.stop_service("PortGuard")
        self.wait_ended()
        self.remove()
        self.assertFalse(self.machine.path(INSTALLED).exists())

    def test_removed_it_leaves_what_the_administrator_wrote(self):
        self.machine.path(DATA).mkdir(parents=True, exist_ok=True)
        config = self.machine.path(rf"{DATA}\config.json")
        config.write_text(CONFIG)
        self.addCleanup(config.unlink)
        self.install()
        self.done(self.machine.ctl("status", "8070"))
        self.machine.stop_service("PortGuard")
        self.wait_ended()
        self.remove()
        self.assert_nothing_left()
        self.assertEqual(config.read_text(), CONFIG)
        self.assertEqual(self.data(), ["config.json"])

    def test_removed_it_takes_what_it_gathered_along(self):
        shutil.rmtree(self.machine.path(DATA), ignore_errors=True)
        self.install()
        config = self.machine.path(rf"{DATA}\config.json")
        config.write_text('{"version": 1, "metrics": {"enabled": true}}')
        self.done(self.machine.ctl("policy", "reload"))
        wait_until(lambda: "portguard.prom" in self.data(), "metrics")
        self.assertIn("history.db", self.data())
        self.machine.stop_service("PortGuard")
        self.wait_ended()
        config.unlink()
        for name in ("history.db-wal", "portguard.prom.new", "state.json.new"):
            self.machine.path(rf"{DATA}\{name}").write_text("left by a crash")
        self.remove()
        self.assertFalse(self.machine.path(DATA).exists())

    def test_removed_it_leaves_everything_when_told_so(self):
        self.install()
        self.machine.stop_service("PortGuard")
        self.wait_ended()
        before = self.data()
        self.assertIn("history.db", before)
        self.done(self.msiexec("/x", self.newer, "KEEPDATA=1"))
        self.assertEqual(self.data(), before)


class Upgrade(PolicyCase, PackageCase):
    def test_over_a_running_service_keeps_configuration_and_state(self):
        """What an action of the old version noted, the new one gives back. Not looked at
        is the history: Wine does not tell the older package (UPGRADINGPRODUCTCODE) that
        it is removed for an upgrade; tests/windows/msi.ps1 does."""
        self.install(self.older)
        self.assertEqual(self.products(), [OLDER])
        self.rules(rule("keep", 8310, "PgKept", action="disable",
                        cooldown_s=LONG_S))
        self.started("PgKept", 8310)
        self.told(1303, "keep")
        self.assertEqual(self.machine.state("PgKept"), "STOPPED")
        self.assertEqual(self.noted(), ["PgKept"])
        stopped = len(self.machine.events(1001))
        self.install()
        self.machine.wait_event(1001, stopped + 1)
        self.assertEqual(self.products(), [PROJECT_VERSION])
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        self.assertEqual(self.search_path().count(INSTALLED + "\\"), 1)
        self.assertEqual(self.noted(), ["PgKept"])
        self.assertEqual(self.shown("keep", "PgKept")["strikes"], 1)
        self.restore("PgKept")
        self.assertEqual(self.machine.state("PgKept"), "RUNNING")

    def test_an_older_package_is_refused_and_changes_nothing(self):
        self.install()
        refused = self.msiexec("/i", self.older)
        self.assertNotEqual(refused.code, 0, refused)
        self.assertEqual(self.products(), [PROJECT_VERSION])
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")


class Busy(PolicyCase, PackageCase):
    def test_removed_while_a_rule_stops_a_service(self):
        """The action is finished, and noted; then the service goes."""
        self.install()
        self.rules(rule("busy", 8311, "PgBusy"))
        self.hangs("PgBusy", 8311)
        self.machine.wait_state("PgBusy", "STOP_PENDING")
        removing = self.machine.start("msiexec", "/x", self.windows(self.newer), "/qn")
        self.addCleanup(removing.stop)
        self.machine.wait_state("PortGuard", "STOP_PENDING")
        self.let_go("PgBusy")
        self.assertEqual(removing.process.wait(INSTALL_S), 0)
        self.assert_nothing_left()
        self.assertEqual(self.machine.state("PgBusy"), "STOPPED")
        self.assertEqual(self.noted(), ["PgBusy"])


class Import(PackageCase):
    SOURCE = r"C:\Deploy\wanted.json"

    def setUp(self):
        shutil.rmtree(self.machine.path(DATA), ignore_errors=True)
        self.file = self.machine.path(self.SOURCE)
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(CONFIG)
        self.config = self.machine.path(rf"{DATA}\config.json")
        self.kept = self.config.with_name("config.before-import.json")
        self.rejected = len(self.machine.events(1003))

    def guarded(self):
        return self.done(self.machine.ctl("health", "--json")).json()["guarded_ports"]

    def assert_forgotten(self):
        self.machine.wait_event(1000)
        self.assertEqual(self.machine.values(OWN_KEY), {"DataFolder": DATA})

    def start_again(self):
        self.machine.stop_service("PortGuard")
        self.machine.start_service("PortGuard")

    def import_by_hand(self):
        """As the package says when a repair is given a configuration."""
        self.machine.set_value(OWN_KEY, "ImportConfig", self.SOURCE)
        self.start_again()

    def test_a_repair_does_not_take_one(self):
        """Every user may have the package repaired."""
        self.install()
        stopped = len(self.machine.events(1001))
        for words in (f"CONFIG={self.SOURCE}", r"CONFIG=\\host\share\a.json",
                      "STARTSERVICE=0"):
            refused = self.msiexec("/i", self.newer, "REINSTALL=ALL", "REINSTALLMODE=amus",
                                   words)
            self.assertNotEqual(refused.code, 0, words)
        self.assertEqual(self.machine.state("PortGuard"), "RUNNING")
        self.assertEqual(len(self.machine.events(1001)), stopped, "it was never stopped")
        self.assertFalse(self.config.exists())
        self.import_by_hand()
        self.assertEqual(self.guarded(), [8070])
        self.assert_forgotten()

    def test_a_configuration_is_imported_once(self):
        self.install(None, f"CONFIG={self.SOURCE}")
        self.assertEqual(self.guarded(), [8070])
        self.assertEqual(self.config.read_text(), CONFIG)
        self.assertFalse(self.kept.exists())
        self.assert_forgotten()
        # What the administrator writes later is not replaced by the next start.
        self.config.write_text('{"version": 1, "guarded_ports": [8071]}')
        self.start_again()
        self.assertEqual(self.guarded(), [8071])
        self.assertEqual(self.machine.events(1003)[self.rejected:], [])

    def test_one_that_was_there_is_kept_beside_by_an_upgrade(self):
        self.install(self.older)
        old = '{"version": 1, "guarded_ports": [8072]}'
        self.config.write_text(old)
        self.install(None, f"CONFIG={self.SOURCE}")
        self.assertEqual(self.guarded(), [8070])
        self.assertEqual(self.kept.read_text(), old)
        self.assert_forgotten()

    def test_it_waits_for_the_first_start(self):
        self.install(None, "STARTSERVICE=0", f"CONFIG={self.SOURCE}")
        self.assertEqual(self.machine.values(OWN_KEY), {"ImportConfig": self.SOURCE})
        self.machine.start_service("PortGuard")
        self.assertEqual(self.guarded(), [8070])
        self.assert_forgotten()

    def test_a_bad_one_is_told_and_changes_nothing(self):
        self.file.write_text('{"version": 1, "guarded_ports": [80000]}')
        self.install(None, f"CONFIG={self.SOURCE}")
        told = self.machine.wait_event(1003, self.rejected + 1)
        self.assertEqual(told[0], self.SOURCE)
        self.assertIn("guarded_ports[0]", told[1])
        self.assertEqual(self.guarded(), [80, 443])
        self.assertFalse(self.config.exists())
        self.assert_forgotten()

    def test_one_that_is_not_there_or_not_local_is_told(self):
        self.file.unlink()
        for path, why in ((self.SOURCE, "no such file"), (r"\\host\share\a.json", "full path"),
                          ("wanted.json", "full path")):
            self.install(None, f"CONFIG={path}")
            told = self.machine.wait_event(1003, self.rejected + 1)
            self.assertEqual(told[0], path)
            self.assertIn(why, told[1])
            self.assert_forgotten()
            self.assertFalse(self.config.exists())
            self.remove()
            self.assert_nothing_left()
            self.rejected += 1

    def test_one_that_cannot_be_written_now_is_tried_again(self):
        """As on a full disk: a folder is in the way of the new file."""
        self.install()
        old = '{"version": 1, "guarded_ports": [8073]}'
        self.config.write_text(old)
        blocked = self.config.with_name("config.json.new")
        blocked.mkdir()
        self.import_by_hand()
        told = self.machine.wait_event(1003, self.rejected + 1)
        self.assertIn("it is tried again when the service starts next", told[1])
        self.assertEqual(self.guarded(), [8073])
        self.assertEqual(self.config.read_text(), old)
        self.assertEqual(self.machine.values(OWN_KEY),
                         {"ImportConfig": self.SOURCE, "DataFolder": DATA})
        blocked.rmdir()
        self.start_again()
        self.assertEqual(self.guarded(), [8070])
        self.assert_forgotten()

    def test_one_with_two_names_is_not_trusted(self):
        twin = self.file.with_name("twin.json")
        twin.hardlink_to(self.file)
        self.addCleanup(twin.unlink)
        self.install(None, f"CONFIG={self.SOURCE}")
        told = self.machine.wait_event(1003, self.rejected + 1)
        self.assertIn("names", told[1])
        self.assertFalse(self.config.exists())
        self.assert_forgotten()

    def test_a_link_on_the_way_is_found_before_anything_is_opened(self):
        link = self.file.parent.parent / "Linked"
        link.symlink_to(self.file.parent.name)
        self.addCleanup(link.unlink)
        self.install(None, r"CONFIG=C:\Linked\wanted.json")
        told = self.machine.wait_event(1003, self.rejected + 1)
        self.assertIn(r'"C:\Linked" is not trusted: it is a link', told[1])
        self.assert_forgotten()

    def test_no_drive_of_another_machine_is_asked(self):
        afar = self.machine.folder / "afar"
        afar.mkdir()
        (afar / self.file.name).write_text(CONFIG)
        (self.machine.prefix / "dosdevices" / "x:").symlink_to(afar)
        self.machine.set_value(r"HKLM\Software\Wine\Drives", "x:", "network")
        self.machine.restart()
        self.install(None, r"CONFIG=X:\wanted.json")
        told = self.machine.wait_event(1003)
        self.assertIn("drive X: leads to another machine", told[1])
        self.assertFalse(self.config.exists())
        self.assert_forgotten()


if __name__ == "__main__":
    harness_wine.main()
