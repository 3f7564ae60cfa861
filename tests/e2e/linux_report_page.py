"""The page of `report` in a real browser: what it looks like, whether everybody can read
it, and that it neither runs nor fetches anything."""

import os
import re
import sys
import unittest

import browser
import harness
import past
from browser import Browser
from harness import ServiceCase, run

CAPTURES = harness.SOURCE / "tests" / "fixtures" / "captures"
NORMAL_CONTRAST = 4.5

if browser.program() is None:
    print("skipped: chromium is not installed")
    sys.exit(77)

# Run in the page, beside it. Everything that is hidden in details is opened first.
LOOK = r"""
(() => {
  const found = {};
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  const all = selector => [...document.querySelectorAll(selector)];
  found.h1 = all('h1').length;
  found.headings = all('h1,h2,h3,h4,h5,h6').map(h => +h.tagName[1]);
  found.lang = document.documentElement.lang;
  found.title = document.title;
  found.alien = all('script,link,img,iframe,object,embed,base,form,input,audio,video,' +
                    'use,image,foreignObject').length;
  found.handlers = all('*').flatMap(e => e.getAttributeNames())
    .filter(name => name.startsWith('on')).length;
  found.ids = all('[id]').map(e => e.id);
  found.links = all('[href]').map(a => a.getAttribute('href'));
  found.dangling = found.links.filter(h => !document.getElementById(h.slice(1)));
  const words = ids => (ids || '').split(' ').map(
    id => (document.getElementById(id) || {}).textContent || '');
  found.pictures = all('svg').map(svg => ({
    role: svg.getAttribute('role'), words: words(svg.getAttribute('aria-labelledby'))}));
  found.tables = all('table').map(table => ({
    caption: table.caption ? table.caption.textContent : '',
    scopes: [...table.querySelectorAll('th')].map(th => th.scope)}));
  found.wide = document.documentElement.scrollWidth - window.innerWidth;
  return found;
})()
"""

# The contrast of every piece of text that is there with what lies behind it.
CONTRAST = r"""
(() => {
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  const parse = c => { const n = c.match(/[\d.]+/g).map(Number);
                       return n.length < 4 ? [...n, 1] : n; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const part = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = c => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2]);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
                            return (x + .05) / (y + .05); };
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const page = dark ? [0, 0, 0, 1] : [255, 255, 255, 1];
  const back = e => {
    const style = getComputedStyle(e);
    const below = e.parentElement ? back(e.parentElement) : page;
    return over(parse(style.backgroundColor), below);
  };
  /* In a picture it is what was painted before. */
  const painted = e => {
    const node = e.closest('.node rect, .node'), fill = s => parse(getComputedStyle(s).fill);
    const svg = e.closest('svg');
    if (node) return [fill(node.querySelector('rect'))];
    if (e.closest('.mark')) return [fill(svg.querySelector('.bar'))];
    if (e.closest('.beside')) return [fill(svg.querySelector('.track')), back(svg)];
    return [back(svg)];
  };
  const worst = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, e = node.parentElement;
    if (!node.textContent.trim() || e.closest('title,desc,caption')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    if (!range.getClientRects().length) { worst.push([0, 'hidden: ' + node.textContent]); continue; }
    const inside = e.closest('svg');
    const colour = parse(inside ? getComputedStyle(e).fill : getComputedStyle(e).color);
    for (const behind of inside ? painted(e) : [back(e)])
      worst.push([ratio(colour, behind), node.textContent.slice(0, 40) + ' ' + colour + ' on ' + behind]);
  }
  return worst;
})()
"""


