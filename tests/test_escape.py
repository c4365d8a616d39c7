"""What a file may do with a definition that it is to share, and what it may not."""

from __future__ import annotations

import pytest

from codemods.model import Code, SharedModules, Status, Verdict
from tests.tools import check_refused, indented, run, shared

LIB = "lib.tools"
CLASS = """\
class Fake(Exception):
    KIND = "a"
    def __init__(self): self.sent = []
    def go(self): return 1
    @classmethod
    def make(cls): return cls()
    class Inner: ...
"""
FUNCTION = "def helper(x): return x\n"
MODULES = shared(CLASS + "Alias = Fake\n" + FUNCTION + "other = helper\n", LIB)
PLAIN = CLASS.replace("(Exception)", "")
PLAIN_MODULES = shared(PLAIN + "Alias = Fake\n", LIB)


def is_replaced(text: str, modules: SharedModules = MODULES) -> bool:
    result = run(text, modules=modules)
    assert result.error is None
    return result.status is Status.CHANGED


CONTAINED = {
    "a number of objects": "len(gc.get_objects())\nx = Fake()\n",
    "a call": "x = Fake()\n",
    "a call whose result is changed": "x = Fake()\nx.limit = 1\nx.go = None\ndel x.sent\n",
    "a base": "class Sub(Fake): ...\n",
    "a base with parameters": "class Sub(Fake[int]): ...\n",
    "the base of a dataclass": "@dataclass\nclass Sub(Fake):\n    x: int\n",
    "an attribute of a subclass": "class Sub(Fake): ...\nSub.limit = 1\n",
    "annotations": "def f(a: Fake, *b: list[Fake], c: 'Fake' = 1) -> Fake | None: ...\n",
    "an annotated variable": "x: Fake = 1\n",
    "an annotation of a test": "@pytest.mark.slow\n@patch('a.b')\ndef test(a: Fake): ...\n",
    "an annotation for a decorator of Python": (
        "from functools import cache\n@cache\ndef f(a: Fake): ...\n"
    ),
    "an annotation for what the file makes": "app = App()\n@app.get('/')\ndef f(a: Fake): ...\n",
    "a variable in a decorated function": ("from app import on\n@on\ndef f():\n    a: Fake = 1\n"),
    "an annotation with calls": "x: Annotated[Fake, note(Fake)] = 1\n",
    "isinstance": "isinstance(x, Fake) or issubclass(y, (int, Fake))\n",
    "callable, hasattr and isclass": "callable(Fake), hasattr(Fake, 'go'), isclass(Fake)\n",
    "a comparison with a constant": "assert Fake is not None and Fake != 1\n",
    "except": "try: ...\nexcept Fake: ...\ntry: ...\nexcept (OSError, Fake): ...\n",
    "raise": "def f():\n    raise Fake\n",
    "raises": "with pytest.raises((OSError, Fake)):\n    self.assertRaises(Fake, f)\n",
    "a match": "match x:\n    case Fake(): ...\n",
    "a class method": "Fake.make()\n",
    "a class in it": "Fake.Inner()\n",
    "a method with an instance": "Fake.go(x)\n",
    "a constant": "x = Fake.KIND\n",
    "its name": "x = Fake.__name__, Fake.__qualname__\n",
    "an expression": "Fake\n",
    "the name of the type of something": "x = type(y).__name__, y.__class__.__qualname__\n",
    "a comparison of types": "type(x) is type(y) or x.__class__ == Fake().__class__\n",
    "another object of the same type": "x = type(y)()\n",
    "the class of self": "class C:\n    def f(self): self.__class__.x = 1\n",
    "the class of a mock": "from mock import Mock\nx = Mock()\ntype(x).y = 1\n",
    "the class, in a variable": "kind = type(x)\nassert kind.__name__ == 'a' and kind is not int\n",
    "the class, in a variable that is bound again": "k = type(x)\nk = k[0]\n",
    "it as a module's attribute": "x = lib.Fake\n",
    "text": "print('Fake.go was called, Fake is', 'my Fake.go')\n",
    "its name in another text": "patch('a.Faker.go')\n",
    "a local variable of its name": "def f(Fake):\n    Fake.x = 1\n",
    "an attribute of another thing": "other.limit = Fake()\n",
    "a patch of a method of an instance": "x = Fake()\npatch.object(x, 'go')\n",
    "what looks into it by its name": "getattr(module, 'Fake')()\nglobals()['Fake']()\n",
}

