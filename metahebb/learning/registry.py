"""The registry of learners by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.learning.actor_critic import ActorCritic
from metahebb.learning.base import Learner
from metahebb.learning.gradient import Gradient
from metahebb.learning.lifetime import Lifetime
from metahebb.registry import Registry

LEARNERS: Registry[type[Learner]] = Registry(
    "learner",
    {
        "lifetime": Lifetime,
        "actor_critic": ActorCritic,
        "gradient": Gradient,
    },
    needs=("pupil",),
)
"""All learners by name; to add one, write a file and list it here."""

if TYPE_CHECKING:
    AnyLearner: TypeAlias = Learner
else:
    AnyLearner = Annotated[Any, LEARNERS]
"""The type of a config's field that may hold any learner."""
