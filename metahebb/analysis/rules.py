"""The evolved rules of a run: in clusters, in words, and at work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.probe import Conditions, OpensThreads
from metahebb.analysis.rule_clusters import Clusters, find_clusters
from metahebb.analysis.rule_shares import TermSums, shares, why_not, why_unseen
from metahebb.analysis.rule_words import GRID, HELD, behavior
from metahebb.errors import InputError
from metahebb.evolution.config import initial_center
from metahebb.genomes import GivenGenes
from metahebb.networks import mask_layers, name_of_topology, plastic_layers
from metahebb.plasticity import Rule
from metahebb.plasticity.terms import Terms
from metahebb.probes.base import BirthProbe
from metahebb.runs.center import Center
from metahebb.runs.storage import storage_errors, write_json
from metahebb.tasks.gym.kept import absence_of
from metahebb.worker import is_nonfinite

Array = npt.NDArray[np.float32]

FOLDER = "rules"


@dataclass(frozen=True)
class Expressed:
    """The rules that the newborn of a genome get.

    Attributes:
        rule: of every synapse.
        terms: of the rule.
        genes: per layer ``(k, n_out, n_in)`` coefficients as expressed.
        folded: the same with the scale (``eta``) multiplied in.
        plastic: per layer ``(n_out, n_in)`` which synapses follow the rule; the others have
            coefficients of 0.
    """

    rule: Rule
    terms: Terms
    genes: list[Array]
    folded: list[Array]
    plastic: list[npt.NDArray[np.bool_]]

    @classmethod
    def of(cls, center: Center) -> Expressed:
        """Express ``center`` as its lives do, whose probes may change coefficients at birth.

        Raises:
            InputError: the run has no rule that evolved, or no synapse follows it.
        """
        rule, network, genome = plastic_rule(center), center.config.network, center.genome
        coefficients = genome.expressed(GivenGenes(center.genes))
        layers = coefficients["coefficients"]
        plastic = plastic_layers(network.topology, genome.slots[0], coefficients)
        if not any(mask.any() for mask in plastic):
            raise InputError(
                f"expected synapses that follow a rule, got none in {center.path} (rules); its "
                f"topology is {name_of_topology(network.topology)}"
            )
        changeable = mask_layers(layers, plastic)
        for probe in center.setup.probes:
            if isinstance(probe, BirthProbe):
                probe.change_coefficients(rule, changeable)
        for layer, mask in zip(layers, plastic, strict=True):
            layer[:, ~mask] = 0
        terms = Terms.of(rule)
        return cls(rule, terms, layers, [terms.fold_in(layer) for layer in layers], plastic)

    def by_synapse(self, layers: Sequence[Array]) -> Array:
        """Return one of the two, as ``(k, n_plastic)``: layer after layer, row after row."""
        pairs = zip(layers, self.plastic, strict=True)
        return np.concatenate([layer[:, mask] for layer, mask in pairs], axis=1)

    def clusters(self, wanted: int | None = None) -> Clusters:
        """Return the clusters of all layers' synapses together; see `find_clusters`."""
        return find_clusters(self.by_synapse(self.folded)[list(self.terms.indices)].T, wanted)

    def by_layer(self, labels: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
        """Return ``labels`` ``(n_plastic,)`` as ``(n_out, n_in)`` per layer, else -1."""
        ends = np.cumsum([mask.sum() for mask in self.plastic])[:-1]
        found = [np.full(mask.shape, -1, np.intp) for mask in self.plastic]
        for group, mask, part in zip(found, self.plastic, np.split(labels, ends), strict=True):
            group[mask] = part
        return found


def plastic_rule(center: Center) -> Rule:
    """Return the rule that evolved.

    Raises:
        InputError: weights of the run's network never change, or no coefficient evolves.
    """
    network = center.config.network
    if network.rule is not None and network.rule.coefficients:
        return network.rule
    got = network.label if network.rule is None else network.rule.name
    raise InputError(
        f"expected a run that evolved coefficients of a plasticity rule, got {got} in "
        f"{center.path} (rules); see what it inherits with 'metahebb report {center.path}'"
    )


def look_into_rules(
    center: Center, wanted: int | None, lives: int, backend: OpensThreads
) -> dict[str, Any]:
    """Describe the rules of a run's center, and write ``rules/rules.json``.

    Args:
        center: of the run.
        wanted: clusters; None: see `find_clusters`.
        lives: fresh lives in which the shares of the terms are measured, those of ``evaluate``.
        backend: opens what lives them; threads of this process.

    Returns:
        What is written, and the ``folder``.

    Raises:
        InputError: no rule evolved, there cannot be so many clusters, or no life.
    """
    rule = plastic_rule(center)
    conditions = Conditions.of(center, lives)
    expressed = Expressed.of(center)
    clusters = expressed.clusters(wanted)
    config = center.config
    reason = (
        why_not(rule, expressed.terms)
        or why_unseen(config.network, config.task)
        or absence_of(config.task)
        or None
    )
    result = {
        "generation": center.generation,
        "rule": {"name": rule.name, "formula": rule.formula, "coefficients": rule.coefficients},
        "folded": rule.coefficients[expressed.terms.fold.scale] if expressed.terms.fold else None,
        "terms": expressed.terms.labels,
        "synapses": [int(mask.sum()) for mask in expressed.plastic],
        "distinct": clusters.n_distinct,
        "silhouette": clusters.silhouette,
        "silhouettes": clusters.silhouettes,
        "silhouette_before": _silhouette_before(center, clusters),
        "grid": GRID.tolist(),
        "held": {name: value for name, value in HELD.items() if name in rule.signals},
        "clusters": _describe(expressed, clusters),
        "shares_left_out": reason,
        "shares": None if reason else _lived(conditions, expressed, clusters, backend),
    }
    folder = center.path / FOLDER
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
    write_json(folder / "rules.json", result)
    return {**result, "folder": str(folder)}


def _silhouette_before(center: Center, clusters: Clusters) -> float | None:
    """Return what as many clusters have in the first center: what evolution did not make."""
    if clusters.silhouette is None:
        return None
    config, setup = center.config, center.config.setup()
    genes = initial_center(config.seed, setup.genome.n_genes, config.search.initial_stdev)
    first = replace(center, generation=0, genes=genes, setup=setup)
    return Expressed.of(first).clusters(len(clusters.sizes)).silhouette


def _describe(found: Expressed, clusters: Clusters) -> list[dict[str, Any]]:
    """Return what each cluster is and does."""
    rule, genes = found.rule, found.by_synapse(found.genes)
    folded = found.by_synapse(found.folded)
    groups = found.by_layer(clusters.labels)
    members = [np.flatnonzero(clusters.labels == c) for c in range(len(clusters.sizes))]
    does = [behavior(rule, folded[:, synapses]) for synapses in members]
    strongest = max(one.strength for one in does)
    return [
        {
            "synapses": len(synapses),
            "layers": [int((group == c).sum()) for group in groups],
            "coefficients": {
                label: _quartiles(folded[k, synapses])
                for k, label in zip(found.terms.indices, found.terms.labels, strict=True)
            },
            "genes": {
                name: _quartiles(genes[k, synapses]) for k, name in enumerate(rule.coefficients)
            },
            "words": one.words(strongest),
            "label": one.label(strongest),
            "parts": one.parts,
            "fractions": one.fractions,
            "agreement": one.agreement,
            "strength": one.strength,
            "plane": one.plane.tolist(),
        }
        for c, (synapses, one) in enumerate(zip(members, does, strict=True))
    ]


def _quartiles(values: Array) -> dict[str, float]:
    low, median, high = np.quantile(values.astype(np.float64), (0.25, 0.5, 0.75))
    return {"median": float(median), "low": float(low), "high": float(high)}


def _lived(
    conditions: Conditions,
    found: Expressed,
    clusters: Clusters,
    backend: OpensThreads,
) -> dict[str, Any]:
    """Live, and return the shares of the terms, and in which lives."""
    conditions.check_room()
    # What follows no rule adds terms of 0, to whichever cluster.
    groups = [np.maximum(group, 0) for group in found.by_layer(clusters.labels)]
    noted = TermSums.empty(found.rule, found.terms, found.folded, groups, conditions.lives)
    lived = conditions.live(None, backend, [noted])
    finite = ~is_nonfinite(lived.outcomes)
    return {
        "lives": conditions.lives,
        "max_steps": conditions.max_steps,
        "body": conditions.body,
        "nonfinite": int((~finite).sum()),
        **shares(noted.sums[finite]),
    }
