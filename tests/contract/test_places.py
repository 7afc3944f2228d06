"""Where sensors and actuators are: as MuJoCo's own dynamics have them, for every body."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from metahebb.tasks import GymTask, Locomotion, Reversal
from metahebb.tasks.base import Placed
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import PUBLISHED, compiled
from metahebb.tasks.locomotion.places import ACTUATOR, SENSOR

every_body = pytest.mark.parametrize("body", BODIES)


def told(body: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of sensors and of actuators, a row each."""
    places = Locomotion(body).places()
    return np.array(places.sensors), np.array(places.actuators)


def at_rest(body: str, damage: str = "intact") -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = compiled(body, damage, "gymnasium")
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


@every_body
def test_rows_are_those_of_sensors_and_actuators(body: str) -> None:
    task = Locomotion(body)
    sensors, actuators = told(body)
    assert sensors.shape == (task.n_observations, len(SENSOR))
    assert actuators.shape == (task.n_outputs, len(ACTUATOR))
    assert abs(sensors).max() == abs(sensors[:, :3]).max() == 1
    assert abs(actuators).max() == 1
    # One coordinate at least tells any two sensors apart; but a walker's legs lie side by side.
    twins = 2 * 3 if body == "walker2d" else 0
    assert len(np.unique(sensors, axis=0)) == len(sensors) - twins


@every_body
def test_an_actuator_is_where_the_velocity_is_that_it_drives(body: str) -> None:
    model, data = at_rest(body)
    sensors, actuators = told(body)
    velocities = sensors[-model.nv :]
    for number, actuator in enumerate(actuators):
        data.ctrl[:] = 0
        data.ctrl[number] = 1
        mujoco.mj_forward(model, data)
        (driven,) = np.flatnonzero(data.qfrc_actuator)
        np.testing.assert_array_equal(velocities[driven, : len(ACTUATOR)], actuator)


@every_body
def test_a_position_is_where_its_velocity_is(body: str) -> None:
    """A unit velocity moves one number of qpos, whose sensor differs in being a position."""
    model, data = at_rest(body)
    skipped = BODIES[body].skipped_qpos
    sensors = told(body)[0]
    for dof, velocity in enumerate(sensors[-model.nv :]):
        qpos, qvel = data.qpos.copy(), np.zeros(model.nv)
        qvel[dof] = 1
        mujoco.mj_integratePos(model, qpos, qvel, 1e-5)
        (moved,) = np.flatnonzero(abs(qpos - data.qpos) > 1e-6)
        assert velocity[-1] == 1
        if moved >= skipped:
            np.testing.assert_array_equal(sensors[moved - skipped], [*velocity[:-1], -1])


@every_body
def test_what_a_velocity_does_tells_its_place_and_axis(body: str) -> None:
    """A turn leaves its anchor alone and moves the limb around the axis; a shift moves all alike.

    Told by Jacobians, which MuJoCo derives from the motion of the bodies.
    """
    model, data = at_rest(body)
    sensors = told(body)[0]
    torso, frame = data.xpos[1], data.xmat[1].reshape(3, 3)
    joints = [j for j in range(model.njnt) if model.jnt_bodyid[j] != 1]
    unit = max(abs((data.xanchor[j] - torso) @ frame).max() for j in joints)
    for dof, velocity in enumerate(sensors[-model.nv :]):
        at = torso + frame @ velocity[:3] * unit
        shift, turn = np.zeros((2, 3, model.nv))
        mujoco.mj_jac(model, data, shift, turn, at, model.dof_bodyid[dof])
        is_turn = velocity[6] == 1
        moves = turn if is_turn else shift
        np.testing.assert_allclose(abs(frame.T @ moves[:, dof]), velocity[3:6], atol=1e-5)
        if is_turn:
            # The body's point at the joint stands still; coordinates are rounded to 1e-6.
            np.testing.assert_allclose(shift[:, dof], 0, atol=1e-5)
        else:
            np.testing.assert_array_equal(turn[:, dof], 0)


@pytest.mark.parametrize("axis", [0, 1])
def test_legs_that_are_mirror_images_have_mirrored_coordinates(axis: int) -> None:
    for rows in told("ant"):
        mirrored = rows.copy()
        mirrored[:, axis] *= -1
        assert (mirrored != rows).any()
        np.testing.assert_array_equal(np.unique(mirrored, axis=0), np.unique(rows, axis=0))


@pytest.mark.parametrize("damage", [*PUBLISHED["ant"], "weak:hip_1=0.5+lock:ankle_2=-1"])
def test_damage_moves_no_joint(damage: str) -> None:
    assert Locomotion("ant", damages=(damage,)).places() == Locomotion("ant").places()
    np.testing.assert_array_equal(at_rest("ant", damage)[1].xanchor, at_rest("ant")[1].xanchor)


def test_who_has_places_is_told_by_the_task() -> None:
    assert isinstance(Locomotion("hopper"), Placed)
    assert not isinstance(GymTask("CartPole-v1"), Placed)
    assert not isinstance(Reversal(), Placed)
