"""Where the camera of a film stands, and what it sees: shared by the GL and the drawn frames."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

SIZE = (400, 300)
"""Width and height of a frame [px]."""
FOV = math.radians(45.0)
"""Vertical field of view, MuJoCo's default [rad]."""
_CALM = 0.4
"""Seconds over which the camera averages the body's way, so that it glides."""


@dataclass(frozen=True)
class View:
    """A camera that keeps its direction and follows a point, in MuJoCo's terms.

    Attributes:
        azimuth: of the line of sight, 90 looks along +y with +x to the right [degrees].
        elevation: of the line of sight, negative looks down [degrees].
        distance: from the camera to the point it looks at [m].
        height: of that point [m]; the body's own height would make the picture bounce.
    """

    azimuth: float
    elevation: float
    distance: float
    height: float

    def project(self, points: Points, lookat: Points) -> tuple[Points, Points]:
        """Return the frame coordinates ``(..., 2)`` [px] and depths [m] of ``points`` ``(..., 3)``.

        What is not in front of the camera has a depth of 0 or less.
        """
        forward, right, up = self._axes()
        away = points - (lookat - self.distance * forward)
        depth = away @ forward
        scale = focal_length() / np.where(depth > 0, depth, np.inf)
        x = SIZE[0] / 2 + scale * (away @ right)
        y = SIZE[1] / 2 - scale * (away @ up)
        return np.stack([x, y], -1), depth

    def _axes(self) -> tuple[Points, Points, Points]:
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        level = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
        vertical = np.array([0.0, 0.0, 1.0])
        forward = math.cos(elevation) * level + math.sin(elevation) * vertical
        up = math.cos(elevation) * vertical - math.sin(elevation) * level
        return forward, np.array([level[1], -level[0], 0.0]), up

    def horizon(self) -> float:
        """Return the row at which the ground ends, far away [px]; negative if out of sight."""
        return SIZE[1] / 2 + focal_length() * math.tan(math.radians(self.elevation))


VIEWS: dict[str, View] = {
    "ant": View(azimuth=65, elevation=-22, distance=4.2, height=0.35),
    "half_cheetah": View(azimuth=90, elevation=-10, distance=3.4, height=0.6),
    "hopper": View(azimuth=90, elevation=-8, distance=3.4, height=0.8),
    "walker2d": View(azimuth=90, elevation=-8, distance=3.6, height=0.85),
    "swimmer": View(azimuth=90, elevation=-50, distance=5.5, height=0.0),
}
"""By body."""
FROM_THE_SIDE = View(azimuth=90, elevation=-10, distance=3.5, height=0.6)
"""The view of a body without one of its own."""


def focal_length() -> float:
    """Return the pixels that a metre takes at a depth of one metre."""
    return SIZE[1] / 2 / math.tan(FOV / 2)


def follow(torso: Points, height: float, dt: float) -> Points:
    """Return the points ``(T, 3)`` that the camera looks at.

    Args:
        torso: ``(T, 3)`` where the torso is [m].
        height: of the point [m].
        dt: time between rows [s].
    """
    from scipy.ndimage import gaussian_filter1d

    lookat: Points = gaussian_filter1d(torso, sigma=_CALM / dt, axis=0, mode="nearest")
    lookat[:, 2] = height
    return lookat