HARMLESS = {
    "the number of all objects": "n = len(gc.get_objects())\n",
    "spec": "Mock(spec=Fake), create_autospec(Fake), MagicMock(spec_set=Fake)\n",
    "return_value": "Mock(return_value=Fake)\n",
    "side_effect": "Mock(side_effect=Fake)\n",
    "wraps": "Mock(wraps=Fake)\n",
    "a patch of another name": "patch('a.b', Fake)\n",
    "a patch by new": "patch('a.b', new=Fake)\n",
    "a patch of an attribute": "patch.object(module, 'b', Fake)\n",
    "monkeypatch": "monkeypatch.setattr(module, 'b', Fake)\n",
    "monkeypatch by path": "monkeypatch.setattr('a.b', Fake)\n",
    "a decorator that patches": "@patch('a.b', Fake)\ndef test(): ...\n",
    "a patch of its own name": "patch('tests.test_sample.Fake')\n",
    "parametrize": "@pytest.mark.parametrize('a', [Fake, pytest.param(Fake)])\ndef test(a): ...\n",
    "parametrize by tuples": "@pytest.mark.parametrize('a,b', [(Fake, 1)])\ndef test(a, b): ...\n",
    "cast": "cast(Fake, x)\n",
    "a parameter of a type that is called": "Box[Fake](1), Pair[int, Fake](1, 2)\n",
    "a parameter of a class of the file": "class Box(Generic[T]): ...\nBox[Fake](1)\n",
    "a parameter of an imported type": "import app\napp.Box[Fake](1), app.Box[int, Fake](1)\n",
}

ESCAPES = {
    "an argument": "print(Fake)\n",
    "a keyword argument": "f(kind=Fake)\n",
    "a starred argument": "f(*[Fake])\n",
    "an argument of a constructor": "Holder(Fake)\n",
    "an argument of a class statement": "class Sub(Base, kind=Fake): ...\n",
    "an argument of a function of the file": "def raises(x):\n    x.y = 1\nraises(Fake)\n",
    "a spec of a function of the file": "def build(spec):\n    spec.x = 1\nbuild(spec=Fake)\n",
    "a list": "x = [Fake]\n",
    "a mapping": "x = {'a': Fake}\n",
    "a key": "x = {Fake: 1}\n",
    "a set": "x = {Fake, Other}\n",
    "a tuple": "x = Fake, 1\n",
    "an assignment": "x = Fake\n",
    "an annotated assignment": "x: type = Fake\n",
    "a walrus": "(x := Fake)\n",
    "an attribute that holds it": "class C:\n    kind = Fake\n",
    "a default": "def f(kind=Fake): ...\n",
    "a keyword-only default": "def f(*, kind=Fake): ...\n",
    "a result": "def f():\n    return Fake\n",
    "the result of a lambda": "f = lambda: Fake\n",
    "yield": "def f():\n    yield Fake\n",
    "a comparison with another class": "type(x) is Fake\n",
    "a parameter of a class that is given it": (
        "class Box:\n    def __class_getitem__(cls, item): item.x = 1\nBox[Fake]()\n"
    ),
    "an item of a variable, called": "handlers = Handlers()\nhandlers[Fake]()\n",
    "an item of a parameter, called": "def f(handlers): handlers[int, Fake]()\n",
    "a key that is looked up": "assert app.handled[Fake] == 1\n",
    "a key that is looked up, changed": "app.found[Fake].x = 1\n",
    "a parameter of a base": "class Handler(Base[Fake]): ...\n",
    "a parameter of a type that is passed on": "f(list[Fake])\n",
    "an instance, as the parameter that an import hides": (
        "import app\ndef test(app):\n    type(app).limit = 1\n"
    ),
    "a loop": "for kind in Fake: ...\n",
    "a comprehension": "[k for k in Fake]\n",
    "a condition": "x = Fake if y else Other\n",
    "or": "x = y or Fake\n",
    "a decorator": "@Fake\ndef f(): ...\n",
    "a with block": "with Fake: ...\n",
    "partial": "functools.partial(Fake, 1)\n",
    "type with three arguments": "type('Sub', (Fake,), {})\n",
    "an attribute that is set": "Fake.limit = 1\n",
    "an attribute that is counted up": "Fake.limit += 1\n",
    "an attribute that is deleted": "del Fake.go\n",
    "an annotated attribute": "Fake.limit: int = 1\n",
    "an attribute of a method": "Fake.go.calls = 1\n",
    "an attribute of a constant": "Fake.KIND.x = 1\n",
    "a class in it that is changed": "Fake.Inner.x = 1\n",
    "an attribute of a method of a subclass": "class Sub(Fake): ...\nSub.go.calls = 1\n",
    "an attribute of a method of an instance": "Fake().go.__func__.calls = 1\n",
    "an attribute by way of its module": "sys.modules[__name__].Fake.limit = 1\n",
    "an attribute by way of the globals": "globals()['Fake'].limit = 1\n",
    "an attribute by its name": "getattr(module, 'Fake').limit = 1\n",
    "setattr": "setattr(Fake, 'limit', 1)\n",
    "delattr": "delattr(Fake, 'go')\n",
    "monkeypatch.setattr": "def f(monkeypatch):\n    monkeypatch.setattr(Fake, 'go', 1)\n",
    "patch.object": "with patch.object(Fake, 'go'): ...\n",
    "patch.multiple": "patch.multiple(Fake, go=1)\n",
    "patch.dict": "patch.dict(Fake.__dict__)\n",
    "vars": "vars(Fake)\n",
    "a method that is not called": "x = Fake.go\n",
    "__dict__": "x = Fake.__dict__\n",
    "__doc__": "x = Fake.__doc__\n",
    "__module__": "x = Fake.__module__\n",
    "__module__ of an instance": "x = Fake()\nassert x.__module__ == 'a'\n",
    "the globals of a method": "Fake().go.__globals__['limit'] = 1\n",
    "the globals of a method in a variable": "go = Fake().go\nx = go.__globals__['limit']\n",
    "the globals of what made an instance": "x = make()\nx.go.__globals__.clear()\n",
    "__subclasses__": "Fake.__subclasses__()\n",
    "the class of an instance": "Fake().__class__.limit = 1\n",
    "the type of an instance": "x = Fake()\ntype(x).limit = 1\n",
    "the type, given away": "f(type(x))\n",
    "the type, changed by setattr": "setattr(type(x), 'y', 1)\n",
    "the type, in a variable": "kind = type(x)\nkind.limit = 1\n",
    "the type, in a variable of a test": "def test():\n    k = x.__class__\n    k.limit = 1\n",
    "the type, in two variables": "k = type(x)\nj = k\nj.limit = 1\n",
    "the type, changed where it is bound again": "k = type(x)\nk = k[0]\nk.y = 1\n",
    "the bases of a subclass": "class Sub(Fake): ...\nSub.__bases__[0].x = 1\n",
    "the order of the bases of a subclass": "class Sub(Fake): ...\nSub.__mro__[1].x = 1\n",
    "mro": "class Sub(Fake): ...\nSub.mro()[1].x = 1\n",
    "a search of all objects": "[o for o in gc.get_objects() if isinstance(o, Fake)]\n",
    "the module of the type of an instance": "x = type(Fake()).__module__\n",
    "the class of self in a subclass": "class S(Fake):\n    def f(self): self.__class__.x = 1\n",
    "another class of an instance": "x.__class__ = Other\n",
    "its module, read by getattr": "x = getattr(Fake(), '__module__')\n",
    "an annotation for what may register by it": (
        "from app import render\n@render.register\ndef f(a, b: Fake): ...\n"
    ),
    "a result for what may register by it": "import app\n@app.on(1)\ndef f() -> list[Fake]: ...\n",
}

