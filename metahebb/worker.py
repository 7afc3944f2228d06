"""A worker takes candidates, lives their lives, and returns the outcomes.

A worker process needs this module and the packages that it imports; none of them imports torch,
evotorch or ray.
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
"""The fields that the outcome of a life has in every task, 17 bytes.

`outcome_of` adds the task's measures, and `Plan.outcome` the totals of observations.
"""
OBSERVED = "observed"
"""The name of the field in which an outcome holds the totals of observations."""
_TAKEN = (*(OUTCOME.names or ()), OBSERVED)
OnError = Literal["abort", "worst"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setup:
    """The parts of a run that are the same for all of its workers and generations.

    Attributes:
        task: the world in which lives are lived.
        network: the description of the networks that live.
        genome: the layout of the genes. A search point may bring a genome of its own, which then
            replaces this one.
        seed: the run's seed.
        probes: the probes that act on every life, in the order in which they act.
        norm: the mean and deviation with which observations are normalized, unless the plan has
            another norm; None: observations are not normalized.
        on_error: the consequence of an error in the task's code: ``abort`` ends the run, and
            ``worst`` ranks the candidate worst.
        modulator: the signal that each life sends to its synapses; None: modulators stay 0.
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
        """Check that ``probes`` holds probes only: an observer changes no life."""
        for each in self.probes:
            if not isinstance(each, AnyProbe):
                raise InputError(
                    f"expected probes, which change a life, got {each!r}, which does not; give "
                    "observers to Worker.live or Worker.evaluate"
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
        """Return the set-up of a run, with the genome maps ``maps``.

        ``maps`` has a map for some of the network's slots, by the slot's name. Every other slot is
        filled per synapse. With ``observation_norm`` the set-up has a norm that has observed
        nothing yet.

        Raises:
            InputError: the name of a measure is taken, see `outcome_of`.
        """
        outcome_of(task)  # raised now, so that a wrong name does not fail after the first lives
        slots = network.slots(task.n_observations, task.n_outputs)
        if isinstance(task, Placed) and any(each.needs_places for each in maps.values()):
            places = task.places()
            slots = tuple(replace(slot, places=places) for slot in slots)
        norm = ObservationNorm.of_nothing(task.n_observations) if observation_norm else None
        return cls(task, network, Genome.mapped(slots, maps), seed, probes, norm)


class Fresh(enum.IntEnum):
    """The sets of fresh lives: lives that selection never sees.

    The numbers are part of random keys, so they never change.
    """

    NONE = 0
    """No fresh lives; these are the lives that selection compares."""
    WATCHED = 1
    """The few lives of the center that a run lives after each generation, to watch progress."""
    EVALUATION = 2
    """The lives that ``evaluate``, probes, films and ``rules`` all share."""


@dataclass(frozen=True)
class Plan:
    """A plan says how the lives of one generation are lived.

    Attributes:
        generation: the generation's number, which is part of every random key.
        max_steps: the number of env steps after which a life ends.
        bodies: the indices of the bodies in which each candidate lives.
        episodes: the number of lives in each body.
        fresh: the set of fresh lives to which these lives belong. Births and environments of fresh
            lives come from random streams that selection never uses.
        norm: the mean and deviation with which all lives normalize observations; None: the norm of
            the set-up.
        adds_up: whether each life adds up its observations, and returns the totals.
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
        """The number of lives from which one candidate's fitness is computed."""
        return len(self.bodies) * self.episodes

    def outcome(self, setup: Setup) -> np.dtype[np.void]:
        """Return the fields of an outcome: those of `outcome_of`, then the totals of observations.

        The totals are there only if the plan adds observations up.
        """
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
        """Yield the lives of one candidate.

        Args:
            setup: the set-up of the run.
            candidate: the candidate's number in its generation.
            source: the candidate's genes.
            first: the unit of the first life; each next life has the next number.
            genome: the layout of the genes; None: that of the set-up.
        """
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
    """A separable Gaussian search distribution, from which candidates are rebuilt by number.

    Attributes:
        center: the mean of the distribution, ``(n_genes,)``.
        stdev: the standard deviation of each gene, ``(n_genes,)``.
        mirrored: whether candidates come in pairs: 2i and 2i + 1 are the center plus and minus the
            same noise.
        genome: the layout of the genes; None: that of the set-up.
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
    """Candidates that lie in memory, for a search that makes all genes itself.

    Attributes:
        values: the candidates' genes, ``(n, n_genes)``.
        first: the number of the candidate in the first row.
        genome: the layout of the genes; None: that of the set-up.
    """

    values: Genes
    first: int = 0
    genome: Genome | None = None

    def source(self, seed: int, generation: int, candidate: int) -> GivenGenes:
        """Return the genes of a candidate."""
        return GivenGenes(self.values[candidate - self.first])


class Worker:
    """A worker owns lanes that stay open for a whole run, and lives lives on them."""

    def __init__(self, setup: Setup, lanes: int) -> None:
        """Open lanes for lives of ``setup``; ``lanes`` is their number."""
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
        """Live all of ``lives``, and yield each result when its life ends.

        The set-up's probes act first, then ``probes``, and at last ``observers`` watch.

        Raises:
            TaskError: a user's own part raised an error, or a user's code called ``sys.exit``.
        """
        try:
            yield from self._lanes.live(lives, (*self.setup.probes, *probes), observers)
        except GeneratorExit:  # the caller takes no more results
            raise
        except BaseException as error:
            is_ours = isinstance(error, (MetahebbError, MemoryError)) or not is_of_user(error)
            if is_ours or (isinstance(error, Exception) and not is_of_own(error)):
                raise
            raise TaskError(
                f"expected lives that end without an error, got {described(error)}; add "
                "--traceback to the command to see where it was raised"
            ) from error

    def stop(self) -> None:
        """Make `live` end before its next step.

        Another thread calls this when nobody needs the results any more.
        """
        self._lanes.stop()

    def close(self) -> None:
        """Close the environments; closing one may raise an error, or hang."""
        self._lanes.close()

    def __enter__(self) -> Worker:
        """Return the worker; the end of the ``with`` block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the environments, and wait a few seconds at most."""
        let_go([self.close])

    def evaluate(
        self,
        plan: Plan,
        point: SearchPoint | GivenPoint,
        candidates: range,
        observers: Sequence[AnyObserver] = (),
    ) -> Outcomes:
        """Return the outcomes ``(n_candidates · lives_per_candidate,)`` of ``candidates``."""
        lives = all_lives(self.setup, plan, point, candidates)
        results = self.live(iter(lives), observers=observers)
        return collect(results, plan.outcome(self.setup))


def all_lives(
    setup: Setup, plan: Plan, point: SearchPoint | GivenPoint, candidates: range
) -> list[Life]:
    """Return the lives of all ``candidates``, in order; their units count from 0."""
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
    """Return the outcomes of ``candidates`` after one of them has raised an error.

    The candidates live once more, in halves and halves of halves, until the candidate that raises
    the error is alone. All of its lives count as non-finite, so that it ranks worst.
    """
    outcomes = _halved(setup, lanes, plan, point, candidates, observers)
    if not is_nonfinite(outcomes).any():
        _log.warning(
            "candidates %d to %d of generation %d raised an error, and none when they lived again: "
            "the task is nondeterministic; make it depend on its seed alone",
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
    """Return whether the task's code raised ``error``: it is neither ours nor a lack of memory."""
    ours = isinstance(error, (MetahebbError, MemoryError))
    return isinstance(error, TaskError) or not ours


def outcome_of(task: Task) -> np.dtype[np.void]:
    """Return the fields of an outcome in ``task``: those of `OUTCOME`, then the task's measures.

    Raises:
        InputError: a measure has the name of another measure, or of a field of `OUTCOME`.
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
    """Return ``results`` as an array of ``outcome``, in the order of their units.

    The results themselves may come in any order.

    Raises:
        TaskError: the task did not return a number for each of its measures.
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
    """Return the fields of an outcome that are the task's measures."""
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
    """Return ``outcomes`` without the totals of observations."""
    names = [name for name in outcomes.dtype.names or () if name != OBSERVED]
    return outcomes[names].astype([(name, outcomes.dtype[name]) for name in names])


def observed(outcomes: Outcomes) -> Floats:
    """Return the totals of observations over all lives that ended finite, see `ObservationNorm`."""
    rows = outcomes[OBSERVED][~is_nonfinite(outcomes)]
    total = np.zeros(rows.shape[1])
    for row in rows[np.isfinite(rows).all(1)]:  # row by row: NumPy's own sum may take another order
        total += row
    return total


def is_nonfinite(outcomes: Outcomes) -> npt.NDArray[np.bool_]:
    """Return for each outcome whether its life ended non-finite."""
    nonfinite: npt.NDArray[np.bool_] = outcomes["ending"] == Ending.NONFINITE
    return nonfinite
