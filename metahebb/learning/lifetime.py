"""Learning by plasticity rules alone: a life of many trials, with nobody who selects."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, ProgressError
from metahebb.genomes import GivenGenes, Shared
from metahebb.learning.base import Lesson
from metahebb.learning.lived import LivedTrials
from metahebb.learning.recorder import TrialRecorder
from metahebb.life import Ending, Life, LifeResult, Lockstep
from metahebb.networks.base import Alone, Autonomous, FreshNoise
from metahebb.noise import Key, Stream
from metahebb.plasticity import Rule
from metahebb.probes import AnyProbe
from metahebb.tasks.base import JudgedLanes, Resumable, TrialOutcome
from metahebb.worker import Plan, Setup

Genes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lifetime:
    """The synapses of a network follow a rule, and all of them have the same coefficients.

    The life is that of candidate 0 in generation 0 of an evolution with the same seed, with the
    genome map ``shared`` of one rule and without noise on the genes.
    """

    has_own_network: ClassVar[bool] = False

    def pupil(self, lesson: Lesson) -> LifetimePupil:
        """Return a newborn network.

        Raises:
            InputError: the network has no rule, a coefficient is missing or unknown, or the task
                does not judge trials.
        """
        return LifetimePupil(lesson)


class LifetimePupil:
    """A network that lives one life, trial by trial.

    Attributes:
        block: 1, since trials follow each other one by one.
    """

    block = 1

    def __init__(self, lesson: Lesson) -> None:
        """Let the network be born."""
        self._lesson = lesson
        genes = genes_of(lesson)
        setup = Setup.build(
            lesson.task, lesson.network, lesson.seed, maps={"coefficients": shared_rule()}
        )
        plan = Plan(0, lesson.task.max_steps)
        (self._life,) = plan.lives(setup, 0, GivenGenes(genes), 0)
        self._setup = setup
        self._lanes = _Lanes(setup, lesson)
        self._lanes.lockstep.begin(iter([self._life]))

    def live(self, n_trials: int) -> list[TrialOutcome]:
        """Live the next trials, and return their outcomes in order.

        Raises:
            ProgressError: the network's outputs are no longer finite.
            InputError: the life is over, since the task's life is shorter; or an observation is not
                finite.
        """
        lanes, outcomes = self._lanes, []
        for _ in range(n_trials):
            results = lanes.live_trial()
            if not results or results[0].ending is not Ending.NONFINITE:
                outcomes.append(lanes.judged.outcome(0))
                continue
            if not np.isfinite(lanes.task.observations[0]).all():
                raise InputError(
                    f"expected finite observations, got {lanes.task.observations[0]} (task "
                    f"{self._lesson.task.label}); mend the task"
                )
            raise ProgressError(
                "expected finite activities of the network, got infinite ones or NaN: its weights "
                "have exploded; use a smaller eta or limit, or bounds such as "
                "--network.normalization.kind clip"
            )
        return outcomes

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that the following trials depend on, by name."""
        return {
            f"{part}.{name}": value
            for part, lanes in self._lanes.parts().items()
            for name, value in lanes.saved(0).items()
        }

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, to the same bits as if the life had never stopped."""
        for part, lanes in self._lanes.parts().items():
            own = {k.partition(".")[2]: v for k, v in saved.items() if k.partition(".")[0] == part}
            lanes.restore(0, own)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the plastic weights by name, each ``(n_out, n_in)``."""
        part = self._lesson.network.part
        layers = self._lanes.network.weights(0)
        return {f"{part} {number}": layer for number, layer in enumerate(layers, 1)}

    def autonomous(self) -> Alone | None:
        """Return the equations of the network as it is now; None: they have another form."""
        network = self._lesson.network
        if not isinstance(network, Autonomous):
            return None
        return network.autonomous(self._lanes.network.weights(0))

    def test(self, n_trials: int, seed: int) -> LivedTrials:
        """Live fresh trials with frozen weights, and return all that happened in them.

        Args:
            n_trials: the number of trials.
            seed: the seed of the fresh trials, and of the neurons' noise in them.
        """
        return self.probed(n_trials, seed, ())

    def probed(self, n_trials: int, seed: int, probes: Sequence[AnyProbe]) -> LivedTrials:
        """Live fresh trials with frozen weights, in which ``probes`` act; see `test`."""
        lanes = _Lanes(self._setup, self._lesson)
        recorder = TrialRecorder(self._lesson.task, lanes.judged)
        birth = Key(seed, Stream.EVALUATION_BIRTH)
        life = Life(
            0,
            self._life.source,
            self._life.birth,
            Key(seed, Stream.EVALUATION_ENVIRONMENT),
            body=0,
            max_steps=self._life.max_steps,
        )
        lanes.lockstep.begin(iter([life]), probes, [recorder])
        lanes.network.restore(0, self._lanes.network.saved(0))
        lanes.network.renew_noise(0, birth)
        lanes.network.gains[0] = 0
        while recorder.n_trials < n_trials and lanes.lockstep.alive.size:
            list(lanes.lockstep.advance())
        return recorder.lived()


