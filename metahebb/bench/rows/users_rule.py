"""The speed of a rule from a user's file against the built-in rule of the same arithmetic."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.bench.rows.plastic_step import HEADS, grown

OWN = '''\
"""A rule as its author writes it: the arithmetic of abcd_lr in other words."""

from metahebb.plasticity import rule


@rule
def mine(pre, post, weight, /, A, B, C, D, eta):
    """Return Hebb's product, a term of each side and a constant, times the learning rate."""
    hebb = A * pre * post
    change = hebb + B * pre + C * post + D
    return eta * change
'''


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield one row, for plastic steps of the ant's network on one core."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.py"
        path.write_text(OWN, encoding="utf-8")
        works = {"ours": _steps(f"{path}:mine", lanes), "peer": _steps("abcd_lr", lanes)}
        rates = interleaved(works, 5 if quick else 21)
    yield compare(
        "user's rule",
        rates["ours"],
        rates["peer"],
        ">= 0.95",
        "steps/s",
        f"the built-in abcd_lr; plastic steps of the ant's network, {lanes} lanes, one core",
    )


def _steps(rule: str, lanes: int) -> Work:
    sizes = HEADS["ant"]
    living, every = grown(sizes, lanes, rule), np.arange(lanes, dtype=np.intp)
    observations = np.random.default_rng(0).uniform(-1, 1, (lanes, sizes[0])).astype(np.float32)

    def work() -> float:
        for _ in range(800):
            living.act(observations, every)
        return 800.0 * lanes

    return work
