"""The page of a study: the answer, the words, six rows at most; all else is folded away.

Whoever opens a page reads it in a minute. What takes longer stands behind headings that unfold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROWS = 6
"""Rows of the table that stands open, at most."""
SMOKE = "**SMOKE: made with settings too small to mean anything.**"
"""What stands above each table of a smoke test."""
BEGIN, END = "<!-- notes -->", "<!-- end of notes -->"
"""Comments around the notes of a study that gives them as one text."""


@dataclass(frozen=True)
class Notes:
    """What a page says beside its claims.

    Attributes:
        words: what each word of the first table means, in Markdown; defined before the table.
        shown: Markdown below the first table, which stands open: a picture and a line about it.
        folded: Markdown by heading, each part folded away.
        interval: the heading of the column of intervals.
        counts_runs: whether the claims rest on runs of evolution, which are then counted.
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
        summary: what ``summary.json`` holds.
        notes: of the study.
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
    """Return the beginning: question, answer, words, and the claims that carry the answer."""
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
    """Return a row for each claim; nothing where the head has them all."""
    shown = {claim["name"] for claim in carrying(summary)[:ROWS]}
    if {claim["name"] for claim in summary["claims"]} == shown:
        return ""
    return claims_table(summary["claims"], notes)


def _cost(summary: dict[str, Any]) -> str:
    commands = dict.fromkeys(claim["command"] for claim in summary["claims"])
    cost = (f"- {key}: {value}" for key, value in summary["cost"].items())
    return "\n".join(["```sh", *commands, "```", "", *cost])


def claims_table(claims: Iterable[dict[str, Any]], notes: Notes | None = None) -> str:
    """Return a row per claim, as Markdown."""
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
    """Return a figure with as many digits as somebody would read; a dash for None."""
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
    """Return the text of a page with a line above each table, and above all, that says `SMOKE`."""
    lines: list[str] = []
    for line in text.splitlines():
        begins = line.startswith("|") and (not lines or not lines[-1].startswith("|"))
        lines += [SMOKE, "", line] if begins else [line]
        if line.startswith("# "):
            lines += ["", SMOKE]
    return "\n".join(lines) + "\n"
