"""Escape analysis: may the file that holds a copy change the one shared definition, or tell it?

Each mention of the name is looked at. A class is contained by what cannot change it: a call, a
base, an annotation, `isinstance`, ``except``, a call of one of its own attributes. Whatever else
is done with it, it escapes. A function may be passed around, but its attributes may not be set.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from codemods.engine.codemod import ParsedModule
from codemods.engine.names import ModuleNames, all_args, dotted_source, last_name, own_nodes
from codemods.engine.scopes import FUNCTIONS, Definition, bound_in
from codemods.engine.text import reason_at
from codemods.engine.walk import walk
from codemods.model import Code, PytestNames, Reason
from codemods.rewrites.collected import derived_from, is_mark, is_of_python
from codemods.rewrites.replace_local_copies.origins import (
    WAYS_TO_CLASS,
    Origins,
    instance_in,
    reads_in,
    reads_of_module,
    ways_to_class,
)
from codemods.rewrites.replace_local_copies.parents import Parents
from codemods.rewrites.replace_local_copies.sharing import (
    HARMLESS,
    inherited_names,
    is_enum,
    mentions_of_class,
)
from codemods.rewrites.replace_local_copies.stores import (
    changed_variables,
    changing_functions,
    path_or_name,
    stores_by_word,
    stores_in,
    stores_of,
)
from codemods.rewrites.replace_local_copies.told import (
    PATCHING,
    RAISING,
    compares_its_file,
    filters_by_module,
    name_checks,
    pickles,
    qualified_names,
    short,
    tells_of_its_module,
)
from codemods.wording import trusting

#: Calls whose arguments are classes to compare with.
ASKING = frozenset({"callable", "hasattr", "isclass", "isinstance", "issubclass"})
#: Other calls that change nothing of a class that they are passed.
_PLAIN = frozenset({"__new__", "create_autospec", "super"})
#: Keywords whose value is a class to imitate, or what a mock gives.
_IMITATING = frozenset({"spec", "spec_set", "return_value", "side_effect", "new", "wraps"})
#: Decorators of methods whose name is that of a value.
_PROPERTIES = frozenset({"cached_property", "deleter", "property", "setter"})
_NAMES_OF_CLASS = frozenset({"__name__", "__qualname__"})
#: Calls that make a class, in the module of the function that calls them.
_MAKING_CLASSES = frozenset(
    {
        *("Enum", "Flag", "IntEnum", "IntFlag", "NamedTuple", "NewType", "StrEnum"),
        *("create_model", "make_dataclass", "namedtuple", "new_class"),
    }
)
#: Functions of `inspect` that tell where the code of a function stands, or how it is written.
_TELLING_WHERE = frozenset(
    {
        *("findsource", "getabsfile", "getcomments", "getfile", "getmembers", "getmodule"),
        *("getsource", "getsourcefile", "getsourcelines"),
    }
)

#: Calls that make a test or a fixture of each of some values, and its id of their ``__name__``.
#: https://docs.pytest.org/en/stable/how-to/parametrize.html
_PARAMETRIZING = frozenset({"fixture", "parametrize"})
#: Methods that are given what a type, or anything else, has in brackets.
_OF_TYPES = frozenset({"__class_getitem__", "__getitem__"})
_CONTAINERS = (ast.List, ast.Tuple, ast.Set)

#: Inherited class methods that make an instance or a schema of a pydantic model, and leave it as it
#: is: https://docs.pydantic.dev/latest/api/base_model/
_OF_MODELS = frozenset(
    {
        *("from_orm", "model_construct", "model_json_schema", "model_validate"),
        *("model_validate_json", "model_validate_strings", "parse_obj", "parse_raw"),
    }
)


class Escape:
    """What one file does with one name that it defines.

    Args:
        module: the file.
        parents: the places of its nodes.
        definitions: those of the name, all of them copies.
        scope: the function that they stand in, None for the module.
        is_renamed: whether the shared object has another ``__name__``.
        harmless: dotted names of what changes and keeps nothing of a class that it is passed.
        changing: the names of the shared functions that set an attribute of a parameter.
        tests: what pytest collects.

    """

    def __init__(
        self,
        module: ParsedModule,
        parents: Parents,
        definitions: list[Definition],
        scope: ast.AST | None,
        *,
        is_renamed: bool,
        harmless: frozenset[str],
        changing: frozenset[str],
        tests: PytestNames,
    ) -> None:
        self._module = module
        self._parents = parents
        self._definitions = definitions
        self._scope = scope
        self._is_renamed = is_renamed
        self._harmless = harmless
        self._changing = changing
        self._tests = tests
        self._name = definitions[0].name
        self._is_class = isinstance(definitions[0], ast.ClassDef)
        self._inside = {id(n) for d in definitions for n in walk(d)}
        self._followed: set[tuple[int, str]] = set()

    @cached_property
    def mentions(self) -> list[ast.expr]:
        """The places that mean the name, in the definitions too."""
        found: list[ast.expr] = []
        if self._scope is None:
            found += self._module.names.mentions.get(self._name, [])
        else:
            inside = walk(self._scope)
            if isinstance(self._scope, ast.ClassDef):  # its methods do not see its names
                inside = [*own_nodes(self._scope.body)]
            found += [n for n in inside if isinstance(n, ast.Name) and n.id == self._name]
        if isinstance(self._scope, ast.ClassDef):
            attributes = self._module.names.of_kind(ast.Attribute)
            found += [n for n in attributes if n.attr == self._name]
        return found

    @cached_property
    def first_use_as_value(self) -> int | None:
        """The line of the first place that passes a function on, None where it is only called."""
        found = [m for m in self.mentions if self._how_it_escapes(m) is not None]
        return min((m.lineno for m in (*found, *self._entrusted)), default=None)

    @cached_property
    def first_read(self) -> int | None:
        """The line of the first place that may read a docstring or annotations of a class."""
        found = [n for n, of in reads_in(self._module.names) if not self._is_of_another(of)]
        heirs = derived_from(self._name, self._module.names)
        inherited = [part for heir in heirs for part in self._from_elsewhere(heir)]
        places = (*found, *self._entrusted, *inherited, *self._methods_passed_on())
        return min((n.lineno for n in places), default=None)

    def _methods_passed_on(self) -> Iterator[ast.expr]:
        """Yield what may be a method of an instance, and is given to others."""
        body = [s for d in self._definitions for s in d.body if isinstance(s, FUNCTIONS)]
        methods = {s.name for s in body if _PROPERTIES.isdisjoint(map(last_name, s.decorator_list))}
        by_name = _attributes(self._module.names)
        for node in (node for name in sorted(methods) for node in by_name.get(name, ())):
            if (
                node.value not in self._mentioning  # the class is asked for it: it escapes
                and not isinstance(self._parents.of(node).above, ast.Attribute)
                and not self._is_of_another(node.value)
                and self._how_it_escapes(node) is not None
            ):
                yield node

    def _from_elsewhere(self, heir: ast.ClassDef) -> Iterator[ast.expr]:
        """Yield what may read all that a class inherits, as `pydantic.BaseModel` does."""
        names = self._module.names
        for part in (*heir.bases, *(k.value for k in heir.keywords), *heir.decorator_list):
            named = part.func if isinstance(part, ast.Call) else part
            named = named.value if isinstance(named, ast.Subscript) else named
            if names.means_import(named) and not is_mark(part):
                source = dotted_source(named, names)
                if source is None or not is_of_python(source):
                    yield part

    @cached_property
    def _entrusted(self) -> list[ast.expr]:
        """The mentions in what is given to a type, or to what the settings trust."""
        return [
            node
            for node in self.mentions
            if self._is_in_trusted_attribute(node)
            or any(self._is_entrusted(*place) for place in self._parents.above(node))
        ]

    def _is_entrusted(self, above: ast.AST, field: str) -> bool:
        if isinstance(above, ast.Subscript):
            return field == "slice" and self._is_called(above)
        return bool(self._harmless) and isinstance(above, ast.Call) and self._is_trusted(above)

    def reasons(self) -> Iterator[Reason]:
        """Yield what forbids that the definition is shared."""
        for node in self.mentions:
            find = self._how_it_escapes if self._is_class else self._how_it_is_changed
            how = find(node)
            if how is not None:
                yield _escapes(node, f"`{self._name}` {how}")
            elif not self._is_class and self._tells_where_it_stands(node):
                message = f"`{short(self._parents.of(node).above)}` may tell where it stands"
                yield reason_at(node, Code.ESCAPES, message)
        if self._is_class:
            ways = ways_to_class(self._name, self._module.names)
            own = (n for d in self._definitions for n in mentions_of_class(d))
            for expression in [*ways, *own]:
                instance = instance_in(expression)
                if self._is_of_another(instance):
                    continue
                how = self._how_it_escapes(expression)
                if how is not None:
                    text = ast.unparse(expression)
                    yield _escapes(expression, f"`{text}`, which may be the class, {how}")
            yield from self._tells_its_module()
            yield from self._finds_instances()
            if any(is_enum(d, self._module.names) for d in self._definitions):
                yield from self._changes_members()
        yield from self._changes_by_another_way()
        found = [*compares_its_file(self._module, self._parents), *filters_by_module(self._module)]
        is_read = self.first_use_as_value is not None or reads_of_module(self._module.names)
        if self._is_class or is_read or self._makes_classes:
            found += tells_of_its_module(self._name, self._module, self._parents, self._tests)
        yield from (reason for node, reason in found if id(node) not in self._inside)
        if self._is_renamed:
            yield from name_checks(self._name, self._module.names)
            yield from self._names_tests()
        if self._scope is not None or self._makes_classes:
            yield from pickles(self._module)
        if self._scope is not None:
            yield from qualified_names(self._module.names)

    # A class

    def _how_it_escapes(self, node: ast.expr) -> str | None:
        """Return what a mention of a class does with it but for what cannot change it."""
        above, field = self._parents.of(node)
        if self._is_in_trusted_attribute(node):
            return None
        match above:
            case ast.Call() if field == "func":
                return None
            case ast.Call():
                return self._how_an_argument_escapes(node, above)
            case ast.keyword():
                return self._how_a_keyword_escapes(above)
            case ast.Attribute():
                return self._how_an_attribute_escapes(above)
            case ast.ClassDef() if field == "bases":
                return None
            case ast.Subscript() if field == "value":
                return self._how_it_escapes(above)  # `Name[int]` is the class, too
            case ast.Subscript() if self._is_of_type(above):
                return None  # `Response[Name](...)`
            case ast.ExceptHandler() | ast.Raise() | ast.MatchClass() | ast.Expr() | ast.Delete():
                return None
            case ast.List() | ast.Tuple() | ast.Set() | ast.Starred():
                return self._how_an_element_escapes(above)
            case ast.Compare() | ast.FormattedValue() if node not in self._mentioning:
                return None
            case ast.Compare(left=left, comparators=others) if all(
                n is node or isinstance(n, ast.Constant) for n in (left, *others)
            ):
                return None
            case ast.Assign(targets=[ast.Name(id=variable)]) if node not in self._mentioning:
                return self._how_a_variable_escapes(variable, node)
        if self._is_annotation(node):
            return self._how_an_annotation_escapes(node)
        return f"is used as a value in `{short(above)}`{self._advice_on_attribute(node)}"

    def _how_an_argument_escapes(self, node: ast.expr, call: ast.Call) -> str | None:
        called = last_name(call.func)
        if self._is_defined_here(call.func):
            return f"is passed to `{short(call.func)}`"
        if self._is_trusted(call):
            return None
        if called in ASKING or called in RAISING or called in _PLAIN:
            return None
        if called in PATCHING and call.args and node is not call.args[0]:
            return None  # patch("a.B", Name), monkeypatch.setattr(module, "B", Name)
        if called == "object" and len(call.args) > 2 and node is call.args[2]:
            return None
        if called == "type" and len(call.args) == 1:
            return None
        if called == "param":
            return self._how_an_element_escapes(call)
        if self._is_annotation(call):
            return None
        return f"is passed to `{short(call.func)}`{self._advice(call)}"

    def _is_trusted(self, call: ast.Call) -> bool:
        """Whether the settings trust what is called; it may read the name of what it is passed."""
        return not self._is_renamed and self._origins.source_of(call.func) in self._harmless

    def _is_in_trusted_attribute(self, node: ast.expr) -> bool:
        """Whether it is a value of a class attribute that, as the settings say, nothing changes."""
        return not (self._is_renamed or self._harmless.isdisjoint(self._attribute_names(node)))

    def _advice_on_attribute(self, node: ast.AST) -> str:
        source = None if self._is_renamed else next(iter(self._attribute_names(node)), None)
        return trusting("if nothing changes it", source)

    def _attribute_names(self, node: ast.AST) -> list[str]:
        """Return the dotted names, in bases, of the class attribute that has it as a value."""
        above = (p.above for p in self._parents.above(node))
        statement = next(n for n in above if not isinstance(n, (*_CONTAINERS, ast.Dict)))
        match statement, next(above, None):
            case (
                (ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))),
                ast.ClassDef() as owner,
            ):
                return inherited_names(name, owner, self._module.names)
        return []

    def _advice(self, call: ast.Call) -> str:
        source = None if self._is_renamed else self._origins.source_of(call.func)
        is_known = source is None or is_of_python(source)
        return trusting("if that changes and keeps nothing of it", None if is_known else source)

    def _how_a_keyword_escapes(self, keyword: ast.keyword) -> str | None:
        call = self._parents.of(keyword).above
        if isinstance(call, ast.ClassDef):
            return f"is passed to class `{call.name}`"
        assert isinstance(call, ast.Call)
        if self._is_defined_here(call.func):
            return f"is passed to `{short(call)}`"
        if keyword.arg in _IMITATING or self._is_trusted(call):
            return None
        return f"is passed to `{short(call)}`{self._advice(call)}"

    def _is_defined_here(self, func: ast.expr) -> bool:
        """Whether what is called is a function of this very file, which may do anything."""
        if not isinstance(func, ast.Name):
            return False
        bindings = self._module.names.bindings.get(func.id, [])
        return any(isinstance(b.node, FUNCTIONS) for b in bindings)

    def _how_an_attribute_escapes(self, attribute: ast.Attribute) -> str | None:
        if not isinstance(attribute.ctx, ast.Load):
            return f"is changed by `{short(attribute)}`"
        if attribute.attr in _NAMES_OF_CLASS:
            return f"is asked for `{short(attribute)}`" if self._is_renamed else None
        if attribute.attr in WAYS_TO_CLASS:
            return None  # that is looked at by itself
        above = self._parents.of(attribute).above
        is_called = self._is_called(attribute)
        if attribute.attr not in self._own_attributes:
            if is_called and attribute.attr in _OF_MODELS:
                return None
            return f"is asked for `{short(attribute)}`, which it does not define"
        if isinstance(above, ast.Attribute) and not isinstance(above.ctx, ast.Load):
            return f"is changed by `{short(above)}`"
        if is_called or attribute.attr in self._constants:
            return None
        return f"is asked for `{short(attribute)}`, and that is not called"

    def _is_called(self, node: ast.expr) -> bool:
        above, field = self._parents.of(node)
        return isinstance(above, ast.Call) and field == "func"

    def _is_of_type(self, node: ast.Subscript) -> bool:
        """Whether something is called that is a type with its parameters, as far as it is known.

        What this file makes may do anything with them, but for a class with no such method.
        """
        names, kind = self._module.names, node.value
        if not self._is_called(node) or names.means_import(kind):
            return self._is_called(node)
        bindings = names.bindings.get(last_name(kind), ())
        own = {f.name for f in names.of_kind(ast.FunctionDef)} if bindings else set()
        is_class = all(isinstance(b.node, ast.ClassDef) for b in bindings)
        return names.is_global(kind) and is_class and own.isdisjoint(_OF_TYPES)

    def _how_an_element_escapes(self, container: ast.AST) -> str | None:
        """Return how a class escapes that stands in a list, tuple or set."""
        for above, _ in self._parents.above(container):
            if isinstance(above, ast.ExceptHandler):
                return None
            if isinstance(above, ast.Call):
                called = last_name(above.func)
                if called in ASKING or called in RAISING or self._is_trusted(above):
                    return None
                if called in _PARAMETRIZING:
                    has_ids = any(k.arg == "ids" for k in above.keywords)
                    renamed = self._is_renamed and not has_ids
                    return (
                        "names the tests that are made with it, and has another name there"
                        if renamed
                        else None
                    )
                if called == "param":
                    continue
            elif isinstance(above, ast.Subscript) and self._is_of_type(above):
                return None  # `Response[int, Name](...)`
            elif isinstance(above, (*_CONTAINERS, ast.keyword)):
                continue
            break
        if self._is_annotation(container):
            return None
        return f"is put into a container{self._advice_on_attribute(container)}"

    def _is_annotation(self, node: ast.AST) -> bool:
        """Whether a node stands in an annotation, or in a type parameter: PEP 695."""
        for above, field in self._parents.above(node):
            if field in {"annotation", "returns", "type_params"}:
                return True
            if isinstance(above, ast.stmt):
                return False
        return False

    def _how_an_annotation_escapes(self, node: ast.expr) -> str | None:
        """Return the decorator from elsewhere that may register a function by its annotations.

        `functools.singledispatch` does so: https://docs.python.org/3/library/functools.html
        """
        function = next(a for a, _ in self._parents.above(node) if isinstance(a, ast.stmt))
        for decorator in getattr(function, "decorator_list", ()):
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            source = dotted_source(called, self._module.names)
            if source and self._module.names.means_import(called) and not self._is_known(source):
                advice = trusting("if it keeps nothing of what it is applied to", source)
                return f"is an annotation for `@{short(decorator)}`{advice}"
        return None

    def _is_known(self, decorator: str) -> bool:
        """Whether a decorator keeps nothing of what it is applied to, as those for tests do."""
        root = decorator.partition(".")[0]
        is_for_tests = root.startswith("pytest") or root in {"hypothesis", "mock"}
        return is_for_tests or is_of_python(decorator) or decorator in HARMLESS | self._harmless

    @cached_property
    def _own_attributes(self) -> frozenset[str]:
        """The names that the class body binds."""
        bodies = (d.body for d in self._definitions if isinstance(d, ast.ClassDef))
        return frozenset().union(*map(bound_in, bodies))

    @cached_property
    def _constants(self) -> frozenset[str]:
        """The names that the class body binds to what has no attributes to set."""
        found = set()
        for statement in (s for d in self._definitions for s in d.body):
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ) if not isinstance(value, ast.Lambda):
                    found.add(name)
        return frozenset(found)

    # From an instance to the class

    def _tells_its_module(self) -> Iterator[Reason]:
        """Yield where something that may be an instance tells its module."""
        for node, owner in reads_of_module(self._module.names):
            if owner in self._mentioning or id(node) in self._inside:
                continue
            if not self._is_of_another(owner):
                yield _escapes(node, f"its module may be read by `{short(node)}`")

    @cached_property
    def _makes_classes(self) -> bool:
        """Whether a function makes classes, which have its module."""
        return not self._is_class and any(
            map(_makes_class, walk(*(s for d in self._definitions for s in d.body)))
        )

    def _finds_instances(self) -> Iterator[Reason]:
        """Yield where all objects are asked for their class, those that other files made, too."""
        above = (place.above for m in self.mentions for place in self._parents.above(m))
        if not any(isinstance(a, ast.Call) and last_name(a.func) in ASKING for a in above):
            return
        for call in _searches(self._module.names):
            yield _escapes(call, f"`{short(call)}` finds its instances of all files")

    def _changes_members(self) -> Iterator[Reason]:
        """Yield where an attribute is set of what may be a member of an enum: all files have it."""
        for store in (s for same in stores_in(self._module.names).values() for s in same):
            owner = store.owner
            if owner is None or isinstance(owner, ast.Constant) or id(store.node) in self._inside:
                continue
            if not self._is_of_another(owner):
                yield _escapes(store.node, f"`{short(store.node)}` may be set on a member of it")

    def _how_a_variable_escapes(self, variable: str, value: ast.expr) -> str | None:
        """Return how a class escapes that was got from an instance, by way of a local variable."""
        scope = self._origins.scope_of(value)
        if (id(scope), variable) in self._followed:
            return None
        self._followed.add((id(scope), variable))
        reads = self._origins.reads(variable, scope)
        if any(isinstance(self._parents.of(n).above, ast.Assign) for n in reads):
            return f"is assigned to `{variable}`, and that to another variable"
        found = (self._how_it_escapes(n) for n in reads)
        return next((how for how in found if how is not None), None)

    def _is_of_another(self, node: ast.AST) -> bool:
        return self._origins.is_of_another_class(node, self._family)

    @property
    def _origins(self) -> Origins:
        return _origins(self._module, self._parents)

    @cached_property
    def _mentioning(self) -> frozenset[ast.expr]:
        return frozenset(self.mentions)

    @cached_property
    def _heirs(self) -> frozenset[str]:
        """The names of the classes that derive from it in this file."""
        return frozenset(heir.name for heir in derived_from(self._name, self._module.names))

    @cached_property
    def _family(self) -> frozenset[str]:
        return self._heirs | {self._name}

    # A function

    def _how_it_is_changed(self, node: ast.expr) -> str | None:
        above = self._parents.of(node).above
        store = next((s for s in stores_of(above) if s.owner is node), None)
        if store is not None:
            return f"is changed by `{short(store.node)}`"
        match above:
            case ast.Call(func=func, args=[first, *_]) if first is node:
                is_changed = last_name(func) in {"update_wrapper", "vars"} or is_mark(func)
                if is_changed or self._is_changing(func):
                    return f"is changed by `{short(above)}`"
        changed = changed_variables(self._module.names)
        places = (changed.get(name) for name in self._names_it_gets(node))
        found = next(filter(None, places), None)
        return None if found is None else f"is changed by `{short(found)}`"

    def _names_it_gets(self, node: ast.expr) -> Iterator[str]:
        """Yield the variables, parameters and functions that may stand for a mention."""
        for above, field in self._parents.above(node):
            match above:
                case ast.Call(func=func, args=[names, *_]) if last_name(func) == "parametrize":
                    yield from re.findall(r"\w+", ast.unparse(names))
                case ast.Call(func=func) if last_name(func) == "fixture":
                    yield "param"
                case ast.arg() | ast.keyword(arg="ids"):
                    return  # an annotation, or what names tests
                case ast.Call(func=func) if last_name(func) != "param":
                    return
                case ast.Assign(targets=targets):
                    yield from map(path_or_name, targets)
                case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                    yield last_name(target)
                case ast.For() | ast.AsyncFor() | ast.comprehension() if field == "iter":
                    yield from (n.id for n in walk(above.target) if isinstance(n, ast.Name))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield above.name
                    if field == "args":
                        yield from (argument.arg for argument in all_args(above.args))
            if isinstance(above, FUNCTIONS):
                return

    def _is_changing(self, func: ast.expr) -> bool:
        """Whether a function of this file, or a shared one, sets an attribute of a parameter."""
        names = self._module.names
        if last_name(func) in changing_functions(names):
            return True
        source = dotted_source(func, names) if self._changing and names.means_import(func) else None
        return source is not None and source.rpartition(".")[2] in self._changing

    def _tells_where_it_stands(self, node: ast.expr) -> bool:
        """Whether a mention of a function asks for its code, its module or the like."""
        match self._parents.of(node).above:
            case ast.Attribute(attr=attr) if attr.startswith("__"):
                return self._is_renamed or attr not in _NAMES_OF_CLASS
            case ast.Call(func=func, args=[first, *_]) if first is node:
                return last_name(func) in _TELLING_WHERE
        return False

    def _names_tests(self) -> Iterator[Reason]:
        """Yield where a function with another name is passed on, where tests have parameters.

        pytest makes their ids of the names of functions, too.
        """
        line = None if self._is_class else self.first_use_as_value
        attributes = (a.attr for a in self._module.names.of_kind(ast.Attribute))
        if line is not None and "parametrize" in attributes:
            message = f"`{self._name}` may name tests, and has another name there"
            yield Reason(Code.ESCAPES, line, message)

    # By another way than its name

    def _changes_by_another_way(self) -> Iterator[Reason]:
        """Yield what sets an attribute of `module.Name`, `globals()["Name"]` and their like.

        An example for doctest that does more than call it may do anything.
        """
        for example in _examples(self._module):
            is_used = re.search(rf"\b{self._name}\b(?!\()", str(example.value))
            if is_used and id(example) not in self._inside:
                yield _escapes(example, f"`{self._name}` is used in an example for doctest")
        by_word = stores_by_word(self._module.names)
        stores = {n: s for word in self._family for n, s in by_word.get(word, {}).items()}
        for _, store in sorted(stores.items()):
            match store.owner:
                case ast.Constant(value=str(path)):
                    if id(store.node) not in self._inside and self._is_in_path(path):
                        message = f"a patch by `{short(store.node)}` would leak into other files"
                        yield reason_at(store.node, Code.MUTATED, message)
                    continue
                case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner in self._heirs:
                    found = self._name if attr in self._own_attributes else None
                case (
                    ast.Attribute(attr=found)
                    | ast.Subscript(slice=ast.Constant(value=found))
                    | ast.Call(args=[_, ast.Constant(value=found)])  # getattr(module, "Name")
                ):
                    pass
                case _:  # what evaluates a text, else a name, which is a mention
                    found = store.name if store.owner is None else None
            if found == self._name:
                message = f"`{self._name}` may be changed by `{ast.unparse(store.node)}`"
                yield _escapes(store.node, message)

    def _is_in_path(self, path: str) -> bool:
        """Whether a dotted path may be that of the definition, or lead on from it.

        For a class it may begin with any module, as others import it; a function has the name of a
        package often, as ``client`` and ``db``: fixtures.
        """
        before, found, _ = f".{path}.".partition(f".{self._name}.")
        last = before.rpartition(".")[2]
        own = {"", "__main__", self._module.stem}
        return bool(found) and (self._is_class or not last.isidentifier() or last in own)


@functools.lru_cache(maxsize=1)  # all copies in a file ask one after the other
def _origins(module: ParsedModule, parents: Parents) -> Origins:
    return Origins(module, lambda node: (place.above for place in parents.above(node)))


@functools.lru_cache(maxsize=1)
def _attributes(names: ModuleNames) -> dict[str, list[ast.Attribute]]:
    """Return the attributes that a file reads, by their names."""
    found: dict[str, list[ast.Attribute]] = defaultdict(list)
    for node in names.of_kind(ast.Attribute):
        if isinstance(node.ctx, ast.Load):
            found[node.attr].append(node)
    return found


@functools.lru_cache(maxsize=1)
def _searches(names: ModuleNames) -> list[ast.Call]:
    """Return the calls of `gc.get_objects`."""
    return [c for c in names.of_kind(ast.Call) if last_name(c.func) == "get_objects"]


@functools.lru_cache(maxsize=1)
def _examples(module: ParsedModule) -> list[ast.Constant]:
    texts = module.names.of_kind(ast.Constant)
    return [t for t in texts if isinstance(t.value, str) and ">>>" in t.value]


def _makes_class(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        called = last_name(node.func)
        return called in _MAKING_CLASSES or (called == "type" and len(node.args) == 3)
    return isinstance(node, ast.ClassDef)


def _escapes(node: ast.expr | ast.stmt, what: str) -> Reason:
    message = f"{what}: once shared, a change would leak into other files"
    return reason_at(node, Code.ESCAPES, message)
