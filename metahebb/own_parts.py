"""Parts of a run from a user's own file, whose text travels with them.

Such a part is an instance of a frozen dataclass that a file defines. Workers and run folders get
the file's text instead of its path, as they do with rules: a run is whole without the file. The
text is run where it arrives. So a folder from elsewhere must not be opened without a look at it:
text that was never named on this machine is refused, unless the user says that it is trusted.
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
from metahebb.own_cells import text_of_class
from metahebb.own_files import described, importing
from metahebb.paths import absolute


class Own(NamedTuple):
    """Where a class of a user's own comes from: a file's name and text, and the class's name."""

    file: str
    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


_OWN: dict[type[Any], Own] = {}
_used: dict[Own, None] = {}  # by this command, in the order in which they came
_trusts_all = False
_MISFITS = (TypeError, AttributeError, LookupError, ValueError)
"""Errors of code that gets something else from a part than it expects."""


def own_of(kind: type[Any]) -> Own | None:
    """Return where a class comes from; None: it is one of ours."""
    return _OWN.get(kind)


def own_class(text: str, what: str, needs: tuple[str, ...]) -> Any:
    """Return the class of ``FILE.py:CLASS``, which the user has named, and so trusts.

    Args:
        text: the file and the class in it.
        what: what the class is to be, for messages.
        needs: names of the methods and properties that it must have.

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
    source = text_of_class(type(part))
    kind = class_of(Own(f"{name}.py", source, name), what, needs)
    _remember(source)
    return kind(**{f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init})


def class_of(own: Own, what: str, needs: tuple[str, ...], file: str = "") -> Any:
    """Return the class that a text defines; the same text gives the same class.

    Args:
        own: the text, and the class's name.
        what: what the class is to be, for messages.
        needs: names of the methods and properties that it must have.
        file: where the text lies, if it lies in a file; lines of errors are shown from it.

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
    # So that a rule within can be read, and errors show their line, where there is no such file.
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    sys.modules[name] = module  # before it runs: dataclasses look up their module there
    try:
        with importing(Path(where)):
            exec(compile(source, where, "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def begin_command() -> None:
    """Forget which parts of a user's own the command before this one used."""
    _used.clear()


def misfit(error: Exception) -> InputError | None:
    """Return what to say of an error that parts of a user's own have led to; None: they have not.

    The part may have raised it, or be other than what our code expects, such as a method that takes
    or returns something else.
    """
    if not _used or not (isinstance(error, _MISFITS) or is_of_own(error)):
        return None
    return InputError(
        f"expected {', '.join(map(str, _used))} to fit where it is used, got "
        f"{described(error)}; compare with docs/howto/your-parts.md, or give the same command with "
        "--traceback"
    )


def is_of_own(error: BaseException) -> bool:
    """Return whether ``error`` was raised in, or below, code of a user's own part."""
    files = {vars(sys.modules[kind.__module__])["__file__"] for kind in _OWN}
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.filename in files for frame in frames)


def _reduced(part: Any) -> tuple[Any, ...]:
    """Return what a part is rebuilt from in a process that lacks its file."""
    fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init}
    return _rebuilt, (*_OWN[type(part)], pickle.dumps(fields))


def _rebuilt(file: str, source: str, name: str, fields: bytes) -> Any:
    kind = class_of(Own(file, source, name), "part", ())
    return kind(**pickle.loads(fields))  # which may name other classes of the same text


def check_trusted(own: Own) -> None:
    """Raise InputError if nobody has named this text on this machine, and it is not trusted."""
    if not _trusts_all and not _mark(own.source).exists():
        raise InputError(
            f"expected code that was used on this machine before, got {own} in the run folder, "
            "which would run now; read it in config.json, then give the command with --trust"
        )


@contextlib.contextmanager
def trusting(everything: bool) -> Iterator[None]:
    """Let code of run folders run unread inside the block, if ``everything`` is to be trusted."""
    global _trusts_all
    before, _trusts_all = _trusts_all, everything or _trusts_all
    try:
        yield
    finally:
        _trusts_all = before


def _remember(source: str) -> None:
    mark = _mark(source)
    with contextlib.suppress(OSError, RuntimeError):  # then --trust has to be given
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _mark(source: str) -> Path:
    return cache_folder() / "trusted" / hashlib.sha256(source.encode()).hexdigest()
