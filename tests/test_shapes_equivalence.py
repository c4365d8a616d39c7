"""Each recorded shape beside its shared class: the same random calls, the same behaviour.

A machine opens pairs of one local and one shared connection, does the same to both, and compares
results, errors, turns of the event loop and the state that the local class has. It asks the shape
for its methods and their parameters, so that a shape recorded later needs no change here.

What the shared class has beyond the copy is not compared: a name that only it has is set, read
and deleted as a test's own attribute, and never read while it is unset.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import re
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from test_framework.ssot import websocket_connection_test_utility as shared_module
from test_framework.ssot.websocket_connection_shapes import SHAPES, AwaitedCopy, CommonCopy

#: Attributes that tests set: ones of the copy, ones that only the shared class has, and others.
ATTRIBUTES = (
    "messages_sent",
    "is_connected",
    "_closed",
    "send_json",
    "get_messages",
    "timeout",
    "headers",
    "user_id",
    "test_context",
    "events_received",
    "_incoming",
    "receive_json",
    "own_attribute",
    "_own_private",
)
#: A busy machine is no failure.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNKNOWN_KEYWORDS = ("unknown", "mesage", "self", "args")


class Unfriendly:
    """A message that refuses everything that recording it does not need."""

    def __init__(self) -> None:
        self.mutations: list[str] = []

    def __repr__(self) -> str:
        return f"Unfriendly({vars(self)})"

    def _refuse(self, *_: object) -> Any:
        raise LookupError("a recorder has no business here")

    __eq__ = __ne__ = __lt__ = __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = _refuse
    __str__ = _refuse
    __hash__ = None  # type: ignore[assignment]


TEXTS = st.text("aé\0\n", max_size=3)
MESSAGES: st.SearchStrategy[object] = st.one_of(
    st.dictionaries(TEXTS, st.one_of(TEXTS, st.lists(TEXTS, max_size=2)), max_size=3),
    st.lists(st.one_of(TEXTS, st.floats()), max_size=3),
    st.sets(TEXTS, max_size=3),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(max_size=5),
    st.tuples(TEXTS, st.lists(TEXTS, max_size=2)),
    st.builds(Unfriendly),
    st.builds(threading.Lock),  # neither deepcopy nor pickle takes it
    st.builds(lambda: lambda: None),  # pickle does not take it
)


@dataclass(frozen=True)
class Outcome:
    """What one call did, in a form in which both sides can be compared."""

    value: Any = None
    error: type[BaseException] | None = None
    error_text: str = ""
    awaitable: bool = False
    turns: list[Any] = field(default_factory=list)


def outcome(instance: object, call: Callable[[], Any], between: Callable[[], Any]) -> Outcome:
    """Call, drive a coroutine to its end by hand, and do `between` after its first turn."""
    awaitable, turns = False, []
    try:
        value = call()
        if inspect.iscoroutine(value):
            awaitable = True
            try:
                while True:
                    turns.append(value.send(None))
                    if len(turns) == 1:
                        between()
                    assert len(turns) < 100, "the coroutine does not end"
            except StopIteration as stop:
                value = stop.value
    except Exception as error:  # noqa: BLE001 - whatever the local class raises, the shared one must
        return Outcome(None, type(error), _without_class_names(error, instance), awaitable, turns)
    return Outcome(value, awaitable=awaitable, turns=turns)


def _without_class_names(error: Exception, instance: object) -> str:
    text = re.sub(r"^[\w.<>]+\.(?=\w+\(\))", "", str(error))
    for base in type(instance).__mro__[:-1]:
        text = re.sub(rf"\b{base.__name__}\b", "<class>", text)
    return text


def same(one: object, other: object) -> bool:
    """Whether both are the very same object.

    Numbers go by `repr`, because pickle writes a number twice where both sides hold it.
    """
    return one is other or (
        type(one) is type(other) and isinstance(one, (int, float)) and repr(one) == repr(other)
    )


def alike(one: Any, other: Any) -> bool:
    """Whether both are the same object, or each side's own container of the same objects."""
    if same(one, other):
        return True
    if isinstance(one, types.MethodType) and isinstance(other, types.MethodType):
        return one.__name__ == other.__name__
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return isinstance(one, (set, frozenset)) and one == other


