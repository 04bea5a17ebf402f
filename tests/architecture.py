#!/usr/bin/python3
"""Holds the architecture: rooms include only what lies below them, MPI and HDF5 stay in theirs, headers stay short."""
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
}
ONLY_IN = {"mpi.h": "comm", "hdf5": "io", "boost/program_options": "app", "fmt/": "app", "Random123": "core"}
LONGEST_HEADER = 200


def problems(root):
    files = [f for folder in ("include/bayres", "src") for f in sorted((root / folder).rglob("*.[ch]pp"))]
    assert len(files) > 40, "too few files: is this the project's folder?"
    for file in files:
        room = file.relative_to(root / ("include/bayres" if "include" in file.parts else "src")).parts[0]
        text = file.read_text()
        if file.suffix == ".hpp" and text.count("\n") > LONGEST_HEADER:
            yield f"{file}: is longer than {LONGEST_HEADER} lines"
        for other in re.findall(r'#include "bayres/(\w+)/', text):
            if other != room and other not in ALLOWED[room]:
                yield f"{file}: {room} may not include {other}"
        for header in re.findall(r"#include <([^>]+)>", text):
            for name, owner in ONLY_IN.items():
                if header.startswith(name) and room != owner:
                    yield f"{file}: only {owner} may include <{header}>"
        if not re.search(rf"namespace bayres::{room}\b", text) and file.name not in ("main.cpp",):
            yield f"{file}: is not in namespace bayres::{room}"


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "The architecture holds.")
sys.exit(bool(found))
