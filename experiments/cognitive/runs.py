"""The runs of the study, and what their networks do in fresh trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from experiments.cognitive.arms import Arm, all_arms
from experiments.cognitive.tested import Floats, criterion_of, fresh_of, mean_of_known
from experiments.kit.running import Order, Size, runs_folder, taught
from metahebb.errors import InputError, ProgressError
from metahebb.learning.lived import Outcomes
from metahebb.runs.learn_folder import LearnFolder


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
        criteria: the trials to criterion of each run; infinity: never.
    """

    arm: Arm
    seeds: tuple[int, ...]
    exploded: tuple[int, ...]
    runs: tuple[LearnFolder, ...]
    lived: tuple[Outcomes, ...]
    fresh: tuple[Outcomes, ...]
    criteria: tuple[float, ...]

    @property
    def asked(self) -> tuple[int, ...]:
        """All seeds that were begun."""
        return tuple(sorted((*self.seeds, *self.exploded)))

    def accuracies(self) -> Floats:
        """Return the accuracy of each run on fresh trials ``(n_runs,)``."""
        return np.array([mean_of_known(each) for each in self.judged()])

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
        return np.array([mean_of_known(fresh.error) for fresh in self.fresh])

    def reached(self) -> Floats:
        """Return the trials to criterion of each run that was begun; infinity: never."""
        return np.array([*self.criteria, *[np.inf] * len(self.exploded)])

    def has_learned(self) -> npt.NDArray[np.bool_]:
        """Return of each run whether it passes: its fresh trials meet the arm's two floors.

        A run that is tested without kicks passes if it reaches its criterion, see `criterion_of`.
        """
        if self.arm.still:
            reached: npt.NDArray[np.bool_] = np.isfinite(np.array(self.criteria))
            return reached
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
    arms_with_runs = [taught_arm(order, arm) for arm in (all_arms() if arms is None else arms)]
    arms_with_runs = [each for each in arms_with_runs if each.asked]
    if not arms_with_runs:
        raise InputError(
            f"expected finished runs of this study, got none of size {order.size}; leave out "
            "--finished"
        )
    return arms_with_runs


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
    criteria = tuple(criterion_of(run, arm) for run in runs.values())
    return Taught(arm, tuple(runs), tuple(exploded), tuple(runs.values()), lived, fresh, criteria)


def path_of(size: Size, arm: Arm, seed: int) -> Path:
    """Return the folder of a run."""
    return runs_folder(f"cognitive-{size}") / arm.folder / f"seed{seed}"


def _is_finished(path: Path, trials: int) -> bool:
    return LearnFolder.is_there(path) and LearnFolder.open(path).is_finished(trials)