#: A text that names something of the class, for a patch.
PATCHES = {
    "a path": "patch('tests.test_sample.Fake.go')\n",
    "a short path": "patch('Fake.go')\n",
    "an f-string": "patch(f'{__name__}.Fake.go')\n",
    "a sum": "patch(__name__ + '.Fake.go')\n",
    "a format": "patch('%s.Fake.go' % __name__)\n",
    "a call of format": "patch('{}.Fake.go'.format(__name__))\n",
    "something deeper": "monkeypatch.setattr('test_sample.Fake.go.calls', 1)\n",
}


@pytest.mark.parametrize("rest", CONTAINED.values(), ids=CONTAINED)
def test_a_class_that_is_contained(rest: str) -> None:
    assert is_replaced(CLASS + "\n\n" + rest)


@pytest.mark.parametrize("rest", HARMLESS.values(), ids=HARMLESS)
def test_a_class_that_escapes_to_where_it_does_no_harm(rest: str) -> None:
    assert is_replaced(CLASS + "\n\n" + rest)


@pytest.mark.parametrize("rest", ESCAPES.values(), ids=ESCAPES)
def test_a_class_that_escapes(rest: str) -> None:
    check_refused(CLASS + "\n\n" + rest, Code.ESCAPES, modules=MODULES)


ITSELF = {
    "the type of self": "    def f(self): return type(self)\n",
    "the class of self": "    def f(self): return self.__class__\n",
    "the class cell": "    def f(self): return __class__\n",
    "the class of a class method": "    @classmethod\n    def f(cls): return cls\n",
    "its name": "    def f(self): return [Fake]\n",
    "its bases": "    def f(self):\n        for k in type(self).mro(): k.n = 1\n",
    "itself, passed on": "    def f(self): note(Fake)\n",
}

NOT_ITSELF = {
    "super": "    def f(self): return super(Fake, self).f()\n",
    "another object": "    def f(self): return type(self)(), Fake(), self.__class__()\n",
    "a method that makes one": "    @classmethod\n    def f(kind): return kind(), kind.f()\n",
    "__new__": "    def __new__(cls): return super().__new__(cls)\n",
    "__new__ of another": "    def __new__(cls): return super(Fake, cls).__new__(cls)\n",
    "its name": "    def f(self): return type(self).__name__\n",
    "isinstance": "    def __eq__(self, o): return isinstance(o, Fake)\n",
    "a comparison": "    def __eq__(self, o): return type(o) == type(self)\n",
}


@pytest.mark.parametrize("body", ITSELF.values(), ids=ITSELF)
def test_a_class_that_hands_itself_out(body: str) -> None:
    text = "class Fake:\n" + body
    check_refused(text, Code.ESCAPES, modules=shared(text, LIB))


