"""How an environment draws itself, as a film has to know before it makes one that does."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from metahebb.tasks.gym.display import runtime_folder
from metahebb.tasks.gym.envs import make_env
from metahebb.user_code import let_go


class Drawing(NamedTuple):
    """How an environment draws itself.

    Attributes:
        modes: the render modes that the environment states.
        rate: its frames per second, one for each step; None: it states no rate.
        by_mujoco: whether Gymnasium's renderer of MuJoCo draws it.
    """

    modes: Sequence[str]
    rate: float | None
    by_mujoco: bool


@functools.cache
@runtime_folder()
def drawing_of(env_id: str, env_kwargs: tuple[tuple[str, type, Any], ...]) -> Drawing:
    """Return how an environment draws itself, which is made once to find out.

    Args:
        env_id: of the environment.
        env_kwargs: its arguments, as `metahebb.tasks.gym.kwargs.key_of` returns them.

    Raises:
        InputError: the environment cannot be made.
    """
    env = make_env(env_id, {name: value for name, _, value in env_kwargs})
    let_go([env.close])
    modes = env.metadata.get("render_modes") or []
    by_mujoco = hasattr(env.unwrapped, "mujoco_renderer")
    return Drawing(modes, env.metadata.get("render_fps"), by_mujoco)
