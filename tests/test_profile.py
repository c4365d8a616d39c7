"""Where the time goes: of a suite made for it, and of values made by hand."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.measure import process as process_module
from codemods.measure import profile as profile_module
from codemods.measure.model import CollectionError, Cost, Import, Profile, Step
from codemods.measure.profile import imported_names, packages_of, profile
from codemods.measure.record import SessionFacts, SessionRecord
from codemods.measure.session import Pytest, Session

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
        "heavy/inner.py": "import colorsys",
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
    return profile(Pytest(suite, environment=ENVIRONMENT, timeout=60))


def test_the_parts_of_a_suite(found: Profile) -> None:
    assert found.problem == ""
    assert found.warm_seconds > found.collection_seconds > 0.12
    assert found.warm_seconds == pytest.approx(found.start_seconds + found.collection_seconds)
    modules = {m.name: m for m in found.module_times}
    assert sorted(modules) == ["tests/test_a.py", "tests/test_b.py"]
    assert (
        modules["tests/test_a.py"].cumulative_seconds
        > 0.06
        > modules["tests/test_a.py"].own_seconds
    )
    assert modules["tests/test_b.py"].own_seconds > 0.06
    assert all(m.from_cache for m in found.module_times)
    assert found.rewriting.count >= 4
    assert found.rewriting.seconds > 0
    assert found.warnings_building.count == 1
    assert [c.name for c in found.conftest_times] == ["tests/conftest.py", "conftest.py"]
    assert found.conftest_times[0].cumulative_seconds > 0.06
    assert found.empty_folders == ("docs", "heavy")
    assert "tests" in {f.name for f in found.folder_times}


def test_the_packages_of_a_suite(found: Profile) -> None:
    packages = {p.name: p for p in found.package_times}
    heavy = packages["heavy"]
    assert (heavy.module_count, heavy.importer_count, heavy.is_standard) == (2, 2, False)
    assert heavy.own_seconds > 0.06
    assert packages["application"].own_seconds > 0.06
    assert packages["colorsys"].is_standard
    firsts = {name: packages[name].first_importer for name in ("heavy", "application", "colorsys")}
    assert firsts == {"heavy": "", "application": "", "colorsys": "heavy.inner"}
    assert list(found.package_times) == sorted(found.package_times, key=lambda p: -p.own_seconds)


def test_what_would_help(found: Profile) -> None:
    texts = [a.message for a in found.advice]
    assert "heavy is imported by 2 test modules, with 2 modules of its own: " in " ".join(texts)
    conftest = next(a for a in found.advice if a.message.startswith("tests/conftest.py imports"))
    assert conftest.seconds > 0.06
    assert "application" in conftest.message
    assert not any(text.startswith("application") for text in texts)
    assert list(found.advice) == sorted(found.advice, key=lambda a: -a.seconds)


def test_a_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = threading.Event.wait
    monkeypatch.setattr(process_module, "_wait", lambda done, timeout, watch: real(done, 0.01))
    found = profile(Pytest(tmp_path, environment=ENVIRONMENT, timeout=60))
    assert found.problem == "warm-up: killed after 60 s"
    assert (found.warm_seconds, found.advice) == (0.0, ())


# Packages

IMPORTS = [
    Import("encodings.aliases", 0.0001, 0.0001, ["encodings"]),
    Import("encodings", 0.0003, 0.0004, []),
    Import("b.c", 0.00001, 0.00001, ["a", "b"]),
    Import("b", 0.00002, 0.00003, ["a"]),
    Import("a.y", 0.000005, 0.000005, ["a", "a.x"]),
    Import("a.x", 0.000007, 0.000012, ["a"]),
    Import("a", 0.000001, 0.000043, []),
    Import("a.z", 0.000004, 0.000004, []),
]


def test_packages_of() -> None:
    packages = packages_of([*IMPORTS, Import("a.y", 0.0, 0.0, [])], {"b": 3})
    assert [p.name for p in packages] == ["encodings", "b", "a"]
    _, b, a = packages
    assert b.own_seconds == pytest.approx(0.00003)
    assert b.cumulative_seconds == pytest.approx(0.00003)
    assert (b.module_count, b.importer_count, b.first_importer) == (2, 3, "a")
    assert a.own_seconds == pytest.approx(0.000017)
    assert a.cumulative_seconds == pytest.approx(0.000047)
    assert (a.module_count, a.first_importer) == (4, "")


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


FACTS = SessionFacts(pytest="9", rootdir="/nowhere", arguments=("/nowhere",))


def advice(
    *steps: tuple[str, Step],
    facts: SessionFacts = FACTS,
    errors: Sequence[str] = (),
    building: Cost | None = None,
    cold: float = 1.0,
    warm: float = 1.0,
    imports: Sequence[Import] = (),
    keeps_bytecode: bool = True,
) -> list[tuple[float, str]]:
    """Return the advice about one run, of which each step has a kind."""
    record = SessionRecord(
        facts=facts,
        exit_code=0,
        errors={file: CollectionError(file, file, "") for file in errors},
        rewriting=Cost(0.5, 3),
        warnings_building=building or Cost(),
        imports=list(imports),
    )
    for kind, one in steps:
        getattr(record, kind)[one.name] = one
    before, after = (Session(record, "", wall, 1.0) for wall in (cold, warm))
    found = profile_module._figures(Path("/nowhere"), before, after, "")
    helpful = profile_module._advice(found, record, keeps_bytecode)
    return [(round(a.seconds, 6), a.message) for a in helpful]


def step(kind: str, name: str, own: float, **imports: float) -> tuple[str, Step]:
    return kind, Step(name, own, own + sum(imports.values()), imports, from_cache=True)


def test_advice_about_bytecode() -> None:
    rest = "(0.50 s of it rewrite assertions)"
    assert advice(cold=3.0) == [
        (2.0, f"in a fresh checkout there is no bytecode: write it first, once, and keep it {rest}")
    ]
    ((_, text),) = advice(cold=3.0, keeps_bytecode=False)
    assert text.startswith("PYTHONDONTWRITEBYTECODE keeps each run cold: ")


def test_advice_about_folders() -> None:
    names = (".", "t", "t/sub", "empty", "empty/more", "t/none")
    steps = [
        *(step("folders", name, 0.1) for name in names),
        *(step("modules", name, 0.0) for name in ("t/sub/test_a.py", "test_top.py")),
    ]
    assert advice(*steps) == [
        (0.3, '3 folders without a test module are walked: set testpaths = ["t"]')
    ]
    other = "3 folders without a test module: leave them out with norecursedirs"
    for facts in (FACTS._replace(testpaths=("t",)), FACTS._replace(arguments=("/nowhere/t",))):
        assert advice(*steps, facts=facts) == [(0.3, other)]


def test_advice_about_packages() -> None:
    names = ("json", "one", "unseen", "in_conftest", "two", "three", "four")
    seen = [Import(name, 0.09, 0.09, []) for name in names]
    seen += [Import("below", 0.05, 0.05, ["above"]), Import("above", 1e-6, 0.050001, [])]
    imported = dict.fromkeys(("json", "one", "two", "three", "four"), 0.09)
    module = step("modules", "test_a.py", 0.0, **imported, below=1.0)
    conftest = step("conftests", "/nowhere/conftest.py", 0.0, in_conftest=0.09)
    texts = [text for _, text in advice(module, conftest, imports=seen)]
    assert texts == [
        "conftest.py imports in_conftest for every run: import in the fixtures that need it",
        *(
            f"{name} is imported by a test module, with 1 module of its own: import it where it "
            "is used"
            for name in ("one", "two", "three")
        ),
    ]
    ((seconds, text),) = advice(step("modules", "test_a.py", 0.0, below=1.0), imports=seen)
    assert seconds == 0.05
    assert text.startswith("below is imported by above, with 1 module of its own")


def test_advice_about_the_rest() -> None:
    found = advice(
        *(step("modules", name, own) for name, own in (("test_a.py", 0.2), ("test_b.py", 0.5))),
        *(step("plugins", name, own) for name, own in (("slow", 0.1), ("quick", 0.01))),
        step("conftests", "/other/conftest.py", 0.5),
        building=Cost(0.3, 60),
        errors=["test_a.py"],
    )
    assert [(s, t.partition(":")[0]) for s, t in found] == [
        (0.3, "60 warnings of pytest about what it cannot collect"),
        (0.2, "1 module cannot be collected, and pytest words the errors"),
        (0.1, "the plugin slow is imported by each run"),
    ]


def test_small_things_are_no_advice() -> None:
    cost = Cost(0.3, 60)
    assert len(advice(building=cost, warm=29.0, cold=29.0)) == 1
    assert advice(building=cost, warm=31.0, cold=31.0) == []
    assert advice(building=Cost(0.019, 3)) == []


def test_the_file_of_a_module_that_is_gone(tmp_path: Path) -> None:
    assert profile_module._read(tmp_path / "gone.py") == b""
