"""A life is the time of one network in one task, from birth to death or to the horizon.

`Lockstep` advances many lives at once, each on a lane of its own.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.genomes import GeneSource, Genome
from metahebb.modulators import ModulatorLanes
from metahebb.networks import NetworkLanes, ObservationNorm, Senses
from metahebb.networks.base import Change, ThroughLanes
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
from metahebb.tasks.base import (
    Closing,
    Explaining,
    ScriptedLanes,
    StepResult,
    TaskError,
    TaskLanes,
)

Indices = npt.NDArray[np.intp]


class Ending(enum.IntEnum):
    """The reason for which a life ended."""

    HORIZON = 0
    TERMINATED = 1
    TRUNCATED = 2
    NONFINITE = 3


@dataclass(frozen=True)
class Life:
    """A life to be lived.

    Attributes:
        unit: the number by which the caller recognizes the life's result.
        source: the candidate's genes.
        birth: the key from which the weights at birth are drawn.
        environment: the key from which the environment's seed is drawn.
        body: the index of the life's body among the task's bodies.
        max_steps: the number of env steps after which the life ends (its horizon).
        genome: the layout of the genes, which says what each gene is for; None: the layout that
            the lanes were opened with.
        norm: the mean and deviation with which observations are normalized; None: observations
            are not normalized.
        adds_up: whether the result contains totals of the life's observations.
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
    """The result of a life.

    Attributes:
        unit: the number of the life, as `Life.unit` gave it.
        body: the index of the life's body among the task's bodies.
        episode_return: the sum of the rewards; NaN where the life ended non-finite.
        steps: the number of env steps that the life lasted.
        ending: the reason for which the life ended.
        mean_square: mean(h²) over the inherited numbers h, on which a search may put a penalty.
        measures: the values of the task's measures (`metahebb.tasks.base.Measure`), by name.
        observed: the totals of the observations that the network acted on, as `ObservationNorm`
            lists them; empty unless `Life.adds_up` asked for them.
        reason: a text that says which number of the environment was not finite, and when; empty
            where all numbers were finite, or the task does not know which one was not.
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
    """A lockstep advances many lives together, one step at a time.

    When a life ends, its lane takes the next life from the queue. Each lane is computed alone, so
    results depend neither on the number of lanes nor on which lives run beside each other.
    """

    def __init__(
        self,
        genome: Genome,
        network: NetworkLanes,
        task: TaskLanes,
        n: int,
        modulator: ModulatorLanes | None = None,
    ) -> None:
        """Join the lanes of ``network``, ``task`` and ``modulator``, which must have ``n`` each."""
        self._genome = genome
        self._network = network
        self._task = task
        self._modulator = modulator
        # The lanes that can live a whole trial in one call; None: single steps matter.
        self._through: tuple[ScriptedLanes, ThroughLanes] | None = None
        quiet = modulator is None or getattr(modulator, "is_quiet_within_trials", False)
        if quiet and isinstance(task, ScriptedLanes) and isinstance(network, ThroughLanes):
            self._through = (task, network)
        self._lives: list[Life | None] = [None] * n
        self._returns = np.zeros(n)
        self._steps = np.zeros(n, np.int64)
        self._horizons = np.zeros(n, np.int64)
        self._units = np.zeros(n, np.intp)
        self._births: dict[int, Key] = {}
        self._senses: Senses | None = None  # made when the first life comes that needs them
        self._stopped = False
        self._alive = np.zeros(0, np.intp)
        self._calls: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        self._changes: list[Change] = []
        self._queue: Iterator[Life] = iter(())
        self._at_start = np.ones(n, np.bool_)

    def live(
        self,
        queue: Iterator[Life],
        probes: Sequence[AnyProbe] = (),
        observers: Sequence[AnyObserver] = (),
    ) -> Iterator[LifeResult]:
        """Live all lives of ``queue``, and yield each result when its life ends.

        Args:
            queue: the lives, which are taken one at a time as lanes become free. Several threads
                may share one queue.
            probes: the probes, which are called in the given order: at each birth, in each step
                before the networks act, and in each step between their action and the tasks' step.
            observers: the observers, which are called at the same moments of a step, after all
                probes.
        """
        self.begin(queue, probes, observers)
        while self._alive.size and not self._stopped:
            yield from self.advance()

    @property
    def alive(self) -> Indices:
        """The numbers of the lanes on which a life runs now, in ascending order."""
        return self._alive

    def at_start(self, lane: int) -> bool:
        """Return whether ``lane`` is between two trials, or at the start of its life."""
        return bool(self._at_start[lane])

    def begin(
        self,
        queue: Iterator[Life],
        probes: Sequence[AnyProbe] = (),
        observers: Sequence[AnyObserver] = (),
    ) -> None:
        """Begin the first lives of ``queue``, so that `advance` can be called; see `live`."""
        before: list[Callable[[Moment], None]] = [p for p in probes if isinstance(p, Probe)]
        before += [each.observe for each in observers if isinstance(each, Observer)]
        after = [probe.change_outputs for probe in probes if isinstance(probe, OutputProbe)]
        after += [each.observe_outputs for each in observers if isinstance(each, OutputObserver)]
        stepped = [each.observe_step for each in observers if isinstance(each, StepObserver)]
        self._calls = (before, after, stepped)
        self._changes = [p.change_coefficients for p in probes if isinstance(p, BirthProbe)]
        self._stopped = False
        self._queue = queue
        self._alive = self._refill(np.arange(len(self._lives), dtype=np.intp))

    def advance(self) -> Iterator[LifeResult]:
        """Advance all lives by one step, or by a whole trial, and yield the lives that ended.

        A whole trial is lived in one call where its observations are known beforehand, and nobody
        looks at single steps. The bits are the same.
        """
        alive = self._alive
        lived = None
        if self._through is not None and not any(self._calls):
            lived = self._live_trials(alive)
        step, lengths = self._step(alive) if lived is None else lived
        # Where all lanes live, a slice is faster: indexing with an array copies.
        rows = slice(None) if alive.size == len(self._lives) else alive
        self._returns[rows] += step.reward if step.counted is None else step.counted
        self._steps[rows] += lengths
        over = step.terminated | step.truncated | step.nonfinite
        over |= self._steps[rows] >= self._horizons[rows]
        if over.any():
            for k in np.flatnonzero(over):
                yield self._result(int(alive[k]), _ending(step, k))
            refilled = self._refill(alive[over])
            self._alive = np.sort(np.append(alive[~over], refilled))

    def _step(self, alive: Indices) -> tuple[StepResult, int]:
        """Advance the lives on ``alive`` by one step; return its result and the number 1."""
        before, after, stepped = self._calls
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
            raise self._with_candidate(error) from error
        for call_stepped in stepped:
            call_stepped(moment, step)
        if step.emitted is not None:
            self._network.emit(alive, step.emitted)
        if self._modulator is not None:
            self._modulator.step(step, outputs, alive, self._network.modulators)
        if step.trial_over is not None:
            self._at_start[alive] = step.trial_over
            self._end_trials(alive[step.trial_over])
        return step, 1

    def _live_trials(self, alive: Indices) -> tuple[StepResult, Indices] | None:
        """Live the trials that begin on ``alive`` in one call; return their results and lengths.

        Returns None where a trial does not begin on all lanes, a life ends before the trial, or
        something acts or depends on single steps.
        """
        network, modulator = self._network, self._modulator
        if self._through is None or self._senses is not None or not self._at_start[alive].all():
            return None
        task, living = self._through
        observations, lengths = task.script(alive)
        if (self._steps[alive] + lengths > self._horizons[alive]).any():
            return None
        network.modulators[alive] = 0  # else those of the end of the trial before
        outputs = living.act_through(observations, lengths, alive)
        step = task.finish(outputs, alive)
        last = outputs[np.arange(alive.size), lengths - 1]
        if modulator is not None:
            modulator.step(step, last, alive, network.modulators)
        if step.trial_over is not None:
            self._end_trials(alive[step.trial_over])
        return step, lengths

    def _end_trials(self, lanes: Indices) -> None:
        """Apply the update that a trial's last step calls for, then begin the next trial."""
        if lanes.size:
            self._network.flush(lanes)
            self._network.begin_trial(lanes)

    def stop(self) -> None:
        """Make `live` end before its next step.

        Another thread calls this when nobody needs the results any more.
        """
        self._stopped = True

    def close(self) -> None:
        """Close the environments of the task's lanes; no life can be lived here afterwards."""
        if isinstance(self._task, Closing):
            self._task.close()

    def _moment(self, alive: Indices) -> Moment:
        steps, units = self._steps[alive], self._units[alive]
        births = [self._births[lane] for lane in alive.tolist()]
        return Moment(self._network, self._task, alive, steps, units, births)

    def _refill(self, free: Indices) -> Indices:
        """Begin the next lives on the lanes ``free``; return the lanes that took a life."""
        queue, changes = self._queue, self._changes
        taken = [(lane, life) for lane in free if (life := next(queue, None)) is not None]
        self._at_start[free] = True
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
                raise self._with_candidate(error) from error
        return lanes

    def _with_candidate(self, error: TaskError) -> TaskError:
        """Return ``error`` with the candidate's number, if the error names its lane."""
        life = None if error.lane is None else self._lives[error.lane]
        if life is None:
            return error
        return TaskError(f"{error} ({_name(life)})")

    def _open(self, lane: int, life: Life) -> None:
        """Set the normalization of observations for the newborn on ``lane``, as ``life`` says."""
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
    """Return the name of a life for a message: its candidate, generation and run seed."""
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