class _Lanes:
    """One lane of a network, a task and a modulator, and the lockstep that joins them."""

    def __init__(self, setup: Setup, lesson: Lesson) -> None:
        task, network = lesson.task, lesson.network
        living = network.lanes(task.n_observations, task.n_outputs, 1)
        if not isinstance(living, FreshNoise):
            raise InputError(
                f"expected a network whose life can be saved, got {network.label}; use --network "
                "rate, recurrent or feedforward"
            )
        self.network = living
        self.task = task.lanes(1)
        if not (isinstance(self.task, JudgedLanes) and isinstance(self.task, Resumable)):
            raise InputError(
                f"expected a task that judges its trials, got {task.label}; use for example --task "
                "dnms, or give the lanes of your task outcome(), saved() and restore()"
            )
        self.judged: JudgedLanes = self.task
        self.modulator = None if lesson.modulator is None else lesson.modulator.lanes(task, 1)
        self.lockstep = Lockstep(setup.genome, living, self.task, 1, self.modulator)

    def parts(self) -> dict[str, Resumable]:
        """Return the lanes of the network, the task and the modulator by name."""
        parts: dict[str, Any] = {"network": self.network, "task": self.task}
        if self.modulator is not None:
            parts["modulator"] = self.modulator
        return parts

    def live_trial(self) -> list[LifeResult]:
        """Advance until a trial ends, or the life; return the life's result in the latter case."""
        while True:
            if not self.lockstep.alive.size:
                raise InputError(
                    "expected a life that goes on, got one that is over; let the task's lives last "
                    "longer"
                )
            results = list(self.lockstep.advance())
            if results or self.lockstep.at_start(0):
                return results


@functools.cache
def shared_rule() -> Shared:
    """Return the genome map by which all synapses have the same coefficients."""
    return Shared(rules=1, across=True)


def genes_of(lesson: Lesson) -> Genes:
    """Return the genes that give all synapses the coefficients of ``lesson``.

    Raises:
        InputError: the network has no rule, or a coefficient is missing, unknown or out of range.
    """
    rule = lesson.network.rule
    if rule is None or lesson.network.is_static:
        raise InputError(
            f"expected a network with a rule to learn by, got {lesson.network.label}; add for "
            "example --rule node_perturbation"
        )
    return genes_for(rule, lesson.coefficients)


def genes_for(rule: Rule, coefficients: Mapping[str, float]) -> Genes:
    """Return the genes, one for each coefficient of ``rule``, that express ``coefficients``."""
    for name in coefficients:
        if name not in rule.coefficients:
            raise InputError(
                f"expected coefficients of the rule {rule.name} ({', '.join(rule.coefficients)}), "
                f"got {name!r}; leave it out"
            )
    missing = [name for name in rule.coefficients if name not in coefficients]
    if missing:
        values = {name: coefficients.get(name, 0.001) for name in rule.coefficients}
        words = " ".join(f"{name} {value:g}" for name, value in values.items())
        raise InputError(
            f"expected a value of each coefficient of the rule {rule.name}, got none of "
            f"{', '.join(missing)}; write for example --coefficients {words}"
        )
    genes = []
    for name, each in zip(rule.coefficients, rule.ranges, strict=True):
        value = float(coefficients[name])
        if not np.isfinite(value):
            raise InputError(f"expected a finite number as {name} of {rule.name}, got {value}")
        genes.append(value if each is None else each.gene(value))
    return np.array(genes, np.float32)