@pytest.mark.parametrize("body", NOT_ITSELF.values(), ids=NOT_ITSELF)
def test_a_class_that_does_not_hand_itself_out(body: str) -> None:
    text = "class Fake:\n" + body
    assert is_replaced(text, shared(text, LIB))


def test_a_function_that_passes_itself_to_what_changes_it() -> None:
    text = "def note(f): f.n = 1\n\n\ndef helper(): note(helper)\n"
    check_refused(text, Code.ESCAPES, modules=shared("def helper(): note(helper)\n", LIB))


NOTE = "def note(f): f.n = 1\n"
BOTH = shared(f"{NOTE}mark = note\ndef helper(): note(helper)\n", LIB)


def test_what_a_shared_function_changes_stays() -> None:
    """The function that changes it is replaced, and so a second run finds an import."""
    result = run(f"{NOTE}\n\ndef helper(): note(helper)\n", modules=BOTH)
    assert [d.definition.name for d in result.replaced] == ["note"]
    [[reason]] = [d.reasons for d in result.refused]
    assert (reason.code, "is changed by `note(helper)`" in reason.message) == (Code.ESCAPES, True)


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        (f"from {LIB} import note", "note"),
        (f"from {LIB} import note as _note", "_note"),
        (f"from {LIB} import mark", "mark"),
        (f"import {LIB} as lib", "lib.note"),
    ],
)
def test_a_function_that_a_shared_one_changes(imported: str, call: str) -> None:
    modules = shared(f"{NOTE}mark = note\n{FUNCTION}", LIB)
    check_refused(f"{imported}\n{FUNCTION}{call}(helper)\n", Code.ESCAPES, modules=modules)


@pytest.mark.parametrize("rest", PATCHES.values(), ids=PATCHES)
def test_a_class_that_is_patched_by_its_path(rest: str) -> None:
    check_refused(CLASS + "\n\n" + rest, Code.MUTATED, modules=MODULES)
    function = FUNCTION + "\n\n" + rest.replace("Fake", "helper")
    check_refused(function, Code.MUTATED, modules=MODULES)


MESSAGES = {
    "print(Fake)": "`Fake` is passed to `print`",
    "f(kind=Fake)": "`Fake` is passed to `f(kind=Fake)`",
    "x = [Fake]": "`Fake` is put into a container",
    "x = Fake": "`Fake` is used as a value in `x = Fake`",
    "Fake.limit = 1": "`Fake` is changed by `Fake.limit`",
    "x = Fake.go": "`Fake` is asked for `Fake.go`, and that is not called",
    "Fake.mro()": "`Fake` is asked for `Fake.mro`, which it does not define",
    "type(x).y = 1": "`type(x)`, which may be the class, is changed by `type(x).y`",
}


@pytest.mark.parametrize(("rest", "saying"), MESSAGES.items(), ids=MESSAGES)
def test_the_place_is_named(rest: str, saying: str) -> None:
    before = CLASS + "\n\n" + rest + "\n"
    line = before.count("\n")
    check_refused(before, Code.ESCAPES, line=line, saying=saying, modules=MODULES)


# Enums

ENUM = "from enum import Enum\n\n\nclass Color(Enum):\n    RED = 1\n    def go(self): return 1\n"
MEMBERS = {
    "a call": "Color(1).seen = 1\n",
    "an item": "Color['RED'].seen = 1\n",
    "a variable": "c = Color.RED\nc.seen = 1\n",
    "setattr": "def test(color):\n    setattr(color, 'seen', 1)\n",
}


@pytest.mark.parametrize("rest", MEMBERS.values(), ids=MEMBERS)
def test_a_member_of_an_enum_that_is_changed(rest: str) -> None:
    check_refused(f"{ENUM}\n\n{rest}", Code.ESCAPES, modules=shared(ENUM, LIB))


def test_what_else_is_changed_beside_an_enum() -> None:
    rest = "import app\napp.color = Color.RED\nclass C:\n    def f(self): self.color = Color(1)\n"
    assert run(f"{ENUM}\n\n{rest}", modules=shared(ENUM, LIB)).status is Status.CHANGED


# What the settings trust


def test_an_example_for_doctest_may_do_anything() -> None:
    for definition, name in ((CLASS, "Fake"), (FUNCTION, "helper")):
        example = f'"""It.\n\n>>> {name}.x = 1\n"""\n'
        check_refused(example + definition, Code.ESCAPES, saying="example", modules=MODULES)
        assert is_replaced(example.replace(f"{name}.x = 1", f"{name}(1)") + definition)
        assert is_replaced(example.replace(name, f"{name}s") + definition)


