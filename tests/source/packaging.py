#!/usr/bin/python3
"""Holds the recipes in jobs/packaging for Spack, EasyBuild and Apptainer, those of Debian and pyproject.toml to the build: its version, what it
needs, its files, its programs. packages.py makes the last two.

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
import tomllib
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


def of_debian(root, version, wanted):
    """The sources of packages for Debian, as its tools read them."""
    parsed = subprocess.run(["dpkg-parsechangelog", "-l", root / "debian/changelog", "-S", "Version"], capture_output=True, text=True)
    if parsed.stdout.strip() != version:
        yield f"debian/changelog is of version {parsed.stdout.strip() or parsed.stderr}, CMakeLists.txt of {version}"
    control = (root / "debian/control").read_text()
    found = re.findall(r"[\w.+-]+", re.sub(r"\([^)]*\)", "", re.search(r"^Build-Depends:(.*?)^\S", control, re.MULTILINE | re.DOTALL).group(1)))
    yield from (f"debian/control does not build-depend on {name}" for name in wanted if re.match("lib.*-dev|zlib", name) and name not in found)
    listed = re.findall(r"^usr/bin/(\S+)", (root / "debian/python3-bayres.install").read_text(), re.MULTILINE)
    if listed != programs(root):
        yield f"debian/python3-bayres.install has {listed}, and analysis/bin {programs(root)}"


def programs(root):
    """The programs of analysis/bin, as they are called where they are installed."""
    return sorted("bayres-" + path.name.removeprefix("bayres-") for path in (root / "analysis/bin").iterdir())


def of_python(root, version):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    if project["version"] != version:
        yield f"pyproject.toml is of version {project['version']}, CMakeLists.txt of {version}"
    if sorted(project["scripts"]) != programs(root):
        yield f"pyproject.toml has programs {sorted(project['scripts'])}, and analysis/bin {programs(root)}"
    for name, start in project["scripts"].items():
        module = start.removesuffix(":main")
        if not any(f"from {module} import main" in path.read_text() for path in (root / "analysis/bin").iterdir()):
            yield f"pyproject.toml starts {start} as {name}, and no program of analysis/bin does"


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
    given = re.findall(r"^ *install\((?:FILES|DIRECTORY|PROGRAMS) (.*?) (?:RENAME|DESTINATION)", cmake, re.MULTILINE)
    needed_too = {word.split("/")[0] for words in given for word in words.split() if not word.startswith("$")}
    yield from (f"jobs/packaging/bayres.def does not copy {name}" for name in sorted(needed_too) if name not in copied)
    yield from steps_of(root, definition)
    yield from of_debian(root, version, packages(setup, "packages_build"))
    yield from of_python(root, version)


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "The recipes agree with the build.")
sys.exit(bool(found))
