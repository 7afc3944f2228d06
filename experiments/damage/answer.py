"""The answer of the damage study."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, in_words, named

PARTS = {1: "all", 2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth"}
"""Parts of a distance in words, by their inverse."""
INTACT, UNSEEN = ": intact [m in 16.5 s]", ": unseen [m in 16.5 s]"
"""How the names of an arm's claims end."""


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: static weights beside rules, then the arm with inherited births."""
    farther = named(claims, "hebbian − static, protocol weak, 4 folds: intact [m]")
    unseen = named(claims, "hebbian − static, protocol weak, 4 folds: unseen [m]")
    kept = named(claims, "hebbian, protocol weak, 4 folds: unseen / intact")
    intact, short = (named(claims, "coevolved, protocol weak, ", end) for end in (INTACT, UNSEEN))
    verdict = "Yes" if unseen.sign > 0 else "Not on this ant at this budget"
    walk = {
        -1: "static weights walk farther",
        0: "neither walks measurably farther",
        1: "rules walk farther",
    }[farther.sign]
    static = _kept(claims, "static, protocol weak, 4 folds")
    text = (
        f"{verdict}: with the same tuning and search, {walk} on the intact body, "
        f"{_parts(kept.figure, static)} on shortened legs that training never showed, and "
        f"{_runs(intact)} with inherited births kept {short.figure / intact.figure:.2f}"
        f"{', which is to be followed up' if len(intact.seeds) == 1 else ''}."
    )
    return Answer(text, (kept, farther, unseen, intact, short))


def _kept(claims: Sequence[Claim], arm: str) -> float:
    """Return which part of its distance an arm keeps on unseen legs."""
    intact, unseen = (named(claims, arm, end) for end in (INTACT, UNSEEN))
    return unseen.figure / intact.figure


def _parts(rules: float, weights: float) -> str:
    """Return what is kept in words, where the same words fit both."""
    ours, theirs = (PARTS.get(round(1 / part)) if part > 0 else None for part in (rules, weights))
    if ours and ours == theirs:
        return f"both keep about {ours} of their distance"
    return f"rules keep {rules:.2f} and weights {weights:.2f} of their distance"


def _runs(claim: Claim) -> str:
    n = len(claim.seeds)
    return "the one run" if n == 1 else f"the {in_words(n)} seeds"
