"""The state of living networks: a list of named arrays, with rules for when each is reset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.networks.memory import aligned


@dataclass(frozen=True)
class Field:
    """A field is one array of the state, with an entry for each lane.

    Attributes:
        name: the name of the array, which is also its name in compiled functions.
        shape: the shape of one lane's entry.
        dtype: the type of the numbers.
        at_birth: the value with which a new life begins; None: the code of a birth writes the
            numbers itself.
        per_trial: whether the field is also reset to ``at_birth`` when a trial begins.
    """

    name: str
    shape: tuple[int, ...] = ()
    dtype: type[np.generic] = np.float32
    at_birth: float | None = 0.0
    per_trial: bool = False

    def allocate(self, n_lanes: int) -> npt.NDArray[Any]:
        """Return the array ``(n_lanes, *shape)``; rows of float32 begin on a cache line."""
        if self.dtype is np.float32 and len(self.shape) == 1:
            array: npt.NDArray[Any] = aligned(n_lanes, self.shape[0])
        else:
            array = np.zeros((n_lanes, *self.shape), self.dtype)
        if self.at_birth:
            array[:] = self.at_birth
        return array


class State:
    """The state holds the arrays of a list of fields, and the constants of compiled functions.

    Attributes:
        parameters: the names of all arrays and constants, as they stand in a function's signature.
        values: all arrays and constants in the same order, as one tuple that is passed with a star.
    """

    def __init__(
        self, fields: Sequence[Field], n_lanes: int, constants: Mapping[str, Any] | None = None
    ) -> None:
        """Allocate ``n_lanes`` lanes; nothing is allocated afterwards."""
        self._fields = tuple(fields)
        self._arrays = {field.name: field.allocate(n_lanes) for field in fields}
        constants = constants or {}
        self.parameters = ", ".join((*self._arrays, *constants))
        self.values = (*self._arrays.values(), *constants.values())

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def begin_life(self, lane: int) -> None:
        """Set every field of ``lane`` to its value at birth, unless birth writes it itself."""
        for field in self._fields:
            if field.at_birth is not None:
                self._arrays[field.name][lane] = field.at_birth

    def begin_trial(self, lanes: npt.NDArray[np.intp]) -> None:
        """Set the fields of ``lanes`` that are per trial to their value at birth."""
        for field in self._fields:
            if field.per_trial:
                self._arrays[field.name][lanes] = field.at_birth