def assert_equal_outcomes(local: Outcome, shared: Outcome) -> None:
    assert local.error is shared.error, (local, shared)
    assert local.error_text == shared.error_text, (local, shared)
    assert local.awaitable == shared.awaitable, (local, shared)
    assert local.turns == shared.turns, (local, shared)
    assert alike(local.value, shared.value), (local, shared)


@dataclass(frozen=True, eq=False)
class Pair:
    """One connection of each side, to which the same has been done."""

    local: Any
    shared: Any

    def do(
        self, action: Callable[[Any], Any], *, between: Callable[[Any], Any] = id
    ) -> tuple[Outcome, Outcome]:
        """Do `action` to both and compare the outcomes."""
        local, shared = (
            outcome(side, lambda: action(side), lambda: between(side))  # noqa: B023 - called at once
            for side in (self.local, self.shared)
        )
        assert_equal_outcomes(local, shared)
        return local, shared


class EquivalenceMachine(RuleBasedStateMachine):
    pairs = Bundle("pairs")
    messages = Bundle("messages")

    local_class: type
    shared_class: type

    def __init__(self) -> None:
        super().__init__()
        self.methods = sorted(
            name
            for name, value in vars(self.local_class).items()
            if inspect.isfunction(value) and name != "__init__"
        )
        self.opened: list[Pair] = []
        self.taken: list[tuple[object, str]] = []

    def keep(self, local: Any, shared: Any) -> Pair:
        pair = Pair(local, shared)
        self.opened.append(pair)
        return pair

    def take(self, value: Any) -> Any:
        """Note how a value looks, to see later that no class has changed it."""
        self.taken.append((value, repr(value)))
        return value

    # Connections

    @initialize(target=pairs)
    def open_first(self) -> Pair:
        return self.keep(self.local_class(), self.shared_class())

    @rule(target=pairs)
    def open_another(self) -> Pair:
        return self.keep(self.local_class(), self.shared_class())

    @rule(
        positional=st.lists(messages, max_size=2),
        keywords=st.sets(st.sampled_from(UNKNOWN_KEYWORDS), max_size=2),
    )
    def open_wrongly(self, positional: list[object], keywords: set[str]) -> None:
        arguments = dict.fromkeys(keywords)
        local = outcome(None, lambda: self.local_class(*positional, **arguments), int)
        shared = outcome(None, lambda: self.shared_class(*positional, **arguments), int)
        # Python words a TypeError by the parameters, and the shared class has keywords of its own.
        assert local.error is shared.error

    @rule(target=pairs, pair=pairs)
    def copy_shallowly(self, pair: Pair) -> Pair | MultipleResults[Pair]:
        if any(
            result.error for result in pair.do(lambda side: type(copy.copy(side)) is type(side))
        ):
            return multiple()
        return self.keep(copy.copy(pair.local), copy.copy(pair.shared))

    @rule(target=pairs, pair=pairs)
    def copy_deeply(self, pair: Pair) -> Pair | MultipleResults[Pair]:
        if any(
            result.error for result in pair.do(lambda side: type(copy.deepcopy(side)) is type(side))
        ):
            return multiple()
        # In one go, so that both copies hold the very same copies of the messages.
        return self.keep(*copy.deepcopy((pair.local, pair.shared)))

    @rule(target=pairs, pair=pairs, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
    def pickle_and_load(self, pair: Pair, protocol: int) -> Pair | MultipleResults[Pair]:
        results = pair.do(
            lambda side: type(pickle.loads(pickle.dumps(side, protocol))) is type(side)
        )
        if any(result.error for result in results):
            return multiple()
        return self.keep(*pickle.loads(pickle.dumps((pair.local, pair.shared), protocol)))

    # Messages

    @initialize(target=messages)
    def make_usual_messages(self) -> MultipleResults[object]:
        return multiple({"type": "agent_started"}, Unfriendly())

    @rule(target=messages, message=MESSAGES)
    def make_message(self, message: object) -> object:
        return message

    @rule(message=messages, text=TEXTS)
    def mutate_message(self, message: Any, text: str) -> None:
        if isinstance(message, dict):
            message[text] = text
        elif isinstance(message, list):
            message.append(text)
        elif isinstance(message, set):
            message.add(text)
        elif isinstance(message, Unfriendly):
            message.mutations.append(text)
        elif isinstance(message, tuple):
            message[1].append(text)
        self.taken = [(value, repr(value)) for value, _ in self.taken]

    # Calls

    @rule(
        pair=pairs,
        values=st.lists(messages, min_size=4, max_size=4),
        by_place=st.integers(0, 4),
        give_optional=st.booleans(),
        data=st.data(),
    )
    def call_rightly(
        self,
        pair: Pair,
        values: list[object],
        by_place: int,
        give_optional: bool,
        data: st.DataObject,
    ) -> None:
        name = data.draw(st.sampled_from(self.methods))
        parameters = list(inspect.signature(getattr(self.local_class, name)).parameters.values())[
            1:
        ]
        positional = values[: min(by_place, len(parameters))]
        keywords = {
            parameter.name: self.take(value)
            for parameter, value in list(zip(parameters, values, strict=False))[by_place:]
            if give_optional or parameter.default is parameter.empty
        }
        pair.do(lambda side: getattr(side, name)(*map(self.take, positional), **keywords))

    @rule(pair=pairs)
    def close(self, pair: Pair) -> None:
        pair.do(lambda side: side.close())

    @rule(
        pair=pairs,
        positional=st.lists(messages, max_size=3),
        keywords=st.dictionaries(
            st.sampled_from((*UNKNOWN_KEYWORDS, "message", "code", "reason")), messages, max_size=2
        ),
        data=st.data(),
    )
    def call_anyhow(
        self,
        pair: Pair,
        positional: list[object],
        keywords: dict[str, object],
        data: st.DataObject,
    ) -> None:
        name = data.draw(st.sampled_from(self.methods))
        pair.do(lambda side: getattr(side, name)(*map(self.take, positional), **keywords))

    @rule(pair=pairs, message=messages)
    def send(self, pair: Pair, message: object) -> None:
        self.take(message)
        pair.do(lambda side: side.send_json(message))

    @rule(pair=pairs, addition=messages, clear=st.booleans())
    def read_and_mutate_the_list(self, pair: Pair, addition: object, clear: bool) -> None:
        results = pair.do(lambda side: side.get_messages())
        for result in results:
            if isinstance(result.value, list):
                if clear:
                    result.value.clear()
                result.value.append(addition)

    @rule(pair=pairs, message=messages)
    def read_while_a_message_is_sent(self, pair: Pair, message: object) -> None:
        self.take(message)
        pair.do(
            lambda side: side.get_messages(),
            between=lambda side: outcome(side, lambda: side.send_json(message), int),
        )

    @rule(pair=pairs, message=messages, data=st.data())
    def forget_to_await(self, pair: Pair, message: object, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.methods))

        def start_and_drop(side: Any) -> bool:
            parameters = inspect.signature(getattr(self.local_class, name)).parameters
            required = [p for p in parameters.values() if p.default is p.empty]
            result = getattr(side, name)(*[message] * (len(required) - 1))
            if not inspect.iscoroutine(result):
                return False
            result.close()
            return True

        pair.do(start_and_drop)

    # Attributes

    @rule(pair=pairs, name=st.sampled_from(ATTRIBUTES), value=messages)
    def set_attribute(self, pair: Pair, name: str, value: object) -> None:
        for side in (pair.local, pair.shared):
            # Each side gets a list of its own to record in.
            own = list(value) if name == "messages_sent" and isinstance(value, list) else value
            setattr(side, name, own)
            assert vars(side)[name] is own
            assert getattr(side, name) is own

    @rule(pair=pairs, name=st.sampled_from(ATTRIBUTES))
    def delete_attribute(self, pair: Pair, name: str) -> None:
        pair.do(lambda side: delattr(side, name))

    @rule(pair=pairs, name=st.sampled_from((*ATTRIBUTES, "missing", "messages", "_missing")))
    def read_attribute(self, pair: Pair, name: str) -> None:
        if hasattr(pair.local, name) or not hasattr(self.shared_class, name):
            pair.do(lambda side: getattr(side, name))

    @rule(pair=pairs, message=messages, clear=st.booleans())
    def mutate_the_record(self, pair: Pair, message: object, clear: bool) -> None:
        for side in (pair.local, pair.shared):
            record = vars(side).get("messages_sent")
            if type(record) is list:
                if clear:
                    record.clear()
                record.append(message)

    # What Python asks

    @rule(pair=pairs, other=pairs)
    def ask_the_instances(self, pair: Pair, other: Pair) -> None:
        assert (pair.local == other.local) is (pair.shared == other.shared)
        pair.do(bool)
        pair.do(len)
        pair.do(iter)
        pair.do(lambda side: side())
        pair.do(lambda side: hash(side) == hash(side))

    @rule(data=st.data())
    def ask_the_methods(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.methods))
        local, shared = getattr(self.local_class, name), getattr(self.shared_class, name)
        assert inspect.iscoroutinefunction(local) == inspect.iscoroutinefunction(shared)
        assert _parameters(local) == _parameters(shared)

    # After each step

    @invariant()
    def states_are_equal(self) -> None:
        for pair in self.opened:
            local, shared = vars(pair.local), vars(pair.shared)
            assert list(local) == list(shared)
            for name, value in local.items():
                assert alike(value, shared[name]), (name, value, shared[name])

    @invariant()
    def messages_are_unchanged(self) -> None:
        for value, looks in self.taken:
            assert repr(value) == looks


