"""What every function of the front door does: paths from here, and errors of one line."""

from __future__ import annotations

import contextlib
import functools
import importlib
import numbers
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from metahebb.errors import InputError, MetahebbError
from metahebb.explained import explained
from metahebb.paths import from_here
from metahebb.settings.in_python import in_python

P = ParamSpec("P")
T = TypeVar("T")
_inside: ContextVar[bool] = ContextVar("inside", default=False)


def front(function: Callable[P, T]) -> Callable[P, T]:
    """Make ``function`` a part of the front door.

    An error that a user can act on is raised with the text that the command line prints, but with
    arguments in the place of flags, and without the way that it took through metahebb. What led to
    it is its ``__context__``. Within `from_command_line` errors stay as they are.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        if _inside.get():
            return function(*args, **kwargs)
        token = _inside.set(True)
        try:
            importlib.import_module("metahebb.own_parts").begin_command()
            with from_here():
                return function(*args, **kwargs)
        except MetahebbError as error:
            error.args = (in_python(str(error)), *error.args[1:])
            raise error.with_traceback(None) from None
        except Exception as error:
            text = explained(error)
            if text is None:
                raise
            raise InputError(in_python(str(text))) from None
        finally:
            _inside.reset(token)

    return called


@contextlib.contextmanager
def from_command_line() -> Iterator[None]:
    """Let errors speak of flags inside the block: a command calls what a notebook calls, too."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def check_whole(**named: object) -> None:
    """Raise InputError for the first value that is neither None nor a whole number, by its name."""
    for name, value in named.items():
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, numbers.Integral)
        ):
            raise InputError(
                f"expected a whole number as {name}, got {value!r}; write for example {name}=32"
            )


def texts(name: str, given: object) -> tuple[str, ...]:
    """Return one text, or several, as a tuple.

    Raises:
        InputError: ``given`` is something else.
    """
    several = (given,) if isinstance(given, str) else given
    if isinstance(several, (list, tuple)) and all(isinstance(text, str) for text in several):
        return tuple(several)
    raise InputError(f"expected a text or several as {name}, got {given!r}; mend it")
