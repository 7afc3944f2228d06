"""One fresh life of a run's center, seen step by step: what films and life figures are made of."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.probe import Conditions
from metahebb.errors import InputError
from metahebb.life import Ending, LifeResult
from metahebb.probes import AnyProbe
from metahebb.report.gl import without_display
from metahebb.report.recorder import Array, Image, Recorder
from metahebb.runs.center import Center
from metahebb.tasks import Task
from metahebb.tasks.base import Embodied, Filmable, Moving

AROUND = range(-5, 16)
"""Env steps from an event on at which all weights are noted, whatever the spread of snapshots."""


@dataclass(frozen=True)
class Snapshots:
    """All weights of a network at some instants of its life.

    Attributes:
        steps: ``(R,)`` ascending env steps before which they were; the first and the last of the
            life, and all of those `AROUND` each event, are among them.
        weights: ``(R, n_synapses)``, layer after layer.
        layers: synapses of each layer.
    """

    steps: npt.NDArray[np.int64]
    weights: Array
    layers: tuple[int, ...]


@dataclass(frozen=True)
class Recording:
    """A life as it was lived; row t of an array is the instant before env step t.

    What a probe does before step t is done in row t. Arrays of the world have one more row, T: the
    state after the last step, in which the life ended. After a step that was not finite there is no
    such state: that row repeats the one before.

    Attributes:
        task: the world, with the body of this life, and after it those that a probe changes to.
        probes: what was done to the life.
        generation: updates that the center had seen.
        life: its number among the lives that ``evaluate`` lives.
        dt: simulated time of an env step [s]; 1 where a task counts in steps.
        result: how the life ended.
        weights: ``(T, n)`` some synapses of the layer that has most of them.
        synapses: which ones they are, for a title.
        layer: what that layer is called.
        changes: ``(T, 4)`` how much all synapses of that layer changed since the step before, a
            `Change` each; NaN at birth.
        heard: what ``hidden`` is of: the last hidden layer, or the sensors.
        hidden: ``(T, n)`` activity of the last hidden layer, of the sensors if there is none.
        outputs: ``(T, n_outputs)`` of the network.
        qpos: ``(T + 1, nq)`` positions of the body; ``(T + 1, 0)`` outside locomotion.
        bodies: ``(T + 1,)`` number of the body among the task's.
        distance: ``(T + 1,)`` the task's own measure of the way since birth [m]; the last number is
            that of ``result.measures``. None in a task that measures no way.
        images: by step, what a Gymnasium environment drew of itself ``(height, width, 3)``; step T
            is the state after the last one.
        snapshots: all weights at some instants; None where they were not asked for.
    """

    task: Task
    probes: tuple[AnyProbe, ...]
    generation: int
    life: int
    dt: float
    result: LifeResult
    weights: Array
    synapses: str
    layer: str
    changes: npt.NDArray[np.float64]
    heard: str
    hidden: Array
    outputs: Array
    qpos: npt.NDArray[np.float64]
    bodies: npt.NDArray[np.intp]
    distance: npt.NDArray[np.float64] | None
    images: dict[int, Image]
    snapshots: Snapshots | None = None

    @property
    def time_label(self) -> str:
        """What an axis of env steps is called: with how many of them a simulated second has."""
        return steps_label(self.task.seconds_per_step)

    @property
    def steps(self) -> int:
        """The number of env steps that the life lasted, T."""
        return len(self.weights)

    @property
    def distance_label(self) -> str:
        """What an axis of `distance` is called, by the task's own measure."""
        assert isinstance(self.task, Moving)
        along = " along +x" if isinstance(self.task, Embodied) else ""
        return f"{self.task.way.name}{along} [{self.task.way.unit}]"

    @property
    def events(self) -> tuple[int, ...]:
        """The env steps after birth at which a probe began, in order, as far as the life got."""
        return tuple(step for step in _events(self.probes) if step < len(self.weights))


def steps_label(seconds_per_step: float | None) -> str:
    """Return the label of an axis of env steps, which all figures of lives have.

    Example:
        >>> steps_label(0.05)
        'env step (20 per simulated second)'
    """
    if seconds_per_step is None:
        return "env step"
    return f"env step ({1 / seconds_per_step:.4g} per simulated second)"


def _events(probes: Sequence[AnyProbe]) -> list[int]:
    return sorted({at for probe in probes if (at := getattr(probe, "at", 0)) > 0})


def typical_life(center: Center, evaluation: dict[str, Any] | None, body: str | None = None) -> int:
    """Return the number of the evaluated life whose return is the median.

    A film of the best life would flatter, one of the first may show a fall.

    Args:
        center: which lived.
        evaluation: the last one of its run; without one, and with one of another center, it is
            the first life.
        body: in which it lived; None: the task's first.
    """
    if evaluation is None or not is_of(evaluation, center):
        return 0
    evaluated = evaluation["bodies"].get(body or center.config.task.bodies[0], {})
    return _median([-np.inf if r is None else r for r in evaluated.get("returns", [0.0])])


