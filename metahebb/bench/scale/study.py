"""The study of scale, which both the bench row ``scale`` and the experiment use.

The study has three parts. Two real workers are measured against one. Hundreds of virtual workers
exchange real messages, and sleep instead of living. A model is calibrated by one run of virtual
workers, compared with other such runs, and then predicts the efficiency of thousands of workers.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from metahebb.bench.scale.found import HeldOut, Prediction, Scale, named
from metahebb.bench.scale.lives import Lives
from metahebb.bench.scale.model import Costs, predict
from metahebb.bench.scale.schedule import Plan

PER_WORKER = 8
"""Number of lives per worker and generation in the measured runs."""


@dataclass(frozen=True)
class Size:
    """The size of the study.

    Attributes:
        two: popsize, steps and repeats of the runs with real workers.
        calibrated: workers and calls of the run by which the model is calibrated.
        held_out: plans that are measured and to which the model is compared.
        predicted: plans that the model predicts, with a measured duration of the update.
    """

    two: tuple[int, int, int]
    calibrated: tuple[int, int]
    held_out: tuple[Plan, ...]
    predicted: tuple[Plan, ...]


def _held_out(workers: int, mean_s: float, cv: float, delay: int, generations: int) -> Plan:
    # The seed of these lives differs from that of all predictions.
    return Plan(Lives(mean_s, cv, PER_WORKER * workers, seed=1), workers, delay, generations)


def _predicted(
    workers: tuple[int, ...], popsize: int, mean_s: float, generations: int
) -> tuple[Plan, ...]:
    return tuple(
        Plan(Lives(mean_s, cv, popsize), each, delay, generations)
        for delay in (0, 1)
        for cv in (0.1, 0.5)
        for each in workers
    )


_WORKERS, _CVS = (32, 128, 384), (0.1, 0.5)
FULL = Size(
    (500, 125, 4),
    (384, 6000),
    (
        *(_held_out(w, s, cv, 0, 2) for w in _WORKERS for s in (0.1, 0.3, 1.0) for cv in _CVS),
        *(_held_out(w, 0.3, cv, 1, 3) for w in _WORKERS for cv in _CVS),
    ),
    _predicted((100, 250, 500, 1000, 2000, 4000), 8000, 1.0, 4),
)
QUICK = Size(
    (64, 25, 2),
    (16, 400),
    tuple(_held_out(8, 0.05, 0.5, delay, 2) for delay in (0, 1)),
    _predicted((5, 10), 80, 1.0, 1),
)


def find(lanes: int, quick: bool, say: Callable[[str], None]) -> Scale:
    """Measure, calibrate the model and predict.

    Args:
        lanes: the number of lives that a real worker advances together; a virtual worker has one.
        quick: whether to measure little, only to see that everything works.
        say: a function that is called with a line per result.
    """
    size = QUICK if quick else FULL
    one, two = _real(size.two, lanes)
    say(f"one and two real workers: {max(one):.0f} and {max(two):.0f} env steps/s")
    costs, driver_s, held_out = _virtual(size, say)
    update = _update(size.predicted[0].lives.popsize)
    say(f"{update}: {update.seconds(1):.3f} s alone")
    predictions = []
    for plan in size.predicted:
        timed = replace(plan, update_s=update.seconds(plan.workers))
        predictions.append(Prediction(timed, predict(timed, costs)))
        say(f"{named(plan)}: {predictions[-1].model.efficiency:.3f} predicted")
    workers, _ = size.calibrated
    return Scale(
        costs, driver_s, workers, update.rest + update.here, held_out, tuple(predictions), one, two
    )


def _real(size: tuple[int, int, int], lanes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from metahebb.bench.local_ray import local_ray
    from metahebb.bench.rows.workers import ant, two_against_one
    from metahebb.evolution.backends.ray import RayWorkers

    popsize, steps, repeats = size
    with local_ray(3):
        setup, job = ant(popsize, steps)
        one, two = RayWorkers(setup, 1, lanes=lanes), RayWorkers(setup, 2, lanes=lanes)
        rates = two_against_one(one, two, job, repeats)
    return tuple(rates["one"]), tuple(rates["two"])


def _virtual(size: Size, say: Callable[[str], None]) -> tuple[Costs, float, tuple[HeldOut, ...]]:
    from metahebb.bench.local_ray import local_ray
    from metahebb.bench.scale.measured import calibrate, measure

    held_out = []
    with local_ray(2):
        costs, driver_s = calibrate(*size.calibrated)
        say(f"a call: {1e3 * costs.call_s(size.calibrated[0]):.3f} ms; {costs}")
        for plan in size.held_out:
            measured = measure(plan)
            both = HeldOut(plan, measured.lived, predict(plan, costs), measured.driver_s)
            held_out.append(both)
            say(
                f"{named(plan)}, {plan.lives.mean_s} s: {both.measured.efficiency:.3f} measured, "
                f"the model {100 * both.error:+.1f} %"
            )
    return costs, driver_s, tuple(held_out)


@dataclass(frozen=True)
class Update:
    """The seconds of an update of the center, by parts.

    Attributes:
        rest: seconds for ranking and the optimizer, in the process that leads.
        here: seconds for the gradient, on all cores of the process that leads.
        shares: largest number of parts into which the gradient can be cut.
        share: seconds for one of these parts, on one core.
    """

    rest: float
    here: float
    shares: int
    share: float

    def seconds(self, workers: int) -> float:
        """Return the seconds of an update with ``workers``, decided as in `RayWorkers.add_up`."""
        from metahebb.evolution.backends.ray import ASKING_S

        there = self.share * math.ceil(self.shares / workers) + ASKING_S
        return self.rest + min(self.here, there)


def _update(popsize: int) -> Update:
    """Measure the update of the ant's 60,800 genes."""
    from metahebb.bench.rows.plastic_step import HEADS
    from metahebb.bench.rows.search_cost import SearchOnly
    from metahebb.evolution.center_gradient import CenterGradient

    search = SearchOnly(HEADS["ant"], popsize, len(os.sched_getaffinity(0)))
    gradient = CenterGradient(
        search.n_genes, 0, 0, np.random.default_rng(0).normal(size=popsize).astype(np.float32)
    )
    whole, here, share = (
        _median_s(work)
        for work in (
            search.step,
            lambda: search.backend.add_up(gradient),
            lambda: gradient.slices(0, 1),
        )
    )
    return Update(max(0.0, whole - here), here, gradient.n_slices, share)


def _median_s(work: Callable[[], object]) -> float:
    took = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])
