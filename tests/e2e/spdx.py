"""The rules of SPDX 2.3 that a list of contents must keep, as far as they concern the
kinds of entries portguard's has. Written from the published specification."""

import hashlib
import re

IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CREATOR = re.compile(r"(Person|Organization|Tool): \S.*")
NAMESPACE = re.compile(r"[a-z][a-z0-9+.-]*://[^\s#]+")
LENGTHS = {"SHA1": 40, "SHA256": 64}
# Those of the licence list that may occur here; a new one is looked up and added.
LICENCES = {"MIT", "ISC", "ZPL-2.1", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0",
            "GPL-3.0-or-later"}
EXCEPTIONS = {"GCC-exception-3.1"}
RELATIONS = {"DESCRIBES", "CONTAINS", "STATIC_LINK"}
PURPOSES = {"APPLICATION", "LIBRARY"}


def needs(entry, where, *names):
    return [f"{where}: no {name}" for name in names if not entry.get(name)]


def expression(text, known, where):
    """Faults of a licence expression: names joined by AND, OR and WITH."""
    if text in ("NOASSERTION", "NONE"):
        return []
    found, words = [], text.split(" ")
    for i, word in enumerate(words):
        if i % 2:
            good = word in ("AND", "OR", "WITH")
        elif i and words[i - 1] == "WITH":
            good = word in EXCEPTIONS
        else:
            good = word in LICENCES or word in known
        if not good:
            found.append(f'{where}: "{word}" in the licence "{text}"')
    return found + ([] if len(words) % 2 else [f'{where}: the licence "{text}" ends early'])


def checksums(entry, where):
    return [f"{where}: checksum {sum_}" for sum_ in entry.get("checksums", [])
            if not re.fullmatch(r"[0-9a-f]{%d}" % LENGTHS.get(sum_["algorithm"], 0),
                                sum_["checksumValue"])]


def package(entry, known):
    where = entry.get("SPDXID", "a package")
    found = needs(entry, where, "name", "versionInfo", "downloadLocation", "supplier",
                  "licenseConcluded", "licenseDeclared", "copyrightText")
    found += checksums(entry, where)
    for name in ["licenseConcluded", "licenseDeclared"]:
        found += expression(entry.get(name, "NONE"), known, where)
    if entry.get("filesAnalyzed", True) != ("packageVerificationCode" in entry):
        found.append(f"{where}: a verification code goes with files that were analysed")
    if entry.get("primaryPackagePurpose") not in PURPOSES:
        found.append(f"{where}: purpose {entry.get('primaryPackagePurpose')}")
    for reference in entry.get("externalRefs", []):
        if not re.fullmatch(r"pkg:deb/debian/[a-z0-9.+-]+@[A-Za-z0-9.~%-]+\?arch=source",
                            reference["referenceLocator"]):
            found.append(f"{where}: {reference['referenceLocator']} is no package URL")
    return found


def file(entry, known):
    where = entry.get("SPDXID", "a file")
    found = needs(entry, where, "fileName", "licenseConcluded", "copyrightText")
    if not entry.get("fileName", "").startswith("./"):
        found.append(f"{where}: its name must begin with ./")
    if "SHA1" not in {sum_["algorithm"] for sum_ in entry.get("checksums", [])}:
        found.append(f"{where}: no SHA1")
    return found + checksums(entry, where) + expression(entry["licenseConcluded"], known, where)


def verification(document):
    inner = sorted(sum_["checksumValue"] for entry in document["files"]
                   for sum_ in entry["checksums"] if sum_["algorithm"] == "SHA1")
    code = hashlib.sha1("".join(inner).encode("ascii")).hexdigest()
    said = [p["packageVerificationCode"]["packageVerificationCodeValue"]
            for p in document["packages"] if "packageVerificationCode" in p]
    return [] if said == [code] else [f"verification code {said}: expected {code}"]


def relations(document, identifiers):
    found = []
    for relation in document["relationships"]:
        ends = {relation["spdxElementId"], relation["relatedSpdxElement"]}
        if not ends <= identifiers or relation["relationshipType"] not in RELATIONS:
            found.append(f"relationship {relation}")
    if not any(relation["relationshipType"] == "DESCRIBES" for relation in
               document["relationships"]):
        found.append("nothing is described")
    return found


def faults(document):
    """A list of words, empty when nothing is wrong."""
    found = needs(document, "document", "name", "packages", "files", "relationships",
                  "creationInfo")
    for name, value in [("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"),
                        ("SPDXID", "SPDXRef-DOCUMENT")]:
        if document.get(name) != value:
            found.append(f"{name}: {document.get(name)}, expected {value}")
    if not NAMESPACE.fullmatch(document.get("documentNamespace", "")):
        found.append("the namespace is no address")
    created = document["creationInfo"]
    if not TIME.fullmatch(created["created"]) or not created["creators"]:
        found.append("nobody made it, or never")
    found += [f"creator {name}" for name in created["creators"] if not CREATOR.fullmatch(name)]
    known = {extra["licenseId"] for extra in document["hasExtractedLicensingInfos"]
             if extra["extractedText"].strip()}
    entries = document["packages"] + document["files"]
    identifiers = [entry.get("SPDXID", "") for entry in entries] + [document.get("SPDXID")]
    if len(set(identifiers)) != len(identifiers):
        found.append("two entries have one identifier")
    found += [f"identifier {name}" for name in identifiers if not IDENTIFIER.fullmatch(name or "")]
    for entry in document["packages"]:
        found += package(entry, known)
    for entry in document["files"]:
        found += file(entry, known)
    return found + verification(document) + relations(document, set(identifiers))
