"""Tasks, the worlds in which lives are lived.

There are locomotion, car racing, a hidden reversal, a bandit, tasks that a network learns trial by
trial (delayed nonmatch to sample, association, recall, and the cognitive tasks of neurogym), and
any Gymnasium environment.

Importing this package registers environments with Gymnasium. ``metahebb/Ant-v0`` has an argument
for damage, as in ``gymnasium.make("metahebb/Ant-v0", damage="short_fourth_ankle")``, and so have
``metahebb/HalfCheetah-v0``, ``Hopper-v0``, ``Walker2d-v0`` and ``Swimmer-v0``.
``metahebb/CarRacing-v0`` has arguments for the ground, as in
``gymnasium.make("metahebb/CarRacing-v0", friction=0.5)``. ``metahebb/PostDecisionWager-v0``,
``Detection-v0`` and ``ContextDecisionMaking-v0`` are neurogym's environments without a defect each.
"""

from __future__ import annotations

import gymnasium

from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task, TaskError, TaskLanes
from metahebb.tasks.car_racing.task import CarRacing
from metahebb.tasks.cognitive.task import Cognitive
from metahebb.tasks.gym.adapter import GymTask
from metahebb.tasks.locomotion.task import Locomotion
from metahebb.tasks.registry import TASKS, AnyTask
from metahebb.tasks.reversal import Reversal
from metahebb.tasks.trials.association import Association
from metahebb.tasks.trials.bandit import Bandit
from metahebb.tasks.trials.center_out import CenterOut
from metahebb.tasks.trials.context_integration import ContextIntegration
from metahebb.tasks.trials.dnms import Dnms
from metahebb.tasks.trials.pairs import Pairs
from metahebb.tasks.trials.recall import Recall
from metahebb.tasks.trials.serial_reversal import SerialReversal

__all__ = [
    "TASKS",
    "AnyTask",
    "Association",
    "Bandit",
    "CarRacing",
    "CenterOut",
    "Cognitive",
    "ContextIntegration",
    "Dnms",
    "GymTask",
    "LaneNumbers",
    "Locomotion",
    "Measure",
    "Pairs",
    "Recall",
    "Reversal",
    "SerialReversal",
    "StepResult",
    "Task",
    "TaskError",
    "TaskLanes",
]

for _name in ("Ant", "HalfCheetah", "Hopper", "Walker2d", "Swimmer"):
    gymnasium.register(
        id=f"metahebb/{_name}-v0",
        entry_point=f"metahebb.tasks.locomotion.envs:Damaged{_name}",
        max_episode_steps=1000,
    )

gymnasium.register(
    id="metahebb/CarRacing-v0",
    entry_point="metahebb.tasks.car_racing.env:VariedCarRacing",
    max_episode_steps=1000,
)

for _module, _name in (
    ("wager", "PostDecisionWager"),
    ("detection", "Detection"),
    ("context", "ContextDecisionMaking"),
):
    gymnasium.register(
        id=f"metahebb/{_name}-v0", entry_point=f"metahebb.tasks.cognitive.{_module}:{_name}"
    )
