"""What a generated suite is made of: pieces of test files, as templates of text.

``$noun`` and ``$Noun`` are what a piece is about, ``$a < $b < $c`` three numbers. Each piece stands
on its own and passes under pytest with the standard library alone, so that any choice of them makes
a test file. No name comes twice in a file, as no two pieces have the same noun and template.
"""

from __future__ import annotations

from string import Template

#: What the tests are about.
NOUNS = """
    account address agent alert archive attachment audit_entry backup badge batch
    billing_cycle bookmark budget calendar campaign cart channel comment contract coupon
    credential dashboard delivery device discount document draft event_log export feature_flag
    feedback_form folder gateway_route identity import_job invitation invoice label ledger
    license_key locale mailbox membership message_thread milestone notification order parcel
    passkey payment permission pipeline playlist policy price_list profile project prompt
    quota rate_limit receipt refund region reminder report reservation retry_budget role
    schedule search_index segment session shipment shopping_list signup snapshot subscription
    survey task_queue tax_rule team template tenant ticket timeline token tool_call trace
    transcript trial upload usage_meter vault voucher webhook widget workflow workspace
""".split()  # noqa: SIM905 - as a list it is a page long

DOCSTRING = Template('''\
"""$title: $topic of the $area service.

Business value: $topic keeps its promises while other parts of the product change.

Covers:
- the usual way to $topic through the $area service
- what happens when a part of it is slow, absent or wrong
- that nothing of one user is ever seen by another one
"""

''')

FIRST_IMPORTS = b"""\
import asyncio
import json
import logging
import re
import time
from collections import Counter, defaultdict
"""

SECOND_IMPORTS = b"""\
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from unittest.mock import AsyncMock, MagicMock, patch

import pytest

logger = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 5.0
EPOCH = datetime(2025, 1, 1, tzinfo=timezone.utc)
"""

LIFECYCLE = '''

class Test${Noun}Lifecycle:
    """A $noun is made, changed, and put away; each step leaves a trace."""

    def setup_method(self):
        """Start each test with a store that holds nothing but one $noun."""
        self.store = {}
        self.history = []
        self.user_id = "user-$a"
        self.store["$noun-$b"] = {
            "id": "$noun-$b",
            "owner": self.user_id,
            "state": "draft",
            "version": 1,
            "tags": ["$noun", "priority-$c"],
            "limits": {"soft": $a, "hard": $b},
        }

    def advance(self, key, state):
        entry = self.store[key]
        self.history.append((key, entry["state"], state))
        entry["state"] = state
        entry["version"] += 1
        return entry

    def test_starts_as_draft(self):
        entry = self.store["$noun-$b"]
        assert entry["state"] == "draft"
        assert entry["version"] == 1
        assert entry["owner"] == self.user_id

    def test_every_step_is_recorded(self):
        for state in ("review", "active", "archived"):
            self.advance("$noun-$b", state)
        assert [step[2] for step in self.history] == ["review", "active", "archived"]
        assert self.store["$noun-$b"]["version"] == 4, self.history

    def test_unknown_key_is_an_error(self):
        with pytest.raises(KeyError, match="missing-$c"):
            self.advance("missing-$c", "active")
        assert self.history == []

    def test_limits_are_kept_apart(self):
        limits = self.store["$noun-$b"]["limits"]
        # The soft limit warns, the hard limit stops.
        assert limits["soft"] < limits["hard"]
        assert limits["hard"] - limits["soft"] == $b - $a
'''

TABLE = '''

@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "seconds", 0),
        ($a, "seconds", $a),
        ($b, "seconds", $b),
        ($c, "seconds", $c),
        (1, "minutes", 60),
        ($a, "minutes", $a * 60),
        ($b, "minutes", $b * 60),
        (1, "hours", 3600),
        ($c, "hours", $c * 3600),
        (1, "days", 86400),
    ],
)
def test_${noun}_interval_in_seconds(value, unit, expected):
    """An interval of a $noun is the same in each unit."""
    interval = timedelta(**{unit: value})
    assert interval.total_seconds() == expected
    assert EPOCH + interval >= EPOCH
'''

