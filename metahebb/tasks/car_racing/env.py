"""Gymnasium's car on another ground, or pushed; ``metahebb.tasks`` registers it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from Box2D import b2World  # type: ignore[import-untyped]
from gymnasium.envs.box2d.car_dynamics import (
    ENGINE_POWER,
    FRICTION_LIMIT,
    SIZE,
    WHEEL_MOMENT_OF_INERTIA,
    Car,
)
from gymnasium.envs.box2d.car_racing import CarRacing
from gymnasium.utils import EzPickle

from metahebb.errors import InputError

ON_GRASS = 0.6
"""Friction of grass by that of the road."""
STIFFNESS = 205000 * SIZE * SIZE
"""Force of a wheel by the speed at which it slips."""
BLOCKS = 0.9
"""Brake from which on a wheel stands still."""


class VariedCarRacing(CarRacing):
    """``metahebb/CarRacing-v0``: CarRacing-v3 with another friction, or a steady push sideways.

    Observations, actions, reward and ending are those of Gymnasium's environment; without friction
    and push it equals it exactly. Each episode has a world of its own, so that it does not depend
    on those before it.

    Reference: Palm, Najarro & Risi 2021, whose variations these are. Their push is a speed, by
    which each wheel seems to slip to the side.

    Version History:
        v0: first version.
    """

    def __init__(self, friction: float = 1.0, push: float = 0.0, **kwargs: Any) -> None:
        """Make the environment.

        Args:
            friction: of road and grass, by Gymnasium's.
            push: to the car's right [m/s]; negative: to its left.
            **kwargs: arguments of Gymnasium's environment, ``render_mode`` among them.

        Raises:
            InputError: the friction is not above 0, or the push not finite.
        """
        if not (0 < friction < np.inf and np.isfinite(push)):
            raise InputError(
                f"expected a friction above 0 and a finite push, got friction={friction} and "
                f"push={push} (metahebb/CarRacing-v0)"
            )
        self._friction, self._push = friction, push
        super().__init__(**kwargs)
        # After Gymnasium's own call of this, which notes the arguments of its constructor.
        EzPickle.__init__(self, friction=friction, push=push, **kwargs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, in a new world."""
        self._destroy()  # type: ignore[no-untyped-call]
        self.world = b2World((0, 0), contactListener=self.contactListener_keepref)
        self.car = None
        observation, info = super().reset(seed=seed, options=options)
        return observation, info

    def close(self) -> None:
        """Let go of the world: Box2D keeps bodies that are not destroyed, and with them the rest.

        It begins anew with the next reset.
        """
        self._destroy()  # type: ignore[no-untyped-call]
        self.car = None
        super().close()  # type: ignore[no-untyped-call]

    def step(
        self, action: npt.NDArray[Any] | int | None
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Advance by 1/50 s; without an action in Gymnasium's own reset."""
        assert self.car is not None
        if (self._friction, self._push) != (1.0, 0.0):
            told = (self.car, self._friction, self._push)
            self.car.step = functools.partial(drive, *told)  # type: ignore[method-assign]
        observation, *rest = super().step(action)  # type: ignore[arg-type]
        return observation, *rest


def drive(car: Car, friction: float, push: float, dt: float) -> None:
    """Act on a car's wheels for ``dt`` [s], as its own ``step`` does on a common ground.

    Skid marks, which only films would show, are not made.
    """
    for wheel in car.wheels:
        turn = wheel.steer - wheel.joint.angle
        wheel.joint.motorSpeed = np.sign(turn) * min(50.0 * abs(turn), 3.0)

        firm = FRICTION_LIMIT * friction
        grip = max([firm * ON_GRASS, *(firm * tile.road_friction for tile in wheel.tiles)])
        ahead, aside = wheel.GetWorldVector((0, 1)), wheel.GetWorldVector((1, 0))
        speed = wheel.linearVelocity
        forward = ahead[0] * speed[0] + ahead[1] * speed[1]
        sideward = aside[0] * speed[0] + aside[1] * speed[1]

        power = dt * ENGINE_POWER * wheel.gas
        wheel.omega += power / WHEEL_MOMENT_OF_INERTIA / (abs(wheel.omega) + 5.0)
        car.fuel_spent += power
        if wheel.brake >= BLOCKS:
            wheel.omega = 0
        elif wheel.brake > 0:
            wheel.omega -= np.sign(wheel.omega) * min(15 * wheel.brake, abs(wheel.omega))
        wheel.phase += wheel.omega * dt

        along = (-forward + wheel.omega * wheel.wheel_rad) * STIFFNESS
        across = (-sideward + push) * STIFFNESS
        force = np.sqrt(np.square(along) + np.square(across))
        if force > grip:
            along, across = along / force * grip, across / force * grip
        wheel.omega -= dt * along * wheel.wheel_rad / WHEEL_MOMENT_OF_INERTIA
        wheel.ApplyForceToCenter(
            (across * aside[0] + along * ahead[0], across * aside[1] + along * ahead[1]), True
        )
