"""Bodies of the ant in training, and bodies in which centers are tested.

A fold says which leg a run sees shortened; the other three legs are unseen. Protocol ``one`` trains
on the intact body and on the body with the shortened leg. Protocol ``weak`` also trains on bodies
in which one of the other legs has its full length, but weak motors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metahebb.tasks.locomotion.damage import INTACT

LEGS = tuple(f"short_{leg}_ankle" for leg in ("left", "right", "third", "fourth"))
"""The four single-leg damages: front left, back left, back right, front right (heading +x)."""
WORDS = {
    "fold": "the one leg that training shows shortened: left, right, third or fourth, as the "
    "simulator names the front left, back left, back right and front right one",
    "seen": "that leg, its shin at a quarter of the length",
    "unseen": "the three other legs shortened, which training never shows",
    "intact": "no leg shortened",
}
"""The words that the pages of walking studies use, with their meanings."""
LONG = ("long_back", "long_front")
PAIRS = (
    "short_left_ankle+short_right_ankle",
    "short_left_ankle+short_fourth_ankle",
    "short_left_ankle+short_third_ankle",
)
"""Bodies with two shortened legs: both left ones, both front ones, and two on a diagonal."""
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

    @property
    def words(self) -> str:
        """The words with which pages say what training showed."""
        alone = " without weak motors" if self.protocol == "one" else ""
        return f"trained on the shortened {self.leg.split('_')[1]} leg{alone}"


def _weak(leg: str) -> str:
    """Return the body that has weak motors in the leg which the damage ``leg`` shortens."""
    number = LEGS.index(leg) + 1
    return f"weak:hip_{number}={WEAK}+weak:ankle_{number}={WEAK}"


ONE = tuple(Fold("one", leg) for leg in LEGS)
WEAKENED = tuple(Fold("weak", leg) for leg in LEGS)


def words_of(folds: Sequence[Fold]) -> str:
    """Return the words with which pages say what runs on ``folds`` were trained on."""
    if len(folds) == 1:
        return folds[0].words
    alone = " without weak motors" if folds[0].protocol == "one" else ""
    which = "each leg" if len(folds) == len(LEGS) else f"{len(folds)} legs"
    return f"trained on {which} in turn{alone}"
