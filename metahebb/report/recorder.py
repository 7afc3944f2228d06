"""An observer that notes what happens in a life."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, one_line
from metahebb.probes import Moment
from metahebb.report.changes import Change, Changes
from metahebb.tasks.base import EmbodiedLanes, Picturing, StepResult, TaskLanes
from metahebb.user_code import is_of_user

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

_SYNAPSES = 64


@dataclass
class Recorder:
    """Notes of one life, in the only lane there is.

    What the world looks like is noted before each step, and once more after the last one.

    Attributes:
        min_images: how many pictures at least a Gymnasium environment draws of itself.
        whole: env steps before which all weights are noted; those of the last one always are,
            if there is any.
        max_steps: the horizon, at which the life is over.
        way: name of the measure that says how far the life has come; None where there is none.
        advice: what an error advises if the environment has no picture of itself.
    """

    min_images: int
    whole: Set[int]
    max_steps: int
    way: str | None = None
    weights: list[Array] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    hidden: list[Array] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    qpos: list[npt.NDArray[np.float64]] = field(default_factory=list)
    bodies: list[int] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    images: dict[int, Image] = field(default_factory=dict)
    snapshots: dict[int, Array] = field(default_factory=dict)
    layers: tuple[int, ...] = ()
    synapses: str = ""
    layer: str = ""
    heard: str = ""
    stride: int = 1
    advice: str = ""
    _change: Changes = field(default_factory=Changes)

    def observe(self, moment: Moment) -> None:
        """Note the state of the only lane."""
        lane, step = int(moment.lanes[0]), int(moment.steps[0])
        layers = moment.network.weights(lane)
        present = moment.network.present_layers(lane)
        there = [layer[mask] for layer, mask in zip(layers, present, strict=True)]
        if self.whole:
            self._note_all(there, step)
        number = int(np.argmax([layer.size for layer in layers]))
        self.weights.append(evenly(there[number], _SYNAPSES))
        raw = moment.network.raw_layers(lane)[number][present[number]]
        self.changes.append(self._change(raw, there[number]))
        n_out, n_in = layers[number].shape
        activity = moment.network.activity(lane)
        # A recurrent layer has several matrices: then they are what is counted.
        part = "layer" if len(layers) == len(activity) - 1 else "matrix"
        self.layer = f"{part} {number + 1}"
        shown, n = len(self.weights[-1]), there[number].size
        count = f"the {n}" if shown == n else f"{shown} evenly spread of the {n:,}"
        self.synapses = f"{count} synapses of {self.layer} (n_out × n_in = {n_out} × {n_in})"
        self.heard = "last hidden layer" if len(activity) > 2 else "sensors"
        self.hidden.append(activity[-2])
        self.outputs.append(activity[-1])
        self._note_world(moment.task, lane)
        if self._draws(moment.task) and step % self.stride == 0:
            self._draw(moment.task, lane, step)

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        """Note the world once more where the life is over."""
        lane, done = int(moment.lanes[0]), int(moment.steps[0]) + 1
        over = step.terminated[0] or step.truncated[0] or step.nonfinite[0]
        if not (over or done >= self.max_steps):
            return
        self._note_world(moment.task, lane)
        if self._draws(moment.task) and not step.nonfinite[0]:
            self._draw(moment.task, lane, done)

    def _note_world(self, task: TaskLanes, lane: int) -> None:
        if self.way is not None:
            self.distances.append(task.measures(lane)[self.way])
        if isinstance(task, EmbodiedLanes):
            self.qpos.append(task.state(lane)["qpos"])
            self.bodies.append(task.body(lane))

    def _draws(self, task: TaskLanes) -> TypeGuard[Picturing]:
        """Return whether the world draws itself, and was asked to."""
        is_drawn = isinstance(task, Picturing) and not isinstance(task, EmbodiedLanes)
        return is_drawn and self.min_images > 0

    def _note_all(self, layers: list[Array], step: int) -> None:
        """Note the weights of all synapses; those of the step before go, unless they are wanted."""
        if step - 1 not in self.whole:
            self.snapshots.pop(step - 1, None)
        self.snapshots[step] = np.concatenate(layers)
        self.layers = tuple(layer.size for layer in layers)

    def _draw(self, task: Picturing, lane: int, step: int) -> None:
        """Keep a picture; past twice the number wanted, every other one is dropped."""
        try:
            image = task.picture(lane)
        except InputError:  # it says itself what to do
            raise
        except BaseException as error:
            if not is_of_user(error):
                raise
            raise InputError(
                f"expected the environment to draw itself, got {one_line(error)} (film); "
                f"{self.advice}"
            ) from error
        self.images[step] = image
        if len(self.images) > 2 * self.min_images:
            self.stride *= 2
            kept = {s: i for s, i in self.images.items() if s % self.stride == 0}
            self.images = kept | {step: image}


def evenly(values: Array, most: int) -> Array:
    """Return at most ``most`` along the last axis, evenly spread: always the same ones."""
    n = values.shape[-1]
    return values[..., np.linspace(0, n - 1, min(most, n), dtype=int)]