CONCURRENT = '''

class Test${Noun}UnderLoad:
    """Many users at once, and none of them sees what another one does."""

    async def _serve(self, queue, seen):
        while True:
            user_id, payload = await queue.get()
            if payload is None:
                queue.task_done()
                return
            await asyncio.sleep(0)
            seen[user_id].append({"user_id": user_id, "payload": payload, "kind": "$noun"})
            queue.task_done()

    async def _run(self, users, messages):
        queue, seen = asyncio.Queue(), defaultdict(list)
        workers = [asyncio.create_task(self._serve(queue, seen)) for _ in range(3)]
        for number in range(messages):
            for user in range(users):
                await queue.put((f"user-{user}", f"$noun-{number}"))
        for _ in workers:
            await queue.put(("nobody", None))
        await asyncio.wait_for(asyncio.gather(*workers), timeout=DEFAULT_TIMEOUT)
        return seen

    def test_each_user_gets_all_messages(self):
        seen = asyncio.run(self._run(users=4, messages=6))
        assert len(seen) == 4
        assert {len(messages) for messages in seen.values()} == {6}

    def test_nothing_leaks_to_another_user(self):
        seen = asyncio.run(self._run(users=3, messages=5))
        for user_id, messages in seen.items():
            # CRITICAL: this is the promise that the product is sold on.
            assert all(message["user_id"] == user_id for message in messages)
            assert sorted(m["payload"] for m in messages) == [f"$noun-{n}" for n in range(5)]

    @pytest.mark.slow
    def test_order_is_kept_for_one_worker(self):
        seen = asyncio.run(self._run(users=1, messages=12))
        assert Counter(m["kind"] for m in seen["user-0"]) == {"$noun": 12}
'''

FIXTURE = '''

@pytest.fixture
def ${noun}_store():
    """Give a store with three entries of a $noun, and empty it afterwards."""
    store = {
        "first": {"id": $a, "name": "$noun one", "active": True},
        "second": {"id": $b, "name": "$noun two", "active": False},
        "third": {"id": $c, "name": "$noun three", "active": True},
    }
    logger.debug("store of %d entries for $noun", len(store))
    yield store
    store.clear()
'''

FIXTURE_TESTS = """

def test_${noun}_store_lists_active_entries(${noun}_store):
    active = [entry["id"] for entry in ${noun}_store.values() if entry["active"]]
    assert active == [$a, $c]


def test_${noun}_store_forgets_what_is_removed(${noun}_store):
    removed = ${noun}_store.pop("second")
    assert removed["name"].endswith("two")
    assert "second" not in ${noun}_store
    assert len(${noun}_store) == 2
"""

RECORD = '''

@dataclass(frozen=True)
class ${Noun}Record:
    """What the service keeps of one $noun."""

    identifier: str
    owner: str = "user-$a"
    amount: int = $b
    tags: tuple = ("$noun",)
    metadata: dict = field(default_factory=dict)

    @property
    def key(self):
        return f"{self.owner}/{self.identifier}"

    def renamed(self, identifier):
        """Give the same record under another identifier."""
        return replace(self, identifier=identifier)

    def as_message(self):
        return {
            "type": "${noun}_changed",
            "payload": {"key": self.key, "amount": self.amount, "tags": list(self.tags)},
            "timestamp": EPOCH.isoformat(),
        }
'''

RECORD_TESTS = '''

def test_${noun}_record_keeps_its_owner_when_renamed():
    """A new identifier is no new owner."""
    record = ${Noun}Record("$noun-$c")
    other = record.renamed("$noun-$a-copy")
    assert other.owner == record.owner
    assert other.key != record.key
    assert record.identifier == "$noun-$c"


def test_${noun}_record_becomes_a_message():
    message = ${Noun}Record("$noun-$c", amount=$a).as_message()
    assert message["type"] == "${noun}_changed"
    assert message["payload"]["amount"] == $a
    assert json.loads(json.dumps(message)) == message
'''

