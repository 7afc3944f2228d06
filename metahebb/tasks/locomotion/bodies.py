"""The table of locomotion bodies: everything in which Gymnasium's five MuJoCo walkers differ."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

_INF = math.inf


def _above(bound: float) -> float:
    """Return the smallest number above ``bound``, to write ``z <= bound`` as ``z < _above``."""
    return math.nextafter(bound, _INF)


def _below(bound: float) -> float:
    """Return the largest number below ``bound``."""
    return math.nextafter(bound, -_INF)


@dataclass(frozen=True, slots=True)
class Body:
    """One walker as Gymnasium's v5 environments define it (all lengths in metres, angles in rad).

    Attributes:
        env_id: the Gymnasium environment that this body equals.
        xml: its model file among Gymnasium's assets.
        frame_skip: physics substeps per step.
        n_observations: length of the observation ``(qpos[skipped_qpos:], qvel)``.
        n_outputs: number of actuators.
        skipped_qpos: leading positions that the observation leaves out.
        healthy_from: index in ``(qpos, qvel)`` from which ``healthy_low`` and ``healthy_high`` run.
        healthy_low: strict lower bounds of a healthy state, empty if no state is unhealthy.
        healthy_high: strict upper bounds.
        healthy_reward: reward of a step that ends healthy.
        ctrl_cost_weight: weight of the squared action in the ``gymnasium`` reward.
        contact_cost_weight: weight of the squared, clipped contact forces in it.
        contact_force_range: where those forces are clipped [N, N m].
        velocity_from_xpos: forward speed from the torso's ``xpos`` and not from ``qpos``.
        reset_noise: scale of the noise added to the initial state.
        normal_velocity_noise: noise of ``qvel`` is normal, not uniform.
        velocity_clip: limit of the velocities in the observation [m/s, rad/s].
        can_turn: the body can face any way; the others live in a plane.
        can_go_sideways: the body can move along y; the others live in the plane of x and z.
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
        """Path of the model file, found without importing Gymnasium."""
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