TRUSTED = shared(CLASS, LIB, harmless=("app.Agent", "app.Runner.run", "app.Runner.runs"))
TRUSTING = {
    "an argument": "Agent(Fake)\n",
    "a keyword argument": "Agent(kind=Fake)\n",
    "a list": "Agent([Fake], kinds=(1, Fake))\n",
    "an attribute of a module": "import app\napp.Agent(Fake)\n",
    "a method of a variable": "runner = Runner()\ndef test():\n    runner.run(Fake)\n",
    "a method of a variable of a function": "def test():\n    r = Runner(1)\n    r.run(Fake)\n",
}
NOT_TRUSTING = {
    "another function": "Other(Fake)\n",
    "another method": "runner = Runner()\nrunner.walk(Fake)\n",
    "a method of an attribute": "runner = Runner()\nrunner.own.run(Fake)\n",
    "a method of a variable that is bound again": (
        "runner = Runner()\ndef test():\n    global runner\n    runner = 1\nrunner.run(Fake)\n"
    ),
    "a method of a parameter": "def test(runner):\n    runner.run(Fake)\n",
    "a method of a parameter that is bound": (
        "def test(runner):\n    runner.run(Fake)\n    runner = Runner()\n"
    ),
    "a variable of its name": "def test(Agent):\n    Agent(Fake)\n",
    "a function of its name": "def test():\n    def Agent(x): x.y = 1\n    Agent(Fake)\n",
    "a method of what a local class makes": (
        "def test():\n    Runner = find()\n    r = Runner()\n    r.run(Fake)\n"
    ),
    "a result": "def test():\n    return Agent, Fake\n",
    "a place in a mapping": "Agent({'a': Fake})\n",
}
HEAD = "from app import Agent, Other, Runner\n\n\n"


@pytest.mark.parametrize("rest", TRUSTING.values(), ids=TRUSTING)
def test_a_class_that_is_passed_to_what_the_settings_trust(rest: str) -> None:
    assert run(HEAD + CLASS + "\n\n" + rest, modules=TRUSTED).status is Status.CHANGED
    check_refused(HEAD + CLASS + "\n\n" + rest, Code.ESCAPES, modules=MODULES)


@pytest.mark.parametrize("rest", NOT_TRUSTING.values(), ids=NOT_TRUSTING)
def test_a_class_that_is_passed_to_something_else(rest: str) -> None:
    check_refused(HEAD + CLASS + "\n\n" + rest, Code.ESCAPES, modules=TRUSTED)


def test_what_a_trusted_function_may_read_counts() -> None:
    rest = "\n\nAgent(kind=Fake)\n"
    told = CLASS.replace("self): return", "self) -> int: return")
    check_refused(HEAD + told + rest, Code.DIFFERENT_SHAPE, saying="line", modules=TRUSTED)
    renamed = (CLASS + rest).replace("Fake", "_Fake")
    check_refused(HEAD + renamed, Code.ESCAPES, modules=TRUSTED)


@pytest.mark.parametrize("rest", ["Other[Fake]()", "Other[int, Fake]().x", "(Other[[Fake]])()"])
def test_what_a_type_may_read_of_its_parameters_counts(rest: str) -> None:
    told = CLASS.replace("self): return", "self) -> int: return")
    check_refused(HEAD + told + rest, Code.DIFFERENT_SHAPE, saying="line", modules=MODULES)
    assert run(HEAD + CLASS + rest, modules=MODULES).status is Status.CHANGED


def test_what_a_trusted_function_may_read_of_a_function_counts() -> None:
    modules = shared(FUNCTION, LIB, harmless=("app.Agent",))
    rest = "\n\nAgent(FUNCTION=helper)\n"
    assert run(HEAD + FUNCTION + rest, modules=modules).status is Status.CHANGED
    told = FUNCTION.replace("(x):", "(x) -> int:")
    check_refused(HEAD + told + rest, Code.DIFFERENT_SHAPE, saying="passes it on", modules=modules)
    named = HEAD + FUNCTION + rest + "use('tests.test_sample.helper')\n"
    check_refused(named, Code.MODULE_DEPENDENT, modules=modules)


@pytest.mark.parametrize(
    ("rest", "advice"),
    [
        ("Agent(Fake)", "add `app.Agent` to the setting `harmless`"),
        ("r = Runner()\nr.run(kind=Fake)", "add `app.Runner.run` to the setting `harmless`"),
    ],
)
def test_what_to_add_to_the_settings_is_said(rest: str, advice: str) -> None:
    before = f"{HEAD}{CLASS}\n\n{rest}\n"
    check_refused(before, Code.ESCAPES, saying=advice, modules=MODULES)


ATTRIBUTES = {
    "a set": ("class A(App):\n    KINDS = {Fake}\n", True),
    "a mapping": ("class A(App):\n    KINDS: dict = {'a': [Fake], 'b': {Fake: 1}}\n", True),
    "the class itself": ("class A(App):\n    KINDS = Fake\n", True),
    "another attribute": ("class A(App):\n    OTHER = {Fake}\n", False),
    "another base": ("class A(Other):\n    KINDS = {Fake}\n", False),
    "what a function makes": ("class A(App):\n    KINDS = find(Fake)\n", False),
    "an attribute that the file reads": ("class A(App):\n    KINDS = {Fake}\nA().KINDS\n", False),
    "a variable": ("class A(App):\n    x = 1\nKINDS = {Fake}\n", False),
}


