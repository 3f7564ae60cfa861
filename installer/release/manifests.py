#!/usr/bin/env python3
"""manifests.py ROOT VERSION FOLDER URL HOME: fills the templates in installer/packages
with what is in FOLDER (the installer and the zip), into FOLDER/packages. URL is where both
can be downloaded, HOME the page about them.
manifests.py --check URL HOME: refuses what nobody could download from."""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

RESERVED = re.compile(r"(^|\.)(example|example\.(com|net|org)|invalid|test|localhost|local)$")
FIELD = re.compile(r"@([A-Z0-9_]+)@")


def refuse(what, value, why):
    raise SystemExit(f'error: {what} "{value}": {why}\n'
                     "hint: scripts/release --url https://HOST/FOLDER --home https://HOST/PAGE")


def checked(what, value):
    """A URL as it stands in a manifest, without a slash at its end."""
    parts = urllib.parse.urlsplit(value)
    if parts.scheme != "https" or not re.fullmatch(r"[!-~]+", value):
        refuse(what, value, "expected an https address")
    if parts.username or parts.query or parts.fragment or re.search(r"[\"'`$<>@{}|\\^]", value):
        refuse(what, value, "expected nothing but a host and a path")
    host = (parts.hostname or "").lower()
    if "." not in host or RESERVED.search(host) or re.fullmatch(r"[\d.]+", host):
        refuse(what, value, "nobody can download from there")
    return value.rstrip("/")


def properties(msi):
    """The table Property of a Windows Installer package."""
    table = subprocess.run(["msiinfo", "export", str(msi), "Property"], check=True,
                           stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout
    rows = [line.split("\t") for line in table.replace("\r", "").split("\n")[3:] if line]
    return dict(rows)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def values(root, version, folder, url, home):
    msi = folder / f"portguard-{version}-x64.msi"
    portable = folder / f"portguard-{version}-x64-portable.zip"
    said = properties(msi)
    own = json.loads((root / "vcpkg.json").read_text("utf-8"))
    copyright = re.search(r"(?m)^Copyright.*$", (root / "LICENSE").read_text("utf-8"))[0]
    made = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]),
                                           datetime.timezone.utc)
    return {"VERSION": version, "HOME": home, "LICENSE": own["license"],
            "COPYRIGHT": copyright, "DATE": made.strftime("%Y-%m-%d"),
            "MSI_URL": f"{url}/{msi.name}", "MSI_SHA256": sha256(msi).upper(),
            "MSI_NAME": said["ProductName"], "PUBLISHER": said["Manufacturer"],
            "PRODUCT_CODE": said["ProductCode"], "UPGRADE_CODE": said["UpgradeCode"],
            "ZIP_URL": f"{url}/{portable.name}", "ZIP_SHA256": sha256(portable),
            "ZIP_FOLDER": f"portguard-{version}-x64"}


def fill(template, known):
    def value(match):
        if match[1] not in known:
            raise SystemExit(f"error: {template} asks for @{match[1]}@, which nobody knows")
        return known[match[1]]

    return FIELD.sub(value, template.read_text("utf-8"))


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--check":
        checked("--url", sys.argv[2])
        checked("--home", sys.argv[3])
        return
    root, version, folder, url, home = sys.argv[1:]
    folder = pathlib.Path(folder)
    known = values(pathlib.Path(root), version, folder, checked("--url", url), checked("--home", home))
    templates = pathlib.Path(root, "installer/packages")
    for template in sorted(templates.rglob("*.in")):
        out = folder / "packages" / template.relative_to(templates).with_suffix("")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(fill(template, known), "utf-8")


main()
