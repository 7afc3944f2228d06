"""The numbers and tables of a study's page, in the file ``tables.json`` beside ``summary.json``.

Only the runs of a study can give these numbers and tables. The file keeps them, so that the page
can be made again on a machine that does not have the runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.kit.page import number
from metahebb.errors import InputError
from metahebb.runs.storage import write_atomically

FILE = "tables.json"

Cell = str | int | float | None | tuple[float | None, ...]
"""A cell of a table: a text, a number, or a figure with the two ends of its interval.

The ends are None for a figure without an interval. A cell that is None is shown as a dash.
"""


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        heads: heading of each column.
        rows: rows of cells, with one cell per column in each row.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [f"| {' | '.join(self.heads)} |", "|---" * len(self.heads) + "|"]
        lines += [f"| {' | '.join(map(shown, row))} |" for row in self.rows]
        return "\n".join(lines)

    def text(self) -> str:
        """Return the table as JSON."""
        heads, *rows = (json.dumps(row, ensure_ascii=False) for row in (self.heads, *self.rows))
        lines = ",\n".join(rows)
        return f'{{"heads": {heads}, "rows": [\n{lines}\n]}}'

    @classmethod
    def of(cls, markdown: str) -> Table:
        """Return the table that a Markdown text holds; all its cells are texts."""
        rows = [line.strip("| ").split(" | ") for line in markdown.strip().splitlines()]
        return cls(tuple(rows[0]), tuple(map(tuple, rows[2:])))

    def records(self) -> list[dict[str, Cell]]:
        """Return each row as a dict of its cells by the heading of their column."""
        return [dict(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Kept:
    """The numbers and tables of a page.

    Attributes:
        numbers: numbers and short texts that the page fills in, by name.
        tables: tables of the page, by name.
    """

    numbers: Mapping[str, str | int | float] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the file ``tables.json`` with one line per row of a table."""
        tables = ",\n".join(
            f"{json.dumps(name)}: {table.text()}" for name, table in self.tables.items()
        )
        numbers = json.dumps(dict(self.numbers), ensure_ascii=False)
        text = f'{{"numbers": {numbers},\n"tables": {{\n{tables}\n}}}}\n'
        write_atomically(folder / FILE, text.encode())

    @classmethod
    def read(cls, folder: Path) -> Kept:
        """Return the numbers and tables that `write` wrote into ``folder``.

        Raises:
            InputError: the folder has no file ``tables.json``.
        """
        try:
            data: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(
                f"expected {folder / FILE}, got none; restore it, or run the study again"
            ) from None
        tables = {
            name: Table(tuple(table["heads"]), tuple(map(_row, table["rows"])))
            for name, table in data["tables"].items()
        }
        return cls(data["numbers"], tables)


def shown(cell: Cell) -> str:
    """Return a cell as a page shows it; a figure without an interval stands alone."""
    if isinstance(cell, tuple):
        value, low, high = cell
        ends = "" if low is None or high is None else f" [{number(low)}, {number(high)}]"
        return number(value) + ends
    if isinstance(cell, str | int):
        return str(cell)
    return number(cell)


def _row(cells: list[Any]) -> tuple[Cell, ...]:
    return tuple(tuple(cell) if isinstance(cell, list) else cell for cell in cells)
