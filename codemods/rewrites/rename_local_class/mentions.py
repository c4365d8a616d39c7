"""What a file does with a class by its name: what means it, and what cannot be told."""

from __future__ import annotations

import ast
import bisect
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import PurePath

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import all_args, bound_names, is_star, last_name, own_nodes
from codemods.engine.plan import Renamed
from codemods.engine.renaming import lines_in_utf8
from codemods.engine.rows import first_line, is_string
from codemods.engine.scopes import DEFINITIONS, FUNCTIONS, Definition, bound_in, free_names
from codemods.engine.text import parse, reason_at
from codemods.engine.walk import walk
from codemods.model import Code, Reason
from codemods.rewrites.collected import is_fixture
from codemods.rewrites.replace_local_copies.local import has_private_names, is_private
from codemods.rewrites.replace_local_copies.parents import Parents
from codemods.rewrites.replace_local_copies.shared import bare
from codemods.rewrites.replace_local_copies.sharing import is_harmless_base, is_harmless_decorator
from codemods.rewrites.replace_local_copies.stores import stores_of

#: Functions that give a module, or what is in one, by a name or by something in it.
_FINDING = frozenset({"getmodule", "resolve_name", "run_module", "run_path"})
#: Names and attributes by which code reaches what it does not name, or asks for a name.
_DYNAMIC = _FINDING | {"eval", "exec", "globals", "locals", "__qualname__"}
_DYNAMIC_ATTRIBUTES = _FINDING | {
    *("__globals__", "__name__", "__qualname__", "__subclasses__"),
    *("f_builtins", "f_globals", "f_locals"),
}
_DYNAMIC_TEXT = re.compile(rf"\b(?:{'|'.join(sorted(_DYNAMIC_ATTRIBUTES))})\b")
_IMPORTING = frozenset({"__import__", "import_module", "importorskip"})
#: Calls that take a dotted name as text.
_PATCHING = frozenset({"delattr", "dict", "multiple", "patch", "setattr"})
#: Types with arguments that are no types.
_WITH_VALUES = frozenset({"Annotated", "Literal"})
#: Line and column.
_Place = tuple[int, int]


