"""The results of the study of scale, and numbers that follow from them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from metahebb.bench.scale.model import Costs
from metahebb.bench.scale.schedule import Lived, Plan

SCHEDULES = ("synchronous", "delay 1")


def named(plan: Plan) -> str:
    """Return ``plan`` in words."""
    return f"{plan.workers:,} workers, {SCHEDULES[plan.delay]}, cv {plan.lives.cv}"


@dataclass(frozen=True)
class HeldOut:
    """A plan that both virtual workers and the model have followed.

    Attributes:
        plan: plan of the lives.
        measured: durations with virtual workers.
        model: durations that the model predicted.
        driver_s: processor time per call of the process that leads [s].
    """

    plan: Plan
    measured: Lived
    model: Lived
    driver_s: float

    @property
    def error(self) -> float:
        """The relative error of the model: predicted over measured efficiency, less 1."""
        return self.model.efficiency / self.measured.efficiency - 1


@dataclass(frozen=True)
class Prediction:
    """A plan, and the durations that the model predicts for it."""

    plan: Plan
    model: Lived


@dataclass(frozen=True)
class Scale:
    """All results of the study.

    Attributes:
        costs: costs that the model was calibrated with.
        driver_s: processor time per call of the process that leads, while it never waits [s].
        workers: number of workers in the run that the costs were measured in.
        update_s: seconds in which this machine alone moves the center, at the predicted popsize and
            60,800 genes; each plan has the seconds with the help of workers.
        held_out: measured plans to which the model is compared.
        predictions: predictions of the model.
        one: rates of one real worker [env steps/s], ``(repeats,)``.
        two: rates of two real workers, measured in turn with ``one``, ``(repeats,)``.
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
        """Seconds that the dispatcher needs per call when it never waits."""
        return self.costs.call_s(self.workers)

    @property
    def errors(self) -> list[float]:
        """The relative errors of the model in all measured plans."""
        return [each.error for each in self.held_out]

    @property
    def two_efficiency(self) -> list[float]:
        """The rate of two real workers over twice the rate of one, for each repeat."""
        return [two / (2 * one) for two, one in zip(self.two, self.one, strict=True)]

    def band(self, efficiency: float) -> tuple[float, float]:
        """Return the range of a predicted ``efficiency``, given the model's largest errors."""
        high = efficiency / (1 + min(0.0, *self.errors))
        return efficiency / (1 + max(0.0, *self.errors)), min(1.0, high)

    @property
    def shared_update_s(self) -> float:
        """Seconds in which the center is moved with the help of the largest number of workers."""
        return min(each.plan.update_s for each in self.predictions)

    def goals(self) -> list[Prediction]:
        """Return the two predictions that have a goal.

        The first is synchronous with lives of even length, the second delayed with uneven lives.
        """
        known = {each.plan.workers for each in self.predictions}
        workers = 1000 if 1000 in known else max(known)
        return [
            each
            for each in self.predictions
            if each.plan.workers == workers
            and each.plan.lives.cv == (0.5 if each.plan.delay else 0.1)
        ]


def slowest_update(predicted: Prediction, goal: float) -> float:
    """Return the seconds that a synchronous plan's update may take at most to reach ``goal``."""
    generation_s = statistics.fmean(predicted.model.generation_s)
    return predicted.plan.update_s + generation_s * (predicted.model.efficiency / goal - 1)
