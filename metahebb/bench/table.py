"""Tables of the benchmark's findings, for a terminal and for a Markdown page."""

from __future__ import annotations

from typing import Any

from metahebb.report.table import markdown_table, text_table

Results = dict[str, Any]
"""The content of ``results/bench/<machine>.json``."""

HEADING = ["row", "ours", "peer", "unit", "ratio [least, largest]", "goal", "holds"]


def row_cells(row: dict[str, Any]) -> list[str]:
    """Return a row's cells, in the order of `HEADING`."""
    spread = f"{number(row['ratio'])} [{number(row['low'])}, {number(row['high'])}]"
    holds = {True: "yes", False: "no", None: "–"}[row["holds"]]
    return [
        row["row"],
        number(row["ours"]),
        "–" if row["peer"] is None else number(row["peer"]),
        row["unit"],
        spread,
        row["goal"] or "–",
        holds,
    ]


def number(value: float) -> str:
    """Return ``value`` with three significant digits, and with all digits before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}" if value else "0"


def profile_rows(profiles: list[dict[str, Any]]) -> list[list[str]]:
    """Return a heading and a row per part of an env step, with its share."""
    parts = list(profiles[0]["microseconds"])
    rows = [["µs per env step and core", *(p["name"] for p in profiles)]]
    totals = [sum(p["microseconds"].values()) for p in profiles]
    for part in parts:
        cells = []
        for profile, total in zip(profiles, totals, strict=True):
            spent = profile["microseconds"][part]
            cells.append(f"{spent:.2f} ({100 * spent / total:.1f} %)")
        rows.append([part, *cells])
    rows.append(["all", *(f"{total:.1f}" for total in totals)])
    return rows


def text(results: Results) -> str:
    """Return all tables for a terminal."""
    tables = []
    if results["rows"]:
        tables.append(text_table([HEADING, *map(row_cells, results["rows"])]))
    if results["profiles"]:
        tables.append(text_table(profile_rows(results["profiles"])))
    return "\n\n".join(tables)


def markdown(results: Results, figures: list[str]) -> str:
    """Return the page of a machine: its description, tables, figures, and what each peer is.

    Args:
        results: the results of the machine.
        figures: the names of image files in the page's folder.
    """
    machine = results["machine"]
    parts = [
        f"# {machine['cpu']}, {machine['cores']} cores",
        f"Made by `{results['command']}`, begun {results['started']}, commit {results['commit']}"
        f"{', with uncommitted changes' if results['dirty'] else ''}. {machine['platform']}, "
        f"{machine['memory_gb']} GB.",
        "Ours and peer are medians; the ratio is the median of ours against the peer, repeat by "
        "repeat, measured in turn. A row without a peer has an absolute goal.",
    ]
    if results["rows"]:
        parts.append(markdown_table([HEADING, *map(row_cells, results["rows"])]))
        parts += ["What each is held against:", "\n".join(_notes(results["rows"]))]
    if results["profiles"]:
        parts += ["## Where the time of an env step goes"]
        parts.append(markdown_table(profile_rows(results["profiles"])))
    parts += [f"![{name}]({name})" for name in figures]
    return "\n\n".join(parts) + "\n"


def _notes(rows: list[dict[str, Any]]) -> list[str]:
    """Return a line per note, with the names of the rows that share the note."""
    named: dict[str, list[str]] = {}
    for row in rows:
        named.setdefault(row["note"], []).append(row["row"])
    return [f"- **{'; '.join(names)}**: {note}." for note, names in named.items()]
