"""Reads Windows programs (PE, 64 bits): headers, sections, imports and resources,
straight from the bytes, so that no tool of the build judges its own work."""

import collections
import struct

Section = collections.namedtuple("Section", "name size address raw_size raw_at flags")

SECTION_EXECUTE, SECTION_WRITE = 0x20000000, 0x80000000
IMPORTS, RESOURCES, DELAY_IMPORTS = 1, 2, 13
RT_ICON, RT_MESSAGE_TABLE, RT_GROUP_ICON, RT_VERSION, RT_MANIFEST = 3, 11, 14, 16, 24


class Program:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        at = self._unpack("<I", 0x3C)[0]
        if self.bytes[:2] != b"MZ" or self.bytes[at:at + 4] != b"PE\0\0":
            raise ValueError(f"{path} is not a Windows program")
        self.machine, sections, self.timestamp = self._unpack("<HHI", at + 4)
        optional_size, = self._unpack("<H", at + 20)
        optional = at + 24
        magic, = self._unpack("<H", optional)
        if magic != 0x20B:
            raise ValueError(f"{path} is not a program of 64 bits: magic {magic:#x}")
        self.subsystem, self.characteristics = self._unpack("<HH", optional + 68)
        self.directories = [self._unpack("<II", optional + 112 + 8 * i) for i in range(16)]
        table = optional + optional_size
        self.sections = [self._section(table + 40 * i) for i in range(sections)]

    def _unpack(self, form, at):
        return struct.unpack_from(form, self.bytes, at)

    def _section(self, at):
        name, *rest = self._unpack("<8sIIII", at)
        flags, = self._unpack("<I", at + 36)
        return Section(name.rstrip(b"\0").decode(), *rest, flags)

    def offset(self, address):
        """Where in the file the byte is that Windows loads to |address|."""
        for section in self.sections:
            if 0 <= address - section.address < section.raw_size:
                return address - section.address + section.raw_at
        raise ValueError(f"no section has address {address:#x}")

    def _text(self, address):
        at = self.offset(address)
        return self.bytes[at:self.bytes.index(b"\0", at)].decode("ascii")

    def imports(self):
        """The names of all DLLs that are loaded along, or when first used."""
        names = []
        for directory, size, name_at in [(IMPORTS, 20, 12), (DELAY_IMPORTS, 32, 4)]:
            address, length = self.directories[directory]
            while length and any(self._unpack(f"<{size}B", self.offset(address))):
                name, = self._unpack("<I", self.offset(address) + name_at)
                names.append(self._text(name))
                address += size
        return names

    def _entries(self, base, at):
        named, numbered = self._unpack("<HH", base + at + 12)
        for i in range(named + numbered):
            yield self._unpack("<II", base + at + 16 + 8 * i)

    def resources(self, kind):
        """{number: bytes} of all resources of a kind; one language of each."""
        address, length = self.directories[RESOURCES]
        found = {}
        if not length:
            return found
        base = self.offset(address)
        for number, below in self._entries(base, 0):
            if number != kind:
                continue
            for name, languages in self._entries(base, below & 0x7FFFFFFF):
                leaves = list(self._entries(base, languages & 0x7FFFFFFF))
                if len(leaves) != 1:
                    raise ValueError(f"resource {kind}/{name} is there {len(leaves)} times")
                data, size = self._unpack("<II", base + leaves[0][1])
                found[name] = self.bytes[self.offset(data):self.offset(data) + size]
        return found


def _block(data, at):
    """One block of a version resource: its key, value, where its children begin and
    where it ends."""
    length, value_length, is_text = struct.unpack_from("<HHH", data, at)
    stop = at + 6
    while data[stop:stop + 2] != b"\0\0":
        stop += 2
    key = data[at + 6:stop].decode("utf-16-le")
    value_at = (stop + 2 + 3) & ~3
    value_end = value_at + value_length * (2 if is_text else 1)
    return key, data[value_at:value_end], (value_end + 3) & ~3, at + length


def version(data):
    """A version resource as (fixed part as numbers, {(language, name): text})."""
    key, fixed, at, end = _block(data, 0)
    if key != "VS_VERSION_INFO":
        raise ValueError(f"a version resource begins with {key!r}")
    texts = {}
    while at < end:
        kind, _, tables, block_end = _block(data, at)
        while kind == "StringFileInfo" and tables < block_end:
            language, _, lines, table_end = _block(data, tables)
            while lines < table_end:
                name, value, _, line_end = _block(data, lines)
                texts[language, name] = value.decode("utf-16-le").rstrip("\0")
                lines = (line_end + 3) & ~3
            tables = (table_end + 3) & ~3
        at = (block_end + 3) & ~3
    return struct.unpack("<13I", fixed), texts


def icon_sizes(program):
    """The widths of the first icon's pictures, each of which must be there."""
    (_, group), *_ = sorted(program.resources(RT_GROUP_ICON).items())
    pictures = program.resources(RT_ICON)
    count, = struct.unpack_from("<H", group, 4)
    sizes = []
    for i in range(count):
        width, _, _, _, _, depth, size, number = struct.unpack_from("<BBBBHHIH", group, 6 + 14 * i)
        picture = pictures[number]
        if len(picture) != size or depth != 32:
            raise ValueError(f"picture {number}: {len(picture)} bytes, {depth} bits")
        sizes.append(width or 256)
    return sizes
