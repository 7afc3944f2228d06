"""The answer of the damage study."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, in_words, named

PARTS = {1: "all", 2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 6: "a sixth"}
"""Parts of a distance in words, by their inverse."""
EACH_LEG = "trained on each leg in turn"
INTACT, UNSEEN = ": intact [m in 16.5 s]", ": unseen [m in 16.5 s]"
"""How the names of an arm's claims end."""


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: static weights beside rules, then the arm with inherited births."""
    farther, unseen = (
        named(claims, f"hebbian − static, {EACH_LEG}: {kind} [m]") for kind in ("intact", "unseen")
    )
    kept = named(claims, f"hebbian, {EACH_LEG}: unseen / intact")
    births = named(claims, f"coevolved, {EACH_LEG}: unseen / intact")
    less = named(claims, f"hebbian − coevolved, {EACH_LEG}: unseen [m]")
    verdict = "Yes" if unseen.sign > 0 else "Not on this ant at this budget"
    walk = {
        -1: "static weights walk farther",
        0: "neither walks measurably farther",
        1: "rules walk farther",
    }[farther.sign]
    static = _kept(claims, f"static, {EACH_LEG}")
    text = (
        f"{verdict}: with the same tuning and search, {walk} on the intact body, "
        f"{_parts(kept.figure, static)} on shortened legs that training never showed, and "
        f"{_births(claims, births)}{_told(less)}."
    )
    return Answer(text, (kept, farther, unseen, births, less))


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


def _births(claims: Sequence[Claim], births: Claim) -> str:
    """Return what runs with inherited births keep, all of them and the least and the most."""
    each = [
        claim.figure
        for claim in claims
        if claim.name.startswith("coevolved, trained on the shortened")
        and claim.name.endswith(": unseen / intact")
        and claim.value is not None
    ]
    text = f"{in_words(births.runs)} runs with inherited births keep {births.figure:.2f}"
    return f"{text} ({min(each):.2f} to {max(each):.2f})" if each else text


def _told(less: Claim) -> str:
    """Return whether these runs can be told from those with random births."""
    if less.sign == 0:
        return ", too few and too unlike each other to be told from random births"
    return f", {'fewer' if less.sign > 0 else 'more'} meters than with random births"
