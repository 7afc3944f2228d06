"""The table of bodies, which holds all differences between Gymnasium's five MuJoCo walkers."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

_INF = math.inf


def _above(bound: float) -> float:
    """Return the smallest number above ``bound``, so that ``z < result`` means ``z <= bound``."""
    return math.nextafter(bound, _INF)


def _below(bound: float) -> float:
    """Return the largest number below ``bound``, so that ``z > result`` means ``z >= bound``."""
    return math.nextafter(bound, -_INF)


@dataclass(frozen=True, slots=True)
class Body:
    """A walker as Gymnasium's v5 environments define it (lengths in metres, angles in rad).

    Attributes:
        env_id: the id of the Gymnasium environment that this body equals.
        xml: the name of the model file among Gymnasium's assets.
        frame_skip: the number of physics substeps per step.
        n_observations: the number of values in the observation ``(qpos[skipped_qpos:], qvel)``.
        n_outputs: the number of actuators.
        skipped_qpos: the number of leading positions that the observation leaves out.
        healthy_from: the index in ``(qpos, qvel)`` of the first number that ``healthy_low`` and
            ``healthy_high`` bound.
        healthy_low: the strict lower bounds of a healthy state; empty if no state is unhealthy.
        healthy_high: the strict upper bounds of a healthy state.
        healthy_reward: the reward for a step that ends in a healthy state.
        ctrl_cost_weight: the weight of the squared action in Gymnasium's reward.
        contact_cost_weight: the weight of the squared, clipped contact forces in Gymnasium's
            reward.
        contact_force_range: the bounds to which contact forces are clipped [N, N m].
        velocity_from_xpos: whether the forward speed comes from the torso's ``xpos``, and not from
            ``qpos``.
        reset_noise: the scale of the noise that is added to the initial state.
        normal_velocity_noise: whether the noise of ``qvel`` is normal, and not uniform.
        velocity_clip: the largest magnitude of a velocity in the observation [m/s, rad/s]; None if
            velocities are not clipped.
        can_turn: whether the body can face in any direction; if not, it lives in a plane.
        can_go_sideways: whether the body can move along y; if not, it lives in the plane of x and
            z.
    """

    env_id: str
    xml: str
    frame_skip: int
    n_observations: int
    n_outputs: int
    skipped_qpos: int
    ctrl_cost_weight: float
    reset_noise: float
    healthy_from: int = 0
    healthy_low: tuple[float, ...] = ()
    healthy_high: tuple[float, ...] = ()
    healthy_reward: float = 0.0
    contact_cost_weight: float = 0.0
    contact_force_range: tuple[float, float] = (-1.0, 1.0)
    velocity_from_xpos: bool = False
    normal_velocity_noise: bool = False
    velocity_clip: float | None = None
    can_turn: bool = False
    can_go_sideways: bool = False

    @property
    def xml_path(self) -> Path:
        """The path of the model file; getting it does not import Gymnasium."""
        spec = importlib.util.find_spec("gymnasium")
        assert spec is not None
        assert spec.origin is not None
        return Path(spec.origin).parent / "envs" / "mujoco" / "assets" / self.xml


BODIES: dict[str, Body] = {
    "ant": Body(
        env_id="Ant-v5",
        xml="ant.xml",
        frame_skip=5,
        n_observations=27,
        n_outputs=8,
        skipped_qpos=2,
        ctrl_cost_weight=0.5,
        reset_noise=0.1,
        healthy_from=2,
        healthy_low=(_below(0.2),),  # Ant's bounds belong to the healthy range
        healthy_high=(_above(1.0),),
        healthy_reward=1.0,
        contact_cost_weight=5e-4,
        velocity_from_xpos=True,
        normal_velocity_noise=True,
        can_turn=True,
        can_go_sideways=True,
    ),
    "half_cheetah": Body(
        env_id="HalfCheetah-v5",
        xml="half_cheetah.xml",
        frame_skip=5,
        n_observations=17,
        n_outputs=6,
        skipped_qpos=1,
        ctrl_cost_weight=0.1,
        reset_noise=0.1,
        normal_velocity_noise=True,
    ),
    "hopper": Body(
        env_id="Hopper-v5",
        xml="hopper.xml",
        frame_skip=4,
        n_observations=11,
        n_outputs=3,
        skipped_qpos=1,
        ctrl_cost_weight=1e-3,
        reset_noise=5e-3,
        healthy_from=1,  # height, torso angle, then every other position and velocity
        healthy_low=(0.7, -0.2, *(-100.0,) * 9),
        healthy_high=(_INF, 0.2, *(100.0,) * 9),
        healthy_reward=1.0,
        velocity_clip=10.0,
    ),
    "walker2d": Body(
        env_id="Walker2d-v5",
        xml="walker2d_v5.xml",
        frame_skip=4,
        n_observations=17,
        n_outputs=6,
        skipped_qpos=1,
        ctrl_cost_weight=1e-3,
        reset_noise=5e-3,
        healthy_from=1,  # height, torso angle
        healthy_low=(0.8, -1.0),
        healthy_high=(2.0, 1.0),
        healthy_reward=1.0,
        velocity_clip=10.0,
    ),
    "swimmer": Body(
        env_id="Swimmer-v5",
        xml="swimmer.xml",
        frame_skip=4,
        n_observations=8,
        n_outputs=2,
        skipped_qpos=2,
        ctrl_cost_weight=1e-4,
        reset_noise=0.1,
        can_go_sideways=True,
    ),
}
