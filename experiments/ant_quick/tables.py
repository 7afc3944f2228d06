"""The notes on the page of the study ``ant_quick``, made from its claims."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.ant_quick.terms import terms_table
from experiments.kit.claims import Claim
from experiments.kit.page import Notes

WORDS = {
    "distance": "metres along +x in a life of 250 steps (12.5 simulated seconds)",
    "A, B, C, D": "the coefficients of each synapse's rule, Δw = η·(A·pre·post + B·pre + C·post + "
    "D); *without A* means that A is 0 in every synapse from birth",
    "net share": "what a term of the rule adds to |Δw|, over all synapses and steps of a life",
}
SHOWN = """
![a life](film.gif)

Means over five seeds and 32 fresh lives of each unperturbed center, with 95 % intervals of a nested
bootstrap over seeds and lives.
"""
TERMS = """
{table}

Each seed by itself is in [terms.csv](terms.csv); `metahebb rules` shows the same of any run.
"""
PICTURES = """
![learning](learning.png)

![its synapses](life.png)
"""


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the claims in ``folder``."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    claims = [Claim.from_json(row) for row in summary["claims"]]
    folded = {
        "What each term of the rule is worth": TERMS.format(table=terms_table(claims)),
        "How the best seed learned, and its synapses in a life": PICTURES,
    }
    return Notes(WORDS, SHOWN, folded)
