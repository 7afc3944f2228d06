"""Groups of runs of one arm, and the mean distances of their centers by kind of body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.kit.cells import Cells, Floats, cells
from experiments.kit.claims import Interval
from experiments.protocols.legs.bodies import BODIES, Fold
from experiments.protocols.legs.budgets import Budget
from experiments.protocols.legs.runs import Runs
from metahebb.analysis.statistics import few_runs, nested_means, quantile_interval
from metahebb.evolution.backends.where import Where
from metahebb.tasks.locomotion.damage import INTACT

WALKS = 1.0
"""Mean distance from which on an arm counts as walking [m]."""
KINDS = ("intact", "seen", "unseen", "long", "pairs", "alive")


@dataclass(frozen=True)
class Group:
    """The runs of one arm under one protocol.

    Attributes:
        arm: name of the arm.
        protocol: name of the protocol of training, see `Fold`.
        folds: folds that have runs.
        seeds: seeds of evolution that have runs.
        cells: lives of each run's center, by fold and seed.
    """

    arm: str
    protocol: str
    folds: tuple[Fold, ...]
    seeds: tuple[int, ...]
    cells: dict[tuple[Fold, int], Cells]

    @classmethod
    def of(
        cls, arm: str, runs: Runs, budget: Budget, where: Where, probes: tuple[str, ...] = ()
    ) -> Group:
        """Return the group of an arm's runs under one protocol, with their lives in all bodies.

        Args:
            arm: the name of the arm.
            runs: the runs, with every seed on every fold.
            budget: the budget, which has the number and the length of lives.
            where: the place where the lives are lived.
            probes: the probes of every life.
        """
        lived = {
            job: cells(run, BODIES, budget.lives, budget.steps, where, probes)
            for job, run in runs.items()
        }
        folds = tuple(dict.fromkeys(fold for fold, _ in runs))
        seeds = tuple(dict.fromkeys(seed for _, seed in runs))
        return cls(arm, folds[0].protocol, folds, seeds, lived)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.folds) * len(self.seeds)

    def draws(self) -> tuple[dict[str, float], dict[str, Floats]]:
        """Return means over folds, seeds and lives, and draws of the means, by kind of body."""
        data = np.array(
            [[_kinds(self.cells[fold, seed], fold) for seed in self.seeds] for fold in self.folds]
        ).transpose(0, 1, 3, 2)
        means = dict(zip(KINDS, data.mean((0, 1, 2)).tolist(), strict=True))
        return means, dict(zip(KINDS, nested_means(data).T, strict=True))

    def interval(self, draws: Floats, value: float) -> tuple[float, float]:
        """Return the 95 % interval of a figure of the group, from its draws."""
        return quantile_interval(draws, value, few_runs(len(self.folds), len(self.seeds)))

    def kind(self, kind: str) -> tuple[float, float, float]:
        """Return the mean over the bodies of a kind [m], with its interval."""
        means, draws = self.draws()
        return means[kind], *self.interval(draws[kind], means[kind])

    def retention(self) -> Interval:
        """Return the distance on unseen legs divided by the intact distance, and its interval.

        The ratio is None if the arm does not walk intact. The interval is None if the interval of
        the intact distance reaches below `WALKS`, because a division by nearly 0 says nothing.
        """
        means, draws = self.draws()
        if self.interval(draws["intact"], means["intact"])[0] < WALKS:
            walks = means["intact"] >= WALKS
            return (means["unseen"] / means["intact"] if walks else None), None, None
        ratio = means["unseen"] / means["intact"]
        return ratio, *self.interval(draws["unseen"] / draws["intact"], ratio)

    def retains_more(self, other: Group) -> Interval:
        """Return this group's `retention` minus that of ``other``, on common folds and seeds."""
        pair = self.common(other)
        (ours, low, _), (theirs, other_low, _) = (group.retention() for group in pair)
        if ours is None or theirs is None:
            return None, None, None
        if low is None or other_low is None:
            return ours - theirs, None, None
        # Life i of run j has the same world in both groups, so that both are drawn together.
        mine, others = (d["unseen"] / d["intact"] for d in (group.draws()[1] for group in pair))
        return ours - theirs, *pair[0].interval(mine - others, ours - theirs)

    def only(self, folds: tuple[Fold, ...], seeds: tuple[int, ...]) -> Group:
        """Return the part of the group with these folds and seeds."""
        some = {(f, s): lived for (f, s), lived in self.cells.items() if f in folds and s in seeds}
        return Group(self.arm, self.protocol, folds, seeds, some)

    def common(self, other: Group) -> tuple[Group, Group]:
        """Return both groups on the folds and seeds that they have in common."""
        folds = tuple(fold for fold in self.folds if fold in other.folds)
        seeds = tuple(seed for seed in self.seeds if seed in other.seeds)
        return self.only(folds, seeds), other.only(folds, seeds)


def _kinds(lived: Cells, fold: Fold) -> Floats:
    """Return means over the bodies of each kind, ``(n_kinds, n_lives)``.

    The means are distances [m]; the mean of the last kind is the survival on unseen legs.
    """

    def mean(bodies: Sequence[str]) -> Floats:
        rows = [lived.bodies.index(body) for body in bodies]
        values: Floats = lived.distance[rows].mean(0)
        return values

    unseen = [lived.bodies.index(body) for body in fold.unseen]
    return np.array(
        [
            mean([INTACT]),
            mean([fold.leg]),
            mean(fold.unseen),
            mean([b for b in lived.bodies if b.startswith("long")]),
            mean([b for b in lived.bodies if "+" in b]),
            lived.survived[unseen].mean(0),
        ]
    )
