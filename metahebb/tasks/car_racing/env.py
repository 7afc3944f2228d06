"""Gymnasium's CarRacing with another friction, or with a push to the side.

``metahebb.tasks`` registers the environment.
"""

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
"""The friction of grass, divided by the friction of the road."""
STIFFNESS = 205000 * SIZE * SIZE
"""The force of a wheel, divided by the speed at which it slips."""
BLOCKS = 0.9
"""The brake value from which on a wheel stands still."""


class VariedCarRacing(CarRacing):
    """``metahebb/CarRacing-v0``: CarRacing-v3 with another friction, or a steady push sideways.

    Observations, actions, reward and ending are those of Gymnasium's environment, which this one
    equals exactly with a friction of 1 and a push of 0. Each episode has a new world, so that it
    does not depend on earlier episodes.

    Source: the variations of Palm, Najarro & Risi 2021. A push is a speed at which each wheel seems
    to slip to the side.

    Version History:
        v0: first version.
    """

    def __init__(self, friction: float = 1.0, push: float = 0.0, **kwargs: Any) -> None:
        """Make the environment.

        Args:
            friction: the factor by which Gymnasium's friction of road and grass is multiplied.
            push: the push to the car's right [m/s]; a negative one is to its left.
            **kwargs: arguments of Gymnasium's environment, such as ``render_mode``.

        Raises:
            InputError: the friction is not above 0, or the push is not finite.
        """
        if not (0 < friction < np.inf and np.isfinite(push)):
            raise InputError(
                f"expected a friction above 0 and a finite push, got friction={friction} and "
                f"push={push} (metahebb/CarRacing-v0)"
            )
        self._friction, self._push = friction, push
        super().__init__(**kwargs)
        # Gymnasium's constructor has called this with its own arguments; this call replaces them.
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
        """Destroy the world; without that, its bodies would stay in Box2D's memory.

        The next reset makes a new world.
        """
        self._destroy()  # type: ignore[no-untyped-call]
        self.car = None
        super().close()  # type: ignore[no-untyped-call]

    def step(
        self, action: npt.NDArray[Any] | int | None
    ) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Advance by 1/50 s; ``action`` is None when Gymnasium's own ``reset`` calls this."""
        assert self.car is not None
        if (self._friction, self._push) != (1.0, 0.0):
            arguments = (self.car, self._friction, self._push)
            self.car.step = functools.partial(drive, *arguments)  # type: ignore[method-assign]
        observation, *rest = super().step(action)  # type: ignore[arg-type]
        return observation, *rest


def drive(car: Car, friction: float, push: float, dt: float) -> None:
    """Act on a car's wheels for ``dt`` [s], with another friction and a push.

    This does the same as the car's own ``step``, but it makes no skid marks, which only films show.
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
