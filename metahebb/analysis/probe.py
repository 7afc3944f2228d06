"""What a probe does to a run's center: the same fresh lives with it and without."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from metahebb.analysis.counts import check_counts
from metahebb.analysis.probe_numbers import recoveries, speed_curves
from metahebb.analysis.statistics import mean_of, numbers_or_none
from metahebb.errors import InputError, unknown_name
from metahebb.evolution.backends.base import Backend
from metahebb.evolution.memory import check_memory
from metahebb.life import Ending
from metahebb.probes import AnyObserver, AnyProbe, Moment, check_probes, text_of
from metahebb.probes.damage import Damage
from metahebb.probes.drop_term import leveled_by
from metahebb.probes.values import ALL
from metahebb.runs.center import Center
from metahebb.runs.storage import slug, storage_errors, write_json
from metahebb.tasks import Task
from metahebb.tasks.base import Embodied, Moving, Varied
from metahebb.worker import Outcomes, Setup, is_nonfinite

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lived:
    """Lives of one condition.

    Attributes:
        outcomes: ``(n,)``; the measures of a life that ended non-finite are NaN.
        x: ``(n, horizon + 1)`` metres since birth; NaN after a life's end, and in a task that is
            not `Moving`. A life that ended non-finite has no position at its end, nor has one that
            fell in the very last step: who has one at the horizon has survived.
    """

    outcomes: Outcomes
    x: Floats

    @property
    def survived(self) -> npt.NDArray[np.bool_]:
        """Which lives reached the horizon."""
        ending, last = self.outcomes["ending"], self.x.shape[1] - 1
        cut = (ending == Ending.TRUNCATED) & (self.outcomes["steps"] == last)
        reached: npt.NDArray[np.bool_] = (ending == Ending.HORIZON) | cut
        return reached

    @property
    def finite(self) -> npt.NDArray[np.bool_]:
        """Which lives did not end non-finite."""
        return ~is_nonfinite(self.outcomes)

    def met(self, at: int) -> npt.NDArray[np.bool_]:
        """Which lives lived past env step ``at``, so that what is done before it was done."""
        met: npt.NDArray[np.bool_] = self.outcomes["steps"] > at
        return met


class OpensThreads(Protocol):
    """What opens the threads of this process that live lives: `InProcess`, or a part of it."""

    def __call__(self, setup: Setup, *, observers: Sequence[AnyObserver]) -> Backend:
        """Return threads for lives that share ``setup``, and that ``observers`` watch."""


@dataclass(frozen=True)
class Conditions:
    """What all lives of a comparison share.

    Attributes:
        center: which lives.
        lives: how many.
        max_steps: horizon in env steps.
        body: name of the body at birth.
    """

    center: Center
    lives: int
    max_steps: int
    body: str

    @classmethod
    def of(
        cls, center: Center, lives: int, max_steps: int | None = None, body: str | None = None
    ) -> Conditions:
        """Return the conditions; None: the run's last horizon, its task's first body.

        Raises:
            InputError: a number below 1, or a body that the task cannot have.
        """
        horizon = center.horizon if max_steps is None else max_steps
        check_counts(lives, horizon)
        conditions = cls(center, lives, horizon, body or center.config.task.bodies[0])
        conditions.setup(())
        return conditions

    def setup(self, probes: tuple[AnyProbe, ...] | None) -> Setup:
        """Return the set-up of lives with ``probes`` and no others, born with `body`.

        None: with those of training, some of which may come later than these lives last.

        Raises:
            InputError: the task cannot have the body, or one of the probes; or one that was asked
                for comes after the end of the longest life.
        """
        if probes is None:
            probes = self.center.setup.probes
        else:
            self._check_in_time(probes)
        task: Task = self.center.config.task
        later: list[str] = []
        if isinstance(task, Embodied):
            later = [p.body for p in probes if isinstance(p, Damage)]
        if isinstance(task, Varied):
            task = task.on(tuple(dict.fromkeys((self.body, *later))))
        elif self.body not in task.bodies:
            raise unknown_name("body of the task", self.body, task.bodies)
        check_probes(probes, task, self.center.config.network)
        return dataclasses.replace(self.center.setup, task=task, probes=probes)

    def _check_in_time(self, probes: Sequence[AnyProbe]) -> None:
        for at in map(_begin, probes):
            if at >= self.max_steps:
                raise InputError(
                    f"expected at below {self.max_steps}, the env steps of a life here, got {at} "
                    "(probe); choose an earlier step, or longer lives (--max-steps)"
                )

    def check_room(self) -> None:
        """Raise InputError if there is no memory for a number of each step of all lives."""
        got = f"{self.lives} lives of {self.max_steps} env steps"
        needed = 8 * self.lives * (self.max_steps + 1)
        check_memory(needed, "lives whose steps fit", got, "use fewer --lives")

    def live(
        self,
        probes: tuple[AnyProbe, ...] | None,
        backend: OpensThreads,
        observers: Sequence[AnyObserver] = (),
    ) -> Lived:
        """Live the lives in threads of this process: the same ones, whatever ``probes`` are.

        ``probes`` are as in `setup`; ``observers`` watch.

        Raises:
            InputError: see `check_room`.
        """
        self.check_room()
        setup = self.setup(probes)
        task, x = setup.task, np.full((self.lives, self.max_steps + 1), np.nan)
        noting = (_Way(x, task.way.name),) if isinstance(task, Moving) else ()
        body = task.bodies.index(self.body)
        workers = backend(setup, observers=(*observers, *noting))
        try:
            center = self.center.within(setup)
            (outcomes,) = center.live(workers, self.lives, (body,), self.max_steps)
        finally:
            workers.close()
        lived = Lived(outcomes, x)
        for measure in task.measures:
            outcomes[measure.name][~lived.finite] = np.nan
        if isinstance(task, Moving):
            # Else who fell in the last step would look like one who walks there.
            placed = lived.survived | (outcomes["steps"] < self.max_steps)
            ends = np.where(placed, outcomes[task.way.name], np.nan)
            x[np.arange(self.lives), outcomes["steps"]] = ends
        return lived


@dataclass(frozen=True)
class _Way:
    """An observer that notes the way so far; each life has a row of its own."""

    x: Floats
    name: str

    def observe(self, moment: Moment) -> None:
        """Note where each living body is."""
        for lane, unit, step in zip(moment.lanes, moment.units, moment.steps, strict=True):
            self.x[unit, step] = moment.task.measures(int(lane))[self.name]


def probe(
    conditions: Conditions,
    probes: tuple[AnyProbe, ...],
    without: Lived,
    backend: OpensThreads,
) -> dict[str, Any]:
    """Live with ``probes``, compare with ``without``; write ``probe.json``.

    Returns:
        What is written: returns, the task's measures (those that are to be compared) and their
        paired differences, each as a mean with a 95 % bootstrap interval, beside the numbers of
        each of the ``lives``; the coefficients that were ``leveled`` because they cannot be left
        out; how many lives met all of the probes; the part that reached the
        horizon; the number of lives that ended non-finite, which count in no mean and no curve, and
        did not reach the horizon; in locomotion, where the lives are long enough around the event,
        speed curves and recovery measures.
    """
    with_ = conditions.live(probes, backend)
    x, plain = with_.x[with_.finite], without.x[without.finite]
    known = bool(np.isfinite(without.x).any() and x.size and plain.size)
    at, end = _event(probes, conditions.max_steps)
    task = conditions.center.config.task
    dt = seconds_per_step(task)
    measures = {
        measure.name: {"unit": measure.unit, **compare(with_, without, measure.name)}
        for measure in task.measures
        if measure.compared
    }
    result = {
        "generation": conditions.center.generation,
        "lives": conditions.lives,
        "max_steps": conditions.max_steps,
        "body": conditions.body,
        "probes": list(map(text_of, probes)),
        "leveled": leveled_by(probes, conditions.center.config.network.rule),
        "at": at,
        "met": int(with_.met(max(map(_begin, probes))).sum()),
        "return": compare(with_, without, "episode_return"),
        "distance": measures.get("distance"),  # older versions of metahebb wrote no other measure
        "measures": measures,
        "survival": {
            "with": mean_of(with_.survived),
            "without": mean_of(without.survived),
            "lives": {
                "with": numbers_or_none(with_.survived),
                "without": numbers_or_none(without.survived),
            },
        },
        "nonfinite": {
            "with": int((~with_.finite).sum()),
            "without": int((~without.finite).sum()),
        },
        "speed": speed_curves(x, plain, at, dt) if known and dt else None,
        "recovery": recoveries(x, plain, at, end, dt) if known and dt else None,
        "dt": dt,
    }
    folder = conditions.center.path / "probes" / folder_name(conditions, probes)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "probe.json", result)
    return {**result, "folder": str(folder)}


def folder_name(conditions: Conditions, probes: Sequence[AnyProbe]) -> str:
    """Return the name of a comparison's folder."""
    usual = Conditions.of(conditions.center, conditions.lives)
    parts = list(map(text_of, probes))
    if conditions.body != usual.body:
        parts.append(f"body={conditions.body}")
    if conditions.max_steps != usual.max_steps:
        parts.append(f"max_steps={conditions.max_steps}")
    return slug(parts)


def seconds_per_step(task: Task) -> float | None:
    """Return the simulated time of an env step [s] where a body moves, and so has a speed."""
    return task.seconds_per_step if isinstance(task, Embodied) else None


def _begin(probe: AnyProbe) -> int:
    """Return the env step before which ``probe`` begins; 0 for one from birth on."""
    at: int = getattr(probe, "at", 0)
    return at


def _event(probes: Sequence[AnyProbe], horizon: int) -> tuple[int, int]:
    """Return the env steps at which the first probe begins and the last one with an end is over."""
    begins = [_begin(p) for p in probes]
    ends = [
        at + steps
        for at, p in zip(begins, probes, strict=True)
        if (steps := getattr(p, "steps", 0)) != ALL
    ]
    return min(min(begins), horizon), min(max(ends, default=min(begins)), horizon)


def compare(with_: Lived, without: Lived, name: str) -> dict[str, Any]:
    """Return means of what outcomes call ``name``, and of its paired difference, with intervals."""
    a, b = with_.outcomes[name], without.outcomes[name]
    lives = {"with": numbers_or_none(a), "without": numbers_or_none(b)}
    return {"with": mean_of(a), "without": mean_of(b), "difference": mean_of(a - b), "lives": lives}
