"""Probes from a user's own file, ``FILE.py:CLASS:at=5``, in runs that keep the file's text."""

from __future__ import annotations

from typing import Any

from metahebb.errors import InputError
from metahebb.own_parts import Own, check_trusted, class_of, own_class, own_of
from metahebb.probes.base import BirthProbe, OutputProbe, Probe

_WHAT = "probe"


class OwnProbeText(str):
    """A line that makes a probe, together with the text of the file that has its class.

    It is what a run's config keeps in the place of the line alone, so that the run is whole without
    the file.
    """

    source: str
    """The text of the file."""

    def __new__(cls, text: str, source: str) -> OwnProbeText:
        """Return ``text``, which begins with the file's name, with ``source`` beside it."""
        kept = super().__new__(cls, text)
        kept.source = source
        return kept

    def __reduce__(self) -> tuple[Any, ...]:
        return OwnProbeText, (str(self), self.source)


def split(text: str) -> tuple[str, str]:
    """Return what names a probe's class in ``text``, and what stands behind its colon."""
    file, ending, rest = text.partition(".py:")
    name, _, values = (rest if ending else text).partition(":")
    return f"{file}{ending}{name}" if ending else name, values


def is_own(text: str) -> bool:
    """Return whether ``text`` names a class in a file."""
    return ".py:" in text


def with_source(text: str) -> str:
    """Return ``text`` with the text of the file that it names, if it names one of a user's own.

    Raises:
        InputError: there is no such file or class.
    """
    if not is_own(text) or isinstance(text, OwnProbeText):
        return text
    name, values = split(text)
    own = own_of_class(own_class(name, _WHAT, ()))
    return OwnProbeText(f"{own}:{values}" if values else str(own), own.source)


def own_of_class(kind: Any) -> Own:
    """Return where a class of a user's own comes from."""
    own = own_of(kind)
    assert own is not None
    return own


def class_named(text: str) -> Any:
    """Return the class that ``text`` names, from its own source or from the file.

    Raises:
        InputError: there is no such class, or nobody trusts the source.
    """
    name, _ = split(text)
    if not isinstance(text, OwnProbeText):
        return own_class(name, _WHAT, ())
    file, _, class_name = name.rpartition(":")
    own = Own(file, text.source, class_name)
    check_trusted(own)
    return class_of(own, _WHAT, ())


def check_is_probe(probe: object) -> None:
    """Raise InputError if an instance of a user's own class does nothing to a life."""
    if not isinstance(probe, (Probe, OutputProbe, BirthProbe)):
        raise InputError(
            f"expected a probe with __call__, change_outputs or change_coefficients, got "
            f"{type(probe).__name__} without any of them; add one"
        )
