"""A configuration as sections with keys, which knows those of the program.

    config = bayres.Config("lorenz.ini")            # or a dict, or nothing
    config.reservoir.size = 500                     # as config["reservoir"]["size"], config["reservoir.size"]
    config.learner.b.rule = "bayes"                 # the section [learner.b]
    config.learner.r = {"rule": "ridge", "lambda": 1e-6}
    config.check()                                  # every mistake at once, by a dry run
    result = bayres.run(config)

What `config.reservoir.` can be completed to is in config.pyi, which `python3 -m bayres.stubs` makes of `bayres list
--format=json`.
"""

import collections.abc
import configparser
import difflib
import functools
import itertools
import keyword
import os
import pathlib

from . import running
from .results import _parsed, read_config

# Sections whose component brings keys of its own, and the lists of these.
COMPONENTS = {"reservoir": ["connections"], "neuron": ["neurons"], "parallel": ["exchanges"], "task": ["tasks"],
              "learner": ["rules", "plasticity"]}
OF_OUTPUTS = "output."  # of a learner whose output sends spikes: the neuron's own keys, which the program knows


@functools.lru_cache(maxsize=4)
def _tables(program, modified):
    """{section: {key: parameter}} of a program; that of learners is "learner"."""
    tables = {}
    for section in running.listed("sections").values():
        name = section["name"].partition(".")[0]
        tables[name] = {one["name"]: one for one in section["parameters"]}
        for kind in COMPONENTS.get(name, []):
            before = "recurrent." if kind == "plasticity" else ""
            for component in running.listed(kind).values():
                for one in component["parameters"]:
                    known = tables[name].setdefault(before + one["name"], one | {"of": []})
                    known.get("of", []).append(component["name"])
    return tables


def tables():
    """{section: {key: {"name", "type", "default", "help", "low", "high", "choices", "of", ...}}} that the program
    knows; `of` are the rules, tasks, ... whose key it is."""
    program = running.program_path()
    return _tables(program, os.stat(program).st_mtime_ns)


def attribute_of(key):
    """The name of a key as an attribute: recurrent.rule is recurrent_rule, lambda is lambda_."""
    name = key.replace(".", "_").replace("-", "_")
    return name + "_" if keyword.iskeyword(name) else name


