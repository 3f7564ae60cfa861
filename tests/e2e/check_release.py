#!/usr/bin/env python3
"""scripts/release from end to end: the same bytes wherever it is built, what is in them,
the manifests of the package managers, and signatures with a certificate of the test's own."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree
import zipfile

import jsonschema
import yaml

import spdx
import winget

BUILD = pathlib.Path(os.environ["PG_BUILD"])
SOURCE = pathlib.Path(os.environ["PG_SOURCE"])
EPOCH = 1767225600  # 2026-01-01
URL, HOME = "https://downloads.portguard.net/v1/", "https://portguard.net/about"
ADDRESSES = ["--url", URL, "--home", HOME]
PARTS = ["LICENSE", "CMakeLists.txt", "CMakePresets.json", "vcpkg.json", "client", "cmake",
         "common", "docs", "installer", "resources", "scripts", "service"]


def release(out, *arguments, root=SOURCE, build=False, **settings):
    """Runs scripts/release; build: let it build the programs, else those of PG_BIN."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PG_SIGN", "SOURCE_DATE"))}
    environment["SOURCE_DATE_EPOCH"] = str(EPOCH)
    if build:
        del environment["PG_BIN"]
    environment.update(settings)
    environment = {name: value for name, value in environment.items() if value is not None}
    command = [root / "scripts/release", out, *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, encoding="utf-8")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def msi_properties(path):
    table = subprocess.run(["msiinfo", "export", path, "Property"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    return dict(line.split("\t") for line in table.splitlines()[3:])


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        BUILD.joinpath("release-test").mkdir(exist_ok=True)
        cls.work = pathlib.Path(tempfile.mkdtemp(dir=BUILD / "release-test"))
        cls.addClassCleanup(shutil.rmtree, cls.work)

    def done(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def refused(self, result, pattern):
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stderr, pattern)


class OneRelease(Case):
    """Made once for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.out = cls.work / "out"
        result = release(cls.out, *ADDRESSES)
        assert result.returncode == 0, result.stderr
        (cls.zip,) = cls.out.glob("*.zip")
        (cls.msi,) = cls.out.glob("*.msi")
        (cls.sbom,) = cls.out.glob("*.spdx.json")
        cls.version = re.search(r"portguard VERSION ([\d.]+)",
                                (SOURCE / "CMakeLists.txt").read_text("utf-8"))[1]


class Release(OneRelease):
    def test_another_folder_makes_the_same_bytes(self):
        other = self.work / "elsewhere" / "portguard"
        other.mkdir(parents=True)
        for name in PARTS:
            path = SOURCE / name
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, other / name)
        # Not the folder itself: what builds libraries would do so in ours.
        shutil.copytree(SOURCE / "build/deps/mingw", other / "build/deps/mingw", symlinks=True)
        self.done(release(other / "out", *ADDRESSES, root=other, build=True))
        ours, theirs = files(self.out), files(other / "out")
        self.assertEqual(list(ours), list(theirs))
        for name, data in ours.items():
            self.assertEqual(hashlib.sha256(data).hexdigest(),
                             hashlib.sha256(theirs[name]).hexdigest(), name)

    def test_again_into_the_same_folder_replaces_what_was_there_and_nothing_else(self):
        again = self.work / "again"
        again.mkdir()
        (again / "portguard-0.0.1-x64.msi").write_text("of an earlier version")
        (again / "notes.txt").write_text("not ours")
        for _ in range(2):
            self.done(release(again, *ADDRESSES))
        found = files(again)
        self.assertEqual(found.pop("notes.txt"), b"not ours")
        self.assertEqual(found, files(self.out))

    def test_the_date_is_that_of_the_last_commit(self):
        date = subprocess.run(["git", "-C", SOURCE, "log", "-1", "--format=%cd",
                               "--date=format-local:%Y-%m-%dT%H:%M:%SZ"],
                              env={**os.environ, "TZ": "UTC"}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if date.returncode != 0:
            self.skipTest(f"git tells no commit of these sources: {date.stderr.strip()}")
        self.done(release(self.work / "dated", SOURCE_DATE_EPOCH=None))
        (sbom,) = (self.work / "dated").glob("*.spdx.json")
        self.assertEqual(json.loads(sbom.read_text("utf-8"))["creationInfo"]["created"],
                         date.stdout.strip())

    def test_every_file_has_its_sum(self):
        lines = (self.out / "SHA256SUMS").read_text("ascii").splitlines()
        sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
        found = files(self.out)
        del found["SHA256SUMS"]
        self.assertEqual(sums, {name: hashlib.sha256(data).hexdigest()
                                for name, data in found.items()})

    def test_the_zip_has_the_client_and_what_it_needs_in_one_folder(self):
        with zipfile.ZipFile(self.zip) as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
            folder = f"portguard-{self.version}-x64/"
            self.assertTrue(all(name.startswith(folder) for name in names), names)
            inside = {name.removeprefix(folder) for name in names}
            self.assertLessEqual({"portguardctl.exe", "portguardsvc.exe", "LICENSE.txt",
                                  "README.md", "licenses/libuv1.txt"}, inside)
            for name in ["portguardctl.exe", "portguardsvc.exe"]:
                built = pathlib.Path(os.environ["PG_BIN"], name).read_bytes()
                self.assertEqual(archive.read(folder + name), built)
            self.assertEqual({entry.date_time for entry in archive.infolist()},
                             {(2026, 1, 1, 0, 0, 0)})

    def test_the_package_has_the_icon_and_the_licences_of_what_is_in_the_programs(self):
        self.assertEqual(msi_properties(self.msi)["ARPPRODUCTICON"], "portguard.ico")
        icon = subprocess.run(["msiinfo", "extract", self.msi, "Icon.portguard.ico"], check=True,
                              stdout=subprocess.PIPE).stdout
        self.assertEqual(icon, (SOURCE / "resources/portguard.ico").read_bytes())
        subprocess.run(["msiextract", "-C", self.work / "package", self.msi], check=True,
                       stdout=subprocess.DEVNULL)
        (licence,) = (self.work / "package").rglob("LICENSE.txt")
        text = licence.read_text("utf-8")
        self.assertTrue(text.startswith((SOURCE / "LICENSE").read_text("utf-8")))
        with zipfile.ZipFile(self.zip) as archive:
            papers = [archive.read(name).decode("utf-8") for name in archive.namelist()
                      if "/licenses/" in name]
        self.assertEqual(len(papers), 5)
        for paper in papers:
            self.assertIn(paper, text)

    def test_the_list_of_contents_keeps_the_rules_of_spdx(self):
        document = json.loads(self.sbom.read_text("utf-8"))
        self.assertEqual(spdx.faults(document), [])

    def test_a_fault_in_a_list_of_contents_would_be_found(self):
        def broken(change):
            document = json.loads(self.sbom.read_text("utf-8"))
            change(document)
            return spdx.faults(document)

        self.assertTrue(broken(lambda d: d.pop("dataLicense")))
        self.assertTrue(broken(lambda d: d["packages"][1].pop("downloadLocation")))
        self.assertTrue(broken(lambda d: d["packages"][1].update(licenseDeclared="Expat")))
        self.assertTrue(broken(lambda d: d["relationships"][0].update(relatedSpdxElement="x")))
        self.assertTrue(broken(lambda d: d["files"][0]["checksums"].clear()))
        self.assertTrue(broken(lambda d: d.update(hasExtractedLicensingInfos=[])))

    def test_the_list_of_contents_names_what_the_programs_are_made_of(self):
        document = json.loads(self.sbom.read_text("utf-8"))
        packages = {package["name"]: package for package in document["packages"]}
        self.assertEqual(set(packages), {"portguard", "cjson", "getopt", "libgcc", "libuv1",
                                         "mingw-w64", "sqlite3"})
        built_from = (SOURCE / "build/deps/mingw/built-from").read_text("utf-8")
        for name in ["cjson", "libuv1", "sqlite3"]:
            self.assertIn(f"{name}_{packages[name]['versionInfo']}.dsc", built_from)
        self.assertEqual(packages["cjson"]["licenseDeclared"], "MIT")
        with zipfile.ZipFile(self.zip) as archive:
            for file in document["files"]:
                data = archive.read(f"portguard-{self.version}-x64/{file['fileName'][2:]}")
                sums = {s["algorithm"]: s["checksumValue"] for s in file["checksums"]}
                self.assertEqual(sums["SHA256"], hashlib.sha256(data).hexdigest())


class Manifests(OneRelease):
    """The same release, as package managers see it."""

    def manifest(self, path):
        return (self.out / "packages" / path).read_text("utf-8")

    def test_winget_takes_its_three_manifests(self):
        found = {}
        for path in sorted((self.out / "packages/winget").iterdir()):
            manifest = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
            jsonschema.validate(manifest, winget.schema(manifest["ManifestType"]))
            found[manifest["ManifestType"]] = manifest
            self.assertEqual(manifest["PackageVersion"], self.version)
            self.assertTrue(path.name.startswith(manifest["PackageIdentifier"] + "."))
        self.assertEqual(set(found), {"version", "installer", "defaultLocale"})
        self.assertEqual(len({m["PackageIdentifier"] for m in found.values()}), 1)
        self.assertEqual(found["version"]["DefaultLocale"], found["defaultLocale"]["PackageLocale"])
        (installer,) = found["installer"]["Installers"]
        said = msi_properties(self.msi)
        self.assertEqual(installer["ProductCode"], said["ProductCode"])
        self.assertEqual(installer["InstallerUrl"], URL + self.msi.name)
        self.assertEqual(installer["InstallerSha256"].lower(),
                         hashlib.sha256(self.msi.read_bytes()).hexdigest())
        (entry,) = installer["AppsAndFeaturesEntries"]
        self.assertEqual(entry["UpgradeCode"], said["UpgradeCode"])
        self.assertEqual(entry["DisplayName"], said["ProductName"])

    def test_a_manifest_of_winget_with_a_fault_would_be_found(self):
        text = self.manifest("winget/PortGuard.PortGuard.installer.yaml")
        for old, new in [("x64", "x128"), ("InstallerType: msi", "InstallerType: deb"),
                         ("https://", "ftp://"), ("ManifestVersion: 1.6.0", "Manifest: 1")]:
            with self.subTest(new), self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(yaml.load(text.replace(old, new, 1), yaml.BaseLoader),
                                    winget.schema("installer"))

    def test_chocolatey_gets_a_package_that_checks_what_it_loads(self):
        root = xml.etree.ElementTree.fromstring(self.manifest("chocolatey/portguard.nuspec"))
        space = "{http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd}"
        said = {child.tag.removeprefix(space): child.text for child in root.find(space + "metadata")}
        self.assertLessEqual({"id", "version", "authors", "description", "projectUrl", "tags",
                              "title", "summary"}, set(said))
        self.assertEqual((said["id"], said["version"]), ("portguard", self.version))
        self.assertEqual(said["projectUrl"], HOME)
        script = self.manifest("chocolatey/tools/chocolateyinstall.ps1")
        self.assertIn(f"'{URL}{self.msi.name}'", script)
        self.assertIn(hashlib.sha256(self.msi.read_bytes()).hexdigest().upper(), script)
        self.assertEqual(script.count("{"), script.count("}"))
        self.assertEqual(script.count("'") % 2, 0)

    def test_scoop_gets_the_portable_client(self):
        manifest = json.loads(self.manifest("scoop/portguard.json"))
        self.assertLessEqual({"version", "description", "homepage", "license", "architecture",
                              "bin"}, set(manifest))
        (kind, what), = manifest["architecture"].items()
        self.assertEqual(kind, "64bit")
        self.assertEqual(what["url"], URL + self.zip.name)
        self.assertEqual(what["hash"], hashlib.sha256(self.zip.read_bytes()).hexdigest())
        with zipfile.ZipFile(self.zip) as archive:
            self.assertIn(f"{what['extract_dir']}/{manifest['bin']}", archive.namelist())

    def test_nothing_is_left_to_fill_in(self):
        for name, data in files(self.out / "packages").items():
            self.assertNotRegex(data.decode("utf-8"), r"@[A-Z]", name)


class Refusals(Case):
    def test_an_address_nobody_can_download_from_is_refused(self):
        for url in ["https://example.com/x", "https://downloads.example/x", "http://portguard.net",
                    "https://localhost/x", "https://host/x", "https://user:word@portguard.net/",
                    "https://portguard.net/a'b", "https://@HOST@/x", "ftp://portguard.net/x",
                    "https://10.0.0.1/x", "https://x.invalid/", "portguard.net"]:
            with self.subTest(url):
                self.refused(release(self.work / "no", "--url", url, "--home", HOME),
                             r"--url .*\nhint: ")
        self.assertFalse((self.work / "no").exists())

    def test_one_address_without_the_other_is_refused(self):
        self.refused(release(self.work / "no", "--url", URL), "--home")
        self.refused(release(self.work / "no", "--home", HOME), "--url")

    def test_without_addresses_there_are_no_manifests(self):
        self.done(release(self.work / "plain"))
        self.assertFalse((self.work / "plain/packages").exists())
        self.assertNotIn("packages", (self.work / "plain/SHA256SUMS").read_text("ascii"))

    def test_a_certificate_that_is_not_there_is_refused(self):
        self.refused(release(self.work / "no", PG_SIGN_PKCS12="/no/such.p12"), "/no/such.p12")
        self.refused(release(self.work / "no", PG_SIGN_TIMESTAMP_URL="http://x"), "no certificate")

    def test_a_date_that_is_none_is_refused(self):
        self.refused(release(self.work / "no", SOURCE_DATE_EPOCH="yesterday"), "yesterday")


class Signed(Case):
    """With a certificate that signs itself, which for this test alone is trusted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate = cls.work / "certificate.pem"
        cls.password = cls.work / "password"
        cls.password.write_text("geheim")
        cls.store = cls.work / "store.p12"
        key = cls.work / "key.pem"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                        "-out", cls.certificate, "-days", "2", "-subj", "/CN=portguard test",
                        "-addext", "extendedKeyUsage=codeSigning",
                        "-addext", "keyUsage=digitalSignature"], **quiet)
        subprocess.run(["openssl", "pkcs12", "-export", "-inkey", key, "-in", cls.certificate,
                        "-out", cls.store, "-passout", f"file:{cls.password}"], **quiet)

    def signed(self, out, **more):
        return release(out, PG_SIGN_PKCS12=str(self.store),
                       PG_SIGN_PASSWORD_FILE=str(self.password), **more)

    def verified(self, path):
        command = ["osslsigncode", "verify", "-CAfile", self.certificate, "-in", path]
        return subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def test_programs_and_installer_are_signed_and_a_changed_byte_is_noticed(self):
        out = self.work / "out"
        # The certificate was not valid any sooner.
        self.done(self.signed(out, SOURCE_DATE_EPOCH=str(int(time.time()))))
        (msi,) = out.glob("*.msi")
        self.assertTrue(self.verified(msi))
        with zipfile.ZipFile(*out.glob("*.zip")) as archive:
            archive.extractall(self.work / "unpacked")
        programs = sorted((self.work / "unpacked").rglob("*.exe"))
        subprocess.run(["msiextract", "-C", self.work / "installed", msi], check=True,
                       stdout=subprocess.DEVNULL)
        installed = sorted((self.work / "installed").rglob("*.exe"))
        self.assertEqual(len(programs), 2)
        self.assertEqual([p.read_bytes() for p in installed], [p.read_bytes() for p in programs])
        for program in programs:
            self.assertTrue(self.verified(program), program.name)
            data = bytearray(program.read_bytes())
            data[0x1000] ^= 1
            program.write_bytes(data)
            self.assertFalse(self.verified(program), program.name)

    def test_the_programs_of_the_build_stay_unsigned(self):
        self.assertFalse(self.verified(pathlib.Path(os.environ["PG_BIN"], "portguardctl.exe")))

    def test_a_wrong_password_is_told_and_nothing_is_published(self):
        self.password.with_name("wrong").write_text("falsch")
        result = release(self.work / "none", PG_SIGN_PKCS12=str(self.store),
                         PG_SIGN_PASSWORD_FILE=str(self.password.with_name("wrong")))
        self.refused(result, "osslsigncode")
        self.assertEqual(files(self.work / "none"), {})


if __name__ == "__main__":
    unittest.main()
