"""The page of a study: the answer, the words, and a table of at most six rows.

The open part of a page can be read in a minute. All other parts are folded: a reader sees their
headings, and unfolds a part by a click.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROWS = 6
"""The largest number of rows of the table that stands open."""
SMOKE = "**SMOKE: made with settings too small to mean anything.**"
"""The line above each table of a smoke test."""
BEGIN, END = "<!-- notes -->", "<!-- end of notes -->"
"""The comments around notes that are one text."""


@dataclass(frozen=True)
class Notes:
    """The parts of a page that are not made from the claims.

    Attributes:
        words: meaning of each word of the first table, as Markdown; the list of words stands above
            the table.
        shown: open Markdown below the first table, such as a picture and a line about the picture.
        folded: Markdown of each folded part, by its heading.
        interval: heading of the column of intervals.
        counts_runs: whether the claims rest on runs of evolution; their number then has a column.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    folded: Mapping[str, str] = field(default_factory=dict)
    interval: str = "95 % interval"
    counts_runs: bool = True

    @classmethod
    def of(cls, text: str) -> Notes:
        """Return notes that are one text, which stands open."""
        text = text.strip()
        return cls(shown=f"{BEGIN}\n\n{text}\n\n{END}" if text else "")


def page(summary: dict[str, Any], notes: Notes) -> str:
    """Return the Markdown of a study's README.

    Args:
        summary: the content of ``summary.json``.
        notes: the notes of the study.
    """
    sections = {
        name: text.strip()
        for name, text in {
            **notes.folded,
            "Every figure": _every(summary, notes),
            "Command, cost and machine": _cost(summary),
        }.items()
    }
    parts = [head(summary, notes), notes.shown.strip()]
    parts += [folded(name, text) for name, text in sections.items() if text]
    text = "\n\n".join(part for part in parts if part) + "\n"
    return marked(text) if summary.get("size") == "smoke" else text


def head(summary: dict[str, Any], notes: Notes) -> str:
    """Return the beginning of a page: question, answer, words, and claims that carry the answer."""
    words = [f"- *{word}*: {meaning}" for word, meaning in notes.words.items()]
    rows = claims_table(carrying(summary)[:ROWS], notes)
    parts = [f"# {summary['title']}", summary["answer"], "\n".join(words), rows]
    return "\n\n".join(part for part in parts if part)


def carrying(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the claims that carry the answer."""
    return [claim for claim in summary["claims"] if claim["name"] in summary["carried_by"]]


def folded(heading: str, text: str) -> str:
    """Return Markdown that shows its heading alone until somebody unfolds it."""
    return f"<details>\n<summary>{heading}</summary>\n\n{text}\n\n</details>"


def _every(summary: dict[str, Any], notes: Notes) -> str:
    """Return a table of all claims; an empty text if the head of the page has all claims."""
    shown = {claim["name"] for claim in carrying(summary)[:ROWS]}
    if {claim["name"] for claim in summary["claims"]} == shown:
        return ""
    return claims_table(summary["claims"], notes)


def _cost(summary: dict[str, Any]) -> str:
    commands = dict.fromkeys(claim["command"] for claim in summary["claims"])
    cost = (f"- {key}: {value}" for key, value in summary["cost"].items())
    return "\n".join(["```sh", *commands, "```", "", *cost])


def claims_table(claims: Iterable[dict[str, Any]], notes: Notes | None = None) -> str:
    """Return a table with a row per claim, as Markdown."""
    notes = notes or Notes()
    heads = ["what was measured", "value", notes.interval, *["runs"] * notes.counts_runs, "goal"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for claim in claims:
        runs = claim.get("folds", 1) * len(claim["seeds"])
        row = [
            claim["name"],
            number(claim["value"]),
            _interval(claim, runs if notes.counts_runs else 0),
        ]
        row += [str(runs)] * notes.counts_runs + [_goal(claim)]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Return a figure with two decimals, or without decimals from 100 on; a dash for None."""
    if value is None:
        return "–"
    return f"{value:z,.0f}" if abs(value) >= 100 else f"{value:z.2f}"


def _interval(claim: dict[str, Any], runs: int) -> str:
    if runs == 1:
        return "n = 1"
    return "–" if claim["low"] is None else f"{number(claim['low'])} to {number(claim['high'])}"


def _goal(claim: dict[str, Any]) -> str:
    if claim["goal"] is None:
        return "–"
    return f"{claim['goal']}: {'met' if claim['holds'] else '**missed**'}"


def marked(text: str) -> str:
    """Return the text of a page with the line `SMOKE` below its title and above each table."""
    lines: list[str] = []
    for line in text.splitlines():
        begins = line.startswith("|") and (not lines or not lines[-1].startswith("|"))
        lines += [SMOKE, "", line] if begins else [line]
        if line.startswith("# "):
            lines += ["", SMOKE]
    return "\n".join(lines) + "\n"
