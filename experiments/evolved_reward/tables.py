"""The notes on the page of the study ``evolved_reward``, and the tables that the study keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from experiments.evolved_reward.figure import draw as draw
from experiments.evolved_reward.runs import (
    EQUAL,
    EVOLVED,
    FROZEN,
    GAINS,
    UNEVOLVED,
    WEIGHTS,
    WITHHELD,
    Budget,
    Lived,
)
from experiments.kit.kept import Cell, Kept, Table
from experiments.kit.page import Notes
from metahebb.modulators import PredictionError
from metahebb.runs.folder import RunFolder
from metahebb.tasks.trials.pairs import FUNCTIONS

WORDS = {
    "function": "says which of two answers is right for each of four pairs of stimuli; each life "
    "has one function, and has to find out which one it is",
    "training": "the twelve functions in which networks evolved: all that are not constant, but "
    "the two withheld ones",
    "withheld": "the two functions that ask whether both stimuli were equal, or different",
    "accuracy": "the part of right answers in the last {counted} of the {trials} trials of a life; "
    "a guess is right in half of them",
    EVOLVED: "innate weights, and a gain per synapse of what it learns from reward, both evolved",
    FROZEN: "the same network, whose learning is switched off at birth (probe `freeze:at=0`)",
    UNEVOLVED: "the network before the first generation, which learns by the same rule: random "
    "weights, and gains of about 0.5",
    WEIGHTS: "the evolved weights, with the gains before evolution",
}
SHOWN = """
![fitness by generation, and accuracy within a life](learning.png)

Thin lines are runs, thick ones means over {runs} runs. Left: a point is the mean over a turn of all
training functions. Right: fresh lives, {lives} per function; a point is the mean over four trials.
The first {warm_up} trials only set the running means of reward.
"""
BY_FUNCTION = """
The name of a function is its answers to AA, AB, BA and BB. The withheld ones are {withheld}. In
*{equal}*, every synapse of the evolved network has the mean of its gains (probe
`drop_term:term=gain`). In *{weights}*, gains are those before evolution, and in *{gains}*, innate
weights are.

{functions}
"""
HOW = """
The network has {units} rate units, of which one gives the answer, and all of its synapses are
plastic, from sensors and a bias, too. A weight is w + Π∘P: P begins each life at 0 and learns by
node perturbation from the prediction error of the reward, one running mean per pair of stimuli
(rule `gained_perturbation`, modulator `prediction_error`). Evolved are w and Π, which are {genes}
genes. A trial has {steps} steps of 20 ms; a life has {trials} trials.

A run has {generations} generations of {popsize} candidates (OpenAI-ES, mirrored). In each
generation, every candidate lives once with a function and once with its negation, so that a
network that does not learn is right in half of its trials whatever its weights are; the six pairs
of training functions take turns. Fitness is the mean reward of the last {counted} trials, which
is minus the mean distance between the output and ±0.8. No setting was tuned beyond a look at one
short run.

Source of task and scheme: Miconi 2023, "Learning to acquire novel cognitive tasks with evolution,
plasticity and meta-meta-learning", scaled down: there, networks have 70 units, lives 400 trials,
and a run has 1000 generations of 500 candidates. Here a trial forgets activities and eligibility
traces, the network senses no reward, and one function is given to all candidates of a generation.

All intervals are 95 %, and resample runs and, within each, lives, with Student's t for few runs.
"""


def kept_of(runs: Sequence[RunFolder], arms: Mapping[str, Lived], budget: Budget) -> Kept:
    """Return the numbers and the table of the page."""
    center = runs[0].load()
    numbers: dict[str, str | int | float] = {
        "runs": len(runs),
        "units": budget.units,
        "genes": f"{center.genes.size:,}",
        "steps": center.setup.task.max_steps // budget.trials,
        "trials": budget.trials,
        "counted": budget.counted,
        "popsize": budget.popsize,
        "generations": budget.generations,
        "lives": budget.lives,
        "warm_up": cast(PredictionError, runs[0].config.modulator).warm_up,
    }
    return Kept(numbers, {"functions": functions_table(arms)})


def functions_table(arms: Mapping[str, Lived]) -> Table:
    """Return a table with a row per function: the accuracy of each arm."""
    rows: list[tuple[Cell, ...]] = [
        (name, *(f"{lived.accuracies((name,)).mean():.2f}" for lived in arms.values()))
        for name in FUNCTIONS
    ]
    return Table(("function", *arms), tuple(rows))


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    texts = {
        "functions": kept.tables["functions"].markdown(),
        "withheld": " and ".join(WITHHELD),
        "equal": EQUAL,
        "weights": WEIGHTS,
        "gains": GAINS,
    }
    values = {**kept.numbers, **texts}
    words = {word: meaning.format(**values) for word, meaning in WORDS.items()}
    folded = {
        "Accuracy by function": BY_FUNCTION.format(**values),
        "How networks evolved and lived": HOW.format(**values),
    }
    return Notes(words, SHOWN.format(**values), folded)
