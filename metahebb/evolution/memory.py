"""What is too large for this machine is refused before it is made."""

from __future__ import annotations

import psutil

from metahebb.errors import InputError
from metahebb.worker import OUTCOME, Setup

_TASK_BYTES = 2048
"""What a lane of the smallest task takes, roughly: an ant's takes 2.6 kB, CartPole's as much."""


def check_memory(needed: int, expected: str, got: str, remedy: str) -> None:
    """Raise InputError, made of these words, if ``needed`` bytes are not free.

    ``needed`` is a lower bound: what passes may still turn out too large.
    """
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"expected {expected} in memory, got {got} ({needed / 2**30:,.0f} GB of "
            f"{free / 2**30:.0f} GB free); {remedy}"
        )


def check_lanes(setup: Setup, lanes: int, workers: int) -> None:
    """Raise InputError if ``lanes`` in each of ``workers`` threads or processes cannot fit."""
    check_memory(
        lanes * workers * (4 * setup.genome.size + _TASK_BYTES),
        "lanes that fit",
        f"{lanes} lanes of {setup.genome.size} numbers in each of {workers} workers",
        "use fewer --lanes (16 are enough to be fast)",
    )


def check_lives(lives: int, got: str, remedy: str) -> None:
    """Raise InputError, with ``got`` for their number, if outcomes of so many lives cannot fit."""
    check_memory(lives * OUTCOME.itemsize, "lives whose outcomes fit", got, remedy)
