"""Tables of the distances and the survival of arms in every body."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

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


def kinds_table(groups: Sequence[Group]) -> str:
    """Return a Markdown table of meters by arm and kind of body, with 95 % intervals."""
    lines = [
        f"| arm | protocol | folds × seeds | {' | '.join(HEADS.values())} | unseen / intact |",
        "|---" * (len(HEADS) + 4) + "|",
    ]
    for group in groups:
        means, draws = group.draws()
        row = [group.arm, group.protocol, f"{len(group.folds)} × {len(group.seeds)}"]
        for kind in HEADS:
            ends = group.interval(draws[kind], means[kind])
            row.append(_cell(means[kind], *(np.clip(ends, 0, 1) if kind == "alive" else ends)))
        row.append(_cell(*group.retention()))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def bodies_table(groups: Sequence[Group]) -> str:
    """Return a Markdown table of mean meters over seeds and lives, by arm, fold and body."""
    bodies = next(iter(groups[0].cells.values())).bodies
    lines = [f"| arm | fold | {' | '.join(bodies)} |", "|---" * (len(bodies) + 2) + "|"]
    for group in groups:
        for fold in group.folds:
            means = np.mean([group.cells[fold, seed].distance for seed in group.seeds], axis=(0, 2))
            cells = [
                f"**{value:.1f}**" if body in fold.unseen else f"{value:.1f}"
                for body, value in zip(bodies, means, strict=True)
            ]
            lines.append(f"| {group.arm} | {fold} | {' | '.join(cells)} |")
    return "\n".join(lines)


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


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" + ("" if low is None else f" [{low:.2f}, {high:.2f}]")
