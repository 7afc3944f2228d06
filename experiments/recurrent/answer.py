"""The answer of the study of recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, named


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer, which is yes if the recurrent arm is the best in one of the two tasks."""
    ours, hebbian, lstm = (
        named(claims, f"hidden variable, {arm}: return") for arm in ("recurrent", "hebbian", "lstm")
    )
    scores, walks = (
        [named(claims, f"{begin}recurrent − {other}", end) for other in ("hebbian", "lstm")]
        for begin, end in (("hidden variable, ", ": return"), ("", ": unseen [m]"))
    )
    helps = any(all(claim.sign > 0 for claim in some) for some in (scores, walks))
    compared = {
        1: "scores more than the feed-forward one",
        0: "scores what the feed-forward one does",
        -1: "scores less than the feed-forward one",
    }[scores[0].sign]
    text = (
        f"{'Yes' if helps else 'Not at this budget'}: with a hidden variable, a recurrent Hebbian "
        f"network {compared} ({ours.figure:.2f} and {hebbian.figure:.2f}; LSTM {lstm.figure:.2f}), "
        f"and on the ant {_walking(walks)}."
    )
    return Answer(text, (ours, hebbian, lstm, *walks))


def _walking(differences: Sequence[Claim]) -> str:
    """Return words that compare the recurrent arm to the others in unseen bodies."""
    signs = {claim.sign for claim in differences}
    if signs == {0}:
        return "the differences have wide intervals around 0"
    if signs == {1}:
        return "it gets farther than each other arm in unseen bodies"
    return "it does not get farther than each other arm in unseen bodies"
