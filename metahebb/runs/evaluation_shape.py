"""The shape of ``evaluation.json``, checked where it is read: nobody trips over it later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metahebb.errors import InputError


def check_evaluation(data: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return ``data``, the content of ``file``.

    Raises:
        InputError: it is not what ``evaluate`` writes; the first thing that is not is named.
    """
    for wrong in _wrong(data):
        raise InputError(
            f"expected {wrong} in the evaluation {file}, got another shape; delete the file, or "
            "write it anew with 'metahebb evaluate'"
        )
    return data


def measures_of(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what was measured in a body of an evaluation, by name, whoever wrote it.

    A file of an older version has a distance at most.

    Args:
        body: the content of ``bodies.BODY``.
    """
    if "measures" in body:
        measures: dict[str, dict[str, Any]] = body["measures"]
        return measures
    return {"distance": {"unit": "m", **body["distance"]}} if body["distance"] else {}


def _wrong(data: dict[str, Any]) -> Iterator[str]:
    """Yield what was expected and is not there."""
    for key in ("generation", "lives", "max_steps"):
        if not isinstance(data.get(key), int):
            yield f"an integer {key!r}"
    bodies = data.get("bodies")
    if not (isinstance(bodies, dict) and bodies):
        yield "an object 'bodies' of at least one body"
        return
    for body, found in bodies.items():
        if not isinstance(found, dict):
            yield f"an object 'bodies.{body}'"
        else:
            yield from (f"{wrong} of 'bodies.{body}'" for wrong in _wrong_body(found))


def _wrong_body(found: dict[str, Any]) -> Iterator[str]:
    yield from _wrong_interval(found)
    returns = found.get("returns")
    if not (isinstance(returns, list) and returns and all(map(_is_known_or_null, returns))):
        yield "a list 'returns' of at least one number"
    if not _is_number(found.get("steps_mean")):
        yield "a number 'steps_mean'"
    distance = found.get("distance", ())
    if isinstance(distance, dict):
        yield from (f"{wrong} of 'distance'" for wrong in _wrong_interval(distance))
    elif distance is not None:
        yield "an object 'distance', or null,"
    values = found.get("values", {})
    if not isinstance(values, dict) or not all(map(_are_known_or_null, values.values())):
        yield "an object 'values' of lists of numbers"
    measures = found.get("measures", {})
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


def _wrong_interval(found: dict[str, Any]) -> Iterator[str]:
    for key in ("mean", "low", "high"):
        if not _is_known_or_null(found.get(key, ())):
            yield f"a number {key!r}, or null,"
    if found.get("low") is not None and found.get("high") is None:
        yield "a number 'high' beside that of 'low'"


def _are_known_or_null(values: Any) -> bool:
    return isinstance(values, list) and all(map(_is_known_or_null, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_known_or_null(value: Any) -> bool:
    return value is None or _is_number(value)
