"""What functions of the front door return: numbers that show themselves as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path, PosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.layers import Named
from metahebb.errors import unknown_name
from metahebb.report.markup import picture, table
from metahebb.report.table import text_table

_SHOWN = 10
"""Rows of a table that are shown: the first and the last ones, half of them each."""


class Result(dict[str, Any]):
    """Numbers as they are written into the run's folder, with the text that a command prints."""

    def __init__(self, numbers: Mapping[str, Any], text: str) -> None:
        """Keep the numbers by name, and the text."""
        super().__init__(numbers)
        self.text = text

    def __repr__(self) -> str:
        """Return the text."""
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


class Table(dict[str, npt.NDArray[Any]]):
    """Columns of one length by name, as arrays; ``pandas.DataFrame(table)`` takes it as it is."""

    def __missing__(self, name: object) -> npt.NDArray[Any]:
        """Raise the error for a name that no column has."""
        raise unknown_name("column", str(name), self)

    @classmethod
    def of_records(cls, records: Sequence[Mapping[str, Any]]) -> Table:
        """Return a row per record; what a record lacks is NaN in a column of numbers."""
        names = dict.fromkeys(name for record in records for name in record)
        return cls({name: _column([record.get(name) for record in records]) for name in names})

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.values()), ()))

    def __repr__(self) -> str:
        """Return the first and the last rows as text."""
        return text_table(self._shown())

    def _repr_html_(self) -> str:
        return table(self._shown(), head=True)

    def _shown(self) -> list[list[str]]:
        every: Iterable[int] = range(self.n_rows)
        if self.n_rows > _SHOWN:
            half = _SHOWN // 2
            every = [*range(half), *range(self.n_rows - half, self.n_rows)]
        rows = [[_cell(column[row]) for column in self.values()] for row in every]
        return [list(self), *rows]


class Coefficients(Named[npt.NDArray[np.float32]]):
    """The coefficients of one layer by name, each ``(n_out, n_in)``; shown as a table."""

    def __init__(self, values: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Keep the arrays by name."""
        super().__init__("coefficient", values)

    def __repr__(self) -> str:
        """Return a row per coefficient: its shape, and what its numbers are like."""
        return text_table(self._shown())

    def _repr_html_(self) -> str:
        return table(self._shown(), head=True)

    def _shown(self) -> list[list[str]]:
        rows = [["coefficient", "shape", "mean", "SD", "least", "largest"]]
        for name, values in self.items():
            numbers = (values.mean(), values.std(), values.min(), values.max())
            rows.append([name, str(values.shape), *map(_cell, numbers)])
        return rows


def _column(values: list[Any]) -> npt.NDArray[Any]:
    if all(value is None or isinstance(value, (int, float)) for value in values):
        return np.array([np.nan if value is None else value for value in values])
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 16 else f"{text[:15]}…"


class Picture(PosixPath):
    """The path of a film or figure, which a notebook shows as what it is."""

    def _repr_html_(self) -> str:
        return picture(Path(self), self.name)
