"""What the study ``latent`` looks at: fresh lives of a genome, step by step, and their figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.analysis.statistics import few_runs, nested_interval, nested_means
from metahebb.life import Ending
from metahebb.probes import Moment, parse_probes
from metahebb.report.figures import BLUE, FAINT, GRAY, GREEN, INK, ORANGE, save, style
from metahebb.runs.center import Center
from metahebb.tasks import Reversal
from metahebb.tasks.reversal import ReversalLanes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

MEASURES = ("return", "before", "after")
"""Mean score of all go steps; of the settled ones before the flip, and after it."""
BOUND = 1.0
"""That no score is beyond, on either side."""
LANES = 64
LINES = ((GREEN, "-"), (GRAY, "-"), (ORANGE, "-"), (BLUE, "-"), (INK, "--"))
"""Color and dashes of each arm in the figure of the study ``latent``."""


@dataclass(frozen=True)
class Lived:
    """Lives of one arm; a life that ended non-finite scores 0, as guessing does.

    Attributes:
        measures: ``(n_runs, n_lives, 3)``, in the order of `MEASURES`.
        flips: ``(n_runs, n_lives)`` the first step with the other sign.
        scores: ``(n_runs, n_lives, max_steps)`` ±1 in go steps, 0 in look steps.
    """

    measures: Floats
    flips: npt.NDArray[np.intp]
    scores: npt.NDArray[np.int8]

    @classmethod
    def join(cls, runs: Sequence[Lived]) -> Lived:
        """Return the lives of several runs, each of one."""
        return cls(*(np.concatenate([vars(r)[key] for r in runs]) for key in vars(runs[0])))

    def interval(self, measure: str) -> tuple[float, float, float]:
        """Return the mean of a measure with its 95 % interval over runs and lives."""
        return nested_interval(self.measures[..., MEASURES.index(measure)], BOUND)

    def minus(self, other: Lived, measure: str) -> tuple[float, float, float]:
        """Return how much more it scores than ``other``, life by life, with its interval.

        Life i of run j has the same world in both where seeds, generations and lives are the same.
        """
        more = (self.measures - other.measures)[..., MEASURES.index(measure)]
        return nested_interval(more, 2 * BOUND)


def rows_of(found: dict[str, Lived]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return each measure with its interval, by who lived."""
    return {name: {m: lived.interval(m) for m in MEASURES} for name, lived in found.items()}


def rows_table(found: dict[str, Lived]) -> str:
    """Return a row per arm and per probe, in Markdown."""
    lines = ["| who | return | settled, before the flip | settled, after it |", "|---|---|---|---|"]
    for name, row in rows_of(found).items():
        shown = (f"{mean:.2f} [{low:.2f}, {high:.2f}]" for mean, low, high in row.values())
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def live(center: Center, n: int, probe: str = "") -> Lived:
    """Return ``n`` fresh lives of ``center``, the same ones whatever ``probe`` is done to them."""
    task = center.setup.task
    assert isinstance(task, Reversal)
    probed = center.within(replace(center.setup, probes=parse_probes([probe] if probe else [])))
    recorder = _Recorder(np.zeros((n, task.max_steps), np.int8))
    measures, flips = np.zeros((n, len(MEASURES))), np.zeros(n, np.intp)
    for result in probed.watch(range(n), [recorder], max_steps=task.max_steps, lanes=LANES):
        flips[result.unit] = int(result.measures["flip"])
        if result.ending is not Ending.NONFINITE:
            found = result.measures
            measures[result.unit] = result.episode_return, found["before"], found["after"]
    return Lived(measures[None], flips[None], recorder.scores[None])


@dataclass(frozen=True)
class _Recorder:
    """An observer that notes what each output scores."""

    scores: npt.NDArray[np.int8]

    def observe_outputs(self, moment: Moment, outputs: npt.NDArray[np.float32]) -> None:
        """Note the scores."""
        assert isinstance(moment.task, ReversalLanes)
        self.scores[moment.units, moment.steps] = moment.task.score(outputs, moment.lanes)


def curve(lived: Lived, task: Reversal, starts: npt.NDArray[np.intp], cycles: int) -> Floats:
    """Return mean score, low and high per cycle from ``starts`` ``(n_runs, n_lives)``, ``(3, c)``.

    A window as long as a cycle holds as many go steps, wherever in the cycle it begins.
    """
    length = task.look + task.go
    steps = starts[..., None] + np.arange(cycles * length)
    scores = np.take_along_axis(lived.scores, steps, axis=2)
    means = scores.reshape(*starts.shape, cycles, length).sum(-1) / task.go
    mean = means.mean((0, 1))
    ends = np.quantile(nested_means(means[None]), (0.025, 0.975), axis=0)
    low, high = np.clip(mean + few_runs(1, len(means)) * (ends - mean), -1, 1)
    return np.stack([mean, low, high])


def draw(
    arms: dict[str, Lived],
    task: Reversal,
    folder: Path,
    lines: Sequence[tuple[str, str]] = LINES,
) -> None:
    """Write the figure: the score after birth, and around the flip, which lives have aligned."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    born, turned = figure.subplots(1, 2, sharey=True, width_ratios=(1.0, 1.5))
    length = task.look + task.go
    cycles = task.max_steps // 3 // length  # every life has as many before its flip and after it
    before = cycles // 2
    for (name, lived), line in zip(arms.items(), lines[: len(arms)], strict=True):
        birth = curve(lived, task, np.zeros_like(lived.flips), cycles)
        _band(born, birth, 0, length, line, name)
        around = curve(lived, task, lived.flips - before * length, before + cycles)
        _band(turned, around, -before * length, length, line, name)
    style(born, "env steps since birth", "mean score of a go step", "Finding it out")
    style(turned, "env steps since the flip", "", "The hidden variable flips")
    turned.axvline(0, color=INK, linewidth=0.8, linestyle="--", alpha=0.5)
    for axes in (born, turned):
        axes.axhline(0, color=FAINT, linewidth=0.6, zorder=0)
        axes.set_ylim(-1.08, 1.08)
    born.legend(edgecolor="none", framealpha=0.8, fontsize=8, labelcolor=INK, loc="lower right")
    save(figure, folder / "score.png")


def _band(
    axes: Axes, found: Floats, first: int, length: int, line: tuple[str, str], name: str
) -> None:
    middle = first + (np.arange(found.shape[1]) + 0.5) * length
    color, dashes = line
    axes.plot(middle, found[0], color=color, linestyle=dashes, linewidth=1.6, label=name)
    axes.fill_between(middle, found[1], found[2], color=color, alpha=0.2, linewidth=0)
