"""A worker: candidates in, what their lives were worth out.

All that a worker process needs is here and below; torch, evotorch and ray are not.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, MetahebbError
from metahebb.genomes import GeneSource, Genome, GenomeMap, GivenGenes, SeededGenes, SlotName
from metahebb.life import Ending, Life, LifeResult, Lockstep
from metahebb.modulators import Modulator
from metahebb.networks import Network, ObservationNorm
from metahebb.noise import Key, Stream, pair
from metahebb.own_files import described
from metahebb.own_parts import is_of_own
from metahebb.probes import AnyObserver, AnyProbe
from metahebb.tasks.base import Placed, Task, TaskError
from metahebb.user_code import is_of_user, let_go

Genes = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.void]

OUTCOME = np.dtype(
    [
        ("episode_return", "f8"),
        ("mean_square", "f4"),
        ("steps", "i4"),
        ("ending", "i1"),
    ]
)
"""What travels back of a life in every task: 17 bytes; see `outcome_of` and `Plan.outcome`."""
OBSERVED = "observed"
"""The field of an outcome that holds totals of what was observed."""
_TAKEN = (*(OUTCOME.names or ()), OBSERVED)
OnError = Literal["abort", "worst"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setup:
    """What every worker of a run must agree on, for the whole run.

    Attributes:
        task: the world.
        network: who lives in it.
        genome: what is inherited; a point may say that its genes stand for another's.
        seed: of the run.
        probes: what is done to every life, in this order.
        norm: by which observations are sensed, where a plan does not say it; None: as they are.
        on_error: what an error of the task does: it ends the run, or its candidate ranks worst.
        modulator: what each life tells its synapses; None: nothing, modulators are 0.
    """

    task: Task
    network: Network
    genome: Genome
    seed: int
    probes: tuple[AnyProbe, ...] = ()
    norm: ObservationNorm | None = None
    on_error: OnError = "abort"
    modulator: Modulator | None = None

    def __post_init__(self) -> None:
        """Check that what only watches is not among what is done to every life."""
        for each in self.probes:
            if not isinstance(each, AnyProbe):
                raise InputError(
                    f"expected probes, which change a life, got {each!r}, which does not; give "
                    "observers to what lives the lives"
                )

    @classmethod
    def build(
        cls,
        task: Task,
        network: Network,
        seed: int,
        probes: tuple[AnyProbe, ...] = (),
        maps: Mapping[SlotName, GenomeMap] = MappingProxyType({}),
        *,
        observation_norm: bool = False,
    ) -> Setup:
        """Return the set-up whose slots are filled by ``maps``, by name; others per synapse.

        With an ``observation_norm`` nothing has been observed yet.

        Raises:
            InputError: see `outcome_of`.
        """
        outcome_of(task)  # a wrong name is told now, not after the first lives
        slots = network.slots(task.n_observations, task.n_outputs)
        if isinstance(task, Placed) and any(each.needs_places for each in maps.values()):
            places = task.places()
            slots = tuple(replace(slot, places=places) for slot in slots)
        norm = ObservationNorm.of_nothing(task.n_observations) if observation_norm else None
        return cls(task, network, Genome.mapped(slots, maps), seed, probes, norm)


class Fresh(enum.IntEnum):
    """Sets of fresh lives, which selection never sees; the numbers are part of random keys."""

    NONE = 0
    """No fresh lives: the ones by which selection selects."""
    WATCHED = 1
    """The few lives per generation in which a run watches its center."""
    EVALUATION = 2
    """The lives of ``evaluate``, probes, films and rules: the same ones in all of them."""


@dataclass(frozen=True)
class Plan:
    """How the lives of one generation are lived.

    Attributes:
        generation: its number; part of every key.
        max_steps: env steps after which a life ends.
        bodies: indices of the bodies that each candidate lives in.
        episodes: lives per body.
        fresh: the set of fresh lives that these are. Births and environments of fresh lives come
            from streams that selection never sees.
        norm: by which all of them sense observations; None: that of the set-up.
        adds_up: whether what they observe is added up, and travels back.
    """

    generation: int
    max_steps: int
    bodies: tuple[int, ...] = (0,)
    episodes: int = 1
    fresh: Fresh = Fresh.NONE
    norm: ObservationNorm | None = None
    adds_up: bool = False

    @property
    def lives_per_candidate(self) -> int:
        """Lives that make one fitness."""
        return len(self.bodies) * self.episodes

    def outcome(self, setup: Setup) -> np.dtype[np.void]:
        """Return what travels back of a life: see `outcome_of`, and behind it what was observed."""
        outcome = outcome_of(setup.task)
        if not self.adds_up:
            return outcome
        totals = (1 + 2 * setup.task.n_observations,)
        return np.dtype([*outcome.descr, (OBSERVED, "f8", totals)])

    def lives(
        self,
        setup: Setup,
        candidate: int,
        source: GeneSource,
        first: int,
        genome: Genome | None = None,
    ) -> Iterator[Life]:
        """Yield the candidate's lives, of ``genome``, whose units count from ``first``."""
        birth, environment = Stream.BIRTH, Stream.ENVIRONMENT
        if self.fresh:
            birth, environment = Stream.EVALUATION_BIRTH, Stream.EVALUATION_ENVIRONMENT
            candidate = self.fresh - 1
        for episode in range(self.lives_per_candidate):
            place = (self.generation, candidate, episode)
            yield Life(
                unit=first + episode,
                source=source,
                birth=Key(setup.seed, birth, *place),
                environment=Key(setup.seed, environment, *place),
                body=self.bodies[episode % len(self.bodies)],
                max_steps=self.max_steps,
                genome=genome,
                norm=setup.norm if self.norm is None else self.norm,
                adds_up=self.adds_up,
            )


