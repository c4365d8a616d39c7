"""Where the time goes: of a suite made for it, and of values made by hand."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from codemods.measure import profile as profile_module
from codemods.measure import session as session_module
from codemods.measure.model import Profile, Session
from codemods.measure.profile import Import, imported_names, packages_of, profile, read_imports

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "PYTHON"))},
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
SLOW = "import time\ntime.sleep(0.06)\n"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    recorder = "class TestRecorder:\n    def __init__(self): pass\n"
    for name, text in {
        "tests/test_a.py": f"import heavy.inner\n{recorder}def test_a(): pass",
        "tests/test_b.py": f"try:\n    import heavy\nfinally: pass\n{SLOW}",
        "tests/conftest.py": "import application",
        "heavy/__init__.py": SLOW,
        "heavy/inner.py": "import decimal",
        "application.py": SLOW,
        "docs/guide.txt": "",
        "conftest.py": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def found(suite: Path) -> Profile:
    return profile(root=suite, environment=ENVIRONMENT, timeout=60)


def test_the_parts_of_a_suite(found: Profile) -> None:
    assert found.problem == ""
    assert found.warm > found.collection > 0.12
    assert found.warm == pytest.approx(found.start + found.collection)
    modules = {m.path: m for m in found.modules}
    assert sorted(modules) == ["tests/test_a.py", "tests/test_b.py"]
    assert modules["tests/test_a.py"].cumulative > 0.06 > modules["tests/test_a.py"].own
    assert modules["tests/test_b.py"].own > 0.06
    assert all(m.from_cache for m in found.modules)
    assert found.rewriting.count >= 4
    assert found.rewriting.seconds > 0
    assert found.warnings_building.count == 1
    assert [c.name for c in found.conftests] == ["tests/conftest.py", "conftest.py"]
    assert found.conftests[0].cumulative > 0.06
    assert found.empty_folders == ("docs", "heavy")
    assert "tests" in {f.name for f in found.folders}


def test_the_packages_of_a_suite(found: Profile) -> None:
    packages = {p.name: p for p in found.packages}
    heavy = packages["heavy"]
    assert (heavy.modules, heavy.named_by, heavy.standard) == (2, 2, False)
    assert heavy.own > 0.06
    assert packages["application"].own > 0.06
    assert packages["decimal"].standard
    assert packages["_pytest"].own > 0
    assert list(found.packages) == sorted(found.packages, key=lambda p: -p.own)


def test_what_would_help(found: Profile) -> None:
    texts = [a.text for a in found.advice]
    assert "heavy is imported by 2 test modules, with 2 modules of its own: " in " ".join(texts)
    conftest = next(a for a in found.advice if a.text.startswith("tests/conftest.py imports"))
    assert conftest.seconds > 0.06
    assert "application" in conftest.text
    assert not any(text.startswith("application") for text in texts)
    assert list(found.advice) == sorted(found.advice, key=lambda a: -a.seconds)


def test_a_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = threading.Event.wait
    monkeypatch.setattr(session_module, "_wait", lambda done, timeout: real(done, 0.01))
    found = profile(root=tmp_path, environment=ENVIRONMENT, timeout=60)
    assert found.problem == "warm-up: killed after 60 s"
    assert (found.warm, found.advice) == (0.0, ())


# The interpreter's import timing

LOG = b"""import time: self [us] | cumulative | imported package
import time:       100 |        100 |   encodings.aliases
noise of a test: import time
import time:       300 |        400 | encodings
import time:        10 |         10 |     b.c
import time:        20 |         30 |   b
import time:         5 |          5 |     a.y
import time:         7 |         12 |   a.x
printed before import time:         1 |         43 | a
import time:         4 |          4 | a.z
"""


def test_read_imports() -> None:
    assert read_imports(LOG) == [
        Import("encodings.aliases", 0.0001, 0.0001, ("encodings",)),
        Import("encodings", 0.0003, 0.0004, ()),
        Import("b.c", 0.00001, 0.00001, ("a", "b")),
        Import("b", 0.00002, 0.00003, ("a",)),
        Import("a.y", 0.000005, 0.000005, ("a", "a.x")),
        Import("a.x", 0.000007, 0.000012, ("a",)),
        Import("a", 0.000001, 0.000043, ()),
        Import("a.z", 0.000004, 0.000004, ()),
    ]


def test_packages_of() -> None:
    packages = packages_of([*read_imports(LOG), Import("a.y", 0.0, 0.0, ())], {"b": 3})
    assert [p.name for p in packages] == ["encodings", "b", "a"]
    _, b, a = packages
    assert b.own == pytest.approx(0.00003)
    assert b.cumulative == pytest.approx(0.00003)
    assert (b.modules, b.named_by, b.first) == (2, 3, "a")
    assert a.own == pytest.approx(0.000017)
    assert a.cumulative == pytest.approx(0.000047)
    assert (a.modules, a.first) == (4, "")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b, c as d\nfrom e.f import g", {"a", "c", "e"}),
        ("from . import a\nfrom .b import c", set()),
        (
            "try:\n    import a\nexcept ImportError:\n    import b\nif c:\n    import d",
            {"a", "b", "d"},
        ),
        ("class A:\n    import a\n    def m(self):\n        import b", {"a"}),
        ("async def f():\n    import a\ng = lambda: __import__('b')", set()),
        ("1 +", set()),
        ("\0", set()),
    ],
)
def test_imported_names(source: str, names: set[str]) -> None:
    assert imported_names(source.encode()) == names


# Advice, from values


def advice(
    document: dict[str, Any],
    *,
    cold: float = 1.0,
    warm: float = 1.0,
    imports: bytes = b"",
    forbidden: bool = False,
) -> list[tuple[float, str]]:
    base: dict[str, Any] = {
        "rootdir": "/nowhere",
        "arguments": ["/nowhere"],
        "testpaths": [],
        "errors": [],
        "modules": {},
        "rewriting": {"seconds": 0.5, "count": 3},
    }
    before, after = (
        Session(True, 0, False, wall, 1.0, 1, {**base, **document}, "", "") for wall in (cold, warm)
    )
    found = profile_module._take_apart(
        Path("/nowhere"), before, after, read_imports(imports), forbidden, ""
    )
    return [(round(a.seconds, 6), a.text) for a in found.advice]


def step(own: float, **imports: float) -> dict[str, Any]:
    cumulative = own + sum(imports.values())
    return {"own": own, "cumulative": cumulative, "imports": imports, "from_cache": True}


def test_advice_about_bytecode() -> None:
    rest = "(0.50 s of it rewrite assertions)"
    assert advice({}, cold=3.0) == [
        (2.0, f"in a fresh checkout there is no bytecode: write it first, once, and keep it {rest}")
    ]
    ((_, text),) = advice({}, cold=3.0, forbidden=True)
    assert text.startswith("PYTHONDONTWRITEBYTECODE keeps each run cold: ")


def test_advice_about_folders() -> None:
    folders = {f: step(0.1) for f in (".", "t", "t/sub", "empty", "empty/more", "t/none")}
    document = {"modules": {"t/sub/test_a.py": step(0.0), "test_top.py": step(0.0)}}
    assert advice({**document, "folders": folders}) == [
        (0.3, '3 folders without a test module are walked: set testpaths = ["t"]')
    ]
    other = "3 folders without a test module: leave them out with norecursedirs"
    assert advice({**document, "folders": folders, "testpaths": ["t"]}) == [(0.3, other)]
    assert advice({**document, "folders": folders, "arguments": ["/nowhere/t"]}) == [(0.3, other)]


def test_advice_about_packages() -> None:
    log = b"".join(
        b"import time: 90000 | 90000 | %s\n" % name
        for name in (b"json", b"one", b"unseen", b"in_conftest", b"two", b"three", b"four")
    )
    log += b"import time: 50000 | 50000 |   below\nimport time: 1 | 50001 | above\n"
    document = {
        "modules": {
            "test_a.py": step(0.0, json=0.09, one=0.09, two=0.09, three=0.09, four=0.09, below=1.0)
        },
        "conftests": {"/nowhere/conftest.py": step(0.0, in_conftest=0.09)},
    }
    texts = [text for _, text in advice(document, imports=log)]
    assert texts == [
        "conftest.py imports in_conftest for every run: import in the fixtures that need it",
        *(
            f"{name} is imported by a test module, with 1 module of its own: import it where it "
            "is used"
            for name in ("one", "two", "three")
        ),
    ]
    only_below = {"modules": {"test_a.py": step(0.0, below=1.0)}}
    ((seconds, text),) = advice(only_below, imports=log)
    assert seconds == 0.05
    assert text.startswith("below is imported by above, with 1 module of its own")


def test_advice_about_the_rest() -> None:
    document = {
        "warnings_building": {"seconds": 0.3, "count": 60},
        "errors": [{"file": "test_a.py"}],
        "modules": {"test_a.py": step(0.2), "test_b.py": step(0.5)},
        "plugin_imports": {"slow": step(0.1), "quick": step(0.01)},
        "conftests": {"/other/conftest.py": step(0.5)},
    }
    assert [(s, t.partition(":")[0]) for s, t in advice(document)] == [
        (0.3, "60 warnings of pytest about what it cannot collect"),
        (0.2, "1 module cannot be collected, and pytest words the errors"),
        (0.1, "the plugin slow is imported by each run"),
    ]


def test_small_things_are_no_advice() -> None:
    document = {"warnings_building": {"seconds": 0.3, "count": 60}}
    assert len(advice(document, warm=29.0, cold=29.0)) == 1
    assert advice(document, warm=31.0, cold=31.0) == []
    assert advice({"warnings_building": {"seconds": 0.019, "count": 3}}) == []


def test_the_file_of_a_module_that_is_gone(tmp_path: Path) -> None:
    assert profile_module._read(tmp_path / "gone.py") == b""
