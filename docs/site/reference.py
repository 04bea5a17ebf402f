"""The pages of reference that the program itself writes: its lists, its help, and the layout of a result that it makes."""
import json
import os
import posixpath
import re
import subprocess
import tempfile

import h5py

COMMANDS = ("run", "resume", "sweep", "evaluate", "spectrum", "memory-capacity", "calibrate", "inspect", "list")
# The lists of components: title, how one is chosen, prefix of its keys.
KINDS = {
    "rules": ("Rules for readouts", "Chosen with `rule = ...` in a section `[learner.NAME]`; a list of values makes a learner for each.", ""),
    "plasticity": ("Rules for recurrent weights", "Chosen with `recurrent.rule = ...` in a section `[learner.NAME]`.", "recurrent."),
    "tasks": ("Tasks", "Chosen with `name = ...` in `[task]`.", ""),
    "neurons": ("Neurons", "Chosen with `model = ...` in `[neuron]`.", ""),
    "connections": ("Connections", "Chosen with `structure = ...` in `[reservoir]`.", ""),
    "exchanges": ("Exchanges", "Chosen with `exchange = ...` in `[parallel]`.", ""),
    "measures": ("Measures", "Each is an attribute `train_NAME` and `test_NAME` of every learner, and an array of evaluations; from `aligned_nrmse` on they "
                 "are scores of a free run, by the keys of `[free_run]`.", ""),
}
SMALL = """
[reservoir]
size = 64
[task]
name = sines
[protocol]
feedback = output
train = 20
test = 10
evaluate_at = 10, 20
[learner.bayes]
rule = bayes
"""


def ask(program, *words, folder=None):
    """What the program prints."""
    environment = {**os.environ, "OMPI_MCA_ess_singleton_isolated": "1"}
    done = subprocess.run([os.path.abspath(program), *words], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(words)}: {done.stderr}")
    return done.stdout


def plain(text):
    """A text as it is, in Markdown."""
    return re.sub(r"([\\*_{}\[\]<>|$~#])", r"\\\1", str(text)).replace("\n", " ")


def code(text):
    return f"`{text}`".replace("|", "\\|") if text else ""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines) + "\n"


def parameters(listed, prefix=""):
    if not listed:
        return "No keys.\n"
    rows = []
    for one in listed:
        default = "(required)" if one["required"] else code(one["default"]) or "(empty)"
        unit = "" if one["unit"] == "1" else f" (unit: {plain(one['unit'])})"
        rows.append([code(prefix + one["name"]), default, plain(one["allowed"]), plain(one["help"]) + unit])
    return table(["key", "default", "allowed", "what it is"], rows)


def component(one, prefix):
    text = f"## {one['name']}\n\n{plain(one['equation'])}\n\n"
    for name in ("locality", "source"):
        if one[name]:
            text += f"*{name.capitalize()}:* {plain(one[name])}\n\n"
    if "larger_is_better" in one and one["larger_is_better"]:
        text += "More is better.\n\n"
    return text + (parameters(one["parameters"], prefix) if one["parameters"] else "")


def kind_page(bayres, kind):
    title, chosen, prefix = KINDS[kind]
    listed = json.loads(ask(bayres, "list", kind, "--format=json"))
    body = "\n".join(component(one, prefix) for one in listed)
    return f"# {title}\n\n{chosen} `bayres list {kind}` prints the same.\n\n{body}"


def configuration_page(bayres):
    listed = json.loads(ask(bayres, "list", "sections", "--format=json"))
    body = "\n".join(f"## {one['name']}\n\n{plain(one['equation'])}\n\n{parameters(one['parameters'])}" for one in listed)
    return ("# Keys of a configuration\n\nThe sections of a configuration, with the keys that are always there. What they choose (rules, tasks, neurons, "
            "connections, exchanges) has keys of its own in the same section, on the next pages. Each can also be set on the command line, as "
            f"`--section.key=value`. `bayres list keys` prints all of them.\n\n{body}")


def command_page(bayres, analyze):
    parts = [("bayres", ask(bayres, "--help"))]
    parts += [(f"bayres {name}", ask(bayres, name, "--help")) for name in COMMANDS]
    parts.append(("bayres-analyze", ask(analyze, "--help")))
    return "# Command line\n\n" + "\n".join(f"## {name}\n\n```text\n{text.rstrip()}\n```\n" for name, text in parts)


def words(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def unit_of(one):
    unit = words(one.attrs.get("units", "1"))
    return "" if unit == "1" else plain(unit)


def layout_rows(item):
    rows = []

    def visit(name, one):
        if isinstance(one, h5py.Dataset):
            dimensions = [posixpath.basename(one.dims[i][0].name) if len(one.dims[i]) else str(size) for i, size in enumerate(one.shape)]
            rows.append([code("/" + name), plain(f"({', '.join(dimensions)})"), code(str(one.dtype)), unit_of(one),
                         plain(words(one.attrs.get("long_name", "")))])

    item.visititems(visit)
    return rows


def layout_page(bayres):
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/small.ini", "w") as file:
            file.write(SMALL)
        ask(bayres, "run", "small.ini", "--quiet", folder=folder)
        with h5py.File(f"{folder}/small.h5") as result:
            rows = layout_rows(result)
            attributes = [[code(name), plain(words(value))[:60]] for name, value in result["learners/bayes"].attrs.items()]
    return ("# Layout of a result\n\nThe data sets of a small result, read from one: 64 neurons, a closed loop, one learner, and evaluations at two "
            "times. [Results file](../results-file.md) says what else there can be.\n\n" + table(["data set", "dimensions", "type", "unit", "what it is"], rows)
            + "\n## Attributes of a learner\n\n" + table(["attribute", "in this one"], attributes))


def pages(bayres, analyze):
    """The pages by their names."""
    made = {kind: kind_page(bayres, kind) for kind in KINDS}
    return made | {"configuration": configuration_page(bayres), "command-line": command_page(bayres, analyze), "layout": layout_page(bayres)}