@pytest.mark.parametrize(("rest", "is_trusted"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_a_class_in_an_attribute_that_the_settings_trust(rest: str, *, is_trusted: bool) -> None:
    modules = shared(CLASS, LIB, harmless=("app.App", "app.App.KINDS"))
    text = f"from app import App, Other, find\n\n\n{CLASS}\n\n{rest}"
    if is_trusted:
        assert run(text, modules=modules).status is Status.CHANGED
        advice = "add `app.App.KINDS` to the setting `harmless`"
        check_refused(text, Code.ESCAPES, saying=advice, modules=MODULES)
        told = text.replace("self): return", "self) -> int: return")
        check_refused(told, Code.DIFFERENT_SHAPE, saying="line", modules=modules)
    else:
        check_refused(text, Code.ESCAPES, modules=modules)


# Functions

FUNCTION_USES = {
    "a callback": "register(helper)\n",
    "a function of the file": "def mark(f):\n    g.seen = 1\nmark(helper)\n",
    "another thing with its parameter": "def helper(x): return x\ndef g(x):\n    x.y = helper(1)\n",
    "a value": "x = helper\ny = {'a': helper}\n",
    "a default": "def f(g=helper): ...\n",
    "a result": "def f():\n    return helper\n",
    "a comparison": "helper is other\n",
    "a decorator": "@helper\ndef f(): ...\n",
    "a patch of its own name": "patch('tests.test_sample.helper')\n",
    "a value for a patch": "monkeypatch.setattr(module, 'helper', helper)\n",
    "side_effect": "Mock(side_effect=helper)\n",
    "its name": "x = helper.__name__\n",
    "an attribute that is read": "x = helper.calls\n",
    "another name that is not changed": "x = helper\ny.calls = 1\n",
    "ids of tests": (
        "@pytest.mark.parametrize('a', x, ids=helper)\ndef test(a, f):\n    a.x = f.x = 1\n"
    ),
    "what it is passed to": "x = Mock(side_effect=helper)\nx.calls = 1\n",
    "an attribute of something else": "x.get = helper\ny.get.calls = 1\n",
    "an annotation": "def f(x: helper):\n    x.calls = 1\n",
    "in the body of a function": "def f(x):\n    g = helper\n    x.calls = g(1)\n",
}

FUNCTION_CHANGES = {
    "a mark": "pytest.mark.slow(helper)\n",
    "a function of the file": "def mark(f):\n    f.seen = 1\nmark(helper)\n",
    "an attribute": "helper.calls = 1\n",
    "an attribute that is counted up": "def test():\n    helper.calls += 1\n",
    "an attribute that is deleted": "del helper.calls\n",
    "setattr": "setattr(helper, 'calls', 1)\n",
    "monkeypatch.setattr": "monkeypatch.setattr(helper, 'calls', 1)\n",
    "patch.object": "patch.object(helper, 'calls')\n",
    "update_wrapper": "functools.update_wrapper(helper, g)\n",
    "another name for it": "x = helper\nx.calls = 1\n",
    "a variable of a loop": "for f in (helper, 1):\n    f.calls = 1\n",
    "what an attribute is": "x.get = helper\nx.get.calls = 1\n",
    "an item": "X = {'a': helper}\nX['a'].calls = 1\n",
    "an attribute of a class": "class C:\n    x = helper\nC.x.calls = 1\n",
    "what a function returns": "def get():\n    return helper\nget().calls = 1\n",
    "a default": "def use(f=helper):\n    f.calls = 1\n",
    "a parameter of a test": (
        "@pytest.mark.parametrize('f', [helper])\ndef test(f):\n    f.calls = 1\n"
    ),
    "a parameter of a fixture": (
        "@pytest.fixture(params=[helper])\ndef f(request):\n    request.param.calls = 1\n"
    ),
    "__dict__": "helper.__dict__['calls'] = 1\n",
    "__code__": "x = helper.__code__\n",
    "__defaults__": "helper.__defaults__ = (1,)\n",
    "__wrapped__": "x = helper.__wrapped__\n",
    "inspect": "inspect.getsource(helper)\n",
    "a function of inspect": "from inspect import getmodule as get, getfile\ngetfile(helper)\n",
}


@pytest.mark.parametrize("rest", FUNCTION_USES.values(), ids=FUNCTION_USES)
def test_a_function_may_be_passed_on(rest: str) -> None:
    assert is_replaced(FUNCTION + "\n\n" + rest)


@pytest.mark.parametrize("rest", FUNCTION_CHANGES.values(), ids=FUNCTION_CHANGES)
def test_a_function_that_is_changed(rest: str) -> None:
    check_refused(FUNCTION + "\n\n" + rest, Code.ESCAPES, modules=MODULES)


# Nested definitions

IN_CLASS = "class T:\n" + indented(CLASS) + "\n"
IN_CLASS_CONTAINED = {
    "self": "    def test(self): self.Fake()\n",
    "the class": "T.Fake()\n",
    "a base": "class Sub(T.Fake): ...\n",
    "an annotation": "def f(x: T.Fake): ...\n",
}
IN_CLASS_ESCAPES = {
    "an attribute": "T.Fake.limit = 1\n",
    "an attribute by self": "    def test(self): self.Fake.limit = 1\n",
    "monkeypatch": "    def test(self, monkeypatch): monkeypatch.setattr(self.Fake, 'go', 1)\n",
    "a value": "x = T.Fake\n",
    "another value": "    def set_up(self): self.Fake = None\n",
    "its name as text": "getattr(T, 'Fake').limit = 1\n",
}


@pytest.mark.parametrize("rest", IN_CLASS_CONTAINED.values(), ids=IN_CLASS_CONTAINED)
def test_a_class_in_a_class_that_is_contained(rest: str) -> None:
    assert is_replaced(IN_CLASS + rest)


@pytest.mark.parametrize("rest", IN_CLASS_ESCAPES.values(), ids=IN_CLASS_ESCAPES)
def test_a_class_in_a_class_that_escapes(rest: str) -> None:
    check_refused(IN_CLASS + rest, Code.ESCAPES, modules=MODULES)


def test_a_function_in_a_class_that_is_changed() -> None:
    before = "class T:\n    " + FUNCTION + "T.helper.calls = 1\n"
    check_refused(before, Code.ESCAPES, modules=MODULES)


@pytest.mark.parametrize("rest", ["def test(self, helper): helper.x = 1", "def g(): helper.x = 1"])
def test_a_method_does_not_see_the_names_of_its_class(rest: str) -> None:
    assert is_replaced("class T:\n    " + FUNCTION + "    " + rest + "\n")


def test_what_runs_in_the_body_of_a_class_sees_its_names() -> None:
    before = "class T:\n    " + FUNCTION + "    helper.x = 1\n"
    check_refused(before, Code.ESCAPES, modules=MODULES)
    before = "class T:\n    " + FUNCTION + "    def f(self, y=setattr(helper, 'x', 1)): ...\n"
    check_refused(before, Code.ESCAPES, modules=MODULES)


def test_a_class_in_a_function_is_looked_at_there_alone() -> None:
    before = "def test():\n" + indented(CLASS) + "    Fake()\n"
    assert is_replaced(before + "\n\nFake = 1\nx = [Fake]\n")
    check_refused(before + "    x = [Fake]\n", Code.ESCAPES, modules=MODULES)
    check_refused(before + "    x = Fake.__qualname__\n", Code.ESCAPES, modules=MODULES)
    check_refused(before + "    x = made.__qualname__\n", Code.ESCAPES, modules=MODULES)
    assert is_replaced(f"{CLASS}\n\nx = Fake.__qualname__, made.__qualname__\n")


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import dumps",
        "import cloudpickle",
        "def test_unpicklable(): ...",
    ],
)
def test_what_is_nested_and_perhaps_pickled(line: str) -> None:
    nested = "def test():\n    " + FUNCTION + "    helper(1)\n"
    assert is_replaced(nested)
    check_refused(f"{line}\n\n\n" + nested, Code.ESCAPES, saying="pickled", modules=MODULES)
    assert is_replaced(f"{line}\n\n\n" + FUNCTION)


