"""One life of a run's center as arrays with names, for whoever wants to look into it."""

from __future__ import annotations

import importlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.layers import Layers, Named
from metahebb.analysis.probe import Conditions
from metahebb.errors import InputError
from metahebb.evolution.memory import check_memory
from metahebb.life import LifeResult
from metahebb.paths import absolute
from metahebb.probes import AnyProbe, Moment
from metahebb.runs.center import Center
from metahebb.runs.storage import storage_errors, write_atomically
from metahebb.tasks.base import StepResult, Task

if TYPE_CHECKING:
    import xarray

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LivedLife:
    """One life, step by step; row t of an array is of env step t, counted from 0.

    Matrices have one row per postsynaptic and one column per presynaptic unit: ``weights[1][t, i,
    j]`` is the synapse from unit j to unit i. Layers are counted from 1.

    Attributes:
        weights: per layer ``(n_rows, n_out, n_in)``, the weights just before a step, with
            all earlier updates done; row 0 is birth. There is a row per step, or per ``every``
            steps, see `weight_steps`.
        weight_steps: ``(n_rows,)`` the env steps that the rows of `weights` are of.
        observations: ``(steps, n_observations)`` as the task gives them, after probes.
        activities: ``(steps, n_units)`` per layer of units; 0 is the sensors, the last the outputs.
        outputs: ``(steps, n_outputs)`` what the task acts on, after probes.
        rewards: ``(steps,)`` the reward of each step.
        measures: each of the task's measures ``(steps,)``, as it stood after a step.
        units: of each measure, such as ``m``; empty where it has none.
        seconds_per_step: simulated seconds of an env step; None in a task that has no time.
        episode_return: the sum of the rewards; NaN if the life ended non-finite.
        ending: why the life ended: ``horizon``, ``terminated``, ``truncated`` or ``nonfinite``.
        life: the number of the life among the lives that ``evaluate`` lives.
        generation: updates that the center had seen.
    """

    weights: Layers[Array]
    weight_steps: npt.NDArray[np.int64]
    observations: Array
    activities: Layers[Array]
    outputs: Array
    rewards: Floats
    measures: dict[str, Floats]
    units: dict[str, str]
    seconds_per_step: float | None
    episode_return: float
    ending: str
    life: int
    generation: int

    @property
    def steps(self) -> int:
        """The number of env steps lived."""
        return len(self.rewards)

    def __repr__(self) -> str:
        """Show what there is, with shapes."""
        return (
            f"LivedLife {self.life} of generation {self.generation}: {self.steps} steps, return "
            f"{self.episode_return:.3f}, {self.ending}\n"
            f"  weights       {self.weights}, rows of (n_out, n_in)\n"
            f"  activities    {self.activities}\n"
            f"  observations  {self.observations.shape}\n"
            f"  outputs       {self.outputs.shape}\n"
            f"  rewards       {self.rewards.shape}\n"
            f"  measures      {', '.join(self.measures) or 'none'}"
        )

    def save(self, path: Path | str) -> Path:
        """Write all arrays into an ``.npz`` file, by the names of `arrays`; return its path.

        Raises:
            InputError: the name of the file does not end in ``.npz``.
            StorageError: the file cannot be written.
        """
        file = absolute(Path(path))
        if file.suffix != ".npz":
            raise InputError(
                f"expected a file that ends in .npz, got {path}; write for example "
                f"{file.with_suffix('.npz').name}"
            )
        data = io.BytesIO()
        np.savez_compressed(data, **self.arrays())  # type: ignore[arg-type]
        with storage_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, data.getvalue())
        return file

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays by name, such as ``weights_1``, ``outputs``, ``measure_distance``."""
        return {
            **{f"weights_{layer}": values for layer, values in self.weights.items()},
            **{f"activities_{layer}": values for layer, values in self.activities.items()},
            "weight_steps": self.weight_steps,
            "observations": self.observations,
            "outputs": self.outputs,
            "rewards": self.rewards,
            **{f"measure_{name}": values for name, values in self.measures.items()},
        }

    def to_xarray(self) -> xarray.Dataset:
        """Return the life as an xarray Dataset with the same names.

        Dimensions: ``step``; ``weight_step`` of weights; ``post_1``, ``pre_1`` … of each layer's
        matrix; ``unit_0``, ``unit_1`` … of units; ``sensor``; ``output``.

        Raises:
            InputError: xarray is not installed.
        """
        try:
            xr = importlib.import_module("xarray")
        except ImportError:
            raise InputError(
                "expected xarray for to_xarray(), got none; pip install 'metahebb[xarray]', or "
                "use save('life.npz')"
            ) from None
        kinds = {"observations": ("step", "sensor"), "outputs": ("step", "output")}
        values: dict[str, Any] = {}
        for name, array in self.arrays().items():
            kind, _, layer = name.partition("_")
            if kind == "weights":
                values[name] = (("weight_step", f"post_{layer}", f"pre_{layer}"), array)
            elif kind == "activities":
                values[name] = (("step", f"unit_{layer}"), array)
            elif name != "weight_steps":
                values[name] = (kinds.get(name, ("step",)), array)
        for name, unit in self.units.items():
            values[f"measure_{name}"] += ({"units": unit},)
        steps = {"step": np.arange(self.steps), "weight_step": self.weight_steps}
        facts = {
            "episode_return": self.episode_return,
            "ending": self.ending,
            "life": self.life,
            "generation": self.generation,
            "seconds_per_step": self.seconds_per_step or math.nan,
        }
        dataset: xarray.Dataset = xr.Dataset(values, coords=steps, attrs=facts)
        return dataset


@dataclass
class _Notes:
    """An observer that notes all of one life, in the only lane there is."""

    every: int
    weights: list[list[Array]] = field(default_factory=list)
    weight_steps: list[int] = field(default_factory=list)
    observations: list[Array] = field(default_factory=list)
    activities: list[list[Array]] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    measures: list[dict[str, float]] = field(default_factory=list)

    def observe(self, moment: Moment) -> None:
        lane, step = int(moment.lanes[0]), int(moment.steps[0])
        if step % self.every == 0:
            self.weights.append(moment.network.weights(lane))
            self.weight_steps.append(step)
        self.observations.append(moment.task.observations[lane].copy())

    def observe_outputs(self, moment: Moment, outputs: Array) -> None:
        self.activities.append(moment.network.activity(int(moment.lanes[0])))
        self.outputs.append(outputs[0].copy())

    def observe_step(self, moment: Moment, step: StepResult) -> None:
        self.rewards.append(float(step.reward[0]))
        self.measures.append(moment.task.measures(int(moment.lanes[0])))


def live(
    center: Center,
    life: int = 0,
    probes: Sequence[AnyProbe] = (),
    body: str | None = None,
    max_steps: int | None = None,
    every: int = 1,
) -> LivedLife:
    """Live one fresh life of ``center``, and return it as arrays.

    Args:
        center: which lives.
        life: its number among the lives that ``evaluate`` and ``probe`` live, bit for bit.
        probes: what is done to the life; none: what was done in training.
        body: name of the body at birth; None: the task's first.
        max_steps: env steps after which the life ends; None: the run's last horizon.
        every: env steps from one row of weights to the next.

    Raises:
        InputError: a number is too small, the task has no such body, the run cannot have a probe,
            or the weights do not fit into the memory.
    """
    for name, value, least in (("life", life, 0), ("every", every, 1)):
        if value < least:
            raise InputError(f"expected {name} of at least {least}, got {value}; choose another")
    conditions = Conditions.of(center, life + 1, max_steps, body)
    setup = conditions.setup(tuple(probes) or None)
    task, network = setup.task, setup.network
    layers = network.layers(task.n_observations, task.n_outputs)
    synapses = sum(layer.n_out * layer.n_in for layer in layers)
    rows = -(-conditions.max_steps // every)
    check_memory(
        2 * 4 * rows * synapses,  # the notes and the arrays made of them
        "a life whose weights fit",
        f"{synapses:,} synapses at {rows:,} steps",
        "note them less often: every=10",
    )
    notes = _Notes(every)
    number = task.bodies.index(conditions.body)
    only = range(life, life + 1)
    (result,) = center.within(setup).watch(only, [notes], number, conditions.max_steps)
    return _arrays(notes, result, task, center.generation)


def _arrays(notes: _Notes, result: LifeResult, task: Task, generation: int) -> LivedLife:
    """Return the notes of a life as arrays."""
    units = {measure.name: measure.unit for measure in task.measures}
    return LivedLife(
        weights=Layers([np.stack(rows) for rows in zip(*notes.weights, strict=True)]),
        weight_steps=np.array(notes.weight_steps, np.int64),
        observations=np.stack(notes.observations),
        activities=Layers([np.stack(a) for a in zip(*notes.activities, strict=True)], first=0),
        outputs=np.stack(notes.outputs),
        rewards=np.array(notes.rewards, np.float64),
        measures=Named(
            "measure",
            {name: np.array([step[name] for step in notes.measures], np.float64) for name in units},
        ),
        units=units,
        seconds_per_step=task.seconds_per_step,
        episode_return=result.episode_return,
        ending=result.ending.name.lower(),
        life=result.unit,
        generation=generation,
    )
