#!/usr/bin/env python3
"""portguardctl doctor with the real executables, under Wine's service control manager.

What Wine cannot show of a service that is well: it drops the label of a pipe, also from
what is expected, keeps no recovery actions, and knows neither service SIDs nor privilege
lists."""

import harness_wine
from harness_wine import INSTALLED, MachineCase, wait_until

OK, UNREACHABLE, FAILURE = 0, 5, 7
EVENT_KEY = r"HKLM\System\CurrentControlSet\Services\EventLog\Application\PortGuard"
NOT_UNDER_WINE = {"recovery", "recovery_on_error", "service_sid", "privileges",
                  "preshutdown"}


class Doctor(MachineCase):
    def setUp(self):
        self.addCleanup(self.machine.svc, "uninstall")

    def doctor(self, *codes):
        done = self.machine.ctl("doctor", "--json")
        self.assertIn(done.code, codes, done)
        checks = {check["name"]: check for check in done.json()["checks"]}
        self.assertEqual(done.json()["healthy"], done.code == OK)
        return checks

    def wait_check(self, name, state):
        def there():
            checks = self.doctor(OK, FAILURE)
            return checks[name]["state"] == state and checks[name]
        return wait_until(there, f"{name} {state}")

    def test_a_service_that_is_well_as_far_as_wine_can_show(self):
        self.machine.install()
        self.machine.wait_event(1000)
        self.wait_check("netsh", "ok")
        checks = self.doctor(OK, FAILURE)
        wrong = {name for name, check in checks.items()
                 if check["state"] not in ("ok", "skipped")} - NOT_UNDER_WINE
        self.assertEqual(wrong, set(), {name: checks[name] for name in wrong})
        for name in ("program", "installed", "running", "connection", "version",
                     "status_pipe", "image_path", "description", "event_source", "folder",
                     "configuration", "state", "history", "disk", "sources", "clock"):
            self.assertEqual(checks[name]["state"], "ok", checks[name])
        self.assertIn("O:SYG:SYD:P(D;;GA;;;AN)(A;;GA;;;SY)(A;;0x12019b;;;BA)"
                      "(A;;0x12019b;;;AU)", checks["status_pipe"]["detail"])
        self.assertIn("O:SYG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;BA)",
                      checks["control_pipe"]["detail"])
        text = self.machine.ctl("doctor")
        self.assertLessEqual(max(len(line) for line in text.out.splitlines()
                                 if not line.startswith(" " * 11)), 80, text)

    def test_a_service_that_is_not_installed(self):
        checks = self.doctor(UNREACHABLE)
        self.assertEqual(checks["installed"]["state"], "failed")
        self.assertEqual(checks["installed"]["hint"], "portguardsvc install")
        self.assertEqual(checks["running"]["state"], "skipped")
        self.assertEqual(checks["program"]["detail"], rf"{INSTALLED}\portguardsvc.exe")
        self.assertEqual(checks["folder"]["state"], "skipped")
        # What it says to type is what helps.
        self.done(self.machine.run(*checks["installed"]["hint"].split()))
        checks = self.doctor(UNREACHABLE)
        self.assertEqual(checks["installed"]["state"], "ok")
        self.assertEqual(checks["running"]["state"], "failed")
        self.done(self.machine.run(*checks["running"]["hint"].split()))
        self.assertEqual(self.doctor(OK, FAILURE)["running"]["state"], "ok")

    def test_a_service_that_is_stopped_and_disabled(self):
        self.done(self.machine.run("sc", "create", "PortGuard", "start=", "disabled",
                                   "binPath=", rf"{INSTALLED}\portguardsvc.exe"))
        checks = self.doctor(UNREACHABLE)
        self.assertEqual(checks["installed"]["state"], "failed")
        self.assertIn("start= auto", checks["installed"]["hint"])
        self.assertEqual(checks["running"]["state"], "failed")
        self.assertEqual(checks["running"]["hint"], "net start PortGuard")

    def test_a_configuration_that_is_wrong(self):
        self.machine.install()
        config = self.machine.path(r"C:\ProgramData\PortGuard") / "config.json"
        self.addCleanup(lambda: config.unlink(missing_ok=True))
        config.write_text('{"version": 1, "guarded_ports": [0]}')
        check = self.wait_check("configuration", "failed")
        self.assertIn("guarded_ports", check["detail"])
        self.assertEqual(check["hint"], r'portguardsvc check-config '
                                        r'"C:\ProgramData\PortGuard\config.json"')
        config.unlink()
        self.wait_check("configuration", "ok")

    def test_a_configuration_with_a_second_name_is_not_trusted(self):
        self.machine.install()
        folder = self.machine.path(r"C:\ProgramData\PortGuard")
        config, other = folder / "config.json", folder / "other.json"
        self.addCleanup(lambda: [file.unlink(missing_ok=True) for file in (config, other)])
        other.write_text('{"version": 1}')
        config.hardlink_to(other)
        check = self.wait_check("configuration", "failed")
        self.assertIn("not trusted", check["detail"])
        self.assertTrue(check["hint"])

    def test_an_event_source_that_is_gone(self):
        self.machine.install()
        self.wait_check("event_source", "ok")
        self.machine.delete_key(EVENT_KEY)
        check = self.wait_check("event_source", "failed")
        self.assertEqual(check["hint"], "portguardsvc install")
        self.done(self.machine.run(*check["hint"].split()))
        self.wait_check("event_source", "ok")

    def test_a_netsh_that_prints_nothing_of_use_or_is_gone(self):
        self.machine.install()
        self.wait_check("netsh", "ok")
        netsh = self.machine.path(r"C:\windows\system32\netsh.exe")
        aside = netsh.with_name("netsh.aside")
        netsh.rename(aside)
        self.addCleanup(lambda: aside.exists() and aside.rename(netsh))
        check = self.wait_check("netsh", "failed")
        self.assertIn("netsh.exe", check["detail"])
        aside.rename(netsh)
        self.wait_check("netsh", "ok")


class NameTaken(MachineCase):
    def test_whoever_has_the_status_pipes_name_is_told_over_the_control_pipe(self):
        squatter = self.start("fakepipe")
        self.addCleanup(self.machine.svc, "uninstall")
        self.machine.install()
        self.machine.wait_event(1007)
        done = self.machine.ctl("doctor", "--json", "--timeout", "20s")
        checks = {check["name"]: check for check in done.json()["checks"]}
        self.assertEqual(done.code, FAILURE, done)
        self.assertEqual(checks["connection"]["state"], "warning", done)
        self.assertEqual(checks["status_pipe"]["state"], "failed", done)
        self.assertIn("fakepipe.exe", checks["status_pipe"]["detail"])
        self.assertIn("tasklist", checks["status_pipe"]["hint"])
        squatter.stop()
        self.machine.wait_event(1008)


if __name__ == "__main__":
    harness_wine.main()
