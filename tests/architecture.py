#!/usr/bin/python3
"""Holds the architecture: rooms include only what lies below them, MPI and HDF5 stay in theirs, headers stay short, a
source includes its own header first (which shows that the header includes all that it needs)."""
import pathlib
import re
import sys

ALLOWED = {
    "core": set(),
    "model": {"core"},
    "rules": {"core"},
    "tasks": {"core"},
    "comm": {"core"},
    "io": {"core", "comm"},
    "sim": {"core", "model", "rules", "tasks", "comm", "io"},
    "app": {"core", "model", "rules", "tasks", "comm", "io", "sim"},
    "analysis": {"core", "comm", "io"},
}
ONLY_IN = {
    "mpi.h": {"comm"},
    "hdf5": {"io"},
    "boost/program_options": {"app", "analysis"},
    "fmt/": {"app"},
    "Random123": {"core"},
}
LONGEST_HEADER = 200


def problems(root):
    folders = ("include/bayres", "src", "analysis")
    files = [f for folder in folders for f in sorted((root / folder).rglob("*.[ch]pp"))]
    assert len(files) > 40, "too few files: is this the project's folder?"
    for file in files:
        room = "analysis" if file.parent == root / "analysis" else file.parent.name
        text = file.read_text()
        if file.suffix == ".hpp" and text.count("\n") > LONGEST_HEADER:
            yield f"{file}: is longer than {LONGEST_HEADER} lines"
        for other in re.findall(r'#include "bayres/(\w+)/', text):
            if other != room and other not in ALLOWED[room]:
                yield f"{file}: {room} may not include {other}"
        for header in re.findall(r"#include <([^>]+)>", text):
            for name, owners in ONLY_IN.items():
                if header.startswith(name) and room not in owners:
                    yield f"{file}: only {' and '.join(sorted(owners))} may include <{header}>"
        own_header = root / "include/bayres" / room / f"{file.stem}.hpp"
        if file.parent == root / "src" / room and file.suffix == ".cpp" and own_header.exists():
            if re.findall(r"^#include .*", text, re.MULTILINE)[:1] != [f'#include "bayres/{room}/{file.stem}.hpp"']:
                yield f"{file}: must include its own header before all others"
        if not re.search(rf"namespace bayres::{room}\b", text) and file.name not in ("main.cpp",):
            yield f"{file}: is not in namespace bayres::{room}"


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "The architecture holds.")
sys.exit(bool(found))
