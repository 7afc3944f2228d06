"""The text of what a user has defined in a cell of a notebook, or anywhere in Python.

A part of a run travels to workers and into run folders as text that runs by itself. Of a class or
function that is given as an object, that text is made here: the definition as it was written, and
before it all that it names of its surroundings, such as imports, numbers, functions and classes.
"""

from __future__ import annotations

import ast
import dis
import functools
import importlib
import inspect
import linecache
import os
import types
from collections.abc import Iterator, Mapping
from typing import Any

from metahebb.compiler.scalar import ScalarFunction
from metahebb.errors import InputError

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_FIRST = "from __future__ import annotations"


def text_that_defines(thing: type[Any] | types.FunctionType) -> str:
    """Return a text that defines the class or function ``thing`` when it runs by itself.

    Raises:
        InputError: the source of ``thing``, or of a thing that it names, cannot be read.
    """
    definitions: dict[str, str] = {}
    _add_definition(thing, definitions)
    return "\n\n".join([_FIRST, *definitions.values()]) + "\n"


def _add_definition(thing: type[Any] | types.FunctionType, definitions: dict[str, str]) -> None:
    """Add the text of a class or function, behind the text of all that it names."""
    node, text = _source(thing)
    surroundings = _globals_of(thing)
    definitions[thing.__name__] = ""  # its place is taken, for a class that names itself
    for name in dict.fromkeys(_names_in(node, text)):
        if name not in definitions and name in surroundings and not name.startswith("__"):
            _add(name, surroundings[name], surroundings, definitions, thing.__name__)
    del definitions[thing.__name__]
    definitions[thing.__name__] = text


def _add(
    name: str,
    value: object,
    surroundings: Mapping[str, Any],
    definitions: dict[str, str],
    whose: str,
) -> None:
    """Add what gives ``name`` its ``value``: an import, a definition or a number."""
    home = getattr(value, "__module__", None)
    known_as = getattr(value, "__qualname__", None)
    if isinstance(value, types.ModuleType):
        alias = "" if value.__name__ == name else f" as {name}"
        definitions[name] = f"import {value.__name__}{alias}"
    elif isinstance(value, ScalarFunction):
        maker = type(value)
        definitions[name] = (
            f"from {maker.__module__} import {maker.__name__} as _{maker.__name__}\n\n"
            f"{name} = _{maker.__name__}.from_source({value.source!r}, {value.name!r})"
        )
    elif isinstance(value, (type, types.FunctionType)) and home == surroundings["__name__"]:
        _add_definition(value, definitions)
        if value.__name__ != name:
            definitions[name] = f"{name} = {value.__name__}"
    elif home and known_as and _is_importable(home, known_as, value):
        alias = "" if known_as == name else f" as {name}"
        definitions[name] = f"from {home} import {known_as}{alias}"
    elif _is_plain(value):
        definitions[name] = f"{name} = {value!r}"
    else:
        raise InputError(
            f"expected {whose} to name only imports, functions, classes, numbers and texts, got "
            f"{name}, a {type(value).__name__}; make it inside the class, or save the class with "
            "all that it needs in a file, and name it FILE.py:CLASS"
        )


def _source(thing: type[Any] | types.FunctionType) -> tuple[ast.AST, str]:
    """Return the definition of a class or function, as a node and as text with decorators."""
    wanted = ast.ClassDef if isinstance(thing, type) else ast.FunctionDef
    for text in _texts(thing):
        nodes = [
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, wanted) and node.name == thing.__name__
        ]
        if nodes:
            node = nodes[-1]  # the last one counts, as when the text ran
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            lines = text.splitlines()[first - 1 : node.end_lineno]
            return node, inspect.cleandoc("\n" + "\n".join(lines))
    raise InputError(
        f"expected the source of {thing.__name__}, got none that can be read; define it in a cell "
        f"of a notebook or in a script, or save it in a file and name it FILE.py:{thing.__name__}"
    )


def _texts(thing: type[Any] | types.FunctionType) -> Iterator[str]:
    """Yield the whole texts, of a file or a cell, that may define ``thing``."""
    files = [function.__code__.co_filename for function in _functions(thing)]
    module = inspect.getmodule(thing)
    files.append(getattr(module, "__file__", None) or "")
    if thing.__module__ == "__main__":  # a class without functions does not say which cell it is of
        files += [file for file in reversed(linecache.cache) if not os.path.exists(file)]
    for file in dict.fromkeys(files):
        lines = linecache.getlines(file)
        if lines:
            yield "".join(lines)


def _functions(thing: type[Any] | types.FunctionType) -> Iterator[types.FunctionType]:
    """Yield the functions of a class that its author wrote, or the function itself."""
    if isinstance(thing, types.FunctionType):
        yield thing
        return
    for value in vars(thing).values():
        inner: Any = value
        if isinstance(value, property):
            inner = value.fget
        elif isinstance(value, functools.cached_property):
            inner = value.func
        elif isinstance(value, (classmethod, staticmethod)):
            inner = value.__func__
        inner = inspect.unwrap(inner) if callable(inner) else inner
        if isinstance(inner, types.FunctionType) and inner.__qualname__.startswith(
            f"{thing.__qualname__}."
        ):
            yield inner


def _globals_of(thing: type[Any] | types.FunctionType) -> Mapping[str, Any]:
    """Return the names among which a class or function was defined."""
    if isinstance(thing, types.FunctionType):
        return {**thing.__globals__, **inspect.getclosurevars(thing).nonlocals}
    module = inspect.getmodule(thing)
    if module is not None:
        return vars(module)
    written = [f for f in _functions(thing) if f.__module__ == thing.__module__]
    return written[0].__globals__ if written else {"__name__": thing.__module__}


def _names_in(node: ast.AST, text: str) -> Iterator[str]:
    """Yield the global names that a definition reads when it runs, and in types of fields."""
    for code in _codes(compile(f"{_FIRST}\n{text}", "<definition>", "exec")):
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield str(instruction.argval)
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.AnnAssign):
            yield from (n.id for n in ast.walk(each.annotation) if isinstance(n, ast.Name))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and all that lie within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _is_importable(module: str, name: str, value: object) -> bool:
    if module == "__main__" or "<" in name:
        return False
    try:
        return getattr(importlib.import_module(module), name, None) is value
    except ImportError:
        return False


def _is_plain(value: object) -> bool:
    """Return whether what Python shows of ``value`` is a text that makes it again."""
    if isinstance(value, (list, tuple, set)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, [*value, *value.values()]))
    return isinstance(value, _PLAIN)
