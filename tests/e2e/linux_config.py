"""config.json: every file of a table goes through the service's own reader and through
the JSON Schema for editors, and both must agree on it, but for what only one can know."""

import json
import os
import pathlib
import re
import unittest

import harness
import packages
from harness import run

packages.need("jsonschema")

import jsonschema  # noqa: E402 (it may only be there for another Python)

SOURCE = pathlib.Path(os.environ["PG_SOURCE"])
TABLE = SOURCE / "tests" / "fixtures" / "config"
FAILURE = 7

# What a schema cannot say. Everything else in bad/ must be refused by both.
ONLY_THE_READER = {
    "from-equals-to": "another time than",
    "key-of-a-rule-twice": 'rules[0]: duplicate key "mode"',
    "key-twice": 'duplicate key "version"',
    "range-backwards": "the lower port of a range first",
    "rule-name-twice": "rules[0] has this one",
    "service-portguard": "protected",
    "service-protected": 'rules[0].services[1]: found "RpcSs"',
    "service-protected-in-small-letters": "protected",
}

SCHEMA = json.loads((SOURCE / "docs" / "portguard.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def schema_accepts(path):
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return False  # an editor does not get as far as the schema
    return VALIDATOR.is_valid(value)


def rules(count):
    return [{"name": f"r{i}", "ports": [80], "services": ["W3SVC"]} for i in range(count)]


class Table(unittest.TestCase):
    def check(self, path):
        return run("portguardsvc", "check-config", str(path))

    def write(self, text):
        path = pathlib.Path("config.json")
        path.write_text(text, encoding="utf-8")
        return path

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_good_files(self):
        paths = sorted((TABLE / "good").glob("*.json"))
        self.assertGreater(len(paths), 15)
        for path in paths:
            with self.subTest(path=path.name):
                result = self.check(path)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(result.stdout.count("\n"), 1)
                self.assertIn("is a good configuration", result.stdout)
                self.assertTrue(schema_accepts(path))

    def test_bad_files(self):
        paths = sorted((TABLE / "bad").glob("*.json"))
        self.assertGreater(len(paths), 60)
        self.assertLessEqual(set(ONLY_THE_READER), {path.stem for path in paths})
        for path in paths:
            with self.subTest(path=path.name):
                result = self.check(path)
                self.assertEqual((result.returncode, result.stdout), (FAILURE, ""))
                self.assertIn(f'{path.name}": ', result.stderr)
                self.assertIn(ONLY_THE_READER.get(path.stem, ""), result.stderr)
                self.assertEqual(schema_accepts(path), path.stem in ONLY_THE_READER)

    def test_257_rules(self):
        for count, good in ((256, True), (257, False)):
            path = self.write(json.dumps({"version": 1, "rules": rules(count)}))
            result = self.check(path)
            self.assertEqual(result.returncode == 0, good, result.stderr)
            self.assertEqual(schema_accepts(path), good)
        self.assertIn("found 257 rules, expected at most 256", result.stderr)

    def test_more_than_a_mib(self):
        path = self.write('{"version": 1}'.ljust(1 << 20))
        self.assertEqual(self.check(path).returncode, 0)
        path = self.write('{"version": 1}'.ljust((1 << 20) + 1))
        result = self.check(path)
        self.assertEqual(result.returncode, FAILURE)
        self.assertIn("larger than 1048576 bytes", result.stderr)
        self.assertTrue(schema_accepts(path))


class Command(unittest.TestCase):
    def test_one_line_says_what_is_in_it(self):
        result = run("portguardsvc", "check-config", str(TABLE / "good" / "example.json"))
        self.assertIn("93 guarded ports, 1 rule (1 enforcing)", result.stdout)

    def test_syntax_errors_have_a_line(self):
        path = pathlib.Path("config.json")
        path.write_text('{\n "version": 1,\n "rules": [}\n', encoding="utf-8")
        result = run("portguardsvc", "check-config", "config.json")
        self.assertIn('"config.json": line 3, column 12: found "}"', result.stderr)

    def test_what_is_no_file(self):
        os.mkfifo("fifo")
        for path, words in (("nowhere.json", "there is no such file"), (".", "a folder"),
                            ("fifo", "a device or pipe"), ("", "there is no such file")):
            with self.subTest(path=path):
                result = run("portguardsvc", "check-config", path)
                self.assertEqual((result.returncode, result.stdout), (FAILURE, ""))
                self.assertIn(words, result.stderr)

    def test_wrong_arguments(self):
        for arguments in ([], ["a", "b"], ["a", "--json"], ["a", "--port", "80"]):
            with self.subTest(arguments=arguments):
                result = run("portguardsvc", "check-config", *arguments)
                self.assertEqual((result.returncode, result.stdout), (64, ""))


class Documentation(unittest.TestCase):
    """docs/policy.md and the program say the same."""

    TEXT = (SOURCE / "docs" / "policy.md").read_text(encoding="utf-8")

    def check(self, text):
        pathlib.Path("config.json").write_text(text, encoding="utf-8")
        return run("portguardsvc", "check-config", "config.json")

    def test_the_example_is_good_and_the_one_of_the_table(self):
        block = re.search(r"(?m)^    \{(?:.*\n    )*.*", self.TEXT)[0]
        self.assertEqual(self.check(block).returncode, 0)
        example = (TABLE / "good" / "example.json").read_text(encoding="utf-8")
        self.assertEqual(json.loads(block), json.loads(example))

    def test_the_protected_services_are_those_compiled_in(self):
        listed = re.search(r"<!-- protected.*?-->(.*?)\.\n<!-- end -->", self.TEXT, re.S)[1]
        listed = [name.strip() for name in listed.split(",")]
        source = (SOURCE / "common" / "protected.c").read_text(encoding="utf-8")
        compiled = re.findall(r'^    "(\w+)",$', source, re.M) + ["PortGuard"]
        self.assertEqual(sorted(listed), sorted(compiled))
        for name in listed:
            rule = {"name": "a", "ports": [80], "services": [name]}
            result = self.check(json.dumps({"version": 1, "rules": [rule]}))
            self.assertIn("this one is protected", result.stderr)

    def test_defaults_and_keys_are_those_of_the_schema(self):
        rule = SCHEMA["$defs"]["rule"]["properties"]
        for key, schema in {**SCHEMA["properties"], **rule}.items():
            row = re.search(rf"(?m)^\| `{re.escape(key)}` \|.*\| (.*) ?\|$", self.TEXT)
            self.assertIsNotNone(row, key)
            if "default" in schema and isinstance(schema["default"], (str, int)):
                self.assertEqual(row[1].strip().strip("`"), str(schema["default"]), key)


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
