"""The notes on the page of the study ``cognitive``, and the tables that the study keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiments.cognitive.bandit import Evolved
from experiments.cognitive.claims import AFTER, PART, accuracy_of, learned_of, median_of
from experiments.cognitive.names import BANDIT, UNMODULATED
from experiments.cognitive.runs import Taught
from experiments.kit.kept import Cell, Kept, Table
from experiments.kit.page import Notes
from experiments.kit.results import write_rows
from metahebb.analysis.over_runs import mean_over_runs

WORDS = {
    "delayed nonmatch": "say after a delay whether two stimuli were different (delayed XOR)",
    "random dots": "say to which side noisy evidence points",
    "node perturbation, supralinear rule": "local rules: synapses keep a trace of chance kicks, or "
    "of sudden changes, and follow it where a trial went better than its kind did before",
    "actor-critic": "a network that learns its choices by a gradient of the reward",
    "learn": "the last network is right in enough fresh trials, with weights that no longer change",
    "ideal observer": "whoever makes the best of the noisy inputs; nobody can be right more often",
    "trials to criterion": "trials of learning until 95 of 100 successive ones were right",
}
SHOWN = """
![accuracy and trials to criterion of every run](systems.png)

Each dot is a run. Per run: [runs.csv](runs.csv).
"""
ARMS = """
{arms}

*Seeds that learn* are right in enough fresh trials ({tests} of a rate network, {fine} by the
supralinear rule in steps of 1 ms, {choices} of all others). *Trials to criterion* are the median
over seeds, with quartiles; a seed that never reaches the criterion counts as the slowest. The
criterion counts trials of learning, with their kicks or exploration: 95 of 100 successive trials
for rate networks, and a part of 1,000 for actor-critics that lies a little below what they reach.
Reaching is tested without kicks after every 20 passes of its four targets, as Michaels et al. did;
its seeds have learned when one such pass has an error of at most 0.08. Intervals are 95 %, over
seeds and trials. An accuracy of an actor-critic is the one among trials with an answer, as Song et
al. count it; *answers* is the part of trials that have one. The world of serial reversal changes
all the time, so that its accuracy is that of the last 1,000 trials of a life, without the six that
follow each swap. The bandit counts as learned with an accuracy of 0.95 after the reversal.

Settings are those of the presets, which were chosen by runs with seeds 0 to 2, so that these seeds
may do a little better than others would. In detection, multisensory, interval reproduction,
economic choice and wager, the least accuracy of a run that has learned was chosen after such runs.

{failures}
"""
GRID = """
{grid}

Each cell has the seeds that learn, and the mean accuracy.
"""
CURVES = """
![learning curves](learning.png)

Thick lines are means over seeds with their 95 % bands, thin lines are seeds; all are running means
of as many trials as the criterion counts. Dotted: ideal observer. These are trials of learning:
reaches, for example, are judged with the kicks that the arm gets, and miss more often than without.
"""
PSYCHOMETRIC = """
![psychometric curves](psychometric.png)

Fresh trials of all seeds that learn. Points have Wilson's 95 % intervals, lines are fitted by
likelihood. The rate networks learned from one size of evidence, and are tested here with weaker
ones. How much each input sways choices stands below, among all figures: an input that is ignored
altogether has a sway of 0.
"""
PUBLISHED = """
- Miconi 2017, "Biologically plausible learning in recurrent neural networks": delayed nonmatch is
  learned in 843 trials (median of 20 runs, quartiles 692 and 1,125); context integration in 20 runs
  of 20,000 trials, with psychometric curves that follow the attended input alone.
- Michaels et al. 2016 (hebbRNN): reaching until an error of 0.08, in minutes.
- Song, Yang and Wang 2017: their code stops learning at the part of right decisions in the table.
  Its steps last 10 ms, ours 100 ms, which loses a part of the evidence: the ideal observer of
  random dots is right in 0.81 of trials at 10 ms.
- Association and recall have no published accuracy: without a memory of the pairs, 0.75 of the bits
  can be right.
