"""Fixtures for all four folders."""

import asyncio

import pytest

from larkchat.rooms import Room


@pytest.fixture
def run():
    """Run a coroutine to its end."""
    return asyncio.run


@pytest.fixture
def lobby():
    return Room("lobby", capacity=3)


class Ticker:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Ticker()
