"""The camera of a film, and frames drawn without GL."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from metahebb.report.camera import SIZE, VIEWS, View, follow
from metahebb.report.drawn import drawn_frames
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import compiled

LEVEL = View(azimuth=90, elevation=0, distance=4, height=0)


def test_points_are_projected_in_perspective() -> None:
    lookat = np.array([5.0, 1.0, 0.5])
    points = lookat + np.array([[0, 0, 0], [1, 0, 0], [1, 4, 0], [0, 0, 1], [0, -5, 0]])
    at, depth = LEVEL.project(points, lookat)
    meter = 150 / np.tan(np.radians(22.5)) / 4  # pixels, at the depth of what is looked at
    x, y = np.array(SIZE) / 2
    np.testing.assert_allclose(depth, [4, 4, 8, 4, -1], atol=1e-12)
    np.testing.assert_allclose(at[0], [x, y])
    np.testing.assert_allclose(at[1], [x + meter, y])  # +x is to the right
    np.testing.assert_allclose(at[2], [x + meter / 2, y])  # half as large twice as far
    np.testing.assert_allclose(at[3], [x, y - meter])


def test_the_horizon_is_where_far_ground_is_seen() -> None:
    view = VIEWS["half_cheetah"]
    far, _ = view.project(np.array([0.0, 1e6, 0.0]), np.zeros(3))
    assert view.horizon() == pytest.approx(far[1], abs=0.01)


def test_the_camera_glides_after_the_torso() -> None:
    t = np.arange(200) * 0.05
    torso = np.stack([t + 0.1 * np.sin(20 * t), np.zeros(200), 0.5 + 0.1 * np.sin(9 * t)], -1)
    lookat = follow(torso, height=0.3, dt=0.05)
    assert (lookat[:, 2] == 0.3).all()
    middle = slice(50, 150)
    np.testing.assert_allclose(lookat[middle, 0], t[middle], atol=0.01)  # without the wobble


def draw(body: str, damage: str = "intact", x: float = 0.0) -> np.ndarray:
    model = compiled(body, damage, "implicitfast")
    qpos = model.qpos0.copy()
    qpos[0] += x
    view = VIEWS[body]
    (frame,) = drawn_frames(model, qpos[None], np.array([[x, 0, view.height]]), view)
    return frame


def is_limb(frame: np.ndarray) -> np.ndarray:
    red, blue = frame[..., 0].astype(int), frame[..., 2].astype(int)
    return red > blue + 60


@pytest.mark.parametrize("body", BODIES)
def test_every_body_is_drawn_where_the_camera_sees_it(body: str) -> None:
    frame = draw(body)
    assert frame.shape == (SIZE[1], SIZE[0], 3)
    model = compiled(body, "intact", "implicitfast")
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    lookat = np.array([0, 0, VIEWS[body].height])
    limb = model.ngeom - 1  # the last one is a foot, or the tail
    (column, row), _ = VIEWS[body].project(data.geom_xpos[limb], lookat)
    assert is_limb(frame)[int(row), int(column)]


def test_a_shorter_limb_is_drawn_shorter() -> None:
    whole, damaged = draw("ant"), draw("ant", "limb:fourth_ankle_geom=0.25")
    assert is_limb(damaged).sum() < 0.9 * is_limb(whole).sum()


def test_the_ground_shows_that_the_body_moves() -> None:
    here, there = draw("ant"), draw("ant", x=0.5)
    assert (is_limb(here) == is_limb(there)).mean() > 0.999  # the camera follows
    moved = (here != there).any(-1) & ~is_limb(here)
    assert moved.sum() > 500  # lines and their numbers do not
