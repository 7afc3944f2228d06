"""The protocols of probes and observers, and the moment of a life at which both are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.networks import Network, NetworkLanes
from metahebb.noise import Key, Stream
from metahebb.own_parts import file_of_cell
from metahebb.plasticity import Rule
from metahebb.tasks.base import StepResult, Task, TaskLanes

Array = npt.NDArray[np.float32]


@dataclass
class Moment:
    """A moment is the instant before the networks act, for the k lives that run now.

    Attributes:
        network: the lanes of the living networks. A probe may write weights, gains and modulators.
        task: the lanes of the task. A probe may write observations; the normalization of
            observations, if there is one, comes after the probe.
        lanes: ``(k,)``, the numbers of the lanes on which a life runs.
        steps: ``(k,)``, the age of each life in env steps; 0 at birth.
        units: ``(k,)``, the unit of each life: the number by which the caller knows it.
        births: ``(k,)``, the key from which each life's weights at birth were drawn; the random
            numbers of probes come from it, too.
    """

    network: NetworkLanes
    task: TaskLanes
    lanes: npt.NDArray[np.intp]
    steps: npt.NDArray[np.int64]
    units: npt.NDArray[np.intp]
    births: Sequence[Key]

    def rows_at(self, step: int) -> npt.NDArray[np.intp]:
        """Return the indices, from 0 to k − 1, of the lives that reach ``step`` now."""
        return np.flatnonzero(self.steps == step)

    def rows_within(self, at: int, steps: int) -> npt.NDArray[np.intp]:
        """Return the indices, from 0 to k − 1, of the lives in the window that begins at ``at``.

        The window lasts for ``steps`` steps; with -1 it lasts until the life ends.
        """
        within = self.steps >= at
        if steps >= 0:
            within &= self.steps < at + steps
        return np.flatnonzero(within)

    def noise(self, row: int, number: int) -> tuple[Key, int]:
        """Return the key of a probe's random numbers in one life, and where the numbers start.

        The key and the start depend on nothing but the life and the probe's number. A probe may
        use 2**43 numbers from the start on.

        Args:
            row: the index of the life among the lives of the moment, from 0 to k − 1.
            number: the probe's number in the list of probes.

        Returns:
            ``(key, start)``, two arguments of `metahebb.noise.normals` and its relatives.
        """
        birth = self.births[row]
        key = Key(birth.seed, Stream.PROBE, birth.generation, birth.index, birth.episode)
        # A life of selection and one of evaluation can have equal numbers; their streams differ.
        # Some distributions of weights at birth also use numbers from 2**40 behind the start on.
        return key, (int(birth.stream) << 56) + (number << 44)


@runtime_checkable
class Probe(Protocol):
    """A probe that is called once per step, before the networks act."""

    def __call__(self, moment: Moment) -> None:
        """Look at, or change, the lanes of ``moment``."""


@runtime_checkable
class OutputProbe(Protocol):
    """A probe of actuators, which is called once per step, after the networks have acted."""

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Change ``outputs`` ``(k, n_outputs)`` before the task's step.

        The rule does not see the change: it reads the network's own outputs.
        """


@runtime_checkable
class BirthProbe(Protocol):
    """A probe of the inherited rule, which is called once per life, at birth."""

    def change_coefficients(self, rule: Rule, layers: Sequence[Array]) -> None:
        """Change the expressed coefficients, ``(n_coefficients, n_out, n_in)`` for each layer."""


AnyProbe: TypeAlias = Probe | OutputProbe | BirthProbe


@dataclass(frozen=True)
class Written:
    """A probe that can be written as a line of text, such as ``freeze:at=500``."""

    text: str = field(default="", kw_only=True, compare=False, repr=False)
    """The line of text that made the probe; empty for a probe that was made in Python."""


def text_of(probe: AnyProbe) -> str:
    """Return the line of text that made ``probe``, or its ``repr`` if no line made it.

    The line of a class from a cell of a notebook begins with the class's name alone here, although
    configs keep it as ``NAME.py:NAME``.
    """
    text: str = getattr(probe, "text", "")
    name = type(probe).__name__
    return text.removeprefix(f"{file_of_cell(name)}:") or repr(probe)


@runtime_checkable
class Observer(Protocol):
    """An observer watches lives, and is called once per step, before the networks act.

    Observers are called after all probes, and so they see what the probes have changed. An observer
    must not change a life; code that changes a life has to be a probe.
    """

    def observe(self, moment: Moment) -> None:
        """Look at the lanes of ``moment``, and change nothing."""


@runtime_checkable
class OutputObserver(Protocol):
    """An observer of actuators, which is called once per step, after the networks have acted."""

    def observe_outputs(self, moment: Moment, outputs: Array) -> None:
        """Look at ``outputs`` ``(k, n_outputs)``, which the task gets next, and change nothing."""


@runtime_checkable
class StepObserver(Protocol):
    """Something that only watches what a step brings: called once per step, after the task's."""

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        """Note something of ``step``, such as the rewards ``(k,)``; its row k is of lane k."""


AnyObserver: TypeAlias = Observer | OutputObserver | StepObserver


@runtime_checkable
class Demanding(Protocol):
    """A probe that cannot be used with every network and task."""

    def check_run(self, task: Task, network: Network) -> None:
        """Raise InputError if the probe cannot be used with ``network`` in ``task``."""
