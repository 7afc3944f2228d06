"""Bodies of the ant in training, and bodies in which centers are tested.

A fold says which leg a run sees shortened; the other three legs are unseen. Protocol ``one`` trains
on the intact body and on the body with the shortened leg. Protocol ``weak`` also trains on bodies
in which one of the other legs has its full length, but weak motors.
"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.tasks.locomotion.damage import INTACT

LEGS = tuple(f"short_{leg}_ankle" for leg in ("left", "right", "third", "fourth"))
"""The four damages of a single leg, in this order: front left, back left, back right, front right
(for an ant that heads for +x)."""
LONG = ("long_back", "long_front")
PAIRS = (
    "short_left_ankle+short_right_ankle",
    "short_left_ankle+short_fourth_ankle",
    "short_left_ankle+short_third_ankle",
)
"""Bodies with two shortened legs: both of a side, both in front, and two of a diagonal."""
BODIES = (INTACT, *LEGS, *LONG, *PAIRS)
"""All bodies in which centers are tested."""
DT = 0.05
"""Simulated time of an env step of the ant [s]."""
STEPS = 330
"""Number of env steps of an evaluated life, 16.5 s, which is the length of a published life."""
BULLET = 0.0165
"""Meters per published unit of distance (Najarro & Risi 2020, with Bullet's ant)."""
WEAK = 0.3
"""Fraction of its strength that is left to the motors of a weak leg."""


@dataclass(frozen=True)
class Fold:
    """The bodies that a run sees in training.

    Attributes:
        protocol: name of the protocol, ``one`` or ``weak``.
        leg: leg that is shortened in training.
    """

    protocol: str
    leg: str

    @property
    def unseen(self) -> tuple[str, ...]:
        """The bodies that test the other legs, each with one of them shortened."""
        return tuple(leg for leg in LEGS if leg != self.leg)

    @property
    def training(self) -> tuple[str, ...]:
        """The bodies of training."""
        weak = tuple(_weak(leg) for leg in self.unseen)
        return (INTACT, self.leg, *weak) if self.protocol == "weak" else (INTACT, self.leg)

    def __str__(self) -> str:
        """Return the fold as the name of a folder."""
        return f"{self.protocol}-{self.leg.split('_')[1]}"


def _weak(leg: str) -> str:
    """Return the body that has weak motors in the leg which the damage ``leg`` shortens."""
    number = LEGS.index(leg) + 1
    return f"weak:hip_{number}={WEAK}+weak:ankle_{number}={WEAK}"


ONE = tuple(Fold("one", leg) for leg in LEGS)
WEAKENED = tuple(Fold("weak", leg) for leg in LEGS)
