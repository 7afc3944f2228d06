"""Frames drawn with Pillow, for machines without GL: capsules and spheres in perspective."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from metahebb.report.camera import SIZE, View, focal_length

if TYPE_CHECKING:
    import mujoco

Points = npt.NDArray[np.float64]
Color = tuple[int, ...]

_OVERSAMPLING = 2  # Pillow draws hard edges; halving a picture of twice the size smooths them
_NEAR = 0.3  # metres before the camera that are cut off
_REACH = 24.0  # metres of ground drawn around the body
_SKY, _GROUND, _SHADOW = (247, 249, 252), (226, 231, 236), (184, 192, 200)
_GRID, _METER, _LABEL = (200, 207, 215), (144, 156, 168), (92, 103, 115)
_OUTLINE = (38, 50, 64)
_TINTS = ((47, 72, 98), (226, 122, 63), (240, 168, 104), (246, 199, 140))
"""By distance from the torso in the body's tree."""


def drawn_frames(
    model: mujoco.MjModel, qpos: Points, lookat: Points, view: View
) -> list[npt.NDArray[np.uint8]]:
    """Return pictures ``(height, width, 3)`` of the positions ``qpos`` ``(n, nq)``.

    Args:
        model: the body; its capsules and spheres are drawn.
        qpos: positions, one row per frame.
        lookat: ``(n, 3)`` the point that the camera looks at in each frame.
        view: the camera.
    """
    import mujoco

    data = mujoco.MjData(model)
    frames = []
    for position, target in zip(qpos, lookat, strict=True):
        data.qpos[:] = position
        mujoco.mj_kinematics(model, data)
        frames.append(_Canvas(view, target, _ground_height(model)).frame(model, data))
    return frames


def _ground_height(model: mujoco.MjModel) -> float:
    import mujoco

    planes = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    return float(model.geom_pos[planes[0], 2]) if planes.size else 0.0


class _Canvas:
    """One frame in the making."""

    def __init__(self, view: View, lookat: Points, ground: float) -> None:
        self._view, self._lookat, self._ground = view, lookat, ground
        size = (SIZE[0] * _OVERSAMPLING, SIZE[1] * _OVERSAMPLING)
        self._image = Image.new("RGB", size, _GROUND)
        self._draw = ImageDraw.Draw(self._image)

    def frame(self, model: mujoco.MjModel, data: mujoco.MjData) -> npt.NDArray[np.uint8]:
        """Draw the ground, the shadow and the body, and return the picture."""
        horizon = int(self._view.horizon() * _OVERSAMPLING)
        if horizon > 0:
            self._draw.rectangle((0, 0, self._image.width, horizon), fill=_SKY)
        self._draw_ground()
        limbs = _limbs(model, data)
        for ends, radius, _ in limbs:
            shadow = ends.copy()
            shadow[:, 2] = self._ground
            self._stroke(shadow, 0.9 * radius, _SHADOW)
        for ends, radius, tint in sorted(limbs, key=lambda limb: -self._depth(limb[0])):
            self._stroke(ends, radius, _OUTLINE, margin=1.0)
            self._stroke(ends, radius, tint)
            light = tuple(int(c + 0.35 * (255 - c)) for c in tint)
            self._stroke(ends + np.array([0.0, 0.0, 0.4 * radius]), 0.3 * radius, light)
        return np.asarray(self._image.reduce(_OVERSAMPLING), np.uint8)

    def _draw_ground(self) -> None:
        """Draw lines one metre apart; those across the way carry their distance."""
        x0, y0 = round(self._lookat[0]), round(self._lookat[1])
        reach = np.array([-_REACH, _REACH])
        for y in y0 + np.arange(-_REACH, _REACH + 1):
            self._line(x0 + reach, np.array([y, y]), _GRID, 1)
        for x in x0 + np.arange(-_REACH, _REACH + 1):
            color, width = (_METER, 3) if x % 5 == 0 else (_GRID, 2)
            self._line(np.array([x, x]), y0 + reach, color, width)
        font = ImageFont.load_default(11 * _OVERSAMPLING)
        for x in x0 + np.arange(-6.0, 7.0):
            place = np.array([x, self._lookat[1] - 0.2 * self._view.distance, self._ground])
            at, depth = self._view.project(place, self._lookat)
            if depth > _NEAR and 20 < at[0] < SIZE[0] - 20:  # whole, or not at all
                text = f"{x:.0f} m"
                self._draw.text(
                    tuple(at * _OVERSAMPLING), text, fill=_LABEL, font=font, anchor="mm"
                )

    def _line(self, x: Points, y: Points, color: Color, width: int) -> None:
        """Draw a straight line on the ground between two ends, as far as it is in view."""
        ends = np.column_stack([x, y, np.full(2, self._ground)])
        _, depth = self._view.project(ends, self._lookat)
        if depth.max() <= _NEAR:
            return
        if depth.min() < _NEAR:
            behind = int(depth.argmin())
            part = (_NEAR - depth[1 - behind]) / (depth[behind] - depth[1 - behind])
            ends[behind] = ends[1 - behind] + part * (ends[behind] - ends[1 - behind])
        at, _ = self._view.project(ends, self._lookat)
        self._draw.line([tuple(end * _OVERSAMPLING) for end in at], fill=color, width=width)

    def _depth(self, ends: Points) -> float:
        return float(self._view.project(ends, self._lookat)[1].mean())

    def _stroke(self, ends: Points, radius: float, color: Color, margin: float = 0.0) -> None:
        """Draw a capsule between ``ends`` ``(2, 3)``; ``margin`` widens it by so many pixels."""
        at, depth = self._view.project(ends, self._lookat)
        if depth.min() <= _NEAR:
            return
        sizes = (focal_length() * radius / depth + margin) * _OVERSAMPLING
        (x0, y0), (x1, y1) = at * _OVERSAMPLING
        across = np.array([y1 - y0, x0 - x1])
        length = float(np.hypot(*across))
        if length > 0:
            side = across / length
            corners = [
                (x0 + s * sizes[0] * side[0], y0 + s * sizes[0] * side[1]) for s in (-1.0, 1.0)
            ]
            corners += [
                (x1 + s * sizes[1] * side[0], y1 + s * sizes[1] * side[1]) for s in (1.0, -1.0)
            ]
            self._draw.polygon(corners, fill=color)
        for (x, y), r in zip(at * _OVERSAMPLING, sizes, strict=True):
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=color)


def _limbs(model: mujoco.MjModel, data: mujoco.MjData) -> list[tuple[Points, float, Color]]:
    """Return ends ``(2, 3)`` [m], radius [m] and color of each capsule and sphere."""
    import mujoco

    limbs: list[tuple[Points, float, Color]] = []
    for geom in range(model.ngeom):
        kind = mujoco.mjtGeom(model.geom_type[geom])
        if kind not in (mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_SPHERE):
            continue
        radius, half = model.geom_size[geom, :2]
        axis = data.geom_xmat[geom].reshape(3, 3)[:, 2]
        reach = axis * (half if kind == mujoco.mjtGeom.mjGEOM_CAPSULE else 0.0)
        center = data.geom_xpos[geom]
        tint = _TINTS[min(_generation(model, model.geom_bodyid[geom]), len(_TINTS) - 1)]
        limbs.append((np.stack([center - reach, center + reach]), float(radius), tint))
    return limbs


def _generation(model: mujoco.MjModel, body: int) -> int:
    """Return how many bodies stand between ``body`` and the torso, itself counted."""
    count = -1
    while body > 0:
        body, count = int(model.body_parentid[body]), count + 1
    return count
