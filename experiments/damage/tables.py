"""What the page of the damage study says beside its claims, and the tables that it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.kit.kept import Kept, Table
from experiments.kit.page import Notes
from experiments.kit.tuning import tuning_table
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import DT, WEAK, WORDS
from experiments.protocols.legs.budgets import Budget
from experiments.protocols.legs.figure import draw_legs
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.tables import bodies_table, kinds_table
from metahebb.analysis.tuning import Setting

SHOWN = """
![distances](damage.png)

Each mean is over runs and {lives} fresh lives per body of each run's unperturbed center, in metres
along +x within {steps} env steps ({seconds:g} s).
"""
HOW = """
Two protocols of training. *Weak*, the usual one, shows the intact ant, the seen leg shortened, and
three bodies of full length, in each of which the motors of one of the other legs have {weak:g} of
their strength. *One* shows the intact ant and the seen leg alone.

The search, its budget and its tuning are the same for each arm. Intervals are 95 %, resample runs
and, within each, lives, and are spread for the small number of runs (Student's t). An arm with one
run has no interval: its lives do not say how runs vary. {remark}
"""
KINDS = """
{kinds}

*Long legs* are the two published pairs of lengthened shins, *two legs* three pairs of shortened
ones. Rows *frozen from step k on* live the Hebbian centers, which were evolved to go on learning,
with plasticity ended at that step.
"""
BODIES = """
Mean metres over seeds; unseen single legs bold. A fold is named by protocol and seen leg. Per run:
[runs.csv](runs.csv).

{bodies}
"""
TUNING = """
Each of these settings (stdev – learning rate – initial scale) was evolved for {generations}
generations with a seed of its own under the protocol *weak* (seen: the fourth leg); mean metres
over {tuning_lives} fresh lives on each of its five training bodies. The best, in bold, is used in
all runs of the arm.

{tuning}
"""
PICTURES = """
One run of each main arm on the shortened left leg, which neither has seen:

![a Hebbian and a static ant on an unseen damage](beside.gif)

What evolved in the Hebbian one, by layer and coefficient:

![coefficients before and after evolution](coefficients.png)
"""


def kept_of(
    groups: Sequence[Group],
    controls: Sequence[Group],
    tuning: Mapping[str, Sequence[tuple[Setting, float]]],
    budget: Budget,
) -> Kept:
    """Return the numbers and tables of the page."""
    numbers: dict[str, str | int | float] = {
        "lives": budget.lives,
        "steps": budget.steps,
        "seconds": budget.steps * DT,
        "weak": WEAK,
        "generations": budget.tuning_generations,
        "tuning_lives": budget.tuning_lives,
        "remark": "",
    }
    everyone = [*groups, *controls]
    tables = {
        "kinds": kinds_table(everyone),
        "bodies": bodies_table(everyone),
        "tuning": Table.of(tuning_table(tuning)),
    }
    return Kept(numbers, tables)


def notes(folder: Path) -> Notes:
    """Return what the page says, from what ``folder`` keeps."""
    kept = Kept.read(folder)
    values = {**kept.numbers, **{name: table.markdown() for name, table in kept.tables.items()}}
    arms = {str(row["arm"]): None for row in kept.tables["kinds"].records() if row["arm"] in ARMS}
    words = {
        "arm": f"who is evolved: {'; '.join(f'*{arm}*, {ARMS[arm].what}' for arm in arms)}",
        "ABCD rule": "Δw = η·(A·pre·post + B·pre + C·post + D), whose coefficients are evolved",
        **WORDS,
    }
    folded = {
        "How training and tests differ": HOW.format(**values),
        "All arms, by kind of body": KINDS.format(**values),
        "Every body": BODIES.format(**values),
        "Tuning": TUNING.format(**values),
        "A film, and what evolved": PICTURES,
    }
    return Notes(words, SHOWN.format(**values), folded)


def draw(folder: Path) -> list[Path]:
    """Draw the figures that ``folder`` keeps the numbers of."""
    return [draw_legs(folder)]
