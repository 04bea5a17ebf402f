#!/usr/bin/python3
"""Runs the blocks of a page in their order, as a reader would: blocks.py PAGE FOLDER.

FOLDER stands for the folder of the project. Blocks of sh share the exported variables and the folder in which the last one ended, and blocks of
Python their names. A comment before a block says what is otherwise done with it:

    <!-- save: NAME -->            it is written to the file NAME, in the present folder
    <!-- not run: WHY -->          it is not run; sh is only parsed

Blocks of other languages are for reading."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Pages of docs/ whose blocks are run: by docs_site, and the last one, against an installed bayres, by downstream.
RUN = ("tutorial", "own-data", "forecast", "sweep", "python", "cluster", "extending")
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^:\n]*)(?:: (?P<what>[^\n]*))? -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page):
    """(language, mark, what the mark says, text, number of the first line) of each."""
    text = pathlib.Path(page).read_text()
    for match in BLOCK.finditer(text):
        mark, what = match["mark"], match["what"]
        if mark not in (None, "save", "not run") or (mark and not what):
            raise SystemExit(f"{page}: <!-- {mark} --> before a block is no mark: see {__file__}")
        yield match["language"], mark, what, match["text"], text[:match.start("text")].count("\n") + 1


def shell(text, where):
    """Runs a block of sh, and takes over its variables and its folder."""
    with tempfile.NamedTemporaryFile("r") as after:
        script = f"{text}\n{{ env -0; printf 'BLOCK_FOLDER=%s' \"$PWD\"; }} > '{after.name}'"
        if subprocess.run(["bash", "-euo", "pipefail", "-c", script]).returncode != 0:
            raise SystemExit(f"{where}: this block fails:\n{text}")
        variables = dict(line.split("=", 1) for line in after.read().split("\0") if line)
    os.chdir(variables.pop("BLOCK_FOLDER"))
    sys.path[:0] = [path for path in variables.get("PYTHONPATH", "").split(":") if path not in sys.path]
    os.environ.clear()
    os.environ.update(variables)


def run(page):
    names = {"__name__": "__main__"}
    for language, mark, what, text, line in blocks(page):
        where = f"{page}:{line}"
        if mark == "save":
            path = pathlib.Path(what)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif mark == "not run":
            if language == "sh":
                subprocess.run(["bash", "-n", "-c", text], check=True)
        elif language == "sh":
            shell(text, where)
        elif language == "python":
            exec(compile("\n" * (line - 1) + text, page, "exec"), names)


if __name__ == "__main__":
    sys.path[0] = ""  # as where a reader types: not the folder of this file
    os.chdir(sys.argv[2])
    run(sys.argv[1])
