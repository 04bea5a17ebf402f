"""Writes config.pyi, by which editors complete sections and keys of a bayres.Config, of what the program lists.

    python3 -m bayres.stubs
"""

import pathlib

from .config import attribute_of, tables

PATH = pathlib.Path(__file__).with_name("config.pyi")
TYPES = {"whole number": "int", "real": "float", "truth": "bool", "list of reals": "Sequence[float] | float",
         "list of whole numbers": "Sequence[int] | range | int", "list of texts": "Sequence[str]", "text": "str"}
HEAD = '''# Made of `bayres list --format=json` by `python3 -m bayres.stubs`.
import os
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

def tables() -> dict[str, dict[str, dict[str, Any]]]: ...
def attribute_of(key: str) -> str: ...

class Section(MutableMapping[str, Any]):
    def __getitem__(self, key: str) -> Any: ...
    def __setitem__(self, key: str, value: Any) -> None: ...
    def __delitem__(self, key: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
'''
LEARNERS = '''class Learners:
    def __getattr__(self, name: str) -> Learner: ...
    def __setattr__(self, name: str, keys: Mapping[str, Any]) -> None: ...
    def __getitem__(self, name: str) -> Learner: ...
    def __setitem__(self, name: str, keys: Mapping[str, Any]) -> None: ...
    def __iter__(self) -> Iterator[str]: ...

'''
TAIL = '''    @property
    def learner(self) -> Learners: ...
    def __init__(self, config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
                 **keys: Any) -> None: ...
    def __getitem__(self, name: str) -> Any: ...
    def __setitem__(self, name: str, value: Any) -> None: ...
    def __delitem__(self, name: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def copy(self) -> Config: ...
    def write(self, path: str | os.PathLike[str]) -> str | os.PathLike[str]: ...
    def check(self, data: Any = None) -> None: ...
'''


def type_of(parameter):
    found = TYPES[parameter["type"]]
    if parameter["choices"]:
        return found  # named in the text: a list of literals would refuse what makes several learners
    return found if found == "str" or parameter["type"] == "truth" else f"{found} | str"  # such as auto, 1..20


def text_of(parameter):
    said = [f"of {', '.join(parameter['of'])}"] if parameter.get("of") else []
    said += ["required" if parameter["required"] else f"default {parameter['default'] or 'none'}"]
    said += [f"one of {', '.join(parameter['choices'])}"] if parameter["choices"] else []
    said += [f"{parameter['low']:g} to {parameter['high']:g}"] if parameter["low"] is not None else []
    said += [f"unit: {parameter['unit']}"] if parameter["unit"] not in ("", "1") else []
    return f"{parameter['help']} ({'; '.join(said)})".replace("\\", "\\\\").replace('"""', "'''")


def class_of(section):
    return "Learner" if section == "learner" else "".join(word.capitalize() for word in section.split("_"))


def stub():
    """The text of config.pyi."""
    lines = [HEAD]
    for section, parameters in tables().items():
        lines.append(f"class {class_of(section)}(Section):")
        for key, parameter in parameters.items():
            lines += [f"    {attribute_of(key)}: {type_of(parameter)}", f'    """{text_of(parameter)}"""']
        lines.append("")
    lines.append(LEARNERS + "class Config(MutableMapping[str, Any]):")
    lines += [f"    {section}: {class_of(section)}" for section in tables() if section != "learner"]
    return "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    PATH.write_text(stub())
