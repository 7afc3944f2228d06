"""Tables and the figure of the damage study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.arms import ARMS, COLORS
from experiments.study import write_rows
from experiments.tuning import Setting
from metahebb.report.figures import FAINT, GRAY, INK, save, style

if TYPE_CHECKING:
    from experiments.groups import Group

HEADS = {
    "intact": "intact",
    "seen": "seen leg",
    "unseen": "unseen legs",
    "long": "long legs",
    "pairs": "two legs",
    "alive": "alive on unseen",
}


def kinds_table(groups: Sequence[Group]) -> str:
    """Return metres by arm and kind of body, each with its 95 % interval, as Markdown."""
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
    """Return mean metres by arm, fold and body, over seeds and lives, as Markdown."""
    bodies = next(iter(groups[0].cells.values())).bodies
    lines = [f"| arm | fold | {' | '.join(bodies)} |", "|---" * (len(bodies) + 2) + "|"]
    for group in groups:
        for fold in group.folds:
            found = np.mean([group.cells[fold, seed].distance for seed in group.seeds], axis=(0, 2))
            cells = [
                f"**{value:.1f}**" if body in fold.unseen else f"{value:.1f}"
                for body, value in zip(bodies, found, strict=True)
            ]
            lines.append(f"| {group.arm} | {fold} | {' | '.join(cells)} |")
    return "\n".join(lines)


def tuning_table(tuning: Mapping[str, Sequence[tuple[Setting, float]]]) -> str:
    """Return the score of every setting that was tried, the chosen one bold, as Markdown."""
    settings = sorted({str(s) for tried in tuning.values() for s, _ in tried})
    lines = [
        f"| arm | {' | '.join(settings)} |",
        "|---" * (len(settings) + 1) + "|",
    ]
    for arm, tried in tuning.items():
        scores = {str(setting): f"{score:.2f}" for setting, score in tried}
        best = str(tried[0][0])
        scores[best] = f"**{scores[best]}**"
        lines.append(f"| {arm} | {' | '.join(scores[s] for s in settings)} |")
    return "\n".join(lines)


def write_runs(folder: Path, groups: Sequence[Group]) -> None:
    """Write ``runs.csv``: mean distance and survival of each run in each body."""
    rows = []
    for group in groups:
        for (fold, seed), found in group.cells.items():
            for row, body in enumerate(found.bodies):
                seen = body in ("intact", fold.leg)
                meters, alive = found.distance[row].mean(), found.survived[row].mean()
                lives = found.distance.shape[1]
                rows.append(
                    [group.arm, fold, seed, body, seen, lives, f"{meters:.3f}", f"{alive:.2f}"]
                )
    heads = ("arm", "fold", "seed", "body", "seen", "lives", "meters", "alive")
    write_rows(folder / "runs.csv", heads, rows)


def write_figure(
    folder: Path, groups: Sequence[Group], seconds: float, colors: Mapping[str, str] = COLORS
) -> None:
    """Write ``damage.png``: every run's distance, intact and in unseen damage, and arm means."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    for place, group in enumerate(groups):
        color = colors.get(group.arm, GRAY)
        means, draws = group.draws()
        for shift, kind, face in (
            (-0.2, "intact", color),
            (0.0, "seen", color),
            (0.2, "unseen", "w"),
        ):
            x = place + shift
            low, high = group.interval(draws[kind], means[kind])
            axes.plot([x, x], [low, high], color=color, lw=2, solid_capstyle="round")
            marker = {"intact": "o", "seen": "s", "unseen": "o"}[kind]
            axes.plot(x, means[kind], marker, color=color, mfc=face, ms=7, mew=1.5, zorder=3)
            runs = [run_mean(group, fold, seed, kind) for fold, seed in group.cells]
            axes.plot(np.full(len(runs), x + 0.07), runs, ".", color=FAINT, ms=3)
    labels = [f"{g.arm}\n{g.protocol}" for g in groups]
    axes.set_xticks(range(len(groups)), labels)
    axes.axhline(0, color=FAINT, lw=0.8)
    for kind, marker, face in (("intact", "o", INK), ("seen leg", "s", INK), ("unseen", "o", "w")):
        axes.plot([], [], marker, color=INK, mfc=face, label=kind)
    axes.legend(frameon=False, fontsize=8)
    style(
        axes,
        "",
        f"metres in {seconds:g} s",
        "Shortened legs: mean and 95 % interval; dots are runs",
    )
    save(figure, folder / "damage.png")


def run_mean(group: Group, fold: object, seed: int, kind: str) -> float:
    """Return a run's mean distance over the bodies of a kind [m]."""
    found = group.cells[fold, seed]  # type: ignore[index]
    names = {"intact": ("intact",), "seen": (fold.leg,), "unseen": fold.unseen}[kind]  # type: ignore[attr-defined]
    return float(found.distance[[found.bodies.index(name) for name in names]].mean())


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" + ("" if low is None else f" [{low:.2f}, {high:.2f}]")


def arms_table() -> str:
    """Return what each arm is, as Markdown."""
    lines = ["| arm | what |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {arm.what} |" for name, arm in ARMS.items())])
