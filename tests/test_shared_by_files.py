"""Two files with a copy each, executed in one interpreter before and after, show the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codemods.engine.codemod import apply
from codemods.model import SharedModule, SharedModules
from codemods.rewrites.replace_local_copies.codemod import ReplaceLocalCopies

FAKE = '''\
class Fake:
    """A fake."""

    limit = 0

    def go(self):
        return self.limit

    def warn(self):
        warnings.warn("it")

    def fail(self):
        raise OSError
'''
APP = """\
class Agent:
    def __init__(self, kind):
        self.kind = kind

    def run(self):
        return self.kind().go(), self.kind.__name__, self.kind.__doc__


class Runner:
    def run(self, kind):
        return kind().go()


class Box:
    def __init__(self, value):
        self.value = value

    def __class_getitem__(cls, kind):
        return cls


class Client:
    pass
"""
HARMLESS = ("app.Agent", "app.Runner.run")

#: What stands above and below the copy in each of the two files, and how many are replaced.
CASES = {
    "passed to what the settings trust": (
        "from app import Agent",
        "agent = Agent(kind=Fake)\nprint(agent.run())",
        2,
    ),
    "passed to a method that the settings trust": (
        "from app import Runner",
        "runner = Runner()\nprint(runner.run(Fake))",
        2,
    ),
    "the parameter of a type": ("from app import Box", "print(Box[Fake](Fake()).value.go())", 2),
    "looked for in the globals": ("", "print('Fake' in globals(), Fake().go())", 2),
    "changed through a parameter with the name of an import": (
        "from app import Client as client",
        "def change(client):\n    type(client).limit += 1\n\n\nchange(Fake())\nprint(Fake().go())",
        0,
    ),
    "changed through a variable of the function around, with the name of an import": (
        "from app import Client as client",
        "def test():\n    client = Fake()\n\n    def change():\n"
        "        type(client).limit += 1\n\n    change()\n\n\ntest()\nprint(Fake().go())",
        0,
    ),
    "changed through what a parameter with the name of an import made": (
        "from app import Client",
        "def change(Client):\n    client = Client()\n    type(client).limit += 1\n\n\n"
        "change(lambda: Fake())\nprint(Fake().go())",
        0,
    ),
    "changed by a function with the name of a trusted one": (
        "from app import Agent",
        "def change(Agent):\n    Agent(Fake)\n\n\n"
        "change(lambda kind: setattr(kind, 'limit', kind.limit + 1))\nprint(Fake().go())",
        0,
    ),
    "told by a warning": (
        "import warnings",
        "def warn():\n    with warnings.catch_warnings(record=True) as found:\n"
        "        warnings.simplefilter('always')\n        Fake().warn()\n"
        "    return found[0].filename == __file__\n\n\nprint(warn())",
        0,
    ),
    "told by a traceback": (
        "import traceback",
        "try:\n    Fake().fail()\nexcept OSError:\n"
        "    print('test_a.py' in traceback.format_exc().split('in fail')[0][-30:])\n"
        "    print('test_b.py' in traceback.format_exc().split('in fail')[0][-30:])",
        0,
    ),
    "counted by its type": (
        "import collections\n\nimport app",
        "seen = app.__dict__.setdefault('seen', collections.Counter())\n"
        "seen[type(Fake())] += 1\nprint(seen[Fake] == 1)",
        0,
    ),
}


def printed(folder: Path) -> str:
    """Import the two files in a new interpreter, and return what they print."""
    command = [sys.executable, "-B", "-c", "import test_a, test_b"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("above", "below", "replaced"), CASES.values(), ids=CASES)
def test_two_files_show_the_same(above: str, below: str, replaced: int, tmp_path: Path) -> None:
    text = f"import warnings\n{above}\n\n\n{FAKE}\n\n{below}\n".lstrip().encode()
    (tmp_path / "app.py").write_text(APP)
    shared = f"import warnings\n\n\n{FAKE}"
    (tmp_path / "tools.py").write_text(shared)
    module = SharedModule("tools", str(tmp_path / "tools.py"), shared.encode())
    codemod = ReplaceLocalCopies(SharedModules((module,), HARMLESS))
    files = [tmp_path / "test_a.py", tmp_path / "test_b.py"]
    for file in files:
        file.write_bytes(text)
    before = printed(tmp_path)
    results = [apply(text, str(file), codemod) for file in files]
    for file, result in zip(files, results, strict=True):
        file.write_bytes(text if result.after is None else result.after)
    assert sum(result.after is not None for result in results) == replaced
    assert printed(tmp_path) == before
