"""The task of driving a car from pixels: Gymnasium's CarRacing, with other frictions and pushes."""

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
    """The ground of a variant.

    Attributes:
        friction: the factor by which Gymnasium's friction is multiplied.
        push: the push to the car's right [m/s]; a negative one is to its left.
    """

    friction: float = 1.0
    push: float = 0.0


VARIANTS = {
    DEFAULT: Ground(),
    "half_friction": Ground(friction=0.5),
    "double_friction": Ground(friction=2.0),
    "pushed_left": Ground(push=-10.0),
    "pushed_right": Ground(push=10.0),
}
"""The grounds of Palm et al. 2021 by name; in their evolution ``pushed_right`` was held out."""
FRAME = 96
"""The number of rows, and of columns, of Gymnasium's frames."""
STEPS_PER_SECOND = 50
"""The number of steps of Gymnasium's physics per second."""


def has_envpool() -> bool:
    """Return whether EnvPool is installed."""
    return importlib.util.find_spec("envpool") is not None


@dataclass(frozen=True)
class CarRacing(Task):
    """Gymnasium's CarRacing-v3, with its physics, tracks, reward and ending.

    A step has the reward −0.1, and a lap 1000. An observation is the frame of 96 by 96 pixels,
    reduced to ``size`` by ``size`` by means over areas, as one row of numbers in [0, 1] in the
    order (row, column, channel). The network's outputs are linear. Steering is the tanh of the
    first output, and gas and brake are sigmoids of the other two, as published.

    With ``world="gymnasium"`` a life equals an episode of ``gymnasium.make("CarRacing-v3")``, seed
    for seed. With ``compiled``, the default, the physics are the same, and a kernel draws frames
    twenty times as fast; a pixel differs from Gymnasium's by less than a gray level on average
    (tests/contract/test_car_racing.py). ``envpool`` is EnvPool's reimplementation, with its own
    physics and tracks.

    Raises:
        InputError: a variant or world is unknown, a size is out of range, the world does not have
            the variant, or EnvPool is not installed.

    Source: Najarro & Risi 2020, section 4.1, and Palm, Najarro & Risi 2021 for the variants.
    Differs from the reference: the environment is v3, and theirs was v0. The image is not
    transposed.
    """

    variants: tuple[str, ...] = (DEFAULT,)
    """The grounds on which lives are lived: default, half_friction, double_friction, pushed_left or
    pushed_right."""
    world: Literal["compiled", "gymnasium", "envpool"] = "compiled"
    """The code that draws the frames, and for envpool also moves the car."""
    size: int = 84
    """The number of rows, and of columns, of an observation, from 48 to 96."""
    patience: int = 20
    """The number of steps in a row without a new tile that a life survives."""
    max_steps: int = 1000
    """The number of env steps after which a life ends if the run sets no horizon."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
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
        """The name of the task in texts for people."""
        return "car_racing"

    @property
    def seconds_per_step(self) -> float:
        """The simulated time of a step [s]."""
        return 1 / STEPS_PER_SECOND

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""
        return self.size**2 * 3

    @property
    def n_outputs(self) -> int:
        """The number of outputs: steering, gas and brake."""
        return 3

    @property
    def image(self) -> tuple[int, int, int]:
        """The rows, columns and channels of an observation."""
        return self.size, self.size, 3

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants in which a life can be lived."""
        return self.variants

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The visited part of the track's tiles; no measures in EnvPool's world."""
        if self.world == "envpool":
            return ()
        visited = "visited part of the track's tiles, 0 to 1"
        return (Measure("tiles", description=visited, low=0.0, high=1.0),)

    def on(self, bodies: tuple[str, ...]) -> CarRacing:
        """Return the same task with other variants."""
        return dataclasses.replace(self, variants=bodies)

    def filmed(self) -> CarRacing:
        """Return the task itself, because its lanes can always draw pictures.

        EnvPool's world cannot draw; there `CarRacingLanes.picture` raises an InputError.
        """
        return self

    def draws_by_mujoco(self) -> bool:
        """Return False, because pygame draws the pictures."""
        return False

    def lanes(self, n: int) -> CarRacingLanes:
        """Return ``n`` new lanes."""
        from metahebb.tasks.car_racing.lanes import CarRacingLanes

        return CarRacingLanes(self, n)
