#!/usr/bin/python3
"""Builds the site of the docs with warnings as errors, follows every link of it that stays within, and runs the blocks of its tutorial and how-tos.

BAYRES and BAYRES_ANALYZE are the programs."""
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

import blocks

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOW_MANY_RUN = 20  # at least, of all pages: so that no mark hides a page


class Links(html.parser.HTMLParser):
    """The links and the named places of a page."""

    def __init__(self, page):
        super().__init__()
        self.to, self.places = [], set()
        self.feed(page.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.to.append(value)
            if name == "id" or (tag == "a" and name == "name"):
                self.places.add(value)


def bad_links(site):
    pages = {page: Links(page) for page in site.rglob("*.html")}
    for page, links in pages.items():
        for target in links.to:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            if not there.exists():
                yield f"{page.relative_to(site)}: {target} leads nowhere"
            elif parts.fragment and there in pages and parts.fragment not in pages[there].places:
                yield f"{page.relative_to(site)}: {target} has no such place"
    assert len(pages) > 50, "too few pages: is the site whole?"


def outside(site):
    """What pages would load from elsewhere."""
    for page in site.rglob("*.html"):
        yield from (f"{page.name} loads {target}" for tag in ("script", "link", "img") for target in loads(page, tag) if "//" in target)


def loads(page, tag):
    return re.findall(rf'<{tag}\b[^>]*\b(?:src|href)="([^"]+)"', page.read_text())


def project(folder):
    """A folder that stands for that of the project, after a release build."""
    for name in ("analysis", "docs", "include", "jobs", "tests", "CMakeLists.txt"):
        (folder / name).symlink_to(ROOT / name)
    built = folder / "build/release"
    built.mkdir(parents=True)
    for name, variable in (("bayres", "BAYRES"), ("bayres-analyze", "BAYRES_ANALYZE")):
        (built / name).symlink_to(os.path.abspath(os.environ[variable]))


def bad_pages(folder):
    project(folder)
    ran = 0
    for name in blocks.RUN[:-1]:
        page = ROOT / f"docs/{name}.md"
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-B", blocks.__file__, page, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"{page.name}: {time.monotonic() - begun:.1f} s")
        if done.returncode != 0:
            yield f"docs/{name}.md: {done.stdout[-3000:]}"
        ran += sum(mark is None and language in ("sh", "python") for language, mark, *_ in blocks.blocks(page))
    assert ran >= HOW_MANY_RUN, f"only {ran} blocks are run"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "project").mkdir()
        made = subprocess.run([ROOT / "docs/build", folder / "site"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = [made.stdout] if made.returncode != 0 else [*bad_links(folder / "site"), *outside(folder / "site")]
        found += bad_pages(folder / "project")
    print("\n".join(found) or "The site is whole, and its blocks run.")
    return bool(found)


sys.exit(main())
