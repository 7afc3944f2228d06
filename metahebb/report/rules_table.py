"""The evolved rules of a run as text: clusters, words, lives without a term, shares."""

from __future__ import annotations

from typing import Any

from metahebb.report.table import interval, label, text_table

_STRUCTURE = ((0.25, "no clear clusters"), (0.5, "weak clusters"), (0.7, "clear clusters"))
"""What mean silhouettes up to a bound stand for (Kaufman & Rousseeuw 1990, table 4)."""

_CLEARER = 0.05
"""By how much a mean silhouette has to be larger than before evolution to speak of clusters."""


def rules_table(result: dict[str, Any]) -> str:
    """Return the content of a ``rules.json`` as text for a terminal."""
    parts = [title(result), text_table(cluster_rows(result)), "\n".join(words(result))]
    if lived := lived_rows(result):
        parts.append(f"What synapses lived through: median [5 %, 95 %]\n\n{text_table(lived)}")
    if result.get("without"):
        head = f"Without a term, {lives_of(result)}: mean [95 % bootstrap interval]"
        parts.append(f"{head}\n\n{text_table(without_rows(result))}")
    if result["shares"] is None:
        parts.append(f"No shares of terms: {result['shares_left_out']}.")
    else:
        parts += _share_tables(result, "term", "shares", share_terms(result))
    if result.get("state_shares"):
        parts.append(state_note(result))
        parts += _share_tables(result, "part", "state_shares", result["state_parts"])
    return "\n\n".join(parts)


def _share_tables(result: dict[str, Any], what: str, key: str, names: list[str]) -> list[str]:
    """Return the tables of shares, and of net shares, under their headings."""
    shares = result[key]
    return [
        f"Share of each {what} in the change of weights [%], {lives_of(result)}: mean [95 % "
        "bootstrap interval]\n\n" + text_table(share_rows(shares, "share", names)),
        f"Net share [%]: what a {what} adds to |Δw|; negative where it works against the others\n\n"
        + text_table(share_rows(shares, "net", names)),
    ]


def share_terms(result: dict[str, Any]) -> list[str]:
    """Return the labels of the terms of which Δw is the sum; older files have all terms alone."""
    names: list[str] = result.get("share_terms", result["terms"])
    return names


def state_note(result: dict[str, Any]) -> str:
    """Return what the parts are that a synapse's own weight and trace make of Δw."""
    first, *others = result["state_parts"]
    text = f"Δw in parts, whatever the coefficients: what it would be {first}"
    if "decays" in others:
        text += ", what the weight adds towards 0 (decays) and away from 0 (grows)"
    return text + (", and what the trace adds" if "by the trace" in others else "")


def title(result: dict[str, Any]) -> str:
    """Return what was looked into, and how distinct the clusters are."""
    rule = result["rule"]
    text = (
        f"The rules of generation {result['generation']}: {rule['name']}, {rule['formula']}\n"
        f"{sum(result['synapses'])} synapses, {result['distinct']} distinct rules, "
    )
    folded = f"; {result['folded']} is multiplied in" if result["folded"] else ""
    return f"{text}{verdict(result)}\nCoefficients: median [quartiles]{folded}"


def verdict(result: dict[str, Any]) -> str:
    """Return how the synapses are put into clusters, and whether these are any."""
    n, silhouettes = len(result["clusters"]), result["silhouettes"]
    if not silhouettes and n == result["distinct"]:
        return "each of which is a cluster"
    apart = sum(c["synapses"] for c in result["clusters"] if c.get("outliers"))
    outliers = f"{apart} outlier{'s' * (apart > 1)}"
    if result["silhouette"] is None:
        if not apart:
            return f"in {n} cluster{'s' * (n > 1)}"
        whole = "are in one" if sum(not c["outliers"] for c in result["clusters"]) else "are few"
        return f"in {n} groups by k-means: no clear clusters, all but {outliers} {whole}"
    text = f"in {n} clusters by k-means: mean silhouette {result['silhouette']:.2f}"
    text += f" ({outliers} count as 0)" if apart else ""
    before = result["silhouette_before"]
    if before is None:
        return f"{text}, {structure(result['silhouette'])}"
    clearer = round(result["silhouette"] - before, 2)
    if clearer >= _CLEARER:
        return f"{text}, {structure(result['silhouette'])} (before evolution {before:.2f})"
    hardly = "hardly" if clearer > 0 else "no"
    return f"{text}, {hardly} clearer than before evolution ({before:.2f})"


def structure(silhouette: float) -> str:
    """Return what a mean silhouette says."""
    return next((word for most, word in _STRUCTURE if silhouette <= most), "distinct clusters")


