"""Imports a user's own Python files by path, and says where in them an error comes from."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType

from metahebb.errors import InputError
from metahebb.user_code import is_of_user

ADDED: set[str] = set()
"""Folders that `import_file` has added to ``sys.path``."""
_is_importing: ContextVar[bool] = ContextVar("_is_importing", default=False)


@functools.cache
def import_file(path: Path) -> ModuleType:
    """Return the module of the file at the absolute ``path``.

    The module has the same name as if a script beside the file had imported it, so that the file
    may refer to itself (``entry_point="my_env:Mine"``). If this name is taken, the module gets
    another one. The file can import files beside it, unless a package has the same name.

    Raises:
        InputError: there is no such file, or importing it raises an error.
    """
    if not path.is_file():
        raise InputError(f"expected the file {path}, got none; put it back, or check the path")
    folder, name = path.parent, path.stem
    if name == "__init__":
        folder, name = folder.parent, folder.name
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # as the last entry, so that it hides nothing
        ADDED.add(str(folder))
    with importing(path):
        if name.isidentifier() and _is_free(name):
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin and os.path.samefile(spec.origin, path):
                return importlib.import_module(name)
    return import_apart(path, f"_metahebb_own_{name}")


def import_apart(path: Path, name: str) -> ModuleType:
    """Return the module of the file at ``path``, under a ``name`` that no other module has.

    Raises:
        InputError: importing the file raises an error.
    """
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise InputError(f"expected a Python file, got {path}; give it a .py ending")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with importing(path):
        spec.loader.exec_module(module)
    return module


def _is_free(name: str) -> bool:
    return name not in sys.modules and name not in sys.builtin_module_names


@contextlib.contextmanager
def importing(path: Path) -> Iterator[None]:
    """Turn errors that the file at ``path`` raises inside the block into one line.

    Within the block, `is_importing` is true.
    """
    before = _is_importing.set(True)
    try:
        yield
    except InputError:
        raise
    except BaseException as error:
        if not is_of_user(error):
            raise
        raise InputError(
            f"expected {path} to import cleanly, got {described(error, str(path))}; mend it"
        ) from error
    finally:
        _is_importing.reset(before)


def is_importing() -> bool:
    """Return whether a file of a user's own is just being imported.

    One mistake in it must not hide what else it has, so parts that are refused then become a
    placeholder (`metahebb.compiler.Refused`), and raise their error where they are asked for.
    """
    return _is_importing.get()


def described(error: BaseException, file: str = "") -> str:
    """Return one line with an error's class, its text if it has one, and its place in the code.

    Args:
        error: the error that was caught.
        file: the path of a file. If the traceback passes through this file, the place is the last
            such line; otherwise, it is the line that raised the error.
    """
    kind, text = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, SyntaxError) and error.filename:
        return f"{kind}: {error.msg} ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in (file, os.path.realpath(file))]
    place = "".join(f" ({frame.filename}:{frame.lineno})" for frame in (own or frames)[-1:])
    return f"{kind}{f': {text}' if text else ''}{place}"
