"""The registry of probes by name, and the parser of a probe's line of text.

An example of a line is ``zero_weights:fraction=0.5,at=500``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from collections.abc import Sequence

from metahebb.errors import InputError, unknown_name
from metahebb.networks import Network
from metahebb.own_parts import own_of
from metahebb.probes.base import AnyProbe, Demanding
from metahebb.probes.damage import Damage
from metahebb.probes.drop_sensors import DropSensors
from metahebb.probes.drop_term import DropTerm
from metahebb.probes.freeze import Freeze
from metahebb.probes.freeze_until import FreezeUntil
from metahebb.probes.noise_sensors import NoiseSensors
from metahebb.probes.own import (
    OwnProbeText,
    check_is_probe,
    class_named,
    is_own,
    split,
    with_source,
)
from metahebb.probes.push import Push
from metahebb.probes.randomize_weights import RandomizeWeights
from metahebb.probes.saturate import Saturate
from metahebb.probes.scale_actions import ScaleActions
from metahebb.probes.turn import Turn
from metahebb.probes.zero_weights import ZeroWeights
from metahebb.registry import Registry
from metahebb.tasks.base import Task

PROBES: Registry[type[typing.Any]] = Registry(
    "probe",
    {
        "damage": Damage,
        "drop_sensors": DropSensors,
        "drop_term": DropTerm,
        "freeze": Freeze,
        "freeze_until": FreezeUntil,
        "noise_sensors": NoiseSensors,
        "push": Push,
        "randomize_weights": RandomizeWeights,
        "saturate": Saturate,
        "scale_actions": ScaleActions,
        "turn": Turn,
        "zero_weights": ZeroWeights,
    },
    needs=(),
)
"""All probes by name; to add one, write a file and list it here."""

POSITION = "number"
"""The name of the field that holds a random probe's place in the list, from 0 on.

Two probes with different places draw different random numbers.
"""
TEXT = "text"
"""The name of the field that keeps a probe's line of text."""


def parse_probes(texts: Sequence[str]) -> tuple[AnyProbe, ...]:
    """Return the probes that the lines ``texts`` describe, in order.

    Each probe keeps its line, see `text_of`.

    Raises:
        InputError: a line names an unknown probe or field, lacks a field, or has a bad value.

    Example:
        >>> parse_probes(["freeze:at=500"])
        (Freeze(at=500),)
    """
    return tuple(_parse(text, number) for number, text in enumerate(texts))


def line_of(probe: object) -> str:
    """Return the line of text that makes ``probe``, or ``probe`` itself if it is a line already.

    The line of a probe of the user's own keeps the text of its class.

    Raises:
        InputError: ``probe`` is no probe, or the text of its class cannot be read.

    Example:
        >>> line_of(ZeroWeights(at=125))
        'zero_weights:at=125'
    """
    if isinstance(probe, str):
        return probe
    adopted: typing.Any = PROBES.adopt(probe)
    check_is_probe(adopted)
    written = [
        f"{f.name}={value}"
        for f in dataclasses.fields(adopted)
        if f.name not in (POSITION, TEXT) and (value := getattr(adopted, f.name)) != f.default
    ]
    own = own_of(type(adopted))
    name = PROBES.name_of(adopted) if own is None else str(own)
    line = ":".join([name, ",".join(written)] if written else [name])
    return line if own is None else OwnProbeText(line, own.source)


def check_probes(probes: Sequence[AnyProbe], task: Task, network: Network) -> None:
    """Raise InputError if one of ``probes`` cannot be used with ``network`` in ``task``."""
    for probe in probes:
        if isinstance(probe, Demanding):
            probe.check_run(task, network)


def _parse(text: str, number: int) -> AnyProbe:
    name, rest = split(text)
    kind = class_named(text) if is_own(text) else PROBES.find(name)
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.name not in (POSITION, TEXT)}
    values: dict[str, typing.Any] = {TEXT: text} if TEXT in hints else {}
    if POSITION in hints:
        values[POSITION] = number
    for part in rest.split(",") if rest else []:
        key, equals, value = part.partition("=")
        if key not in fields:
            raise unknown_name(f"field of {name}", key, fields)
        if not equals or key in values:
            raise InputError(f"expected {key}=VALUE once, got {text!r} (probe); mend it")
        values[key] = _value(hints[key], value, f"{key} of {name}")
    missing = [
        f.name for f in fields.values() if f.default is dataclasses.MISSING and f.name not in values
    ]
    if missing:
        raise InputError(
            f"expected {' and '.join(missing)} of {name}, got {text!r} (probe); write for example "
            f"{name}:{','.join(f'{m}={_EXAMPLES.get(m, 1)}' for m in missing)}"
        )
    probe: AnyProbe = kind(**values)
    check_is_probe(probe)
    if TEXT not in values:
        with contextlib.suppress(AttributeError):  # a class with __slots__ raises this
            object.__setattr__(probe, TEXT, str(with_source(text)))
    return probe


_EXAMPLES = {"at": "100", "fraction": "0.5", "factor": "0.5", "term": "A", "body": "intact"}


def _value(kind: type, text: str, where: str) -> int | float | str:
    if kind is str:
        if not text:
            raise InputError(f"expected a name, got nothing ({where}); give one")
        return text
    try:
        value: int | float = kind(text)
    except ValueError:
        what = "an integer" if kind is int else "a number"
        raise InputError(f"expected {what}, got {text!r} ({where}); choose another") from None
    return value
