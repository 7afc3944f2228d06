"""The evolved rules of a run: in clusters, in words, at work, and with parts taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.probe import Conditions, OpensThreads
from metahebb.analysis.rule_clusters import Clusters
from metahebb.analysis.rule_expressed import Array, Expressed, plastic_rule
from metahebb.analysis.rule_lives import RuleLives, live_rules, without_terms
from metahebb.analysis.rule_sample import Points, ranges
from metahebb.analysis.rule_shares import NET, shares, shares_of_lives, state_parts, why_not
from metahebb.analysis.rule_words import GRID, TRACE, Behavior, behavior
from metahebb.evolution.config import initial_center
from metahebb.runs.center import Center
from metahebb.runs.storage import storage_errors, write_json
from metahebb.tasks.gym.kept import absence_of

FOLDER = "rules"


def _quiet(what: str) -> None:
    """Say nothing."""


def look_into_rules(
    center: Center,
    wanted: int | None,
    lives: int,
    backend: OpensThreads,
    tell: Callable[[str], None] = _quiet,
) -> dict[str, Any]:
    """Describe the rules of a run's center, and write ``rules/rules.json``.

    Args:
        center: of the run.
        wanted: clusters; None: see `find_clusters`.
        lives: the number of fresh lives, the same as in ``evaluate``; as many are lived for each
            term that is taken out.
        backend: opens what lives them; threads of this process.
        tell: called with what is lived next.

    Returns:
        What is written, and the ``folder``.

    Raises:
        InputError: no rule evolved, there cannot be so many clusters, or no life.
    """
    plastic_rule(center)  # else nothing else matters
    conditions = Conditions.of(center, lives)
    expressed = Expressed.of(center)
    clusters = expressed.clusters(wanted)
    absence = absence_of(center.config.task)
    lived = None
    if not absence:
        tell(f"{lives} lives as they are")
        groups = expressed.by_layer(clusters.labels)
        lived = live_rules(conditions, expressed, groups, backend)
    result = {
        **_summary(center, expressed, clusters),
        "clusters": _describe(expressed, clusters, lived),
        "not_lived": absence or None,
        **_shares(conditions, expressed, lived, absence),
        "without": lived and without_terms(conditions, expressed, lived.lived, backend, tell),
    }
    folder = center.path / FOLDER
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
    write_json(folder / "rules.json", result)
    return {**result, "folder": str(folder)}


def _summary(center: Center, expressed: Expressed, clusters: Clusters) -> dict[str, Any]:
    """Return what is known without any life: the rule, its terms, and how distinct clusters are."""
    rule, terms = expressed.rule, expressed.terms
    return {
        "generation": center.generation,
        "rule": {"name": rule.name, "formula": rule.formula, "coefficients": rule.coefficients},
        "folded": rule.coefficients[terms.fold.scale] if terms.fold else None,
        "terms": terms.labels,
        "share_terms": terms.of_change,
        "coefficient_names": terms.names,
        "synapses": [int(mask.sum()) for mask in expressed.plastic],
        "distinct": clusters.n_distinct,
        "silhouette": clusters.silhouette,
        "silhouettes": clusters.silhouettes,
        "silhouette_before": _silhouette_before(center, clusters),
        "grid": GRID.tolist(),
    }


def net_shares(
    center: Center, lives: int, backend: OpensThreads
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the net share of each term in the weight change of each finite life, by label.

    Args:
        center: of a run whose rule is a sum of terms.
        lives: the number of fresh lives, the same as in ``evaluate``.
        backend: opens what lives them; threads of this process.

    Raises:
        InputError: no rule evolved, or no life.
    """
    expressed = Expressed.of(center)
    groups = [np.where(mask, 0, -1) for mask in expressed.plastic]
    lived = live_rules(Conditions.of(center, lives), expressed, groups, backend)
    of_lives = shares_of_lives(lived.by_term.sum((2, 3)))[:, NET]
    return dict(zip(expressed.terms.of_change, of_lives.T, strict=True))


