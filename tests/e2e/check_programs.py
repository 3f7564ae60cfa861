#!/usr/bin/env python3
"""The built Windows programs, read from their bytes: what the linker switched on against
attackers, what they load, and what Windows shows of them."""

import os
import pathlib
import re
import unittest
import xml.etree.ElementTree

import pe

BIN = pathlib.Path(os.environ["PG_BIN"])
SOURCE = pathlib.Path(os.environ["PG_SOURCE"])
NAMES = ["portguardsvc", "portguardctl"]
SYSTEM32 = {"advapi32", "dbghelp", "httpapi", "iphlpapi", "kernel32", "msvcrt", "ole32",
            "psapi", "shell32", "user32", "userenv", "ws2_32"}
HIGH_ENTROPY, DYNAMIC_BASE, NX, NO_SEH, GUARD_CF = 0x20, 0x40, 0x100, 0x400, 0x4000
CONSOLE = 3
ASM = "{urn:schemas-microsoft-com:asm.v%d}"
SETTINGS = "{http://schemas.microsoft.com/SMI/%d/WindowsSettings}"


class Programs(unittest.TestCase):
    def each(self):
        for name in NAMES:
            with self.subTest(program=name):
                yield name, pe.Program(BIN / f"{name}.exe")

    def test_addresses_are_random_and_data_is_never_run(self):
        for _, program in self.each():
            for bit in [HIGH_ENTROPY, DYNAMIC_BASE, NX]:
                self.assertTrue(program.characteristics & bit, f"{bit:#x} is not set")
            self.assertIn(".reloc", [section.name for section in program.sections],
                          "without relocations the address cannot be random")

    def test_no_section_is_writable_and_executable(self):
        for _, program in self.each():
            self.assertTrue(any(s.flags & pe.SECTION_EXECUTE for s in program.sections))
            for section in program.sections:
                both = pe.SECTION_EXECUTE | pe.SECTION_WRITE
                self.assertNotEqual(section.flags & both, both, section.name)

    @unittest.skipUnless(os.environ.get("PG_MSVC"), "only MSVC has Control Flow Guard")
    def test_control_flow_is_guarded(self):
        for _, program in self.each():
            self.assertTrue(program.characteristics & GUARD_CF)

    @unittest.skipIf(os.environ.get("PG_MSVC"), "with /Brepro it is a hash of the contents")
    def test_the_time_of_the_build_is_not_told(self):
        for _, program in self.each():
            self.assertEqual(program.timestamp, 0)

    @unittest.skipIf(os.environ.get("PG_MSVC"), "MSVC has no way to map folders")
    def test_no_folder_of_the_build_machine_is_told(self):
        for _, program in self.each():
            for encoding in ["utf-8", "utf-16-le"]:
                self.assertNotIn(str(SOURCE).encode(encoding), program.bytes)

    def test_they_are_console_programs(self):
        for _, program in self.each():
            self.assertEqual(program.subsystem, CONSOLE)

    def test_they_load_what_is_part_of_windows_and_nothing_else(self):
        for _, program in self.each():
            loaded = {name.lower().removesuffix(".dll") for name in program.imports()}
            self.assertIn("kernel32", loaded)
            self.assertEqual(loaded - SYSTEM32, set())

    def test_the_client_does_not_load_what_only_the_service_needs(self):
        loaded = {name.lower() for name in pe.Program(BIN / "portguardctl.exe").imports()}
        self.assertEqual(loaded & {"httpapi.dll", "iphlpapi.dll", "dbghelp.dll"}, set())

    def test_the_version_is_that_of_the_project(self):
        project = re.search(r"project\(portguard VERSION (\d+)\.(\d+)\.(\d+)",
                            (SOURCE / "CMakeLists.txt").read_text("utf-8"))
        major, minor, patch = map(int, project.groups())
        licence = (SOURCE / "LICENSE").read_text("utf-8")
        for name, program in self.each():
            (resource,) = program.resources(pe.RT_VERSION).values()
            fixed, texts = pe.version(resource)
            self.assertEqual(fixed[0], 0xFEEF04BD)
            for high, low in [fixed[2:4], fixed[4:6]]:
                self.assertEqual((high, low), (major << 16 | minor, patch << 16))
            self.assertEqual({language for language, _ in texts}, {"040904b0"})
            said = {key: text for (_, key), text in texts.items()}
            self.assertEqual(said["FileVersion"], f"{major}.{minor}.{patch}")
            self.assertEqual(said["ProductVersion"], said["FileVersion"])
            self.assertEqual(said["OriginalFilename"], f"{name}.exe")
            self.assertEqual(said["ProductName"], "portguard")
            self.assertTrue(said["FileDescription"].startswith("portguard "))
            self.assertIn(said["LegalCopyright"], licence.splitlines())

    def test_the_one_manifest_asks_for_no_elevation_and_for_utf_8(self):
        for name, program in self.each():
            ((number, text),) = program.resources(pe.RT_MANIFEST).items()
            self.assertEqual(number, 1, "Windows looks for number 1")
            manifest = xml.etree.ElementTree.fromstring(text)
            self.assertEqual(manifest.find(ASM % 1 + "assemblyIdentity").get("name"),
                             f"portguard.{name}")
            (level,) = manifest.iter(ASM % 3 + "requestedExecutionLevel")
            self.assertEqual(level.attrib, {"level": "asInvoker", "uiAccess": "false"})
            (page,) = manifest.iter(SETTINGS % 2019 + "activeCodePage")
            self.assertEqual(page.text, "UTF-8")
            (long_paths,) = manifest.iter(SETTINGS % 2016 + "longPathAware")
            self.assertEqual(long_paths.text, "true")
            systems = [found.get("Id") for found in manifest.iter(
                "{urn:schemas-microsoft-com:compatibility.v1}supportedOS")]
            self.assertEqual(systems, ["{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"])

    def test_the_icon_has_a_picture_for_every_place_where_windows_shows_one(self):
        for _, program in self.each():
            self.assertEqual(pe.icon_sizes(program), [16, 20, 24, 32, 40, 48, 64, 256])

    def test_only_the_service_has_the_texts_of_the_events(self):
        tables = [len(program.resources(pe.RT_MESSAGE_TABLE)) for _, program in self.each()]
        self.assertEqual(tables, [1, 0])
        table, = pe.Program(BIN / "portguardsvc.exe").resources(pe.RT_MESSAGE_TABLE).values()
        self.assertIn("PortGuard".encode("utf-16-le"), table)


if __name__ == "__main__":
    unittest.main()
