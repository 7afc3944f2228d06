"""The page of a study: its answer first, then the study's own notes, and all figures at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_HEADS = """
| figure | value | 95 % interval | goal | holds | seeds |
|---|---|---|---|---|---|
""".strip()


def page(summary: dict[str, Any], notes: str) -> str:
    """Return the Markdown of a study's README.

    Args:
        summary: the content of ``summary.json``.
        notes: the Markdown text between `head` and `tail`.
    """
    parts = (head(summary), notes.strip(), tail(summary))
    return "\n\n".join(part for part in parts if part) + "\n"


def head(summary: dict[str, Any]) -> str:
    """Return the beginning of a page: question, answer, the claims that carry it, and the cost."""
    claims = [claim for claim in summary["claims"] if claim["name"] in summary["carried_by"]]
    commands = dict.fromkeys(claim["command"] for claim in summary["claims"])
    cost = (f"- {key}: {value}" for key, value in summary["cost"].items())
    return "\n".join(
        [
            *(f"# {summary['title']}", "", summary["answer"], "", claims_table(claims), ""),
            *("Made by:", "", "```", *commands, "```", "", *cost),
        ]
    )


def tail(summary: dict[str, Any]) -> str:
    """Return the end of a page, a table of all claims; an empty text if the head has all claims."""
    if {claim["name"] for claim in summary["claims"]} == set(summary["carried_by"]):
        return ""
    return f"## Every figure\n\n{claims_table(summary['claims'])}"


def claims_table(claims: Iterable[dict[str, Any]]) -> str:
    """Return a table with a row per claim, as Markdown."""
    lines = [_HEADS]
    for claim in claims:
        interval = "–" if claim["low"] is None else f"{claim['low']:z.2f} to {claim['high']:z.2f}"
        holds = {True: "yes", False: "**no**", None: "–"}[claim["holds"]]
        seeds = ", ".join(map(str, claim["seeds"]))
        value = "–" if claim["value"] is None else f"{claim['value']:z.2f}"
        lines.append(
            f"| {claim['name']} | {value} | {interval} | {claim['goal'] or '–'} | "
            f"{holds} | {seeds} |"
        )
    return "\n".join(lines)
