"""Small tables: what ``evaluate`` found, for a terminal, a README or a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Row = Sequence[str]


def evaluation_rows(evaluation: dict[str, Any]) -> list[list[str]]:
    """Return a heading and a row per body: its means with their 95 % intervals.

    Args:
        evaluation: the content of ``evaluation.json``.
    """
    far = _far(evaluation)
    return [_heading(far), *_rows(evaluation, far)]


def other_evaluation_rows(evaluations: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return a heading and a row per evaluation and body, with what sets each evaluation apart.

    Args:
        evaluations: the contents of ``evaluations/*.json``.
    """
    far = any(map(_far, evaluations))
    rows = [["generation", "env steps at most", *_heading(far)]]
    for evaluation in evaluations:
        told = [str(evaluation["generation"]), str(evaluation["max_steps"])]
        rows.extend([*told, *row] for row in _rows(evaluation, far))
    return rows


def _far(evaluation: dict[str, Any]) -> bool:
    return any(found["distance"] for found in evaluation["bodies"].values())


def _heading(far: bool) -> list[str]:
    return ["body", "lives", "return", *(["distance [m]"] if far else []), "env steps lived"]


def _rows(evaluation: dict[str, Any], far: bool) -> Iterator[list[str]]:
    for name, found in evaluation["bodies"].items():
        distance = [interval(found["distance"])] if far else []
        lives = str(len(found["returns"]))
        if found.get("nonfinite"):
            lives += f" ({found['nonfinite']} non-finite)"
        yield [name, lives, interval(found), *distance, f"{found['steps_mean']:.0f}"]


def interval(found: dict[str, Any] | None) -> str:
    """Return ``mean [low, high]``; a dash where there is no mean, or no interval."""
    if not found or found["mean"] is None:
        return "–"
    if found["low"] is None:
        return f"{found['mean']:.2f} [–]"
    return f"{found['mean']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"


def evaluation_table(evaluation: dict[str, Any]) -> str:
    """Return the evaluation as text for a terminal: what it is, its rows, where it was written."""
    text = f"{evaluation_title(evaluation)}\n\n{text_table(evaluation_rows(evaluation))}"
    return f"{text}\n\n{evaluation['file']}" if "file" in evaluation else text


def evaluation_title(evaluation: dict[str, Any]) -> str:
    """Return what the numbers are."""
    return (
        f"The unperturbed center of generation {evaluation['generation']}, fresh lives of at most "
        f"{evaluation['max_steps']} env steps: mean [95 % bootstrap interval]"
    )


def text_table(rows: Sequence[Row]) -> str:
    """Return ``rows``, the first of them the heading, in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def markdown_table(rows: Sequence[Row]) -> str:
    """Return ``rows``, the first of them the heading, as a Markdown table."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)
