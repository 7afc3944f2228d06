"""The answer of the bottleneck study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.kit.claims import Answer, Claim, in_words
from experiments.protocols.genome_maps.claims import claim_of, genes_of
from experiments.protocols.genome_maps.points import REFERENCE

RELATIVE = f"intact / {REFERENCE}"
"""The ends of the names of claims that compare a point to the reference."""
FOLLOWED = "low_rank-1"
"""The point that was followed up on all folds."""


def answer(claims: Sequence[Claim], standing: Mapping[str, int]) -> Answer:
    """Return the answer.

    Args:
        claims: the claims about all points.
        standing: the number of runs that do not walk, by point.
    """
    neuron = claim_of(claims, "neuron", RELATIVE)
    kept, usual = (claim_of(claims, who, "unseen / intact") for who in (FOLLOWED, REFERENCE))
    verdict = "Few" if neuron.holds else "More than were tried"
    wide = neuron.ends[1] - neuron.ends[0] > 0.5
    text = (
        f"{verdict}: five genes per neuron ({genes_of(neuron)} in all) walk "
        f"{_compared(neuron)} a rule for every synapse ({genes_of(usual)}), with "
        f"{'a wide interval' if wide else 'an interval'} over {in_words(len(neuron.seeds))} runs; "
        f"{_followed(claims, standing)}."
    )
    return Answer(text, (neuron, kept, usual, claim_of(claims, FOLLOWED, RELATIVE)))


def _compared(ratio: Claim) -> str:
    """Return in words how far a point walks, by its distance over that of the reference."""
    if ratio.figure < 0.9:
        return "less far than"
    if ratio.figure <= 1.1:
        return "as far as"
    return "a little farther than" if ratio.figure <= 1.3 else "farther than"


def _followed(claims: Sequence[Claim], standing: Mapping[str, int]) -> str:
    """Return what became of the point that was followed up."""
    kept, usual = (claim_of(claims, who, "unseen / intact") for who in (FOLLOWED, REFERENCE))
    intact = claim_of(claims, FOLLOWED, RELATIVE)
    but = "but" if intact.figure < 0.9 < kept.figure / usual.figure else "and"
    return (
        f"one outer product ({genes_of(kept)} genes) keeps {kept.figure:.2f} of its distance on "
        f"unseen legs where a rule per synapse keeps {usual.figure:.2f}, {but} walks "
        f"{_compared(intact).rpartition(' ')[0]} on the intact body"
        + (", and some of its runs never get going" if standing.get(FOLLOWED) else "")
    )
