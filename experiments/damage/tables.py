"""Notes of the damage study, and the table of its arms."""

from __future__ import annotations

from experiments.protocols.arms import ARMS

NOTES = """
Protocol *one* trains on the intact ant and on one whose shin of one leg is a quarter as long: the
*seen* leg, another one in each fold. Protocol *weak* also trains on three bodies of full length, in
each of which the motors of one of the other legs have {weak} of their strength. *Unseen* are the
three other legs shortened, which neither protocol shows; *long* the two published pairs of
lengthened shins, *two legs* three pairs of shortened ones.

Means over folds, seeds and {budget.lives} fresh lives per body of the unperturbed center, in metres
along +x within {budget.steps} env steps ({seconds:g} s), with 95 % intervals that resample runs
and, within each, lives, spread for the small number of runs (Student's t); with one seed they are
of lives alone.

{kinds}

![distances](damage.png)

One run of each main arm on the shortened front left leg, which neither has seen:

![a Hebbian and a static ant on an unseen damage](beside.gif)

What evolved in it, by layer and coefficient:

![coefficients before and after evolution](coefficients.png)

## The arms

{arms}

Inherited births without plasticity are the arm *static*. Rows *frozen from step k on* live the
Hebbian centers, which were evolved to go on learning, with plasticity ended at that step.

## Every body

Mean metres over seeds; unseen single legs bold. Per run: [runs.csv](runs.csv).

{bodies}

## Tuning

The same for each arm: each of these settings (stdev – learning rate – initial scale) evolved for
{budget.tuning_generations} generations with a seed of its own under the protocol *weak* (seen: the
front right leg); mean metres over {budget.tuning_lives} fresh lives on each of its five training
bodies. The best is used in all runs of the arm.

{tuning}
"""


def arms_table() -> str:
    """Return what each arm is, as Markdown."""
    lines = ["| arm | what |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {arm.what} |" for name, arm in ARMS.items())])
