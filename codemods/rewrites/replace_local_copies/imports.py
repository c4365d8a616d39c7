"""Which files import a shared module, told from their text: in many, its name is a mere word."""

from __future__ import annotations

import os
import re
from pathlib import Path

from codemods.model import SharedModule, Source

_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([\w., \t]+)", re.M)
_FROM = re.compile(
    rb"^[ \t]*from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b(?:[ \t\\\r\n]*\(([^()]*)|(.*))", re.M
)


def imports(source: Source, module: SharedModule) -> bool:
    """Whether a file imports a shared module, by its dotted name or a relative one."""
    name = module.name.encode()
    plain = (part for found in _IMPORT.findall(source.content) for part in found.split(b","))
    if any(part.split()[:1] == [name] for part in plain):
        return True
    for dots, base, many, rest in _FROM.findall(source.content):
        names = {base}
        if module.word in re.findall(rb"\w+", re.sub(rb"#.*", b"", many or rest)):
            names.add(b".".join(filter(None, [base, module.word])))
        if any(_is_file_of(module, source, len(dots), n) if dots else n == name for n in names):
            return True
    return False


def _is_file_of(module: SharedModule, source: Source, level: int, name: bytes) -> bool:
    """Whether a relative name stands for a shared module in a file."""
    around = Path(os.path.realpath(source.path)).parent
    path = os.path.normpath(
        around.joinpath(*[os.pardir] * (level - 1), *os.fsdecode(name).split("."))
    )
    return module.path in {f"{path}.py", f"{path}/__init__.py"}
