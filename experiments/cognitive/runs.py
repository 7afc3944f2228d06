"""The runs of the study, and what their networks do in fresh trials."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.cognitive.arms import Arm, all_arms
from experiments.kit.running import Order, Size, runs_folder, taught
from metahebb.errors import InputError, ProgressError
from metahebb.learning.base import Pupil
from metahebb.learning.criterion import trials_to_criterion
from metahebb.learning.lived import Outcomes
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.storage import write_json
from metahebb.tasks.base import Task

Floats = npt.NDArray[np.float64]

SETTLED = 1000
"""The number of the last trials of a life that can have no fresh trials, see `fresh_of`."""


@dataclass(frozen=True)
class Taught:
    """The finished runs of an arm.

    Attributes:
        arm: the arm.
        seeds: the seeds of the runs that reached their last trial.
        exploded: the seeds of the runs that ended early because weights were not finite any more.
        runs: the runs, in the order of ``seeds``.
        lived: the outcomes of all trials of each run.
        fresh: the outcomes of fresh trials of each run's last network.
    """

    arm: Arm
    seeds: tuple[int, ...]
    exploded: tuple[int, ...]
    runs: tuple[LearnFolder, ...]
    lived: tuple[Outcomes, ...]
    fresh: tuple[Outcomes, ...]

    @property
    def asked(self) -> tuple[int, ...]:
        """All seeds that were begun."""
        return tuple(sorted((*self.seeds, *self.exploded)))

    def accuracies(self) -> Floats:
        """Return the accuracy of each run on fresh trials ``(n_runs,)``."""
        return np.array([_mean(each) for each in self.judged()])

    def judged(self) -> list[Floats]:
        """Return whether each judged fresh trial was right, of each run.

        A sure bet is not judged, nor is a trial without an answer if the arm's accuracy is
        ``of_answered``.
        """
        rows = []
        for fresh in self.fresh:
            chosen = fresh.choice >= 0 if self.arm.of_answered else np.ones(len(fresh), np.bool_)
            right = fresh.correct[chosen]
            rows.append(right[np.isfinite(right)])
        return rows

    def decided(self) -> Floats:
        """Return the part of fresh trials with an answer, of each run ``(n_runs,)``."""
        return np.array([(fresh.choice >= 0).mean() for fresh in self.fresh])

    def errors(self) -> Floats:
        """Return the mean error of the fresh trials of each run ``(n_runs,)``; NaN: no target."""
        return np.array([_mean(fresh.error) for fresh in self.fresh])

    def reached(self) -> Floats:
        """Return the trials to criterion of each run that was begun; infinity: never."""
        config = self.arm.config
        found = [
            trials_to_criterion(lived.correct, config.criterion, config.window)
            for lived in self.lived
        ]
        counts = [np.inf if count is None else float(count) for count in found]
        return np.array(counts + [np.inf] * len(self.exploded))

    def has_learned(self) -> npt.NDArray[np.bool_]:
        """Return of each run whether it passes: its fresh trials meet the arm's two floors."""
        accurate: npt.NDArray[np.bool_] = self.accuracies() >= self.arm.floor - 1e-9
        if self.arm.decided:
            accurate &= self.decided() >= self.arm.decided - 1e-9
        return accurate


def all_taught(order: Order, arms: Sequence[Arm] | None = None) -> list[Taught]:
    """Return the runs of every arm; networks whose runs are missing learn now.

    With ``order.finished``, only runs that are finished count, and an arm without any is left out.

    Raises:
        InputError: with ``order.finished``, no run is finished.
    """
    found = [taught_arm(order, arm) for arm in (all_arms() if arms is None else arms)]
    found = [each for each in found if each.asked]
    if not found:
        raise InputError(
            f"expected finished runs of this study, got none of size {order.size}; leave out "
            "--finished"
        )
    return found


