"""Tables, figure and notes of the study of car racing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from experiments.arms import COLORS
from experiments.cells import Floats
from metahebb.analysis.statistics import nested_interval
from metahebb.report.figures import save, style
from metahebb.runs.folder import RunFolder

NOTES = """
{arms}

Convolutions 3 → 6 (3×3) and 6 → 8 (5×5, stride 2), each with tanh and 2×2 maxima, make 648 features
of 84×84 pixels; the head is 648-{hidden}-3, normalised by its largest weight where it is plastic.
Popsize {budget.popsize}, {budget.generations} generations on one fresh track per candidate
({training}); horizons: {horizons}. A life also ends after more than 20 steps in a row without a new
tile. Means over {lives} fresh tracks of each unperturbed center, over at most {budget.steps} env
steps, with 95 % intervals of a nested bootstrap over runs and tracks (Student's t for few runs: two
say little); where one run is named, over tracks alone. Tracks are the same in both arms.

Who does not reach a second tile within 20 steps dies, so that a run first has to find out how to
start: {stuck}.

{versions}

![learning curves and grounds](car_racing.png)

One run of each arm on the same fresh track:

![a Hebbian and a static car](beside.gif)

## Grounds

Seen in training: {training}. Friction ×0.5 and ×2, and a push of 10 m/s to either side, are those
of Palm et al. 2021. Per track: [runs.csv](runs.csv).

{bodies}

## Beside published numbers

{published}

Version 0 of the environment counted laps otherwise, so that scores compare roughly only; and these
runs are small beside theirs.

## Tuning

The same for each arm: each of these settings (stdev – learning rate – initial scale) evolved for
{budget.tuning_generations} generations with a seed of its own; mean return over
{budget.tuning_lives} fresh tracks. The best is used in all runs of the arm.

{tuning}
"""

MOVES = 10.0
"""Return below which a car stays where it was born, more or less."""
PUBLISHED = (
    ("Najarro & Risi 2020, Hebbian", "872 ± 11", "458,002; ES, 200 × 300 generations"),
    ("Najarro & Risi 2020, static", "711 ± 16", "92,690; the same"),
    ("Palm et al. 2021, Hebbian, four grounds", "674 ± 135", "the same"),
    ("Palm et al. 2021, static, four grounds", "784 ± 119", "the same"),
    ("Palm et al. 2021, LSTM, four grounds", "680 ± 247", "the same"),
    ("Tang et al. 2020, AttentionAgent", "914 ± 15", "< 4,000; CMA-ES, 256 × 16 tracks × 2,000"),
    ("Ha & Schmidhuber 2018, World Models", "906 ± 21", "867; CMA-ES, 64 × 16 tracks"),
)
"""Who, mean return of 100 tracks of CarRacing-v0, genes and search (popsize × …)."""


def published_table() -> str:
    """Return what others reached, as Markdown."""
    heads = ["| published | return, 100 tracks of CarRacing-v0 | genes; search |", "|---" * 3 + "|"]
    return "\n".join([*heads, *(f"| {' | '.join(row)} |" for row in PUBLISHED)])


def versions() -> str:
    """Return which environments these numbers are of."""
    found = []
    for package in ("gymnasium", "box2d", "pygame-ce", "envpool"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"without {package}")
    return f"Environment: CarRacing-v3 in the world *compiled*; {', '.join(found)}."


def stuck(scores: Mapping[str, Mapping[str, Floats]]) -> str:
    """Return how many runs of each arm never got moving, in words."""
    found = []
    for arm, grounds in scores.items():
        means = next(iter(grounds.values())).mean(1)
        found.append(f"{int((means < MOVES).sum())} of {len(means)} {arm} runs never did")
    return ", ".join(found)


def bodies_table(scores: Mapping[str, Mapping[str, Floats]], seen: Sequence[str]) -> str:
    """Return a row per ground, as Markdown; unseen ones are bold."""
    lines = [f"| ground | {' | '.join(scores)} |", "|---" * (len(scores) + 1) + "|"]
    for variant in next(iter(scores.values())):
        cells = [nested_interval(found[variant]) for found in scores.values()]
        shown = (f"{mean:.0f} [{low:.0f}, {high:.0f}]" for mean, low, high in cells)
        name = variant if variant in seen else f"**{variant}**"
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def write_figure(
    folder: Path,
    scores: Mapping[str, Mapping[str, Floats]],
    runs: Mapping[str, Sequence[RunFolder]],
) -> None:
    """Write ``car_racing.png``: learning curves against env steps, and what each center returns."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number, (arm, some) in enumerate(runs.items()):
        look = {"color": COLORS[arm], "lw": 1.2}
        for k, run in enumerate(some):
            records = list(run.read_metrics())
            steps = np.cumsum([record["env_steps"] for record in records]) / 1e6
            means = [record["fitness_mean"] for record in records]
            left.plot(steps, means, label=None if k else arm, alpha=0.8, **look)
        for place, returns in enumerate(scores[arm].values()):
            for row in returns:  # a run's mean, and its interval over tracks
                mean, low, high = nested_interval(row[None])
                at = place + 0.3 * number
                right.plot([at, at], [low, high], color=COLORS[arm], lw=1.6, alpha=0.6)
                right.plot(at, mean, "o", color=COLORS[arm], ms=5)
    names = next(iter(scores.values()))
    right.set_xticks(np.arange(len(names)) + 0.15, [name.replace("_", "\n") for name in names])
    style(left, "million env steps", "fitness, mean of the population", "Learning to drive")
    style(right, "", "return on fresh tracks", "The center of each run on every ground")
    left.legend(frameon=False, fontsize=8)
    save(figure, folder / "car_racing.png")
