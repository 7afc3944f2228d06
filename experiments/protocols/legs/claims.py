"""The claims of studies of damage: figures of each arm, and differences between arms."""

from __future__ import annotations

from experiments.kit.claims import Claim
from experiments.protocols.legs.bodies import words_of
from experiments.protocols.legs.groups import Group

KINDS = ("intact", "unseen")
"""Kinds of bodies about which there are claims."""


def name_of(group: Group) -> str:
    """Return the beginning of the names of a group's claims: its arm, and what training showed."""
    return f"{group.arm}, {words_of(group.folds)}"


def distances(group: Group, seconds: float, made_by: str) -> list[Claim]:
    """Return the claims about the distance of an arm in lives of ``seconds`` seconds."""
    return [
        Claim(
            f"{name_of(group)}: {kind} [m in {seconds:g} s]",
            *group.kind(kind),
            None,
            group.seeds,
            made_by,
            len(group.folds),
        )
        for kind in KINDS
    ]


def retention(group: Group, goal: str | None, made_by: str) -> Claim:
    """Return the claim about an arm's distance on unseen legs divided by its intact distance."""
    what = f"{name_of(group)}: unseen / intact"
    return Claim(what, *group.retention(), goal, group.seeds, made_by, len(group.folds))


def each_run(group: Group, made_by: str) -> list[Claim]:
    """Return a claim per run of an arm, about the part of its distance kept on unseen legs."""
    runs = [group.only((fold,), (seed,)) for fold, seed in group.cells]
    names = [f"{name_of(run)}, seed {run.seeds[0]}: unseen / intact" for run in runs]
    return [
        Claim(name, run.retention()[0], None, None, None, run.seeds, made_by)
        for name, run in zip(names, runs, strict=True)
    ]


def retention_difference(one: Group, other: Group, made_by: str) -> Claim:
    """Return the claim about the difference of two groups' retention, on common folds and seeds."""
    ours, theirs = one.common(other)
    what = f"{one.arm} − {name_of(theirs)}: unseen / intact"
    return Claim(what, *ours.retains_more(theirs), None, ours.seeds, made_by, len(ours.folds))


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
        claims.append(Claim(what, value, *ends, None, ours.seeds, made_by, len(ours.folds)))
    return claims
