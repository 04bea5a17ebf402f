#!/usr/bin/python3
"""Holds README.md, docs/*.md and the pages of experiments to the project: every link and every path of a file leads somewhere, README is short, and
every command line of bayres and bayres-analyze in them is accepted: with --dry-run, on a small result, or with --help.

BAYRES and BAYRES_ANALYZE are the programs."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import blocks

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("jobs/experiments/*/README.md"))]
LONGEST_README = 200
PATH = re.compile(r"(?<![\w./-])(?:src|include|analysis|jobs|tests|docs)/[\w./-]*\w")
TEST = re.compile(r"(?<![\w./-])test_cli_\w+\.py")
LAUNCHER = re.compile(r"^(?:mpirun|srun) .*?(?=\S*bayres)")
STAND_INS = {"run": "small.ini", "resume": "small.h5.checkpoint", "evaluate": "small.h5", "inspect": "small.h5", "spectrum": "small.ini",
             "memory-capacity": "small.ini"}
SMALL = """
[reservoir]
size = 64
[task]
name = sines
drive = target
horizon = 0.1
[protocol]
train = 10
test = 5
[learner.bayes]
rule = bayes
"""


def anchors(page):
    """The names of headings, as links have them."""
    headings = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def bad_links(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            yield f"the link {target} leads nowhere"


def bad_paths(page):
    for path in sorted(set(PATH.findall(page.read_text()))):
        if not (ROOT / path).exists():
            yield f"there is no {path}"
    for name in sorted(set(TEST.findall(page.read_text()))):
        if not (ROOT / "tests/program" / name).exists():
            yield f"there is no tests/program/{name}"


def commands(page):
    """Command lines of bayres and bayres-analyze: in blocks of sh, with what a backslash continues, and those between backquotes
    that name a command. Blocks that a test runs are left out."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    found = list(blocks.blocks(page))
    shell = "".join(block for language, mark, _, block, _ in found if language == "sh" and (mark == "not run" or page.stem not in blocks.RUN))
    lines = re.sub(r"\\\n\s*", "", shell).splitlines() + re.findall(r"`([^`\n]+)`", text)
    for line in lines:
        line = LAUNCHER.sub("", line)
        words = line.split("  #")[0].split()
        if len(words) > 1 and words[1] != "..." and re.fullmatch(r"(?:build/release/)?bayres(?:-analyze)?", words[0]):
            yield words[0].rsplit("/")[-1], words[1:]


def call(program, *words, folder):
    path = os.environ["BAYRES_ANALYZE" if program == "bayres-analyze" else "BAYRES"]
    environment = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1"}
    return subprocess.run([os.path.abspath(path), *words], cwd=folder, env=environment, capture_output=True, text=True)


def to_try(words):
    """A command that does its work at once, on what is in the folder; None if it can only be looked for in the help."""
    command, *rest = words
    if command not in STAND_INS or not rest or re.search(r"[\[\]|]|\.\.\.|COMMAND|H:M:S", " ".join(rest)):
        return None
    if not rest[0].startswith("jobs/"):
        rest[0] = STAND_INS[command]
    for option, value in (("-o", "out.h5"), ("--calibration", "")):
        if option in rest:
            place = rest.index(option)
            rest[place:place + 2] = [option, value] if value else []
    dry = ["--dry-run"] if command == "run" and "--dry-run" not in rest else []
    return [command, *rest, *dry, *(["--force"] if command in ("resume", "evaluate") else [])]


def refused(program, words, folder):
    """What is wrong with a command line, or ""."""
    command = [] if program == "bayres-analyze" or words[0].startswith("-") else words[:1]
    if command == ["list"] and len(words) > 1:
        answers = [call(program, "list", kind, folder=folder) for kind in words[1].split("|")]
        return "".join(answer.stderr for answer in answers if answer.returncode != 0)
    tried = to_try(words) if program == "bayres" and command else None
    if tried:
        answer = call(program, *tried, folder=folder)
        return answer.stderr if answer.returncode != 0 else ""
    answer = call(program, *(command if command != ["COMMAND"] else []), "--help", folder=folder)
    options = re.findall(r"(?<![\w-])--?[a-z][\w-]*(?![\w.-])", " ".join(words))
    lacking = [option for option in options if option not in answer.stdout]
    return answer.stderr if answer.returncode != 0 else f"the help knows no {' '.join(lacking)}" if lacking else ""


def bad_commands(pages):
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "small.ini").write_text(SMALL)
        (pathlib.Path(folder) / "jobs").symlink_to(ROOT / "jobs")
        first = call("bayres", "run", "small.ini", "--quiet", folder=folder)
        assert first.returncode == 0, first.stderr
        for page in pages:
            for program, words in commands(page):
                if (program, *words) in seen:
                    continue
                seen.add((program, *words))
                wrong = refused(program, words, folder)
                if wrong:
                    yield page, f"{program} {' '.join(words)}: {wrong.strip()}"
    assert len(seen) > 15, "too few command lines: are they read?"


def problems():
    for page in PAGES:
        yield from ((page, wrong) for wrong in (*bad_links(page), *bad_paths(page)))
    yield from bad_commands(PAGES)
    lines = (ROOT / "README.md").read_text().count("\n")
    if lines > LONGEST_README:
        yield ROOT / "README.md", f"has {lines} lines, and may have {LONGEST_README}"


found = [f"{page.relative_to(ROOT)}: {wrong}" for page, wrong in problems()]
print("\n".join(found) or f"{len(PAGES)} pages: every link, path and command line holds.")
sys.exit(bool(found))
