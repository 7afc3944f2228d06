"""What living networks remember: named arrays, from whose list all else about them follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.networks.memory import aligned


@dataclass(frozen=True)
class Field:
    """One array of the state, with an entry for each lane.

    Attributes:
        name: what the array is called, also by the compiled functions that take it.
        shape: of one lane's entry.
        dtype: of the numbers.
        at_birth: the value that a new life begins with; None: birth writes the numbers itself.
        per_trial: whether a new trial begins with that value, too.
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
    """The arrays of a list of fields, and the constants that compiled functions take with them.

    Attributes:
        parameters: names of all arrays and constants, as a function's signature has them.
        values: arrays and constants in that order, to be passed on with a star. They make one
            tuple, which a call copies once.
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

    def begin_life(self, lane: int) -> None:
        """Give every field its value at birth; those that birth writes itself stay."""
        for field in self._fields:
            if field.at_birth is not None:
                self._arrays[field.name][lane] = field.at_birth

    def begin_trial(self, lanes: npt.NDArray[np.intp]) -> None:
        """Give the fields that are per trial their value at birth."""
        for field in self._fields:
            if field.per_trial:
                self._arrays[field.name][lanes] = field.at_birth
