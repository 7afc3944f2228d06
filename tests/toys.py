"""Helpers of several tests: a task without physics, extra rules, and views into a lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import FeedForward
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.noise import Key, Stream
from metahebb.plasticity import bounded, positive, rule
from metahebb.plasticity.reference import Layer
from metahebb.tasks.base import Measure, StepResult

BIRTH = Key(3, Stream.BIRTH)
LANE = np.array([1], np.intp)


@rule
def oja(pre, post, weight, /, eta):
    """Δw = η·post·(pre − post·w)."""
    return eta * post * (pre - post * weight)


@rule
def traced(pre, post, trace, modulator, /, A, decay):
    """Δw = A·m·trace, Δtrace = pre·post − decay·trace."""
    return A * modulator * trace, pre * post - decay * trace


@rule
def bcm(pre, post, trace, /, A, tau: positive, eta):
    """Δw = η·A·pre·post·(post − trace), Δtrace = (post² − trace) / (1 + 20·tau)."""
    return eta * A * pre * post * (post - trace), (post**2 - trace) / (1 + 20 * tau)


@rule
def ranged(pre, post, trace, /, A, tau: positive, rate: bounded(0.1, 0.9), eta: positive):
    """Δw = η·(A·trace − rate·post), Δtrace = (pre·post − trace) / (1 + tau)."""
    return eta * (A * trace - rate * post), (pre * post - trace) / (1 + tau)


@rule
def exploding(weight, /, A):
    """Δw = (8 + A)·w."""
    return (8.0 + A) * weight


@dataclass(frozen=True)
class Toy:
    """A task with five sensors that the outputs change.

    Attributes:
        mortal: whether a life ends after 3 to 9 steps; otherwise, it lasts to the horizon.
        n_observations: number of sensors.
        n_outputs: number of outputs.
        bodies: names of the bodies.
        max_steps: number of steps after which a life ends.
        measures: measures of the task.
    """

    mortal: bool = True
    n_observations: int = 5
    n_outputs: int = 3
    bodies: tuple[str, ...] = ("plain", "heavy")
    max_steps: int = 20
    measures: tuple[Measure, ...] = (Measure("distance", "m"),)

    def lanes(self, n: int) -> ToyLanes:
        return ToyLanes(self, n)


class ToyLanes:
    def __init__(self, task: Toy, n: int) -> None:
        self.task = task
        self.observations = np.zeros((n, task.n_observations), np.float32)
        self.left = np.zeros(n, np.int64)
        self.mass = np.ones(n)
        self.distance = np.zeros(n)

    def reset(self, lanes: np.ndarray, seeds: Sequence[int], bodies: np.ndarray) -> None:
        for lane, seed, body in zip(lanes, seeds, bodies, strict=True):
            self.observations[lane] = np.random.default_rng(seed).normal(size=5)
            self.left[lane] = 3 + seed % 7 if self.task.mortal else 2**40
            self.mass[lane] = 1 + body
            self.distance[lane] = 0

    def step(self, outputs: np.ndarray, lanes: np.ndarray) -> StepResult:
        push = outputs.astype(np.float64).sum(1) / self.mass[lanes]
        old = self.observations[lanes]
        self.observations[lanes] = np.roll(old, 1, axis=1) * 0.9 + push[:, None].astype(np.float32)
        self.distance[lanes] += push
        self.left[lanes] -= 1
        nonfinite = ~np.isfinite(outputs).all(1)
        never = np.zeros(lanes.size, np.bool_)
        return StepResult(push, self.left[lanes] <= 0, never, nonfinite)

    def measures(self, lane: int) -> dict[str, float]:
        return {"distance": float(self.distance[lane])}


@dataclass(frozen=True)
class TwoMeasures(Toy):
    """The toy with a second measure, the fourth push of a life; NaN in a life of three steps."""

    measures: tuple[Measure, ...] = (Measure("distance", "m"), Measure("fourth"))

    def lanes(self, n: int) -> TwoMeasuresLanes:
        return TwoMeasuresLanes(self, n)


class TwoMeasuresLanes(ToyLanes):
    def __init__(self, task: Toy, n: int) -> None:
        super().__init__(task, n)
        self.pushes: list[list[float]] = [[] for _ in range(n)]

    def reset(self, lanes: np.ndarray, seeds: Sequence[int], bodies: np.ndarray) -> None:
        super().reset(lanes, seeds, bodies)
        for lane in lanes:
            self.pushes[lane] = []

    def step(self, outputs: np.ndarray, lanes: np.ndarray) -> StepResult:
        result = super().step(outputs, lanes)
        for lane, push in zip(lanes, result.reward, strict=True):
            self.pushes[lane].append(float(push))
        return result

    def measures(self, lane: int) -> dict[str, float]:
        pushes = self.pushes[lane]
        return super().measures(lane) | {"fourth": pushes[3] if len(pushes) > 3 else np.nan}


def born(
    network: FeedForward, n_in: int, n_out: int, seed: int = 0, spread: float = 1.0
) -> PlasticLanes:
    """Return two lanes; lane 1 is newborn, with genes from U(-spread, spread)."""
    genome = Genome.direct(network.slots(n_in, n_out))
    genes = np.random.default_rng(seed).uniform(-spread, spread, genome.n_genes)
    lanes = network.lanes(n_in, n_out, 2)
    lanes.born(1, genome, GivenGenes(genes.astype(np.float32)), replace(BIRTH, seed=seed))
    return lanes


def layers_of(lanes: PlasticLanes) -> list[Layer]:
    """Return copies of lane 1's synapses at present, without any pending update."""
    layers, start = [], 0
    planes = len(lanes.network.rule.coefficients)
    for number, raw in enumerate(lanes.raw_layers(1)):
        n, stop = raw.size, start + raw.size
        shape = lanes.layers[number]
        trace = (
            lanes.state["traces"][1, start:stop]
            if lanes.state["traces"].size
            else np.zeros(n, np.float32)
        )
        coefficients = lanes.state["coefficients"][1, planes * start : planes * stop]
        layers.append(
            Layer(
                raw * lanes.state["scales"][1, number],
                shape.view(trace)[0].copy(),
                replace(shape, planes=planes).view(coefficients).copy(),
            )
        )
        start = stop
    return layers


def observe(lanes: PlasticLanes, rng: np.random.Generator) -> np.ndarray:
    """Let lane 1 act on a random observation in [-1, 1]; return a copy of its outputs."""
    n_in = lanes.layers[0].n_in
    observations = rng.uniform(-1, 1, (2, n_in)).astype(np.float32)
    return lanes.act(observations, LANE)[0].copy()