def _parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def machine_for(local: type, shared: type) -> type[RuleBasedStateMachine]:
    class Machine(EquivalenceMachine):
        local_class = local
        shared_class = shared

    return Machine


@pytest.mark.parametrize(
    ("local_class", "shared_name"), SHAPES, ids=[local.__name__ for local, _ in SHAPES]
)
def test_a_recorded_shape_behaves_as_its_shared_class(local_class: type, shared_name: str) -> None:
    shared_class = getattr(shared_module, shared_name)
    run_state_machine_as_test(
        machine_for(local_class, shared_class),
        settings=settings(UNTIMED, max_examples=100),
    )


# The machine has teeth. Pickle finds these classes by name, so they stand in the module.


class Unchanged(CommonCopy):
    """The control: the classes below fail for what they change, and not for being subclasses."""


class GivesTheListItself(CommonCopy):
    def get_messages(self) -> Any:
        return self.messages_sent


class StaysConnected(CommonCopy):
    async def close(self, code: Any = 1000, reason: Any = "Normal closure") -> None:
        self._closed = True


class StaysOpen(CommonCopy):
    async def close(self, code: Any = 1000, reason: Any = "Normal closure") -> None:
        self.is_connected = False


class RefusesInOtherWords(CommonCopy):
    async def send_json(self, message: Any) -> None:
        if self._closed:
            raise RuntimeError("WebSocket is closed.")
        self.messages_sent.append(message)


