"""What was found of scale, and what follows from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from metahebb.bench.scale.model import Costs
from metahebb.bench.scale.schedule import Lived, Plan

SCHEDULES = ("synchronous", "delay 1")


def named(plan: Plan) -> str:
    """Return a plan in words."""
    return f"{plan.workers:,} workers, {SCHEDULES[plan.delay]}, cv {plan.lives.cv}"


@dataclass(frozen=True)
class HeldOut:
    """A plan, followed by virtual workers and by the model.

    Attributes:
        plan: what was lived.
        measured: how it went.
        model: how it was to go.
        driver_s: processor time of the process that leads, per call.
    """

    plan: Plan
    measured: Lived
    model: Lived
    driver_s: float

    @property
    def error(self) -> float:
        """How much more efficient the model is: its efficiency over the measured one, less 1."""
        return self.model.efficiency / self.measured.efficiency - 1


@dataclass(frozen=True)
class Prediction:
    """A plan, and how it would go."""

    plan: Plan
    model: Lived


@dataclass(frozen=True)
class Scale:
    """All that was found.

    Attributes:
        costs: of the model.
        driver_s: processor time of the process that leads, per call, while it never waits.
        workers: of the run that the costs are from.
        update_s: what moving the center takes this machine alone, at the predicted popsize and
            60,800 genes; plans say what it takes with the help of workers.
        held_out: what the model is held against.
        predictions: what it is asked for.
        one: rates of one real worker [env steps/s], ``(repeats,)``.
        two: of two, in turn with those.
    """

    costs: Costs
    driver_s: float
    workers: int
    update_s: float
    held_out: tuple[HeldOut, ...]
    predictions: tuple[Prediction, ...]
    one: tuple[float, ...]
    two: tuple[float, ...]

    @property
    def call_s(self) -> float:
        """What a call takes the dispatcher when it never waits."""
        return self.costs.call_s(self.workers)

    @property
    def errors(self) -> list[float]:
        """Of the model in the runs that it is held against."""
        return [each.error for each in self.held_out]

    @property
    def two_efficiency(self) -> list[float]:
        """The rate of two real workers over twice that of one, repeat by repeat."""
        return [two / (2 * one) for two, one in zip(self.two, self.one, strict=True)]

    def band(self, efficiency: float) -> tuple[float, float]:
        """Return what a predicted ``efficiency`` would be with the largest errors either way."""
        high = efficiency / (1 + min(0.0, *self.errors))
        return efficiency / (1 + max(0.0, *self.errors)), min(1.0, high)

    @property
    def shared_update_s(self) -> float:
        """What moving the center takes with the help of the most workers."""
        return min(each.plan.update_s for each in self.predictions)

    def goals(self) -> list[Prediction]:
        """Return the two predictions that have a goal: synchronous and even, delayed and uneven."""
        known = {each.plan.workers for each in self.predictions}
        workers = 1000 if 1000 in known else max(known)
        return [
            each
            for each in self.predictions
            if each.plan.workers == workers
            and each.plan.lives.cv == (0.5 if each.plan.delay else 0.1)
        ]


def slowest_update(predicted: Prediction, goal: float) -> float:
    """Return the seconds that the update of a synchronous plan may take for ``goal`` to hold."""
    generation_s = statistics.fmean(predicted.model.generation_s)
    return predicted.plan.update_s + generation_s * (predicted.model.efficiency / goal - 1)
