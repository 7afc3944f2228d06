"""Probes from a user's own file, such as ``FILE.py:CLASS:at=5``; a run keeps the file's text."""

from __future__ import annotations

from typing import Any

from metahebb.errors import InputError
from metahebb.own_parts import Own, check_trusted, class_of, own_class, own_of
from metahebb.probes.base import BirthProbe, OutputProbe, Probe

_WHAT = "probe"


class OwnProbeText(str):
    """A line of text that makes a probe, together with the text of the file that defines its class.

    A run's config keeps both, so that the run does not need the file.
    """

    source: str
    """The text of the file that defines the class."""

    def __new__(cls, text: str, source: str) -> OwnProbeText:
        """Return the line ``text`` with the file's text ``source`` attached to it."""
        kept = super().__new__(cls, text)
        kept.source = source
        return kept

    def __reduce__(self) -> tuple[Any, ...]:
        return OwnProbeText, (str(self), self.source)


def split(text: str) -> tuple[str, str]:
    """Return the two parts of ``text``: the name of the probe's class, and its field values."""
    file, ending, rest = text.partition(".py:")
    name, _, values = (rest if ending else text).partition(":")
    return f"{file}{ending}{name}" if ending else name, values


def is_own(text: str) -> bool:
    """Return whether ``text`` names a class in a file."""
    return ".py:" in text


def with_source(text: str) -> str:
    """Return ``text`` together with the text of the file that it names, if it names a file.

    Raises:
        InputError: there is no such file or class.
    """
    if not is_own(text) or isinstance(text, OwnProbeText):
        return text
    name, values = split(text)
    own = own_of_class(own_class(name, _WHAT, ()))
    return OwnProbeText(f"{own}:{values}" if values else str(own), own.source)


def own_of_class(kind: Any) -> Own:
    """Return the origin of a user's own class: a file's name and text, and the class's name."""
    own = own_of(kind)
    assert own is not None
    return own


def class_named(text: str) -> Any:
    """Return the class that ``text`` names: from the source that it brings, or from the file.

    Raises:
        InputError: there is no such class, or the user has not said that the source is trusted.
    """
    name, _ = split(text)
    if not isinstance(text, OwnProbeText):
        return own_class(name, _WHAT, ())
    file, _, class_name = name.rpartition(":")
    own = Own(file, text.source, class_name)
    check_trusted(own)
    return class_of(own, _WHAT, ())


def check_is_probe(probe: object) -> None:
    """Raise InputError if an instance of a user's own class has none of a probe's methods."""
    if not isinstance(probe, (Probe, OutputProbe, BirthProbe)):
        raise InputError(
            f"expected a probe with __call__, change_outputs or change_coefficients, got "
            f"{type(probe).__name__} without any of them; add one"
        )
