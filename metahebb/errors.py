"""The errors that a user can act on.

Each is one line that says what was expected, what came instead, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MetahebbError(Exception):
    """The base class of all errors that the command line prints as one line.

    Attributes:
        exit_status: the exit status of the process when this error ends a command.
    """

    exit_status = 1


class InputError(MetahebbError, ValueError):
    """The error for bad input: a value, name or file that a user gave."""

    exit_status = 2


class CheckpointError(MetahebbError, ValueError):
    """The error for a checkpoint or journal that is damaged or belongs to another run."""

    exit_status = 3


class ProgressError(MetahebbError, RuntimeError):
    """The error for a run that cannot go on: no work finishes, or every fitness is non-finite."""

    exit_status = 4


class StorageError(MetahebbError, OSError):
    """The error for a run folder that cannot be written."""

    exit_status = 5


def one_line(error: BaseException) -> str:
    """Return the text of ``error`` on one line.

    If the error is not one of metahebb's, the line begins with the name of the error's class.

    Example:
        >>> one_line(KeyError("torso"))
        "KeyError: 'torso'"
    """
    text = " ".join(str(error).split())
    if isinstance(error, MetahebbError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a ``name`` that is not among ``known``; it suggests the nearest one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    article = "an" if kind[:1] in "aeio" else "a"
    return InputError(f"expected {article} {kind} among {', '.join(names)}, got {name!r}{hint}")
