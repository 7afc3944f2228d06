"""The answer of the study ``ant_quick``."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.ant_quick.terms import MEAN, NET, WITHOUT
from experiments.kit.claims import Answer, Claim, in_words, named

DISTANCE = "distance of seed"
LONGEST = "longest evolution"
"""The beginnings of the names of some claims."""


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: the number of centers that walk, the time, and the terms of rules."""
    walks = [claim.holds for claim in claims if claim.name.startswith(DISTANCE)]
    yes = {len(walks): "Yes, in", 0: "No, in"}.get(sum(map(bool, walks)), "In")
    longest = named(claims, LONGEST)
    late = "" if longest.holds else ", but not within the five minutes"
    seeds = f"{in_words(sum(map(bool, walks)))} seeds of {in_words(len(walks))}"
    drift, hebbian = (named(claims, f"{NET} {name} (") for name in "DA")
    mean = named(claims, MEAN)
    no_drift, no_hebbian, no_activity = (
        named(claims, f"{WITHOUT} {names} [") for names in ("D", "A", "A, B and C")
    )
    text = (
        f"{yes} {seeds}{late}: they walk {mean.figure:z.1f} m on average, "
        f"{no_drift.figure:z.1f} m where the drift D is left out of their rules, "
        f"{no_hebbian.figure:z.1f} m without the Hebbian term A·pre·post and "
        f"{no_activity.figure:z.1f} m with the drift alone; D makes {drift.figure:.0f} % of the "
        f"net change of their weights, and A·pre·post {hebbian.figure:.0f} %."
    )
    return Answer(text, (longest, mean, drift, no_drift, no_hebbian))