PATCHED = '''

def test_${noun}_asks_the_clock_only_once():
    # The clock is slow on the build machines, hence one call for each $noun.
    service = MagicMock(name="${noun}_service")
    service.lookup.side_effect = lambda key: {"key": key, "found": key.startswith("$noun")}
    with patch("time.time", return_value=$a.5) as clock:
        started = time.time()
        answers = [service.lookup(key) for key in ("$noun-$a", "$noun-$b", "other-$c")]
    clock.assert_called_once_with()
    assert started == $a.5
    assert [answer["found"] for answer in answers] == [True, True, False]
    assert service.lookup.call_count == 3


def test_${noun}_reports_a_failing_dependency():
    """The error of the dependency is what the caller sees, not another one."""
    dependency = AsyncMock(side_effect=ConnectionError("$noun backend is down"))

    async def call():
        try:
            return await dependency("$noun-$b")
        except ConnectionError as error:
            return {"ok": False, "error": str(error), "retry_after": $a}

    answer = asyncio.run(call())
    assert answer == {"ok": False, "error": "$noun backend is down", "retry_after": $a}
    dependency.assert_awaited_once_with("$noun-$b")
'''

PATTERN = """

class Test${Noun}Identifiers:
    PATTERN = re.compile(r"^(?P<kind>[a-z_]+)-(?P<number>\\d+)(?:@(?P<region>[a-z]{2}))?$$")

    @pytest.mark.parametrize("text", ["$noun-$a", "$noun-$b@eu", "$noun-$c@us"])
    def test_valid(self, text):
        match = self.PATTERN.match(text)
        assert match is not None, f"{text!r} is a valid identifier of a $noun"
        assert match["kind"] == "$noun"
        assert int(match["number"]) in ($a, $b, $c)

    @pytest.mark.parametrize("text", ["", "$noun", "$noun-", "-$a", "$Noun-$b", "$noun-$c@EU"])
    def test_invalid(self, text):
        assert self.PATTERN.match(text) is None
"""

BUILDER = '''

def build_${noun}_payload(user_id="user-$a", **overrides):
    """Build the payload that a client sends for a $noun.

    Args:
        user_id: who sends it.
        **overrides: values that replace those of the usual payload.

    Returns:
        A new dictionary on each call.

    """
    payload = {
        "user_id": user_id,
        "kind": "$noun",
        "attributes": {
            "limit": $b,
            "offset": 0,
            "order_by": ["created_at", "-priority"],
            "filters": {"state": "active", "min_amount": $a, "max_amount": $c},
        },
        "options": {"dry_run": False, "notify": True, "timeout_seconds": 30},
    }
    payload.update(overrides)
    return payload
'''

BUILDER_TESTS = """

def test_${noun}_payload_is_new_on_each_call():
    first, second = build_${noun}_payload(), build_${noun}_payload()
    first["attributes"]["limit"] = 0
    assert second["attributes"]["limit"] == $b
    assert build_${noun}_payload(kind="other")["kind"] == "other"
"""

ERRORS = """

# =============================================================================
# $noun: what is refused
# =============================================================================


@pytest.mark.parametrize("amount", [-1, -$a, -$b, -$c])
def test_${noun}_refuses_negative_amounts(amount):
    def charge(value):
        if value < 0:
            raise ValueError(f"$noun: amount must not be negative, got {value}")
        return {"charged": value, "currency": "EUR"}

    with pytest.raises(ValueError, match="must not be negative"):
        charge(amount)
    assert charge($a) == {"charged": $a, "currency": "EUR"}
"""

COMMENTED = '''

# REMOVED_SYNTAX_ERROR: class Test${Noun}Legacy:
# REMOVED_SYNTAX_ERROR:     """Old tests of the $noun, kept until the new ones are trusted."""

# REMOVED_SYNTAX_ERROR:     @pytest.fixture
# REMOVED_SYNTAX_ERROR:     def legacy_$noun(self):
# REMOVED_SYNTAX_ERROR:         return {"id": $a, "state": "unknown"}

    # REMOVED_SYNTAX_ERROR: def test_legacy_$noun(self, legacy_$noun):
        # REMOVED_SYNTAX_ERROR: assert legacy_$noun["id"] == $a
        # REMOVED_SYNTAX_ERROR: assert legacy_$noun["state"] in ("unknown", "active")
'''

