"""Tables of the distances and the survival of arms in every body."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.kit.kept import Cell, Table
from experiments.kit.results import write_rows
from experiments.protocols.legs.groups import Group

HEADS = {
    "intact": "intact",
    "seen": "seen leg",
    "unseen": "unseen legs",
    "long": "long legs",
    "pairs": "two legs",
    "alive": "alive on unseen",
}


def kinds_table(groups: Sequence[Group]) -> Table:
    """Return a table of meters by arm and kind of body; an arm with one run has no intervals."""
    heads = ("arm", "protocol", "runs", *HEADS.values(), "unseen / intact")
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        means, draws = group.draws()
        row: list[Cell] = [group.arm, group.protocol, group.runs]
        for kind in HEADS:
            ends = group.interval(draws[kind], means[kind])
            if kind == "alive":
                ends = min(max(ends[0], 0.0), 1.0), min(max(ends[1], 0.0), 1.0)
            row.append(_cell(group, means[kind], *ends))
        rows.append((*row, _cell(group, *group.retention())))
    return Table(heads, tuple(rows))


def bodies_table(groups: Sequence[Group]) -> Table:
    """Return a table of mean meters over seeds and lives, by arm, fold and body."""
    bodies = next(iter(groups[0].cells.values())).bodies
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        for fold in group.folds:
            means = np.mean([group.cells[fold, seed].distance for seed in group.seeds], axis=(0, 2))
            cells = [
                f"**{value:.1f}**" if body in fold.unseen else f"{value:.1f}"
                for body, value in zip(bodies, means, strict=True)
            ]
            rows.append((group.arm, str(fold), *cells))
    return Table(("arm", "fold", *bodies), tuple(rows))


def write_runs(folder: Path, groups: Sequence[Group]) -> None:
    """Write ``runs.csv``, the mean distance and survival of each run in each body."""
    rows = []
    for group in groups:
        for (fold, seed), lived in group.cells.items():
            for row, body in enumerate(lived.bodies):
                seen = body in ("intact", fold.leg)
                meters, alive = lived.distance[row].mean(), lived.survived[row].mean()
                lives = lived.distance.shape[1]
                rows.append(
                    [group.arm, fold, seed, body, seen, lives, f"{meters:.3f}", f"{alive:.2f}"]
                )
    heads = ("arm", "fold", "seed", "body", "seen", "lives", "meters", "alive")
    write_rows(folder / "runs.csv", heads, rows)


def _cell(group: Group, value: float | None, low: float | None, high: float | None) -> Cell:
    return (value, None, None) if group.runs == 1 else (value, low, high)