class Page(ServiceCase):
    @classmethod
    def setUpClass(cls):
        """A server with a busy past, in a folder of its own."""
        text = (CAPTURES / "server.json").read_text(encoding="utf-8")
        text = text.replace("     50000", r"      8016        8115\n     50000")
        with open("page.json", "w", encoding="utf-8") as file:
            file.write(text)
        with open("page-config.json", "w", encoding="ascii") as file:
            file.write('{"version": 1, "guarded_ports": [80, 443, 3000, 3306, "8000-8090"], "rules":'
                       ' [{"name": "keep-80-free", "ports": [80], "services": ["W3SVC"]}]}')
        more = ["--state", "page-state", "--config", "page-config.json"]
        cls.end(harness.Service("page.json", "page.sock", more=more).ready())
        past.busy_week("page-state")
        service = harness.Service("page.json", "page.sock", more=more).ready()
        cls.addClassCleanup(cls.end, service)
        done = run("portguardctl", "report", "--pipe", "page.sock", "-o", "page.html",
                   env={**os.environ, "TZ": "Europe/Berlin"})
        assert done.returncode == 0, done.stderr
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.open("page.html")
        self.browser.look(1280)

    def test_nothing_is_complained_of_and_nothing_fetched(self):
        self.browser.run(LOOK)
        self.assertEqual(self.browser.complaints, [])
        self.assertEqual({os.path.basename(url) for url in self.browser.requests}, {"page.html"})

    def test_its_structure_can_be_followed(self):
        found = self.browser.run(LOOK)
        self.assertEqual((found["h1"], found["lang"]), (1, "en"))
        self.assertEqual(found["title"], "Port report")
        self.assertEqual(found["headings"][0], 1)
        for above, below in zip(found["headings"], found["headings"][1:]):
            self.assertLessEqual(below, above + 1, found["headings"])
        self.assertEqual((found["alien"], found["handlers"]), (0, 0))
        self.assertEqual(sorted(set(found["ids"])), sorted(found["ids"]))
        self.assertEqual(found["dangling"], [])
        self.assertTrue(all(link.startswith("#") for link in found["links"]))

    def test_pictures_and_tables_say_what_they_are(self):
        found = self.browser.run(LOOK)
        self.assertGreater(len(found["pictures"]), 6)
        for picture in found["pictures"]:
            self.assertEqual(picture["role"], "img")
            self.assertEqual(len(picture["words"]), 2)
            self.assertTrue(all(picture["words"]), picture)
        self.assertGreater(len(found["tables"]), 10)
        for table in found["tables"]:
            self.assertTrue(table["caption"])
            self.assertLessEqual(set(table["scopes"]), {"col", "row"}, table)

    def test_all_words_stand_out_in_both_schemes(self):
        for dark in False, True:
            self.browser.look(1280, dark=dark)
            texts = self.browser.run(CONTRAST)
            self.assertGreater(len(texts), 300)
            weak = [text for text in texts if text[0] < NORMAL_CONTRAST]
            self.assertEqual(weak, [], f"dark: {dark}")

    def test_it_fits_the_window(self):
        for width in 1280, 400:
            self.browser.look(width)
            self.assertLessEqual(self.browser.run(LOOK)["wide"], 0, width)

    def test_what_is_folded_is_there_on_paper(self):
        self.browser.look(794, media="print")
        hidden = self.browser.run(
            "[...document.querySelectorAll('details > *')].filter(e => !e.getClientRects().length)"
            ".length")
        self.assertEqual(hidden, 0)
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 794)
        self.browser.pdf("page.pdf")
        with open("page.pdf", "rb") as file:
            printed = file.read()
        self.assertTrue(printed.startswith(b"%PDF-"))
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", printed)), 4)

    def test_it_can_be_looked_at(self):
        """PG_PICTURES names a folder to keep them in."""
        folder = os.environ.get("PG_PICTURES", ".")
        sizes = set()
        for name, width, dark in ("light", 1280, False), ("dark", 1280, True), ("small", 400, False):
            path = os.path.join(folder, f"report-{name}.png")
            self.browser.look(width, dark=dark)
            self.browser.screenshot(path)
            with open(path, "rb") as file:
                self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
            sizes.add(os.path.getsize(path))
        self.assertEqual(len(sizes), 3)

    def test_its_policy_stops_what_the_escaper_would_let_through(self):
        with open("page.html", encoding="utf-8") as file:
            page = file.read()
        evil = ("<script>document.title = 'run'</script><img src='http://127.0.0.1:1/x'>"
                "<p onclick='document.title = \"run\"' id='evil'>x</p>"
                "<iframe src='data:text/html,<script>parent.document.title=1</script>'></iframe>")
        with open("evil.html", "w", encoding="utf-8") as file:
            file.write(page.replace("<main>", "<main>" + evil))
        with Browser() as other:
            other.open("evil.html")
            other.run("document.getElementById('evil').click()")
            self.assertEqual(other.run("document.title"), "Port report")
            self.assertNotEqual(other.complaints, [])


if __name__ == "__main__":
    harness.enter_folder()
    unittest.main(verbosity=2)
