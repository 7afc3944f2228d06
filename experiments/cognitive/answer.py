"""The answer of the study ``cognitive``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from experiments.cognitive.names import (
    ACTOR_CRITIC,
    BANDIT,
    CONTEXT,
    DOTS,
    EVOLVED,
    NODE,
    NONMATCH,
    SUPRALINEAR,
)
from experiments.kit.claims import Answer, Claim, named

_BETWEEN = re.compile(r"(?:seeds|runs) of (\d+)")


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: how many seeds learn by local rules, by an actor-critic, by evolution."""
    nonmatch = named(claims, f"{NONMATCH}, {SUPRALINEAR}: seeds of", ")")
    context = named(claims, f"{CONTEXT}, {NODE}: seeds of", ")")
    critic = named(claims, f"{ACTOR_CRITIC}: runs of")
    dots = named(claims, f"{DOTS}, {ACTOR_CRITIC}: accuracy /")
    bandit = named(claims, f"{BANDIT}, {EVOLVED}: accuracy after")
    text = (
        f"{_opening(nonmatch, context)} a reward at the end of each trial is enough for a local "
        f"rule: {counted(nonmatch)} seeds learn delayed nonmatch by the supralinear rule and "
        f"{counted(context)} context integration by node perturbation, {counted(critic)} runs of "
        f"an actor-critic learn their tasks and see random dots {dots.figure:.2f} times as well as "
        f"an ideal observer, and a rule that evolved with the reward at its synapses is right in "
        f"{100 * bandit.figure:.0f} % of the steps after a reversal."
    )
    return Answer(text, (nonmatch, context, critic, dots, bandit))


def counted(claim: Claim) -> str:
    """Return a count of seeds or runs as in ``17 of 20``.

    The number of all of them stands in the claim's name, because runs of several arms share seeds.
    """
    found = _BETWEEN.search(claim.name)
    assert found is not None  # the caller gives a count
    return f"{claim.figure:.0f} of {found[1]}"


def _opening(*counts: Claim) -> str:
    """Return how dependably seeds learn by local rules, in words."""
    if all(claim.holds for claim in counts):
        everywhere = all(counted(c).split(" of ")[0] == counted(c).split(" of ")[1] for c in counts)
        return "Yes, always:" if everywhere else "Mostly,"
    return "Not dependably,"
