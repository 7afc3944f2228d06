"""The lines of the figure of efficiency against workers."""

from __future__ import annotations

from metahebb.bench.scale.found import SCHEDULES, Scale
from metahebb.report.scale_figure import Efficiencies


def measured_lines(scale: Scale) -> list[Efficiencies]:
    """Return the synchronous runs as lines, one per mean and cv."""
    lines = []
    runs = [each for each in scale.held_out if not each.plan.delay]
    for mean_s, cv in dict.fromkeys((r.plan.lives.mean_s, r.plan.lives.cv) for r in runs):
        alike = [r for r in runs if (r.plan.lives.mean_s, r.plan.lives.cv) == (mean_s, cv)]
        line = Efficiencies(
            f"lives of {mean_s:g} s, cv {cv}",
            [r.plan.workers for r in alike],
            [r.model.efficiency for r in alike],
            [r.measured.efficiency for r in alike],
            dashed=cv > 0.1,
        )
        lines.append(line)
    return lines


def predicted_lines(scale: Scale) -> list[Efficiencies]:
    """Return the predictions as lines, one per delay and cv."""
    lines = []
    every = scale.predictions
    for delay, cv in dict.fromkeys((e.plan.delay, e.plan.lives.cv) for e in every):
        alike = [e for e in every if (e.plan.delay, e.plan.lives.cv) == (delay, cv)]
        model = [e.model.efficiency for e in alike]
        low, high = zip(*map(scale.band, model), strict=True)
        workers = [e.plan.workers for e in alike]
        label = f"{SCHEDULES[delay]}, cv {cv}"
        lines.append(Efficiencies(label, workers, model, (), low, high, dashed=cv > 0.1))
    return lines


def title_of(scale: Scale) -> str:
    """Return what is predicted, in words."""
    lives = scale.predictions[0].plan.lives
    return f"predicted: popsize {lives.popsize:,}, lives of {lives.mean_s:g} s"
