"""The registry of tasks by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.registry import Registry
from metahebb.tasks.base import Task
from metahebb.tasks.car_racing.task import CarRacing
from metahebb.tasks.cognitive.task import Cognitive
from metahebb.tasks.gym.adapter import GymTask
from metahebb.tasks.locomotion.task import Locomotion
from metahebb.tasks.reversal import Reversal
from metahebb.tasks.trials.association import Association
from metahebb.tasks.trials.bandit import Bandit
from metahebb.tasks.trials.center_out import CenterOut
from metahebb.tasks.trials.context_integration import ContextIntegration
from metahebb.tasks.trials.dnms import Dnms
from metahebb.tasks.trials.pairs import Pairs
from metahebb.tasks.trials.recall import Recall
from metahebb.tasks.trials.serial_reversal import SerialReversal

TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "locomotion": Locomotion,
        "gym": GymTask,
        "reversal": Reversal,
        "car_racing": CarRacing,
        "bandit": Bandit,
        "dnms": Dnms,
        "context_integration": ContextIntegration,
        "center_out": CenterOut,
        "serial_reversal": SerialReversal,
        "association": Association,
        "recall": Recall,
        "pairs": Pairs,
        "cognitive": Cognitive,
    },
    needs=(
        *("label", "n_observations", "n_outputs", "bodies", "max_steps"),
        *("measures", "seconds_per_step", "return_unit", "lanes"),
    ),
)
"""All tasks by name; to add one, write a file and list it here."""

if TYPE_CHECKING:
    AnyTask: TypeAlias = Task
else:
    AnyTask = Annotated[Any, TASKS]
"""The type of a config's field that may hold any task."""