def cluster_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a heading and a row per cluster."""
    layers = [f"layer {k}" for k, _ in enumerate(result["synapses"], 1)]
    rows = [["cluster", "synapses", *layers, *coefficient_names(result), "agreement"]]
    for number, cluster in enumerate(result["clusters"], 1):
        rows.append(
            [
                str(number),
                size(cluster, sum(result["synapses"])),
                *map(str, cluster["layers"]),
                *(_quartiles(cluster["coefficients"][term]) for term in result["terms"]),
                f"{cluster['agreement']:.2f}",
            ]
        )
    return rows


def coefficient_names(result: dict[str, Any]) -> list[str]:
    """Return what coefficients act as, such as ``eta·A``; older files have their terms alone."""
    names: list[str] = result.get("coefficient_names", result["terms"])
    return names


def size(cluster: dict[str, Any], total: int) -> str:
    """Return how many of ``total`` synapses a cluster has, and whether they are outliers."""
    n = cluster["synapses"]
    return f"{n} ({n / total:.0%}{', outliers' if cluster.get('outliers') else ''})"


def _quartiles(numbers: dict[str, float]) -> str:
    return f"{numbers['median']:.3g} [{numbers['low']:.3g}, {numbers['high']:.3g}]"


def words(result: dict[str, Any]) -> list[str]:
    """Return a line per cluster: what it does to weights, and to traces where the rule has them."""
    lines = [_head_of_words(result)]
    for number, cluster in enumerate(result["clusters"], 1):
        lines.append(f"  {number}  {cluster['words']}")
        if cluster.get("trace"):
            lines.append(f"     its trace: {cluster['trace']['words']}")
    return lines


def _head_of_words(result: dict[str, Any]) -> str:
    if "held" in result:  # a file of an older version of metahebb
        held = ", ".join(f"{name} {value:g}" for name, value in result["held"].items())
        where = f", at {held}" if held else ""
        return f"Δw over pre and post in [-1, 1] (parts: of its mean square{where})"
    if lived_rows(result):
        where = "at signals as lived"
    else:
        where = f"over signals in [-1, 1], since {result['not_lived'] or 'no weight ever changed'}"
    return f"What Δw is made of, {where} (parts: of the sum of their mean squares)"


def lived_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a heading, and a row per cluster: the signals its synapses lived; or no row at all."""
    clusters = [(k, cluster.get("lived")) for k, cluster in enumerate(result["clusters"], 1)]
    rows = [[str(k), *map(_quartiles, lived.values())] for k, lived in clusters if lived]
    heads = next((list(lived) for _, lived in clusters if lived), [])
    return [["cluster", *heads], *rows] if rows else []


def lives_of(result: dict[str, Any]) -> str:
    """Return in which lives it was measured."""
    lived = result.get("lives") or result["shares"]
    lost = f", {lived['nonfinite']} non-finite left out" if lived["nonfinite"] else ""
    lives = f"{lived['lives']} fresh {'life' if lived['lives'] == 1 else 'lives'}"
    return f"{lives} of at most {lived['max_steps']} env steps ({lived['body']}{lost})"


def without_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a heading, and a row per term that was taken out of all synapses' rules."""
    without = result["without"]
    first = main_measure(result, without["terms"][0])
    heads = ["term", label(without["main"], first), "difference, paired"]
    rows = [heads, ["none left out", interval(first["without"]), "–"]]
    for row in without["terms"]:
        measured = main_measure(result, row)
        lost = f" ({row['nonfinite']} non-finite)" if row["nonfinite"] else ""
        numbers = (interval(measured[part]) for part in ("with", "difference"))
        rows.append([f"{left_out(row)}{lost}", *numbers])
    return rows


def left_out(row: dict[str, Any]) -> str:
    """Return what is changed in a row of lives without a term."""
    return f"{row['term']} at its mean" if row["leveled"] else f"without {row['term']}"


def main_measure(result: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return the measure by which lives are compared, of a row of lives without a term."""
    main = result["without"]["main"]
    measured: dict[str, Any] = row["measures"].get(main) or {"unit": "", **row["return"]}
    return measured


def share_rows(shares: dict[str, Any], kind: str, names: list[str]) -> list[list[str]]:
    """Return a heading, and a row for all synapses, each layer and each cluster.

    Args:
        shares: shares.
        kind: ``share`` or ``net``.
        names: of the parts.
    """
    rows = [["", *names], ["all", *map(_percent, shares["all"][kind])]]
    for name in ("layer", "cluster"):
        for number, cell in enumerate(shares[f"{name}s"], 1):
            rows.append([f"{name} {number}", *map(_percent, cell[kind])])
    return rows


def _percent(share: dict[str, float | None]) -> str:
    """Return an interval in percent: between lives, shares hardly differ."""
    return interval({name: None if v is None else 100 * v for name, v in share.items()})
