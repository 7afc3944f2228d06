"""A gradient as the teacher: backpropagation through time trains what a network inherits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from metahebb.errors import InputError, unknown_name
from metahebb.learning.base import Lesson

if TYPE_CHECKING:
    from metahebb.learning.gradient_pupil import GradientPupil

PLASTIC = ("recurrent", "all")
MODULATORS = ("none", "given", "own")


@dataclass(frozen=True)
class Gradient:
    """Train weights at birth and coefficients of a rule by backpropagation through time.

    The network lives each trial with weights of its own, which begin as at birth and follow the
    rule within the trial. The loss is the mean squared error over all judged outputs of a batch of
    trials, and Adam follows its gradient (Kingma and Ba 2015, with β = 0.9 and 0.999).

    What is trained is the network's genome, see `GradientPupil.genes`: evolution can go on from it.
    The memory that a batch takes is about three float32 numbers for each trial, step and plastic
    synapse: 30 MB for 32 trials of 20 steps and 64 × 64 synapses.

    Source: Miconi, Stanley and Clune 2018, "Differentiable plasticity: training plastic neural
    networks with backpropagation". Differs from the source: any rule of metahebb may stand in the
    place of the Hebbian trace, since its own text is differentiated.

    Raises:
        InputError: a value is out of its range.
    """

    has_own_network: ClassVar[bool] = False

    batch: int = 32
    """The number of trials that are lived together, one update for each batch."""
    learning_rate: float = 0.01
    """The step size of Adam."""
    plastic: Literal["recurrent", "all"] = "recurrent"
    """The synapses that follow the rule: the ones that bring outputs of the step before, or all."""
    modulator: Literal["none", "given", "own"] = "none"
    """The source of the rule's modulator. ``none``: it is 0 in every step. ``given``: the task's
    `Signalling.signal`. ``own``: the network, by m_t = sigmoid(w·h_t) with trained weights w."""
    spread: float = 0.1
    """The standard deviation of the coefficients' first genes around the start."""
    weight_spread: float = 1.0
    """The standard deviation of the first weights at birth, times √(number of inputs)."""
    max_norm: float = 1.0
    """The largest norm of the gradient of all parameters, to which it is shortened; 0: any."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        if self.batch < 1:
            raise InputError(f"expected batch of at least 1, got {self.batch}")
        if not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(
                f"expected a learning_rate above 0, got {self.learning_rate}; use for example 0.01"
            )
        for name in ("spread", "weight_spread", "max_norm"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"expected a {name} of at least 0, got {getattr(self, name)}")
        for name, known in (("plastic", PLASTIC), ("modulator", MODULATORS)):
            if getattr(self, name) not in known:
                raise unknown_name(name, getattr(self, name), known)

    def pupil(self, lesson: Lesson) -> GradientPupil:
        """Return a new pupil; all that it draws is a function of the lesson's seed.

        Coefficients of the lesson are first values of the rule's coefficients. Others start where a
        gene of 0 stands: at 0, at 1 if positive, or in the middle of a range.

        Args:
            lesson: a task with targets that are known when a trial begins (`Targeted`), and a
                network that is a graph of populations, such as `metahebb.networks.Recurrent`, with
                evolved weights at birth (``coevolved``) and without bounds of its weights.

        Raises:
            InputError: the task has no targets, or no signal where the modulator is ``given``; the
                network cannot be differentiated; or a coefficient is unknown.
        """
        # torch takes a second to load, and is needed only now.
        from metahebb.learning.differentiable_checks import check_modulator, check_network
        from metahebb.learning.differentiable_trials import Targeted
        from metahebb.learning.gradient_pupil import GradientPupil

        task: Any = lesson.task
        if not isinstance(task, Targeted):
            raise InputError(
                f"expected a task whose trials have targets for a gradient, got "
                f"{getattr(task, 'label', task)}; use for example association, recall or dnms"
            )
        network = check_network(lesson.network)
        check_modulator(self.modulator, network, task)
        return GradientPupil(self, task, network, lesson)