@dataclass(frozen=True)
class SearchPoint:
    """A separable Gaussian search distribution, from which candidates are rebuilt by index.

    Attributes:
        center: ``(n_genes,)``.
        stdev: ``(n_genes,)``.
        mirrored: candidates 2i and 2i + 1 are center ± the same noise.
        genome: whose genes they are; None: that of the set-up.
    """

    center: Genes
    stdev: Genes
    mirrored: bool
    genome: Genome | None = None

    def source(self, seed: int, generation: int, candidate: int) -> SeededGenes:
        """Return the genes of a candidate."""
        index, sign = pair(candidate) if self.mirrored else (candidate, 1)
        key = Key(seed, Stream.SEARCH, generation, index)
        return SeededGenes(self.center, self.stdev, key, sign)


@dataclass(frozen=True)
class GivenPoint:
    """Candidates that lie in memory: ``values`` is ``(n, n_genes)``, its first row ``first``.

    They are genes of ``genome``; None: that of the set-up.
    """

    values: Genes
    first: int = 0
    genome: Genome | None = None

    def source(self, seed: int, generation: int, candidate: int) -> GivenGenes:
        """Return the genes of a candidate."""
        return GivenGenes(self.values[candidate - self.first])


class Worker:
    """Lanes that stay open for a whole run."""

    def __init__(self, setup: Setup, lanes: int) -> None:
        """Open ``lanes`` lanes."""
        self.setup = setup
        task, network = setup.task, setup.network
        living = network.lanes(task.n_observations, task.n_outputs, lanes)
        modulator = None if setup.modulator is None else setup.modulator.lanes(task, lanes)
        self._lanes = Lockstep(setup.genome, living, task.lanes(lanes), lanes, modulator)

    def live(
        self,
        lives: Iterator[Life],
        probes: Sequence[AnyProbe] = (),
        observers: Sequence[AnyObserver] = (),
    ) -> Iterator[LifeResult]:
        """Live all of ``lives``; yield each result when its life ends.

        ``probes`` come after those of the set-up, ``observers`` after all probes.

        Raises:
            TaskError: a part of a user's own raised an error, or code of users called ``sys.exit``.
        """
        try:
            yield from self._lanes.live(lives, (*self.setup.probes, *probes), observers)
        except GeneratorExit:  # whoever takes the results wants no more of them
            raise
        except BaseException as error:
            is_ours = isinstance(error, (MetahebbError, MemoryError)) or not is_of_user(error)
            if is_ours or (isinstance(error, Exception) and not is_of_own(error)):
                raise
            raise TaskError(
                f"expected lives to end by themselves, got {described(error)}; give the same "
                "command with --traceback to see all of where it was raised"
            ) from error

    def stop(self) -> None:
        """Let `live` end before its next step, from another thread: nobody wants its results."""
        self._lanes.stop()

    def close(self) -> None:
        """Close the environments; they may raise an error, or hang."""
        self._lanes.close()

    def __enter__(self) -> Worker:
        """Return the worker, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the environments, for a few seconds at most."""
        let_go([self.close])

    def evaluate(
        self,
        plan: Plan,
        point: SearchPoint | GivenPoint,
        candidates: range,
        observers: Sequence[AnyObserver] = (),
    ) -> Outcomes:
        """Return the outcomes ``(n_candidates · lives_per_candidate,)`` of some candidates."""
        lives = all_lives(self.setup, plan, point, candidates)
        results = self.live(iter(lives), observers=observers)
        return collect(results, plan.outcome(self.setup))


def all_lives(
    setup: Setup, plan: Plan, point: SearchPoint | GivenPoint, candidates: range
) -> list[Life]:
    """Return the lives of ``candidates``, in order; units count from 0."""
    lives: list[Life] = []
    for candidate in candidates:
        source = point.source(setup.seed, plan.generation, candidate)
        lives.extend(plan.lives(setup, candidate, source, len(lives), point.genome))
    return lives


