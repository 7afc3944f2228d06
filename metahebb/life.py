"""One life, many lanes: a network in a task, from birth to death or to the horizon."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from metahebb.genomes import GeneSource, Genome
from metahebb.modulators import ModulatorLanes
from metahebb.networks import NetworkLanes, ObservationNorm, Senses
from metahebb.networks.base import Change
from metahebb.noise import Key, Stream, integer
from metahebb.probes import (
    AnyObserver,
    AnyProbe,
    BirthProbe,
    Moment,
    Observer,
    OutputObserver,
    OutputProbe,
    Probe,
    StepObserver,
)
from metahebb.tasks.base import Closing, Explaining, StepResult, TaskError, TaskLanes

Indices = npt.NDArray[np.intp]


class Ending(enum.IntEnum):
    """Why a life ended."""

    HORIZON = 0
    TERMINATED = 1
    TRUNCATED = 2
    NONFINITE = 3


@dataclass(frozen=True)
class Life:
    """A life to be lived.

    Attributes:
        unit: index that the result carries back (for example of the candidate).
        source: the candidate's genes.
        birth: key of the weights at birth.
        environment: key of the environment's seed.
        body: index into the task's bodies.
        max_steps: env steps after which the life ends.
        genome: what the genes stand for; None: what they do for the lanes.
        norm: by which observations are sensed; None: as they are.
        adds_up: whether the result has the totals of what was observed.
    """

    unit: int
    source: GeneSource
    birth: Key
    environment: Key
    body: int
    max_steps: int
    genome: Genome | None = None
    norm: ObservationNorm | None = None
    adds_up: bool = False


@dataclass(frozen=True)
class LifeResult:
    """What came of a life.

    Attributes:
        unit: of the life.
        body: index into the task's bodies.
        episode_return: sum of the rewards; NaN where the life ended non-finite.
        steps: env steps lived.
        ending: why it ended.
        mean_square: mean(h²) of what the life inherited, for a penalty on it.
        measures: values of the task's `metahebb.tasks.base.Measure`, by name.
        observed: totals of the observations that the network acted on, see `ObservationNorm`;
            empty where they were not asked for.
        reason: which number of the environment was not finite, and when; empty: none, or the task
            does not know it.
    """

    unit: int
    body: int
    episode_return: float
    steps: int
    ending: Ending
    mean_square: float
    measures: dict[str, float] = field(default_factory=dict)
    observed: tuple[float, ...] = ()
    reason: str = ""


class Lockstep:
    """Advances lives in lockstep; a lane whose life ends takes the next one from the queue.

    Each lane is computed alone, so results depend neither on the number of lanes nor on which
    lives share them.
    """

    def __init__(
        self,
        genome: Genome,
        network: NetworkLanes,
        task: TaskLanes,
        n: int,
        modulator: ModulatorLanes | None = None,
    ) -> None:
        """Bind the lanes; ``network``, ``task`` and ``modulator`` must have ``n`` each."""
        self._genome = genome
        self._network = network
        self._task = task
        self._modulator = modulator
        self._lives: list[Life | None] = [None] * n
        self._returns = np.zeros(n)
        self._steps = np.zeros(n, np.int64)
        self._horizons = np.zeros(n, np.int64)
        self._units = np.zeros(n, np.intp)
        self._births: dict[int, Key] = {}
        self._senses: Senses | None = None  # until a life comes that needs them
        self._stopped = False

    def live(
        self,
        queue: Iterator[Life],
        probes: Sequence[AnyProbe] = (),
        observers: Sequence[AnyObserver] = (),
    ) -> Iterator[LifeResult]:
        """Live all lives of ``queue``; yield each result when its life ends.

        Args:
            queue: lives, taken one at a time as lanes become free. Several threads may share one.
            probes: called in this order: at a birth, once per step before the networks act, and
                once after they acted, before the tasks' step.
            observers: called likewise, after all probes.
        """
        before: list[Callable[[Moment], None]] = [p for p in probes if isinstance(p, Probe)]
        before += [each.observe for each in observers if isinstance(each, Observer)]
        after = [probe.change_outputs for probe in probes if isinstance(probe, OutputProbe)]
        after += [each.observe_outputs for each in observers if isinstance(each, OutputObserver)]
        stepped = [each.observe_step for each in observers if isinstance(each, StepObserver)]
        changes = [p.change_coefficients for p in probes if isinstance(p, BirthProbe)]
        self._stopped = False
        alive = self._refill(np.arange(len(self._lives), dtype=np.intp), queue, changes)
        while alive.size and not self._stopped:
            if before or after or stepped:
                moment = self._moment(alive)
            for call in before:
                call(moment)
            observations = self._task.observations
            if self._senses is not None:
                observations = self._senses(observations, alive)
            outputs = self._network.act(observations, alive)
            for call_after in after:
                call_after(moment, outputs)
            try:
                step = self._task.step(outputs, alive)
            except TaskError as error:
                raise self._whose(error) from error
            for call_stepped in stepped:
                call_stepped(moment, step)
            if step.emitted is not None:
                self._network.emit(alive, step.emitted)
            if self._modulator is not None:
                self._modulator.step(step, outputs, alive, self._network.modulators)
            if step.trial_over is not None:
                self._end_trials(alive[step.trial_over])
            # A slice where all lanes live: indexing with an array copies.
            rows = slice(None) if alive.size == len(self._lives) else alive
            self._returns[rows] += step.reward
            self._steps[rows] += 1
            over = step.terminated | step.truncated | step.nonfinite
            over |= self._steps[rows] >= self._horizons[rows]
            if over.any():
                for k in np.flatnonzero(over):
                    yield self._result(int(alive[k]), _ending(step, k))
                refilled = self._refill(alive[over], queue, changes)
                alive = np.sort(np.append(alive[~over], refilled))

    def _end_trials(self, lanes: Indices) -> None:
        """Apply the update that a trial's last step calls for, then begin the next trial."""
        if lanes.size:
            self._network.flush(lanes)
            self._network.begin_trial(lanes)

    def stop(self) -> None:
        """Let `live` end before its next step, from another thread: nobody wants its results."""
        self._stopped = True

    def close(self) -> None:
        """Close what the task's lanes hold; no life is lived here afterwards."""
        if isinstance(self._task, Closing):
            self._task.close()

    def _moment(self, alive: Indices) -> Moment:
        steps, units = self._steps[alive], self._units[alive]
        births = [self._births[lane] for lane in alive.tolist()]
        return Moment(self._network, self._task, alive, steps, units, births)

    def _refill(self, free: Indices, queue: Iterator[Life], changes: Sequence[Change]) -> Indices:
        """Begin the next lives on the lanes ``free``; return the lanes that got one."""
        taken = [(lane, life) for lane in free if (life := next(queue, None)) is not None]
        for lane, life in taken:
            self._lives[lane] = life
            self._returns[lane], self._steps[lane] = 0.0, 0
            self._horizons[lane], self._units[lane] = life.max_steps, life.unit
            self._births[int(lane)] = life.birth
            genome = self._genome if life.genome is None else life.genome
            self._network.born(lane, genome, life.source, life.birth, changes)
            self._open(lane, life)
        lanes = np.array([lane for lane, _ in taken], np.intp)
        if lanes.size:
            if self._modulator is not None:
                self._modulator.reset(lanes)
            seeds = [integer(life.environment) for _, life in taken]
            bodies = np.array([life.body for _, life in taken], np.intp)
            try:
                self._task.reset(lanes, seeds, bodies)
            except TaskError as error:
                raise self._whose(error) from error
        return lanes

    def _whose(self, error: TaskError) -> TaskError:
        """Return ``error`` with the candidate's number, if it is known on which lane it was."""
        life = None if error.lane is None else self._lives[error.lane]
        if life is None:
            return error
        return TaskError(f"{error} ({_name(life)})")

    def _open(self, lane: int, life: Life) -> None:
        """Let a newborn sense as its life says."""
        if self._senses is None and (life.norm is not None or life.adds_up):
            self._senses = Senses(len(self._lives), self._task.observations.shape[1])
        if self._senses is not None:
            self._senses.born(lane, life.norm, life.adds_up)

    def _result(self, lane: int, ending: Ending) -> LifeResult:
        life = self._lives[lane]
        assert life is not None
        self._lives[lane] = None
        totals: list[float] = []
        if life.adds_up and self._senses is not None:
            totals = self._senses.totals[lane].tolist()
        episode_return = float(self._returns[lane])
        if ending is Ending.NONFINITE or not math.isfinite(episode_return):
            ending, episode_return = Ending.NONFINITE, math.nan
        reason = ""
        if ending is Ending.NONFINITE and isinstance(self._task, Explaining):
            reason = self._task.reason(lane)
        return LifeResult(
            life.unit,
            life.body,
            episode_return,
            int(self._steps[lane]),
            ending,
            float(self._network.mean_squares[lane]),
            self._task.measures(lane),
            tuple(totals),
            f"{reason} ({_name(life)})" if reason else "",
        )


def _name(life: Life) -> str:
    """Return whose life it is, for a message."""
    key = life.environment
    is_center = key.stream == Stream.EVALUATION_ENVIRONMENT
    who = "the center" if is_center else f"candidate {key.index}"
    return f"{who} of generation {key.generation}, run seed {key.seed}"


def _ending(step: StepResult, k: np.intp) -> Ending:
    if step.nonfinite[k]:
        return Ending.NONFINITE
    if step.terminated[k]:
        return Ending.TERMINATED
    return Ending.TRUNCATED if step.truncated[k] else Ending.HORIZON
