"""Errors for people who call metahebb from Python: its flags as keyword arguments."""

from __future__ import annotations

import re
import shlex

_SWITCHES = "allow-heterogeneous|fallback|quiet|resume|task.scale-actions|trust"
"""Flags without a value; as an argument each of them is true."""
_TRACEBACK = re.compile(r"give the same command with(?: --workers 0 --threads 1)? --traceback")
_ADD_TRACEBACK = re.compile(r"add --traceback to the command to see where it was raised")
_SEVERAL = re.compile(r"; write ([\d.]+(?: [\d.]+)+)$")
_RESUME_QUOTED = re.compile(r"'metahebb resume (.+?)'")
_RESUME = re.compile(r"metahebb resume (.+)$")
_COEFFICIENTS = re.compile(r"--coefficients((?: [A-Za-z]\w* -?\d[\d.e-]*)+)")
_FLAG = re.compile(
    r"(?<![\w/.-])--([a-z][\w-]*(?:\.[a-z][\w-]*)*)((?: (?:[A-Z][A-Z_]*|\d+(?:\.\d+)?)\b)*)"
)
"""A flag, and the numbers or words in capital letters behind it."""


def in_python(message: str) -> str:
    """Return an error of the command line in the words of Python.

    A flag becomes the argument of its name, with the value that stands behind it if this is a
    number or a word in capital letters. Any other text stays as it is.

    Example:
        >>> in_python("expected --workers N with --address, got 0; use fewer --search.lanes")
        'expected workers=N with address, got 0; use fewer search__lanes'
    """
    for name in ("evolve", "learn"):
        message = message.replace(
            f"an option of metahebb.{name}", f"an argument of metahebb.{name}"
        )
        message = message.replace(f"see metahebb.{name} --help", f"see help(metahebb.{name})")
    message = _TRACEBACK.sub("look at the __context__ of this error", message)
    message = _ADD_TRACEBACK.sub("the __context__ of this error has where it was raised", message)
    message = _SEVERAL.sub(lambda m: f"; write ({', '.join(m[1].split())})", message)
    message = _RESUME_QUOTED.sub(lambda m: _opened(m[1]), message)
    message = _RESUME.sub(lambda m: _opened(shlex.split(m[1])[0]), message)
    message = _COEFFICIENTS.sub(_coefficients, message)
    return _FLAG.sub(_argument, message)


def _opened(path: str) -> str:
    return f"metahebb.open({path!r}).resume()"


def _coefficients(match: re.Match[str]) -> str:
    """Return coefficients and their values as an argument."""
    words = match[1].split()
    pairs = ", ".join(
        f'"{name}": {value}' for name, value in zip(words[::2], words[1::2], strict=True)
    )
    return f"coefficients={{{pairs}}}"


def _argument(match: re.Match[str]) -> str:
    """Return a flag, and what stands behind it, as a keyword argument."""
    flag, values = match[1], match[2].split()
    if flag.startswith("no-"):
        return f"{_name(flag[3:])}=False"
    if re.fullmatch(_SWITCHES, flag):
        return f"{_name(flag)}=True{match[2]}"
    if len(values) > 1:
        return f"{_name(flag)}=({', '.join(values)})"
    return "=".join([_name(flag), *values])


def _name(flag: str) -> str:
    return flag.replace("-", "_").replace(".", "__")