"""


def kept_of(
    taught: Sequence[Taught],
    evolved: Sequence[Evolved],
    ideal: Mapping[str, float],
    counts: tuple[int, int, int],
) -> Kept:
    """Return the numbers and the tables of the page.

    Args:
        taught: the runs of every arm.
        evolved: the runs of the bandit.
        ideal: the accuracy of ideal observers, by task.
        counts: the number of fresh trials of a rate network, of one in steps of 1 ms, and of all
            others.
    """
    numbers: dict[str, str | int | float] = {
        "tests": f"{counts[0]:,}",
        "fine": f"{counts[1]:,}",
        "choices": f"{counts[2]:,}",
        "failures": failures_of(taught, evolved),
    }
    return Kept(numbers, {"arms": arms_table(taught, evolved, ideal), "grid": grid_of(taught)})


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    tables = {name: table.markdown() for name, table in kept.tables.items()}
    values = {**kept.numbers, **tables}
    folded = {
        "Every task and system": ARMS.format(**values),
        "Which system learns which task": GRID.format(**values),
        "Learning curves": CURVES,
        "Psychometric curves": PSYCHOMETRIC,
        "What was published": PUBLISHED,
    }
    return Notes(WORDS, SHOWN, folded)


def arms_table(
    taught: Sequence[Taught], evolved: Sequence[Evolved], ideal: Mapping[str, float]
) -> Table:
    """Return a table with a row per arm."""
    heads = ("task", "system", "seeds that learn", "accuracy", "ideal", "answers",
             "trials to criterion", "s per run", "published")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for each in taught:
        arm = each.arm
        best = ideal.get(arm.task) if arm.observer else None
        seconds = [run.read_manifest()["elapsed_s"] for run in each.runs]
        rows.append(
            (
                *(arm.task, arm.system, f"{each.has_learned().sum()} of {len(each.asked)}"),
                *(accuracy_of(each), best),
                float(each.decided().mean()) if arm.of_answered and each.runs else None,
                *(_criterion(each), _seconds(seconds), arm.published),
            )
        )
    for some in evolved:
        mean = mean_over_runs([row.tolist() for row in some.after], PART)
        value = mean["mean"], mean["low"], mean["high"]
        seconds = [run.read_manifest()["elapsed_s"] for run in some.runs]
        count = f"{learned_of(some)} of {len(some.seeds)}"
        rows.append((BANDIT, some.system, count, value, None, None, "–", _seconds(seconds), "–"))
    return Table(heads, tuple(rows))


def grid_of(taught: Sequence[Taught]) -> Table:
    """Return a table of tasks by systems."""
    systems = list(dict.fromkeys(each.arm.system for each in taught))
    cells = {(each.arm.task, each.arm.system): _cell(each) for each in taught}
    rows = [
        (task, *(cells.get((task, system), "") for system in systems))
        for task in dict.fromkeys(each.arm.task for each in taught)
    ]
    return Table(("task", *systems), tuple(rows))


def failures_of(taught: Sequence[Taught], evolved: Sequence[Evolved] = ()) -> str:
    """Return Markdown that names every run that did not learn, by its seed and accuracy.

    Arms that lack a part that the task needs are left out, because they are not meant to learn.
    """
    lines = []
    for each in taught:
        rows = zip(each.seeds, each.accuracies(), each.has_learned(), strict=True)
        bad = [f"{seed} ({accuracy:.2f})" for seed, accuracy, good in rows if not good]
        bad += [f"{seed} (its weights exploded)" for seed in each.exploded]
        if bad and each.arm.ceiling is None:
            lines.append(f"- {each.arm.name}: {', '.join(bad)}")
    for some in evolved:
        if some.system == UNMODULATED:
            continue
        means = [float(row[np.isfinite(row)].mean()) for row in some.after]
        worse = [(s, m) for s, m in zip(some.seeds, means, strict=True) if m < AFTER]
        if worse:
            lines.append(f"- {some.name}: {', '.join(f'{s} ({m:.2f})' for s, m in worse)}")
    if not lines:
        return "Every run learned its task."
    return "\n".join(["Seeds that did not learn, with their accuracy:", "", *lines])


def write_runs(folder: Path, taught: Sequence[Taught]) -> None:
    """Write ``runs.csv``: what each run reached."""
    rows = [
        [
            *(each.arm.task, each.arm.system, seed, int(learned), f"{accuracy:.4f}"),
            *(f"{decided:.4f}", f"{error:.4f}" if np.isfinite(error) else ""),
            f"{reached:.0f}" if np.isfinite(reached) else "",
            *(len(lived), f"{run.read_manifest()['elapsed_s']:.1f}"),
        ]
        for each in taught
        for seed, learned, accuracy, decided, error, reached, lived, run in zip(
            *(each.seeds, each.has_learned(), each.accuracies(), each.decided(), each.errors()),
            *(each.reached()[: len(each.seeds)], each.lived, each.runs),
            strict=True,
        )
    ]
    heads = ("task", "system", "seed", "learned", "accuracy", "answers", "error")
    write_rows(folder / "runs.csv", (*heads, "trials_to_criterion", "trials", "seconds"), rows)


def _cell(taught: Taught) -> str:
    mean = accuracy_of(taught)[0]
    accuracy = "" if mean is None else f", {mean:.2f}"
    return f"{taught.has_learned().sum()} of {len(taught.asked)}{accuracy}"


def _criterion(taught: Taught) -> str:
    """Return the median of trials to criterion with its quartiles, where they exist."""
    reached = taught.reached()
    middle = median_of(reached.tolist())
    if middle is None:
        done = int(np.isfinite(reached).sum())
        return f"reached by {done} of {reached.size}"
    if reached.size < _FEW:
        return f"{middle:,.0f}"
    low, high = (_order(reached, part) for part in (0.25, 0.75))
    return f"{middle:,.0f} ({low}, {high})"


_FEW = 5
"""The least number of runs that have quartiles."""


def _order(values: np.ndarray[tuple[int], np.dtype[np.float64]], part: float) -> str:
    at = float(np.quantile(values, part, method="nearest"))
    return f"{at:,.0f}" if np.isfinite(at) else "never"


def _seconds(values: Sequence[float]) -> str:
    return f"{np.median(values):.0f}" if len(values) else "–"