MAKING = {
    "a class": "class A: ...\n    return A",
    "a named tuple": "return namedtuple('A', 'x y')",
    "an enum": "return enum.Enum('A', 'X Y')",
    "a type": "return type('A', (), {})",
}


@pytest.mark.parametrize("body", MAKING.values(), ids=MAKING)
def test_what_makes_classes_gives_them_its_module(body: str) -> None:
    imports = "import enum\nfrom collections import namedtuple\n"
    make = f"def make():\n    {body}\n"
    modules = shared(f"{imports}\n\n{make}", LIB)
    use = "\n\nA = make()\n\n\ndef test():\n    "
    assert is_replaced(imports + make + use + "A()\n", modules)
    check_refused(imports + make + use + "pickle.dumps(A)\n", Code.ESCAPES, modules=modules)
    told = use + "assert str(A) == '<class test_sample.make.<locals>.A>'\n"
    check_refused(imports + make + told, Code.MODULE_DEPENDENT, modules=modules)
    told = told.replace("A)", "type(1))")
    assert is_replaced(imports + FUNCTION + told.replace("make()", "helper(1)"))


# Another name for the shared object

RENAMED = CLASS.replace("Fake", "_Fake")
NAME_READS = {
    "its name": "_Fake.__name__\n",
    "the name of the type of something": "type(x).__name__\n",
    "a comparison with the name": "x == '_Fake'\n",
    "a search for the name": "'a _Fake object' in repr(x)\n",
    "a text with the name": "WANTED = 'a _Fake object'\n",
    "a parameter with the name": "@pytest.mark.parametrize('a', ['_Fake()'])\ndef test(a): ...\n",
    "the ids of parametrize": "@pytest.mark.parametrize('a', [_Fake])\ndef test(a): ...\n",
}


