"""What a probe sees and may change, and what an observer sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.networks import Network, NetworkLanes
from metahebb.noise import Key, Stream
from metahebb.plasticity import Rule
from metahebb.tasks.base import StepResult, Task, TaskLanes

Array = npt.NDArray[np.float32]


@dataclass
class Moment:
    """The instant before the networks act.

    Attributes:
        network: the living networks, indexed by lane; a probe may write weights, gains, modulators.
        task: the worlds they live in, indexed by lane; a probe may write observations, which are
            normalized afterwards, if at all.
        lanes: ``(k,)`` the lanes that are alive.
        steps: ``(k,)`` the age of each, in env steps; 0 at birth.
        units: ``(k,)`` the unit of the life that each lane lives.
        births: ``(k,)`` the key with which each was born, from which a probe's randomness comes.
    """

    network: NetworkLanes
    task: TaskLanes
    lanes: npt.NDArray[np.intp]
    steps: npt.NDArray[np.int64]
    units: npt.NDArray[np.intp]
    births: Sequence[Key]

    def rows_at(self, step: int) -> npt.NDArray[np.intp]:
        """Return which of the ``k`` lives reach ``step`` now."""
        return np.flatnonzero(self.steps == step)

    def rows_within(self, at: int, steps: int) -> npt.NDArray[np.intp]:
        """Return which lives are in the window of ``steps`` from ``at`` on; -1: until they end."""
        within = self.steps >= at
        if steps >= 0:
            within &= self.steps < at + steps
        return np.flatnonzero(within)

    def noise(self, row: int, number: int) -> tuple[Key, int]:
        """Return ``(key, start)`` of the random numbers of probe ``number`` in the life of ``row``.

        They depend on the life and the number only. A probe may take 2**43 numbers from ``start``
        on; the weights at birth of some distributions take more from 2**40 behind it.
        """
        birth = self.births[row]
        key = Key(birth.seed, Stream.PROBE, birth.generation, birth.index, birth.episode)
        # Lives of selection and of evaluation, which share those numbers, draw apart.
        return key, (int(birth.stream) << 56) + (number << 44)


@runtime_checkable
class Probe(Protocol):
    """Something done to lives while they run: called once per step, before the networks act."""

    def __call__(self, moment: Moment) -> None:
        """Look at, or change, the lanes of ``moment``."""


@runtime_checkable
class OutputProbe(Protocol):
    """Something done to actuators: called once per step, after the networks acted."""

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Change ``outputs`` ``(k, n_outputs)`` before the task's step.

        The network's own post-activity, which its rule reads, stays what it was.
        """


@runtime_checkable
class BirthProbe(Protocol):
    """Something done to what is inherited: called once per life, at birth."""

    def change_coefficients(self, rule: Rule, layers: Sequence[Array]) -> None:
        """Change the coefficients, ``(n_coefficients, n_out, n_in)`` per layer, as expressed."""


AnyProbe: TypeAlias = Probe | OutputProbe | BirthProbe


@dataclass(frozen=True)
class Written:
    """A probe that can be written as a line of text, such as ``freeze:at=500``."""

    text: str = field(default="", kw_only=True, compare=False, repr=False)
    """The line that made it; empty for a probe that was made in Python."""


def text_of(probe: AnyProbe) -> str:
    """Return the line that made ``probe``, or what Python shows of a probe that no line made."""
    text: str = getattr(probe, "text", "")
    return text or repr(probe)


@runtime_checkable
class Observer(Protocol):
    """Something that only watches lives: called once per step, before the networks act.

    Observers come after all probes, and see what these have done. What an observer notes must not
    change a life, so it is never a condition of a run: those are probes.
    """

    def observe(self, moment: Moment) -> None:
        """Note something of the lanes of ``moment``, and change nothing."""


@runtime_checkable
class OutputObserver(Protocol):
    """Something that only watches actuators: called once per step, after the networks acted."""

    def observe_outputs(self, moment: Moment, outputs: Array) -> None:
        """Note something of ``outputs`` ``(k, n_outputs)``, with which the task will step."""


@runtime_checkable
class StepObserver(Protocol):
    """Something that only watches what a step brings: called once per step, after the task's."""

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        """Note something of ``step``, such as the rewards ``(k,)``; its row k is of lane k."""


AnyObserver: TypeAlias = Observer | OutputObserver | StepObserver


@runtime_checkable
class Demanding(Protocol):
    """A probe that not every run can have."""

    def check_run(self, task: Task, network: Network) -> None:
        """Raise InputError if the probe cannot be used with ``network`` in ``task``."""