def _silhouette_before(center: Center, clusters: Clusters) -> float | None:
    """Return what as many clusters have in the first center: what evolution did not make."""
    if not clusters.silhouettes or len(clusters.sizes) == 1:
        return None
    config, setup = center.config, center.config.setup()
    genes = initial_center(config.seed, setup.genome.n_genes, config.search.initial_stdev)
    first = replace(center, generation=0, genes=genes, setup=setup)
    return Expressed.of(first).clusters(len(clusters.sizes)).silhouette


def _shares(
    conditions: Conditions, expressed: Expressed, lived: RuleLives | None, absence: str
) -> dict[str, Any]:
    """Return what moves weights: the shares of terms and of a synapse's state, or why not."""
    reason = why_not(expressed.rule, expressed.terms) or absence or None
    answer: dict[str, Any] = {"lives": None, "shares_left_out": reason, "shares": None}
    parts = state_parts(expressed.rule)
    answer |= {"state_parts": parts, "state_shares": None}
    if lived is None:
        return answer
    answer["lives"] = {
        "lives": conditions.lives,
        "max_steps": conditions.max_steps,
        "body": conditions.body,
        "nonfinite": int((~lived.lived.finite).sum()),
    }
    if not reason:
        answer["shares"] = {**answer["lives"], **shares(lived.by_term)}
    if parts:
        answer["state_shares"] = shares(lived.by_state)
    return answer


def _describe(
    expressed: Expressed, clusters: Clusters, lived: RuleLives | None
) -> list[dict[str, Any]]:
    """Return what each cluster is and does."""
    rule, genes = expressed.rule, expressed.by_synapse(expressed.genes)
    folded = expressed.by_synapse(expressed.folded)
    groups = expressed.by_layer(clusters.labels)
    members = [np.flatnonzero(clusters.labels == c) for c in range(len(clusters.sizes))]
    points = [lived.points(c) if lived else None for c in range(len(members))]
    pairs = list(zip(members, points, strict=True))
    does = [behavior(rule, folded[:, synapses], at) for synapses, at in pairs]
    traces: list[Behavior | None] = [None] * len(members)
    if rule.has_trace:
        traces = [behavior(rule, folded[:, synapses], at, TRACE) for synapses, at in pairs]
    return [
        {
            "synapses": len(synapses),
            "outliers": clusters.outliers[c],
            "layers": [int((group == c).sum()) for group in groups],
            "coefficients": {
                label: _quartiles(folded[k, synapses])
                for k, label in zip(expressed.terms.indices, expressed.terms.labels, strict=True)
            },
            "genes": {
                name: _quartiles(genes[k, synapses]) for k, name in enumerate(rule.coefficients)
            },
            **_in_words(does[c], _strongest(does)),
            "plane": does[c].plane.tolist(),
            "curves": {
                name: {"at": at.tolist(), "change": change.tolist()}
                for name, (at, change) in does[c].curves.items()
            },
            "lived": _ranges(points[c]),
            "trace": None if (trace := traces[c]) is None else _in_words(trace, trace.strength),
        }
        for c, synapses in enumerate(members)
    ]


def _strongest(does: list[Behavior]) -> float:
    return max((one.strength for one in does if np.isfinite(one.strength)), default=0.0)


def _in_words(does: Behavior, strongest: float) -> dict[str, Any]:
    return {
        "words": does.words(strongest),
        "label": does.label(strongest),
        "parts": does.parts,
        "fractions": does.fractions,
        "unexplained": does.unexplained,
        "agreement": does.agreement,
        "strength": does.strength,
    }


def _ranges(points: Points | None) -> dict[str, dict[str, float]] | None:
    return None if points is None else ranges(points)


def _quartiles(values: Array) -> dict[str, float]:
    low, median, high = np.quantile(values.astype(np.float64), (0.25, 0.5, 0.75))
    return {"median": float(median), "low": float(low), "high": float(high)}
