"""The answer of the study of other ties and wirings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.kit.claims import Answer, Claim
from experiments.protocols.genome_maps.claims import claim_of, genes_of
from experiments.protocols.genome_maps.points import REFERENCE
from experiments.protocols.legs.groups import WALKS


def answer(claims: Sequence[Claim], _standing: Mapping[str, int]) -> Answer:
    """Return the answer, made of the claims alone."""
    relative = f"intact / {REFERENCE}"
    ties, sparse = (claim_of(claims, point, relative) for point in ("anti_diagonal", "sparse-10"))
    signs = claim_of(claims, "rule_book", "intact [m]")
    walk = "do not walk" if signs.figure < WALKS else f"walk {signs.figure:.1f} m"
    text = (
        f"The anti-diagonals of the first public code ({genes_of(ties)} genes) walk "
        f"{ties.shown()} as far as a rule per synapse, and a rule for each of the tenth of all "
        f"synapses that are there ({genes_of(sparse)} genes) {sparse.shown()}, while signs from a "
        f"book ({genes_of(signs)} genes) {walk} at this budget."
    )
    return Answer(text, (ties, sparse, signs))
