"""The answer of the bottleneck study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.kit.claims import Answer, Claim, in_words
from experiments.protocols.genome_maps.claims import claim_of, genes_of
from experiments.protocols.genome_maps.points import REFERENCE
from experiments.protocols.legs.groups import WALKS

FOLLOWED = "low_rank-1"
"""The point that was followed up on all folds."""


def answer(claims: Sequence[Claim], standing: Mapping[str, int]) -> Answer:
    """Return the answer.

    Args:
        claims: of all points.
        standing: the number of runs that do not walk, by point.
    """
    relative = f"intact / {REFERENCE}"
    neuron, shared = (claim_of(claims, point, relative) for point in ("neuron", "shared-64"))
    kept, usual = (claim_of(claims, who, "unseen / intact") for who in (FOLLOWED, REFERENCE))
    carried_by = (neuron, shared, kept, usual, claim_of(claims, "mixture-16", "intact [m]"))
    verdict = "Few" if neuron.holds or shared.holds else "More than were tried"
    text = (
        f"{verdict}: five genes per neuron ({genes_of(neuron)} in all) walk "
        f"{_compared(neuron)} a rule for every synapse ({genes_of(usual)}) and 64 rules "
        f"per layer ({genes_of(shared)} genes) {_compared(shared)} that, "
        f"{_width(neuron, shared)} over {in_words(len(neuron.seeds))} runs; "
        f"{_followed(claims, standing)}; {_mixtures(claims)}."
    )
    return Answer(text, carried_by)


def _compared(ratio: Claim) -> str:
    """Return in words how far a point walks, by its distance over that of the reference."""
    if ratio.figure < 0.9:
        return "less far than"
    if ratio.figure <= 1.1:
        return "as far as"
    return "a little farther than" if ratio.figure <= 1.3 else "farther than"


def _width(*claims: Claim) -> str:
    wide = all(high - low > 0.5 for low, high in (claim.ends for claim in claims))
    return "with wide intervals" if wide else "with intervals"


def _followed(claims: Sequence[Claim], standing: Mapping[str, int]) -> str:
    """Return what became of the point that was followed up."""
    kept, usual = (claim_of(claims, who, "unseen / intact") for who in (FOLLOWED, REFERENCE))
    intact = claim_of(claims, FOLLOWED, f"intact / {REFERENCE}")
    but = "but" if intact.figure < 0.9 < kept.figure / usual.figure else "and"
    return (
        f"one outer product ({genes_of(kept)} genes) keeps {kept.figure:.2f} of its distance on "
        f"unseen legs where a rule per synapse keeps {usual.figure:.2f}, {but} walks "
        f"{_compared(intact).rpartition(' ')[0]} on the intact body"
        + (", and some of its runs never get going" if standing.get(FOLLOWED) else "")
    )


def _mixtures(claims: Sequence[Claim]) -> str:
    """Return what became of the published mixture, and of the repaired one."""
    published, repaired = (
        claim_of(claims, point, "intact [m]").figure for point in ("palm-16", "mixture-16")
    )
    if published < WALKS <= repaired:
        return "the published mixture fails here, too, and walks once it is repaired"
    return f"the published mixture walks {published:.1f} m, the repaired one {repaired:.1f} m"
