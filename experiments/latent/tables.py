"""What the page of the latent study says, and what it keeps for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.kit.kept import Kept, Table
from experiments.kit.page import Notes
from experiments.protocols.hidden_variable.runs import TASK, Budget
from metahebb.analysis.tuning import Setting

WORDS = {
    "hidden variable": "a sign, drawn at birth and flipped once in mid-life, that decides which of "
    "two pushes is right",
    "return": "the mean score of the steps that count (*go steps*): 1 is always right, 0 is what "
    "guessing expects, and with it every network that cannot remember",
    "settled score": "the same without the first {settle} go steps after birth, or after the flip",
    "Hebbian": "a plasticity rule per synapse, weights random at birth",
    "static": "a network with inherited weights, which cannot remember",
    "freeze:at=100": "plasticity ends at step 100, before any flip",
}
SHOWN = """
![score after birth and around the flip](score.png)

Means over seeds and {lives} fresh lives of each unperturbed center, the same lives in each row;
bands and intervals are 95 %, of a nested bootstrap over seeds and lives.
"""
ROWS = """
The last rows are probes of the Hebbian centers: *freeze* ends plasticity at a step,
*freeze_until* begins it there, *drop_term* leaves one term of the rule out.

{rows}
"""
TUNING = """
Each arm was tried in {settings} settings (stdev, learning rate, stdev of the first center: {grid})
of {generations} generations with one seed; the best was {best}.
"""


def kept_of(
    budget: Budget, settings: Mapping[str, Sequence[tuple[Setting, float]]], rows: Table
) -> Kept:
    """Return the numbers and the table of the page."""
    numbers: dict[str, str | int | float] = {
        "lives": budget.lives,
        "settle": TASK.settle,
        "settings": len(budget.grid),
        "grid": ", ".join(map(str, budget.grid)),
        "generations": budget.tuning_generations,
        "best": "; ".join(f"{arm} {scores[0][0]}" for arm, scores in settings.items()),
    }
    return Kept(numbers, {"rows": rows})


def notes(folder: Path) -> Notes:
    """Return what the page says, from what ``folder`` keeps."""
    kept = Kept.read(folder)
    values = {**kept.numbers, "rows": kept.tables["rows"].markdown()}
    words = {word: meaning.format(**values) for word, meaning in WORDS.items()}
    folded = {
        "All arms, and probes of the Hebbian one": ROWS.format(**values),
        "Tuning": TUNING.format(**values),
    }
    return Notes(words, SHOWN.format(**values), folded)