class RefusesWithAnotherType(CommonCopy):
    async def send_json(self, message: Any) -> None:
        if self._closed:
            raise ConnectionError("WebSocket is closed")
        self.messages_sent.append(message)


class RefusesByOtherState(CommonCopy):
    async def send_json(self, message: Any) -> None:
        if not self.is_connected:
            raise RuntimeError("WebSocket is closed")
        self.messages_sent.append(message)


class CopiesTheMessage(CommonCopy):
    async def send_json(self, message: Any) -> None:
        await super().send_json(copy.copy(message))


class AddsToTheMessage(CommonCopy):
    async def send_json(self, message: Any) -> None:
        await super().send_json(message)
        if isinstance(message, dict):
            message.setdefault("timestamp", 0)


class ComparesMessages(CommonCopy):
    async def send_json(self, message: Any) -> None:
        if message != "":
            await super().send_json(message)


class AwaitsBetween(CommonCopy):
    async def send_json(self, message: Any) -> None:
        await asyncio.sleep(0)
        await super().send_json(message)


class ReadsAsync(CommonCopy):
    async def get_messages(self) -> Any:  # type: ignore[override]
        return self.messages_sent.copy()


class ReadsSync(AwaitedCopy):
    def get_messages(self) -> Any:
        return self.messages_sent.copy()


class ReadsWithoutATurn(AwaitedCopy):
    async def get_messages(self) -> Any:
        return self.messages_sent.copy()


class ReadsBeforeItsTurn(AwaitedCopy):
    async def get_messages(self) -> Any:
        messages = self.messages_sent.copy()
        await asyncio.sleep(0)
        return messages


class ClosesWithOtherDefaults(CommonCopy):
    async def close(self, code: Any = 1000, reason: Any = "") -> None:
        await super().close(code, reason)


