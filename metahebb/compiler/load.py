"""Find a scalar function by its name, or in a user's file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from metahebb.compiler.scalar import ScalarFunction
from metahebb.errors import InputError, unknown_name
from metahebb.own_files import import_apart
from metahebb.paths import absolute

Function = TypeVar("Function", bound=ScalarFunction)


def load_function(text: str, kind: type[Function], shipped: Mapping[str, Function]) -> Function:
    """Return the function called ``text``, or ``func`` of ``path/to/file.py:func``.

    Constants may follow a colon: ``NAME:limit=0.001,decay=0.9``.

    Args:
        text: what a user wrote.
        kind: `Rule` or `Neuron`.
        shipped: the functions of that kind that metahebb has, by name.

    Raises:
        InputError: no such function, file or constant; the nearest name is suggested.
    """
    name, constants = split_constants(text)
    function = _named(name, kind, shipped)
    return function.with_constants(**constants) if constants else function


def split_constants(text: str) -> tuple[str, dict[str, float]]:
    """Return what stands before a last ``:NAME=VALUE,...``, and those values by name.

    Raises:
        InputError: a value is no number, or a constant stands there twice.
    """
    name, colon, rest = text.rpartition(":")
    if not colon or "=" not in rest:
        return text, {}
    constants: dict[str, float] = {}
    for part in rest.split(","):
        key, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or key in constants:
            raise InputError(
                f"expected each constant once, as NAME=NUMBER, got {part!r} in {text!r}; write "
                "for example limit=0.001"
            )
        constants[key] = number
    return name, constants


def _named(name: str, kind: type[Function], shipped: Mapping[str, Function]) -> Function:
    word = kind.language.kind
    if ".py" not in name:
        # Published names (ABCD_lr) and ours (abcd_lr) differ by case only.
        if name.lower() not in shipped:
            raise unknown_name(word, name, shipped)
        return shipped[name.lower()]
    path_text, _, function = name.rpartition(":")
    path = absolute(path_text)
    if not path_text or not path.is_file():
        raise InputError(
            f"expected FILE.py:{word.upper()} with an existing file, got {name!r}; check the path"
        )
    functions = _functions_in(path, kind)
    if function not in functions:
        if not functions:
            raise InputError(f"expected an @{word} in {path}, got none; decorate it with @{word}")
        raise unknown_name(f"{word} in {path}", function, functions)
    return functions[function]


def _functions_in(path: Path, kind: type[Function]) -> dict[str, Function]:
    module = import_apart(path, f"_metahebb_user_{kind.language.kind}s_{path.stem}")
    return {key: value for key, value in vars(module).items() if isinstance(value, kind)}
