"""The answer of the latent study."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, named


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: whether plasticity beats what cannot remember, and what freezing does."""
    hebbian, static = (named(claims, f"{who}: return") for who in ("Hebbian", "static"))
    gap, after = named(claims, "gap between"), named(claims, "Hebbian: settled score after")
    frozen = named(claims, "Hebbian, freeze", "score after the flip")
    carried_by = (hebbian, static, gap, after, frozen)
    if not gap.figure >= 0:
        text = "Not that this study can see: the intervals of plastic and static networks overlap."
        return Answer(text, carried_by)
    again = "and again after it flips" if after.sign > 0 else "but not again after it flips"
    wrong = "goes on doing what has become wrong" if frozen.sign < 0 else "follows the flip, too"
    text = (
        f"Yes: plasticity finds the hidden variable out after birth {again}, whereas a network "
        f"that is frozen before the flip {wrong}."
    )
    return Answer(text, carried_by)
