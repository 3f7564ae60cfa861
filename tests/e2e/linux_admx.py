#!/usr/bin/env python3
"""The templates for the Group Policy editor: whole in themselves, and with the values,
types and ranges that the service has. Nothing of Windows is needed for that."""

import os
import pathlib
import re
import unittest
import xml.etree.ElementTree as ET

SOURCE = pathlib.Path(os.environ["PG_SOURCE"])
ADMX = SOURCE / "installer" / "admx" / "PortGuard.admx"
ADML = SOURCE / "installer" / "admx" / "en-US" / "PortGuard.adml"
SPACE = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"

# What the Group Policy editor writes for each element, and shows it with.
TYPES = {"multiText": "REG_MULTI_SZ", "decimal": "REG_DWORD", "enum": "REG_SZ"}
CONTROLS = {"multiText": "multiTextBox", "decimal": "decimalTextBox",
            "enum": "dropdownList"}
# The order in which the schema wants them.
POLICY_ORDER = ["parentCategory", "supportedOn", "elements"]
FILE_ORDER = ["policyNamespaces", "resources", "supportedOn", "categories", "policies"]


def bare(element):
    return element.tag.removeprefix(SPACE)


def read_list(path, name):
    """The arguments of each X of an X-macro list."""
    text = (SOURCE / path).read_text(encoding="utf-8")
    body = re.search(rf"#define {name}\(X\)((?:.*\\\n)*.*)", text)[1]
    return [[part.strip().strip('"') for part in row.split(",")]
            for row in re.findall(r"X\(([^)]*)\)", body)]


def limit(name):
    text = (SOURCE / "common" / "limits.h").read_text(encoding="utf-8")
    return int(re.search(rf"(?m)^#define {name} (\d+)\b", text)[1])


