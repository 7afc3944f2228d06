"""What synapses lived through: drawn evenly, the same each time, by whatever cluster."""

from __future__ import annotations

import numpy as np

from metahebb.analysis.rule_sample import KEPT, Sample, apart, assumed, drawn, ranges
from metahebb.analysis.rule_updates import Update
from metahebb.plasticity.rules import RULES

GROUPS = [np.array([[0, 1, -1], [0, 0, 1]]), np.array([[1, 1]])]


def update(unit: int, step: int) -> Update:
    """Return an update in which each signal says where and when it was."""
    signals = []
    for layer, group in enumerate(GROUPS):
        rows, columns = group.shape
        signals.append(
            {
                "pre": np.arange(columns, dtype=np.float32)[None, :],
                "post": np.arange(rows, dtype=np.float32)[:, None],
                "weight": np.float32(1000 * layer) + np.full(group.shape, step, np.float32),
            }
        )
    return Update(unit, 1.0, signals)


def sampled(steps: int, units: tuple[int, ...] = (0, 1)) -> Sample:
    sample = Sample.empty(("pre", "post", "weight"), GROUPS, 2)
    for step in range(steps):
        for unit in units:
            sample(update(unit, step))
    return sample


BOTH = np.array([True, True])


def test_each_cluster_has_the_signals_of_its_own_synapses() -> None:
    sample = sampled(40)
    for cluster, places in enumerate(
        ({(0, 0, 0), (0, 1, 0), (0, 1, 1)}, {(0, 0, 1), (0, 1, 2), (1, 0, 0), (1, 0, 1)})
    ):
        points = sample.points(cluster, BOTH)
        assert points is not None
        assert len(points["pre"]) == 80  # all updates of both lives
        layers = points["weight"] // 1000
        seen = set(zip(layers, points["post"], points["pre"], strict=True))
        assert seen == places


def test_a_long_life_is_sampled_evenly() -> None:
    points = sampled(40 * KEPT).points(0, np.array([True, False]))
    assert points is not None
    steps = points["weight"]
    assert len(steps) == KEPT
    assert len(np.unique(steps)) == KEPT
    # A mean of 64 uniform numbers is within 4 of its standard errors but once in 16,000 seeds.
    assert abs(steps.mean() / (40 * KEPT) - 0.5) < 4 / np.sqrt(12 * KEPT)


def test_draws_are_those_of_the_life_whoever_lives_beside_it() -> None:
    alone, both = sampled(200, (1,)), sampled(200)
    np.testing.assert_array_equal(alone.values[1], both.values[1])
    assert not np.array_equal(both.values[0], both.values[1])
    assert alone.points(0, np.array([True, False])) is None  # that life was not lived


def test_points_are_drawn_set_apart_and_ranged() -> None:
    points = {"weight": np.full(100, 2.0), "pre": np.arange(100.0)}
    few = drawn(points, 10)
    assert len(few["pre"]) == len(few["weight"]) == 10
    assert drawn(points, 1000) is points
    spread = apart(few)
    assert (spread["weight"].min(), spread["weight"].max()) == (1.0, 2.0)
    np.testing.assert_array_equal(spread["pre"], few["pre"])
    assert ranges(points)["pre"] == {"median": 49.5, "low": 4.95, "high": 94.05}
    grid = assumed(RULES["reward_abcd"], np.array([-1.0, 1.0]))
    assert set(zip(grid["pre"], grid["post"], strict=True)) == {(-1, -1), (-1, 1), (1, -1), (1, 1)}
    assert set(grid) == {"pre", "post", "trace", "modulator"}
