#!/usr/bin/env python3
"""What is in the MSI's tables, and that making it twice makes the same bytes. Nothing is
installed."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from harness_wine import BUILD, SOURCE
from package import PROJECT_VERSION, build, msiinfo, property_of, rows

EPOCH = 1700000000  # 2023-11-14 22:13:20


class Tables(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="msi-tables-", dir=BUILD)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.package = cls.make("one")

    @classmethod
    def make(cls, name, version=None):
        return build(pathlib.Path(cls.folder.name, name), version,
                     SOURCE_DATE_EPOCH=str(EPOCH))

    def rows(self, table, **members):
        return [row for row in rows(self.package, table)
                if members.items() <= row.items()]

    def property(self, name, package=None):
        return property_of(package or self.package, name)

    def sequence(self, action):
        return int(self.rows("InstallExecuteSequence", Action=action)[0]["Sequence"])

    def test_two_builds_are_the_same_bytes(self):
        again = self.make("two")
        self.assertEqual(again.name, self.package.name)
        self.assertEqual(again.read_bytes(), self.package.read_bytes())
        summary = {row["PropertyId"]: row["Value"]
                   for row in rows(self.package, "_SummaryInformation")}
        self.assertEqual(summary["12"], "2023/11/14 22:13:20")
        self.assertEqual(summary["13"], summary["12"])

    def test_another_version_has_another_product_code_and_the_same_upgrade_code(self):
        other = self.make("one", "0.0.9")
        self.assertEqual(other.name, "portguard-0.0.9-x64.msi")
        self.assertEqual(self.property("ProductVersion", other), "0.0.9")
        self.assertEqual(self.property("ProductVersion"), PROJECT_VERSION)
        for name, same in (("ProductCode", False), ("UpgradeCode", True)):
            codes = {self.property(name), self.property(name, other)}
            self.assertEqual(len(codes) == 1, same, codes)

    def test_other_contents_have_another_package_code(self):
        codes = {next(row["Value"] for row in rows(package, "_SummaryInformation")
                      if row["PropertyId"] == "9")
                 for package in (self.package, self.make("one", "0.0.8"))}
        self.assertEqual(len(codes), 2)
        for code in codes:
            self.assertRegex(code, r"^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$")

    def test_there_are_no_custom_actions(self):
        self.assertNotIn("CustomAction", msiinfo("tables", self.package).split())
        self.assertEqual(self.rows("Binary"), [])
        standard = {"FindRelatedProducts", "LaunchConditions", "ValidateProductID",
                    "CostInitialize", "FileCost", "CostFinalize", "MigrateFeatureStates",
                    "InstallValidate", "InstallInitialize", "RemoveExistingProducts",
                    "ProcessComponents", "UnpublishFeatures", "StopServices",
                    "DeleteServices", "RemoveRegistryValues", "RemoveEnvironmentStrings",
                    "RemoveFiles", "InstallFiles", "WriteRegistryValues",
                    "WriteEnvironmentStrings", "InstallServices", "StartServices",
                    "AppSearch", "RegisterUser", "RegisterProduct", "PublishFeatures", "PublishProduct",
                    "InstallFinalize", "CreateFolders", "RemoveFolders"}
        for row in self.rows("InstallExecuteSequence"):
            self.assertIn(row["Action"], standard)

    def test_it_is_for_the_whole_machine_and_64_bits(self):
        self.assertEqual(self.property("ALLUSERS"), "1")
        for row in self.rows("Component"):
            self.assertEqual(int(row["Attributes"]) & 256, 256, row)
        conditions = [row["Condition"] for row in self.rows("LaunchCondition")]
        self.assertIn("Installed OR VersionNT64 >= 603", conditions)

    def test_the_service_is_installed_started_stopped_and_removed(self):
        service, = self.rows("ServiceInstall")
        self.assertEqual((service["Name"], service["StartType"], service["ServiceType"]),
                         ("PortGuard", "2", "16"))
        # Without arguments Windows Installer writes the path of the component's file,
        # in quotes, and the service looks at it with each start.
        self.assertEqual((service["Arguments"], service["StartName"]), ("", ""))
        keys = [row["KeyPath"] for row in self.rows("Component", Component="Service")]
        self.assertEqual(keys, ["portguardsvc.exe"])
        control, = self.rows("ServiceControl")
        start, stop, stop_too, delete = 0x1, 0x2, 0x20, 0x80
        self.assertEqual(int(control["Event"]), start | stop | stop_too | delete)
        self.assertEqual(control["Wait"], "1")
        started, = self.rows("InstallExecuteSequence", Action="StartServices")
        self.assertEqual(started["Condition"], 'STARTSERVICE <> "0"')

    def test_the_search_path_is_added_to_and_given_back(self):
        path, = self.rows("Environment")
        self.assertEqual(path["Name"], "=-*PATH", "set, removed again, the machine's")
        self.assertEqual(path["Value"], "[~];[INSTALLDIR]", "after what is there")
        self.assertLess(self.sequence("RemoveEnvironmentStrings"),
                        self.sequence("WriteEnvironmentStrings"))

    def test_properties_reach_the_elevated_half(self):
        self.assertEqual(self.property("SecureCustomProperties").split(";"),
                         ["CONFIG", "KEEPDATA", "STARTSERVICE", "WIX_DOWNGRADE_DETECTED",
                          "WIX_UPGRADE_DETECTED"])

    def test_a_repair_takes_none_of_them(self):
        """Every user may repair a product of the machine, and with what they give."""
        refused, = self.rows("LaunchCondition",
                             Condition='NOT Installed OR (NOT CONFIG AND STARTSERVICE = "1")')
        self.assertIn("reg add", refused["Description"])
        self.assertNotRegex(refused["Description"], r"[\[{]", "it is formatted")
        for row in self.rows("LaunchCondition"):
            self.assertLessEqual(len(row["Description"]), 255, "the column's width")
        self.assertEqual(self.property("STARTSERVICE"), "1")
        self.assertIsNone(self.property("CONFIG"))

    def test_older_versions_are_replaced_and_newer_ones_are_not(self):
        older, newer = sorted(self.rows("Upgrade"), key=lambda row: row["Attributes"])
        only_detect = 2
        self.assertEqual((older["VersionMax"], older["ActionProperty"]),
                         (PROJECT_VERSION, "WIX_UPGRADE_DETECTED"))
        self.assertEqual(int(older["Attributes"]) & only_detect, 0)
        self.assertEqual((newer["VersionMin"], newer["ActionProperty"]),
                         (PROJECT_VERSION, "WIX_DOWNGRADE_DETECTED"))
        self.assertEqual(int(newer["Attributes"]) & only_detect, only_detect)
        refused, = self.rows("LaunchCondition", Condition="NOT WIX_DOWNGRADE_DETECTED")
        self.assertIn("newer version", refused["Description"])
        self.assertEqual(self.sequence("RemoveExistingProducts"),
                         self.sequence("InstallInitialize") + 1,
                         "inside the transaction, so that a failure brings it back")

    def test_the_event_source_has_its_message_file(self):
        key = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\PortGuard"
        values = {row["Name"]: row["Value"] for row in self.rows("Registry", Key=key)}
        self.assertEqual(values, {"EventMessageFile": "[#portguardsvc.exe]",
                                  "CategoryMessageFile": "[#portguardsvc.exe]",
                                  "CategoryCount": "#5", "TypesSupported": "#7"})

    def test_the_configuration_to_import_is_a_value_of_the_machine(self):
        rows = self.rows("Registry", Key=r"Software\PortGuard")
        self.assertEqual(sorted((row["Root"], row["Name"], row["Value"]) for row in rows),
                         [("2", "*", ""), ("2", "ImportConfig", "[CONFIG]")],
                         "in a key that is made, and removed with all that is in it")

    def test_nothing_is_put_into_the_folder_for_data(self):
        folders = {row["Directory"]: row for row in self.rows("Directory")}
        for name, row in folders.items():
            if row["Directory_Parent"] == "CommonAppDataFolder":
                self.assertNotIn("PortGuard", row["DefaultDir"].split("|"), name)
        self.assertEqual(self.rows("CreateFolder"), [])

    def test_what_the_service_gathered_goes_with_it_unless_it_is_an_upgrade(self):
        search, = self.rows("AppSearch")
        # Where the service says that nobody else can have put anything.
        place, = self.rows("RegLocator", Signature_=search["Signature_"])
        folder_named_in_the_64_bit_half = "16"
        self.assertEqual((search["Property"], place["Root"], place["Key"], place["Name"],
                          place["Type"]),
                         ("DATAFOLDER", "2", r"Software\PortGuard", "DataFolder",
                          folder_named_in_the_64_bit_half))
        when, = self.rows("InstallExecuteSequence", Action="AppSearch")
        self.assertEqual(when["Condition"],
                         'REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE AND NOT KEEPDATA')
        only_when_removed = "2"
        names = set()
        for row in self.rows("RemoveFile"):
            self.assertEqual((row["DirProperty"], row["InstallMode"]),
                             ("DATAFOLDER", only_when_removed), row)
            names.add(row["FileName"].split("|")[-1])
        self.assertEqual(names, {"history.db", "history.db-wal", "history.db-shm",
                                 "history.db-journal", "history.db.*", "portguard.prom",
                                 "portguard.prom.new", "state.json.new", ""})

    def test_what_a_page_leads_to_is_there_as_well(self):
        pages = {row["FileName"].split("|")[-1] for row in self.rows("File", Component_="Docs")}
        self.assertIn("install.md", pages)
        for page in sorted(pages):
            text = (SOURCE / "docs" / page).read_text()
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertIn(link, pages, f"{page} leads to it")

    def test_the_program_list_says_who_and_what(self):
        self.assertEqual(self.property("Manufacturer"), "The portguard authors")
        self.assertEqual(self.property("ProductName"), "PortGuard")
        self.assertIn("port", self.property("ARPCOMMENTS"))
        self.assertIsNone(self.property("ARPHELPLINK"), "there is no host to name")

    def test_what_is_wrong_with_its_arguments_is_said(self):
        for words, why in (([], "expected OUTDIR"), (["x", "one"], 'version "one"')):
            refused = subprocess.run([SOURCE / "scripts" / "msi", *words],
                                     capture_output=True, text=True, check=False,
                                     cwd=self.folder.name)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(why, refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
