"""CONTRIBUTING.md and docs/architecture.md name what is there: files, tables, functions."""

import pathlib
import re
import unittest

from repo import SOURCE, read

PAGE = "CONTRIBUTING.md"
TOP = ("common", "service", "client", "tests", "docs", "scripts", "cmake", "installer",
       ".github")
CODE = re.compile(r"`([^`\n]+)`")
STEP = re.compile(r"`([\w./-]+\.(?:[ch]|mc|md|py))`, `([\w. ]+)`")
BLOCK = re.compile(r"(?ms)^ *```(\w*)\n(.*?)^ *```$")
NEW = re.compile(r"New\s+names: (.*?)\.\n", re.S)
# A call, a constant, or an enumerator of ours.
NAME = re.compile(r"\b([a-z]\w*)(?=\()|\b([A-Z][A-Z0-9_]{2,})\b")
C_ITSELF = {"if", "sizeof", "strstr", "strtol", "while", "for", "switch", "NULL", "NAME"}


def is_path(word):
    return re.fullmatch(r"[\w.*/-]+/[\w.*/-]*", word) and word.split("/")[0] in TOP


def all_code():
    return "\n".join(path.read_text(encoding="utf-8") for folder in
                     ("common", "service", "client", "tests") for path in
                     sorted((SOURCE / folder).rglob("*.[ch]")))


def examples():
    """Title and text of each worked example."""
    for part in read(PAGE).split("\n## ")[1:]:
        title, text = part.split("\n", 1)
        if NEW.search(text):
            yield title, text


class Paths(unittest.TestCase):
    def test_every_path_is_there(self):
        for page in (PAGE, "docs/architecture.md"):
            new = {name for _, text in examples() for name in CODE.findall(text)
                   if "is a new file" in text and f"is a new file, `{name}`" in text}
            for word in CODE.findall(read(page)):
                if is_path(word) and word not in new:
                    found = list(SOURCE.glob(word.rstrip("/")))
                    self.assertTrue(found, f"{page}: {word}")

    def test_every_file_of_the_architecture_is_in_one_folder_at_least(self):
        names = {path.name for folder in ("common", "service", "client", "tests")
                 for path in (SOURCE / folder).rglob("*") if path.is_file()}
        for word in CODE.findall(read("docs/architecture.md")):
            if re.fullmatch(r"[\w*]+\.[ch]", word):
                pattern = re.compile(word.replace(".", r"\.").replace("*", r"\w*"))
                self.assertTrue(any(map(pattern.fullmatch, names)), word)

    def test_links_lead_somewhere(self):
        for page in (PAGE, "docs/architecture.md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page)):
                self.assertTrue((SOURCE / pathlib.Path(page).parent / target).exists(), target)


class Examples(unittest.TestCase):
    def test_there_are_three(self):
        self.assertEqual([title.split(":")[0] for title, _ in examples()],
                         ["A new cause", "A new verb", "A new event"])

    def test_what_a_step_names_is_in_the_file_it_names(self):
        for title, text in examples():
            steps = STEP.findall(text)
            self.assertGreater(len(steps), 5, title)
            for path, name in steps:
                with self.subTest(title, path=path, name=name):
                    self.assertRegex(read(path), rf"\b{re.escape(name)}\b")

    def test_what_the_code_of_an_example_uses_is_in_the_code(self):
        code = all_code()
        for title, text in examples():
            new = set(CODE.findall(NEW.search(text)[1]))
            for language, block in BLOCK.findall(text):
                if language != "c":
                    continue
                block = re.sub(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/', '""', block, flags=re.S)
                for names in NAME.findall(block):
                    name = names[0] or names[1]
                    if name not in new and name not in C_ITSELF:
                        self.assertTrue(re.search(rf"\b{name}\b", code), f"{title}: {name}")

    def test_new_names_are_new(self):
        code = all_code()
        for title, text in examples():
            for name in CODE.findall(NEW.search(text)[1]):
                self.assertFalse(re.search(rf"\b{name}\b", code),
                                 f"{title}: {name} is there, take another example")


if __name__ == "__main__":
    unittest.main()