def taught_arm(order: Order, arm: Arm) -> Taught:
    """Return the runs of one arm; see `all_taught`."""
    runs: dict[int, LearnFolder] = {}
    exploded: list[int] = []
    for seed in arm.seeds_of(order.size):
        path, config = path_of(order.size, arm, seed), arm.config_of(order.size, seed)
        if order.finished and not _is_finished(path, config.trials):
            continue
        try:
            runs[seed] = taught(path, config)
        except ProgressError:
            exploded.append(seed)
    fresh = tuple(fresh_of(run, arm, arm.tests_of(order.size)) for run in runs.values())
    lived = tuple(run.read_outcomes() for run in runs.values())
    return Taught(arm, tuple(runs), tuple(exploded), tuple(runs.values()), lived, fresh)


def path_of(size: Size, arm: Arm, seed: int) -> Path:
    """Return the folder of a run."""
    return runs_folder(f"cognitive-{size}") / arm.folder / f"seed{seed}"


def _is_finished(path: Path, trials: int) -> bool:
    return LearnFolder.is_there(path) and LearnFolder.open(path).is_finished(trials)


def fresh_of(run: LearnFolder, arm: Arm, n: int, task: Task | None = None) -> Outcomes:
    """Return the outcomes of ``n`` fresh trials of a run's last network, with frozen weights.

    They are kept in the run's folder, and lived once. A network that follows a world that changes
    cannot be tested with frozen weights: of an arm without tests, the outcomes are the last ones of
    its life, without the ones that follow a swap closely.

    Args:
        run: the run.
        arm: the arm of the run.
        n: the number of trials.
        task: the task of the trials; None: the one that was learned.
    """
    if not arm.tests:
        return _settled(run.read_outcomes(), arm.config.task)
    file = run.path / f"fresh-{n}{'-curve' if task else ''}.json"
    done = _newest(run)
    if file.exists():
        kept = json.loads(file.read_bytes())
        if kept.pop("trials") == done.generation:
            return _read(kept)
    outcomes = _tested(run, arm, done, task).test(n, run.config.seed).outcomes
    write_json(file, {"trials": done.generation, **_written(outcomes)})
    return outcomes


def _newest(run: LearnFolder) -> Checkpoint:
    newest = run.read_newest()
    assert newest is not None  # the run is finished
    return newest


def _tested(run: LearnFolder, arm: Arm, done: Checkpoint, task: Task | None) -> Pupil:
    """Return the network of a run as it is for fresh trials."""
    lesson = run.config.lesson()
    if task is not None:
        lesson = replace(lesson, task=task)
    if arm.still:
        network: Any = run.config.network
        quiet = replace(network, neuron=network.neuron.with_constants(**arm.still))
        lesson = replace(lesson, network=quiet)
    pupil = run.config.learner.pupil(lesson)
    pupil.restore(done.state)
    return pupil


def _settled(lived: Outcomes, task: Any) -> Outcomes:
    settled = lived.conditions["since_swap"] >= task.settle
    return _part(lived, np.flatnonzero(settled)[-SETTLED:])


def _part(outcomes: Outcomes, rows: npt.NDArray[np.intp]) -> Outcomes:
    names = ("kind", "reward", "error", "correct", "choice")
    values: dict[str, Any] = {name: getattr(outcomes, name)[rows] for name in names}
    conditions = {name: each[rows] for name, each in outcomes.conditions.items()}
    return Outcomes(**values, conditions=conditions)


def _written(outcomes: Outcomes) -> dict[str, Any]:
    """Return outcomes as JSON types, in which None stands for NaN."""

    def numbers(values: npt.NDArray[Any]) -> list[float | None]:
        return [float(value) if np.isfinite(value) else None for value in values]

    names = ("kind", "reward", "error", "correct", "choice")
    conditions = {name: numbers(each) for name, each in outcomes.conditions.items()}
    return {name: numbers(getattr(outcomes, name)) for name in names} | {"conditions": conditions}


def _read(kept: dict[str, Any]) -> Outcomes:
    conditions = {name: np.array(each, np.float64) for name, each in kept["conditions"].items()}
    kind, choice = (np.array(kept[name], np.intp) for name in ("kind", "choice"))
    reward, error, correct = (
        np.array(kept[name], np.float64) for name in ("reward", "error", "correct")
    )
    return Outcomes(kind, reward, error, correct, choice, conditions)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
