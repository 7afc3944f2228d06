"""The places of a walker's sensors and actuators in its body, read from MuJoCo's model."""

from __future__ import annotations

import functools

import mujoco
import numpy as np
import numpy.typing as npt

from metahebb.genomes.slot import Places
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import INTACT, compiled

ACTUATOR = ("x", "y", "z", "axis x", "axis y", "axis z")
"""The names of an actuator's coordinates, which are the coordinates of the joint that it drives.

The first three are the joint's place in the torso's frame at rest (``qpos0``). They are divided by
the largest such number of the whole body, so that proportions stay. The last three are the parts of
the joint's axis along x, y and z, from 0 to 1. They have no sign, because the sign of an axis is a
free choice of the model file. So joints that are mirror images have mirrored places and the same
axes. Joints that move the whole torso are at its origin.
"""
SENSOR = (*ACTUATOR, "turns", "velocity")
"""The names of a sensor's coordinates.

The first six are the coordinates of the joint that the sensor measures. ``turns`` is 1 for a
rotation and −1 for a translation. ``velocity`` is 1 for a velocity and −1 for a position. A free
joint has an axis for each of its numbers, but the real part of its quaternion has the axis 0, 0, 0.
"""

_TORSO = 1  # the world is body 0
_UNIT = np.eye(3)
_FREE_QPOS = np.concatenate([_UNIT, np.zeros((1, 3)), _UNIT])
_FREE_DOFS = np.concatenate([_UNIT, _UNIT])

Rows = npt.NDArray[np.float64]


@functools.cache
def places(body: str) -> Places:
    """Return the coordinates of each sensor of ``body`` and of each actuator.

    `SENSOR` and `ACTUATOR` name the coordinates. They are the same for all damages of a body,
    because no damage moves a joint.
    """
    model = compiled(body, INTACT, "gymnasium")
    joints = _joints(model)
    positions: list[list[float]] = []
    velocities: list[list[float]] = []
    for joint, row in enumerate(joints):
        free = model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE
        slides = model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE
        for rows, axes, rate in (
            (positions, _FREE_QPOS if free else row[None, 3:], -1.0),
            (velocities, _FREE_DOFS if free else row[None, 3:], 1.0),
        ):
            for number, axis in enumerate(axes):
                turns = -1.0 if slides or (free and number < 3) else 1.0
                rows.append([*row[:3], *axis, turns, rate])
    seen = [*positions[BODIES[body].skipped_qpos :], *velocities]
    driven = joints[model.actuator_trnid[:, 0]]
    return Places(_tuples(seen), _tuples(driven.tolist()))


def _joints(model: mujoco.MjModel) -> Rows:
    """Return the coordinates of all joints ``(n_joints, 6)``, in the order of `ACTUATOR`."""
    data = mujoco.MjData(model)  # at rest: qpos0
    mujoco.mj_kinematics(model, data)
    to_torso = data.xmat[_TORSO].reshape(3, 3)  # turns row vectors into the torso's frame
    anchors = (data.xanchor - data.xpos[_TORSO]) @ to_torso
    anchors[model.jnt_bodyid == _TORSO] = 0
    axes = np.abs(data.xaxis @ to_torso)
    # The numbers are rounded, so that equal joints are equal to the last bit on every machine.
    return np.concatenate([anchors / np.abs(anchors).max(), axes], axis=1).round(6)


def _tuples(rows: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in rows)
