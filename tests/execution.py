"""Executes generated modules in a fresh process, and returns what could be seen of them.

Run as a program it reads requests, one JSON text a line, and forks for each: a fork of an
interpreter that has run nothing yet is as good as a new one, and starts a hundred times as fast.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import io
import json
import os
import re
import signal
import subprocess
import sys
import types
import unittest.mock
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

#: Imported once, before the first fork.
PRELOADED = (pytest, unittest.mock)

#: What `sys.path` must have before the shared module can be imported, where a request wants that.
SET_UP = "/set/up"

#: A module to import for what surrounds a copy.
OUTSIDE = """
def show(value): ...
def change(thing):
    thing.changed = 1
    return thing
def passed(*values, **more):
    return values[0] if values else next(iter(more.values()))
def fix():
    import sys
    sys.path.insert(0, "/set/up")
LIMIT = 3
def build(a=1):
    return ["outside", a]
"""

#: Parts of a class or function that Python writes, and that may differ.
_UNSEEN = frozenset(
    {
        *("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
        *("__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__test__"),
        *(
            "__slotnames__",
            "__static_attributes__",
            "__weakref__",
            "__wrapped__",
            "_abc_impl",
            "pytestmark",
        ),
    }
)


class Seen(NamedTuple):
    """What one module showed: how its import ended, what was printed, its names and tests.

    `things` are the functions and classes among its names, each with a description.
    """

    imported: str
    printed: str
    tests: dict[str, str]
    names: list[str]
    things: dict[str, str]


def executed(modules: dict[str, bytes], run: list[str], *, locked: bool = False) -> list[Seen]:
    """Import some modules one after the other, run their tests, and return what was seen.

    Args:
        modules: every module that there is, by its dotted name.
        run: the names of those to run, in order.
        locked: whether the packages are found only once `SET_UP` is on ``sys.path``.

    """
    texts = {name: source.decode("latin-1") for name, source in modules.items()}
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps([texts, run, locked]) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    assert answer.startswith("["), f"the modules ended the process: {answer!r}"
    return [Seen(*one) for one in json.loads(answer)]


@cache
def _server() -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", str(Path(__file__))]
    # It ends when its input does, with this process.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


# In the other process


def _serve() -> None:
    output = sys.stdout
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            signal.alarm(20)
            sys.stdout = io.StringIO()  # what a finalizer prints belongs to no module
            texts, run, locked = json.loads(line)
            answer = json.dumps(_answer(texts, run, locked))
            with os.fdopen(writer, "w") as pipe:
                pipe.write(answer)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            output.write(pipe.read() + "\n")
        output.flush()
        os.waitpid(child, 0)


def _answer(texts: dict[str, str], run: list[str], locked: bool) -> list[Seen]:
    sys.meta_path.insert(0, _Finder(texts, locked))
    sys.setrecursionlimit(400)
    outside: Any = importlib.import_module("outside")
    outside.show = lambda value: print(_shown(value))  # noqa: T201
    return [_seen(name) for name in run]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of a request."""

    def __init__(self, texts: dict[str, str], locked: bool) -> None:
        self._texts = {"outside": OUTSIDE, "kit": "", "later": "", **texts}
        self._locked = locked

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        hidden = self._locked and name.partition(".")[0] in {"kit", "later"}
        if name not in self._texts or (hidden and SET_UP not in sys.path):
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name == "kit")

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = f"/repository/{module.__name__}.py"
        source = self._texts[module.__name__].encode("latin-1")
        code = compile(source, module.__file__, "exec", dont_inherit=True)
        exec(code, module.__dict__)


def _seen(name: str) -> Seen:
    printed = io.StringIO()
    tests: dict[str, str] = {}
    with contextlib.redirect_stdout(printed):
        try:
            module = importlib.import_module(name)
            imported = ""
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is compared
            return Seen(_error(error), printed.getvalue(), {}, [], {})
        found = list(vars(module).items())
        for key, value in found:
            if key.startswith("test_") and inspect.isfunction(value):
                print(key)  # noqa: T201
                try:
                    tests[key] = _shown(_called(value, vars(module)))
                except BaseException as error:  # noqa: BLE001
                    tests[key] = _error(error)
    things = {
        key: _described(value)
        for key, value in found
        if isinstance(value, type) or callable(_plain(value))
    }
    return Seen(imported, printed.getvalue(), tests, sorted(k for k, _ in found), things)