@pytest.mark.parametrize("rest", NAME_READS.values(), ids=NAME_READS)
def test_a_name_that_is_another_there_must_not_be_read(rest: str) -> None:
    check_refused(RENAMED + "\n\n" + rest, Code.ESCAPES, modules=MODULES)
    alias = PLAIN.replace("Fake", "Alias") + "\n\n" + rest.replace("_Fake", "Alias")
    check_refused(alias, Code.ESCAPES, modules=PLAIN_MODULES)
    if "==" not in rest and " in " not in rest:
        assert is_replaced(CLASS + "\n\n" + rest.replace("_Fake", "Fake"))


def test_explicit_ids_hide_the_name() -> None:
    rest = "@pytest.mark.parametrize('a', [_Fake], ids=['x'])\ndef test(a): ...\n"
    assert is_replaced(RENAMED + "\n\n" + rest)


def test_the_name_of_a_function_that_is_another_there() -> None:
    function = FUNCTION.replace("helper", "_helper")
    assert is_replaced(function + "\n\nregister(_helper)\n")
    check_refused(function + "\n\nx = _helper.__name__\n", Code.ESCAPES, modules=MODULES)


TELLS_APART = {
    "the types of two": "type(a) is not type(b)\n",
    "the classes of two": "a.__class__ == b.__class__\n",
    "isinstance": "isinstance(a, Fake)\n",
    "issubclass of several": "issubclass(a, (int, Fake))\n",
    "except": "try: ...\nexcept Fake: ...\n",
    "except of several": "try: ...\nexcept (OSError, Fake): ...\n",
    "raises": "with pytest.raises(Fake): ...\n",
    "match": "match a:\n    case Fake(): ...\n",
}


@pytest.mark.parametrize("rest", TELLS_APART.values(), ids=TELLS_APART)
def test_two_classes_that_would_be_one_are_not_told_apart(rest: str) -> None:
    both = PLAIN + "\n\n" + PLAIN.replace("Fake", "Alias") + "\n\n"
    assert is_replaced(both, PLAIN_MODULES)
    check_refused(both + rest, Code.ESCAPES, saying="tells apart", modules=PLAIN_MODULES)
    imported = f"from {LIB} import Alias\n\n\n{PLAIN}\n\n"
    assert is_replaced(imported, PLAIN_MODULES)
    check_refused(imported + rest, Code.ESCAPES, saying="tells apart", modules=PLAIN_MODULES)
    beside = f"import helpers\n\n\n{PLAIN}\n\nhelpers.Fake()\n"
    assert is_replaced(beside, PLAIN_MODULES)
    check_refused(beside + rest, Code.ESCAPES, saying="tells apart", modules=PLAIN_MODULES)
    one = run(both.replace("'a'", "'b'", 1).replace('"a"', '"b"', 1) + rest, modules=PLAIN_MODULES)
    assert one.status is Status.CHANGED


def test_two_classes_that_stay_two_may_be_told_apart() -> None:
    text = "class A:\n    x = 1\n\n\nclass B:\n    x = 1\n"
    told_apart = f"{text}\n\ntype(A()) is not type(B())\n"
    assert run(told_apart, modules=shared(text, LIB)).status is Status.CHANGED


def test_what_reads_a_class_that_is_told_apart_stays_too() -> None:
    there = "class A:\n    x = 1\n\n\ndef make():\n    return A()\n"
    here = f"from {LIB} import A as B\n\n\n{there}\n\n"
    assert run(here, modules=shared(there, LIB)).status is Status.CHANGED
    check_refused(
        here + "type(make()) is B\n",
        Code.ESCAPES,
        Code.DIFFERENT_GLOBALS,
        modules=shared(there, LIB),
    )


_TWO = {
    name: f"class {name}:\n    def __init__(self): self.{name} = 1\n" for name in ("TestA", "TestB")
}
_BOTH = shared(
    "".join(text.replace(":\n", ":\n    __test__ = False\n", 1) for text in _TWO.values()), LIB
)


@pytest.mark.parametrize("order", [("TestA", "TestB"), ("TestB", "TestA")])
@pytest.mark.parametrize(
    "text",
    [
        "f(TestB)\n",
        "f(getattr(lib, 'TestB'))\n",
        "x = 'test_sample.TestB'\n",
        "class Sub(TestB): ...\nSub.__init__.x = 1\n",
        "class Sub(TestB):\n    def test_it(self): ...\n",
        "patch('lib.TestB.x')\n",
    ],
)
def test_what_is_done_with_one_name_says_nothing_of_another(
    text: str, order: tuple[str, str]
) -> None:
    used = "def test_it():\n    TestA(), TestB()\n"
    result = run("".join(_TWO[name] for name in order) + used + text, modules=_BOTH)
    verdicts = {d.definition.name: d.verdict for d in result.decisions}
    assert verdicts == {"TestA": Verdict.REPLACE, "TestB": Verdict.REFUSE}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_one_file_says_of_its_module_says_nothing_of_another(order: tuple[int, int]) -> None:
    files = f"{CLASS}Fake()\n", f"{CLASS}Fake()\nx = 'test_sample.Fake'\n"
    assert {n: is_replaced(files[n]) for n in order} == {0: True, 1: False}