def unknown(what, name, names):
    near = difflib.get_close_matches(name, list(names), 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    return running.ConfigurationError(f"{what} is not known: {hint}")


class Section(collections.abc.MutableMapping):
    """The keys of a section that are set, {key: value}; all are attributes as well."""

    def __init__(self, name):
        self.__dict__.update(_name=name, _values={})

    def _known(self):
        return tables()[self._name.partition(".")[0]]

    def _key(self, attribute):
        return next((key for key in self._known() if attribute_of(key) == attribute), attribute)

    def __setitem__(self, key, value):
        if key not in self._known() and not (self._name.startswith("learner.") and key.startswith(OF_OUTPUTS)):
            raise unknown(f"{self._name}.{key}", key, self._known())
        self._values[key] = value

    def __getitem__(self, key):
        return self._values[key]

    def __delitem__(self, key):
        del self._values[key]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def __setattr__(self, name, value):
        self[self._key(name)] = value

    def __getattr__(self, name):
        key = self._key(name)
        if key in self._values:
            return self._values[key]
        if key in self._known():
            default = self._known()[key]["default"]
            raise AttributeError(f"{self._name}.{key} is not set" + (f": the default is {default}" if default else ""))
        raise AttributeError(str(unknown(f"{self._name}.{key}", key, self._known())))

    def __delattr__(self, name):
        del self[self._key(name)]

    def __dir__(self):
        return [*super().__dir__(), *map(attribute_of, self._known())]

    def _ipython_key_completions_(self):
        return list(self._known())

    def __repr__(self):
        return running.config_text({self._name: self._values}).rstrip()


class Learners:
    """The sections [learner.NAME]: config.learner.NAME, config.learner["NAME"]."""

    def __init__(self, config):
        self.__dict__["_config"] = config

    def __getattr__(self, name):
        return self._config[f"learner.{name}"]

    def __setattr__(self, name, keys):
        self._config[f"learner.{name}"] = keys

    __getitem__, __setitem__ = __getattr__, __setattr__

    def __delattr__(self, name):
        del self._config[f"learner.{name}"]

    __delitem__ = __delattr__

    def __iter__(self):
        return (name.partition(".")[2] for name in self._config if name.startswith("learner."))

    def __dir__(self):
        return list(self)


class Config(collections.abc.MutableMapping):
    """{section: {key: value}}, of the path of an INI file or its text, or of a dict as bayres.run takes; with sections
    and keys that the program does not know a ConfigurationError. A section that is asked for is there, and empty until
    a key is set."""

    def __init__(self, config=None, **keys):
        self.__dict__["_sections"] = {}
        if isinstance(config, (str, os.PathLike)):
            config = self._read(config)
        for name, value in itertools.chain((config or {}).items(), keys.items()):
            if isinstance(value, collections.abc.Mapping) and name in self:
                self[name].update(value)
            else:
                self[name] = value

    @staticmethod
    def _read(config):
        text = str(config)
        try:
            if "\n" not in text:
                text = pathlib.Path(config).read_text()
            parser = read_config(text)
        except OSError as error:
            raise running.FileError(f"{config}: {error.strerror}", running.INPUT_OUTPUT) from None
        except configparser.Error as error:
            raise running.ConfigurationError(f"{' '.join(str(error).split())}") from None
        return {section: {key: _parsed(value)[1] for key, value in parser.items(section, raw=True)}
                for section in parser.sections()}

    def _place(self, name):
        """(section, key) of a name; key "" of a section itself."""
        parts = name.split(".")
        if parts[0] not in tables():
            raise unknown(f"section {parts[0]}", parts[0], tables())
        count = 2 if parts[0] == "learner" else 1
        if len(parts) < count or not parts[count - 1]:
            raise running.ConfigurationError(f"section {name}: a learner has a name: learner.NAME")
        return ".".join(parts[:count]), ".".join(parts[count:])

    def _section(self, name):
        return self._sections.setdefault(name, Section(name))

    def __getitem__(self, name):
        section, key = self._place(name)
        return self._section(section)[key] if key else self._section(section)

    def __setitem__(self, name, value):
        section, key = self._place(name)
        if key and not isinstance(value, collections.abc.Mapping):
            self._section(section)[key] = value
            return
        if key or not isinstance(value, collections.abc.Mapping):
            raise running.ConfigurationError(f"{name}: give {{key: value}} to a section, and a value to section.key")
        fresh = Section(section)
        fresh.update(value)
        self._sections[section] = fresh

    def __delitem__(self, name):
        section, key = self._place(name)
        if key:
            del self._section(section)[key]
        else:
            del self._sections[section]

    def __contains__(self, name):
        try:
            section, key = self._place(name)
        except running.ConfigurationError:
            return False
        return bool(self._sections.get(section)) and (not key or key in self._sections[section])

    def __iter__(self):
        return (name for name, section in self._sections.items() if section)

    def __len__(self):
        return sum(1 for _ in self)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "learner":
            return Learners(self)
        try:
            return self[name]
        except running.ConfigurationError as error:
            raise AttributeError(str(error)) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __dir__(self):
        return [*super().__dir__(), *tables()]

    def _ipython_key_completions_(self):
        return [*tables(), *(name for name in self if name.startswith("learner."))]

    def __repr__(self):
        return running.config_text(self)

    def copy(self):
        return Config({name: dict(section) for name, section in self.items()})

    def write(self, path):
        """Writes an INI file."""
        pathlib.Path(path).write_text(running.config_text(self))
        return path

    def check(self, data=None):
        """ConfigurationError with all mistakes in `problems`, or a FileError, if a run would be refused."""
        running.dry_run(self, data=data)
