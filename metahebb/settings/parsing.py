"""Flags from frozen dataclasses, and one-line errors from what a user typed."""

from __future__ import annotations

import contextlib
import difflib
import io
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import tyro

from metahebb.errors import InputError, unknown_name
from metahebb.neurons import NEURONS, Neuron, load_neuron
from metahebb.plasticity.load import load_rule
from metahebb.plasticity.rule import Rule
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import Stage
from metahebb.tasks.gym.kwargs import Kwargs, read_pairs, show_pairs

T = TypeVar("T")

SHORT = {
    "--popsize": "--search.popsize",
    "--algorithm": "--search.algorithm",
    "--rule": "--network.rule",
    "--birth": "--network.birth",
    "--hidden": "--network.hidden",
    "--neuron": "--network.neuron",
}
"""Flags that may be written without their group."""
_KWARGS = "--task.env-kwargs"
_ALSO_CALLED = {
    "lr": "--search.learning-rate",
    "sigma": "--search.stdev",
    "std": "--search.stdev",
    "pop": "--popsize",
    "population": "--popsize",
    "population-size": "--popsize",
    "pop-size": "--popsize",
}
"""Options by names that other tools have for them."""


def parse(wanted: type[T], default: T, rest: list[str], prog: str) -> T:
    """Return ``default`` changed by the flags in ``rest``.

    Prints help and exits with 0 where ``--help`` is among them.

    Raises:
        InputError: an unknown flag (with a suggestion) or a bad value.
    """
    words = [_long(word) for word in rest]
    printed = io.StringIO()
    try:
        with _rules(), _quiet(printed, words):
            parsed: T = tyro.cli(
                wanted,
                default=default,
                args=words,
                prog=prog,
                config=(tyro.conf.AvoidSubcommands, tyro.conf.SuppressFixed),
            )
            return parsed
    except SystemExit as ending:
        if not ending.code:
            raise
        raise InputError(_one_line(printed.getvalue(), prog)) from None


def values_of(flag: str, words: list[str]) -> list[str]:
    """Return what follows each ``flag`` among ``words``, to be known before they are parsed."""
    values = []
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") == flag:
            values.append(value if equals else "".join(words[place + 1 : place + 2]))
    return values


def _long(word: str) -> str:
    flag, equals, value = word.partition("=")
    if flag.startswith("--topology."):
        flag = "--network." + flag[2:]  # --topology.density as --genome.rules
    return SHORT.get(flag, flag) + equals + value


@contextlib.contextmanager
def _quiet(printed: io.StringIO, words: list[str]) -> Iterator[None]:
    if "--help" in words or "-h" in words:
        yield
        return
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
        yield


@contextlib.contextmanager
def _rules() -> Iterator[None]:
    """Teach tyro to read rules, neurons, stages of the curriculum, and arguments of a task."""
    registry = tyro.constructors.ConstructorRegistry()

    def words(kind: Any, metavar: str, nargs: Any, read: Callable[[Any], Any], show: Any) -> None:
        @registry.primitive_rule
        def _(info: Any) -> Any:
            if info.type != kind:
                return None
            return tyro.constructors.PrimitiveConstructorSpec(
                nargs=nargs,
                metavar=metavar,
                instance_from_str=read,
                is_instance=lambda value: isinstance(value, typing.get_origin(kind) or kind),
                str_from_instance=show,
            )

    def word(kind: type, metavar: str, read: Callable[[str], Any], show: Any) -> None:
        words(kind, metavar, 1, lambda given: read(given[0]), lambda value: [show(value)])

    word(Rule, f"{{{','.join(RULES)}}}|FILE.py:RULE", load_rule, lambda rule: rule.name)
    word(Neuron, f"{{{','.join(NEURONS)}}}|FILE.py:NEURON", load_neuron, lambda neuron: neuron.name)
    word(Stage, "START:STEPS[:BODY,...]", Stage.read, str)
    # Else tyro would make a flag of each argument that a preset has, and none for any other.
    words(Kwargs, "[NAME VALUE ...]", "*", read_pairs, show_pairs)
    with registry:
        yield


def _one_line(box: str, prog: str) -> str:
    """Return what tyro printed in a box as one line."""
    # On a terminal the box is drawn with lines, elsewhere with dashes.
    text = " ".join(re.sub(r"[─-╿]|-{5,}", " ", box).split())
    text = re.sub(r"(Argument helptext:|For full helptext).*$", "", text).strip()
    unknown = re.search(r"Unrecognized options: (\S+?),?(?= |$)", text)
    if unknown:
        near = _near(unknown.group(1), re.findall(r"--[\w.-]+", text[unknown.end() :]), prog)
        hint = f"did you mean {near!r}?" if near else f"see {prog} --help"
        if not unknown.group(1).startswith("-"):
            hint = "give the option before it fewer values"
        return f"expected an option of {prog}, got {unknown.group(1)!r}; {hint}"
    choice = re.search(r"invalid choice '(.*?)' for argument '(.*?)'. Expected one of (.*)", text)
    if choice:
        got, flag, among = choice.groups()
        return str(unknown_name(f"value of {flag}", got, re.findall(r"'(.*?)'", among)))
    value = re.search(r"Error parsing ([\w.-]+): (.*)$", text)
    if value:
        flag, reason = value.groups()
        if flag == "--coefficients":  # it is read like the arguments of an environment
            reason = reason.replace(_KWARGS, flag).replace("an argument", "a coefficient")
            reason = reason.replace("continuous false gravity -5", "eta 0.001")
        return reason if reason.startswith("expected") else _bad_value(flag, reason, prog)
    missing = re.search(r"Missing value for argument '([\w.-]+?)'\. Expected (.*?)\.( |$)", text)
    if missing:
        flag, wanted = missing[1], missing[2]
        what, got = ("a value", "none") if wanted.startswith("1 ") else (wanted, "fewer")
        return f"expected {what} behind {flag}, got {got}; see {prog} --help"
    return f"expected valid options, got: {text}; see {prog} --help"


def _near(flag: str, known: list[str], prog: str) -> str:
    """Return the option that ``flag`` was to be; empty where none has a name that is near.

    The name without its group has to be near, too: ``--task.body`` is not ``--task.go``.
    """
    group, _, last = flag.lstrip("-").replace("_", "-").rpartition(".")
    searches = "evolve" in prog or "tune" in prog
    if last in _ALSO_CALLED and group in ("", "search") and searches:
        return _ALSO_CALLED[last]
    short = [each for each, long in SHORT.items() if searches or not long.startswith("--search")]
    for near in difflib.get_close_matches(flag, [*short, *known], n=3):
        if difflib.get_close_matches(last, [near.lstrip("-").rpartition(".")[2]]):
            return near
    return ""


def _bad_value(flag: str, reason: str, prog: str) -> str:
    """Return the line for a value that cannot be read, of which Python or tyro say why."""
    for python, what in (("int() with base 10", "a whole number"), ("to float", "a number")):
        if python in reason:
            return f"expected {what} as {flag}, got {reason.rpartition(': ')[2]}"
    several = re.search(r"Could not find valid parse for arguments: \[(.*)\]", reason)
    if several is None:
        return f"expected another value of {flag}, got: {reason}"
    given = re.findall(r"'(.*?)'", several[1])
    apart = re.split(r"[,;]\s*", given[0]) if len(given) == 1 else []
    if len(apart) > 1:
        return (
            f"expected values of {flag} with blanks between them, got {given[0]!r}; write "
            f"{' '.join(filter(None, apart))}"
        )
    return f"expected other values of {flag}, got {' '.join(given)!r}; see {prog} --help"
