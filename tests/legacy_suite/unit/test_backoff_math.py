"""Nothing but numbers."""

import pytest

from larkchat.retry import delays


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_first_delay_is_first(factor):
    assert next(delays(first=7, factor=factor)) == 7


def test_constant_factor():
    assert set(delays(first=2, factor=1)) == {2}


def test_no_tries():
    assert list(delays(tries=0)) == []
