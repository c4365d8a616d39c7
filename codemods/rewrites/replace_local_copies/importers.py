"""What other files do with a module: which names it must keep, which copies they would change."""

from __future__ import annotations

import ast
import itertools
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

from codemods.engine.names import last_name, root_of
from codemods.engine.run import Pool, one_by_one
from codemods.engine.scopes import DEFINITIONS, Definition
from codemods.engine.text import stem_of
from codemods.model import Code, FileResult, PytestNames, Reason, SharedModules, Source, is_conftest
from codemods.rewrites.collected import tests_derived_from
from codemods.rewrites.others import (
    Effects,
    Found,
    OtherFile,
    Others,
    has_match,
    refusing,
    together,
    unknown,
    word_patterns,
)
from codemods.rewrites.replace_local_copies.apart import first_type_check
from codemods.rewrites.replace_local_copies.cycles import imported_files
from codemods.rewrites.replace_local_copies.scripts import may_run
from codemods.rewrites.replace_local_copies.shared import shared_definitions
from codemods.rewrites.replace_local_copies.stores import Store, stores_in
from codemods.rewrites.replace_local_copies.told import filtered_modules, may_match, short

#: The names of the globals that copies read, by the dotted names of their shared modules.
Reads = Mapping[str, frozenset[str]]


def outside_effects(
    modules: SharedModules,
    changed: Mapping[str, FileResult],
    others: Others,
    run: Pool = one_by_one,
) -> dict[str, Effects]:
    """Return what other files do with the modules that would change, where it matters.

    A conftest counts without the name of the module: its fixtures may look into the module of a
    test, as ``request.module`` does. A file that cannot be looked at may do anything.

    Args:
        modules: the shared modules.
        changed: what would become of the other modules, by their absolute paths.
        others: the files of the checkout.
        run: looks at the files.

    """
    # Without their contents, as they may travel to another process.
    changed = {p: result._replace(after=None, path=p) for p, result in changed.items()}
    reads = _reads_by_module(changed.values())
    stems = {os.fsencode(_last_part(module)) for module in reads}
    patterns = word_patterns({*stems, *map(stem_of, changed)})
    wanted = partial(_is_wanted, tests=modules.tests, patterns=patterns)

    def failed(path: str, reason: Reason) -> Found:
        other = _OtherFile(Source(path, others.read_one(path)), modules.tests)
        setting = other.setting(reads)
        used = other.used(changed) | {p for p, r in changed.items() if setting & _shared_by(r)}
        effects = {p: unknown(changed[p], path, reason) for p in used}
        return {p: e._replace(taken=changed[p].dropped) for p, e in effects.items()}

    message = "the shared module imports this file: they would import each other"
    imported, unknown_files = imported_files(modules, others.paths, others.read_one, run)
    circular = imported & changed.keys()
    defined = frozenset(d.name for d in shared_definitions(modules).definitions)
    look = partial(_effects, tests=modules.tests, changed=changed, reads=reads, defined=defined)
    found = [*run(look, others.read(), failed, wanted)]
    found.append({p: refusing(changed[p], Code.CIRCULAR_IMPORT, message) for p in circular})
    found.append(_outside_tests(modules, changed, others.paths))
    for other, reason in unknown_files.items():
        shown = os.path.relpath(other)
        message = f"the shared module imports {shown}, and what that imports is not known"
        message = f"{message}: {reason.message}"
        found.append({p: refusing(r, reason.code, message) for p, r in changed.items()})
    return together(found)


#: What is called so is for tests: ``tests``, ``unit-tests``, ``test_framework``. What is called
#: ``testing`` is made for the tests of others.
_OF_TESTS = re.compile(r"(unit|.*[_-])?tests?([_-].*)?", re.IGNORECASE)


