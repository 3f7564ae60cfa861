"""The version is written in CMakeLists.txt; who cannot read it there says the same."""

import json
import re
import unittest

from repo import read


def project_version():
    return re.search(r"project\(portguard VERSION (\d+\.\d+\.\d+)\s", read("CMakeLists.txt"))[1]


class Version(unittest.TestCase):
    def test_vcpkg_has_the_version_of_the_project(self):
        self.assertEqual(json.loads(read("vcpkg.json"))["version"], project_version())


if __name__ == "__main__":
    unittest.main()