class Templates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.admx = ET.parse(ADMX).getroot()
        cls.adml = ET.parse(ADML).getroot()
        cls.strings = {s.get("id"): s.text for s in cls.adml.iter(SPACE + "string")}
        cls.shown = {p.get("id"): p for p in cls.adml.iter(SPACE + "presentation")}
        cls.policies = list(cls.admx.iter(SPACE + "policy"))
        # By the name of the registry value.
        cls.elements = {e.get("valueName"): e for p in cls.policies
                        for e in p.find(SPACE + "elements")}

    def references(self):
        for element in self.admx.iter():
            for value in element.attrib.values():
                found = re.fullmatch(r"\$\((string|presentation)\.(\w+)\)", value)
                self.assertEqual("$(" in value, found is not None, value)
                if found:
                    yield found.groups()

    def test_the_roots_and_their_parts_are_as_the_schema_wants_them(self):
        self.assertEqual(self.admx.tag, SPACE + "policyDefinitions")
        self.assertEqual(self.adml.tag, SPACE + "policyDefinitionResources")
        self.assertEqual([bare(e) for e in self.admx], FILE_ORDER)
        for policy in self.policies:
            self.assertEqual([bare(e) for e in policy], POLICY_ORDER)
            self.assertEqual(policy.get("class"), "Machine")
        self.assertEqual([bare(e) for e in self.adml],
                         ["displayName", "description", "resources"])
        required = self.admx.find(SPACE + "resources").get("minRequiredRevision")
        self.assertEqual(required, self.adml.get("revision"))

    def test_each_reference_resolves_and_each_text_is_used(self):
        used = set(self.references())
        there = ({("string", s) for s in self.strings} |
                 {("presentation", p) for p in self.shown})
        self.assertEqual(used, there)
        self.assertTrue(all(text and text.strip() for text in self.strings.values()))

    def test_no_name_is_there_twice(self):
        for root, tag, key in ((self.adml, "string", "id"), (self.adml, "presentation", "id"),
                               (self.admx, "policy", "name"), (self.admx, "category", "name")):
            names = [e.get(key) for e in root.iter(SPACE + tag)]
            self.assertEqual(len(names), len(set(names)), names)

    def test_categories_and_supported_systems_are_defined(self):
        categories = {c.get("name") for c in self.admx.iter(SPACE + "category")}
        parents = {p.get("ref") for p in self.admx.iter(SPACE + "parentCategory")}
        self.assertEqual(parents - categories, set())
        systems = {d.get("name") for d in self.admx.iter(SPACE + "definition")}
        self.assertEqual({p.find(SPACE + "supportedOn").get("ref") for p in self.policies},
                         systems)

    def test_each_element_is_shown_by_the_control_of_its_kind(self):
        for policy in self.policies:
            name = re.search(r"\.(\w+)\)", policy.get("presentation"))[1]
            controls = {e.get("refId"): bare(e) for e in self.shown[name] if e.get("refId")}
            elements = {e.get("id"): CONTROLS[bare(e)] for e in policy.find(SPACE + "elements")}
            self.assertEqual(controls, elements)

    def test_the_text_for_administrators_says_what_each_state_does(self):
        for policy in self.policies:
            explain = self.strings[f"{policy.get('name')}_Explain"]
            for words in ("If you enable this policy setting",
                          "If you disable or do not configure this policy setting"):
                self.assertIn(words, explain, policy.get("name"))

    # --- what the service has ---

    def test_the_key_is_the_one_that_the_service_reads(self):
        header = (SOURCE / "service/policy/group_policy.h").read_text(encoding="utf-8")
        key = re.search(r'#define GROUP_POLICY_KEY "(.*)"', header)[1].replace("\\\\", "\\")
        self.assertEqual({p.get("key") for p in self.policies}, {key})
        source = (SOURCE / "service/win_group_policy.c").read_text(encoding="utf-8")
        self.assertIn("#define KEY WIN_WIDE(GROUP_POLICY_KEY)\n", source)

    def test_values_and_types_are_those_of_the_service(self):
        service = {name: types.split(" or ") for _, name, types in
                   read_list("service/policy/group_policy.h", "GROUP_POLICY_LIST")}
        self.assertEqual(set(self.elements), set(service))
        for name, element in self.elements.items():
            self.assertIn(TYPES[bare(element)], service[name], name)

    def test_the_range_of_the_interval_is_that_of_the_service(self):
        element = self.elements["IntervalMs"]
        self.assertEqual(int(element.get("minValue")), limit("PG_INTERVAL_MIN_MS"))
        self.assertEqual(int(element.get("maxValue")), limit("PG_INTERVAL_MAX_MS"))
        box = self.shown["IntervalMs"].find(SPACE + "decimalTextBox")
        self.assertEqual(int(box.get("defaultValue")), limit("PG_INTERVAL_MS"))
        self.assertIn(f"{limit('PG_INTERVAL_MIN_MS')} to {limit('PG_INTERVAL_MAX_MS')}",
                      self.strings["IntervalMs_Explain"])

    def test_the_modes_are_those_of_the_service(self):
        modes = [text for _, text in
                 read_list("service/policy/settings.h", "PG_POLICY_MODE_LIST")]
        items = [e.text for e in self.elements["PolicyMode"].iter(SPACE + "string")]
        self.assertEqual(items, modes)

    def test_nothing_may_be_left_empty_and_where_that_means_something_it_is_said(self):
        # Microsoft's pages do not say whether the editor writes an empty list for an empty
        # box, or nothing. The service takes the first for "none", the second for "not set".
        self.assertEqual({e.get("required") for e in self.elements.values()}, {"true"})
        page = (SOURCE / "docs" / "group-policy.md").read_text(encoding="utf-8")
        explain = self.strings["GuardedPorts_Explain"]
        for words in (explain, re.search(r"(?m)^\| `GuardedPorts` .*$", page)[0]):
            self.assertIn('"guarded_ports": []', words)
        self.assertIn("must have one line at least", explain)
        self.assertNotIn("empty", explain.lower())

    def test_the_page_for_administrators_names_each_value(self):
        page = (SOURCE / "docs" / "group-policy.md").read_text(encoding="utf-8")
        for name in self.elements:
            self.assertRegex(page, rf"(?m)^\| `{name}` \|")


if __name__ == "__main__":
    unittest.main(verbosity=2)
