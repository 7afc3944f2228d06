"""The frames of CarRacing, drawn by a compiled kernel instead of pygame."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.compiler import compiled
from metahebb.compiler.module import module_text

if TYPE_CHECKING:
    from gymnasium.envs.box2d.car_racing import CarRacing

    from metahebb.tasks.base import LaneNumbers

FRAME = 96
"""The number of rows, and of columns, of a frame."""
_TEXT = 12
"""The number of rows, and of columns, of the corner of a frame in which the score stands."""
_QUADS = 512
"""The number of a road's polygons for which memory is allocated at first."""


class Shrinker:
    """A shrinker reduces frames ``(96, 96, 3)`` to ``size`` by ``size``, by means over areas.

    The result equals that of OpenCV's ``INTER_AREA``, which Gymnasium's ``ResizeObservation``
    calls, but it is not rounded to whole numbers.
    """

    def __init__(self, size: int) -> None:
        """Prepare the weights for ``size``, which must be at least half of a frame's size."""
        edges = np.arange(size + 1) * FRAME / size
        self._firsts = np.floor(edges[:-1] + 1e-9).astype(np.intp)
        inside = np.minimum(self._firsts + 1, edges[1:]) - edges[:-1]
        beyond = np.maximum(edges[1:] - self._firsts - 2, 0)  # the part in a third row or column
        parts = [inside, np.diff(edges) - inside - beyond, beyond]
        weights = np.stack(parts, axis=1) * size / FRAME
        self._weights = np.where(weights < 1e-9, 0, weights).astype(np.float32)
        self._mixed = np.zeros(3 * FRAME, np.float32)
        self._shrink: Any = compiled(module_text(_driver_source())).shrink

    def __call__(
        self, lanes: LaneNumbers, frames: npt.NDArray[np.uint8], out: npt.NDArray[np.float32]
    ) -> None:
        """Write the reduced ``frames`` ``(n, 96, 96, 3)`` of ``lanes`` into their rows of ``out``.

        The numbers that are written are in [0, 1].
        """
        self._shrink(lanes, frames, self._firsts, self._weights, self._mixed, out)


class CarView:
    """A view draws the frame of each lane's car, for all lanes in one call.

    Attributes:
        frames: ``(n, 96, 96, 3)``, the frame of each lane that was drawn last.
    """

    def __init__(self, n: int) -> None:
        """Allocate the memory for ``n`` lanes."""
        self.frames = np.zeros((n, FRAME, FRAME, 3), np.uint8)
        self._envs: dict[int, CarRacing] = {}
        self._states = np.zeros((n, 27))
        self._texts = np.zeros((n, _TEXT, _TEXT), np.uint8)
        self._counts = np.zeros(n, np.intp)
        self._fixed = _grass(), *_shapes()
        self._make_room(_QUADS)
        self._draw: Any = compiled(module_text(_driver_source())).draw

    def _make_room(self, quads: int) -> None:
        """Allocate memory for roads of ``quads`` polygons, and for all polygons of a frame."""
        n, most = len(self._counts), quads + len(self._fixed[0]) + 32
        self._quads = np.zeros((n, quads, 4, 2))
        self._colors = np.zeros((n, quads, 3))
        scene = (
            np.zeros((most, 6, 2)),
            np.zeros((most, 2)),
            np.zeros(most, np.uint32),
        )
        rows = np.zeros(FRAME + 1, np.intp), np.zeros(most * FRAME, np.intp)
        self._scratch = scene, rows, np.zeros((4, 4 * FRAME), np.uint32)

    def meet(self, lane: int, env: CarRacing) -> None:
        """Share the road of a new world with its environment.

        Gymnasium changes the colors of tiles that a car has visited. The colors are shared, so that
        the kernel draws the change.
        """
        self._envs[lane] = env
        count = len(env.road_poly)
        if count > self._quads.shape[1]:
            self._make_room(2 * count)
            for other, known in self._envs.items():
                self._share(other, known)
        else:
            self._share(lane, env)

    def _share(self, lane: int, env: CarRacing) -> None:
        colors = self._colors[lane]
        self._counts[lane] = len(env.road_poly)
        tiles = iter(env.road or ())
        for k, (quad, color) in enumerate(env.road_poly):
            self._quads[lane, k] = quad
            colors[k] = color
            if isinstance(color, np.ndarray):  # a tile's polygon, which comes before its border's
                next(tiles).color = colors[k]
                env.road_poly[k] = (quad, colors[k])

    def note(self, lane: int, env: CarRacing) -> None:
        """Copy the car's position and the values of its instruments, to draw them later."""
        car = env.car
        assert car is not None
        hull = car.hull
        (x, y), (u, v) = hull.position, hull.linearVelocity
        state = [x, y, hull.angle, env.t]
        for wheel in car.wheels:
            x, y = wheel.position
            state += [x, y, wheel.angle, wheel.phase, wheel.omega]
        steered = car.wheels[0].joint.angle
        state += [np.sqrt(u * u + v * v), steered, hull.angularVelocity]
        self._states[lane] = state
        self._texts[lane] = _text(f"{env.reward:04.0f}")

    def draw(self, lanes: LaneNumbers) -> None:
        """Draw the frames of ``lanes`` from the states that `note` has copied."""
        self._draw(
            lanes,
            self.frames,
            self._states,
            self._texts,
            (self._quads, self._colors, self._counts),
            self._fixed,
            *self._scratch,
        )