SCENARIO = '''

class Test${Noun}Scenario:
    """The $noun scenario of the acceptance catalogue, chapter $a.

    Given a user with the plan "team $b" who has used a $noun before,
    when the service restarts while a request of this user is on its way,
    then the request is answered once, and the answer is the one that the user
    would have had without the restart.

    The steps are numbered as in the catalogue. A step that needs the network is
    played by a function of this class, so that the scenario runs anywhere.
    """

    STEPS = ["connect", "authenticate", "request", "restart", "answer", "disconnect"]

    @staticmethod
    def play(steps, *, fail_at=None):
        """Give the log of a run: one line for each step, and where it stopped."""
        log, started = [], EPOCH
        for number, step in enumerate(steps, start=1):
            if step == fail_at:
                log.append({"step": number, "name": step, "outcome": "failed"})
                break
            moment = started + timedelta(milliseconds=$a * number)
            log.append(
                {"step": number, "name": step, "outcome": "ok", "at": moment.isoformat()}
            )
        return log

    def test_all_steps_in_order(self):
        log = self.play(self.STEPS)
        assert [entry["name"] for entry in log] == self.STEPS
        assert {entry["outcome"] for entry in log} == {"ok"}
        assert [entry["at"] for entry in log] == sorted(entry["at"] for entry in log)

    @pytest.mark.parametrize("step", STEPS)
    def test_stops_where_a_step_fails(self, step):
        log = self.play(self.STEPS, fail_at=step)
        assert log[-1] == {"step": len(log), "name": step, "outcome": "failed"}
        assert len(log) == self.STEPS.index(step) + 1

    def test_answer_is_given_once(self):
        answers = [entry for entry in self.play(self.STEPS) if entry["name"] == "answer"]
        assert len(answers) == 1, "a restart must not repeat the answer of a $noun"
'''

DOCUMENT = '''

${NOUN}_DOCUMENT = """
{
  "schema": "$noun/$a",
  "entries": [
    {"id": "$noun-$a", "weight": 0.25, "enabled": true, "labels": ["alpha", "beta"]},
    {"id": "$noun-$b", "weight": 0.50, "enabled": false, "labels": []},
    {"id": "$noun-$c", "weight": 0.25, "enabled": true, "labels": ["beta"]}
  ],
  "defaults": {"retries": 3, "backoff": [1, 2, 4], "region": null}
}
"""


def test_${noun}_document_survives_a_round_trip():
    document = json.loads(${NOUN}_DOCUMENT)
    assert json.loads(json.dumps(document, sort_keys=True)) == document
    assert document["schema"].split("/") == ["$noun", "$a"]
    assert sum(entry["weight"] for entry in document["entries"]) == pytest.approx(1.0)


def test_${noun}_document_names_each_label_it_uses():
    entries = json.loads(${NOUN}_DOCUMENT)["entries"]
    labels = Counter(label for entry in entries for label in entry["labels"])
    assert labels == {"alpha": 1, "beta": 2}
    assert [e["id"] for e in entries if not e["enabled"]] == ["$noun-$b"]
'''

#: The pieces of a test file, of a conftest file and of a module of helpers.
PIECES = {
    "test": [
        LIFECYCLE,
        TABLE,
        CONCURRENT,
        FIXTURE + FIXTURE_TESTS,
        RECORD + RECORD_TESTS,
        PATCHED,
        PATTERN,
        BUILDER + BUILDER_TESTS,
        ERRORS,
        COMMENTED,
        SCENARIO,
        DOCUMENT,
    ],
    "conftest": [FIXTURE, BUILDER],
    "helpers": [RECORD, BUILDER],
}
