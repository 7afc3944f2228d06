"""The notes on the page of the study of recurrent networks, and the tables that the study keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.kit.kept import Kept, Table
from experiments.kit.page import Notes
from experiments.kit.results import write_rows
from experiments.kit.tuning import tuning_table
from experiments.protocols.arms import Arm
from experiments.protocols.hidden_variable.lives import MEASURES, Lived, rows_table
from experiments.protocols.hidden_variable.runs import Budget as ScoresBudget
from experiments.protocols.legs.bodies import DT, WORDS
from experiments.protocols.legs.budgets import Budget
from experiments.protocols.legs.figure import draw_legs
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.tables import bodies_table, kinds_table
from experiments.recurrent.runs import LINES
from metahebb.analysis.tuning import Setting
from metahebb.runs.folder import RunFolder

SHOWN = """
![score after birth and around the flip](score.png)

Scores are means over seeds and {score_lives} fresh lives of each unperturbed center; bands are 95 %
over seeds and lives. Per run: [latent.csv](latent.csv).

![distances](damage.png)

Means over runs and {lives} fresh lives per body of each unperturbed center, in metres along +x
within {steps} env steps ({seconds:g} s). Per run: [runs.csv](runs.csv).
"""
ARMS = """
{arms}

All arms have layers of the same sizes ({walking} on the ant, {latent} with the hidden variable) and
the same search. *hebbian* can remember in its weights alone, *lstm* in its state alone, *recurrent*
in both: its first layer hears what itself put out one step before, by synapses that follow the rule
like all others. The weights of *lstm* are inherited, those of the other two are random at birth.
"""
HOW = """
The ant: protocol *weak*, budget and evaluation of the [damage study](../damage/README.md). Training
shows the intact ant, one leg shortened, and weak motors in each of the other legs. The hidden
variable: task, budget and evaluation of the [latent study](../latent/README.md). Runs that two
studies have are the same, unless they were made on processors of different classes.

Differences are of lives with the same seeds in the same worlds. All intervals are 95 %, resample
runs and, within each, lives, and are spread for the small number of runs (Student's t).
"""
SCORES = """
*Settled* is without the first {settle} go steps after birth, or after the flip.

{lived}
"""
BODIES = """
Mean metres over seeds; unseen single legs bold. A fold is named by protocol and seen leg.

{bodies}
"""
TUNING = """
The same for each arm, with a seed of its own; a setting is stdev – learning rate – initial scale,
and the best, in bold, is used in all runs of the arm. On the ant: {generations} generations, mean
metres over {tuning_lives} fresh lives on each training body.

{tuning}

With the hidden variable: {score_generations} generations, mean return of {score_tuning_lives} fresh
lives.

{latent_tuning}
"""
OWN_WORDS = {
    "hidden variable": "a task in which a hidden sign decides which push is right, and flips in "
    "mid-life; whoever does not remember expects 0, the best possible return is 1",
}


def numbers_of(
    walks: Budget, scores: ScoresBudget, settle: int, latent: Sequence[int]
) -> dict[str, str | int | float]:
    """Return the numbers that the page fills in.

    Args:
        walks: the budget on the ant.
        scores: the budget with the hidden variable.
        settle: the number of go steps after birth or a flip that do not count as settled.
        latent: the sizes of the hidden layers with the hidden variable.
    """
    return {
        "walking": "-".join(map(str, walks.hidden)),
        "latent": "-".join(map(str, latent)),
        "lives": walks.lives,
        "steps": walks.steps,
        "seconds": walks.steps * DT,
        "generations": walks.tuning_generations,
        "tuning_lives": walks.tuning_lives,
        "score_lives": scores.lives,
        "settle": settle,
        "score_generations": scores.tuning_generations,
        "score_tuning_lives": scores.tuning_lives,
    }


def walking_tables(
    groups: Sequence[Group], tuning: Mapping[str, Sequence[tuple[Setting, float]]]
) -> dict[str, Table]:
    """Return the tables about walking, by name."""
    return {
        "kinds": kinds_table(groups),
        "bodies": bodies_table(groups),
        "tuning": Table.of(tuning_table(tuning)),
    }


def scoring_tables(
    lived: dict[str, Lived], tuning: Mapping[str, Sequence[tuple[Setting, float]]]
) -> dict[str, Table]:
    """Return the tables about the task with a hidden variable, by name."""
    return {"lived": rows_table(lived), "latent_tuning": Table.of(tuning_table(tuning))}


def arms_table(
    arms: Mapping[str, Arm],
    walkers: Mapping[str, Sequence[RunFolder]],
    others: Mapping[str, Sequence[RunFolder]],
) -> Table:
    """Return a table with the description and the number of genes of each arm.

    Args:
        arms: the arms, by name.
        walkers: the runs on the ant, by arm; all runs of an arm have the same number of genes.
        others: the runs with the hidden variable, by arm.
    """
    rows = []
    for name, arm in arms.items():
        genes = (f"{runs[name][0].load().genome.n_genes:,}" for runs in (walkers, others))
        rows.append((name, arm.what, *genes))
    return Table(("arm", "what", "genes, ant", "genes, hidden variable"), tuple(rows))


def write_scores(folder: Path, seeds: Sequence[int], arms: Mapping[str, Lived]) -> None:
    """Write ``latent.csv``, the mean scores of each run with the hidden variable."""
    rows = [
        [name, seed, lived.measures.shape[1], *(f"{value:.3f}" for value in means)]
        for name, lived in arms.items()
        for seed, means in zip(seeds, lived.measures.mean(1), strict=True)
    ]
    write_rows(folder / "latent.csv", ("arm", "seed", "lives", *MEASURES), rows)


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    values = {**kept.numbers, **{name: table.markdown() for name, table in kept.tables.items()}}
    arms = {str(row["arm"]): row["what"] for row in kept.tables["arms"].records()}
    what = "; ".join(f"*{name}*, {text}" for name, text in arms.items())
    words = {"arm": f"who is evolved: {what}", **OWN_WORDS, **WORDS}
    folded = {
        "The arms": ARMS.format(**values),
        "How training and tests differ": HOW,
        "The ant: all kinds of bodies": kept.tables["kinds"].markdown(),
        "The ant: every body": BODIES.format(**values),
        "The hidden variable: before and after the flip": SCORES.format(**values),
        "Tuning": TUNING.format(**values),
    }
    return Notes(words, SHOWN.format(**values), folded)


def draw(folder: Path) -> list[Path]:
    """Draw the figures whose numbers are in ``folder``, and return their paths."""
    return [draw_legs(folder, {arm: color for arm, (color, _) in LINES.items()})]
