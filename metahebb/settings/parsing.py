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
from metahebb.neurons import Neuron, load_neuron
from metahebb.plasticity.load import load_rule
from metahebb.plasticity.rule import Rule
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
    found = []
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") == flag:
            found.append(value if equals else "".join(words[place + 1 : place + 2]))
    return found


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

    word(Rule, "RULE|FILE.py:RULE", load_rule, lambda rule: rule.name)
    word(Neuron, "NEURON|FILE.py:NEURON", load_neuron, lambda neuron: neuron.name)
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
        flag = unknown.group(1)
        known = [*SHORT, *re.findall(r"--[\w.-]+", text[unknown.end() :])]
        near = difflib.get_close_matches(flag, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"see {prog} --help"
        return f"expected an option of {prog}, got {flag!r}; {hint}"
    choice = re.search(r"invalid choice '(.*?)' for argument '(.*?)'. Expected one of (.*)", text)
    if choice:
        got, flag, among = choice.groups()
        return str(unknown_name(f"value of {flag}", got, re.findall(r"'(.*?)'", among)))
    value = re.search(r"Error parsing ([\w.-]+): (.*)$", text)
    if value:
        flag, reason = value.groups()
        ours = reason.startswith("expected")
        return reason if ours else f"expected another value of {flag}, got: {reason}"
    return f"expected valid options, got: {text}; see {prog} --help"
