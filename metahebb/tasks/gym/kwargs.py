"""The arguments of environments as users write them: words, pairs of words, and variants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from metahebb.errors import InputError

Kwargs = dict[str, bool | int | float | str]


def read_pairs(words: Sequence[str]) -> Kwargs:
    """Return the arguments written as ``NAME VALUE NAME VALUE``.

    Raises:
        InputError: a word in the place of a name cannot be one, or a name has no value.
    """
    names, values = words[::2], words[1::2]
    for name in names:
        if not name.isidentifier():
            raise InputError(
                f"expected the name of an argument, got {name!r} (--task.env-kwargs); write NAME "
                "VALUE NAME VALUE, for example: continuous false gravity -5"
            )
    if len(names) != len(values):
        raise InputError(
            f"expected a value behind {names[-1]}, got none (--task.env-kwargs); write {names[-1]} "
            "VALUE"
        )
    kwargs: Kwargs = {}
    for name, word in zip(names, values, strict=True):
        value = read_word(word)
        # A text stays as it was written, because the quotes of "5" say that it is no number.
        kwargs[name] = word if isinstance(value, str) else value
    return kwargs


def show_pairs(kwargs: Kwargs) -> list[str]:
    """Return arguments as the words from which `read_pairs` would read them."""
    return [word for name, value in kwargs.items() for word in (name, _show(value))]


def _show(value: bool | int | float | str) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def read_kwargs(text: str) -> Kwargs:
    """Return the arguments written as ``name=value+name=value``; ``++`` is a plus in a value.

    Raises:
        InputError: ``text`` is not written like that.
    """
    kwargs: Kwargs = {}
    for part in text.replace("++", "\0").split("+"):
        name, equals, value = part.replace("\0", "+").partition("=")
        if not (equals and name.isidentifier()):
            raise InputError(
                f"expected a variant NAME=VALUE+..., got {text!r}; write gravity=-5, and ++ for a "
                "plus that belongs to a value"
            )
        kwargs[name] = read_word(value)
    return kwargs


def read_word(value: bool | int | float | str) -> bool | int | float | str:
    """Return the value of a word.

    A word can be a number, true, false, or a text in quotes, as in JSON, or Python's True or False.
    Any other word is a text and stands for itself.
    """
    if not isinstance(value, str):
        return value
    if value in ("True", "False"):
        return value == "True"
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, (bool, int, float, str)) else value


def key_of(kwargs: Kwargs) -> tuple[tuple[str, type, Any], ...]:
    """Return ``kwargs`` as a key for a cache, in which 1, 1.0 and True are different values."""
    return tuple(sorted((name, type(value), value) for name, value in kwargs.items()))
