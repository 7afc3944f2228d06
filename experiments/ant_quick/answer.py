"""The answer of the quickest study."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, in_words, named

DISTANCE = "distance"
LONGEST = "longest evolution"
"""How the names of claims begin."""


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: the number of seeds whose center walks, and whether that was in time."""
    walks = [claim.holds for claim in claims if claim.name.startswith(DISTANCE)]
    yes = {len(walks): "Yes, in", 0: "No, in"}.get(sum(map(bool, walks)), "In")
    late = "" if named(claims, LONGEST).holds else ", but not within the five minutes"
    seeds = f"{in_words(sum(map(bool, walks)))} seeds of {in_words(len(walks))}"
    return Answer(f"{yes} {seeds}{late}.", tuple(claims))
