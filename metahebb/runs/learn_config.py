"""The configuration of a run in which one network learns a task within its life."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from metahebb.errors import InputError
from metahebb.learning.base import Lesson
from metahebb.learning.lifetime import Lifetime
from metahebb.learning.registry import AnyLearner
from metahebb.modulators import AnyModulator, PredictionError
from metahebb.networks import AnyNetwork, Rate
from metahebb.neurons import Neuron
from metahebb.tasks import AnyTask
from metahebb.tasks.base import Judged, Task
from metahebb.tasks.gym.kwargs import Kwargs
from metahebb.tasks.trials.dnms import Dnms

COARSEST = {"deviating": 2.0}
"""The largest step in ms with which a neuron's rule still tells kicks from natural changes."""


@dataclass(frozen=True)
class LearnConfig:
    """All settings that decide the numbers of a run in which a network learns."""

    task: AnyTask = field(default_factory=Dnms)
    """Task that is learned."""
    network: AnyNetwork = field(default_factory=Rate)
    """Network that learns."""
    modulator: AnyModulator = field(
        default_factory=lambda: PredictionError(scale_by_mean=True, warm_up=100)
    )
    """Modulator that tells synapses how a trial went."""
    learner: AnyLearner = field(default_factory=Lifetime)
    """Learner, which changes the weights: rules alone (lifetime), or a gradient."""
    coefficients: Kwargs = field(default_factory=lambda: {"eta": 5e-4})
    """Value of each coefficient of the rule, the same for all synapses, for example eta 0.001."""
    trials: int = 3000
    """Number of trials in total."""
    criterion: float = 0.95
    """Part of right trials at which the task counts as learned."""
    window: int = 100
    """Number of successive trials over which this part is counted."""
    stop: bool = False
    """Whether the run ends when the criterion is reached."""
    seed: int = 0
    """Seed of all random numbers."""

    def __post_init__(self) -> None:
        """Check every field, and give neurons the task's step."""
        for name, least in (("trials", 1), ("window", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")
        if not 0 < self.criterion <= 1:
            raise InputError(
                f"expected a criterion above 0 and at most 1, got {self.criterion}; use for "
                "example 0.95"
            )
        for name, value in self.coefficients.items():
            if isinstance(value, (bool, str)) or not math.isfinite(value):
                raise InputError(
                    f"expected a finite number as the coefficient {name}, got {value!r}; write for "
                    f"example --coefficients {name} 0.001"
                )
        if not isinstance(self.task, Judged):
            raise InputError(
                f"expected a task that judges its trials, got {self.task.label}; use for example "
                "--task dnms, or evolve a network for this task with 'metahebb evolve'"
            )
        object.__setattr__(self, "network", _in_step(self.network, self.task))

    def _check_rule(self) -> None:
        rule = self.network.rule
        if rule is not None and "modulator" in rule.signals and self.modulator is None:
            raise InputError(
                f"expected a modulator for the rule {rule.name}, which learns from reward, got "
                "none; add --modulator prediction_error"
            )
        neuron = getattr(self.network, "neuron", None)
        if neuron is None:
            return
        dt = dict(neuron.constants).get("dt", 0.0)
        if neuron.name in COARSEST and dt > COARSEST[neuron.name]:
            raise InputError(
                f"expected steps of at most {COARSEST[neuron.name]:g} ms for the neuron "
                f"{neuron.name}, whose natural changes hide kicks in longer ones, got {dt:g} ms; "
                "use --task.dt 1, or --neuron perturbed --rule node_perturbation"
            )

    def lesson(self) -> Lesson:
        """Return what is learned, and by which network.

        Raises:
            InputError: the rule has no modulator, or the task's steps are too long for the neuron.
                Flags change one part of a config after the other, so that it is not checked before.
        """
        assert isinstance(self.task, Judged)
        if isinstance(self.learner, Lifetime):
            self._check_rule()
        # A life is as long as anybody could want, so that a run can be extended.
        task = self.task.with_trials(2**31 - 1)
        numbers: dict[str, Any] = dict(self.coefficients)
        return Lesson(task, self.network, self.seed, self.modulator, numbers)


def _in_step(network: Any, task: Task) -> Any:
    """Return ``network`` with neurons whose constant ``dt`` is the task's step in ms."""
    seconds = task.seconds_per_step
    if seconds is None or not is_dataclass(network):
        return network
    for each in fields(network):
        neuron = getattr(network, each.name)
        if isinstance(neuron, Neuron) and "dt" in dict(neuron.constants):
            changed = neuron.with_constants(dt=round(seconds * 1000, 9))
            if changed != neuron:
                network = replace(network, **{each.name: changed})  # type: ignore[type-var]
    return network
