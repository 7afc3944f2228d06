"""The claims of studies of damage: figures of each arm, and differences between arms."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Claim
from experiments.protocols.legs.groups import Group

KINDS = ("intact", "unseen")
"""Kinds of bodies about which there are claims."""


def name_of(group: Group) -> str:
    """Return the beginning of the names of a group's claims: arm, protocol and folds."""
    return f"{group.arm}, protocol {group.protocol}, {folds_of(group.folds)}"


def folds_of(folds: Sequence[object]) -> str:
    """Return folds in words."""
    return f"fold {folds[0]}" if len(folds) == 1 else f"{len(folds)} folds"


def distances(group: Group, seconds: float, made_by: str) -> list[Claim]:
    """Return the claims about the distance of an arm in lives of ``seconds`` seconds."""
    return [
        Claim(
            f"{name_of(group)}: {kind} [m in {seconds:g} s]",
            *group.kind(kind),
            None,
            group.seeds,
            made_by,
        )
        for kind in KINDS
    ]


def retention(group: Group, goal: str | None, made_by: str) -> Claim:
    """Return the claim about the part of an arm's distance that is left on unseen legs."""
    what = f"{name_of(group)}: unseen / intact"
    return Claim(what, *group.retention(), goal, group.seeds, made_by)


def retention_difference(one: Group, other: Group, made_by: str) -> Claim:
    """Return the claim about the difference of two groups' retention, on common folds and seeds."""
    ours, theirs = one.common(other)
    what = f"{one.arm} − {name_of(theirs)}: unseen / intact"
    return Claim(what, *ours.retains_more(theirs), None, ours.seeds, made_by)


def differences(one: Group, other: Group, made_by: str) -> list[Claim]:
    """Return the claims about the difference of two groups' distance, on common folds and seeds."""
    ours, theirs = one.common(other)
    means, draws = ours.draws()
    other_means, other_draws = theirs.draws()
    claims = []
    for kind in KINDS:
        # Life i of run j has the same world in both arms, so that both are drawn together.
        value = means[kind] - other_means[kind]
        ends = ours.interval(draws[kind] - other_draws[kind], value)
        what = f"{one.arm} − {name_of(theirs)}: {kind} [m]"
        claims.append(Claim(what, value, *ends, None, ours.seeds, made_by))
    return claims
