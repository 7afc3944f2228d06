"""What a run shows while it runs."""

from __future__ import annotations

from typing import Any

import pytest

from metahebb.evolution.config import SearchConfig
from metahebb.runs import progress as module
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.presets import preset
from metahebb.runs.progress import Progress, Replaying
from metahebb.tasks import Reversal


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
        "evaluations": generation + 1,
    } | changes


def config(generations: int, **changes: Any) -> RunConfig:
    """Return a run whose generations take at most 6,000 env steps."""
    told = {"search": SearchConfig(popsize=16), "schedule": (Stage(0, 300),), "center_lives": 4}
    return RunConfig(task=Reversal(), generations=generations, **{**told, **changes})


def test_lines_are_plain_where_there_is_no_terminal(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(config(10)) as progress:
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
    with Progress(config(25)) as progress:
        for generation in range(25):
            progress(record(generation))
            clock.now += 1.0
    shown = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert shown == ["1/25", "11/25", "21/25", "25/25"]


def test_a_resumed_run_judges_by_what_it_sees(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(config(1000)) as progress:
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
    with Progress(config(1), quiet=True) as progress:
        progress(record(0))
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_one_line_moves(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = module.Console
    monkeypatch.setattr(
        module, "Console", lambda **told: console(**told, force_terminal=True, width=100)
    )
    with Progress(config(3)) as progress:
        for generation in range(3):
            progress(record(generation))
            clock.now += 0.1
    printed = capsys.readouterr()
    assert printed.out == ""
    for done in (1, 2, 3):  # each of them, however soon after the last
        assert f"{done}/3" in printed.err
    assert "\x1b[" in printed.err  # the cursor goes back


def seconds_of(text: str) -> float:
    """Return what ``1:02:03`` or ``2:03`` says."""
    total = 0
    for part in text.split(":"):
        total = 60 * total + int(part)
    return float(total)


def lived(
    run: RunConfig, clock: Clock, shares: dict[int, float], start: int = 0, each: int = 1
) -> dict[int, tuple[float, str]]:
    """Let a run pass on a clock: a millisecond per env step, and a fifth of that for the search.

    Args:
        run: its config.
        clock: that goes on.
        shares: from which generation on lives use up which part of their horizon.
        start: generation at which it goes on.
        each: evaluations of a generation.

    Returns:
        By generation, the time that was truly left and what the line said.
    """
    progress = Progress(run)
    shown = {}
    for generation in range(start, run.generations):
        stages = [run.stage(each * generation + k) for k in range(each)]
        lives = run.search.popsize * run.episodes
        share = [value for first, value in shares.items() if first <= generation][-1]
        steps = sum(
            (lives * len(stage.bodies or run.task.bodies) + run.center_lives) * stage.max_steps
            for stage in stages
        )
        done = {"env_steps": int(share * steps), "evaluations": each * (generation + 1)}
        clock.now += 1.2e-3 * done["env_steps"]
        cells = progress._cells(record(generation, **done), clock.now, generation + 1)
        shown[generation] = (clock.now, cells["time left"])
    return {generation: (clock.now - then, text) for generation, (then, text) in shown.items()}


@pytest.mark.parametrize("start", [0, 120])
def test_time_left_knows_the_curriculum(clock: Clock, start: int) -> None:
    ant = preset("ant")
    shown = lived(ant, clock, {0: 0.8}, start)
    assert shown[start][1] == "…"
    for generation in range(start + 1, ant.generations - 1):
        left, text = shown[generation]
        first, _, second = text.partition(" to ")
        assert seconds_of(first) == pytest.approx(left, rel=0.2, abs=1)
        assert seconds_of(second) == pytest.approx(left / 0.8, rel=0.2, abs=1)
    # By the mean time of the generations so far it would have been less than a sixth.
    if not start:
        assert shown[149][0] / 6 > 450 * 1.2e-3 * 0.8 * 504 * 250


def test_lives_that_get_longer_end_between_the_two_times(clock: Clock) -> None:
    shown = lived(preset("ant"), clock, {0: 0.2, 30: 0.5, 60: 0.9})
    for generation in range(1, 598):
        left, text = shown[generation]
        first, _, second = text.partition(" to ")
        assert seconds_of(first) - 1 <= left <= seconds_of(second or first) * 1.12 + 1
    # Twenty generations later nothing of the short lives counts any more.
    assert seconds_of(shown[80][1].partition(" to ")[0]) == pytest.approx(shown[80][0], rel=0.01)


def test_a_search_with_two_evaluations_per_generation_is_sooner_through_the_stages(
    clock: Clock,
) -> None:
    stages = (Stage(0, 100), Stage(40, 400))
    run = config(60, schedule=stages, search=SearchConfig("ga", popsize=16), center_lives=0)
    for generation, (left, text) in lived(run, clock, {0: 1.0}, each=2).items():
        if generation:
            assert seconds_of(text) == pytest.approx(left, rel=0.01, abs=1)
