"""The figure of psychometric curves: random dots, and two modalities with a context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.cognitive.names import ACTOR_CRITIC, CONTEXT, CONTEXT_CHOICE, DOTS, NODE
from experiments.cognitive.runs import Taught
from experiments.cognitive.tested import fresh_of
from experiments.kit.claims import Claim
from metahebb.analysis.choices import GroupCurve, choice_curves
from metahebb.learning.lived import Outcomes
from metahebb.report.figures import FAINT, INK, LIVES, save, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRENGTHS = (0.0, 0.05, 0.1, 0.2, 0.5)
"""The sizes of evidence with which rate networks are tested that learned from the last one."""
TRIALS = 1000
"""The number of these trials of each run."""
CONDITIONS = ("attended", "ignored")
"""The strength of the attended modality, and of the other one."""


@dataclass(frozen=True)
class Panel:
    """A panel of the figure.

    Attributes:
        title: the task and the system.
        label: the label of the horizontal axis.
        answer: words for the answer that is counted.
        curves: the curve of each condition, by its name.
        seeds: the seeds of the runs whose trials the curves are of.
    """

    title: str
    label: str
    answer: str
    curves: dict[str, GroupCurve]
    seeds: tuple[int, ...]


def panels_of(taught: Sequence[Taught], trials: int = TRIALS) -> list[Panel]:
    """Return the panels of the arms that are there and have runs that learned.

    Args:
        taught: the runs of every arm.
        trials: the number of trials with several sizes of evidence, of each rate network.
    """
    by_name = {(each.arm.task, each.arm.system): each for each in taught}
    panels = []
    for task, system, names in (
        (DOTS, ACTOR_CRITIC, ("coherence",)),
        (CONTEXT_CHOICE, ACTOR_CRITIC, CONDITIONS),
        (CONTEXT, NODE, CONDITIONS),
    ):
        pair = by_name.get((task, system))
        pooled = None if pair is None else _pooled(_good(pair, trials))
        if pair is None or pooled is None:
            continue
        of_rate = system == NODE
        curves = {name: choice_curves(pooled, name, 1 if of_rate else 2)[0] for name in names}
        words = ("strength", "a positive output") if of_rate else ("coherence [%]", "choice 2")
        good = zip(pair.seeds, pair.has_learned(), strict=True)
        seeds = tuple(seed for seed, learned in good if learned)
        panels.append(Panel(pair.arm.name, *words, curves, seeds))
    return panels


def swings(panels: Sequence[Panel], made_by: str) -> list[Claim]:
    """Return how much each input sways the choices of runs that learned to regard a context.

    It is the part of trials with an answer at the input's greatest strength, less the part at its
    least strength: 1 for an input that decides, and 0 for one that has no effect.

    Args:
        panels: the tasks of the figure, with the choices of the runs that learned each of them.
        made_by: the command that made the runs.
    """
    claims = []
    for panel in panels:
        for name in CONDITIONS:
            if name in panel.curves:
                part = panel.curves[name].given.part
                what = f"{panel.title}: sway of the {name} input over choices, from its least to "
                value = float(part[-1] - part[0])
                name_of = f"{what}its greatest strength"
                claims.append(Claim(name_of, value, None, None, None, panel.seeds, made_by))
    return claims


def draw_psychometric(panels: Sequence[Panel], folder: Path) -> None:
    """Write ``psychometric.png``; without a panel, say in the figure that no run learned."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 3.9), layout="constrained")
    if not panels:
        figure.text(0.5, 0.5, "no run learned", ha="center", color=INK)
    all_axes = figure.subplots(1, max(1, len(panels)), squeeze=False, sharey=True)[0]
    for axes, panel in zip(all_axes, panels, strict=False):
        style(axes, panel.label, f"part of trials with {panel.answer}", panel.title)
        for color, (name, curve) in zip(LIVES, panel.curves.items(), strict=False):
            _curve(axes, curve, name, color)
        axes.axhline(0.5, color=FAINT, linewidth=0.6, zorder=0)
        axes.axvline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.set_ylim(-0.03, 1.03)
        if len(panel.curves) > 1:
            axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left")
    save(figure, folder / "psychometric.png")


def _curve(axes: Axes, curve: GroupCurve, name: str, color: str) -> None:
    points = curve.given.binned(11)
    low, high = points.intervals()
    spread = np.stack([points.part - low, high - points.part]).clip(min=0)
    axes.errorbar(points.levels, points.part, yerr=spread, linestyle="", marker="o", markersize=4,
                  color=color, linewidth=1.0, label=name)  # fmt: skip
    if curve.fit is not None:
        at = np.linspace(points.levels[0], points.levels[-1], 300)
        axes.plot(at, curve.fit(at), color=color, linewidth=1.5)


def _good(taught: Taught, trials: int) -> list[Outcomes]:
    """Return the fresh trials of the runs that learned, of a rate network with weak evidence."""
    runs = zip(taught.runs, taught.fresh, taught.has_learned(), strict=True)
    if taught.arm.system != NODE:
        return [fresh for _, fresh, good in runs if good]
    task: Any = taught.arm.config.task
    task = replace(task, strengths=STRENGTHS)
    return [_by_context(fresh_of(run, taught.arm, trials, task)) for run, _, good in runs if good]


def _pooled(runs: Sequence[Outcomes]) -> Outcomes | None:
    """Return the trials of all runs together; None without a run."""
    if not runs:
        return None
    names = ("kind", "reward", "error", "correct", "choice")
    values: dict[str, Any] = {
        name: np.concatenate([getattr(run, name) for run in runs]) for name in names
    }
    conditions = {
        name: np.concatenate([run.conditions[name] for run in runs]) for name in runs[0].conditions
    }
    return Outcomes(**values, conditions=conditions)


def _by_context(outcomes: Outcomes) -> Outcomes:
    """Return the outcomes with the strength of the attended input, and of the ignored one."""
    first, second, attended = (
        outcomes.conditions[name] for name in ("strength_1", "strength_2", "attended")
    )
    is_first = attended == 1
    values = np.where(is_first, first, second), np.where(is_first, second, first)
    return replace(outcomes, conditions=dict(zip(CONDITIONS, values, strict=True)))
