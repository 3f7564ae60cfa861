"""The workflows: they can be read, and what they name is there."""

import json
import re
import sys
import unittest

import powershell
from repo import SKIPPED, SOURCE, read

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed")
    sys.exit(SKIPPED)

FOLDER = SOURCE / ".github" / "workflows"
FOLDERS = "tests|scripts|installer|docs|cmake|service|client|common|[.]github|[.]ci"
PATH = re.compile(rf"(?<![\w./\\-])((?:{FOLDERS})[/\\][\w./\\-]+\w)")
CALLED = re.compile(r"(?m)((?:tests|[.]github)[/\\][\w./\\-]+[.]ps1)([^\n]*)")


def workflows():
    for path in sorted(FOLDER.glob("*.yml")):
        yield path.name, yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs():
    for name, workflow in workflows():
        for job, content in workflow["jobs"].items():
            yield f"{name}, {job}", content


def steps():
    for job, content in jobs():
        for step in content["steps"]:
            yield job, step


def presets(kind):
    return {preset["name"] for preset in json.loads(read("CMakePresets.json"))[kind]
            if not preset.get("hidden")}


class Workflows(unittest.TestCase):
    def test_there_is_one_and_it_has_jobs(self):
        self.assertGreater(len(list(jobs())), 2)

    def test_they_may_read_and_no_more(self):
        for name, workflow in workflows():
            self.assertEqual(workflow["permissions"], {"contents": "read"}, name)
        for name, job in jobs():
            self.assertNotIn("permissions", job, name)

    def test_no_job_runs_for_ever(self):
        for name, job in jobs():
            self.assertLessEqual(job["timeout-minutes"], 120, name)

    def test_actions_are_those_of_github_and_of_one_commit(self):
        lines = [line for path in FOLDER.glob("*.yml")
                 for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"uses: actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

    def test_a_checkout_leaves_no_credentials_behind(self):
        for job, step in steps():
            if step.get("uses", "").startswith("actions/checkout@"):
                self.assertIs(step["with"]["persist-credentials"], False, job)

    def test_nothing_said_by_others_becomes_part_of_a_script(self):
        for job, step in steps():
            self.assertNotIn("${{", step.get("run", ""), job)

    def test_presets_are_there(self):
        kinds = {"cmake --preset": "configurePresets", "cmake --build --preset": "buildPresets",
                 "ctest --preset": "testPresets"}
        seen = set()
        for job, step in steps():
            for command, name in re.findall(r"(c(?:make|test)(?: --build)? --preset) ([\w-]+)",
                                            step.get("run", "")):
                self.assertIn(name, presets(kinds[command]), job)
                seen.add(name)
        self.assertLessEqual({"msvc-x64", "msvc-arm64"}, seen)

    def test_files_are_there(self):
        for job, step in steps():
            for path in PATH.findall(step.get("run", "")):
                self.assertTrue((SOURCE / path.replace("\\", "/")).exists(), f"{job}: {path}")

    def test_files_that_its_scripts_name_are_there(self):
        for script in (SOURCE / ".github").glob("*.ps1"):
            for path in PATH.findall(script.read_text(encoding="utf-8")):
                self.assertTrue((SOURCE / path.replace("\\", "/")).exists(),
                                f"{script.name}: {path}")

    def test_the_package_gets_the_variables_its_source_has(self):
        script, source = read(".github/build-msi.ps1"), read("installer/portguard.wxs")
        self.assertEqual(set(re.findall(r"-d(\w+)=", script)),
                         set(re.findall(r"\$\(var\.(\w+)\)", source)))

    def test_scripts_are_called_with_parameters_they_have(self):
        for job, step in steps():
            for path, words in CALLED.findall(step.get("run", "")):
                code = read(path)
                for name in re.findall(r" -(\w+)", words):
                    if path.endswith("Settings.psd1"):
                        continue
                    self.assertRegex(code, rf"(?ms)^param\(.*?\${name}\b.*?\)\n", f"{job}: {path}")

    def test_every_script_for_windows_is_run(self):
        runs = "\n".join(step.get("run", "") for _, step in steps())
        self.assertIn("tests/windows/run.ps1", runs)
        self.assertIn("-PowerShell pwsh.exe", runs)
        self.assertIn("Invoke-ScriptAnalyzer", runs)

    def test_the_scripts_beside_them_can_be_read(self):
        for path in (SOURCE / ".github").glob("*.ps1"):
            self.assertEqual(powershell.findings(path.read_text(encoding="utf-8")), [], path.name)

    def test_what_they_run_in_powershell_can_be_read(self):
        for job, step in steps():
            if step.get("shell") in ("pwsh", "powershell"):
                self.assertEqual(powershell.findings(step["run"]), [], f"{job}: {step['name']}")


class Presets(unittest.TestCase):
    def test_presets_inherit_from_presets(self):
        content = json.loads(read("CMakePresets.json"))
        for kind in ("configurePresets", "testPresets"):
            names = {preset["name"] for preset in content[kind]}
            for preset in content[kind]:
                if "inherits" in preset:
                    self.assertIn(preset["inherits"], names)

    def test_builds_and_tests_are_of_presets_that_configure(self):
        for kind in ("buildPresets", "testPresets"):
            for preset in json.loads(read("CMakePresets.json"))[kind]:
                if not preset.get("hidden"):
                    self.assertIn(preset["configurePreset"], presets("configurePresets"))

    def test_those_for_visual_studio_link_all_of_it_statically(self):
        found = 0
        for preset in json.loads(read("CMakePresets.json"))["configurePresets"]:
            if preset["name"].startswith("msvc-"):
                triplet = preset["cacheVariables"]["VCPKG_TARGET_TRIPLET"]
                arch = preset["architecture"]["value"]
                self.assertEqual(triplet, f"{arch}-windows-static")
                found += 1
            elif preset["name"] == "msvc":
                self.assertEqual(preset["cacheVariables"]["CMAKE_MSVC_RUNTIME_LIBRARY"],
                                 "MultiThreaded")
        self.assertEqual(found, 2)


if __name__ == "__main__":
    unittest.main()