def _error(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, RecursionError):
        return kind
    return f"{kind}: {error}"


def _plain(value: Any) -> Any:
    """Return the function of a fixture, which pytest wraps."""
    if type(value).__module__.startswith("_pytest"):
        return value._get_wrapped_function() if hasattr(value, "_get_wrapped_function") else value
    if isinstance(value, types.FunctionType) and hasattr(value, "__pytest_wrapped__"):
        return value.__pytest_wrapped__.obj  # before pytest 8.4
    return value


def _called(function: Any, names: dict[str, Any]) -> Any:
    """Call a test or fixture with the fixtures of its module."""
    values = {}
    for parameter in inspect.signature(function).parameters:
        value = _called(_plain(names[parameter]), names)
        values[parameter] = next(value) if inspect.isgenerator(value) else value
    result = function(**values)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _shown(value: Any, depth: int = 0) -> str:
    """Return a text of a value: what a test could find out of it."""
    if depth > 3:
        return "..."
    if inspect.iscoroutine(value):
        return f"awaited {_shown(asyncio.run(value), depth + 1)}"
    if inspect.isgenerator(value):
        return f"yields {[_shown(v, depth + 1) for _, v in zip(range(5), value, strict=False)]}"
    if inspect.isasyncgen(value):

        async def items() -> list[Any]:
            return [item async for item in value]

        return f"yields later {[_shown(v, depth + 1) for v in asyncio.run(items())]}"
    if isinstance(value, type):
        return f"class {value.__name__}"
    if inspect.isroutine(value) or isinstance(value, functools.partial):
        return "function"
    if isinstance(value, list | tuple | set | frozenset) and type(value).__module__ == "builtins":
        return f"{type(value).__name__}({', '.join(_shown(v, depth + 1) for v in value)})"
    if type(value).__module__ == "builtins":
        return repr(value)
    own = getattr(value, "__dict__", {})
    state = {k: _shown(v, depth + 1) for k, v in sorted(own.items()) if k != "__doc__"}
    kind = type(value)
    text = repr(value)
    has = [n for n in ("changed", "limit", "note", "run", "extra") if hasattr(value, n)]
    return f"{kind.__name__} {[b.__name__ for b in kind.__mro__]} {state} {text} {has}"


def _described(value: Any) -> str:
    """Return a text of a class or function: what its code is, and what is stored on it."""
    if isinstance(value, type):
        own = {k: v for k, v in vars(value).items() if k not in _UNSEEN}
        parts = {k: _described_member(v) for k, v in sorted(own.items())}
        return f"class {[b.__name__ for b in value.__mro__]} {parts}"
    return _described_member(_plain(value))


def _described_member(value: Any) -> str:
    if isinstance(value, staticmethod | classmethod):
        return f"{type(value).__name__} {_described_member(value.__func__)}"
    if isinstance(value, property):
        return f"property {_described_member(value.fget)}"
    if not isinstance(value, types.FunctionType):
        return _shown(value) if not isinstance(value, enum.Enum) else repr(value)
    signature = inspect.signature(value)
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    plain = signature.replace(parameters=parameters, return_annotation=signature.empty)
    stored = sorted(k for k in vars(value) if k not in _UNSEEN)
    flags = value.__code__.co_flags & 0x2A0  # generator, coroutine, asynchronous generator
    return f"function {plain} {stored} {flags}"


def same_names(text: str, renamed: dict[str, str]) -> str:
    """Return a text without what an import may change: addresses, modules, qualified names.

    Args:
        text: of what was seen.
        renamed: the local names of copies, and the names of what stands for them.

    """
    text = re.sub(r"0x[0-9a-f]+|(?<=id=.)\d+", "0x", text)  # a mock tells its id in decimals
    text = re.sub(r"[\w.]+\.<locals>\.", "", text)
    text = re.sub(r"\b(kit\.tools|test_a|test_b|Holder)\.(?=\w)", "", text)
    for local, name in renamed.items():
        text = re.sub(rf"\b{local}\b", name, text)
    return text


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    gc.freeze()
    _serve()
