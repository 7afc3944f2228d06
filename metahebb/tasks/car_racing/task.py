"""A car that sees the road from above: Gymnasium's CarRacing, on three grounds and pushed."""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from metahebb.errors import InputError, unknown_name
from metahebb.tasks.base import Measure, Task
from metahebb.tasks.gym.adapter import DEFAULT

if TYPE_CHECKING:
    from metahebb.tasks.car_racing.lanes import CarRacingLanes


class Ground(NamedTuple):
    """What differs between variants: friction by Gymnasium's, push to the right [m/s]."""

    friction: float = 1.0
    push: float = 0.0


VARIANTS = {
    DEFAULT: Ground(),
    "half_friction": Ground(friction=0.5),
    "double_friction": Ground(friction=2.0),
    "pushed_left": Ground(push=-10.0),
    "pushed_right": Ground(push=10.0),
}
"""Those of Palm et al. 2021, whose held-out one is ``pushed_right``."""
FRAME = 96
"""Rows and columns that Gymnasium shows."""
STEPS_PER_SECOND = 50
"""Of Gymnasium's physics."""


def has_envpool() -> bool:
    """Return whether EnvPool is installed."""
    return importlib.util.find_spec("envpool") is not None


@dataclass(frozen=True)
class CarRacing(Task):
    """CarRacing-v3 with its own physics, tracks, reward (−0.1 a step, 1000 a lap) and ending.

    An observation is the frame of 96 by 96 pixels, reduced to ``size`` by means over areas, as one
    row of (row, column, channel) in [0, 1]. Outputs are linear: steering is the tanh of the first,
    gas and brake are sigmoids of the others, as published.

    With ``world="gymnasium"`` a life is, seed for seed, that of ``gymnasium.make("CarRacing-v3")``.
    With ``compiled``, the default, it has the same physics, and frames that differ from those by
    less than a gray level on average (tests/contract/test_car_racing.py), twenty times as fast.
    ``envpool`` is EnvPool's reimplementation, with physics and tracks of its own.

    Raises:
        InputError: for an unknown variant or world, sizes out of range, a variant that the world
            does not have, or EnvPool where it is not installed.

    Reference: Najarro & Risi 2020, section 4.1, and Palm, Najarro & Risi 2021 for the variants.
    Differs from the reference: v3 of the environment where they had v0, and the image is not
    transposed.
    """

    variants: tuple[str, ...] = (DEFAULT,)
    """Grounds that lives can have: default, half_friction, double_friction, pushed_left or
    pushed_right."""
    world: Literal["compiled", "gymnasium", "envpool"] = "compiled"
    """What draws the frames, and for envpool what moves the car."""
    size: int = 84
    """Rows and columns of an observation, from 48 to 96."""
    patience: int = 20
    """Steps in a row without a new tile after which the next one ends a life."""
    max_steps: int = 1000
    """Horizon used when the run sets none."""

    def __post_init__(self) -> None:
        """Check every field."""
        if self.world not in ("compiled", "gymnasium", "envpool"):
            raise unknown_name("world", self.world, ("compiled", "gymnasium", "envpool"))
        if not self.variants:
            raise InputError(f"expected at least one variant, got none; use {DEFAULT!r}")
        for variant in self.variants:
            if variant not in VARIANTS:
                raise unknown_name("variant", variant, VARIANTS)
        if not FRAME // 2 <= self.size <= FRAME:
            raise InputError(
                f"expected a size from {FRAME // 2} to {FRAME} (CarRacing), got {self.size}"
            )
        if self.patience < 1 or self.max_steps < 1:
            got = f"patience={self.patience}, max_steps={self.max_steps}"
            raise InputError(
                f"expected patience and max_steps of at least 1 (CarRacing), got {got}"
            )
        if self.world == "envpool":
            if self.variants != (DEFAULT,):
                raise InputError(
                    f"expected the variant {DEFAULT} in EnvPool's world, got "
                    f"{', '.join(self.variants)}; use --task.world compiled"
                )
            if not has_envpool():
                raise InputError(
                    "expected EnvPool for --task.world envpool, got none installed; "
                    "pip install 'metahebb[fast]', or use --task.world compiled"
                )

    @property
    def label(self) -> str:
        """The task's name."""
        return "car_racing"

    @property
    def seconds_per_step(self) -> float:
        """Simulated time of a step [s]."""
        return 1 / STEPS_PER_SECOND

    @property
    def n_observations(self) -> int:
        """Numbers of an observation."""
        return self.size**2 * 3

    @property
    def n_outputs(self) -> int:
        """Steering, gas, brake."""
        return 3

    @property
    def image(self) -> tuple[int, int, int]:
        """Rows, columns and channels of an observation."""
        return self.size, self.size, 3

    @property
    def bodies(self) -> tuple[str, ...]:
        """The variants."""
        return self.variants

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The part of the track's tiles that were visited, which EnvPool does not tell."""
        return () if self.world == "envpool" else (Measure("tiles"),)

    def on(self, bodies: tuple[str, ...]) -> CarRacing:
        """Return the task with other variants."""
        return dataclasses.replace(self, variants=bodies)

    def filmed(self) -> CarRacing:
        """Return the task itself, whose lanes can draw without being asked beforehand.

        EnvPool's cannot, which `CarRacingLanes.picture` says.
        """
        return self

    def draws_by_mujoco(self) -> bool:
        """Return False: pygame draws the pictures."""
        return False

    def lanes(self, n: int) -> CarRacingLanes:
        """Open ``n`` lanes."""
        from metahebb.tasks.car_racing.lanes import CarRacingLanes

        return CarRacingLanes(self, n)
