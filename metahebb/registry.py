"""A registry has all classes of one kind of part by name, for example all networks.

Flags, the types of a config, and tables in the docs come from registries. A user's own part is
named ``FILE.py:CLASS``: it is a frozen dataclass, and the text of its file goes to workers and into
run folders.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from typing import Any, Generic, TypeVar

from metahebb.errors import InputError, unknown_name
from metahebb.own_parts import adopted, own_class, own_of

T = TypeVar("T")

NONE = "none"
"""The word that leaves out a part of an optional kind."""


class Registry(Mapping[str, T], Generic[T]):
    """The classes of one kind of part by name, in the order in which they are listed.

    Attributes:
        what: word for a part of the kind, such as ``genome map``.
        needs: names of the methods and properties that a user's own class must have.
        optional: whether a run may have no part of the kind.
    """

    def __init__(
        self, what: str, kinds: Mapping[str, T], needs: tuple[str, ...], *, optional: bool = False
    ) -> None:
        """List the classes ``kinds``, by name."""
        self.what, self.needs, self.optional = what, needs, optional
        self._kinds = dict(kinds)

    def __getitem__(self, name: str) -> T:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    # A registry is a part of the types of fields, which have to be hashable.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def find(self, text: str) -> T:
        """Return the class called ``text``, or the class of ``FILE.py:CLASS``.

        Raises:
            InputError: there is no such class (the error suggests the nearest name), or the file
                does not define a class that fits.
        """
        if ".py" in text:
            kind: T = own_class(text, self.what, self.needs)
            return kind
        if text not in self:
            raise unknown_name(self.what, text, self)
        return self[text]

    def default(self, text: str) -> object:
        """Return a part of the class that `find` returns for ``text``, with all fields at defaults.

        Raises:
            InputError: see `find`; or a field has no default.
        """
        kind: Any = self.find(text)
        needed = [
            each.name
            for each in dataclasses.fields(kind)
            if each.init and each.default is MISSING and each.default_factory is MISSING
        ]
        if needed:
            advice = "give it one" if ".py" in text else "use --env ID, or a preset"
            raise InputError(
                f"expected a default for {', '.join(needed)}, got none ({self.what} {text}); "
                f"{advice}"
            )
        part: object = kind()
        return part

    def adopt(self, given: object) -> object:
        """Return the part that ``given`` stands for: a name, a part, or a class of parts.

        A part of a class that the user has defined, in a cell of a notebook for example, becomes
        one whose text travels, as of ``FILE.py:CLASS``.

        Raises:
            InputError: ``given`` is none of these, or see `find`, `default` and `adopted`.
        """
        if isinstance(given, str):
            return self.default(given)
        part = given
        if isinstance(given, type):
            try:
                part = given()
            except TypeError as error:
                raise InputError(
                    f"expected a {self.what}, got the class {given.__name__}, which needs more: "
                    f"{error}; give {given.__name__}(...)"
                ) from None
        kind = type(part)
        if kind in self._kinds.values() or own_of(kind) is not None:
            return part
        if not dataclasses.is_dataclass(part) or kind.__module__.startswith("metahebb."):
            raise InputError(
                f"expected a {self.what}, got {given!r}; give one of {', '.join(self)}, or an "
                "object of a frozen dataclass of yours"
            )
        return adopted(part, self.what, self.needs)

    def name_of(self, part: object) -> str:
        """Return the name of ``part`` in the registry; for a user's own part, its class's name."""
        names = (name for name, kind in self._kinds.items() if kind is type(part))
        return next(names, type(part).__name__)

    @property
    def metavar(self) -> str:
        """The text that the help of a flag shows in place of the value."""
        names = [*self, NONE] if self.optional else self
        return f"{{{','.join(names)}}}|FILE.py:CLASS"
