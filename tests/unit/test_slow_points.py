"""Fixed and slow points of networks with known ones."""

from __future__ import annotations

import numpy as np
import pytest
from lived_trials import lived_trials
from scipy.optimize import brentq

from metahebb.analysis.slow_points import leaky_velocity, slow_points, states_of, visited
from metahebb.errors import InputError

RNG = np.random.default_rng(0)


def test_a_weak_network_has_one_stable_point_at_its_known_place() -> None:
    velocity = leaky_velocity([[0.0, 0.5], [0.0, 0.0]], [0.1, 0.4], tau=20.0)
    (point,) = slow_points(velocity, RNG.normal(size=(10, 2)), velocity.jacobian)
    np.testing.assert_allclose(point.state, [0.1 + 0.5 * np.tanh(0.4), 0.4], atol=1e-9)
    np.testing.assert_allclose(point.eigenvalues, [-1 / 20, -1 / 20], atol=1e-9)
    assert point.is_fixed
    assert (point.kind, point.n_unstable) == ("stable", 0)


def test_two_bistable_units_have_nine_points() -> None:
    velocity = leaky_velocity(2.0 * np.eye(2), np.zeros(2), tau=1.0)
    points = slow_points(velocity, RNG.uniform(-3, 3, (300, 2)), velocity.jacobian)
    root = brentq(lambda x: 2 * np.tanh(x) - x, 1.0, 3.0)
    expected = {(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)}
    places = {tuple(np.rint(point.state / root).astype(int).tolist()): point for point in points}
    assert set(places) == expected
    assert len(points) == 9
    for signs, point in places.items():
        np.testing.assert_allclose(point.state, np.array(signs) * root, atol=1e-7)
        zeros = signs.count(0)
        assert point.n_unstable == zeros
        assert point.kind == ("stable", "saddle", "repelling")[zeros]
        slopes = sorted((2 / np.cosh(s * root) ** 2 - 1 for s in signs), reverse=True)
        np.testing.assert_allclose(point.eigenvalues.real, slopes, atol=1e-6)


def test_the_jacobian_is_exact_and_can_be_left_out() -> None:
    velocity = leaky_velocity(RNG.normal(0, 0.6, (5, 5)), RNG.normal(size=5), tau=30.0)
    state, step = RNG.normal(size=5), 1e-6
    for unit, column in enumerate(velocity.jacobian(state).T):
        off = step * np.eye(5)[unit]
        change = (velocity((state + off)[None]) - velocity((state - off)[None]))[0]
        np.testing.assert_allclose(column, change / (2 * step), atol=1e-8)
    starts = RNG.normal(size=(8, 5))
    exact, without = slow_points(velocity, starts, velocity.jacobian), slow_points(velocity, starts)
    assert len(exact) == len(without) > 0
    np.testing.assert_allclose(exact[0].state, without[0].state, atol=1e-6)


def test_held_units_stay_where_they_are() -> None:
    velocity = leaky_velocity([[9.0, 9.0], [0.5, 0.0]], [9.0, 0.0], 10.0, held={0: 1.0})
    (point,) = slow_points(velocity, RNG.normal(size=(4, 2)), velocity.jacobian)
    np.testing.assert_allclose(point.state, [1.0, 0.5 * np.tanh(1.0)], atol=1e-9)


def test_a_ghost_is_slow_and_not_fixed_and_fast_minima_are_left_out() -> None:
    def ghost(states: np.ndarray) -> np.ndarray:
        return 0.01 + states**2

    (point,) = slow_points(ghost, np.linspace(-2, 2, 9)[:, None])
    assert point.state[0] == pytest.approx(0, abs=1e-3)
    assert point.speed == pytest.approx(0.01, rel=1e-3)
    assert not point.is_fixed
    assert slow_points(ghost, np.linspace(-2, 2, 9)[:, None], slower_than=1e-4) == []


def test_bad_starts_and_shapes_are_one_clear_line() -> None:
    velocity = leaky_velocity(np.eye(2), np.zeros(2), 1.0)
    with pytest.raises(InputError, match="expected states to start from"):
        slow_points(velocity, np.empty((0, 2)))
    with pytest.raises(InputError, match="expected finite states and velocities"):
        slow_points(velocity, [[np.nan, 0.0]])
    with pytest.raises(InputError, match="expected weights of 3 × 3 units"):
        leaky_velocity(np.eye(2), np.zeros(3), 1.0)


def test_visited_rates_are_steps_of_the_trials() -> None:
    lived = lived_trials(4, 3, delays=(10, 40, 10, 40))
    rates = visited(lived, 20)
    assert rates.shape == (20, 3)
    steps = {tuple(row) for row in lived.rates.reshape(-1, 3).astype(float).tolist()}
    assert {tuple(row) for row in rates.tolist()} <= steps
    assert len({tuple(row) for row in rates.tolist()}) == 20
    np.testing.assert_array_equal(visited(lived, 20), rates)
    assert len(visited(lived, 10_000)) == lived.lengths.sum()


def test_states_of_saturated_rates_are_finite() -> None:
    np.testing.assert_allclose(states_of([0.5, -0.5]), np.arctanh([0.5, -0.5]))
    assert np.isfinite(states_of([1.0, -1.0])).all()
