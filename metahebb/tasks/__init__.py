"""Where a life is lived: locomotion, car racing, a hidden reversal, any Gymnasium environment.

Importing this registers ``metahebb/Ant-v0``, ``HalfCheetah``, ``Hopper``, ``Walker2d`` and
``Swimmer`` with Gymnasium: ``gymnasium.make("metahebb/Ant-v0", damage="short_fourth_ankle")``, and
``metahebb/CarRacing-v0``: ``gymnasium.make("metahebb/CarRacing-v0", friction=0.5)``.
"""

from __future__ import annotations

import gymnasium

from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task, TaskError, TaskLanes
from metahebb.tasks.car_racing.task import CarRacing
from metahebb.tasks.gym.adapter import GymTask
from metahebb.tasks.locomotion.task import Locomotion
from metahebb.tasks.registry import TASKS, AnyTask
from metahebb.tasks.reversal import Reversal
from metahebb.tasks.trials.bandit import Bandit

__all__ = [
    "TASKS",
    "AnyTask",
    "Bandit",
    "CarRacing",
    "GymTask",
    "LaneNumbers",
    "Locomotion",
    "Measure",
    "Reversal",
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
