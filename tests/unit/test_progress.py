"""What a run shows while it runs."""

from __future__ import annotations

from typing import Any

import pytest

from metahebb.runs import progress as module
from metahebb.runs.progress import Progress, Replaying


class Clock:
    """A clock that one sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def record(generation: int, **changes: Any) -> dict[str, Any]:
    return {
        "generation": generation,
        "fitness_mean": 1.25,
        "fitness_best": 3.5,
        "center_return": 2.0,
        "env_steps": 6000,
    } | changes


def test_lines_are_plain_where_there_is_no_terminal(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(10) as progress:
        progress(record(0))
        clock.now += 30.0
        progress(record(1, center_return=None))
    first, second = capsys.readouterr().err.splitlines()
    assert first == (
        "generation 1/10  fitness mean 1.25  best 3.50  center 2.00  env steps/s …  time left …"
    )
    # One generation took 30 s: 200 env steps per second, and eight to go.
    assert second == (
        "generation 2/10  fitness mean 1.25  best 3.50  center –  env steps/s 200  time left 4:00"
    )


def test_lines_keep_a_distance_but_the_last_is_shown(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(25) as progress:
        for generation in range(25):
            progress(record(generation))
            clock.now += 1.0
    shown = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["1/25", "11/25", "21/25", "25/25"]


def test_a_resumed_run_judges_by_what_it_sees(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(1000) as progress:
        progress(record(500))
        clock.now += 20.0
        progress(record(501))
    assert capsys.readouterr().err.splitlines()[-1].endswith("time left 2:46:00")


def test_a_replay_is_shown_where_it_takes_long(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Replaying(4) as progress:
        for generation in range(4):
            clock.now += 2.0
            progress(record(generation))
    assert capsys.readouterr() == ("", "")
    with Replaying(100) as progress:
        for generation in range(25):
            clock.now += 1.0
            progress(record(generation))
    assert capsys.readouterr().err.splitlines() == [
        "replayed 10/100  time left 1:30",
        "replayed 20/100  time left 1:20",
    ]


def test_quiet_shows_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(1, quiet=True) as progress:
        progress(record(0))
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_one_line_moves(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = module.Console
    monkeypatch.setattr(
        module, "Console", lambda **told: console(**told, force_terminal=True, width=100)
    )
    with Progress(3) as progress:
        for generation in range(3):
            progress(record(generation))
            clock.now += 0.1
    printed = capsys.readouterr()
    assert printed.out == ""
    for done in (1, 2, 3):  # each of them, however soon after the last
        assert f"{done}/3" in printed.err
    assert "\x1b[" in printed.err  # the cursor goes back
