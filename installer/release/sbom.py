#!/usr/bin/env python3
"""sbom.py ROOT VERSION BIN OUT LICENSES: the list of what is in the programs of BIN, as
SPDX 2.3 in JSON, and the texts of the licences into the folder LICENSES."""

import datetime
import hashlib
import json
import os
import pathlib
import re
import sys
import urllib.parse
import uuid

import papers

NAMESPACE = uuid.UUID("5c6b0a3e-2f0c-5f0e-9a55-6d1d3e7f7a10")


def sums(path):
    data = path.read_bytes()
    return [{"algorithm": name, "checksumValue": hashlib.new(name.lower(), data).hexdigest()}
            for name in ["SHA1", "SHA256"]]


def program(path, licence_id):
    return {"SPDXID": f"SPDXRef-File-{path.stem}", "fileName": f"./{path.name}",
            "fileTypes": ["BINARY"], "checksums": sums(path), "licenseConcluded": licence_id,
            "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}


def verification_code(files):
    """SPDX 2.3, section 7.9: over the SHA-1 of all files, sorted."""
    inner = sorted(file["checksums"][0]["checksumValue"] for file in files)
    return hashlib.sha1("".join(inner).encode()).hexdigest()


def portguard(version, licence, licence_id, files):
    copyright = re.search(r"(?m)^Copyright.*$", licence)[0]
    return {"SPDXID": "SPDXRef-Package-portguard", "name": "portguard",
            "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": True, "primaryPackagePurpose": "APPLICATION",
            "packageVerificationCode":
                {"packageVerificationCodeValue": verification_code(files)},
            "licenseConcluded": licence_id, "licenseDeclared": licence_id,
            "licenseInfoFromFiles": ["NOASSERTION"], "copyrightText": copyright,
            "supplier": "Organization: The portguard authors"}


def package(component):
    version = urllib.parse.quote(component.source_version, safe="")
    entry = {"SPDXID": f"SPDXRef-Package-{component.name}", "name": component.name,
             "versionInfo": component.version, "downloadLocation": "NOASSERTION",
             "filesAnalyzed": False, "primaryPackagePurpose": "LIBRARY",
             "licenseConcluded": "NOASSERTION", "licenseDeclared": component.licence,
             "copyrightText": component.copyright,
             "supplier": "Organization: Debian",
             "sourceInfo": f"Debian's source package {component.source}",
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER",
                               "referenceType": "purl",
                               "referenceLocator":
                                   f"pkg:deb/debian/{component.source}@{version}?arch=source"}]}
    if component.origin:
        entry["packageFileName"] = component.origin
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": component.sha256}]
    if component.home:
        entry["homepage"] = component.home
    if component.others:
        entry["licenseComments"] = ("The copyright file of Debian's package gives other files "
                                    "of the source these licences: " + ", ".join(component.others))
    return entry


def own_licences(components):
    """The licences without a name in SPDX, with the text they were found in."""
    found = {}
    for component in components:
        for name in re.findall(r"LicenseRef-[A-Za-z0-9.-]+", component.licence):
            found.setdefault(name, []).append(component)
    return [{"licenseId": name, "name": name.removeprefix("LicenseRef-"),
             "extractedText": "\n\n".join(c.text for c in users)}
            for name, users in sorted(found.items())]


def relation(of, kind, to):
    return {"spdxElementId": of, "relationshipType": kind, "relatedSpdxElement": to}


def document(root, version, programs, components):
    licence = (root / "LICENSE").read_text("utf-8")
    licence_id = json.loads((root / "vcpkg.json").read_text("utf-8"))["license"]
    files = [program(path, licence_id) for path in programs]
    own = portguard(version, licence, licence_id, files)
    others = [package(component) for component in components]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    relations += [relation(own["SPDXID"], "CONTAINS", file["SPDXID"]) for file in files]
    relations += [relation(own["SPDXID"], "STATIC_LINK", other["SPDXID"]) for other in others
                  if other["name"] != "getopt"]
    relations.append(relation("SPDXRef-Package-mingw-w64", "CONTAINS", "SPDXRef-Package-getopt"))
    made = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]),
                                           datetime.timezone.utc)
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"portguard-{version}",
            "creationInfo": {"created": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "creators": ["Organization: The portguard authors",
                                          f"Tool: portguard-release-{version}"]},
            "packages": [own, *others], "files": files, "relationships": relations,
            "hasExtractedLicensingInfos": own_licences(components)}


def main():
    root, version, programs, out, licences = sys.argv[1:]
    components = papers.components(root)
    programs = sorted(pathlib.Path(programs).glob("*.exe"))
    whole = document(pathlib.Path(root), version, programs, components)
    # The name of a document is its contents': another document has another.
    code = uuid.uuid5(NAMESPACE, json.dumps(whole, sort_keys=True))
    whole["documentNamespace"] = f"https://spdx.org/spdxdocs/portguard-{version}-{code}"
    pathlib.Path(out).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    folder = pathlib.Path(licences)
    folder.mkdir()
    for component in components:
        if component.name != "getopt":
            (folder / f"{component.name}.txt").write_text(component.text, "utf-8")


main()
