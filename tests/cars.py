"""Helpers for tests of car racing: drivers, lanes, and a stand-in that draws no frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium.envs.box2d.car_racing import CarRacing as GymnasiumCarRacing

from metahebb.tasks import CarRacing
from metahebb.tasks.car_racing.lanes import CarRacingLanes

STANDING = np.array([[0, -50, -50]], np.float32)
"""Outputs without gas and brake."""
AHEAD = np.array([[0, 0, -50]], np.float32)
"""Outputs that drive straight ahead with half of the gas; with full gas, a car spins."""
BLACK = np.zeros((96, 96, 3), np.uint8)


def wander(seed: int, n: int) -> np.ndarray:
    """Return outputs ``(n, 3)`` of a driver who swerves off the road, and brakes at times."""
    rng = np.random.default_rng(seed)
    outputs, turn = rng.normal(0, 1.5, (n, 3)), 0.0
    for i in range(n):
        turn = 0.9 * turn + 0.3 * rng.normal()
        outputs[i, 0] = turn
    outputs[:, 1] += np.where(np.arange(n) % 100 < 60, 1, -2)
    outputs[:, 2] -= 4
    return outputs.astype(np.float32)


def open_lanes(task: CarRacing, seeds: Sequence[int], first: int = 0) -> CarRacingLanes:
    """Return lanes that begin lives of ``seeds``, from lane ``first`` on."""
    lanes = task.lanes(first + len(seeds))
    some = np.arange(first, first + len(seeds))
    lanes.reset(some, seeds, np.zeros(len(seeds), np.intp))
    return lanes


def draw_nothing(env: GymnasiumCarRacing, mode: str) -> np.ndarray:
    """Return a black frame, in place of Gymnasium's slow ``_render``."""
    return BLACK
