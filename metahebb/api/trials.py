"""Trials as an object: arrays with names, which can be saved and handed to xarray."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.learning.lived import LivedTrials
from metahebb.report.table import text_table
from metahebb.runs.storage import write_atomically

_DIMENSIONS = {
    "observations": ("trial", "step", "sensor"),
    "targets": ("trial", "step", "output"),
    "outputs": ("trial", "step", "output"),
    "rates": ("trial", "step", "unit"),
    "rewards": ("trial", "step"),
}


class Trials:
    """Fresh trials of a network that has learned, as arrays with names.

    ``trials["outputs"]`` and ``trials.outputs`` are ``(n_trials, n_steps, n_outputs)``; steps
    behind a trial's end are NaN. ``repr`` lists all arrays.

    Attributes:
        lived: the arrays, and the names of kinds and answers.
    """

    def __init__(self, lived: LivedTrials) -> None:
        """Take trials that were lived."""
        self.lived = lived
        self._arrays = lived.arrays()

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.lived)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return the array called ``name``."""
        try:
            return self._arrays[name]
        except KeyError:
            names = ", ".join(self._arrays)
            raise InputError(f"expected an array among {names}, got {name!r}") from None

    def __getattr__(self, name: str) -> npt.NDArray[Any]:
        """Return the array called ``name``."""
        if name.startswith("_") or name not in self._arrays:
            raise AttributeError(f"expected one of {', '.join(self._arrays)}, got {name!r}")
        return self._arrays[name]

    def keys(self) -> list[str]:
        """Return the names of all arrays."""
        return list(self._arrays)

    @property
    def accuracy(self) -> float:
        """The part of trials that were right; NaN where no answer is right."""
        correct = self.lived.outcomes.correct
        known = correct[np.isfinite(correct)]
        return float(known.mean()) if known.size else math.nan

    def __repr__(self) -> str:
        """Return the number of trials, and a row for each array."""
        rows = [["array", "shape", "dimensions"]]
        for name, array in self._arrays.items():
            dimensions = _DIMENSIONS.get(name, ("trial",))
            rows.append([name, str(array.shape), ", ".join(dimensions)])
        return f"{len(self)} trials, accuracy {self.accuracy:.3g}\n\n{text_table(rows)}"

    def save(self, path: Path | str) -> Path:
        """Write all arrays, and the names of kinds and answers, into an ``.npz`` file."""
        buffer = io.BytesIO()
        names = {"kinds": np.array(self.lived.kinds), "choices": np.array(self.lived.choices)}
        np.savez_compressed(buffer, **names, **self._arrays)  # type: ignore[arg-type]
        path = Path(path)
        write_atomically(path, buffer.getvalue())
        return path

    def to_xarray(self) -> Any:
        """Return an ``xarray.Dataset`` with named dimensions; needs the extra ``xarray``.

        Raises:
            InputError: xarray is not installed.
        """
        try:
            import xarray as xr
        except ModuleNotFoundError:
            raise InputError(
                "expected the package xarray, got none; pip install 'metahebb[xarray]'"
            ) from None
        lived = self.lived
        values = {
            name: (_DIMENSIONS.get(name, ("trial",)), array) for name, array in self._arrays.items()
        }
        seconds = lived.seconds_per_step
        steps = np.arange(lived.outputs.shape[1]) * (1 if seconds is None else seconds)
        names = np.array(lived.kinds)[lived.outcomes.kind]
        coordinates = {"step": steps, "kind_name": ("trial", names)}
        return xr.Dataset(values, coords=coordinates, attrs={"choices": list(lived.choices)})
