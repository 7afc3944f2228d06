"""Checks that refuse a run that is too large for the memory of this machine, before it begins."""

from __future__ import annotations

import psutil

from metahebb.errors import InputError
from metahebb.worker import OUTCOME, Setup

_TASK_BYTES = 2048
"""Bytes, roughly, of a lane of the smallest task: a lane of ant or CartPole takes 2.6 kB."""


def check_memory(needed: int, expected: str, got: str, remedy: str) -> None:
    """Raise InputError if ``needed`` bytes are not free; the texts are parts of the message.

    As ``needed`` is a lower bound, a run that passes may still turn out too large.
    """
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"expected {expected} in memory, got {got} ({needed / 2**30:,.0f} GB of "
            f"{free / 2**30:.0f} GB free); {remedy}"
        )


def check_lanes(setup: Setup, lanes: int, workers: int) -> None:
    """Raise InputError if ``lanes`` lanes in each of ``workers`` workers do not fit in memory."""
    check_memory(
        lanes * workers * (4 * setup.genome.size + _TASK_BYTES),
        "lanes that fit",
        f"{lanes} lanes of {setup.genome.size} numbers in each of {workers} workers",
        "use fewer --lanes (16 are enough to be fast)",
    )


def check_lives(lives: int, got: str, remedy: str) -> None:
    """Raise InputError if the outcomes of ``lives`` lives do not fit in memory.

    The texts ``got`` and ``remedy`` become parts of the message.
    """
    check_memory(lives * OUTCOME.itemsize, "lives whose outcomes fit", got, remedy)
