"""Items made one ahead, in a thread."""

import threading
from collections.abc import Iterator

import pytest

from nlpzero.engine.read_ahead import read_ahead


def test_the_next_item_is_made_while_one_is_used() -> None:
    made = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for i, event in enumerate(made):
            event.set()
            yield i

    ahead = read_ahead(items())
    for i in range(4):
        assert next(ahead) == i
        if i < 3:
            assert made[i + 1].wait(10)
        assert not any(event.is_set() for event in made[i + 2 :])
    assert next(ahead, None) is None


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_no_thread_is_left_when_nobody_goes_on() -> None:
    before = threading.active_count()
    ahead = read_ahead(iter(range(100)))
    assert next(ahead) == 0
    assert threading.active_count() == before + 1
    ahead.close()
    assert threading.active_count() == before
    assert list(read_ahead(iter(()))) == []