def is_of(evaluation: dict[str, Any] | None, center: Center) -> bool:
    """Return whether an evaluation is there, and is of the center."""
    return evaluation is not None and evaluation["generation"] == center.generation


def median_life(recordings: Sequence[Recording]) -> int:
    """Return the index of the life of median return; one that ended non-finite counts as worst."""
    return _median([np.nan_to_num(r.result.episode_return, nan=-np.inf) for r in recordings])


def _median(returns: Sequence[float]) -> int:
    return int(np.argsort(returns, kind="stable")[len(returns) // 2])


def record(
    center: Center,
    body: str | None = None,
    life: int = 0,
    images: int = 0,
    probes: Sequence[AnyProbe] = (),
    *,
    max_steps: int | None = None,
    snapshots: int = 0,
) -> Recording:
    """Live one fresh life of a run's unperturbed center, and return what happened.

    Args:
        center: of the run.
        body: name of the body at birth; any damage will do in locomotion, any variant in car
            racing. Default: the task's first.
        life: its number among the lives that ``evaluate`` and ``probe`` live, bit for bit; see
            `typical_life`.
        images: how many pictures at least to have a Gymnasium environment draw of itself.
        probes: what is done to the life; none: what was done in training.
        max_steps: horizon; None: that of the run's last stage.
        snapshots: how many times, about, to note all weights in a life that reaches the horizon.

    Raises:
        InputError: for an unknown body, a probe that the run cannot have or that no life meets, or
            an environment that cannot draw itself.
    """
    if life < 0:
        raise InputError(f"expected a life of at least 0, got {life} (film); lives count from 0")
    conditions = Conditions.of(center, life + 1, max_steps, body)
    setup = conditions.setup(tuple(probes) or None)
    drawing: contextlib.AbstractContextManager[str] = contextlib.nullcontext("")
    if images:
        task = _filmable(setup.task)
        drawing = without_display(task.draws_by_mujoco())
        setup = replace(setup, task=task.filmed())
    number = setup.task.bodies.index(conditions.body)
    way = setup.task.way.name if isinstance(setup.task, Moving) else None
    whole = _whole(conditions.max_steps, snapshots, setup.probes)
    recorder = Recorder(images, whole, conditions.max_steps, way)
    only = range(life, life + 1)
    with drawing as recorder.advice:
        (result,) = center.within(setup).watch(only, [recorder], number, conditions.max_steps)
        return _recording(recorder, setup.task, setup.probes, center.generation, life, result)


def _whole(max_steps: int, snapshots: int, probes: Sequence[AnyProbe]) -> frozenset[int]:
    """Return the steps at which to note all weights: evenly spread, and each one around events."""
    if not snapshots:
        return frozenset()
    around = [at + step for at in _events(probes) for step in AROUND]
    return frozenset((*range(0, max_steps, -(-max_steps // snapshots)), *around))


def _recording(
    noted: Recorder,
    task: Task,
    probes: tuple[AnyProbe, ...],
    generation: int,
    life: int,
    result: LifeResult,
) -> Recording:
    steps, weights = list(noted.snapshots), list(noted.snapshots.values())
    n = len(noted.weights)
    lasting = Ending.NONFINITE is not result.ending
    qpos = _rows(noted.qpos, lasting) if noted.qpos else np.empty((n + 1, 0))
    return Recording(
        task=task,
        probes=probes,
        generation=generation,
        life=life,
        dt=1.0 if task.seconds_per_step is None else task.seconds_per_step,
        result=result,
        weights=np.stack(noted.weights),
        synapses=noted.synapses,
        layer=noted.layer,
        changes=np.array(noted.changes, np.float64),
        heard=noted.heard,
        hidden=np.stack(noted.hidden),
        outputs=np.stack(noted.outputs),
        qpos=qpos,
        bodies=np.array(noted.bodies or [result.body] * (n + 1), np.intp),
        distance=_rows(noted.distances, lasting) if noted.distances else None,
        images=noted.images,
        snapshots=Snapshots(np.array(steps), np.stack(weights), noted.layers) if steps else None,
    )


def has_picture(task: Task) -> bool:
    """Return whether a life in ``task`` can be filmed, if its environment is able to draw."""
    return isinstance(task, (Embodied, Filmable))


def _rows(noted: Sequence[Any], lasting: bool) -> npt.NDArray[np.float64]:
    """Return what was noted of the world; where the end was not finite, it is what was before."""
    rows = np.array(noted, np.float64)
    if not lasting:
        rows[-1] = rows[-2]
    return rows


def _filmable(task: Task) -> Filmable:
    """Return the task, if its environments can draw pictures of themselves."""
    if not isinstance(task, Filmable):
        raise InputError(
            f"expected a task with a picture, got a {task.label} run (film); "
            "see its life with 'metahebb report'"
        )
    return task