def spare(
    setup: Setup,
    lanes: int,
    plan: Plan,
    point: SearchPoint | GivenPoint,
    candidates: range,
    *,
    observers: Sequence[AnyObserver] = (),
) -> Outcomes:
    """Return the outcomes of candidates among which something raised an error.

    They live once more, in halves, until it is known who it is: all lives of such a candidate end
    non-finite, so that it ranks worst.
    """
    outcomes = _halved(setup, lanes, plan, point, candidates, observers)
    if not is_nonfinite(outcomes).any():
        _log.warning(
            "candidates %d to %d of generation %d: an error, and then none: nondeterministic; see "
            "that the task depends on its seed only",
            *(candidates.start, candidates.stop - 1, plan.generation),
        )
    return outcomes


def _halved(
    setup: Setup,
    lanes: int,
    plan: Plan,
    point: SearchPoint | GivenPoint,
    candidates: range,
    observers: Sequence[AnyObserver],
) -> Outcomes:
    try:
        with Worker(setup, lanes) as worker:
            return worker.evaluate(plan, point, candidates, observers)
    except Exception as error:
        if not is_of_task(error):
            raise
        if len(candidates) > 1:
            middle = len(candidates) // 2
            parts = (candidates[:middle], candidates[middle:])
            shared = (setup, lanes, plan, point)
            return np.concatenate([_halved(*shared, part, observers) for part in parts])
        _log.warning("candidate %d ranks worst: %s", candidates.start, error)
    outcomes = np.zeros(plan.lives_per_candidate, plan.outcome(setup))
    for name in ("episode_return", *_measures(outcomes.dtype)):
        outcomes[name] = np.nan
    outcomes["ending"] = Ending.NONFINITE
    return outcomes


def is_of_task(error: Exception) -> bool:
    """Return whether an error is one of the task's code: neither ours, nor a want of memory."""
    ours = isinstance(error, (MetahebbError, MemoryError))
    return isinstance(error, TaskError) or not ours


def outcome_of(task: Task) -> np.dtype[np.void]:
    """Return what travels back of a life in ``task``: `OUTCOME`, and behind it its measures.

    Raises:
        InputError: a measure has the name of another one, or of a field that all outcomes have.
    """
    names = [measure.name for measure in task.measures]
    for name in names:
        if [*_TAKEN, *names].count(name) > 1:
            raise InputError(
                f"expected a name of its own for each measure, got {name!r} twice "
                f"({type(task).__name__}); {', '.join(_TAKEN)} are taken"
            )
    return np.dtype([*OUTCOME.descr, *((name, "f8") for name in names)])


def collect(results: Iterable[LifeResult], outcome: np.dtype[np.void]) -> Outcomes:
    """Return results, in whatever order they come, as ``outcome``, in the order of their units.

    Raises:
        TaskError: the task did not give what it says that it measures.
    """
    names = _measures(outcome)
    rows = []
    for result in sorted(results, key=lambda result: result.unit):
        row = (
            *(result.episode_return, result.mean_square, result.steps, result.ending),
            *_values(result, names),
        )
        rows.append((*row, result.observed) if result.observed else row)
    return np.array(rows, outcome)


def _measures(outcome: np.dtype[np.void]) -> list[str]:
    """Return the names of the task's measures among the fields of an outcome."""
    return [name for name in outcome.names or () if name not in _TAKEN]


def _values(result: LifeResult, names: Sequence[str]) -> list[float]:
    try:
        return [float(result.measures[name]) for name in names]
    except (KeyError, TypeError, ValueError) as error:
        raise TaskError(
            f"expected a number for each measure of the task ({', '.join(names)}), got "
            f"{result.measures}; let the measures() of its lanes return them"
        ) from error


def plain(outcomes: Outcomes) -> Outcomes:
    """Return outcomes without what was observed."""
    names = [name for name in outcomes.dtype.names or () if name != OBSERVED]
    return outcomes[names].astype([(name, outcomes.dtype[name]) for name in names])


def observed(outcomes: Outcomes) -> Floats:
    """Return the totals of what was observed, see `ObservationNorm`; not in non-finite lives."""
    rows = outcomes[OBSERVED][~is_nonfinite(outcomes)]
    total = np.zeros(rows.shape[1])
    for row in rows[np.isfinite(rows).all(1)]:  # one after the other: NumPy may sum otherwise
        total += row
    return total


def is_nonfinite(outcomes: Outcomes) -> npt.NDArray[np.bool_]:
    """Return which lives ended non-finite."""
    nonfinite: npt.NDArray[np.bool_] = outcomes["ending"] == Ending.NONFINITE
    return nonfinite
