"""Work for many models: bounded, in order, and one failure is one failure."""

from __future__ import annotations

import threading
import time

import pytest

from sagemaker_monitor.operations.fleet import Outcome, StoppedError, Task, each


def test_a_failure_is_one_models() -> None:
    """Errors while preparing and while working stand in their model's place; the others are done."""

    def task(number: int) -> Task[int]:
        def prepare() -> int:
            if number == 4:
                raise ArithmeticError
            return number

        return Task(str(number), prepare)

    def work(number: int, _stop: threading.Event) -> int:
        if number == 2:
            raise LookupError
        return number * 10

    found = list(each([task(number) for number in range(1, 6)], work, at_once=2))

    assert [(outcome.model, outcome.value, type(outcome.error)) for outcome in found] == [
        ("1", 10, type(None)),
        ("2", None, LookupError),
        ("3", 30, type(None)),
        ("4", None, ArithmeticError),
        ("5", 50, type(None)),
    ]


def test_no_more_is_prepared_than_is_worked_on() -> None:
    """However many there are, only the bounded number is held at a time."""
    held = 0
    most = 0
    lock = threading.Lock()

    def prepare() -> int:
        nonlocal held, most
        with lock:
            held += 1
            most = max(most, held)
        return 1

    def work(_prepared: int, _stop: threading.Event) -> None:
        nonlocal held
        time.sleep(0.001)
        with lock:
            held -= 1

    assert len(list(each([Task(str(n), prepare) for n in range(60)], work, at_once=4))) == 60
    assert most <= 5


def test_who_stops_listening_stops_the_work() -> None:
    """Work under way is told by its event and waited for; what has not begun does not."""
    begun: list[int] = []
    ended: list[int] = []

    def work(number: int, stop: threading.Event) -> int:
        begun.append(number)
        if number == 0:
            return 0
        assert stop.wait(10)
        ended.append(number)
        raise StoppedError

    outcomes = each([Task(str(n), lambda n=n: n) for n in range(20)], work, at_once=3)  # type: ignore[misc]
    assert next(outcomes) == Outcome("0", 0)
    outcomes.close()  # type: ignore[attr-defined]

    assert sorted(ended) == [number for number in sorted(begun) if number]
    assert len(begun) < 20


def test_an_interruption_of_the_caller_reaches_it() -> None:
    """Ctrl-C while something is prepared is no failure of a model."""

    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each([Task("a", interrupted)], lambda number, stop: number))
