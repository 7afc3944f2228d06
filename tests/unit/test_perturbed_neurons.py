"""Neurons that explore: their activations, their kicks, and their noise."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.neurons import NEURONS

POTENTIALS = np.linspace(-4, 4, 33)


def stepped(name, x, uniform=0.5, clock=10.0, drive=0.0, normal=0.0, **constants):
    """Return output and state after a step; without a drive, dt of 0 leaves a potential alone."""
    each = NEURONS[name].with_constants(**constants)
    inputs = {"drive": drive, "uniform": np.asarray(uniform), "normal": normal}
    state = {"x": np.asarray(x, float), "mean": 0.0, "post": 0.0, "clock": clock}
    values = each(*(inputs[n] for n in each.inputs), *(state[n] for n in each.state))
    return values[0], dict(zip(each.state, values[1:], strict=True))


def activation(name, x):
    """Return the output for a potential: of a step so short that the potential stays."""
    output, state = stepped(name, x, tau=1e12)
    np.testing.assert_allclose(state["x"], x, atol=1e-9)
    return output


def test_activations():
    x = POTENTIALS
    np.testing.assert_allclose(activation("perturbed", x), np.tanh(x), atol=1e-9)
    np.testing.assert_allclose(activation("noisy", x), np.tanh(x), atol=1e-9)
    np.testing.assert_allclose(activation("perturbed_linear", x), x, atol=1e-9)
    np.testing.assert_allclose(
        activation("perturbed_rectified", x), np.maximum(np.tanh(x), 0), atol=1e-9
    )
    low, high = 0.1 + 0.1 * np.tanh(x / 0.1), 0.1 + 0.9 * np.tanh(x / 0.9)
    wanted = np.where(x < 0, low, high)
    np.testing.assert_allclose(activation("perturbed_baseline", x), wanted, atol=1e-9)
    assert 0 <= wanted.min() < 1e-9
    assert wanted.max() == pytest.approx(1, abs=1e-3)


NAMES = ["perturbed", "perturbed_linear", "perturbed_rectified", "perturbed_baseline", "noisy"]


@pytest.mark.parametrize("name", NAMES)
def test_a_kick_moves_the_potential_and_is_what_rules_see(name):
    # With a rate of 200 per second and steps of 1 ms, uniforms below 0.2 are kicks.
    uniform = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.9])
    kicks = 16 * np.array([-1, -0.5, 0, 0.5, 0, 0])
    for inside, factor in ((1.0, 1 / 30), (0.0, 1.0)):
        _, state = stepped(name, 0.3, uniform, drive=0.9, rate=200.0, inside=inside)
        np.testing.assert_allclose(state["post"], kicks, atol=1e-12)
        np.testing.assert_allclose(state["x"], 0.3 + 0.6 / 30 + factor * kicks, atol=1e-12)
        assert state["clock"] == 11
    _, early = stepped(name, 0.3, uniform, clock=3.0, rate=200.0)
    assert not early["post"].any()  # the fourth step of a trial
    _, first = stepped(name, 7.0, uniform, clock=0.0)
    np.testing.assert_allclose(first["x"], 0.1 * (2 * uniform - 1) * (1 - 1 / 30))


@pytest.mark.parametrize("name", [*NAMES, "deviating"])
@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_kicks_have_the_same_effect_for_all_step_sizes(name, dt):
    rng = np.random.default_rng(0)
    n = 200_000
    _, state = stepped(name, np.zeros(n), rng.random(n), dt=dt)
    moved = state["x"] != 0
    assert moved.mean() == pytest.approx(0.003 * dt, rel=0.1)
    assert np.abs(state["x"]).max() == pytest.approx(16 / 30, rel=0.01)


def test_rules_see_the_deviation_from_a_running_mean():
    state = {"x": 0.4, "mean": 0.1, "post": 0.0, "clock": 5.0}
    each = NEURONS["deviating"].with_constants(keep=0.25)
    _, x, mean, post, clock = each(1.0, 0.9, *(state[name] for name in each.state))
    assert x == pytest.approx(0.4 + 0.6 / 30)
    assert post == pytest.approx(x - 0.1)
    assert mean == pytest.approx(0.25 * 0.1 + 0.75 * x)
    assert clock == 6
    for clock in (0.0, 1.0):
        assert each(1.0, 0.9, 0.4, 0.1, 0.0, clock)[3] == 0


def test_noise_of_a_potential_adds_up_equally_for_all_step_sizes():
    for dt in (1.0, 4.0):
        _, state = stepped("noisy", 0.0, normal=np.array([1.0, -2.0]), dt=dt, sigma=0.2)
        np.testing.assert_allclose(state["x"], 0.2 * np.sqrt(dt) * np.array([1, -2]))
        assert not np.any(state["post"])
