#!/usr/bin/python3
"""Prepares the folder from which Sphinx makes the site: `pages.py FOLDER`. BAYRES is the program, which is asked for the reference.

The pages of docs/, README.md and those of experiments are copied, with links that lead to their places in the site. Every other file that they
link to becomes a page of its own, so that the site is whole without the repository. A link to a folder becomes its name.
"""
import os
import pathlib
import posixpath
import re
import shutil
import sys

import reference

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTENTS = {
    "Start": ["tutorial"],
    "How to": ["own-data", "forecast", "parallel", "sweep", "extending", "cluster", "python"],
    "Using it": ["running", "analysis", "coming-from"],
    "Models": ["networks", "spikes", "spiking-outputs", "recurrent", "trials"],
    "Reference": ["reference/configuration", "reference/rules", "reference/plasticity", "reference/tasks", "reference/neurons",
                  "reference/connections", "reference/exchanges", "reference/measures", "reference/command-line", "results-file",
                  "reference/layout", "reference/cpp"],
    "Science": ["science", "experiments/index", "performance"],
    "About": ["promises", "architecture", "dependencies", "changelog"],
}
LANGUAGES = {".py": "python", ".hpp": "cpp", ".cpp": "cpp", ".ini": "ini", ".sbatch": "bash", ".sh": "bash", "": "bash"}
FENCED = re.compile(r"(^ *```[\s\S]*?^ *```$|(?:^ {4}[^\n]*\n)+)", re.MULTILINE)
LINK = re.compile(r"(!?\[((?:[^\[\]]|\[[^\]]*\])*)\])\(([^)\s]+)\)")


def experiments():
    return sorted(path.parent.name for path in ROOT.glob("jobs/experiments/*/README.md"))


def own_pages():
    """Pages of the repository, and where they are in the site."""
    pages = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}
    pages |= {f"docs/{page.name}": page.name for page in ROOT.glob("docs/*.md")}
    return pages | {f"jobs/experiments/{name}/README.md": f"experiments/{name}.md" for name in experiments()}


class Site:
    """Copies pages to a folder, and remembers what they link to."""

    def __init__(self, folder):
        self.folder, self.pages, self.listings = folder, own_pages(), set()

    def write(self, place, text):
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def place_of(self, path):
        """Where a file of the repository is in the site; None for a folder without a page."""
        if path in self.pages or f"{path}/README.md" in self.pages:
            return self.pages.get(path) or self.pages[f"{path}/README.md"]
        if (ROOT / path).is_dir():
            return None
        if not (ROOT / path).is_file():
            raise SystemExit(f"there is no {path}, to which a page links")
        if pathlib.Path(path).suffix == ".png":
            place = self.folder / "figures" / pathlib.Path(path).name
            place.parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / path, place)
            return f"figures/{place.name}"
        self.listings.add(path)
        return f"files/{path}.md"

    def linked(self, text, source, place):
        """A text of the file `source`, whose links lead from `place` in the site."""
        def to_site(match):
            label, inner, target = match.groups()
            if re.match(r"\w+:|#", target):
                return match.group()
            path, _, anchor = target.partition("#")
            there = self.place_of(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)))
            if there is None:
                return f"`{inner}`"
            return f"{label}({posixpath.relpath(there, posixpath.dirname(place) or '.')}{'#' + anchor if anchor else ''})"

        parts = FENCED.split(text)
        return "".join(part if i % 2 else LINK.sub(to_site, part) for i, part in enumerate(parts))

    def copy_pages(self):
        for source, place in self.pages.items():
            self.write(place, self.linked((ROOT / source).read_text(), source, place))

    def list_files(self):
        for path in sorted(self.listings):
            text = (ROOT / path).read_text().rstrip("\n")
            language = LANGUAGES.get(pathlib.Path(path).suffix, "text")
            self.write(f"files/{path}.md", f"---\norphan: true\n---\n\n# {path}\n\n````{language}\n{text}\n````\n")


def trees():
    placed = {page for pages in CONTENTS.values() for page in pages}
    without = sorted(page.stem for page in ROOT.glob("docs/*.md") if page.stem not in placed)
    if without:
        raise SystemExit(f"docs/site/pages.py: CONTENTS has no place for {', '.join(without)}")
    lists = []
    for caption, pages in CONTENTS.items():
        lists.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"]))
    return "\n\n".join(lists) + "\n"


def experiment_index():
    pages = "\n".join(experiments())
    return ("# Experiments\n\nEach is a folder in `jobs/experiments` with configurations, a script `run` where there is more than one command, and a "
            f"page that says what must come out.\n\n```{{toctree}}\n:maxdepth: 1\n\n{pages}\n```\n")


def main(folder):
    site = Site(folder)
    site.copy_pages()
    site.list_files()
    site.write("experiments/index.md", experiment_index())
    with open(folder / "index.md", "a") as index:
        index.write("\n" + trees())
    for name, text in reference.pages(os.environ["BAYRES"], os.environ["BAYRES_ANALYZE"]).items():
        site.write(f"reference/{name}.md", text)
    shutil.copy(ROOT / "docs/site/cpp.md", folder / "reference/cpp.md")
    (folder / "_static").mkdir()
    shutil.copy(ROOT / "docs/site/bayres.css", folder / "_static")
    shutil.copy(ROOT / "docs/site/conf.py", folder)


main(pathlib.Path(sys.argv[1]))
