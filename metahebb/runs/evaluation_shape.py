"""Checks the shape of ``evaluation.json`` when the file is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metahebb.errors import InputError


def check_evaluation(data: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return ``data``, the content of ``file``, if it has the shape that ``evaluate`` writes.

    Raises:
        InputError: ``data`` has another shape; the message names the first entry that is wrong.
    """
    for wrong in _wrong(data):
        raise InputError(
            f"expected {wrong} in the evaluation {file}, got another shape; delete the file, or "
            "write it anew with 'metahebb evaluate'"
        )
    return data


def measures_of(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the measures of one body of an evaluation, by name, from a file of any version.

    A file of an older version has a distance, or no measure at all.

    Args:
        body: the entry ``bodies.BODY`` of the file.
    """
    if "measures" in body:
        measures: dict[str, dict[str, Any]] = body["measures"]
        return measures
    return {"distance": {"unit": "m", **body["distance"]}} if body["distance"] else {}


def _wrong(data: dict[str, Any]) -> Iterator[str]:
    """Yield a description of each entry that is missing or wrong."""
    for key in ("generation", "lives", "max_steps"):
        if not isinstance(data.get(key), int):
            yield f"an integer {key!r}"
    bodies = data.get("bodies")
    if not (isinstance(bodies, dict) and bodies):
        yield "an object 'bodies' of at least one body"
        return
    for body, entry in bodies.items():
        if not isinstance(entry, dict):
            yield f"an object 'bodies.{body}'"
        else:
            yield from (f"{wrong} of 'bodies.{body}'" for wrong in _wrong_body(entry))


def _wrong_body(entry: dict[str, Any]) -> Iterator[str]:
    yield from _wrong_interval(entry)
    returns = entry.get("returns")
    if not (isinstance(returns, list) and returns and all(map(_is_known_or_null, returns))):
        yield "a list 'returns' of at least one number"
    if not _is_number(entry.get("steps_mean")):
        yield "a number 'steps_mean'"
    distance = entry.get("distance", ())
    if isinstance(distance, dict):
        yield from (f"{wrong} of 'distance'" for wrong in _wrong_interval(distance))
    elif distance is not None:
        yield "an object 'distance', or null,"
    values = entry.get("values", {})
    if not isinstance(values, dict) or not all(map(_are_known_or_null, values.values())):
        yield "an object 'values' of lists of numbers"
    measures = entry.get("measures", {})
    if not isinstance(measures, dict):
        yield "an object 'measures'"
        return
    for name, measured in measures.items():
        if not isinstance(measured, dict):
            yield f"an object 'measures.{name}'"
        else:
            yield from (f"{wrong} of 'measures.{name}'" for wrong in _wrong_measure(measured))


def _wrong_measure(measured: dict[str, Any]) -> Iterator[str]:
    yield from _wrong_interval(measured)
    if not isinstance(measured.get("unit"), str):
        yield "a text 'unit'"
    if not isinstance(measured.get("lives"), int):
        yield "an integer 'lives'"


def _wrong_interval(entry: dict[str, Any]) -> Iterator[str]:
    for key in ("mean", "low", "high"):
        if not _is_known_or_null(entry.get(key, ())):
            yield f"a number {key!r}, or null,"
    if entry.get("low") is not None and entry.get("high") is None:
        yield "a number 'high' beside that of 'low'"


def _are_known_or_null(values: Any) -> bool:
    return isinstance(values, list) and all(map(_is_known_or_null, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_known_or_null(value: Any) -> bool:
    return value is None or _is_number(value)
