"""Definitions that leave their file for a module of their own, with what they read."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.rewrites.adopt import CannotAdopt, extract, module_with

FILE = '''\
#!/usr/bin/env python
# A comment on the file.
from __future__ import annotations

import os, json as j
import os.path
from typing import TYPE_CHECKING, Any
from collections import OrderedDict as Ordered, deque

if TYPE_CHECKING:
    from app.models import Model, Other

#: In seconds.
LIMIT: float = 1.5
NAMES = ("a", "b")
STATE = []


# What it is for.
# In two lines.
@staticmethod
def make(model: Model, limit=LIMIT) -> Any:
    """Make one."""
    return j.dumps(Ordered(a=os.path.join("a", str(limit))))  # trailing


class Fake:
    x = 1

    def go(self):
        return make(self, NAMES)


def bad():
    return STATE


def test_it():
    assert Fake().go()
'''

MODULE = '''\
"""Helpers, shared by the tests."""

from __future__ import annotations

import json as j
import os
import os.path
from collections import OrderedDict as Ordered
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.models import Model

#: In seconds.
LIMIT: float = 1.5
NAMES = ("a", "b")


# What it is for.
# In two lines.
@staticmethod
def make(model: Model, limit=LIMIT) -> Any:
    """Make one."""
    return j.dumps(Ordered(a=os.path.join("a", str(limit))))  # trailing


class Fake:
    x = 1

    def go(self):
        return make(self, NAMES)
'''


def adopted(source: str, *names: str, before: str = "") -> str:
    """Return a module with definitions of a file; asked again, it stays as it is."""
    parts = extract(source.encode(), names)
    after = module_with(before.encode(), parts)
    assert module_with(after, parts) == after
    compile(after, "<module>", "exec")
    return after.decode()


def test_what_it_reads_is_taken_along() -> None:
    assert adopted(FILE, "Fake") == MODULE


def test_long_imports_are_broken() -> None:
    names = [f"name_{n:02}" for n in range(12)]
    source = f"from a import {', '.join(names)}\ndef f(): return {', '.join(names)}\n"
    lines = "".join(f"    {name},\n" for name in names)
    assert f"\nfrom a import (\n{lines})\n" in adopted(source, "f")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_module_is_extended(end: str) -> None:
    before = '"""Ours."""\n\nimport os  # paths\nfrom a import b\n\n\ndef mine():\n    return b\n'
    source = "import os\nimport re\n\n\ndef new():\n    return os, re\n"
    after = adopted(source, "new", before=before.replace("\n", end))
    assert after == (
        '"""Ours."""\n\nimport os  # paths\nfrom a import b\n\nimport re\n\n\n'
        "def mine():\n    return b\n\n\ndef new():\n    return os, re\n"
    ).replace("\n", end)


SORTED = {
    "into each block": (
        "import os\n\nimport pytest\nfrom app.b import B\n",
        "import json\nimport os\nimport re\n\nimport attr\nimport pytest\n"
        "from app.a import A\nfrom app.b import B\n",
    ),
    "names of one module": (
        "import os\n\nfrom app.a import C\n",
        "import json\nimport os\nimport re\n\nimport attr\nfrom app.a import A, C\n",
    ),
    "not where the order is another one": (
        "import sys\nimport os\n\nimport pytest\n",
        "import sys\nimport os\n\nimport pytest\n\n"
        "import json\nimport re\n\nimport attr\nfrom app.a import A\n",
    ),
    "not where one has a comment": (
        "import os\n\nimport pytest  # all of it\n",
        "import os\n\nimport pytest  # all of it\n\n"
        "import json\nimport re\n\nimport attr\nfrom app.a import A\n",
    ),
    "below others only": (
        '"""Ours."""\nimport pytest\n',
        '"""Ours."""\nimport json\nimport os\nimport re\n\n'
        "import attr\nimport pytest\nfrom app.a import A\n",
    ),
    "above others only": (
        "import os\n\nX = 1\n",
        "import json\nimport os\nimport re\n\nimport attr\nfrom app.a import A\n\nX = 1\n",
    ),
    "below the import that is first": (
        "from __future__ import annotations\n",
        "from __future__ import annotations\n\nimport json\nimport os\nimport re\n\n"
        "import attr\nfrom app.a import A\n",
    ),
    "below what sets something up": (
        "import sys\n\nimport pytest\n\nsys.path.insert(0, '.')\n\nfrom app.b import B\n",
        "import sys\n\nimport pytest\n\nsys.path.insert(0, '.')\n\n"
        "import json\nimport os\nimport re\n\nimport attr\n"
        "from app.a import A\nfrom app.b import B\n",
    ),
    "below an import that stays where it is": (
        "import os\n\nimport patched  # isort: skip\nimport pytest\n",
        "import os\n\nimport patched  # isort: skip\nimport pytest\n\n"
        "import json\nimport re\n\nimport attr\nfrom app.a import A\n",
    ),
    "below such an import that stands below a definition": (
        "def g():\n    pass\n\n\ng()\nimport os\nimport first  # noqa: E402, isort:skip\nX = 1\n",
        "def g():\n    pass\n\n\ng()\nimport os\nimport first  # noqa: E402, isort:skip\n\n"
        "import json\nimport re\n\nimport attr\nfrom app.a import A\n\n\nX = 1\n",
    ),
    "below imports in an order that is meant": (
        "# isort: off\nimport patched\nimport os\n# isort: on\n",
        "# isort: off\nimport patched\nimport os\n\nimport json\nimport re\n\n"
        "import attr\nfrom app.a import A\n\n\n# isort: on\n",
    ),
    "not on a line with something else": (
        "X = 1; import os\nimport os; Y = 1\nimport pytest\n",
        "X = 1; import os\nimport os; Y = 1\nimport json\nimport re\n\n"
        "import attr\nimport pytest\nfrom app.a import A\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), SORTED.values(), ids=SORTED)
def test_imports_are_sorted_into_those_that_are_there(before: str, after: str) -> None:
    source = (
        "import attr, json, os, re\nfrom app.a import A\ndef f(): return A, attr, json, os, re\n"
    )
    if "__future__" in before:
        source = f"from __future__ import annotations\n{source}"
    assert (
        adopted(source, "f", before=before) == f"{after}\n\ndef f(): return A, attr, json, os, re\n"
    )


OF_EACH_SECTION = """\
import os
import attr, B3, b10, b2
from attr import a10, a2, Xx, XY, _z as z, Some as Other
from shop.cart import Cart
import shop.b as b, shop.a, shop.c
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    import json
    from attr import Factory
    from shop.user import User


