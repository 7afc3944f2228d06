"""The notes on the page of the study of car racing, and the tables that the study keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from experiments.car_racing.budgets import WHO, Budget
from experiments.kit.cells import Floats
from experiments.kit.kept import Cell, Kept, Table
from experiments.kit.page import Notes
from experiments.kit.tuning import tuning_table
from metahebb.analysis.statistics import nested_interval
from metahebb.analysis.tuning import Setting

WORDS = {
    "center": "what evolution has arrived at, driven without noise",
    "hebbian": "rules per synapse behind inherited filters, weights random at birth",
    "static": "inherited weights and filters",
    "default": "the usual ground, which training shows; a whole lap returns about 900",
    "hebbian − static": "the difference on the same tracks",
}
SHOWN = """
![learning curves and grounds](car_racing.png)

Each mark on the right is one run; its bar is over the {lives} tracks of that run and says nothing
of other runs. Who does not reach a second tile within 20 steps dies, so that a run first has to
find out how to start: {stuck}. Two runs say little, and their intervals are as wide.
"""
HOW = """
{arms}

Convolutions 3 → 6 (3×3) and 6 → 8 (5×5, stride 2), each with tanh and 2×2 maxima, make 648 features
of 84×84 pixels; the head is 648-{hidden}-3, normalised by its largest weight where it is plastic.
Popsize {popsize}, {generations} generations on one fresh track per candidate ({training});
horizons: {horizons}. A life also ends after more than 20 steps in a row without a new tile. Means
over {lives} fresh tracks of each unperturbed center, over at most {steps} env steps, with 95 %
intervals of a nested bootstrap over runs and tracks, spread for few runs (Student's t). Tracks are
the same in both arms. {versions}
"""
GROUNDS = """
Unseen grounds are bold. Friction ×0.5 and ×2, and a push of 10 m/s to either side, are those of
Palm et al. 2021. Per track: [runs.csv](runs.csv).

{grounds}
"""
ELSEWHERE = """
{published}

Version 0 of the environment counted laps otherwise, so that scores compare roughly only; and these
runs are small beside theirs.
"""
TUNING = """
The same for each arm: each of these settings (stdev – learning rate – initial scale) evolved for
{tuning_generations} generations with a seed of its own; mean return over {tuning_lives} fresh
tracks. The best, in bold, is used in all runs of the arm.

{tuning}
"""
FILM = """
One run of each arm on the same fresh track:

![a Hebbian and a static car](beside.gif)
"""

MOVES = 10.0
"""Least return of a car that moves; a car with a lower return hardly leaves its place of birth."""
PUBLISHED = (
    ("Najarro & Risi 2020, Hebbian", "872 ± 11", "458,002; ES, 200 × 300 generations"),
    ("Najarro & Risi 2020, static", "711 ± 16", "92,690; the same"),
    ("Palm et al. 2021, Hebbian, four grounds", "674 ± 135", "the same"),
    ("Palm et al. 2021, static, four grounds", "784 ± 119", "the same"),
    ("Palm et al. 2021, LSTM, four grounds", "680 ± 247", "the same"),
    ("Tang et al. 2020, AttentionAgent", "914 ± 15", "< 4,000; CMA-ES, 256 × 16 tracks × 2,000"),
    ("Ha & Schmidhuber 2018, World Models", "906 ± 21", "867; CMA-ES, 64 × 16 tracks"),
)
"""Published results, in three columns.

The columns are the authors with their method, the mean return over 100 tracks of CarRacing-v0, and
the number of genes with the search (popsize × generations).
"""


def kept_of(
    scores: Mapping[str, Mapping[str, Floats]],
    tuning: Mapping[str, Sequence[tuple[Setting, float]]],
    budget: Budget,
) -> Kept:
    """Return the numbers and tables of the page."""
    numbers: dict[str, str | int | float] = {
        "hidden": "-".join(map(str, budget.hidden)),
        "popsize": budget.popsize,
        "generations": budget.generations,
        "training": ", ".join(budget.training),
        "horizons": ", ".join(
            f"{stage.max_steps} env steps from generation {stage.start} on"
            for stage in budget.schedule
            if stage.start < budget.generations
        ),
        "lives": budget.lives,
        "steps": budget.steps,
        "versions": versions(),
        "stuck": stuck(scores),
        "tuning_generations": budget.tuning_generations,
        "tuning_lives": budget.tuning_lives,
    }
    tables = {
        "grounds": bodies_table(scores, budget.training),
        "tuning": Table.of(tuning_table(tuning)),
    }
    return Kept(numbers, tables)


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    values = {**kept.numbers, **{name: table.markdown() for name, table in kept.tables.items()}}
    values["arms"] = "\n".join(f"- *{arm}*: {who.what}" for arm, who in WHO.items())
    folded = {
        "How it was measured": HOW.format(**values),
        "Every ground": GROUNDS.format(**values),
        "A film": FILM,
        "Beside published numbers": ELSEWHERE.format(published=published_table()),
        "Tuning": TUNING.format(**values),
    }
    return Notes(WORDS, SHOWN.format(**values), folded)


def published_table() -> str:
    """Return the table of published results, as Markdown."""
    heads = ["| published | return, 100 tracks of CarRacing-v0 | genes; search |", "|---" * 3 + "|"]
    return "\n".join([*heads, *(f"| {' | '.join(row)} |" for row in PUBLISHED)])


def versions() -> str:
    """Return the versions of the environment and its packages, in words."""
    packages = []
    for package in ("gymnasium", "box2d", "pygame-ce", "envpool"):
        try:
            packages.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            packages.append(f"without {package}")
    return f"Environment: CarRacing-v3 in the world *compiled*; {', '.join(packages)}."


def stuck(scores: Mapping[str, Mapping[str, Floats]]) -> str:
    """Return the number of runs of each arm that never started to move, in words."""
    parts = []
    for arm, grounds in scores.items():
        means = next(iter(grounds.values())).mean(1)
        parts.append(f"{int((means < MOVES).sum())} of {len(means)} {arm} runs never did")
    return ", ".join(parts)


def bodies_table(scores: Mapping[str, Mapping[str, Floats]], seen: Sequence[str]) -> Table:
    """Return a table with a row per ground; the names of unseen grounds are bold."""
    rows: list[tuple[Cell, ...]] = []
    for variant in next(iter(scores.values())):
        cells: list[Cell] = []
        for grounds in scores.values():
            mean, *ends = nested_interval(grounds[variant])
            cells.append((mean, None, None) if len(grounds[variant]) == 1 else (mean, *ends))
        rows.append((variant if variant in seen else f"**{variant}**", *cells))
    return Table(("ground", *scores), tuple(rows))
