#!/usr/bin/python3
"""Holds the architecture: rooms include only what lies below them, MPI and HDF5 stay in theirs, headers stay short, a
source includes its own header first (which shows that the header includes all that it needs), and no library calls a
function of the C library whose bits depend on the processor.

    architecture.py SOURCE LIBRARY..."""
import pathlib
import re
import subprocess
import sys

# What each room may include. A namespace holds the rooms of a layer: "core" those that know no file and no network,
# "sim" those that simulate, "app" the program.
ALLOWED = {
    "core": set(),
    "kernels": {"core"},
    "fourier": {"core", "kernels"},
    "neurons": {"core", "kernels"},
    "storage": {"core", "kernels"},
    "model": {"core", "kernels", "storage"},
    "transforms": {"core", "kernels", "model"},
    "topologies": {"core", "kernels", "storage", "model", "transforms"},
    "plasticity": {"core", "kernels", "model"},
    "regression": {"core", "kernels"},
    "rules": {"core", "kernels", "regression"},
    "readout": {"core", "kernels", "neurons", "rules"},
    "tasks": {"core", "kernels"},
    "systems": {"core", "kernels", "fourier", "tasks"},
    "trials": {"core", "kernels", "tasks"},
    "spike_tasks": {"core", "kernels", "neurons", "tasks"},
    "comm": {"core"},
    "io": {"core", "comm"},
    "numpy": {"core", "io"},
    "data": {"core", "io", "numpy"},
    "measures": {"core", "kernels", "fourier"},
    "parameters": {"core", "neurons", "model", "plasticity", "rules", "readout", "tasks", "comm", "measures"},
    "sections": {"core", "neurons", "model", "plasticity", "rules", "readout", "tasks", "comm", "measures", "parameters"},
    "loop": {"core", "kernels", "neurons", "model", "rules", "readout", "tasks", "comm", "parameters"},
    "simulation": {"loop", "core", "kernels", "neurons", "model", "plasticity", "rules", "readout", "tasks", "comm", "measures", "parameters"},
    "spectra": {"core", "kernels", "model", "comm"},
    "datasets": {"core", "model", "comm", "io"},
    "results": {"core", "kernels", "model", "comm", "io", "data", "parameters", "loop", "simulation", "datasets"},
    "evaluation": {"core", "tasks", "readout", "comm", "io", "measures", "parameters", "loop", "simulation", "datasets", "results"},
    "prediction": {"core", "kernels", "neurons", "model", "transforms", "regression", "rules", "tasks", "comm", "io", "measures", "parameters",
                   "loop", "simulation", "spectra", "datasets", "results", "evaluation"},
    "configuration": {"core", "neurons", "model", "topologies", "plasticity", "rules", "readout", "tasks", "systems", "trials", "spike_tasks", "comm", "measures", "parameters", "sections", "loop", "simulation",
                      "results", "evaluation"},
    "reports": {"core", "io", "measures", "loop", "simulation", "results", "sections", "configuration"},
    "job": {"core", "kernels", "tasks", "comm", "io", "data", "measures", "parameters", "loop", "simulation", "spectra", "datasets", "results",
            "evaluation", "prediction", "sections", "configuration", "reports"},
    "app": {"core", "tasks", "comm", "io", "measures", "parameters", "loop", "simulation", "spectra", "datasets", "results", "evaluation", "prediction",
            "sections", "configuration", "reports", "job"},
    "statistics": {"core", "kernels", "fourier", "comm"},
    "tables": {"core", "comm", "io"},
    "recordings": {"core", "comm", "io", "statistics"},
    "analysis": {"core", "kernels", "comm", "io", "measures", "sections", "configuration", "job", "statistics", "tables", "recordings"},
}
# Rooms whose headers stand beside their sources.
FOLDERS = {"statistics": "analysis/statistics", "tables": "analysis/tables", "recordings": "analysis/recordings", "analysis": "analysis/analyze"}
NAMESPACE = {"statistics": "analysis", "tables": "analysis", "recordings": "analysis", "neurons": "model", "storage": "model", "topologies": "model", "transforms": "model", "kernels": "core", "fourier": "core", "regression": "core", "readout": "rules", "data": "io", "numpy": "io", "systems": "tasks", "trials": "tasks", "spike_tasks": "tasks",
             "measures": "sim", "parameters": "sim", "sections": "app", "loop": "sim", "simulation": "sim", "spectra": "sim", "datasets": "sim", "results": "sim",
             "evaluation": "sim", "prediction": "sim", "configuration": "app", "reports": "app", "job": "app"}
