"""Find a scalar function by its name, or in a user's file."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import TypeVar

from metahebb.compiler.scalar import Refused, ScalarFunction
from metahebb.errors import InputError, unknown_name
from metahebb.own_files import import_apart
from metahebb.paths import absolute

Function = TypeVar("Function", bound=ScalarFunction)


def load_function(text: str, kind: type[Function], shipped: Mapping[str, Function]) -> Function:
    """Return the function called ``text``, or ``func`` of ``path/to/file.py:func``.

    Constants may follow a colon: ``NAME:limit=0.001,decay=0.9``.

    Args:
        text: the name that a user wrote.
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
    if not function or not path_text:
        _check_is_named(name, kind)
    if not path_text or not path.is_file():
        raise InputError(
            f"expected FILE.py:{word.upper()} with an existing file, got {name!r}; check the path"
        )
    functions, refused, others = _functions_in(path, kind)
    if function in functions:
        return functions[function]
    if function in refused:
        raise refused[function]
    if function in others:
        line = others[function].__code__.co_firstlineno
        raise InputError(
            f"expected a {word}, got the function {function} without @{word} ({path.name}:{line}); "
            f"write @{word} above it"
        )
    also = f" ({_refusals(function, refused)})" if refused else ""
    if not functions:
        got = f"no valid one{also}" if refused else f"none; decorate it with @{word}"
        raise InputError(f"expected an @{word} in {path}, got {got}")
    raise InputError(f"{unknown_name(f'{word} in {path}', function, functions)}{also}")


def _check_is_named(text: str, kind: type[ScalarFunction]) -> None:
    """Raise InputError if ``text`` is a file, and names no function in it or ends in a colon."""
    word, whole = kind.language.kind, text.rstrip(":")
    file, colon, _ = whole.rpartition(".py:")
    got = f"expected FILE.py:{word.upper()}, got {text!r}"
    if colon and absolute(f"{file}.py").is_file():
        raise InputError(f"{got}; write {whole}")
    if absolute(whole).is_file():
        names = [*_functions_in(absolute(whole), kind)[0], f"my_{word}"]
        raise InputError(f"{got}; name a {word} in it: {whole}:{names[0]}")


def _refusals(name: str, refused: Mapping[str, InputError]) -> str:
    """Return which functions of a file are refused, and why the one nearest to ``name`` is."""
    near = difflib.get_close_matches(name, refused, n=1) or list(refused)
    return f"refused there: {', '.join(refused)}; {near[0]!r} because of: {refused[near[0]]}"


def _functions_in(
    path: Path, kind: type[Function]
) -> tuple[dict[str, Function], dict[str, InputError], dict[str, FunctionType]]:
    """Return the functions of a kind in the file at ``path``, why others are refused, and the rest.

    The rest are plain functions of the file, which nobody has decorated.
    """
    name = f"_metahebb_user_{kind.language.kind}s_{path.stem}"
    try:
        names = vars(import_apart(path, name))
    except InputError as error:
        missing = getattr(error.__cause__, "name", None)
        if isinstance(error.__cause__, NameError) and missing in ("positive", "bounded"):
            raise InputError(
                f"expected {path} to import {missing}, got a signature that uses it; write from "
                f"metahebb.plasticity import {missing} at the top"
            ) from error
        raise
    refused = {
        key: value.error
        for key, value in names.items()
        if isinstance(value, Refused) and value.kind is kind
    }
    plain = {
        key: value
        for key, value in names.items()
        if isinstance(value, FunctionType) and value.__module__ == names["__name__"]
    }
    return {key: v for key, v in names.items() if isinstance(v, kind)}, refused, plain
