"""What is linked into the Windows programs beside portguard's own code, and what Debian
says of it: the source package, its version, its licences. Nothing of it is typed here;
scripts/deps keeps the papers of the packages it built, dpkg knows those installed."""

import collections
import fnmatch
import pathlib
import re
import subprocess

COMPILER = "x86_64-w64-mingw32-gcc"
# Built by scripts/deps and shipped, as Debian names them.
BUILT = ["cjson", "libuv1", "sqlite3"]
# A library of each package that the compiler links into every program.
LINKED = {"mingw-w64": "libmingw32.a", "libgcc": "libgcc.a"}

Component = collections.namedtuple("Component", "name source source_version version origin sha256 home "
                                   "licence copyright others text")
Stanza = collections.namedtuple("Stanza", "files licence copyright")

# Debian's short names, where SPDX has another.
SPDX = {"expat": "MIT", "mit": "MIT", "isc": "ISC", "zpl-2.1": "ZPL-2.1",
        "bsd-2-clause-netbsd": "BSD-2-Clause", "bsd-2-clause": "BSD-2-Clause",
        "bsd-3-clause": "BSD-3-Clause", "apache-2.0": "Apache-2.0"}


def fields(text):
    """{name in lower case: value} of one paragraph; lines that go on keep their breaks."""
    found = {}
    for name, value in re.findall(r"(?m)^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", text):
        lines = [line.strip() for line in value.split("\n")]
        found[name.lower()] = "\n".join(line for line in lines if line)
    return found


def stanzas(text):
    for paragraph in re.split(r"\n[ \t]*\n", text):
        field = fields(paragraph)
        if "files" in field and "license" in field:
            yield Stanza(field["files"].split(), field["license"].split("\n")[0],
                         field.get("copyright", "NOASSERTION"))


def spdx(short):
    """Debian's short licence names, joined with "and" or "or", as SPDX has them."""
    words = []
    for word in short.replace(",", "").split():
        if word in ("and", "or"):
            words.append(word.upper())
        else:
            words.append(SPDX.get(word.lower()) or "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", word))
    return " ".join(words)


def licence_of(text, path, where):
    """(licence, copyright, other licences named) that Debian's copyright file |text| gives
    for |path|: the last stanza that matches counts. Raises when it gives none."""
    if "GCC Runtime Library Exception" in text and "copyright-format/1.0" not in text:
        # Debian keeps GCC's in a form of its own; the runtime has the exception.
        holder = re.search(r"Copyright.*Free Software Foundation", text)
        return ("GPL-3.0-or-later WITH GCC-exception-3.1",
                holder[0].strip() if holder else "NOASSERTION", [])
    found, others = None, set()
    for stanza in stanzas(text):
        others.add(stanza.licence)
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in stanza.files):
            found = stanza
    if found is None:
        raise SystemExit(f"error: {where} names no licence for {path}")
    return spdx(found.licence), found.copyright, sorted(others - {found.licence})


def built(folder, name):
    (dsc,) = folder.glob(f"{name}_*.dsc")
    field = fields(dsc.read_text("utf-8"))
    origin = re.search(r"(?m)^([0-9a-f]{64}) \d+ (\S+\.orig\.tar\.[a-z]+)$",
                       field["checksums-sha256"])
    papers = folder / f"{name}.copyright"
    text = papers.read_text("utf-8")
    licence, copyright, others = licence_of(text, "", papers)
    return Component(name, field["source"], field["version"], field["version"],
                     origin[2], origin[1],
                     field.get("homepage"), licence, copyright, others, text)


def said(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          encoding="utf-8").stdout.strip()


def linked(name, library):
    path = pathlib.Path(said(COMPILER, f"-print-file-name={library}")).resolve()
    package = said("dpkg-query", "--search", str(path)).split(":")[0]
    show = "${source:Package}\n${source:Version}\n${Version}\n${Homepage}"
    source, source_version, version, home = (
        said("dpkg-query", "--show", f"--showformat={show}", package) + "\n").split("\n")[:4]
    papers = pathlib.Path("/usr/share/doc", package, "copyright")
    text = papers.read_text("utf-8")
    licence, copyright, others = licence_of(text, "", papers)
    return Component(name, source, source_version, version, None, None, home or None, licence, copyright,
                     others, text)


def getopt(runtime):
    """A part of the runtime with authors of its own."""
    path = "mingw-w64-crt/misc/getopt.c"
    licence, copyright, _ = licence_of(runtime.text, path, "mingw-w64's copyright file")
    return runtime._replace(name="getopt", licence=licence, copyright=copyright, others=[])


def components(root):
    folder = pathlib.Path(root, "build/deps/mingw/sources")
    if not all(list(folder.glob(f"{name}_*.dsc")) for name in BUILT):
        raise SystemExit(f"error: the papers of the libraries are not in {folder}\n"
                         "hint: scripts/deps build")
    found = [built(folder, name) for name in BUILT]
    found += [linked(name, library) for name, library in LINKED.items()]
    found.append(getopt(next(c for c in found if c.name == "mingw-w64")))
    return sorted(found)
