"""Errors that a user can act on: one line each, saying what was expected, what came, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MetahebbError(Exception):
    """Base of all errors that the command line prints as one line.

    ``exit_status`` is the process's exit status when the error ends a command.
    """

    exit_status = 1


class InputError(MetahebbError, ValueError):
    """Bad input: a value, name or file that a user gave."""

    exit_status = 2


class CheckpointError(MetahebbError, ValueError):
    """A checkpoint or journal that is damaged or belongs to another run."""

    exit_status = 3


class ProgressError(MetahebbError, RuntimeError):
    """The run cannot go on: nothing finishes, or every fitness is non-finite."""

    exit_status = 4


class StorageError(MetahebbError, OSError):
    """The run folder cannot be written."""

    exit_status = 5


def one_line(error: BaseException) -> str:
    """Return an error on one line; one that is not of metahebb begins with the name of its class.

    Example:
        >>> one_line(KeyError("torso"))
        "KeyError: 'torso'"
    """
    text = " ".join(str(error).split())
    if isinstance(error, MetahebbError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not among ``known``, with the nearest one suggested."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(f"expected a {kind} among {', '.join(names)}, got {name!r}{hint}")
