"""Names of mocking that an edit would bring in."""

from __future__ import annotations

import pytest

from codemods.progress.edits import changed_file

PLAIN = b"import pytest\n\n\ndef test(capsys):\n    capsys.readouterr()\n"


def introduced(before: bytes, after: bytes) -> set[str]:
    return set(changed_file("a.py", before, after).mocking)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"from unittest.mock import MagicMock\n", "MagicMock"),
        (b"from unittest import mock\n", "mock"),
        (b"from mock import patch\n", "patch"),
        (b"import unittest.mock\n", "unittest.mock"),
        (b"def test(monkeypatch): pass\n", "monkeypatch"),
        (b"def test(mocker): mocker.patch('a')\n", "mocker"),
        (b"x = mock.patch\n", "mock.patch"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_new_is_named(text: bytes, name: str) -> None:
    assert introduced(PLAIN, PLAIN + text) == {name}
    assert introduced(PLAIN + text, PLAIN + text) == set()
    assert introduced(PLAIN + text, PLAIN) == set()


@pytest.mark.parametrize(
    "text",
    [
        b"from a.mock import b\nimport json\n",
        b"from mock_server.tools import Fake\n",
        b"from unittest.mocking import b\n",
        b"import mockery\n",
    ],
)
def test_other_imports_are_none(text: bytes) -> None:
    assert introduced(PLAIN, PLAIN + text) == set()
