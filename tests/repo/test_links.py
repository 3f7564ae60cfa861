"""Links in the documents lead to a page that is there, and to a heading of it."""

import re
import unittest

from repo import SOURCE, read

PAGES = sorted(["README.md", "CONTRIBUTING.md"] +
               [f"docs/{path.name}" for path in (SOURCE / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]*?)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"(?ms)^ *```.*?^ *```$|^    .*?$")


def slug(heading):
    """As the places that show Markdown make an anchor of a heading."""
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def anchors(page):
    found, seen = set(), {}
    for heading in re.findall(r"(?m)^#+ (.+)$", FENCE.sub("", read(page))):
        name = slug(heading.strip())
        count = seen[name] = seen.get(name, -1) + 1
        found.add(f"{name}-{count}" if count else name)
    return found


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for page in PAGES:
            for target, anchor in LINK.findall(FENCE.sub("", read(page))):
                if "://" in target:
                    continue
                with self.subTest(page, target=target, anchor=anchor):
                    path = (SOURCE / page).parent / target if target else SOURCE / page
                    self.assertTrue(path.exists())
                    if anchor and path.suffix == ".md":
                        self.assertIn(anchor, anchors(path.resolve().relative_to(SOURCE)))

    def test_every_page_is_in_the_list_of_the_readme(self):
        listed = {target for target, _ in LINK.findall(read("README.md"))}
        self.assertEqual([page for page in PAGES if page != "README.md" and
                          page not in listed], [])


if __name__ == "__main__":
    unittest.main()
