"""Converts frozen dataclasses to JSON and back, strictly: an unknown key is an error."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Sequence
from typing import Annotated, Any

from metahebb.compiler import ScalarFunction
from metahebb.errors import InputError, unknown_name
from metahebb.genomes.base import LATER as LATER
from metahebb.own_parts import Own, check_trusted, class_of, own_of
from metahebb.probes.own import OwnProbeText
from metahebb.registry import Registry

_FUNCTIONS = ("Rule", "Neuron")
"""Names of types that are kept as text, so that `differences` reports them as a whole."""
_PROBE = "OwnProbe"
_SHOWN = 40
"""The largest number of characters of a value that `differences` shows."""


def to_json(value: Any) -> Any:
    """Return ``value`` (dataclasses, rules, neurons, tuples, scalars) as JSON types.

    A dataclass becomes an object with its class name under ``type``. A rule, a neuron or a user's
    own part becomes text, so that a run folder is complete without the user's file. A `LATER` field
    is left out if it has its default value, so that older folders open, and their configs keep
    their hash.
    """
    if isinstance(value, ScalarFunction):
        return {"type": type(value).__name__, "name": value.name, "source": value.source}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            f.name: to_json(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if LATER not in f.metadata or getattr(value, f.name) != _default(f)
        }
        own = own_of(type(value))
        source = {} if own is None else {"source": own.source}
        return {"type": _saved_as(type(value)), **source, **fields}
    if isinstance(value, OwnProbeText):
        return {"type": _PROBE, "text": str(value), "source": value.source}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def differences(there: Any, here: Any, where: str = "") -> list[str]:
    """Return where two results of `to_json` differ, as in ``search.popsize 32 (here 64)``.

    Two objects of different classes, or two rules, are reported as a whole.
    """
    if there == here:
        return []
    kinds = [value.get("type") if isinstance(value, dict) else None for value in (there, here)]
    if kinds[0] is None or kinds[0] != kinds[1] or kinds[0] in _FUNCTIONS:
        one, other = _short(there), _short(here)
        return [f"{where} {one} (here {other if other != one else f'another {other}'})"]
    unlike = []
    for key in dict.fromkeys((*there, *here)):  # in the order of the fields
        unlike += differences(there.get(key), here.get(key), f"{where}.{key}" if where else key)
    return unlike


def _short(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name", value.get("type", value))
    text = "unset" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def from_json(wanted: Any, data: Any, where: str = "config") -> Any:
    """Return ``data`` as the type ``wanted``.

    Args:
        wanted: a dataclass, or the type of a dataclass's field.
        data: the JSON types that `to_json` returned.
        where: the place of ``data`` in the file, for error messages.

    Raises:
        InputError: a key is missing or unknown, or a value has another type.
    """
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is Annotated:
        registries = [each for each in arguments[1:] if isinstance(each, Registry)]
        if registries:
            return _from_registry(registries[0], data, where)
        return from_json(arguments[0], data, where)
    if wanted is Any:
        return data
    if isinstance(wanted, type) and issubclass(wanted, ScalarFunction):
        _check_keys(data, wanted, ("name", "source"), where)
        for key in ("name", "source"):
            _check_type(data[key], (str,), f"{where}.{key}")
        return wanted.from_source(data["source"], data["name"])
    if origin in (types.UnionType, typing.Union):
        return _from_union(arguments, data, where)
    if dataclasses.is_dataclass(wanted):
        return _from_object(wanted, data, where)
    if origin is tuple:
        _check_type(data, (list,), where)
        return tuple(from_json(arguments[0], x, f"{where}[{i}]") for i, x in enumerate(data))
    if origin in (dict, typing.Mapping) or getattr(origin, "__name__", "") == "Mapping":
        _check_type(data, (dict,), where)
        return {k: from_json(arguments[1], x, f"{where}.{k}") for k, x in data.items()}
    if origin is typing.Literal:
        if data not in arguments:
            raise unknown_name(where, str(data), map(str, arguments))
        return data
    if wanted is str and isinstance(data, dict) and data.get("type") == _PROBE:
        for key in ("text", "source"):
            _check_type(data.get(key), (str,), f"{where}.{key}")
        return OwnProbeText(data["text"], data["source"])
    if wanted is float:
        _check_type(data, (int, float), where)
        try:
            return float(data)
        except OverflowError:
            raise InputError(f"expected a float at {where}, got {data}") from None
    _check_type(data, (wanted,), where)
    return data


def _from_union(choices: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in choices:
        return None
    kinds = {_saved_as(c): c for c in choices if dataclasses.is_dataclass(c)}
    if not kinds:
        _check_type(data, tuple(c for c in choices if c is not type(None)), where)
        return data
    _check_type(data, (dict,), where)
    name = str(data.get("type", ""))
    if name not in kinds:
        raise unknown_name(f"{where}.type", name, kinds)
    return _from_object(kinds[name], data, where)


def _from_registry(registry: Registry[Any], data: Any, where: str) -> Any:
    """Return a part: one of ``registry``, or a user's own part from its text."""
    if data is None and registry.optional:
        return None
    _check_type(data, (dict,), where)
    kinds = {_saved_as(kind): kind for kind in registry.values()}
    name = str(data.get("type", ""))
    if ".py:" not in name:
        if name not in kinds:
            raise unknown_name(f"{where}.type", name, kinds)
        return _from_object(kinds[name], data, where)
    file, _, class_name = name.rpartition(":")
    if not isinstance(data.get("source"), str):
        raise InputError(
            f"expected the text of {file} at {where}.source, which defines the {registry.what} "
            f"{class_name}, got none; bring back the run's config.json, or put the file's text "
            "there"
        )
    own = Own(file, data["source"], class_name)
    check_trusted(own)
    rest = {key: value for key, value in data.items() if key != "source"}
    return _from_object(class_of(own, registry.what, registry.needs), rest, where)


def _from_object(wanted: Any, data: Any, where: str) -> Any:
    hints = typing.get_type_hints(wanted, include_extras=True)
    names = [f.name for f in dataclasses.fields(wanted) if LATER not in f.metadata]
    later = [f.name for f in dataclasses.fields(wanted) if LATER in f.metadata]
    _check_keys(data, wanted, names, where, later)
    present = [name for name in (*names, *later) if name in data]
    return wanted(
        **{name: from_json(hints[name], data[name], f"{where}.{name}") for name in present}
    )


def _saved_as(kind: Any) -> str:
    """Return the name by which files call a class.

    This name is the class's own, unless the class was renamed: then the class has its old name in
    ``saved_as``, so that older folders open, and hashes stay.
    """
    name: str = getattr(kind, "saved_as", kind.__name__)
    return name


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _check_keys(
    data: Any, wanted: type, names: Sequence[str], where: str, later: Sequence[str] = ()
) -> None:
    _check_type(data, (dict,), where)
    keys = ("type", *names)
    for key in data:
        if key not in (*keys, *later):
            raise unknown_name(f"key of {where}", key, (*keys, *later))
    for key in keys:
        if key not in data:
            raise InputError(f"expected key {key!r} in {where}, got none; restore it")
    if data["type"] != _saved_as(wanted):
        raise unknown_name(f"{where}.type", str(data["type"]), [_saved_as(wanted)])


def _check_type(data: Any, wanted: tuple[type, ...], where: str) -> None:
    if not isinstance(data, wanted) or (isinstance(data, bool) and bool not in wanted):
        names = " or ".join(t.__name__ for t in wanted)
        raise InputError(f"expected {names} at {where}, got {data!r}")
