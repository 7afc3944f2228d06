"""Small tables: what ``evaluate`` found, for a terminal, a README or a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from metahebb.runs.evaluation_shape import measures_of

Row = Sequence[str]
_DASH = "–"


def evaluation_rows(evaluation: dict[str, Any]) -> list[list[str]]:
    """Return a heading and a row per body: its means with their 95 % intervals.

    Args:
        evaluation: the content of ``evaluation.json``.
    """
    columns = _columns([evaluation])
    return [_heading(columns), *_rows(evaluation, columns)]


def other_evaluation_rows(evaluations: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return a heading and a row per evaluation and body, with what sets each evaluation apart.

    Args:
        evaluations: the contents of ``evaluations/*.json``.
    """
    columns = _columns(evaluations)
    rows = [["generation", "env steps at most", *_heading(columns)]]
    for evaluation in evaluations:
        what = [str(evaluation["generation"]), str(evaluation["max_steps"])]
        rows.extend([*what, *row] for row in _rows(evaluation, columns))
    return rows


def _columns(evaluations: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the heading of each measure that some body has, by name, in the order of the files."""
    return {
        name: label(name, measured)
        for evaluation in evaluations
        for body in evaluation["bodies"].values()
        for name, measured in measures_of(body).items()
    }


def _heading(columns: dict[str, str]) -> list[str]:
    return ["body", "lives", "return", *columns.values(), "env steps lived"]


def _rows(evaluation: dict[str, Any], columns: Iterable[str]) -> Iterator[list[str]]:
    for name, evaluated in evaluation["bodies"].items():
        lives, nonfinite = len(evaluated["returns"]), evaluated.get("nonfinite") or 0
        counted = f"{lives} ({nonfinite} non-finite)" if nonfinite else str(lives)
        measures = measures_of(evaluated)
        cells = [_cell(measures.get(column), lives - nonfinite) for column in columns]
        yield [name, counted, interval(evaluated), *cells, f"{evaluated['steps_mean']:.0f}"]


def _cell(measured: dict[str, Any] | None, lives: int) -> str:
    """Return a measure's interval; where it is not known of all of ``lives``, of how many it is."""
    if measured is None:
        return interval(None)
    known = measured.get("lives", lives)
    return interval(measured) + (f" ({known} lives)" if 0 < known < lives else "")


def label(name: str, measured: dict[str, Any]) -> str:
    """Return the heading of a measure: its name, with the unit in brackets if it has one."""
    return f"{name} [{measured['unit']}]" if measured["unit"] else name


def without_empty(rows: Sequence[Row]) -> list[list[str]]:
    """Return a table without the rows and columns that hold a dash everywhere.

    Args:
        rows: the first of them the heading; what a row or column is called does not count.
    """
    heading, *body = rows
    filled = [0, *(j for j in range(1, len(heading)) if any(row[j] != _DASH for row in body))]
    kept = [row for row in body if any(cell != _DASH for cell in row[1:])]
    return [[row[j] for j in filled] for row in (heading, *kept)]


def interval(numbers: dict[str, Any] | None) -> str:
    """Return ``mean [low, high]``; a dash where there is no mean, or no interval."""
    if not numbers or numbers["mean"] is None:
        return _DASH
    if numbers["low"] is None:
        return f"{numbers['mean']:.2f} [–]"
    return f"{numbers['mean']:.2f} [{numbers['low']:.2f}, {numbers['high']:.2f}]"


def evaluation_table(evaluation: dict[str, Any]) -> str:
    """Return the evaluation as text for a terminal: what it is, its rows, where it was written."""
    title = "\n".join([evaluation_title(evaluation), *descriptions_of([evaluation])])
    text = f"{title}\n\n{text_table(evaluation_rows(evaluation))}"
    return f"{text}\n\n{evaluation['file']}" if evaluation.get("file") else text


def evaluation_title(evaluation: dict[str, Any]) -> str:
    """Return what the numbers are."""
    return (
        f"The unperturbed center of generation {evaluation['generation']}, fresh lives of at most "
        f"{evaluation['max_steps']} env steps: mean [95 % bootstrap interval]"
    )


def descriptions_of(evaluations: Iterable[dict[str, Any]]) -> list[str]:
    """Return a line that explains the measures of ``evaluations``; no line where none has one."""
    known = {
        name: measured["description"]
        for evaluation in evaluations
        for body in evaluation["bodies"].values()
        for name, measured in measures_of(body).items()
        if measured.get("description")
    }
    return [described(known)] if known else []


def described(descriptions: Mapping[str, str]) -> str:
    """Return a sentence that explains each measure by its name."""
    return "; ".join(f"{name}: {text}" for name, text in descriptions.items()) + "."


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
