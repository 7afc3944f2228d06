"""The evolved rules of a run as text: clusters, words, shares."""

from __future__ import annotations

from typing import Any

from metahebb.report.table import interval, text_table

_STRUCTURE = ((0.25, "no clear clusters"), (0.5, "weak clusters"), (0.7, "clear clusters"))
"""What mean silhouettes up to a bound stand for (Kaufman & Rousseeuw 1990, table 4)."""


def rules_table(result: dict[str, Any]) -> str:
    """Return the content of a ``rules.json`` as text for a terminal."""
    parts = [title(result), text_table(cluster_rows(result)), "\n".join(words(result))]
    if result["shares"] is None:
        parts.append(f"No shares of terms: {result['shares_left_out']}.")
        return "\n\n".join(parts)
    parts += [
        f"Share of each term in the change of weights [%], {lives_of(result)}: mean [95 % "
        "bootstrap interval]\n\n" + text_table(share_rows(result, "share")),
        "Net share [%]: what a term adds to |Δw|; negative where it works against the others\n\n"
        + text_table(share_rows(result, "net")),
    ]
    return "\n\n".join(parts)


def title(result: dict[str, Any]) -> str:
    """Return what was looked into, and how distinct the clusters are."""
    rule, n = result["rule"], len(result["clusters"])
    text = (
        f"The rules of generation {result['generation']}: {rule['name']}, {rule['formula']}\n"
        f"{sum(result['synapses'])} synapses, {result['distinct']} distinct rules, "
    )
    if result["silhouette"] is None:
        exact = n == result["distinct"]
        text += "each of which is a cluster" if exact else f"in {n} cluster{'s' * (n > 1)}"
    else:
        text += f"in {n} clusters by k-means: mean silhouette {result['silhouette']:.2f}, "
        text += structure(result["silhouette"])
        if result["silhouette_before"] is not None:
            text += f" (before evolution {result['silhouette_before']:.2f})"
    folded = f"; {result['folded']} is multiplied in" if result["folded"] else ""
    return f"{text}\nCoefficients: median [quartiles]{folded}"


def structure(silhouette: float) -> str:
    """Return what a mean silhouette says."""
    return next((word for most, word in _STRUCTURE if silhouette <= most), "distinct clusters")


def cluster_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a heading and a row per cluster."""
    layers = [f"layer {k}" for k, _ in enumerate(result["synapses"], 1)]
    total = sum(result["synapses"])
    rows = [["cluster", "synapses", *layers, *result["terms"], "agreement"]]
    for number, cluster in enumerate(result["clusters"], 1):
        rows.append(
            [
                str(number),
                f"{cluster['synapses']} ({cluster['synapses'] / total:.0%})",
                *map(str, cluster["layers"]),
                *(_quartiles(cluster["coefficients"][term]) for term in result["terms"]),
                f"{cluster['agreement']:.2f}",
            ]
        )
    return rows


def _quartiles(found: dict[str, float]) -> str:
    return f"{found['median']:.3g} [{found['low']:.3g}, {found['high']:.3g}]"


def words(result: dict[str, Any]) -> list[str]:
    """Return a line per cluster: what it does over the plane of pre and post."""
    told = ", ".join(f"{name} {value:g}" for name, value in result["held"].items())
    where = f", at {told}" if told else ""
    head = f"Δw over pre and post in [-1, 1] (parts: of its mean square{where})"
    lines = [f"  {k}  {cluster['words']}" for k, cluster in enumerate(result["clusters"], 1)]
    return [head, *lines]


def lives_of(result: dict[str, Any]) -> str:
    """Return in which lives the shares were measured."""
    found = result["shares"]
    lost = f", {found['nonfinite']} non-finite left out" if found["nonfinite"] else ""
    lives = f"{found['lives']} fresh {'life' if found['lives'] == 1 else 'lives'}"
    return f"{lives} of at most {found['max_steps']} env steps ({found['body']}{lost})"


def share_rows(result: dict[str, Any], kind: str) -> list[list[str]]:
    """Return a heading, and a row for all synapses, each layer and each cluster.

    Args:
        result: the content of a ``rules.json`` with shares.
        kind: ``share`` or ``net``.
    """
    found = result["shares"]
    rows = [["", *result["terms"]], ["all", *map(_percent, found["all"][kind])]]
    for name in ("layer", "cluster"):
        for number, cell in enumerate(found[f"{name}s"], 1):
            rows.append([f"{name} {number}", *map(_percent, cell[kind])])
    return rows


def _percent(found: dict[str, float | None]) -> str:
    """Return an interval in percent: between lives, shares hardly differ."""
    return interval({name: None if v is None else 100 * v for name, v in found.items()})
