"""What a task is called, for whoever reads about it."""

from __future__ import annotations

from metahebb.tasks.car_racing.task import CarRacing
from metahebb.tasks.gym.adapter import GymTask
from metahebb.tasks.gym.envs import short
from metahebb.tasks.locomotion.task import Locomotion
from metahebb.tasks.reversal import Reversal
from metahebb.tasks.trials.bandit import Bandit


def name_of(task: Locomotion | GymTask | Reversal | CarRacing | Bandit) -> str:
    """Return the walker's body, the environment's id, or the task's own name."""
    if isinstance(task, Locomotion):
        return task.body
    if isinstance(task, GymTask):
        return short(task.env_id)
    if isinstance(task, Bandit):
        return "bandit"
    return "car_racing" if isinstance(task, CarRacing) else "reversal"
