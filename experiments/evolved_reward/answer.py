"""The answer of the study ``evolved_reward``."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.evolved_reward.runs import EVOLVED, UNEVOLVED, WEIGHTS
from experiments.kit.claims import Answer, Claim, named


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: whether evolution helps with training and with withheld functions."""
    known, new = (_accuracy(claims, EVOLVED, word) for word in ("training", "withheld"))
    before = {word: _accuracy(claims, UNEVOLVED, word) for word in ("training", "withheld")}
    helps, generalizes = (
        named(claims, f"{EVOLVED} − {UNEVOLVED}: accuracy on {word} functions").sign > 0
        for word in ("training", "withheld")
    )
    gains = named(claims, f"{EVOLVED} − {WEIGHTS}: accuracy on training functions")
    carried_by = (known, before["training"], new, before["withheld"], gains)
    of_known = f"{_percent(known)} of its trials, {_percent(before['training'])} before evolution"
    of_new = f"{_percent(new)}, {_percent(before['withheld'])} before"
    if not helps:
        text = f"Not that this study can see: a network learns to be right in {of_known}."
        return Answer(text, carried_by)
    also = "and also with" if generalizes else "but not that this study can see with"
    why = "is in the innate weights and the gains together"
    if gains.sign == 0:
        why = "is in the innate weights, and the evolved gains add nothing that can be seen"
    text = (
        f"Yes with functions like the ones in which it evolved: from reward alone the network "
        f"learns to be right in {of_known}, {also} the two functions that evolution never met "
        f"({of_new}); what evolution improved {why}."
    )
    return Answer(text, carried_by)


def _accuracy(claims: Sequence[Claim], arm: str, word: str) -> Claim:
    return named(claims, f"{arm}: accuracy on {word} functions")


def _percent(claim: Claim) -> str:
    return f"{100 * claim.figure:.0f} %"
