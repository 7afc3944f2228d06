"""Trials of a leaky network, for tests of analyses and figures: nothing is trained."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from metahebb.learning.lived import LivedTrials, Outcomes
from metahebb.tasks.base import TrialOutcome

TAU = 30.0
"""Time constant in ms."""
DT = 5.0
"""Time of a step in ms."""


def lived_trials(
    n_trials: int = 40, n_units: int = 60, seed: int = 0, delays: tuple[int, ...] = (40,)
) -> LivedTrials:
    """Live delayed nonmatch-to-sample with a random network and an output that is nearly right."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1.3 / np.sqrt(n_units), (n_units, n_units))
    into = rng.uniform(-1, 1, (n_units, 2))
    n_steps = 3 * 40 + max(delays) + 40
    observations, targets, outputs, rates, rewards = (
        np.full((n_trials, n_steps, n), np.nan, np.float32) for n in (2, 1, 1, n_units, 1)
    )
    lengths, outcomes = np.zeros(n_trials, np.intp), []
    for trial in range(n_trials):
        kind, delay = trial % 4, delays[trial % len(delays)]
        length = 160 + delay
        inputs = np.zeros((length, 2))
        inputs[:40, kind // 2] = 1
        inputs[40 + delay : 80 + delay, kind % 2] = 1
        sign = 1.0 if kind in (1, 2) else -1.0
        x = 0.1 * rng.uniform(-1, 1, n_units)
        for step in range(length):
            drive = weights @ np.tanh(x) + into @ inputs[step]
            x += DT / TAU * (drive - x) + 0.03 * rng.normal(size=n_units)
            rates[trial, step] = np.tanh(x)
        ramp = np.clip((np.arange(length) - 80 - delay) / 40, 0, 1)
        wrong = -1 if rng.random() < 0.1 else 1
        outputs[trial, :length, 0] = 0.9 * wrong * sign * ramp + 0.1 * rates[trial, :length, 0]
        targets[trial, length - 40 : length, 0] = 0.98 * sign
        observations[trial, :length] = inputs
        error = float(np.nanmean(np.abs(outputs[trial, :, 0] - targets[trial, :, 0])))
        rewards[trial, :length] = 0
        rewards[trial, length - 1] = -error
        lengths[trial] = length
        choice = int(wrong * sign > 0)
        outcomes.append(TrialOutcome(kind, -error, error, float(wrong > 0), choice, (delay * DT,)))
    return LivedTrials(
        Outcomes.of(outcomes, ("delay",)),
        lengths,
        observations,
        targets,
        outputs,
        rates,
        rewards[..., 0],
        DT / 1000,
        ("AA", "AB", "BA", "BB"),
        ("same", "different"),
    )


def learned(n_trials: int = 1200, seed: int = 0, half: float = 300.0) -> Outcomes:
    """Return outcomes of a network that learns: the chance to be right rises to 0.99."""
    rng = np.random.default_rng(seed)
    trials = np.arange(n_trials)
    chance = 0.5 + 0.49 * expit((trials - half) / 60)
    error = 2 * (1 - chance) + np.abs(rng.normal(0, 0.08, n_trials))
    correct = (rng.random(n_trials) < chance).astype(float)
    return Outcomes(
        trials % 4,
        -error,
        error,
        correct,
        correct.astype(np.intp),
        {"delay": np.full(n_trials, 200.0)},
    )


def integrated(n_trials: int = 1600, seed: int = 0) -> Outcomes:
    """Return outcomes of context-dependent integration: choices follow the cued modality."""
    rng = np.random.default_rng(seed)
    levels = np.array([-0.5, -0.25, -0.1, 0.1, 0.25, 0.5])
    motion, color = rng.choice(levels, (2, n_trials))
    context = rng.integers(0, 2, n_trials).astype(float)
    cued = np.where(context == 0, motion, color)
    chance = 0.02 + 0.95 * expit((cued - 0.03) / 0.09)
    choice = (rng.random(n_trials) < chance).astype(np.intp)
    correct = (choice == (cued > 0)).astype(float)
    return Outcomes(
        context.astype(np.intp), 2 * correct - 1, np.full(n_trials, np.nan), correct, choice,
        {"motion": motion, "color": color, "context": context},
    )  # fmt: skip


def reaches(n_trials: int = 36, seed: int = 0) -> LivedTrials:
    """Live trials of many kinds and sensors, with two outputs: no target, answer, or unit of time.

    Trials have different lengths, and the last one ends early.
    """
    rng = np.random.default_rng(seed)
    n_steps, n_units, n_kinds = 50, 30, 9
    lengths = rng.integers(40, n_steps + 1, n_trials)
    lengths[-1] = 3
    kind = np.arange(n_trials) % n_kinds
    observations, outputs, rates, rewards = (
        np.full((n_trials, n_steps, n), np.nan, np.float32) for n in (12, 2, n_units, 1)
    )
    tuning = rng.normal(size=(n_units, 2))
    for trial, length in enumerate(lengths):
        angle = 2 * np.pi * kind[trial] / n_kinds
        steps = np.arange(length)
        way = np.array([np.sin(angle), np.cos(angle)]) * np.minimum(1, steps / 30)[:, None]
        outputs[trial, :length] = way + 0.02 * rng.normal(size=(length, 2))
        rates[trial, :length] = np.tanh(way @ tuning.T + 0.3 * np.sin(steps / 8)[:, None])
        observations[trial, :length] = 0
        observations[trial, :length, kind[trial]] = 1
        observations[trial, :length, 9:] = rng.normal(0, 0.3, (length, 3))
        rewards[trial, :length] = 0.1
    unknown = np.full(n_trials, np.nan)
    return LivedTrials(
        Outcomes(kind, 0.1 * lengths, unknown, unknown, np.full(n_trials, -1), {}),
        lengths.astype(np.intp),
        observations,
        np.full_like(outputs, np.nan),
        outputs,
        rates,
        rewards[..., 0],
        None,
        tuple(f"{40 * k}°" for k in range(n_kinds)),
        (),
    )


def matrices(n_units: int = 60, seed: int = 0) -> tuple[dict[str, npt.NDArray[np.float32]], ...]:
    """Return the weights of a network before and after learning, by name."""
    rng = np.random.default_rng(seed)
    recurrent = rng.normal(0, 1.3 / np.sqrt(n_units), (n_units, n_units)).astype(np.float32)
    into = rng.uniform(-1, 1, (n_units, 2)).astype(np.float32)
    change = 0.06 * np.outer(rng.normal(size=n_units), rng.normal(size=n_units))
    after = (recurrent + change).astype(np.float32)
    return {"recurrent": recurrent, "input": into}, {"recurrent": after, "input": into.copy()}
