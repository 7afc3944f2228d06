"""Small runs of learning for tests, in this process, and what their folders hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import metahebb as mh
from metahebb.cli import main

SHORT = ("--no-finish", "--quiet")
TINY = ("--hidden", "12", "--task.dt", "20")
"""Flags that make a trial of ``dnms`` take 50 steps of a network of 12 units."""
KINDS: dict[str, tuple[str, ...]] = {
    "node perturbation": ("dnms", *TINY),
    "supralinear": ("dnms-paper", "--hidden", "12", "--task.dt", "2"),
    "reward": ("reversal",),
    "gradient": ("association", "--learner.batch", "5", "--hidden", "6"),
    "actor-critic": (
        *("match-to-sample", "--learner.batch", "5", "--learner.n-units", "8"),
        *("--learner.critic-units", "6"),
    ),
}
"""A small command for each way of learning."""


def learn(
    path: Path, *flags: str, trials: int = 60, words: tuple[str, ...] = ("dnms", *TINY)
) -> int:
    """Let a small network learn into ``path``; return the exit status."""
    return main(["learn", *words, *SHORT, "--trials", str(trials), "--out", str(path), *flags])


def resume(path: Path, *flags: str) -> int:
    """Go on with the run at ``path``; return the exit status."""
    return main(["resume", str(path), *SHORT, *flags])


def life(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return all that a learning life has come to: outcomes, weights, and the last state."""
    run = mh.open(path)
    newest = run.folder.read_newest()
    assert newest is not None
    outcomes = {f"outcome {name}": run.outcomes[name] for name in run.outcomes}
    return {**outcomes, **run.weights, **newest.state}


def same(one: dict[str, npt.NDArray[Any]], other: dict[str, npt.NDArray[Any]]) -> bool:
    """Return whether two lives are the same, bit for bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )
