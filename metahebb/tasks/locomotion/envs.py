"""Gymnasium's MuJoCo environments with a damaged body.

``metahebb.tasks`` registers the environments.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium.envs.mujoco import MujocoEnv
from gymnasium.envs.mujoco.ant_v5 import AntEnv
from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv
from gymnasium.envs.mujoco.hopper_v5 import HopperEnv
from gymnasium.envs.mujoco.swimmer_v5 import SwimmerEnv
from gymnasium.envs.mujoco.walker2d_v5 import Walker2dEnv
from gymnasium.utils import EzPickle

from metahebb.errors import InputError
from metahebb.tasks.locomotion.damage import INTACT, compiled, locks


class _DamagedEnv(MujocoEnv, EzPickle):
    """An environment that builds a damaged model instead of loading Gymnasium's model file.

    Observations, actions, reward and ending are those of Gymnasium's v5 environment, which
    ``damage="intact"`` equals exactly. All arguments of that environment but ``xml_file`` can be
    given.

    Version History:
        v0: first version.
    """

    body: ClassVar[str]

    def __init__(self, damage: str = INTACT, **kwargs: Any) -> None:
        """Make the environment.

        Args:
            damage: the damage, in the grammar of `metahebb.tasks.locomotion.damage`.
            **kwargs: arguments of Gymnasium's environment, such as ``render_mode``.

        Raises:
            InputError: the damage is unknown, or ``xml_file`` is given.
        """
        if "xml_file" in kwargs:
            raise InputError("expected a damage, got xml_file; use Gymnasium's own environment")
        self._damage = damage
        super().__init__(**kwargs)
        # Gymnasium's constructor has called this with its own arguments; this call replaces them.
        EzPickle.__init__(self, damage=damage, **kwargs)

    def _initialize_simulation(self) -> tuple[mujoco.MjModel, mujoco.MjData]:
        model = copy.copy(compiled(self.body, self._damage, "gymnasium"))
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, self.width)
        model.vis.global_.offheight = max(model.vis.global_.offheight, self.height)
        self._locks = locks(self.body, self._damage, model)
        return model, mujoco.MjData(model)

    def set_state(self, qpos: npt.NDArray[np.float64], qvel: npt.NDArray[np.float64]) -> None:
        """Set positions and velocities; locked joints are moved into their ranges."""
        super().set_state(self._locks.apply(qpos), qvel)  # type: ignore[no-untyped-call]


class DamagedAnt(_DamagedEnv, AntEnv):
    """The environment ``metahebb/Ant-v0``."""

    body = "ant"


class DamagedHalfCheetah(_DamagedEnv, HalfCheetahEnv):
    """The environment ``metahebb/HalfCheetah-v0``."""

    body = "half_cheetah"


class DamagedHopper(_DamagedEnv, HopperEnv):
    """The environment ``metahebb/Hopper-v0``."""

    body = "hopper"


class DamagedWalker2d(_DamagedEnv, Walker2dEnv):
    """The environment ``metahebb/Walker2d-v0``."""

    body = "walker2d"


class DamagedSwimmer(_DamagedEnv, SwimmerEnv):
    """The environment ``metahebb/Swimmer-v0``."""

    body = "swimmer"