class File:
    """What one file does with the classes of one name."""

    def __init__(self, module: ParsedModule, name: str, lines: Iterable[int]) -> None:
        self.module = module
        self._text = module.text
        self.name = name
        self._word = re.compile(rf"\b{re.escape(name)}\b")
        self._tree = parse(module.source)  # annotations that are texts are parsed in it
        self._quoted: dict[int, ast.Constant] = {}  # the texts, by the names in them
        self._unquote_annotations()
        self._nodes = walk(self._tree)
        at = set(lines)
        self.classes = [
            n
            for n in self._nodes
            if isinstance(n, ast.ClassDef) and n.name == name and first_line(n) in at
        ]

    def line_of(self, name: str) -> int | None:
        """Return the first line with a word, None without one."""
        return next((line for line, _ in _words_in(self._text, name)), None)

    @property
    def globals(self) -> set[str]:
        """The name, where it is a global one."""
        return {self.name} if any(s is self._tree for s in self._scopes) else set()

    def sets_attributes(self) -> int | None:
        """Return the line where an attribute of a class is set from outside, None without one."""
        stores = (store for node in self._nodes for store in stores_of(node))
        own = (s for s in stores if s.owner is not None and id(s.owner) in self._meaning)
        return next((store.node.lineno for store in own), None)

    def places(self, new: str) -> list[Renamed]:
        """Return each place where the name stands for one of the classes."""
        return [Renamed(*at, self.name, new) for _, spots in self._located for at in spots]

    def reasons(self, harmless: frozenset[str]) -> Iterator[Reason]:
        """Yield what forbids to rename the classes, but for their new name.

        `harmless` are dotted names of the bases and decorators that do not look at the name.
        """
        yield from (r for node in self.classes for r in self._kind(node, harmless))
        yield from self._rebound()
        yield from (_unclear(node, what) for node, what in self._unclear())
        yield from (_unclear(node, "it may be in the id of a test") for node in self._parameters())
        what = f"the string has `{self.name}` in it, and may mean it"
        yield from (_unclear(n, what) for n in self._texts if not self._is_told(n))
        yield from self._unplaced()

    # Scopes

    @cached_property
    def _scopes(self) -> list[ast.Module | Definition]:
        """The scopes that the classes are defined in."""
        parents = Parents(self._tree)
        kinds = (ast.Module, *DEFINITIONS)
        found: dict[int, ast.Module | Definition] = {}
        for node in self.classes:
            above = (place.above for place in parents.above(node))
            scope = next(n for n in above if isinstance(n, kinds))
            found[id(scope)] = scope
        return list(found.values())

    @cached_property
    def _mentions(self) -> list[ast.Name]:
        """The names that mean one of the classes, those in annotations that are texts included."""
        wanted = {n for s in self._scopes for n, name in self._free(s).items() if name == self.name}
        return [n for n in self._nodes if isinstance(n, ast.Name) and id(n) in wanted]

    def _free(self, scope: ast.AST) -> dict[int, str]:
        return free_names(ast.Module(getattr(scope, "body", []), [])).nodes

    def _rebound(self) -> Iterator[Reason]:
        """Yield what else binds the name, or may."""
        own = set(map(id, self.classes))
        for scope in self._scopes:
            if isinstance(scope, ast.ClassDef):
                what = f"it is an attribute of class `{scope.name}`"
                yield Reason(Code.NESTED, scope.lineno, what)
            binding = [n for n in own_nodes(scope.body) if is_star(n) or self._binds(n)]
            if isinstance(scope, FUNCTIONS):
                binding += filter(self._binds, all_args(scope.args))
            lines = (getattr(node, "lineno", 1) for node in binding if id(node) not in own)
            yield from map(self._bound_again, lines)
        # Classes and comprehensions: from 3.12 on, symbol tables show the latter in the former.
        for node in self._nodes:
            match node:
                case ast.Global(names=names) | ast.Nonlocal(names=names) if self.name in names:
                    yield self._bound_again(node.lineno)
                case ast.ClassDef(body=body) if self.name in bound_in(body):
                    yield self._bound_again(node.lineno)
                case ast.comprehension(target=target) if any(map(self._binds, walk(target))):
                    yield self._bound_again(target.lineno)
        if not self.globals and self.name in self.module.names.bindings:
            yield self._bound_again(self.module.names.bindings[self.name][0].line)
        if hasattr(builtins, self.name):
            yield Reason(Code.REBOUND, self.classes[0].lineno, f"`{self.name}` is a builtin, too")

    def _bound_again(self, line: int) -> Reason:
        return Reason(Code.REBOUND, line, f"`{self.name}` may be bound again on line {line}")

    def _binds(self, node: ast.AST) -> bool:
        names = [node.arg] if isinstance(node, ast.arg) else [name for name, _ in bound_names(node)]
        return self.name in names

    def _is_named(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self.name

    # The class itself

    def _kind(self, node: ast.ClassDef, harmless: frozenset[str]) -> Iterator[Reason]:
        """Yield what of a class, and of its bases in the file, may look at its name."""
        names = self.module.names
        for decorator in node.decorator_list:
            if not is_harmless_decorator(decorator, names, harmless, frozenset()):
                what = f"`@{ast.unparse(decorator)}` may read its name"
                yield reason_at(decorator, Code.UNKNOWN_KIND, what)
        family = [node]
        for one in family:  # which grows meanwhile
            keywords = [k.value for k in one.keywords]
            for base in [*one.bases, *keywords]:
                base = base.value if isinstance(base, ast.Subscript) else base
                above = self._by_name.get(base.id) if isinstance(base, ast.Name) else None
                if above is not None and base not in keywords:
                    family += [above] if above not in family else []
                elif above is not None or not is_harmless_base(base, names, harmless, frozenset()):
                    what = f"`{ast.unparse(base)}` may read the names of its subclasses"
                    yield reason_at(base, Code.UNKNOWN_KIND, what)
        texts = [n for n in walk(node) if isinstance(n, ast.Constant)]
        example = next((n for n in texts if ">>>" in str(n.value)), None)
        if example is not None:
            yield _unclear(example, "it is in the id of the doctest")
        has_private = has_private_names(node) or any(is_private(str(n.value)) for n in texts)
        mangled = f"_{bare(self.name)}__"
        if has_private or self.name.startswith("__") or mangled in self._text:
            what = f"its private names begin with `{mangled}`, which would change"
            yield Reason(Code.UNCLEAR_MENTION, node.lineno, what)

    @cached_property
    def _by_name(self) -> dict[str, ast.ClassDef]:
        return {n.name: n for n in self._nodes if isinstance(n, ast.ClassDef)}

    # Mentions

    def _unclear(self) -> Iterator[tuple[ast.AST, str]]:
        """Yield what may mean the class, or ask for its name, in ways that cannot be followed."""
        told = self._alone.union(map(id, self._told_apart()))
        for node in self._nodes:
            match node:
                case _ if id(node) in told:
                    pass
                case ast.Name(id=name) if name in _DYNAMIC:
                    yield node, f"`{name}` may reach it by its name"
                case ast.Attribute(attr=attr) if attr in _DYNAMIC_ATTRIBUTES:
                    yield node, f"`{ast.unparse(node)}` may be its name"
                case ast.Attribute(attr=attr) if attr == self.name or self._is_module(node):
                    yield node, f"`{ast.unparse(node)}` may be it, or its module"
                case ast.Constant(value=str(text)) if _DYNAMIC_TEXT.search(text):
                    yield node, "this text may ask for its name"
                case ast.Call(func=func, args=[]) if last_name(func) in {"dir", "vars"}:
                    yield node, f"`{ast.unparse(func)}` may reach it by its name"
                case ast.Call(func=func, args=[path, *_]) if last_name(func) in _IMPORTING:
                    if not isinstance(path, ast.Constant) or last_name(path) == self.module.stem:
                        yield node, f"`{ast.unparse(func)}` may reach it by its name"
                case ast.keyword(arg=self.name):
                    yield node.value, f"`{self.name}=` may set it by its name"
                case ast.ImportFrom(module="sys") if any(a.name == "modules" for a in node.names):
                    yield node, "`sys.modules` may be its module"
                case ast.alias(name="sys", asname=str()):
                    yield node, "`sys.modules` may be its module"
                case ast.alias(name=path):
                    if not {self.name, self.module.stem}.isdisjoint(path.split(".")):
                        yield node, f"`{path}` may be it, or its module"

    def _told_apart(self) -> Iterator[ast.AST]:
        """Yield what cannot mean the class after all.

        That is `"x" in locals()`, as any text with its name is looked at by itself, and where no
        instance of it can be raised, `type(e).__name__` of what was.
        """
        can_be_raised = any(c.bases or c.keywords for c in self.classes)
        for node in self._nodes:
            match node:
                case ast.Compare(
                    left=ast.Constant(),
                    ops=[ast.In() | ast.NotIn()],
                    comparators=[ast.Call(func=ast.Name() as func, args=[]) as call],
                ):
                    yield from (call, func)
                case ast.ExceptHandler(name=str(name), body=body) if (
                    not can_be_raised and name not in bound_in(body)
                ):
                    of_type = {f"type({name})", f"{name}.__class__"}
                    for inner in own_nodes(body):
                        if isinstance(inner, ast.Attribute) and ast.unparse(inner.value) in of_type:
                            yield inner

    def _parameters(self) -> Iterator[ast.expr]:
        """Yield where the class may become a parameter of a test: pytest has its name in the id.

        https://docs.pytest.org/en/stable/example/parametrize.html#different-options-for-test-ids
        """
        types = {id(n) for node in self._nodes for t in _types_of(node) for n in walk(t)}
        calls = {id(n.func) for n in self._nodes if isinstance(n, ast.Call)}
        is_plain = not any(c.bases or c.keywords or c.decorator_list for c in self.classes)
        has_parameters = b"param" in self.module.source  # ``parametrize``, or ``params=``
        told = types | self._run_in_tests | (calls if is_plain else set())
        for node in self._mentions:
            if id(node) not in told and (has_parameters or id(node) in self._of_decorators):
                yield node

    @cached_property
    def _run_in_tests(self) -> set[int]:
        """The nodes of what pytest calls when it runs a test, and has all ids."""
        tests = (
            f
            for f in self._nodes
            if isinstance(f, FUNCTIONS) and (f.name.startswith("test") or is_fixture(f))
        )
        return {id(n) for f in tests for n in walk(*f.body)}

    @cached_property
    def _of_decorators(self) -> set[int]:
        """The nodes of the decorators of functions, but for those that patch something."""
        found = (d for f in self._nodes if isinstance(f, FUNCTIONS) for d in f.decorator_list)
        return {id(n) for d in found if "patch" not in ast.unparse(d) for n in walk(d)}

    def _is_module(self, node: ast.Attribute) -> bool:
        return (last_name(node.value), node.attr) in {("sys", "modules"), ("request", "module")}

    @cached_property
    def _texts(self) -> list[ast.Constant]:
        """The strings that have the name in them, but for those that stand alone."""
        found = {id(n): n for n in [*self._nodes, *self._quoted.values()]}
        texts = (n for n in found.values() if isinstance(n, ast.Constant) and self._is_in(n.value))
        return [n for n in texts if id(n) not in self._alone or ">>>" in str(n.value)]

    @cached_property
    def _alone(self) -> set[int]:
        """The strings that stand alone, as docstrings do."""
        return {id(s.value) for s in self._nodes if isinstance(s, ast.Expr) and is_string(s)}

    def _is_in(self, value: object) -> bool:
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        return isinstance(text, str) and self._word.search(text) is not None

    def _is_told(self, node: ast.Constant) -> bool:
        """Whether the name in a string is that of the class."""
        inside = self._names_in.get(id(node))
        if inside is not None:
            count = len(self._word.findall(str(node.value)))
            return len(inside) == count and self._meaning.issuperset(inside)
        return id(node) in self._exported or id(node) in self._patched

    @cached_property
    def _names_in(self) -> dict[int, list[int]]:
        """The names in each annotation that is a text."""
        found: dict[int, list[int]] = defaultdict(list)
        for name, text in self._quoted.items():
            found[id(text)].append(name)
        return found

    @cached_property
    def _meaning(self) -> frozenset[int]:
        return frozenset(map(id, self._mentions))

    @cached_property
    def _exported(self) -> set[int]:
        """The texts of ``__all__`` that are the name of a class at the top of the module."""
        texts = exported(self._tree) if self.globals else ()
        return {id(t) for t in texts if isinstance(t, ast.Constant) and t.value == self.name}

    @cached_property
    def _patched(self) -> set[int]:
        """The texts that lead a patch to the class by the dotted name of this module."""
        calls = [n for n in self._nodes if isinstance(n, ast.Call) and n.args and self.globals]
        firsts = (c.args[0] for c in calls if last_name(c.func) in _PATCHING)
        return {id(n) for n in firsts if isinstance(n, ast.Constant) and self._leads_here(n.value)}

    def _leads_here(self, path: object) -> bool:
        parts = path.split(".") if isinstance(path, str) else []
        at = parts.index(self.name) if self.name in parts else 0
        file = PurePath(self.module.path)
        own = [*file.parts[:-1], *([] if file.stem == "__init__" else [file.stem])]
        length = min(at, len(own))
        return (
            bool(length)
            and parts[at - length : at] == own[len(own) - length :]
            and all(part.isidentifier() for part in parts)
            and parts.count(self.name) == 1
        )

    # Annotations that are texts

    def _unquote_annotations(self) -> None:
        for node in walk(self._tree):
            for field in ("annotation", "returns"):
                annotation = getattr(node, field, None)
                if annotation is not None:
                    setattr(node, field, self._unquoted(annotation))

    @cached_property
    def _with_values(self) -> frozenset[str | None]:
        """The names of types with arguments that are no types."""
        imports = (n for n in walk(self._tree) if isinstance(n, ast.ImportFrom))
        return _WITH_VALUES.union(
            a.asname for n in imports for a in n.names if a.name in _WITH_VALUES
        )

    def _unquoted(self, node: ast.expr) -> ast.expr:
        """Return an annotation with its texts parsed, where they have the name in them."""
        match node:
            case ast.Constant(value=str(text)) if self._word.search(text):
                return self._parsed(node, text)
            case ast.Subscript(value=value) if last_name(value) not in self._with_values:
                node.slice = self._unquoted(node.slice)
            case ast.BinOp(left=left, right=right):
                node.left, node.right = self._unquoted(left), self._unquoted(right)
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                node.elts = [self._unquoted(e) for e in elts]
        return node

    def _parsed(self, node: ast.Constant, text: str) -> ast.expr:
        try:
            parsed = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return node
        for inner in walk(parsed):
            ast.copy_location(inner, node)
            if self._is_named(inner):
                self._quoted[id(inner)] = node
        return parsed

    # Places

    @cached_property
    def _located(self) -> list[tuple[ast.ClassDef | ast.Name | ast.Constant, list[_Place]]]:
        """The classes and all that means them, each with its places in the text."""
        names = [n for n in self._mentions if id(n) not in self._quoted]
        texts = [n for n in self._texts if self._is_told(n)]
        nodes: list[ast.ClassDef | ast.Name | ast.Constant] = [*self.classes, *names, *texts]
        return [(node, self._spots(node)) for node in nodes]

    def _spots(self, node: ast.ClassDef | ast.Name | ast.Constant) -> list[_Place]:
        """Return where the name stands in a node, nothing where it is spelled otherwise."""
        start = node.lineno, node.col_offset
        end = node.end_lineno or node.lineno, node.end_col_offset or 0
        words = self._words
        inside = words[bisect.bisect_left(words, start) : bisect.bisect_left(words, end)]
        if isinstance(node, ast.Name):
            return inside if inside == [start] else []
        if isinstance(node, ast.ClassDef):
            return inside[:1]
        return inside if len(inside) == len(self._word.findall(str(node.value))) else []

    @cached_property
    def _words(self) -> list[_Place]:
        return list(_words_in(self._text, self.name))

    def _unplaced(self) -> Iterator[Reason]:
        """Yield the mentions of which the place is not known, or that are comments on types."""
        lines = lines_in_utf8(self._text)
        for line, column in self._words:
            if re.search(rb"#\s*type:", lines[line - 1][:column]):
                what = f"the comment on a type has `{self.name}` in it"
                yield Reason(Code.UNCLEAR_MENTION, line, what)
        seen: set[_Place] = set()
        for node, spots in self._located:
            if not spots or not seen.isdisjoint(spots):
                yield _unclear(node, f"`{self.name}` is spelled otherwise here")
            seen.update(spots)


def _words_in(text: str, name: str) -> Iterator[_Place]:
    """Yield line and column of each place of a word, as `ast` counts them."""
    word = re.compile(rb"(?<![\w\x80-\xff])%b(?![\w\x80-\xff])" % re.escape(name.encode()))
    for number, line in enumerate(lines_in_utf8(text), start=1):
        yield from ((number, match.start()) for match in word.finditer(line))


def _types_of(node: ast.AST) -> list[ast.expr]:
    """Return the types that a node only asks for: bases, annotations, and those of a check."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, used]):
            return [used]
        case ast.ClassDef(bases=bases):
            return bases
    found = (getattr(node, key, None) for key in ("annotation", "returns", "type"))
    return [used for used in found if used is not None]


def _unclear(node: ast.AST, what: str) -> Reason:
    assert isinstance(node, ast.expr | ast.stmt | ast.alias)
    return reason_at(node, Code.UNCLEAR_MENTION, what)


def exported(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the texts of ``__all__``, which are names of the module itself."""
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
            ):
                yield from getattr(value, "elts", ())
