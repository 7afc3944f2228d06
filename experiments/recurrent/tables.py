"""Notes and tables of the study of recurrent networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.kit.results import write_rows
from experiments.protocols.arms import Arm
from experiments.protocols.hidden_variable.lives import MEASURES, Lived
from metahebb.runs.folder import RunFolder

NOTES = """
{arms}

All arms have layers of the same sizes ({walking} on the ant, {latent} with the hidden variable) and
the same search. *hebbian* can remember in its weights alone, *lstm* in its state alone, *recurrent*
in both: its first layer hears what itself put out one step before, by synapses that follow the rule
like all others. The first layer of *lstm* is made of LSTM cells; its weights are inherited, those
of the other two are random at birth. The synapses of recurrence have genes, too.

Differences are of lives with the same seeds in the same worlds. All intervals are 95 %, resample
runs and, within each, lives, and are spread for the small number of runs (Student's t).

## Unseen damage

Protocol *weak*, budget and evaluation of the [damage study](../damage/README.md): training shows
the intact ant, one leg shortened (in the fold *weak-fourth* the front right one), and weak motors
in each of the other legs; *unseen* are those legs shortened. Runs that both studies have are
the same, unless they were made on CPUs of different classes. Means over folds, seeds and
{walks.lives} fresh lives per body of the unperturbed center, in metres along +x within
{walks.steps} env steps ({seconds:g} s).

{kinds}

![distances](damage.png)

Every body, mean metres over seeds; unseen single legs bold. Per run: [runs.csv](runs.csv).

{bodies}

## A hidden variable

Task, budget and evaluation of the [latent study](../latent/README.md), with runs in common as
above. A hidden sign decides which push is right, and flips in mid-life; whoever does not remember
expects 0. Means over {n_seeds} seeds and {scores.lives} fresh lives of each unperturbed center;
*settled* is without the first {settle} go steps after birth, or after the flip. Per run:
[latent.csv](latent.csv).

{lived}

![score after birth and around the flip](score.png)

## Tuning

The same for each arm, with a seed of its own; a setting is stdev – learning rate – initial scale,
and the best, in bold, is used in all runs of the arm. On the ant: {walks.tuning_generations}
generations, mean metres over {walks.tuning_lives} fresh lives on each training body.

{tuning}

With the hidden variable: {scores.tuning_generations} generations, mean return of
{scores.tuning_lives} fresh lives.

{latent_tuning}
"""


def arms_table(
    arms: Mapping[str, Arm],
    walkers: Mapping[str, Sequence[RunFolder]],
    others: Mapping[str, Sequence[RunFolder]],
) -> str:
    """Return what each arm is, as Markdown.

    Args:
        arms: by name.
        walkers: their runs on the ant; all runs of an arm have as many genes.
        others: their runs with the hidden variable.
    """
    lines = ["| arm | what | genes, ant | genes, hidden variable |", "|---|---|---|---|"]
    for name, arm in arms.items():
        genes = (f"{runs[name][0].load().genome.n_genes:,}" for runs in (walkers, others))
        lines.append(f"| {name} | {arm.what} | {' | '.join(genes)} |")
    return "\n".join(lines)


def write_scores(folder: Path, seeds: Sequence[int], arms: Mapping[str, Lived]) -> None:
    """Write ``latent.csv``: what each run scores with the hidden variable."""
    rows = [
        [name, seed, lived.measures.shape[1], *(f"{value:.3f}" for value in means)]
        for name, lived in arms.items()
        for seed, means in zip(seeds, lived.measures.mean(1), strict=True)
    ]
    write_rows(folder / "latent.csv", ("arm", "seed", "lives", *MEASURES), rows)