def _outside_tests(
    modules: SharedModules, changed: Mapping[str, FileResult], paths: Iterable[str]
) -> Found:
    """Return the files that do not lie among the tests, as the shared module does.

    They may be installed or run where there are no tests, and then the import would fail.
    """
    shared = {m.path: m.name for m in modules.modules}
    folders: dict[str, int] = defaultdict(int)  # how many more tests than other modules it has
    for path in {*paths, *changed, *shared}:
        folder, name = os.path.split(path)
        counts = path not in shared and name not in {"__init__.py", "conftest.py"}
        folders[folder] += counts * (1 if modules.tests.has_file(path) else -1)
    top = os.path.commonpath(folders)

    def lies_among_tests(path: str) -> bool:
        parts = os.path.relpath(os.path.dirname(path), top).split(os.sep)
        above = (os.path.join(top, *parts[:number]) for number in range(1, len(parts) + 1))
        is_named = "testing" not in parts and any(map(_OF_TESTS.fullmatch, parts))
        return is_named or any(folders[folder] > 0 for folder in above)

    def is_of_tests(path: str) -> bool:
        stem = os.path.basename(path).removesuffix(".py")
        is_test = modules.tests.loads(path) or _OF_TESTS.fullmatch(stem)
        return bool(is_test) or lies_among_tests(path)

    found = {}
    message = "it does not lie among the tests, and may be run where there are none"
    for path, result in changed.items():
        wanted = {d.shared[0] for d in result.replaced if d.shared is not None}
        is_shared_among = any(lies_among_tests(p) for p, name in shared.items() if name in wanted)
        if is_shared_among and not is_of_tests(path):
            found[path] = refusing(result, Code.OUTSIDE_TESTS, message)
    return found


def _is_wanted(
    source: Source, *, tests: PytestNames, patterns: Sequence[re.Pattern[bytes]]
) -> bool:
    """Whether a file may do anything with modules that would change, or shared ones."""
    return may_reach(source, tests) or has_match(source.content, patterns)


def may_reach(source: Source, tests: PytestNames) -> bool:
    """Whether a file may reach modules that it does not name: any, or those of its callers."""
    is_filtering = is_conftest(source.path) and b"filterwarnings" in source.content
    reaching = (*_OF_FRAMES, *_FINDING)
    return is_filtering or _is_looking(source, tests) or has_match(source.content, reaching)


def _is_looking(source: Source, tests: PytestNames) -> bool:
    """Whether a file may look into modules by other ways than their names, as a plugin too."""
    if is_conftest(source.path):
        return _MODULE.search(source.content) is not None
    if b"pytest" not in source.content or tests.has_file(source.path):
        return False  # as most files: to search for what is no plain text takes long
    return all(pattern.search(source.content) for pattern in (_PLUGIN, _OF_PLUGINS))


def _reads_by_module(results: Iterable[FileResult]) -> Reads:
    found: dict[str, set[str]] = defaultdict(set)
    for decision in (d for result in results for d in result.replaced):
        if decision.shared is not None:
            found[decision.shared[0]] |= decision.relies_on
    return {module: frozenset(names) for module, names in found.items()}


def _shared_by(result: FileResult) -> set[str]:
    """Return the shared modules that a file would import from."""
    return {d.shared[0] for d in result.replaced if d.shared is not None}


def _last_part(module: str) -> str:
    return module.rpartition(".")[2]


def _effects(
    source: Source,
    *,
    tests: PytestNames,
    changed: Mapping[str, FileResult],
    reads: Reads,
    defined: frozenset[str],
) -> Found:
    other = _OtherFile(source, tests)
    used = other.used(changed)
    found = {path: other.effects(changed[path]) for path in used}
    found = {path: new for path, new in found.items() if new.taken or new.reasons}
    own = changed.get(source.path)
    told_apart = {} if own is None else other.told_apart(own, [changed[path] for path in used])
    replaced = other.replaced(reads, defined)
    through = ((path, _seeing(result, replaced)) for path, result in changed.items() if replaced)
    reached = other.reached(changed)
    return together(
        [found, reached, told_apart, {path: new for path, new in through if new.reasons}]
    )


def _seeing(result: FileResult, replaced: Mapping[tuple[str, str], Reason]) -> Effects:
    """Return the copies of a file that would see globals of the shared modules replaced."""
    found: dict[str, tuple[Reason, ...]] = {}
    for one, line in ((d, d.definition.line) for d in result.replaced):
        keys = [(one.shared[0], name) for name in sorted(one.relies_on)] if one.shared else []
        reasons = [replaced[key]._replace(line=line) for key in keys if key in replaced]
        if reasons:
            found[one.definition.name] = tuple(reasons)
    return Effects(frozenset(), found)