class RenamesAParameter(CommonCopy):
    async def send_json(self, data: Any) -> None:
        await super().send_json(data)


class TakesAnyKeyword(CommonCopy):
    def __init__(self, **_: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


class TakesAPositionalArgument(CommonCopy):
    def __init__(self, user_id: object = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


class HoldsMore(CommonCopy):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.user_id = None


class HasFixedAttributes(CommonCopy):
    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("messages_sent", "is_connected", "_closed"):
            raise AttributeError(name)
        super().__setattr__(name, value)


class HasAReadOnlyAttribute(CommonCopy):
    @property
    def timeout(self) -> float:
        return 1.0


class HasEveryAttribute(CommonCopy):
    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


class LosesMessagesInPickles(CommonCopy):
    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "messages_sent": []}


class SharesMessagesWithDeepCopies(CommonCopy):
    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.copy(self)


class SplitsMessagesFromShallowCopies(CommonCopy):
    def __copy__(self) -> Any:
        result = type(self)()
        vars(result).update(vars(self))
        result.messages_sent = list(self.messages_sent)
        return result


class EqualByContent(CommonCopy):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, EqualByContent) and self.is_connected == other.is_connected

    __hash__ = CommonCopy.__hash__


class FalseWhenClosed(CommonCopy):
    def __bool__(self) -> bool:
        return not vars(self).get("_closed")


def test_the_machine_accepts_an_unchanged_subclass() -> None:
    run_state_machine_as_test(
        machine_for(CommonCopy, Unchanged),
        settings=settings(UNTIMED, max_examples=30),
    )


@pytest.mark.parametrize(
    ("local_class", "wrong_class"),
    [
        pytest.param(local_class, wrong_class, id=english)
        for local_class, wrong_class, english in [
            (CommonCopy, GivesTheListItself, "get_messages gives the list itself"),
            (CommonCopy, StaysConnected, "close leaves is_connected true"),
            (CommonCopy, StaysOpen, "close leaves _closed false"),
            (CommonCopy, RefusesInOtherWords, "the error text differs"),
            (CommonCopy, RefusesWithAnotherType, "the error type differs"),
            (CommonCopy, RefusesByOtherState, "is_connected decides instead of _closed"),
            (CommonCopy, CopiesTheMessage, "a message is copied before it is recorded"),
            (CommonCopy, AddsToTheMessage, "a key is added to a message"),
            (CommonCopy, ComparesMessages, "a message is compared before it is recorded"),
            (CommonCopy, AwaitsBetween, "sending takes a turn of the event loop"),
            (CommonCopy, ReadsAsync, "get_messages is async instead of sync"),
            (AwaitedCopy, ReadsSync, "get_messages is sync instead of async"),
            (AwaitedCopy, ReadsWithoutATurn, "get_messages takes no turn of the event loop"),
            (AwaitedCopy, ReadsBeforeItsTurn, "get_messages reads before its turn"),
            (CommonCopy, ClosesWithOtherDefaults, "a default differs"),
            (CommonCopy, RenamesAParameter, "a parameter has another name"),
            (CommonCopy, TakesAnyKeyword, "the constructor swallows keywords"),
            (CommonCopy, TakesAPositionalArgument, "the constructor takes a positional argument"),
            (CommonCopy, HoldsMore, "a fresh instance holds one attribute more"),
            (CommonCopy, HasFixedAttributes, "attributes cannot be set freely"),
            (CommonCopy, HasAReadOnlyAttribute, "one attribute cannot be set"),
            (CommonCopy, HasEveryAttribute, "a missing attribute is None"),
            (CommonCopy, LosesMessagesInPickles, "a pickle loses the messages"),
            (CommonCopy, SharesMessagesWithDeepCopies, "a deep copy shares the messages"),
            (CommonCopy, SplitsMessagesFromShallowCopies, "a shallow copy has its own messages"),
            (CommonCopy, EqualByContent, "two connections are equal by content"),
            (CommonCopy, FalseWhenClosed, "a closed connection is false"),
        ]
    ],
)
def test_the_machine_fails_where(local_class: type, wrong_class: type) -> None:
    with pytest.raises((AssertionError, AttributeError)):
        run_state_machine_as_test(
            machine_for(local_class, wrong_class),
            settings=settings(
                UNTIMED,
                max_examples=1000,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
            ),
        )
