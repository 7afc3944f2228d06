"""The table of rules in the benchmark: the same step, other reads."""

from __future__ import annotations

import time

import numpy as np
import pytest

from metahebb.bench.base import Row, interleaved
from metahebb.bench.rows import rule_table
from metahebb.bench.rows.plastic_step import grown
from metahebb.bench.rows.rule_table import births, genome_of, looking_up, maps_of
from metahebb.bench.rule_table import rule_numbers
from metahebb.bench.run import BENCHES
from metahebb.bench.side_by_side import SIDE, side_by_side
from metahebb.networks.plastic_lanes import PlasticLanes

SIZES = (5, 9, 6, 3)


def lives(living: PlasticLanes) -> np.ndarray:
    """Return the outputs of both lanes over a few steps, then their weights."""
    rng, found = np.random.default_rng(1), []
    for _ in range(4):
        observations = rng.uniform(-1, 1, (2, SIZES[0])).astype(np.float32)
        found.append(living.act(observations, np.arange(2)).copy())
    weights = [layer for lane in range(2) for layer in living.weights(lane)]
    return np.concatenate([np.ravel(part) for part in (*found, *weights)])


@pytest.mark.parametrize("rules", [1, 3, 90, 10**6])
def test_a_step_by_the_table_is_the_present_step(rules: int) -> None:
    """A peer that did less, or other things, would be no peer."""
    ours = lives(grown(SIZES, 2, maps=maps_of(rules)))
    # The compiler may add in another order where it vectorises otherwise.
    np.testing.assert_allclose(lives(looking_up(SIZES, 2, rules)), ours, rtol=0, atol=2e-5)
    assert len(np.unique(ours.round(3))) > 40


def test_the_limit_is_the_network_of_one_rule() -> None:
    found = lives(looking_up(SIZES, 2, 1, "nothing"))
    np.testing.assert_allclose(found, lives(grown(SIZES, 2, maps=maps_of(1))), rtol=0, atol=2e-5)
    other = lives(looking_up(SIZES, 2, 5, "nothing")) - lives(looking_up(SIZES, 2, 5))
    assert abs(other).max() > 0.1


@pytest.mark.parametrize("rules", [1, 7, 10**6])
def test_a_step_side_by_side_is_the_present_step(rules: int) -> None:
    n = 2 * SIDE
    ours = grown(SIZES, n, maps=maps_of(rules))
    observations = np.random.default_rng(2).uniform(-1, 1, (n, SIZES[0])).astype(np.float32)
    numbers = rule_numbers(genome_of(SIZES, rules))
    step, arguments = side_by_side(ours, numbers, observations)
    wanted = []
    for _ in range(5):
        wanted.append(ours.act(observations, np.arange(n)).copy())
        step(*arguments)
        # It adds in another order; differences grow over steps.
        np.testing.assert_allclose(arguments[-1], wanted[-1], rtol=0, atol=1e-4)
    assert abs(wanted[-1] - wanted[0]).max() > 0.1


def test_numbers_take_few_bytes() -> None:
    for rules, kind in ((256, np.uint8), (257, np.uint16)):
        numbers = rule_numbers(genome_of((27, 32, 16, 8), rules))
        assert numbers.dtype == kind
        assert np.bincount(numbers).size == rules


def test_a_table_at_birth_is_what_is_expressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both works deal with the same genes, and with their mean square."""
    squares = []
    einsum = np.einsum

    def seen(*arguments: object) -> object:
        squares.append(einsum(*arguments))
        return squares[-1]

    works = births(SIZES, 4, times=1)
    monkeypatch.setattr(np, "einsum", seen)
    for work in works.values():
        assert work() == 1
    np.testing.assert_allclose(*squares, rtol=1e-5)


def test_a_clock_may_be_the_threads_own() -> None:
    """Sleep is no work of this thread."""
    rates = interleaved({"sleep": lambda: float(time.sleep(0.05) is None)}, 1, time.thread_time)
    assert rates["sleep"][0] > 1 / 0.04


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_table, "HEADS", {"small": SIZES})
    monkeypatch.setattr(rule_table, "times_for", lambda sizes, n: 1)
    rows = list(rule_table.rows(2, 4, True))
    assert all(isinstance(row, Row) and row.goal is None for row in rows)
    assert all(np.isfinite([row.ours, row.ratio, row.low, row.high]).all() for row in rows)
    names = [row.row for row in rows]
    assert len(set(names)) == len(names) == 3 * (3 + 1) + 3 + 3 + 3
    assert {
        "rule table, small, 16 lanes, 384 rules",
        "rule table, small, 16 lanes, 384 rules, side by side",
        "rule table, small, 1 lane, 1 rule",
        "rule table, small, 4 lanes, nothing to look up",
        "rule table, small, birth, 16 rules",
    } < set(names)
    (memory,) = [row for row in rows if row.row == "rule table, small, memory per lane, 16 rules"]
    synapses = 5 * 9 + 9 * 6 + 6 * 3
    assert memory.ours == pytest.approx(synapses * 6 * 4 / 1e3)
    assert memory.peer == pytest.approx((synapses * 4 + 5 * 16 * 4 + synapses / 4) / 1e3)
    assert "rule_table" in BENCHES