#: How a hook or a fixture gets at the names of a test module: ``request.module``, ``item.obj``.
#: https://docs.pytest.org/en/stable/reference/reference.html
_MODULE = re.compile(rb"\b(?:module|obj|Module|__globals__|modules|getmodule|import_module)\b")
_OF_PLUGINS = re.compile(rb"\b(?:request|item|metafunc|request\.node)\.(?:module|obj)\b")
#: How any file gets at a module by its name or by what it has, and at the frame of its caller.
_FINDING = (
    re.compile(rb"module(?:s\[|__ \+|__}\.|\((?:(?<=import_module\()|(?<=getmodule\()))"),
    re.compile(rb"globals(?:(?<=f_globals)|__)\["),
)
_OF_FRAMES = (
    re.compile(rb"frame(?:(?<=_getframe)|(?<=currentframe))"),
    re.compile(rb"\.stack(?<=inspect\.stack)"),
)
#: What begins a plugin: it imports pytest, or has hooks.
_PLUGIN = re.compile(rb"(?m)^[ \t]*(?:import|from|def)[ \t]+_?pytest")
#: What tells in which module something stands.
_OF_MODULES = re.compile(rb"\b(?:__module__|getmodule)\b")
#: What goes through all names of a module.
_LOOKS_AROUND = re.compile(rb"\b(?:dir|vars|getmembers|__dict__)\b")
_READING_SOURCE = frozenset({"findsource", "getcomments", "getsource", "getsourcelines"})


def _run_by_call(node: Definition) -> list[ast.stmt]:
    """Return what a call of a definition runs: of a class, its constructors."""
    if not isinstance(node, ast.ClassDef):
        return [node]
    return [s for s in node.body if getattr(s, "name", None) in {"__init__", "__new__"}]


def _reads_frames(node: ast.stmt) -> bool:
    """Whether code reads more of frames than the names of their modules, which a file compares."""
    text = ast.unparse(node)
    reads = re.findall(r"\.f_\w+(?:\['__name__'\])?", text)
    names_alone = set(reads) == {".f_globals['__name__']"}
    return not names_alone and has_match(text.encode(errors="replace"), _OF_FRAMES)


def _finds_module(node: ast.expr) -> bool:
    """Whether an expression is a module whose name is not written out, its dictionary or name."""
    match node:
        case ast.Subscript(value=modules, slice=name):
            is_found = last_name(modules) == "modules"
        case ast.Call(func=ast.Name("vars"), args=[module]) | ast.Attribute(module, "__dict__"):
            return _finds_module(module)
        case ast.Call(func=func, args=[name, *_]):
            is_found = last_name(func) in {"getmodule", "import_module"}
        case _:
            return last_name(node) in {"__globals__", "__module__", "f_globals"}
    return is_found and not isinstance(name, ast.Constant) and last_name(name) != "__name__"


