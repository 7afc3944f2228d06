"""What the page of a study needs and only its runs can tell: kept beside the summary.

``tables.json`` holds numbers and tables, so that the page is made again where no run is.
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
"""Of a table: a text, a number, or a figure with the ends of its interval (None: it has none)."""


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        heads: of the columns.
        rows: each with as many cells as there are heads.
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
        """Return a table that is Markdown already; its cells stay texts."""
        rows = [line.strip("| ").split(" | ") for line in markdown.strip().splitlines()]
        return cls(tuple(rows[0]), tuple(map(tuple, rows[2:])))

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as cells by their heads."""
        return [dict(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Kept:
    """Numbers and tables, by name."""

    numbers: Mapping[str, str | int | float] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write ``tables.json``, a line per row."""
        tables = ",\n".join(
            f"{json.dumps(name)}: {table.text()}" for name, table in self.tables.items()
        )
        numbers = json.dumps(dict(self.numbers), ensure_ascii=False)
        text = f'{{"numbers": {numbers},\n"tables": {{\n{tables}\n}}}}\n'
        write_atomically(folder / FILE, text.encode())

    @classmethod
    def read(cls, folder: Path) -> Kept:
        """Return what `write` wrote.

        Raises:
            InputError: there is nothing.
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
    """Return a cell as a page shows it; a figure without ends stands alone."""
    if isinstance(cell, tuple):
        value, low, high = cell
        ends = "" if low is None or high is None else f" [{number(low)}, {number(high)}]"
        return number(value) + ends
    if isinstance(cell, str | int):
        return str(cell)
    return number(cell)


def _row(cells: list[Any]) -> tuple[Cell, ...]:
    return tuple(tuple(cell) if isinstance(cell, list) else cell for cell in cells)