def _grass() -> npt.NDArray[np.float64]:
    """Return the corners ``(401, 4, 2)`` [m] of the field, and of its patches of brighter grass."""
    from gymnasium.envs.box2d.car_racing import GRASS_DIM, PLAYFIELD

    def square(x: float, y: float, size: float) -> list[tuple[float, float]]:
        return [(x + size, y), (x, y), (x, y + size), (x + size, y + size)]

    places = np.arange(-20, 20, 2) * GRASS_DIM
    patches = [square(x, y, GRASS_DIM) for x in places for y in places]
    return np.array([square(-PLAYFIELD, -PLAYFIELD, 2 * PLAYFIELD), *patches])


def _shapes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the corners of the hull's quadrangles ``(6, 4, 2)`` and of a wheel ``(4, 2)`` [m].

    Three of the quadrangles make the hull's octagon.
    """
    from gymnasium.envs.box2d import car_dynamics as dynamics

    bumper, nose, body, wing = (getattr(dynamics, f"HULL_POLY{k}") for k in range(1, 5))
    parts = [[body[k], body[k + 1], body[6 - k], body[7 - k]] for k in range(3)]
    hull = np.array([bumper, nose, *parts, wing], np.float64)
    w, r = dynamics.WHEEL_W, dynamics.WHEEL_R
    wheel = np.array([(-w, r), (w, r), (w, -r), (-w, -r)], np.float64)
    return hull * dynamics.SIZE, wheel * dynamics.SIZE


@functools.lru_cache(maxsize=4096)
def _text(text: str) -> npt.NDArray[np.uint8]:
    """Return the brightness ``(12, 12)`` of the corner in which pygame writes the score."""
    import pygame

    pygame.font.init()
    corner = pygame.Surface((125, 100))  # the part of the window that 12 by 12 pixels show
    font = pygame.font.Font(pygame.font.get_default_font(), 42)
    written = font.render(text, True, (255, 255, 255), (0, 0, 0))
    corner.blit(written, written.get_rect(center=(60, 50)))
    small = pygame.transform.smoothscale(corner, (_TEXT, _TEXT))
    return np.array(pygame.surfarray.pixels3d(small)[..., 0].T)


@functools.cache
def _driver_source() -> str:
    text = Path(__file__).with_name("_view_kernel.py").read_text(encoding="utf-8")
    return text[text.index("u32 = ") :]