class _OtherFile(OtherFile):
    """A file that may import from modules that would change, or look into them."""

    def __init__(self, source: Source, tests: PytestNames) -> None:
        super().__init__(source)
        self._tests = tests
        folder, name = os.path.split(source.path)
        self._below = os.path.join(folder, "") if name == "conftest.py" else ""
        self._is_looking = _is_looking(source, tests)

    def used(self, changed: Mapping[str, FileResult]) -> set[str]:
        """Return which of the modules the file may use."""
        named = {stem for stem in map(stem_of, changed) if self.has(stem)}
        found = {p for p in changed if stem_of(p) in named or self._looks_into(p)}
        return found - {self.source.path}

    def _looks_into(self, path: str) -> bool:
        """Whether the file may look into a module by another way than its name."""
        return self._is_looking and path.startswith(self._below)

    def effects(self, result: FileResult) -> Effects:
        """Return what the file does with a module.

        What a dotted name means depends on ``sys.path``, so the last part of it is enough. That
        keeps a name too many, or refuses a copy too many, rather than one too few.
        """
        copies = {d.definition.name: d for d in result.replaced}
        # A file that names the module may hand any name of it on, by a star or as an attribute.
        is_named = self.has(stem_of(result.path))
        looks = self._looks_into(result.path)
        takes = is_named or (looks and self._looks_around)
        kept = frozenset(n for n in result.dropped if takes or self.has(n.encode()))
        is_test = self._tests.has_file(result.path)
        is_script = not is_test or any(w.code is Code.RUN_AS_SCRIPT for w in result.warnings)
        if is_script and may_run(self.source.content, result.path, is_test=is_test):
            message = (
                f"{self.source.path} may start Python with it, where there is no shared module"
            )
            return refusing(result, Code.RUN_AS_SCRIPT, message)._replace(taken=kept)
        relied_on = frozenset().union(*(d.relies_on for d in copies.values()))
        named = {n for n in copies if self.has(n.encode())}
        stem = os.fsdecode(stem_of(result.path))
        goes_through = looks or (self._looks_around and stem in self._imported)
        if not named and not goes_through and not any(self.has(n.encode()) for n in relied_on):
            return Effects(kept, {})
        found: dict[str, tuple[Reason, ...]] = {}
        for name, decision in copies.items():
            reasons = [*self._replacements(decision.relies_on, stem, looks=looks)]
            if self._asks_for_modules and (name in named or goes_through):
                message = f"{self.source.path} may ask for its module, which would be another"
                reasons.append(Reason(Code.MODULE_DEPENDENT, 1, message))
            if name in named:
                is_class = decision.definition.kind == "class"
                reasons += self._changes(name, stem, is_class=is_class)
                if is_class:
                    reasons += self._subclasses(name)
            if reasons:
                line = decision.definition.line
                found[name] = tuple(r._replace(line=line) for r in reasons)
        return Effects(kept, found)

    def reached(self, changed: Mapping[str, FileResult]) -> Found:
        """Return the copies whose module the file reaches without its name, or of which it tells.

        It may find modules by texts, read the frame of its caller or the text of a module, and,
        as a conftest, filter warnings.
        """
        if not (self._filters or self._sources_read or self._frames or self._found_stores):
            return {}
        found: dict[str, Effects] = {}
        for path, result in changed.items():
            stem = os.fsdecode(stem_of(path))
            told = [node for node in self._sources_read if self._is_module(node, stem)]
            if path.startswith(self._below):
                told += [call for call, pattern in self._filters if may_match(pattern, path)]
            by_name = {
                d.definition.name: tuple(
                    reason._replace(line=d.definition.line)
                    for reason in (*map(self._dependent, told), *self._reaching(d.relies_on))
                )
                for d in result.replaced
            }
            reasons = {name: known for name, known in by_name.items() if known}
            if reasons and path != self.source.path:
                found[path] = Effects(frozenset(), reasons)
        return found

    def _reaching(self, relied_on: frozenset[str]) -> Iterator[Reason]:
        """Yield what replaces a global of any module, and what reads the frame of its caller."""
        for name in sorted(relied_on & self._frames.keys()):
            yield self._dependent(self._frames[name])
        for store in self._found_stores:
            if store.name in relied_on:
                yield self._patched(store.node.lineno, ast.unparse(store.node))

    @cached_property
    def _filters(self) -> list[tuple[ast.Call, str]]:
        is_asked = self._below and b"filterwarnings" in self.source.content
        return list(filtered_modules(self.names)) if is_asked else []

    @cached_property
    def _frames(self) -> dict[str, ast.stmt]:
        """The definitions that read frames, by their names."""
        is_asked = has_match(self.source.content, _OF_FRAMES)
        body = self.names.tree.body if is_asked else []
        definitions = (s for s in body if isinstance(s, DEFINITIONS))
        return {s.name: s for s in definitions if any(map(_reads_frames, _run_by_call(s)))}

    @cached_property
    def _found_stores(self) -> list[Store]:
        """Where an attribute is set of a module whose name is not written out."""
        if not has_match(self.source.content, _FINDING):
            return []
        assigned = (a for a in self.names.of_kind(ast.Assign) if _finds_module(a.value))
        variables = {t.id for a in assigned for t in a.targets if isinstance(t, ast.Name)}
        return [
            store
            for store in itertools.chain.from_iterable(stores_in(self.names).values())
            if store.owner is not None
            and (
                _finds_module(store.owner)
                or (isinstance(store.owner, ast.Name) and store.owner.id in variables)
            )
        ]

    @cached_property
    def _sources_read(self) -> list[ast.expr]:
        """What may be a module of which the text is read."""
        words = (b".__file__", *map(str.encode, _READING_SOURCE))
        if not any(word in self.source.content for word in words):
            return []
        calls = [c for c in self.names.of_kind(ast.Call) if last_name(c.func) in _READING_SOURCE]
        files = (a.value for a in self.names.of_kind(ast.Attribute) if a.attr == "__file__")
        return [*(argument for c in calls for argument in c.args[:1]), *files]

    def told_apart(self, own: FileResult, used: Iterable[FileResult]) -> Found:
        """Return the copies in this file that would be one class with those of a file it imports.

        Args:
            own: what would become of this file.
            used: what would become of those that it may use.

        """
        modules = (i.module or "" for i in self.names.of_kind(ast.ImportFrom))
        stems = self._imported.union(map(_last_part, modules))
        imported = (r for r in used if os.fsdecode(stem_of(r.path)) in stems)
        there = {d.shared for result in imported for d in result.replaced}
        same = [d for d in own.replaced if d.definition.kind == "class" and d.shared in there]
        line = first_type_check(self.names) if same else None
        if line is None:
            return {}
        message = "the file tells apart two classes that would be one"
        reasons = {d.definition.name: (Reason(Code.ESCAPES, line, message),) for d in same}
        return {own.path: Effects(frozenset(), reasons)}

    @cached_property
    def _asks_for_modules(self) -> bool:
        return _OF_MODULES.search(self.source.content) is not None

    @cached_property
    def _imported(self) -> frozenset[str]:
        return frozenset(_last_part(alias.name) for alias in self.names.of_kind(ast.alias))

    @cached_property
    def _reloads(self) -> bool:
        """Whether the file names `importlib.reload`, be it by a text for `getattr`."""
        if not self.has(b"reload"):
            return False
        kinds = ((ast.Attribute, "attr"), (ast.alias, "name"), (ast.Constant, "value"))
        words = [getattr(n, key) for kind, key in kinds for n in self.names.of_kind(kind)]
        return "reload" in words or "reload" in self.names.mentions

    @cached_property
    def _looks_around(self) -> bool:
        """Whether the file may go through all names of a module."""
        return _LOOKS_AROUND.search(self.source.content) is not None

    def setting(self, reads: Reads) -> set[str]:
        """Return the shared modules of which the file may replace a global that copies read."""
        return {
            module
            for module, names in reads.items()
            if self.has(os.fsencode(_last_part(module))) and self._may_set(names)
        }

    def _may_set(self, names: frozenset[str]) -> bool:
        """Whether the file may set an attribute of some names, from its bytes alone."""
        words = b"|".join(re.escape(name.encode()) for name in sorted(names))
        # Of ``pytest.mark.asyncio`` there is a lot.
        pattern = rb"(?<!mark)[.\"'](?:%b)\b|\b(?:%b)\s*=" % (words, words)
        return bool(names) and re.search(pattern, self.source.content) is not None

    def replaced(self, reads: Reads, defined: frozenset[str]) -> dict[tuple[str, str], Reason]:
        """Return where the file replaces a global of a shared module, which copies would see.

        Args:
            reads: the names of the globals.
            defined: the shared definitions, which are made anew where their module is reloaded.

        """
        found: dict[tuple[str, str], Reason] = {}
        for module in sorted(reads) if self._reloads else ():
            if self.has(os.fsencode(_last_part(module))):
                message = f"{self.source.path} may reload {module}, which the copy would not see"
                reason = Reason(Code.DIFFERENT_GLOBALS, 1, message)
                found |= {(module, name): reason for name in reads[module] & defined}
        for module in sorted(self.setting(reads)):
            for name in sorted(reads[module] & stores_in(self.names).keys()):
                for store in stores_in(self.names)[name]:
                    if store.owner is not None and self._is_module(store.owner, _last_part(module)):
                        message = (
                            f"{self.shown}:{store.node.lineno} replaces "
                            f"`{_last_part(module)}.{name}`, which the copy does not see"
                        )
                        found[module, name] = Reason(Code.DIFFERENT_GLOBALS, 1, message)
        return found

    def _changes(self, name: str, stem: str, *, is_class: bool) -> Iterator[Reason]:
        """Yield where the file sets an attribute of a definition, or patches one by its path."""
        for store in (s for found in stores_in(self.names).values() for s in found):
            match store.owner:
                case ast.Constant(value=str(path)):
                    is_changed = f".{stem}.{name}." in f".{path}."
                case owner:
                    is_changed = self._is_named(owner, name, None if is_class else stem)
            if is_changed:
                yield self._mutated(store.node.lineno, ast.unparse(store.node))

    def _replacements(
        self, relied_on: frozenset[str], stem: str, *, looks: bool
    ) -> Iterator[Reason]:
        """Yield where the file replaces a global that the replaced code reads."""
        stores = stores_in(self.names)
        for name in sorted(relied_on & stores.keys()):
            for store in stores[name]:
                of_any = looks or isinstance(store.node, ast.Call)  # a fixture may give the module
                if store.owner is not None and self._may_be_module(store.owner, stem, looks=of_any):
                    yield self._patched(store.node.lineno, f"{stem}.{name}")
        for store in stores.get(None, ()) if relied_on else ():
            if store.owner is not None and (
                self._is_module(store.owner, stem)
                or (looks and last_name(store.owner) in {"module", "obj"})
            ):
                yield self._patched(store.node.lineno, ast.unparse(store.owner))

    def _may_be_module(self, owner: ast.expr, stem: str, *, looks: bool) -> bool:
        if self._is_module(owner, stem) or isinstance(owner, ast.Constant):
            return self._is_module(owner, stem)
        root = root_of(owner)
        is_own = isinstance(root, ast.Name) and root.id in {"self", "cls"}
        return looks and not is_own and not self.names.means_import(root)

    def _is_module(self, owner: ast.expr, stem: str) -> bool:
        """Whether an expression ends with the name of a module, or is imported as another one.

        Its dictionary, as a patch may take it, is the same.
        """
        match owner:
            case ast.Attribute(module, "__dict__") | ast.Call(ast.Name("vars"), [module]):
                owner = module
        name = last_name(owner)
        return name == stem or name in self._aliases.get(stem, ())

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        """The names that modules and what else is imported are given, by their own ones."""
        found: dict[str, set[str]] = defaultdict(set)
        for alias in self.names.of_kind(ast.alias):
            if alias.asname is not None:
                found[_last_part(alias.name)].add(alias.asname)
        return found

    def _subclasses(self, name: str) -> Iterator[Reason]:
        """Yield the subclasses with tests, where the file imports the class."""
        for local in self.local_names(name):
            for reason in tests_derived_from(local, self.names, self._tests):
                message = f"{self.shown}:{reason.line}: {reason.message}"
                yield reason._replace(message=message)

    def _is_named(self, node: ast.expr | None, name: str, stem: str | None) -> bool:
        """Whether an expression may be a definition of another module, by its name.

        A parameter or variable of that name is another thing, unless a function imports it.

        Args:
            node: the expression.
            name: that of the definition.
            stem: for a function, the name of its module: ``self.name`` is a method if it is a
                function at all, on which nothing can be set, and ``a.b.name`` one of ``b``.

        """
        match node:
            case ast.Name(id=found) if found == name:
                mentions = self.names.mentions.get(name, ())
                return any(node is m for m in mentions) or name in self._imported_in_functions
            case ast.Attribute(value=owner, attr=found) if found == name and stem is not None:
                last = last_name(owner)
                return last not in {"self", "cls"} and (isinstance(owner, ast.Name) or last == stem)
            case ast.Attribute(attr=found):
                return found == name
        return False

    @cached_property
    def _imported_in_functions(self) -> frozenset[str]:
        at_top = set(map(id, self.names.tree.body))
        imports = self.names.of_kind(ast.ImportFrom)
        inner = [i.names for i in imports if id(i) not in at_top]
        return frozenset(a.asname or a.name for names in inner for a in names)

    def _dependent(self, node: ast.expr | ast.stmt) -> Reason:
        where = f"{self.shown}:{node.lineno}"
        message = f"{where} may ask for its module, which would be another: `{short(node)}`"
        return Reason(Code.MODULE_DEPENDENT, 1, message)

    def _mutated(self, line: int, what: str) -> Reason:
        where = f"{self.shown}:{line}"
        message = f"{where} changes it by `{what}`, which would leak into other files"
        return Reason(Code.MUTATED, 1, message)

    def _patched(self, line: int, what: str) -> Reason:
        where = f"{self.shown}:{line}"
        message = f"{where} replaces `{what}`, which the shared definition would not see"
        return Reason(Code.DIFFERENT_GLOBALS, 1, message)
