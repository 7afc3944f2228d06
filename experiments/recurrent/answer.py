"""The answer of the study of recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, named


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: scores with the hidden variable, then the ant."""
    ours, hebbian, lstm = (
        named(claims, f"hidden variable, {arm}: return") for arm in ("recurrent", "hebbian", "lstm")
    )
    more = named(claims, "hidden variable, recurrent − hebbian: return")
    walks = named(claims, "recurrent − hebbian, protocol weak, ", ": unseen [m]")
    helps = more.sign > 0 or walks.sign > 0
    scores = {
        1: "scores more than the feed-forward one",
        0: "scores what the feed-forward one does",
        -1: "scores less than the feed-forward one",
    }[more.sign]
    ant = {
        1: "it gets farther in unseen bodies",
        0: "the differences have wide intervals around 0",
        -1: "it gets less far in unseen bodies",
    }[walks.sign]
    text = (
        f"{'Yes' if helps else 'Not at this budget'}: with a hidden variable, a recurrent Hebbian "
        f"network {scores} ({ours.figure:.2f} and {hebbian.figure:.2f}; LSTM {lstm.figure:.2f}), "
        f"and on the ant {ant}."
    )
    return Answer(text, (ours, hebbian, lstm, more, walks))
