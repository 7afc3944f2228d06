"""The facts about an environment's drawing, which a film needs before it makes the environment."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from metahebb.tasks.gym.display import runtime_folder
from metahebb.tasks.gym.envs import make_env
from metahebb.user_code import let_go


class Drawing(NamedTuple):
    """The facts about an environment's drawing.

    Attributes:
        modes: the render modes that the environment states.
        rate: the number of frames per second, with one frame per step; None if the environment
            states no rate.
        by_mujoco: whether Gymnasium's MuJoCo renderer draws the pictures.
    """

    modes: Sequence[str]
    rate: float | None
    by_mujoco: bool


@functools.cache
@runtime_folder()
def drawing_of(env_id: str, env_kwargs: tuple[tuple[str, type, Any], ...]) -> Drawing:
    """Return the facts about an environment's drawing; the environment is made once for that.

    Args:
        env_id: the id of the environment.
        env_kwargs: the arguments of the environment, as `metahebb.tasks.gym.kwargs.key_of` returns
            them.

    Raises:
        InputError: the environment cannot be made.
    """
    env = make_env(env_id, {name: value for name, _, value in env_kwargs})
    let_go([env.close])
    modes = env.metadata.get("render_modes") or []
    by_mujoco = hasattr(env.unwrapped, "mujoco_renderer")
    return Drawing(modes, env.metadata.get("render_fps"), by_mujoco)
