"""The actor-critic of Song, Yang and Wang 2017, which learns a task within a life by a gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from metahebb.errors import InputError, unknown_name
from metahebb.learning.base import Lesson
from metahebb.learning.choice_lanes import check_choices
from metahebb.tasks.base import Task

if TYPE_CHECKING:
    from metahebb.learning.actor_critic_pupil import ActorCriticPupil

BASELINES = ("learned", "running_mean")
DEFAULT_STEP = 100.0
"""The time of a step in ms in a task that has no unit of time."""


@dataclass(frozen=True)
class ActorCritic:
    """Learn a task with choices from reward, by REINFORCE with a baseline.

    A policy network draws an action in each step. A critic network predicts the return. Both are
    gated rate networks (`metahebb.learning.gated_rate.GatedRate`), with states that begin anew in
    each trial. After each batch of trials, one gradient with a clipped norm changes each network by
    Adam (Kingma and Ba 2015; β = 0.9 and 0.999, ε = 1e-8).

    In the following, a_t is the action of step t, π the policy, and G_t the sum of the rewards from
    step t to the trial's end. Losses are −Σ_t log π(a_t)·(G_t − v_t) in the mean over trials for
    the policy, and (v_t − G_t)² in the mean over all steps for the critic. The policy's loss has
    the critic's predictions v_t from before their update, and no gradient of the critic's loss
    reaches the policy.

    In step t the critic sees the policy's rates r_t of the same step and the action a_{t-1} of the
    step before. So v_t does not depend on a_t, and leaves the expected gradient as it is.

    Source: Song, Yang and Wang 2017, "Reward-based training of recurrent neural networks for
    cognitive and value-based tasks", eLife. Differs from the authors' code: it trains the critic on
    the rates of the step before, and gives the first action the reward of the first step in the
    place of the return. There, too, the policy has no ``fixation_bias``: with a reward of −1 for an
    abort as well as for no decision, a policy that chooses all actions alike almost never reaches
    the decision, and learns to withhold for ever.

    Raises:
        InputError: a value is out of its range.
    """

    has_own_network: ClassVar[bool] = True

    n_units: int = 100
    """Number of the policy's units."""
    critic_units: int = 100
    """Number of the critic's units."""
    dt: float = 0.0
    """Time of a step in ms; 0: the task's, or 100 ms in a task without a unit of time."""
    tau: float = 100.0
    """Time constant of the units in ms."""
    sigma2: float = 0.01
    """Variance of the recurrent noise; the noise of a step has the variance 2·tau/dt·sigma2."""
    learning_rate: float = 0.004
    """Learning rate of both networks; Song et al. use 0.002 for tasks of working memory."""
    max_gradient_norm: float = 1.0
    """Norm to which a longer gradient of a network is shortened."""
    batch: int = 64
    """Number of trials that are lived together, with one update of the weights after them."""
    p0: float = 0.1
    """Part of all units from which each unit of the policy has recurrent synapses."""
    critic_p0: float = 1.0
    """Part of all units from which each unit of the critic has recurrent synapses."""
    critic_input_scale: float = 1.0
    """Factor of the critic's input weights at birth; Song et al. use 10 for economic choice."""
    baseline: Literal["learned", "running_mean"] = "learned"
    """Baseline of the return: the critic's prediction, or a running mean of the returns of whole
    trials, without a critic (plain REINFORCE; Parga et al. 2022, Eq. 24)."""
    baseline_rate: float = 0.1
    """Part of the way that the running mean goes to the mean return of each batch."""
    first_value: float = -1.0
    """Return that the baseline predicts before any learning: Song et al.'s reward of an abort."""
    fixation_bias: float = 3.0
    """First bias of output 0, which is to withhold, in the policy; Song et al. have 0."""
    entropy: float = 0.0
    """Reward for one nat of the policy's entropy in each step; Song et al. have 0. With 0, the
    policy of some seeds gives the same answer in all trials before it has seen which one is right,
    and then learns no more. 0.02 prevented it in the tasks that were tried."""
    discount: float = 0.0
    """Time constant in ms of the discount of rewards, exp(−time in the trial / discount); 0: none.
    Song et al. use 10000 ms in the task with reaction times."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        for name in ("n_units", "critic_units", "batch"):
            if getattr(self, name) < 1:
                raise InputError(
                    f"expected {name} to be at least 1 (actor-critic), got {getattr(self, name)}"
                )
        for name in ("tau", "learning_rate", "max_gradient_norm", "critic_input_scale"):
            _check(name, getattr(self, name), "above 0", getattr(self, name) > 0)
        for name in ("dt", "sigma2", "entropy", "discount"):
            _check(name, getattr(self, name), "at least 0", getattr(self, name) >= 0)
        for name in ("p0", "critic_p0", "baseline_rate"):
            value = getattr(self, name)
            _check(name, value, "above 0 and at most 1", 0 < value <= 1)
        for name in ("first_value", "fixation_bias"):
            _check(name, getattr(self, name), "finite", True)
        if self.baseline not in BASELINES:
            raise unknown_name("baseline", self.baseline, BASELINES)

    def step_of(self, task: Task) -> float:
        """Return the time of a step of ``task`` in ms.

        Raises:
            InputError: a step is longer than the units' time constant.
        """
        dt = self.dt or (task.seconds_per_step or DEFAULT_STEP / 1000) * 1000
        if not dt <= self.tau * (1 + 1e-9):
            raise InputError(
                f"expected a step of at most tau, {self.tau:g} ms (actor-critic), got {dt:g} ms "
                f"({task.label}); give the task shorter steps, or set tau to {dt:g}"
            )
        return dt

    def pupil(self, lesson: Lesson) -> ActorCriticPupil:
        """Return a newborn network that learns the lesson's task, by the lesson's seed.

        The lesson's network, modulator and coefficients have no effect: policy and critic are gated
        rate networks.

        Raises:
            InputError: the task has no trials, its outputs are not choices, or its steps are longer
                than the units' time constant.
        """
        check_choices(lesson.task)
        from metahebb.learning.actor_critic_pupil import ActorCriticPupil

        return ActorCriticPupil(self, lesson.task, lesson.seed)


def _check(name: str, value: float, wanted: str, is_right: bool) -> None:
    if not (math.isfinite(value) and is_right):
        raise InputError(f"expected {name} to be {wanted} (actor-critic), got {value}")
