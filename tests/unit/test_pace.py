"""How many candidates make a call, by what lives have taken."""

from __future__ import annotations

import pytest

from metahebb.evolution.backends.pace import Pace


def measured(life_s: float) -> Pace:
    pace = Pace()
    pace.note(10, 10 * life_s)
    return pace


def test_before_anything_is_measured_lanes_are_filled() -> None:
    assert Pace().bounds(16, 1, 2) == (16, None)


@pytest.mark.parametrize(
    ("life_s", "lives", "workers", "bounds"),
    [
        (0.1, 1, 2, (16, 32)),  # two seconds, as lanes full of candidates
        (0.1, 4, 2, (16, 16)),
        (5.0, 1, 2, (16, 16)),
        (0.0001, 1, 2, (500, 20000)),  # 50 ms at least
        (0.1, 1, 4000, (30, 128)),  # 3 s at least: the dispatcher has 4000 others to serve
    ],
)
def test_calls_take_as_long_as_they_should(
    life_s: float, lives: int, workers: int, bounds: tuple[int, int]
) -> None:
    assert measured(life_s).bounds(16, lives, workers) == pytest.approx(bounds, abs=1)


def test_the_pace_is_the_mean_of_a_round_whose_longest_lives_end_last() -> None:
    pace = Pace()
    for seconds in (0.1, 0.1, 0.1, 0.5):
        pace.note(1, seconds)
    assert pace.life_s == pytest.approx(0.2)


def test_the_pace_follows_from_round_to_round() -> None:
    pace = measured(0.1)
    for _ in range(8):
        pace.units(0, 10, 1, 2)
        pace.note(10, 2.0)
    assert pace.life_s == pytest.approx(0.2, rel=1e-2)


def test_units_are_as_the_bounds_say() -> None:
    sizes = [stop - start for _, start, stop, _ in measured(0.1).units(3, 4000, 4, 100, lives=2)]
    # Twenty candidates are a life of 4 s; two lives of a candidate, so that two fill the lanes.
    assert (max(sizes), min(sizes[:-1]), sum(sizes)) == (10, 2, 4000)
    assert {unit.job for unit in measured(0.1).units(3, 4000, 4, 100)} == {3}