def f(x: "Factory", y: "json.X", z: "User") -> Any:
    return os, attr, B3, b10, b2, a10, a2, Xx, XY, z, Other, Cart, b, shop.a, shop.c
"""
SECTIONS = {
    "a new module": "",
    "a docstring alone": '"""Ours."""\n',
    "own packages alone": "from shop.a import x\n\nx()\n",
    "other packages alone": "import pytest\n\npytest.x()\n",
    "the standard library alone": "import re\n\nre.x()\n",
    "all but other packages": "import re\n\nfrom shop.zoo import x\n\nx(re)\n",
    "all of them": "import re\n\nimport yaml\n\nfrom shop.zoo import Zoo\n\nZoo(yaml, re)\n",
    "imports for types": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import re\n",
}


@pytest.mark.parametrize("before", SECTIONS.values(), ids=SECTIONS)
def test_imports_are_in_the_order_that_ruff_wants(before: str, tmp_path: Path) -> None:
    parts = extract(OF_EACH_SECTION.encode(), ["f"])
    after = module_with(before.encode(), parts, {"shop"})
    assert module_with(after, parts, {"shop"}) == after
    assert b"import shop.a\nimport shop.b as b\nimport shop.c\n" in after
    for name in ("__init__", "a", "b", "c", "cart", "user", "zoo"):
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / f"shop/{name}.py").touch()
    (tmp_path / "module.py").write_bytes(after)
    assert flaws(tmp_path, "I") == "All checks passed!\n"


def test_imports_for_types_are_sorted_into_those_that_are_there() -> None:
    before = MODULE[: MODULE.index("#: In seconds.")]
    source = FILE.replace("Model", "Account").replace("make", "other")
    after = adopted(source, "other", before=before)
    assert after.count("if TYPE_CHECKING:\n") == 1
    assert "if TYPE_CHECKING:\n    from app.models import Account, Model\n" in after


NOT_TAKEN = {
    "a mutable global": ("S = []\ndef f(): return S\n", "`f` reads `S`, which is bound on line 1"),
    "a global that is set": ("def f():\n    global S\n    S = 1\n", "sets the global `S`"),
    "an import in a try": (
        "try:\n    import a\nexcept ImportError:\n    a = None\ndef f(): return a\n",
        "`f` reads `a`",
    ),
    "an import that may fail": (
        "try:\n    import a\nexcept ImportError:\n    HAS_A = False\ndef f(): return a\n",
        "`f` reads `a`, which may fail to be imported on line 2, and the file goes on",
    ),
    "an import under a condition": ("if x:\n    import a\ndef f(): return a\n", "reads `a`"),
    "a relative import": (
        "from .a import b\ndef f(): return b\n",
        "reads `b`, which is imported relatively",
    ),
    "a star import": ("from a import *\ndef f(): return b\n", "the star import of line 1"),
    "an unknown name": ("def f(): return b\n", "is bound nowhere in the file"),
    "two definitions": ("def f(): ...\ndef f(): return 1\n", "no one definition of the file"),
    "two definitions that it reads": (
        "def g(): ...\ndef g(): return 1\ndef f(): g()\n",
        "`f` reads `g`, which is bound on line 2",
    ),
    "no definition": ("x = 1; f = 2\n", "no one definition of the file: lines 1"),
    "two values": ("N = 1\nN = 2\ndef f(): return N\n", "`f` reads `N`"),
    "a syntax error": ("def f(:\n", "line 1"),
}


@pytest.mark.parametrize(("source", "why"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_cannot_be_taken(source: str, why: str) -> None:
    with pytest.raises(CannotAdopt) as error:
        extract(source.encode(), ["f"])
    assert why in str(error.value)


TAKEN = {
    "an import in a try": (
        "try:\n    import a\nexcept ImportError:\n    print(1)\n    raise\ndef f(): return a\n",
        "import a\n\n\ndef f(): return a\n",
    ),
    "a shared line": (
        "M = 1; N = 2\ndef f(): return M, N\n",
        "M = 1\nN = 2\n\n\ndef f(): return M, N\n",
    ),
    "an assignment twice": (
        "N = 1\nN = 1\ndef f(): return N\n",
        "N = 1\n\n\ndef f(): return N\n",
    ),
    "equal definitions": (
        "def g(): ...\ndef g(): ...\ndef f(): g()\ndef f(): g()\n",
        "\ndef g(): ...\n\n\ndef f(): g()\n",
    ),
    "a definition in a block": (
        "if x:\n    # No.\n    def f():\n        return 1\n",
        "\ndef f():\n    return 1\n",
    ),
}


@pytest.mark.parametrize(("source", "module"), TAKEN.values(), ids=TAKEN)
def test_what_is_taken(source: str, module: str) -> None:
    assert adopted(source, "f").partition("\n\n")[2] == module


CLASHES = {
    "another definition": ("def f(): return 2\n", "`f` is something else", "line 1"),
    "another import": ("import x as os\n", "`os` is something else", "line 1"),
    "another constant": ("\nN = 2\n", "`N` is something else", "line 2"),
    "a builtin, or what a star import brings": (
        "from x import *\ndef g(): return f()\n",
        "`f` means something else",
        "line 2",
    ),
    "a builtin that it reads": ("from rich import print\n", "`print` is no builtin", "line 1"),
}


@pytest.mark.parametrize(("before", "what", "where"), CLASHES.values(), ids=CLASHES)
def test_a_name_that_the_module_has_for_something_else(before: str, what: str, where: str) -> None:
    parts = extract(b"import os\nN = 1\ndef f(): return print(os, N)\n", ["f"])
    with pytest.raises(CannotAdopt) as error:
        module_with(before.encode(), parts)
    assert what in str(error.value)
    assert where in str(error.value)


def test_a_name_that_is_local_to_something_in_the_module() -> None:
    before = "def g(f):\n    return f(), [f for f in (1,)]\n"
    assert adopted("def f(): return 2\n", "f", before=before).startswith(before)


def test_a_module_without_the_future_import() -> None:
    parts = extract(b"from __future__ import annotations\ndef f(x: int): ...\n", ["f"])
    with pytest.raises(CannotAdopt, match="annotations would change"):
        module_with(b"x = 1\n", parts)


# --- the verb


PASTED = """\
import json

