"""Fixtures for whole conversations."""

import os

os.environ.setdefault("LARKCHAT_STAGE", "e2e")

import pytest

from e2e.mocks import *


@pytest.fixture
def browser():
    return MockWebSocketConnection()


@pytest.fixture
def room_of_two(lobby, browser):
    lobby.join("browser", browser)
    lobby.join("phone", MockWebSocketConnection())
    return lobby