ONLY_IN = {
    "mpi.h": {"comm"},
    "hdf5": {"io"},
    "boost/program_options": {"sections", "job", "analysis"},
    "fmt/": {"configuration", "reports", "job", "app"},
    "Random123": {"kernels"},
}
LONGEST_ROOM = 2000
LONGEST_ANALYSIS = 2250
LONGEST_HEADER = 200
# The functions of the C library's libm whose results are exact, or the nearest number: the same on every processor.
EXACT = set("ceil copysign fabs floor fma fmax fmin fmod frexp ilogb ldexp llrint llround logb lrint lround modf "
            "nearbyint nextafter remainder rint round scalbn sqrt trunc".split())
# All others. What libraries import says the same, but this names file and line, and sees Eigen's own functions.
PROCESSORS_OWN = re.compile(
    r"(?<![\w:>])(?:std::|__builtin_|::|Eigen::(?:\w+::)*)?(a?(?:sin|cos|tan)h?|atan2|sincos|polar|arg|exp2?|exp10|"
    r"expm1|log(?:2|10|1p)?|pow|cbrt|hypot|erfc?|[lt]gamma|beta|expint)[fl]?\s*\(|(std::\w+_distribution)\b")
OWN_FUNCTIONS = "elementary.cpp"  # is where functions of these names are made
OTHER_BITS = "has other bits on other processors: use kernels/elementary.hpp"


def sources(root):
    files = [f for folder in ("include/bayres", "src", *FOLDERS.values()) for f in sorted((root / folder).rglob("*.[ch]pp"))]
    assert len(files) > 40, "too few files: is this the project's folder?"
    return files


def room_of(root, file):
    return next((room for room, folder in FOLDERS.items() if file.parent == root / folder), file.parent.name)


def problems(root):
    for room in ALLOWED:
        place = root / FOLDERS.get(room, f"src/{room}") / "README.md"
        if not place.exists() or place.read_text().count("\n") != 2:
            yield f"{place}: must say in two lines what lives there, and what may not"
        lines = sum(f.read_text().count("\n") for f in sources(root) if room_of(root, f) == room)
        longest = LONGEST_ANALYSIS if room == "analysis" else LONGEST_ROOM
        if lines > longest:
            yield f"{room}: has {lines} lines, more than {longest}: split it"
    for file in sources(root):
        room = room_of(root, file)
        text = file.read_text()
        if file.suffix == ".hpp" and text.count("\n") > LONGEST_HEADER:
            yield f"{file}: is longer than {LONGEST_HEADER} lines"
        for other in re.findall(r'#include "(?:bayres/)?(\w+)/', text):
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
        space = NAMESPACE.get(room, room)
        if not re.search(rf"namespace bayres::{space}\b", text) and file.name not in ("main.cpp",):
            yield f"{file}: is not in namespace bayres::{space}"


def without_comments_and_texts(text):
    """The code, line for line."""
    return re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"', "", text)


def calls(root):
    """Calls of functions whose bits depend on the processor."""
    for file in sources(root):
        for number, line in enumerate(without_comments_and_texts(file.read_text()).splitlines(), 1):
            for call in PROCESSORS_OWN.finditer(line):
                if file.name != OWN_FUNCTIONS or call[0].startswith(("std::", "::", "__")):
                    yield f"{file}:{number}: {call[1] or call[2]} {OTHER_BITS}"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def imports(libraries):
    """Functions of libm that our libraries import, but for the exact ones."""
    path = output("cc", "-print-file-name=libm.so.6").strip()
    libm = {line.split()[-1].split("@")[0] for line in output("nm", "-D", "--defined-only", path).splitlines()}
    assert {"sin", "exp", "sqrt"} <= libm, path
    imported = [line.split() for library in libraries for line in output("nm", "-A", "-u", library).splitlines()
                if line.split()[-2:-1] == ["U"]]
    assert any(name in EXACT for *_, name in imported), "no library calls anything: were they given?"
    for place, *_, name in imported:
        if name in libm and re.sub("[fl]$", "", name) not in EXACT and name not in EXACT:
            yield f"{place} {name} {OTHER_BITS}"


source, *libraries_built = sys.argv[1:]
found = [*problems(pathlib.Path(source)), *calls(pathlib.Path(source)), *imports(libraries_built)]
print("\n".join(found) or "The architecture holds.")
sys.exit(bool(found))
