#!/usr/bin/python3
"""Installs bayres to a new folder, and builds and runs two projects against it with find_package: the rule of one's own in docs/extending.md, whose
blocks are run, and a simulation without the command line."""
import os
import pathlib
import subprocess
import sys
import tempfile

cmake, build, source, compiler = sys.argv[1:]
root = pathlib.Path(source).parents[1]
with tempfile.TemporaryDirectory() as folder:
    project = pathlib.Path(folder) / "project"
    (project / "build").mkdir(parents=True)
    (project / "build/release").symlink_to(build)
    (project / "jobs").symlink_to(root / "jobs")
    os.environ |= {"HOME": folder, "CXX": compiler}
    subprocess.run([sys.executable, "-B", root / "tests/source/blocks.py", root / "docs/extending.md", project], check=True)
    own_build = pathlib.Path(folder) / "build"
    for command in (
        [cmake, "-S", source, "-B", own_build, f"-DCMAKE_PREFIX_PATH={folder}/bayres"],
        [cmake, "--build", own_build],
        [own_build / "downstream"],
        [f"{folder}/bayres/bin/bayres", "--version"],
    ):
        subprocess.run(command, check=True)
