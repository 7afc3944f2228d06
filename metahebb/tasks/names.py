"""What a task is called, for whoever reads about it."""

from __future__ import annotations

from metahebb.tasks.base import Task
from metahebb.tasks.gym.adapter import GymTask
from metahebb.tasks.gym.envs import short
from metahebb.tasks.locomotion.task import Locomotion
from metahebb.tasks.registry import TASKS


def name_of(task: Task) -> str:
    """Return the walker's body, the environment's id, or the task's own name."""
    if isinstance(task, Locomotion):
        return task.body
    if isinstance(task, GymTask):
        return short(task.env_id)
    return TASKS.name_of(task)
