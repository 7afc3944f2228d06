"""Values of a network's layers, which are counted from 1, and values by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from metahebb.errors import InputError, unknown_name

T = TypeVar("T")


class Layers(Mapping[int, T]):
    """One value per layer of a network, by the layer's number: 1 is the one behind the sensors.

    Reports, probes (``zero_weights:layer=2``) and tables count layers in the same way.

    Example:
        >>> Layers(["from the sensors", "to the outputs"])[2]
        'to the outputs'
    """

    def __init__(self, values: Sequence[T], first: int = 1) -> None:
        """Number ``values`` from ``first`` on."""
        self._values = dict(enumerate(values, first))

    def __getitem__(self, layer: int) -> T:
        """Return the value of a layer.

        Raises:
            InputError: there is no such layer.
        """
        try:
            return self._values[layer]
        except (KeyError, TypeError):
            first, last = min(self._values), max(self._values)
            raise InputError(
                f"expected a layer from {first} to {last}, got {layer!r}; layers are counted from "
                f"{first}"
            ) from None

    def __iter__(self) -> Iterator[int]:
        """Return the numbers of the layers."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many layers there are."""
        return len(self._values)

    def __contains__(self, layer: object) -> bool:
        """Return whether there is such a layer."""
        return layer in self._values

    def __repr__(self) -> str:
        """Show each layer with the shape of its array or arrays, or its value."""
        return f"Layers({', '.join(f'{k}: {_shown(v)}' for k, v in self._values.items())})"


class Named(dict[str, T]):
    """Values by name, such as the measures of a life; a wrong name is an error of one line.

    Example:
        >>> Named("measure", {"distance": 3.0})["distance"]
        3.0
    """

    def __init__(self, what: str, values: Mapping[str, T]) -> None:
        """Keep the ``values``; ``what`` is the word for one of them."""
        super().__init__(values)
        self.what = what

    def __missing__(self, name: object) -> T:
        """Raise the error for a name that no value has."""
        if not self:
            raise InputError(f"expected no {self.what}, got {name!r}: there are none")
        raise unknown_name(self.what, str(name), self)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_shown(each)}' for name, each in value.items())}}}"
    return str(getattr(value, "shape", value))
