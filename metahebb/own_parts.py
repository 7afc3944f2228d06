"""Users' own parts of a run: a network, task, genome map or modulator from a user's file.

An own part is an instance of a frozen dataclass that the file defines. Workers and run folders get
the file's text instead of its path, as they do with rules, so that a run is complete without the
file. The text is executed wherever it arrives, so the folder of a stranger could run harmful code.
Therefore text that no command on this machine has named before is refused, unless the user says
that it is trusted.
"""

from __future__ import annotations

import contextlib
import copyreg
import dataclasses
import functools
import hashlib
import linecache
import pickle
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from metahebb.compiler import cache_folder
from metahebb.errors import InputError, unknown_name
from metahebb.own_cells import text_that_defines
from metahebb.own_files import described, importing
from metahebb.paths import absolute


class Own(NamedTuple):
    """The origin of a user's own class: the name and the text of a file, and the class's name."""

    file: str
    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"

    @property
    def shown(self) -> str:
        """The name for people: a class from a cell of a notebook has no file."""
        return self.name if self.file == file_of_cell(self.name) else str(self)


def file_of_cell(name: str) -> str:
    """Return the name of the file from which a class of a notebook's cell would come.

    Configs and workers know such a class as ``NAME.py:NAME``.
    """
    return f"{name}.py"


_OWN: dict[type[Any], Own] = {}
_used: dict[Own, None] = {}  # the own parts that this command uses, in the order of their use
_trusts_all = False
_MISFITS = (TypeError, AttributeError, LookupError, ValueError)
"""Kinds of errors that code raises if a part lacks a method or returns an unexpected value."""


def own_of(kind: type[Any]) -> Own | None:
    """Return the origin of a user's own class; None for a class of metahebb."""
    return _OWN.get(kind)


def own_class(text: str, what: str, needs: tuple[str, ...]) -> Any:
    """Return the class of ``FILE.py:CLASS``; from now on, this machine trusts the file's text.

    Args:
        text: the path of the file, and the name of the class in it.
        what: the word for the kind of part, such as ``task``, for messages.
        needs: names of the methods and properties that the class must have.

    Raises:
        InputError: there is no such file or class, or it is not a frozen dataclass with ``needs``.
    """
    path_text, _, name = text.rpartition(":")
    path = absolute(Path(path_text).expanduser())
    if text.endswith(".py") and absolute(Path(text).expanduser()).is_file():
        raise InputError(f"expected FILE.py:CLASS, got {text!r} ({what}); add :CLASS")
    if not path_text or not path.is_file():
        raise InputError(
            f"expected FILE.py:CLASS with an existing file, got {text!r} ({what}); check the path"
        )
    source = path.read_text(encoding="utf-8")
    kind = class_of(Own(path.name, source, name), what, needs, str(path))
    _remember(source)
    return kind


def adopted(part: Any, what: str, needs: tuple[str, ...]) -> Any:
    """Return ``part``, an object of a class that the user has defined, as one that can travel.

    Its class is rebuilt from its text, as if it had been named as ``FILE.py:CLASS``.

    Args:
        part: an instance of a frozen dataclass.
        what: what the part is to be, for messages.
        needs: names of the methods and properties that it must have.

    Raises:
        InputError: the text of its class cannot be read or does not run by itself, or the class is
            not a frozen dataclass with ``needs``.
    """
    name = type(part).__name__
    source = text_that_defines(type(part))
    kind = class_of(Own(file_of_cell(name), source, name), what, needs)
    _remember(source)
    return kind(**{f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init})


def class_of(own: Own, what: str, needs: tuple[str, ...], file: str = "") -> Any:
    """Return the class that a text defines; the same text gives the same class.

    Args:
        own: the text, and the name of the class.
        what: the word for the kind of part, such as ``task``, for messages.
        needs: names of the methods and properties that the class must have.
        file: the path of the file with this text, if there is one, which errors then name.

    Raises:
        InputError: see `own_class`.
    """
    where = file or own.file
    names = vars(_module(own.file, own.source, where))
    classes = {name: value for name, value in names.items() if isinstance(value, type)}
    own_classes = [name for name, value in classes.items() if value.__module__ == names["__name__"]]
    if own.name not in own_classes:
        raise unknown_name(f"{what} in {where}", own.name, own_classes)
    kind: Any = classes[own.name]
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        raise InputError(
            f"expected a frozen dataclass, got {own.name} ({what}, {where}); put "
            "@dataclass(frozen=True) above it"
        )
    abstract: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
    missing = [name for name in needs if not hasattr(kind, name) or name in abstract]
    missing += sorted(abstract.difference(missing))
    if missing:
        raise InputError(
            f"expected a {what} with {', '.join(missing)}, got {own.name} without ({where}); add "
            "what is missing (a field counts if it has a default)"
        )
    _used[own] = None
    if kind not in _OWN:
        _OWN[kind] = own
        kind.saved_as = str(own)
        copyreg.pickle(kind, _reduced)
    return kind


@functools.cache
def _module(file: str, source: str, where: str) -> ModuleType:
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    name = f"_metahebb_part_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = where
    # A rule in the text can then be read, and errors show their lines, even without a file.
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    sys.modules[name] = module  # needed while the text runs: dataclasses look up their module
    try:
        with importing(Path(where)):
            exec(compile(source, where, "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def begin_command() -> None:
    """Forget which own parts the previous command has used."""
    _used.clear()


def misfit(error: Exception) -> InputError | None:
    """Return the error to show if own parts may have caused ``error``; None if they cannot have.

    An own part may have raised the error. Or a method of the part takes or returns something else
    than metahebb expects, so that metahebb's code raised it.
    """
    if not _used or not (isinstance(error, _MISFITS) or is_of_own(error)):
        return None
    return InputError(
        f"expected {', '.join(own.shown for own in _used)} to fit where it is used, got "
        f"{described(error)}; compare with docs/howto/your-parts.md, or give the same command with "
        "--traceback"
    )


def is_of_own(error: BaseException) -> bool:
    """Return whether ``error`` was raised in code of an own part, or in a function called there."""
    files = {vars(sys.modules[kind.__module__])["__file__"] for kind in _OWN}
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.filename in files for frame in frames)


def _reduced(part: Any) -> tuple[Any, ...]:
    """Return the function and arguments that rebuild a part in a process that lacks its file."""
    fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init}
    return _rebuilt, (*_OWN[type(part)], pickle.dumps(fields))


def _rebuilt(file: str, source: str, name: str, fields: bytes) -> Any:
    kind = class_of(Own(file, source, name), "part", ())
    # Fields may hold objects of other classes of the text, which exist only after it has run.
    return kind(**pickle.loads(fields))


def check_trusted(own: Own) -> None:
    """Raise InputError if no command on this machine has named this text; see also `trusting`."""
    if not _trusts_all and not _mark(own.source).exists():
        raise InputError(
            f"expected code that was used on this machine before, got {own.shown} in the run "
            "folder, which would run now; read it in config.json, then give the command with "
            "--trust"
        )


@contextlib.contextmanager
def trusting(everything: bool) -> Iterator[None]:
    """Trust all code of run folders inside the block, if ``everything`` is true."""
    global _trusts_all
    before, _trusts_all = _trusts_all, everything or _trusts_all
    try:
        yield
    finally:
        _trusts_all = before


def _remember(source: str) -> None:
    mark = _mark(source)
    with contextlib.suppress(OSError, RuntimeError):  # without the mark, users can give --trust
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _mark(source: str) -> Path:
    return cache_folder() / "trusted" / hashlib.sha256(source.encode()).hexdigest()
