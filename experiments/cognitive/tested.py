"""Networks after learning: fresh trials with frozen weights, and trials to criterion."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.cognitive.arms import Arm
from metahebb.learning.base import Lesson, Pupil
from metahebb.learning.criterion import trials_to_criterion
from metahebb.learning.lived import Outcomes
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.storage import write_json
from metahebb.tasks.base import Task

Floats = npt.NDArray[np.float64]

SETTLED = 1000
"""The number of the last trials of a life that can have no fresh trials, see `fresh_of`."""
BETWEEN = 20
"""The number of passes, of one trial of each kind, from one test without kicks to the next."""


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
        lesson = _quiet(lesson, arm)
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


def criterion_of(run: LearnFolder, arm: Arm) -> float:
    """Return after how many trials a run reached the criterion; infinity: never.

    The criterion is that of the run's config, of trials in which it learns. An arm that is tested
    with other neurons, such as without kicks, has the criterion of Michaels et al. 2016 instead: a
    pass of one trial of each kind, tested after every 20 passes, has a mean error of at most the
    task's tolerance. The life is lived again for it, and the number kept in the run's folder.
    """
    config: Any = run.config
    tolerance = getattr(config.task, "tolerance", None)
    if not arm.still or tolerance is None:
        reached = trials_to_criterion(run.read_outcomes().correct, config.criterion, config.window)
        return np.inf if reached is None else float(reached)
    file = run.path / "passes.json"
    if not file.exists():
        write_json(file, {"trials": _passes(run, arm, tolerance)})
    kept = json.loads(file.read_bytes())["trials"]
    return np.inf if kept is None else float(kept)


def _passes(run: LearnFolder, arm: Arm, tolerance: float) -> int | None:
    task: Any = run.config.task
    lesson, learner = run.config.lesson(), run.config.learner
    pupil, tested = learner.pupil(lesson), learner.pupil(_quiet(lesson, arm))
    for lived in range(BETWEEN * task.n_kinds, run.config.trials + 1, BETWEEN * task.n_kinds):
        pupil.live(BETWEEN * task.n_kinds)
        tested.restore(pupil.saved())
        if mean_of_known(tested.test(task.n_kinds, run.config.seed).outcomes.error) <= tolerance:
            return lived
    return None


def _quiet(lesson: Lesson, arm: Arm) -> Lesson:
    """Return ``lesson`` with the changes of the neuron for fresh trials."""
    network: Any = lesson.network
    neuron = network.neuron.with_constants(**arm.still)
    return replace(lesson, network=replace(network, neuron=neuron))


def mean_of_known(values: Floats) -> float:
    """Return the mean of the values that are known; NaN: none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
