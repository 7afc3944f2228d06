"""The time of a trial in which a large recurrent network learns, against its products alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.bench.findings import absolute, seconds
from metahebb.learning.base import Lesson
from metahebb.learning.lifetime import Lifetime
from metahebb.modulators import PredictionError
from metahebb.networks.rate import Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Dnms

UNITS, STEPS = 200, 1000
"""The size of Miconi's network, and the number of steps of a trial of dnms."""
RULES_OF_MICONI = (
    ("node_perturbation", "perturbed", 1e-3, "<= 20"),
    ("supralinear", "deviating", 0.1, "<= 50"),
)
"""Rules with their neuron, their eta, and the limit of a trial's time in ms."""


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield two rows for each of Miconi's rules, for one network on one core.

    ``threads`` and ``lanes`` have no effect: trials of one life follow each other.
    """
    repeats, trials = (3, 4) if quick else (15, 20)
    works = {"products": _products(trials)}
    for rule, neuron, eta, _ in RULES_OF_MICONI:
        works[rule] = _trials(rule, neuron, eta, trials)
    rates = interleaved(works, repeats, time.thread_time)
    for rule, _, _, limit in RULES_OF_MICONI:
        ours, name = seconds(rates[rule], 1e3), f"trial, {rule}"
        yield compare(
            name,
            ours,
            seconds(rates["products"], 1e3),
            "<= 3",
            "ms",
            f"NumPy's {STEPS} products of {UNITS} × {UNITS + 5} weights with a vector, by BLAS, "
            "without neurons, noise, traces or learning; one core",
        )
        yield absolute(
            f"{name}, whole",
            ours,
            limit,
            "ms",
            f"processor time of a trial of dnms, {UNITS} units and {STEPS} steps, with learning",
        )


def _trials(rule: str, neuron: str, eta: float, trials: int) -> Work:
    """Return a work of ``trials`` trials, which begins behind the trials without learning."""
    network = Rate((UNITS,), RULES[rule], neuron=NEURONS[neuron])
    task, modulator = Dnms(trials=10**9), PredictionError(scale_by_mean=True, warm_up=4)
    assert task.n_steps == STEPS
    pupil = Lifetime().pupil(Lesson(task, network, 0, modulator, {"eta": eta}))
    pupil.live(4)

    def work() -> float:
        pupil.live(trials)
        return float(trials)

    return work


def _products(trials: int) -> Work:
    rng = np.random.default_rng(0)
    # The inputs of a unit: all units, three biases and two sensors.
    weights = rng.normal(0, 0.1, (UNITS, UNITS + 5)).astype(np.float32)
    inputs = list(rng.uniform(-1, 1, (STEPS, UNITS + 5)).astype(np.float32))
    drive = np.zeros(UNITS, np.float32)

    def work() -> float:
        for _ in range(trials):
            for each in inputs:
                np.dot(weights, each, out=drive)
        return float(trials)

    return work