import pytest

LIMIT = 3


# Records what is sent.
class TestSocket:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(json.dumps(message)[:LIMIT])


@pytest.fixture
def socket():
    return TestSocket()


def test_it(socket):
    socket.send("x")
    assert socket.sent
"""
PYPROJECT = "pyproject.toml"
INI = '[tool.pytest.ini_options]\npythonpath = ["."]\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c"):
        path = tmp_path / f"suite/unit/test_{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PASTED)
    (tmp_path / "pyproject.toml").write_text(INI)
    git("init", "-q")
    commit()
    return tmp_path


def git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def commit() -> None:
    git("add", "-A")
    git("commit", "-q", "-m", "x")


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.stdout + result.stderr


def flaws(root: Path, codes: str) -> str:
    """Return what ruff says of a repository."""
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", f"--select={codes}"]
    return subprocess.run(ruff, cwd=root, capture_output=True, text=True, check=False).stdout


def contents(root: Path) -> dict[str, bytes]:
    found = (p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts)
    return {str(p.relative_to(root)): p.read_bytes() for p in found}


def test_the_next_command_is_about_the_same_files(root: Path) -> None:
    shutil.copytree(root / "suite/unit", root / "suite/two words")
    commit()
    found = said("discover", "suite/two words")
    assert re.search(r"^ +\d+ +3  class +TestSocket", found, re.MULTILINE)
    command = re.findall("next: (.*)\n", found)[0]
    assert command == "ssot-codemods adopt TestSocket --in 'suite/two words'"
    text = said(*shlex.split(command)[1:], "--skip-probe")
    assert "for the copies in 3 files: ssot-codemods migrate 'suite/two words'\n" in text
    found = said("discover", "suite/two words")
    assert found.endswith("shared already: ssot-codemods migrate 'suite/two words'\n")


def test_from_a_pasted_fixture_to_a_clean_suite(root: Path) -> None:
    assert "next: ssot-codemods adopt TestSocket" in said("discover")
    text = said("adopt", "socket")
    found = said("discover")
    assert found.count("; shared already\n") == 2
    assert found.endswith("\nnext, for what is shared already: ssot-codemods migrate\n")
    assert "wrote suite/support/socket.py: socket; taken along: TestSocket\n" in text
    assert "\nsocket is taken from suite/unit/test_a.py\n" in text
    mark = "`__test__ = False` is new in TestSocket: pytest would try to collect it\n"
    assert mark in text
    module = (root / "suite/support/socket.py").read_text()
    attribute = "class TestSocket:\n    __test__ = False\n\n"
    fixture = PASTED[PASTED.index("# Records") : PASTED.index("\n\ndef test_it")]
    assert module == (
        '"""Helpers, shared by the tests."""\n\nimport json\n\nimport pytest\n\nLIMIT = 3\n\n\n'
        + fixture.replace("class TestSocket:\n", attribute)
    )
    settings = (root / "pyproject.toml").read_text()
    table = '[tool.ssot-codemods]\nmodules = ["suite.support.socket"]\npaths = ["suite"]\n'
    assert settings == f"{INI}\n{table}"
    before = contents(root)
    assert "; nothing to write\n" in said("adopt", "socket")
    assert contents(root) == before
    commit()
    text = said("migrate", "--verify")
    assert "all outcomes unchanged" in text
    assert "Copies Left: 0" in said("check")
    assert "`suite.support.socket.socket` imported but unused" in flaws(root, "F")
    with (root / "pyproject.toml").open("a") as file:
        file.writelines(re.findall(r"\n\[tool\.ruff\..*\n.*\n", text))
    assert flaws(root, "F811") == "All checks passed!\n"
    assert set(re.findall("`(.*)` imported but unused", flaws(root, "F"))) == {"json", "pytest"}
    assert (
        "from suite.support.socket import socket\n" in (root / "suite/unit/test_b.py").read_text()
    )


@pytest.mark.parametrize("by_ruff", [False, True])
def test_own_packages_are_imported_below_others(root: Path, by_ruff: bool) -> None:
    if by_ruff:  # https://docs.astral.sh/ruff/settings/#lint_isort_known-first-party
        named = '[tool.ruff.lint.isort]\nknown-first-party = ["shop"]\n'
        (root / "pyproject.toml").write_text(named)
    else:
        (root / "shop").mkdir()
    text = "import pytest\n\nfrom shop.cart import C\n\n\ndef new():\n    return C(pytest.x)\n"
    for name in ("x", "y"):
        (root / f"suite/unit/test_{name}.py").write_text(text)
    said("adopt", "new", "--skip-probe")
    head = '"""`new`, shared by the tests."""\n\n'
    assert (root / "suite/support/new.py").read_text() == head + text


def test_how_to_undo_it(root: Path) -> None:
    before = contents(root)
    undo = said("adopt", "socket", "--skip-probe").rpartition("\nto undo, before you commit: ")[2]
    assert contents(root) != before
    assert undo == "rm -r -- suite/support && git checkout -- pyproject.toml\n"
    subprocess.run(undo, shell=True, check=True)
    assert contents(root) == before
    (root / "pyproject.toml").write_text(f"{INI}\n# Mine.\n")
    text = said("adopt", "socket", "--skip-probe")
    what = "to undo: take out what was added to pyproject.toml, delete suite/support\n"
    assert text.endswith(what)
    commit()
    assert "to undo" not in said("adopt", "socket", "--skip-probe")


def test_how_to_undo_it_where_git_fails(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "\nto undo: take out what was added to" in said("adopt", "socket", "--skip-probe")


def test_the_conftest_of_the_tests_registers_asserts(root: Path) -> None:
    """It runs before the first test module, so a failing `assert` shows the values, as before."""
    text = "def check(n):\n    assert n == 1\n\n\ndef test_{}():\n    check(2)\n"
    for name in ("x", "y"):
        (root / f"suite/unit/test_{name}.py").write_text(text.format(name))
    (root / "suite/conftest.py").write_text("import pytest\n")
    commit()
    added = "added to suite/conftest.py: has pytest rewrite the asserts of suite.support.check\n"
    assert added in said("adopt", "check", "--skip-probe")
    assert not (root / "conftest.py").exists()
    (root / "conftest.py").write_text("import pytest\n")
    assert "; nothing to write\n" in said("adopt", "check", "--skip-probe")
    commit()
    assert "changed             2 files" in said("migrate", "--skip-probe")
    for start in ([], ["suite/unit/test_y.py"]):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *start]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "assert 2 == 1\n" in done.stdout, done.stdout
        assert "AssertRewriteWarning" not in done.stdout


def test_the_line_in_a_conftest_stands_above_what_may_import_the_module(root: Path) -> None:
    """An import of what has no copies stays above it, where linters want all imports."""
    text = "def check(n):\n    assert n == 1\n\n\ndef test_{}():\n    check(1)\n"
    for name in ("x", "y"):
        (root / f"suite/unit/test_{name}.py").write_text(text.format(name))
    (root / "product.py").touch()
    before = "import pytest\nimport product\n"
    below = "from suite.lib import x\n"
    (root / "suite/conftest.py").write_text(before + below)
    (root / "suite/lib.py").write_text("x = 1\n")
    said("adopt", "check", "--skip-probe")
    line = 'pytest.register_assert_rewrite("suite.support.check")\n'
    assert (root / "suite/conftest.py").read_text() == f"{before}\n{line}\n{below}"


@pytest.mark.parametrize("left", ["a file", "bytecode"])
def test_a_folder_of_which_bytecode_is_left(root: Path, left: str) -> None:
    support = root / "suite/support"
    (support / "__pycache__").mkdir(parents=True)
    if left == "a file":
        (support / "data.txt").touch()
    said("adopt", "socket", "--skip-probe")
    assert (support / "__init__.py").exists() == (left == "bytecode")


def test_another_file_than_the_one_that_has_it(root: Path) -> None:
    said("adopt", "socket", "--skip-probe")
    text = said("adopt", "socket", "--to", "suite/mine.py", code=2)
    assert "--to suite/mine.py: suite/support/socket.py has the code already: leave it" in text
    said("adopt", "socket", "--to", "suite/support/socket.py", "--skip-probe")


def test_a_dry_run_is_a_diff_that_git_takes(root: Path) -> None:
    before = contents(root)
    result = CliRunner().invoke(main, ["adopt", "--all", "--dry-run"])
    assert contents(root) == before
    assert "the shared module is suite/support/helpers.py" in result.stderr
    done = subprocess.run(["git", "apply"], input=result.stdout_bytes, check=False)
    assert done.returncode == 0
    assert "class TestSocket" in (root / "suite/support/helpers.py").read_text()


def test_a_module_that_has_the_code_already(root: Path) -> None:
    helpers = root / "suite/helpers.py"
    helpers.write_text(PASTED[: PASTED.index("def test_it")])
    commit()
    text = said("adopt", "TestSocket", "--skip-probe")
    assert "the shared module is suite/helpers.py: it has the same code already" in text
    assert "wrote" not in text
    assert 'modules = ["suite.helpers"]' in (root / "pyproject.toml").read_text()


def test_beside_the_module_of_the_settings(root: Path) -> None:
    (root / "lib").mkdir()
    (root / "lib/first.py").write_text("x = 1\n")
    table = '\n[tool.ssot-codemods]\nmodules = ["lib.first"]\n'
    (root / "pyproject.toml").write_text(INI + table)
    assert "wrote lib/test_socket.py" not in said("adopt", "TestSocket", "--skip-probe")
    assert (root / "lib/socket.py").exists()
    settings = (root / "pyproject.toml").read_text()
    assert settings.endswith('modules = ["lib.first", "lib.socket"]\n')


def test_a_definition_of_several_names(root: Path) -> None:
    path = root / "suite/unit/test_c.py"
    path.write_text(path.read_text().replace("TestSocket", "FakeSocket"))
    commit()
    text = said("adopt", "TestSocket", "--skip-probe")
    module = (root / "suite/support/socket.py").read_text()
    assert module.endswith("\n\n\nFakeSocket = TestSocket\n")
    assert "copies in 3 files" in text
    assert "; nothing to write\n" in said("adopt", "TestSocket", "--skip-probe")
    commit()
    said("migrate", "--skip-probe")
    assert "import FakeSocket\n" in path.read_text()


def test_a_name_that_stands_where_nothing_can_be_replaced(root: Path) -> None:
    path = root / "suite/unit/test_c.py"
    path.write_text(path.read_text().replace("TestSocket", "Fake") + "x = [Fake]\n")
    commit()
    text = said("adopt", "Fake", code=1)
    assert "Fake is not adopted: 2 of 3 copies" in text
    assert "nothing to adopt" not in text


def test_copies_in_blocks_and_twice_in_a_file(root: Path) -> None:
    for name in ("a", "b", "c"):
        path = root / f"suite/unit/test_{name}.py"
        own = "if True:\n    def given():\n        return 1\n"
        twice = "\n\ndef twice():\n    return 2\n" * 2
        path.write_text(f"{own}{twice}\n\ndef test_it():\n    assert given() + twice()\n")
    commit()
    said("adopt", "--all", "--skip-probe")
    assert {"def given():", "def twice():"} < set(
        (root / "suite/support/helpers.py").read_text().splitlines()
    )
    commit()
    said("migrate", "--skip-probe")
    assert "def given" not in path.read_text()
    assert "def twice" not in path.read_text()


def test_to_a_module_that_is_there(root: Path) -> None:
    (root / "suite/lib.py").write_bytes(b"import json\r\n\r\n\r\ndef mine(): ...\r\n")
    said("adopt", "TestSocket", "--to", "suite/lib.py", "--skip-probe")
    after = (root / "suite/lib.py").read_bytes()
    assert after.startswith(b"import json\r\n\r\n\r\ndef mine(): ...\r\n")
    assert after.count(b"import json") == 1
    assert b"\r\nclass TestSocket:\r\n    __test__ = False\r\n" in after


def test_in_a_package_that_pytest_finds_by_its_pythonpath(root: Path) -> None:
    (root / "suite/kit").mkdir()
    (root / "suite/kit/__init__.py").touch()
    to = ("adopt", "TestSocket", "--to", "suite/kit/shared.py", "--dry-run", "--skip-probe")
    assert 'modules = ["suite.kit.shared"]' in said(*to)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = . suite\n")
    assert 'modules = ["kit.shared"]' in said(*to)


@pytest.mark.parametrize("table", ["", '[tool.ssot-codemods]\npaths = ["tests"]\n'])
def test_in_a_monorepo_the_project_of_the_copies_gets_the_module(root: Path, table: str) -> None:
    for path in ("libs/one/tests/test_a.py", "libs/one/tests/unit/test_b.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(PASTED.replace("TestSocket", "Own").replace("def send", "def do"))
    project = root / "libs/one/pyproject.toml"
    project.write_text(f"{INI}\n{table}")
    commit()
    assert "wrote libs/one/tests/support/own.py: Own\n" in said("adopt", "Own", "--skip-probe")
    assert 'modules = ["tests.support.own"]' in project.read_text()
    assert (root / "pyproject.toml").read_text() == INI
    commit()
    said("migrate", "--skip-probe")
    assert "from tests.support.own import Own\n" in (root / path).read_text()


@pytest.mark.parametrize("line", ['paths = ["suite"]', 'paths = [\n    "suite",  # tests\n]'])
def test_copies_outside_of_the_paths_of_the_settings(root: Path, line: str) -> None:
    said("adopt", "socket", "--skip-probe")
    settings = root / "pyproject.toml"
    settings.write_text(settings.read_text().replace('paths = ["suite"]', line))
    for name in ("a", "b"):
        path = root / f"more/test_{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("def make_own(x):\n    return [x]\n\n\ndef test_it():\n    make_own(1)\n")
    commit()
    found = CliRunner().invoke(main, ["adopt", "make_own", "--skip-probe"]).output
    assert "looked at `paths` of the settings: suite; --in FOLDER looks elsewhere" in found
    before = settings.read_text()
    said("adopt", "make_own", "--skip-probe", "--in", "more")
    more = line.replace('"suite"]', '"suite", "more"]').replace("tests\n", 'tests\n    "more",\n')
    more = before.replace(line, more)
    names = '"suite.support.socket"'
    assert settings.read_text() == more.replace(names, f'{names}, "suite.support.make_own"')
    commit()
    said("migrate", "--skip-probe")
    assert "import make_own" in (root / "more/test_a.py").read_text()


@pytest.mark.parametrize("hidden", ["suite/support.py", "support.py", "support/__init__.py"])
def test_where_the_usual_package_would_hide_another(root: Path, hidden: str) -> None:
    (root / hidden).parent.mkdir(exist_ok=True)
    (root / hidden).write_text("X = 1\n")
    commit()
    wrote = "wrote suite/test_support/socket.py: socket; taken along: TestSocket\n"
    assert wrote in said("adopt", "socket", "--skip-probe")
    assert not (root / "suite/support").exists()


def test_beside_tests_that_stand_in_a_package(root: Path) -> None:
    shutil.rmtree(root / "suite")
    for name in ("a", "b"):
        path = root / f"app/tests/{name}/tests/test_{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(PASTED)
    commit()
    assert "wrote app/tests/support/socket.py" in said("adopt", "socket", "--skip-probe")
    assert 'paths = ["app/tests"]' in (root / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("there", "home"),
    [("app/tests",) * 2, ("app/core/test",) * 2, ("app/core", "app/core/tests")],
)
def test_among_tests_where_each_part_of_a_package_has_its_own(
    root: Path, there: str, home: str
) -> None:
    shutil.rmtree(root / "suite")
    (root / there).mkdir(parents=True)
    (root / there / "__init__.py").touch()
    for name in ("a", "b"):
        path = root / f"app/core/{name}/tests/test_{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(PASTED)
    commit()
    assert f"wrote {home}/support/socket.py: " in said("adopt", "socket", "--skip-probe")


@pytest.mark.parametrize(
    ("there", "home"),
    [
        pytest.param(("utils/fakes.py",), "utils", id="helpers"),
        pytest.param(("helpers/a.py", "support/b.py"), "support", id="two"),
        pytest.param(("utils/fakes.py", "utils/test_text.py"), "support", id="tests of utils"),
        pytest.param(("utils/__init__.py", "utils/conftest.py"), "support", id="a conftest"),
        pytest.param(("utils/data.json",), "support", id="data"),
    ],
)
def test_among_the_helpers_that_are_there(root: Path, there: tuple[str, ...], home: str) -> None:
    for name in there:
        (root / "suite" / name).parent.mkdir(exist_ok=True)
        (root / "suite" / name).touch()
    commit()
    text = said("adopt", "socket")
    path = f"suite/{home}/socket.py"
    why = "beside the helpers that are there" if f"{home}/" in str(there) else "a new module"
    assert f"the shared module is {path}: {why}; --to FILE names another one\n" in text
    assert f"wrote {path}: " in text
    commit()
    said("migrate")
    assert f"from suite.{home}.socket import socket" in (root / "suite/unit/test_a.py").read_text()


def test_a_module_of_helpers_that_is_there_is_proposed(root: Path) -> None:
    (root / "suite/helpers.py").write_text("X = 1\n")
    commit()
    text = said("adopt", "socket", "--skip-probe", "--dry-run")
    home = "suite/support/socket.py: a new module; --to suite/helpers.py adds to that\n"
    assert f"the shared module is {home}" in text
    text = said("adopt", "socket", "--dry-run", "--to", "suite/helpers.py")
    assert "--- a/suite/helpers.py" in text


@pytest.mark.parametrize(
    ("init", "home"), [("__init__.py", "test_support"), ("notes.py", "tests/support")]
)
def test_for_projects_with_tests_of_their_own(root: Path, init: str, home: str) -> None:
    for name in ("a", "b"):
        folder = root / name / "tests"
        folder.mkdir(parents=True)
        (folder / init).touch()
        (folder / f"test_{name}.py").write_text(PASTED.replace("send", "go"))
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    commit()
    wrote = f"wrote {home}/socket.py: socket; taken along: TestSocket\n"
    assert wrote in said("adopt", "socket", "--in", "a", "--in", "b")
    commit()
    said("migrate", "a", "b")
    assert (
        f"from {home.replace('/', '.')}.socket import socket" in (folder / "test_b.py").read_text()
    )


def test_nothing_is_written_beside_a_shared_module_that_is_broken(root: Path) -> None:
    (root / "broken.py").write_text("def f(:\n")
    (root / "pyproject.toml").write_text('[tool.ssot-codemods]\nmodules = ["broken"]\n')
    before = contents(root)
    assert "broken.py:1: " in said("adopt", "socket", code=2)
    assert contents(root) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b"#!/usr/bin/env python\n# coding: latin-1\n# caf\xe9\nX = 1\n",
            b"#!/usr/bin/env python\n# coding: latin-1\n\nimport json\n\n\n# caf\xe9\nX = 1\n",
            id="an encoding",
        ),
        pytest.param(
            b"\xef\xbb\xbf# The licence.\r\n\r\nX = 1",
            b"\xef\xbb\xbf# The licence.\r\n\r\nimport json\r\n\r\nX = 1\r\n",
            id="a BOM, a licence, and no end of the last line",
        ),
        pytest.param(
            b'"""Doc."""\r\nX = 1\n\n',
            b'"""Doc."""\r\n\r\nimport json\r\n\r\n\r\nX = 1\n\n',
            id="a docstring, mixed ends, a blank line at the end",
        ),
        pytest.param(
            b"import os; X = (\n    1,\n)\nY = '\x0c'\n",
            b"import os; X = (\n    1,\n)\n\nimport json\n\n\nY = '\x0c'\n",
            id="a semicolon, a form feed",
        ),
        pytest.param(b"# X.\nX = 1\n", b"import json\n\n\n# X.\nX = 1\n", id="a comment on a name"),
        pytest.param(b"# Nothing.\n", b"# Nothing.\n\nimport json\n", id="a comment alone"),
    ],
)
def test_each_byte_of_a_module_stays(before: bytes, after: bytes) -> None:
    parts = extract(b"import json\n\n\ndef f():\n    return json\n", ["f"])
    end = b"\r\n" if b"\r\n" in before else b"\n"
    definition = end.join([b"", b"", b"def f():", b"    return json", b""])
    assert module_with(before, parts) == after + definition
    compile(after + definition, "<module>", "exec")


def test_a_character_that_the_encoding_of_a_module_lacks() -> None:
    parts = extract("def f():\n    return '→'\n".encode(), ["f"])
    with pytest.raises(CannotAdopt, match="the module is in latin-1, which has no '→'"):
        module_with(b"# coding: latin-1\nX = 1\n", parts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "no_such",
            "no_such is not adopted: no two test files have the same code of it: `ssot-codemods ",
        ),
        ("", "wanted: names of definitions, or --all"),
        ("socket --all", "wanted: names of definitions, or --all"),
        ("socket --to suite/unit/test_a.py", "a file that pytest neither collects nor loads"),
        ("socket --to conftest.py", "a file that pytest neither collects nor loads"),
        ("socket --to suite/broken.py", "suite/broken.py: line 2: "),
        ("socket --in suite/other", "socket is not adopted: no two test files"),
        ("socket --to ../x.py", "wanted: a file *.py below"),
        ("socket --to lib", "wanted: a file *.py below"),
        ("socket --to my-lib/x.py", "cannot be imported"),
        ("socket --to queue.py", "queue.py would hide `queue` of Python"),
        ("socket --to suite/unit/queue.py", "queue.py would hide `queue` of Python"),
        ("socket --to suite/unit/suite.py", "suite.py would hide {root}/suite: name"),
        ("socket --to suite/lib.py", "star.py imports all of"),
        ("socket --to suite/lib/new.py", "the package {root}/suite/lib would hide the module"),
        ("socket --to suite/pack.py", "the package {root}/suite/pack would hide the module"),
        ("--all --min-lines 100", "nothing can be adopted that saves 100 lines or more: see "),
    ],
)
def test_what_cannot_be_adopted(root: Path, arguments: str, message: str) -> None:
    (root / "suite/other").mkdir()
    shutil.copy(root / "suite/unit/test_a.py", root / "suite/other/test_d.py")
    for name, text in {
        "broken.py": "\ndef f(:\n",
        "lib.py": "x = 1\n",
        "star.py": "from suite.lib import *\n",
        "pack/__init__.py": "",
    }.items():
        (root / "suite" / name).parent.mkdir(exist_ok=True)
        (root / "suite" / name).write_text(text)
    before = contents(root)
    code = 2
    if "not adopted" in message:
        code = 1
    elif "nothing can" in message:
        code = 0
    assert message.format(root=root) in said("adopt", *arguments.split(), code=code)
    assert contents(root) == before


def test_a_module_that_pytest_cannot_import(root: Path) -> None:
    (root / "pyproject.toml").write_text(f'{INI}addopts = "-p no_such_plugin"\n')
    text = said("adopt", "socket", code=1)
    why = "pytest cannot import suite/support/socket.py from everywhere yet:\n  "
    assert why in text
    assert "no_such_plugin" in text
    assert "no_such_plugin" not in said("adopt", "socket", "--skip-probe")


def test_the_interpreter_that_is_asked(root: Path) -> None:
    assert "No such file or directory: 'gone'" in said(
        "adopt", "socket", "--python", "gone", code=2
    )


def test_a_product_with_the_same_code_is_not_beside_the_tests(root: Path) -> None:
    (root / "product.py").write_text(PASTED[: PASTED.index("def test_it")])
    assert "wrote suite/support/socket.py" in said("adopt", "TestSocket", "--skip-probe")


def test_annotations_that_are_text_in_one_of_two_files(root: Path) -> None:
    for name in ("a", "b"):
        path = root / f"suite/unit/test_{name}.py"
        path.write_text(f"from __future__ import annotations\n{path.read_text()}")
        other = "def other(x: int):\n    return x\n\n\ndef test():\n    other(1)\n"
        (root / f"suite/unit/test_late_{name}.py").write_text(other)
        (root / f"suite/unit/test_more_{name}.py").write_text(
            "from __future__ import annotations\n"
            + other.replace("other", "more").replace("return x", "return -x")
        )
    commit()
    text = said("adopt", "--all", "--skip-probe", "-v")
    assert "is not adopted: " in text
    assert "annotations would change; alone it can be: ssot-codemods adopt more" in text
    commit()
    said("migrate", "--skip-probe")
    assert "different-shape" not in said("analyze", "-v")


def test_why_a_definition_is_not_adopted_beside_another_one(root: Path) -> None:
    """One file cannot give it, the other ones can: the module is what is in the way."""
    fake = "class {}:\n    def send(self):\n        return json\n\n\ndef test():\n    {}().send()\n"
    guarded = "try:\n    import json\nexcept ImportError:\n    pass\n\n\n"
    heads = {"a": guarded, "b": "import json\n\n\n", "c": "import json\n\n\n"}
    for name, head in heads.items():
        text = fake.replace("{}", "TestSocket" if name == "c" else "Fake")
        (root / f"suite/unit/test_fake_{name}.py").write_text(head + text)
    (root / "suite/unit/test_fake_d.py").write_text(heads["b"] + fake.replace("{}", "Fake"))
    commit()
    text = said("adopt", "Fake", "TestSocket", "--skip-probe", code=1)
    clash = "`TestSocket` is something else in the module already"
    assert f"Fake is not adopted: suite/unit/test_fake_b.py: {clash}" in text
    git("checkout", "-q", ".")
    git("clean", "-qfd")
    text = said("adopt", "Fake", "TestSocket", "--dry-run", code=1)
    assert f"Fake is not adopted: suite/unit/test_fake_b.py: {clash}" in text


def test_long_lists_are_cut_short(root: Path) -> None:
    names = [f"helper_{n:02}" for n in range(12)]
    text = "".join(f"def {name}(n):\n    n += {name[-2:]!r}\n    return n\n\n\n" for name in names)
    for name in ("x", "y"):
        (root / f"suite/unit/test_{name}.py").write_text(text)
    text = said("adopt", *names, "--skip-probe")
    assert ": helper_00, " in text
    assert ", helper_04 and 7 more\n" in text
    assert "helper_09   suite/unit/test_x.py\n2 more (-v names them)\n" in text


def test_what_is_shared_already_is_not_shared_twice(root: Path) -> None:
    for name in ("x", "y"):
        text = "def wait(n):\n    n += 1\n    return n\n\n\ndef test():\n    wait(1)\n"
        (root / f"suite/unit/test_{name}.py").write_text(text)
    said("adopt", "socket", "--skip-probe")
    before = contents(root)
    text = said("adopt", "wait", "socket", "--skip-probe", "--dry-run")
    why = "socket is not adopted: suite/support/socket.py has it already: `ssot-codemods migrate`"
    assert why in text
    assert "+def wait(n):" in text
    assert "class TestSocket" not in text
    said("adopt", "wait", "--skip-probe")
    after = contents(root)
    assert after.keys() - before.keys() == {"suite/support/wait.py"}
    assert "; nothing to write\n" in said("adopt", "wait", "socket", "--skip-probe")
    assert contents(root) == after


def test_other_code_of_an_adopted_name_is_named(root: Path) -> None:
    for name, number in (("a", 1), ("b", 1), ("c", 1), ("d", 2), ("e", 2)):
        text = f"def wait(n):\n    n += 1\n    return n * {number}\n\n\ndef test():\n    wait(1)\n"
        (root / f"suite/unit/test_wait_{name}.py").write_text(text)
    commit()
    what = "other code of the name wait is not adopted: 2 files, as suite/unit/test_wait_d.py:1; "
    before = contents(root)
    for arguments in (["--all", "-v"], ["wait", "socket"]):
        assert what in said("adopt", *arguments, "--dry-run")
    short = "\nother code of a name that is adopted: wait (-v says why)\n"
    assert short in said("adopt", "--all", "--dry-run")
    assert "other code" not in said("adopt", "socket", "--dry-run")
    assert contents(root) == before
    assert what in said("adopt", "wait", "--skip-probe")
    assert "-    return n * 1\n+    return n * 2\n" in said("analyze", "--variants")


@pytest.mark.parametrize("more", [["--dry-run"], ["--skip-probe"]])
def test_one_of_two_names_that_cannot_be_adopted(root: Path, more: list[str]) -> None:
    """It is named with its reason, the other one is adopted, and the exit code tells."""
    for name in ("x", "y"):
        text = "STATE = []\n\n\ndef kept(n):\n    STATE.append(n)\n    return STATE\n"
        (root / f"suite/unit/test_{name}.py").write_text(text)
    for other, why in (("absent", "no two test files have"), ("kept", "0 of 2 copies can be")):
        text = said("adopt", other, "socket", *more, code=1)
        assert f"{other} is not adopted: {why}" in text
        assert "socket" in text.replace(f"{other} is not adopted", "")
    assert (root / "suite/support/socket.py").exists() is ("--skip-probe" in more)
    # Whoever names nothing has nothing left out.
    said("adopt", "--all", *more)


def helper_files(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        (root / f"suite/unit/test_{name}.py").write_text(f"{text}\n\ndef test():\n    pass\n")
    commit()


MAKE = "import yaml\n\n\ndef make(n):\n    n = yaml.load(n)\n    return n\n\n"
WAIT = "\ndef wait(n):\n    n += 1\n    return n\n"


def test_a_package_that_comes_into_files_without_it(root: Path) -> None:
    helper_files(root, x=MAKE + WAIT, y=MAKE, z=WAIT)
    text = said("adopt", "make", "wait", "socket", "--skip-probe")
    table = "\npackage  files   needed by\nyaml     4 of 6  make\nto keep it out of them, "
    assert f"{table}undo this, and begin" in text
    git("checkout", "-q", ".")
    git("clean", "-qfd")
    assert f"{table}begin" in said("adopt", "make", "wait", "socket", "--dry-run")
    assert "needed by" not in said("adopt", "make", "--skip-probe")


def test_a_sweep_brings_no_package_into_most_files(root: Path) -> None:
    helper_files(root, x=MAKE + WAIT, y=MAKE, z=WAIT)
    assert "not adopted: make (-v says why)\n" in said("adopt", "--all", "--skip-probe")
    before = contents(root)
    assert "next, for the copies in 5 files: " in said("adopt", "--all", "--skip-probe")
    assert contents(root) == before
    commit()
    why = "make is not adopted: it would bring yaml into files that do without it; alone it can be"
    assert why in said("adopt", "--all", "--skip-probe", "-v")
    assert "changed             5 files  with 8 copies\n" in said("migrate", "--skip-probe")
    commit()
    assert "wrote suite/support/make.py: make\n" in said("adopt", "--all", "--skip-probe")
    assert "yaml" not in (root / "suite/support/helpers.py").read_text()
    commit()
    assert "changed             2 files  with 2 copies\n" in said("migrate", "--skip-probe")


def test_what_is_read_and_shared_already_is_imported(root: Path) -> None:
    text = "class B:\n    def __init__(self, n):\n        self.n = n\n\n"
    text += "\ndef made(n):\n    n = B(n)\n    return n\n"
    helper_files(root, x=text, y=text)
    said("adopt", "B", "--skip-probe")
    assert "wrote suite/support/made.py: made\n" in said("adopt", "made", "--skip-probe")
    module = (root / "suite/support/made.py").read_text()
    assert module.partition("\n\n")[2].startswith("from suite.support.b import B\n\n\ndef made")
    assert "; nothing to write\n" in said("adopt", "B", "made", "--skip-probe")
    commit()
    assert "changed             2 files  with 4 copies\n" in said("migrate", "--skip-probe")
    assert "Copies Left: 0" in said("check")


def test_two_shared_modules_do_not_import_each_other(root: Path) -> None:
    pair = "class B:\n    def __init__(self, n):\n        self.n = n\n\n"
    pair += "\ndef made(n):\n    n = B(n)\n    return n\n"
    more = pair + "\n\ndef again(n):\n    n = made(n)\n    return made(n)\n"
    helper_files(root, x=more, y=more)
    said("adopt", "B", "--skip-probe")
    said("adopt", "made", "--skip-probe")
    text = said("adopt", "again", "--to", "suite/support/b.py", "--skip-probe")
    assert "added to suite/support/b.py: again; taken along: made\n" in text


def test_two_names_of_one_code(root: Path) -> None:
    for name, other in (("x", "wait"), ("y", "sleep")):
        text = f"def {other}(n):\n    n += 1\n    return n * n\n"
        (root / f"suite/unit/test_{name}.py").write_text(text)
    assert "not adopted" not in said("adopt", "wait", "sleep", "--skip-probe")
    assert "\nsleep = wait\n" in (root / "suite/support/wait.py").read_text()


def test_what_is_nested_is_not_adopted(root: Path) -> None:
    for name in ("a", "b"):
        inner = "def test():\n    class Inner:\n        x = 1\n    Inner()\n"
        (root / f"suite/unit/test_{name}.py").write_text(inner)
        stuck = "def test():\n    class Stuck:\n        x = []\n    Stuck()\n"
        (root / f"suite/unit/test_stuck_{name}.py").write_text(stuck)
    assert "Inner is not adopted: it stands in a function" in said("adopt", "Inner", code=1)
    text = said("adopt", "Stuck", code=1)
    assert "Stuck is not adopted: 0 of 2 copies can be replaced; " in text


def pasted_in(root: Path, text: str, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n\ndef test():\n    pass\n")


def test_each_project_of_a_monorepo_gets_a_module_of_its_own(root: Path) -> None:
    """A definition that no project has twice stays: its files cannot import one module."""
    own = "def {}(n):\n    n += {!r}\n    return n\n"
    for project in ("one", "two"):
        text = own.format("wait", 1) + "\n\n" + own.format(project, project)
        text += f"\n\nTOTAL = wait({project}(1))\n"
        pasted_in(root, text, f"{project}/tests/test_a.py", f"{project}/tests/unit/test_b.py")
        (root / project / "pyproject.toml").write_text(INI)
    pasted_in(root, own.format("alone", 9), "one/tests/test_c.py", "two/tests/test_c.py")
    commit()
    text = said("adopt", "--all", "--skip-probe")
    assert "not adopted: alone (-v says why)\n" in text
    for project in ("one", "two"):
        module = (root / project / "tests/support/helpers.py").read_text()
        assert module.count("def ") == 2
        assert f"def {project}(n)" in module
        assert 'modules = ["tests.support.helpers"]' in (root / project / PYPROJECT).read_text()
    assert "class TestSocket" in (root / "suite/support/helpers.py").read_text()
    assert text.count("to undo, before you commit: rm -r -- one/tests/support suite/support ") == 1
    before = contents(root)
    again = said("adopt", "--all", "--skip-probe", "--in", ".")
    assert again.count("; nothing to write\n") == 3
    assert contents(root) == before
    commit()
    said("migrate", "--skip-probe", ".")
    assert (
        (root / "two/tests/unit/test_b.py")
        .read_text()
        .startswith("from tests.support.helpers import two, wait\n")
    )
    why = "alone is not adopted: no project has it in two files (one, two): --to FILE makes one "
    assert why in said("adopt", "alone", "--in", ".", code=1)
    made = said("adopt", "alone", "--to", "lib/alone.py", "--in", ".", "--skip-probe")
    assert "wrote lib/alone.py: alone\n" in made


def test_a_sweep_joins_no_names_of_short_code(root: Path) -> None:
    """Equal code by chance gets no alias; long code is the same helper, renamed."""
    short = "class {}:\n    def __init__(self, name):\n        self.name = name\n"
    long = "\n\ndef {}(n):\n" + "    n += 1\n" * 8 + "    return n\n"
    for name, names in {"x": ("Error", "count"), "y": ("Choice", "number")}.items():
        text = short.format(names[0]) + long.format(names[1])
        pasted_in(root, text, f"suite/unit/test_{name}.py")
    commit()
    text = said("adopt", "--all", "--skip-probe", "-v")
    assert "Choice is not adopted: its few lines have another name in each file: name it" in text
    module = (root / "suite/support/helpers.py").read_text()
    assert module.endswith("\n\n\nnumber = count\n")
    assert "Error" not in module
    commit()
    pasted_in(root, short.format("Error"), "suite/unit/test_z.py")
    said("adopt", "--all", "--skip-probe")
    assert "Choice" not in (root / "suite/support/error.py").read_text()
