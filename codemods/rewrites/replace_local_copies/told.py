"""What tells in which module a definition stands, or by which name: an import would change that."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from contextlib import suppress

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import ModuleNames, last_name
from codemods.engine.scopes import FUNCTIONS
from codemods.engine.text import reason_at
from codemods.engine.walk import walk
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.collected import is_fixture
from codemods.rewrites.replace_local_copies.parents import Parents
from codemods.rewrites.replace_local_copies.stores import SETTERS

#: Calls whose arguments are classes to expect, and texts to match.
RAISING = frozenset(
    {
        *("raises", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp", "suppress"),
        *("assertWarns", "assertWarnsRegex", "warns", "cast"),
    }
)
PATCHING = frozenset({"patch", "setattr"})
#: Calls that find a module or what is in it by a dotted path.
_LEADING = frozenset({*(SETTERS - {"dict"}), *PATCHING, "getLogger", "import_module"})
_PICKLES = re.compile(rb"pickl|\bdill\b", re.IGNORECASE)
#: Where ``__name__`` stands beside other values.
_BESIDE = (
    *(ast.Tuple, ast.List, ast.Set, ast.Dict),
    *(ast.Compare, ast.FormattedValue, ast.BinOp),
)


def tells_of_its_module(
    name: str, module: ParsedModule, parents: Parents, tests: PytestNames
) -> Iterator[tuple[ast.expr, Reason]]:
    """Yield what a library may compare with the ``__module__`` of a class or function.

    That is the dotted name of the file in a text, alone or with that of the definition behind
    it, and ``__name__`` beside other values. In a patch it leads to the name, which stays.
    """
    found: list[ast.expr] = [
        node
        for node in _texts_of_module(name, module, tests)
        if not isinstance(parents.of(node).above, ast.Expr)
    ]
    for mention in module.names.mentions.get("__name__", ()):
        above = parents.of(mention).above
        is_beside = isinstance(above, _BESIDE) or _is_comparison(above)
        if is_beside and not _is_of_script(above):
            found.append(mention)
    yield from ((n, _compared(n)) for n in found if not _leads_to_the_module(n, parents))


@functools.lru_cache(maxsize=8)
def _is_of_script(node: ast.AST) -> bool:
    return "__main__" in ast.unparse(node)


def compares_its_file(module: ParsedModule, parents: Parents) -> Iterator[tuple[ast.expr, Reason]]:
    """Yield what is compared with the file: a traceback, a warning or a record of logging tells it.

    That is ``__file__`` and what else means the file, the name of the file in a text, or alone, and
    a variable with its path or text.
    """
    names = module.names
    own = [
        *names.mentions.get("__file__", ()),
        *_texts_of_file(module),
        *(
            node
            for node in _files_of(module)
            if node.attr in _OF_CODE or _is_of_pytest(node, parents)
        ),
    ]
    variables: set[str] = set()
    for node in own:
        for above, _ in parents.above(node):
            if _is_comparison(above):
                yield node, _compared(node)
            elif isinstance(above, ast.Assign) and (above.value is node or _is_path(above.value)):
                variables |= {t.id for t in above.targets if isinstance(t, ast.Name)}
    compared = [*names.of_kind(ast.Compare), *names.of_kind(ast.Call)] if variables else []
    for node in filter(_is_comparison, compared):
        if any(isinstance(n, ast.Name) and n.id in variables for n in walk(node)):
            yield node, _compared(node)


#: What leads from ``__file__`` to the path, the name and the text of the file, not to its folder.
_OF_FILES = frozenset(
    {
        *("Path", "__file__", "abspath", "as_posix", "basename", "fspath", "name", "open", "os"),
        *("path", "pathlib", "read", "read_text", "realpath", "request", "resolve", "stem", "str"),
    }
)


def _is_path(node: ast.expr) -> bool:
    return _OF_FILES.issuperset(re.findall(r"\w+", ast.unparse(node)))


#: What tells where code stands: an edit moves the lines of what follows, too.
_OF_CODE = frozenset({"co_filename", "co_firstlineno", "f_lineno", "lineno", "tb_lineno"})


@functools.lru_cache(maxsize=1)  # all copies in a file ask one after the other
def _files_of(module: ParsedModule) -> list[ast.Attribute]:
    """Return what means a file, or a place in it, be it that of the module, without its name."""
    found = module.names.of_kind(ast.Attribute)
    of_request = {"fspath", "module", "path"}
    return [
        a
        for a in found
        if a.attr in _OF_CODE
        or (a.attr in of_request and isinstance(a.value, ast.Name) and a.value.id == "request")
    ]


def _is_of_pytest(request: ast.Attribute, parents: Parents) -> bool:
    """Whether it may be the request of a test or fixture, and is not that of a web server."""
    above = (place.above for place in parents.above(request))
    function = next((node for node in above if isinstance(node, FUNCTIONS)), None)
    return function is not None and (function.name.startswith("test") or is_fixture(function))


#: A pattern that takes no long time, as it repeats few things.
_PLAIN = re.compile(r"[^*+?(){}]*([*+?][^*+?(){}]*){0,2}")


@functools.lru_cache(maxsize=1)  # all copies in a file ask one after the other
def filters_by_module(module: ParsedModule) -> list[tuple[ast.expr, Reason]]:
    """Return the filters of warnings that may be for the module alone.

    A warning has the module of the code that warns, which would be the shared one:
    https://docs.python.org/3/library/warnings.html#describing-warning-filters
    """
    found = filtered_modules(module.names)
    return [(call, _compared(call)) for call, p in found if may_match(p, module.path)]


def filtered_modules(names: ModuleNames) -> Iterator[tuple[ast.Call, str]]:
    """Yield the filters of warnings by modules, each with its pattern; of any where not known."""
    for call in names.of_kind(ast.Call):
        match last_name(call.func), call.args:
            case ("filterwarnings", [ast.Constant(str(text))]) | (
                "addinivalue_line",
                [ast.Constant("filterwarnings"), ast.Constant(str(text))],
            ) if not call.keywords:  # a mark, an option
                yield call, module_filtered_by(text)
            case "filterwarnings", arguments:
                wanted = [*arguments[3:4], *(k.value for k in call.keywords if k.arg == "module")]
                for value in wanted:
                    yield call, str(value.value) if isinstance(value, ast.Constant) else ".*"


def module_filtered_by(text: str) -> str:
    """Return the pattern of modules in a filter of warnings as pytest takes it, empty without."""
    return "".join(text.split(":")[3:4]).strip()


def may_match(pattern: str, path: str) -> bool:
    """Whether a pattern may match a dotted name that the module of a file may have.

    One that might take for ever is not tried.
    """
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    names = (".".join(parts[number:]) for number in range(len(parts)))
    if not _PLAIN.fullmatch(pattern):
        return True
    with suppress(re.error):
        return bool(pattern) and any(re.match(pattern, name) for name in names)
    return False


def _compared(node: ast.expr) -> Reason:
    message = f"its module, which would be another, may be compared with `{short(node)}`"
    return reason_at(node, Code.MODULE_DEPENDENT, message)


def _is_comparison(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return last_name(node.func).startswith(("assert", "endswith", "startswith"))
    return isinstance(node, ast.Compare)


@functools.lru_cache(maxsize=1)  # all copies in a file ask one after the other
def _texts_of_file(module: ParsedModule) -> list[ast.Constant]:
    stem = re.escape(module.stem)
    path = re.compile(rf"(?<!\w){stem}\.pyc?(?!\w)|\A{stem}\Z")
    return [n for n in module.names.of_kind(ast.Constant) if _is_text(n.value, path)]


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return isinstance(value, str) and pattern.search(value) is not None


@functools.lru_cache(maxsize=1)
def _texts_of_module(name: str, module: ParsedModule, tests: PytestNames) -> list[ast.Constant]:
    """Return the texts that have the dotted name of the file in them, or of a definition in it."""
    stem, name = re.escape(module.stem), re.escape(name)
    before = r"(?<!\w)" if tests.has_file(module.path) else r"(?<=\w\.)"
    path = re.compile(rf"(?<!\w){stem}[.:]{name}(?!\w)|{before}{stem}(?!\w|[.:/-]\w)")
    return [n for n in module.names.of_kind(ast.Constant) if _is_text(n.value, path)]


def _leads_to_the_module(node: ast.expr, parents: Parents) -> bool:
    """Whether an expression is in a call that looks for the module, which stays."""
    above = (place.above for place in parents.above(node))
    call = next((a for a in above if isinstance(a, ast.Call)), None)
    return call is not None and last_name(call.func) in _LEADING


@functools.lru_cache(maxsize=1)  # all copies in a file ask one after the other
def pickles(module: ParsedModule) -> tuple[Reason, ...]:
    """Return the first mention of pickling: what is nested cannot be pickled, and an import can.

    What a function makes with `collections.namedtuple` can be, in the module of that alone. A name
    or a comment is enough, as the code that pickles may stand in another file:
    https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled
    """
    found = _PICKLES.search(module.source)
    if found is None:
        return ()
    line = module.source.count(b"\n", 0, found.start()) + 1
    message = "what is pickled is found by its module and name, which an import changes"
    return (Reason(Code.ESCAPES, line, message),)


def qualified_names(names: ModuleNames) -> Iterator[Reason]:
    """Yield what may ask a nested definition, or what it made, for its name in the function."""
    for attribute in names.of_kind(ast.Attribute):
        if attribute.attr == "__qualname__":
            message = f"`{short(attribute)}` may be that of a nested definition, which is another"
            yield reason_at(attribute, Code.ESCAPES, message)


def name_checks(name: str, names: ModuleNames) -> Iterator[Reason]:
    """Yield the comparisons with the name of a definition whose object has another one.

    Texts are compared by operators, and by `raises(..., match=...)`, which may have them from a
    variable or a parameter.
    """
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    calls = [c for c in names.of_kind(ast.Call) if last_name(c.func) in RAISING | {"parametrize"}]
    texts = [a for a in names.of_kind(ast.Assign) if isinstance(a.value, ast.Constant)]
    places: list[ast.expr | ast.stmt] = [*names.of_kind(ast.Compare), *calls, *texts]
    for node in places:
        if any(_is_text(n.value, word) for n in walk(node) if isinstance(n, ast.Constant)):
            message = f"`{short(node)}` may compare with its name, which is another there"
            yield reason_at(node, Code.ESCAPES, message)


@functools.lru_cache(maxsize=8)  # many mentions may stand in one expression
def short(node: ast.AST) -> str:
    """Return the first line of a node, and not all of a long one."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 50 else f"{text[:47]}..."
