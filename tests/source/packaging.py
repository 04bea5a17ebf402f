#!/usr/bin/python3
"""Holds the recipes in jobs/packaging for Spack, EasyBuild and Apptainer to the build: its version, what it needs, its files.

They are read as Python, or as text, with stand-ins for those tools: whether a tool builds them is not tested. The steps of
Apptainer's recipe are followed here: its files are copied, and its command of CMake prepares a build of them, for which
Ninja looks whether every source is there.
"""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import types

# Of what `find_package` and `find_path` of CMakeLists.txt ask for: the names in Spack and in EasyBuild. EasyBuild's toolchain
# has MPI, and the headers of Random123 are among the sources.
NAMES = {"Eigen3": ("eigen", "Eigen"), "Boost": ("boost", "Boost"), "fmt": ("fmt", "fmt"), "MPI": ("mpi", None),
         "ZLIB": ("zlib-api", "zlib"), "HDF5": ("hdf5", "HDF5"), "RANDOM123_INCLUDE_DIR": ("random123", None)}


def needed(cmake):
    found = set(re.findall(r"^find_p(?:ackage|ath)\((\w+)", cmake, re.MULTILINE)) - {"Threads"}
    assert found == set(NAMES), f"CMakeLists.txt asks for {sorted(found)}: bring tests/source/packaging.py and the recipes up to it"
    return [NAMES[name] for name in sorted(found)]


def spack_recipe(path):
    """The versions and dependencies that a package.py declares."""
    said = {"version": [], "depends_on": [], "license": []}
    stand_in = types.ModuleType("spack.package")
    stand_in.CMakePackage = type("CMakePackage", (), {"define": lambda self, name, value: f"-D{name}={value}"})
    for name, calls in said.items():
        setattr(stand_in, name, lambda first, calls=calls, **others: calls.append(first))
    sys.modules.update({"spack": types.ModuleType("spack"), "spack.package": stand_in})
    names = {}
    exec(compile(path.read_text(), path, "exec"), names)
    assert names["Bayres"]().cmake_args() == ["-DBAYRES_TESTS=False"]
    return said["version"], [re.match(r"[\w-]+", spec).group() for spec in said["depends_on"]]


def easybuild_recipe(path):
    names = {"SOURCE_TAR_GZ": "bayres.tar.gz"}
    exec(compile(path.read_text(), path, "exec"), names)
    return names


def packages(setup, name):
    return re.search(rf'^{name}="([^"]*)"', setup, re.MULTILINE).group(1).split()


def section(definition, name):
    return re.search(rf"^%{name}\n(.*?)(?=^%|\Z)", definition, re.MULTILINE | re.DOTALL).group(1)


def steps_of(root, definition):
    """Follows the recipe of a container up to its compiler, in a folder in the place of that of the container."""
    with tempfile.TemporaryDirectory() as folder:
        there = pathlib.Path(folder)
        for line in section(definition, "files").splitlines():
            if line.split():
                source, target = line.split()
                copy = there / target.lstrip("/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(root / source, copy) if (root / source).is_dir() else shutil.copy(root / source, copy)
        configure = next(line for line in section(definition, "post").splitlines() if line.strip().startswith("cmake -S"))
        words = [re.sub(r"^/", f"{folder}/", word) for word in shlex.split(configure)]
        for command in (words, ["ninja", "-n", "-C", words[words.index("-B") + 1]]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                yield f"jobs/packaging/bayres.def: {' '.join(command)} fails:\n{done.stdout[-2000:]}"
                return


def problems(root):
    cmake = (root / "CMakeLists.txt").read_text()
    version = re.search(r"project\(bayres VERSION (\S+)", cmake).group(1)
    names = needed(cmake)

    versions, dependencies = spack_recipe(root / "jobs/packaging/package.py")
    if versions != [version]:
        yield f"jobs/packaging/package.py is of version {versions}, CMakeLists.txt of {version}"
    yield from (f"jobs/packaging/package.py does not depend on {name}" for name, _ in names if name not in dependencies)

    path, = (root / "jobs/packaging").glob("*.eb")
    recipe = easybuild_recipe(path)
    chain = recipe["toolchain"]
    if path.name != f"bayres-{version}-{chain['name']}-{chain['version']}.eb" or recipe["version"] != version:
        yield f"{path} is not named after version {version} and its toolchain"
    found = [name for name, *_ in recipe["dependencies"]]
    yield from (f"{path} does not depend on {name}" for _, name in names if name and name not in found)

    definition, setup = (root / "jobs/packaging/bayres.def").read_text(), (root / "jobs/setup").read_text()
    wanted = packages(setup, "packages_build") + packages(setup, "packages_analysis")
    installed = re.search(r"apt-get install (.*?)\n    \w+ -S", section(definition, "post"), re.DOTALL).group(1)
    installed = [word for word in installed.replace("\\\n", " ").split() if not word.startswith("-")]
    if installed != wanted:
        yield f"jobs/packaging/bayres.def and jobs/setup differ in packages: {sorted(set(installed) ^ set(wanted)) or 'their order'}"
    copied = [line.split()[0] for line in section(definition, "files").splitlines() if line.split()]
    yield from (f"jobs/packaging/bayres.def copies {name}, which is not there" for name in copied if not (root / name).exists())
    built = re.findall(r"^add_subdirectory\((\w+)\)", cmake, re.MULTILINE)
    yield from (f"jobs/packaging/bayres.def does not copy {name}" for name in built if name not in copied)
    yield from steps_of(root, definition)


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "The recipes agree with the build.")
sys.exit(bool(found))
