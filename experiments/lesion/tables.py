"""What the page of the lesion study says, and the tables that it keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.kit.kept import Cell, Kept, Table
from experiments.kit.page import Notes
from experiments.kit.results import write_rows
from experiments.lesion.figures import arms_figure, heat_figure, layer_name
from experiments.protocols.arms import ARMS
from experiments.protocols.lesions.lives import Floats, Scale
from experiments.protocols.lesions.numbers import Estimate, Pairs
from metahebb.analysis.probe_numbers import json_number

Row = dict[str, Any]

WORDS = {
    "hebbian": "a plasticity rule per synapse and random births; *static*: inherited weights that "
    "never change",
    "zeroed": "all weights are set to zero after {seconds:g} s of life; *frozen*: no weight "
    "changes from then on",
    "unharmed": "the same lives, births and worlds, without the lesion; walkers slow down by "
    "themselves",
    "speed after 5 s / before": "the speed over 2 s that begin 5 s after the lesion, by that over "
    "the 2 s before it",
    "survival": "the part of lives that reach the end",
    "4 folds": "runs that were trained on each leg shortened in turn; *1 fold*: on the shortened "
    "fourth leg",
}
SHOWN = """
![speed around the lesion](speed.png)

Bands are 95 % over runs and lives{alone}.

![a Hebbian and a static ant lose their weights](zeroed.gif)
"""
ONE_RUN = "; with one run ({arms}) a band is over the lives of that run alone"
HOW = """
{arms}

Each run's center lives {lives} fresh lives on the intact body. Lives that ended before the lesion
do not count; the dead have a speed of 0. A body whose outputs are all 0 stands, and survives.
Speeds are of walkers: lives that were faster than 0.1 m/s before. Figures are interquartile means
over lives, parts are means over lives, intervals 95 % of a bootstrap over runs and lives, spread
for the small number of runs (Student's t). An arm with one run has no interval.

The runs were evolved on the intact body, on one with a shortened leg, and on three with weak motors
in one of the other legs (protocol *weak* of the [damage study](../damage/README.md)).
"""
LESIONS = """
Per arm and lesion, with the loss at the dip and the time until 80 % of the speed is back:
[lesions.csv](lesions.csv), [measures.json](measures.json).

{rows}

![arms](arms.png)

![other lesions](other-lesions.png)

Gray areas: while the lesion lasts.
"""
CONTROLS = """
![frozen and zeroed](controls.png)

Part of walkers that have 80 % of their speed back, by the time since the lesion:

![part of walkers that have their speed back](recovery-time.png)
"""
WEIGHTS = """
The weights of the Hebbian one in six lives: born, walking, zeroed, back.

![weights over six lives](weights.png)
"""
HEAT = """
Hebbian arm, one fold: speed after / before, by the part of which layer was zeroed, and when.

{heat}

{cell_lives} lives of each of {cell_runs} run(s) in every cell.

![heat map](heat.png)
"""


def kept_of(scale: Scale, dt: float, cell_runs: int) -> Kept:
    """Return the numbers of the page; its tables are made from ``measures.json``.

    Args:
        scale: the number and length of lives.
        dt: the simulated time of an env step [s].
        cell_runs: the number of runs in each cell of the heat map.
    """
    numbers: dict[str, str | int | float] = {
        "lives": scale.lives,
        "seconds": scale.at * dt,
        "cell_lives": scale.cell_lives,
        "cell_runs": cell_runs,
    }
    return Kept(numbers)


def notes(folder: Path) -> Notes:
    """Return what the page says, from what ``folder`` keeps."""
    values, (rows, cells) = Kept.read(folder).numbers, measured_in(folder)
    arms = "\n".join(
        f"- *{arm}*: {ARMS[arm].what}" for arm in dict.fromkeys(r["arm"] for r in rows)
    )
    folded_parts = {
        "How it was measured": HOW.format(arms=arms, **values),
        "Where plasticity ends, and how soon speed is back": CONTROLS,
        "All lesions": LESIONS.format(rows=rows_table(rows).markdown()),
        "A part of the weights": HEAT.format(heat=heat_table(cells).markdown(), **values),
        "The weights around the lesion": WEIGHTS,
    }
    words = {word: meaning.format(**values) for word, meaning in WORDS.items()}
    alone = dict.fromkeys(row["arm"] for row in rows if row["runs"] == 1)
    said = ONE_RUN.format(arms=" and ".join(f"*{arm}*" for arm in alone)) if alone else ""
    return Notes(words, SHOWN.format(alone=said), folded_parts)


def draw(folder: Path) -> list[Path]:
    """Draw the figures that ``folder`` keeps the numbers of."""
    rows, cells = measured_in(folder)
    return [arms_figure(rows, folder / "arms.png"), heat_figure(cells, folder / "heat.png")]


def measured_in(folder: Path) -> tuple[list[Row], dict[str, Floats]]:
    """Return the rows of ``measures.json``, and its cells of the heat map."""
    kept = json.loads((folder / "measures.json").read_text(encoding="utf-8"))
    cells = {name: np.array(values, np.float64) for name, values in kept["heat"].items()}
    return kept["lesions"], cells


def rows_of(lived: Sequence[Pairs]) -> list[Row]:
    """Return a row per arm and lesion: its measures as ``[value, low, high]``, for JSON."""
    return [
        {
            "arm": pairs.arm,
            "lesion": pairs.lesion.what,
            "probes": list(pairs.lesion.probes),
            "folds": len(pairs.with_),
            "runs": len(pairs.with_) * len(pairs.seeds),
            "walkers": _triple(pairs.part("walks")),
            "before": _triple(pairs.iqm("before")),
            "loss": _triple(pairs.iqm("loss")),
            "time": [json_number(value) for value in pairs.time()],
            "soon": _triple(pairs.part("soon")),
            "soon_unharmed": _triple(pairs.part("soon", "without")),
            "back": _triple(pairs.iqm("back")),
            "back_unharmed": _triple(pairs.iqm("back", "without")),
            "survival": _triple(pairs.part("survival")),
            "survival_unharmed": _triple(pairs.part("survival", "without")),
        }
        for pairs in lived
    ]


_HEADS = {
    "walkers": "walkers",
    "before": "speed before [m/s]",
    "loss": "loss at the dip",
    "time": "time to 80 % [s]",
    "soon": "80 % back in 5 s",
    "soon_unharmed": "80 % back in 5 s, unharmed",
    "back": "speed after / before",
    "back_unharmed": "speed after / before, unharmed",
    "survival": "survival",
    "survival_unharmed": "survival, unharmed",
}
_SHOWN = ("back", "back_unharmed", "survival", "survival_unharmed")
"""Measures of the table on the page; all of them are in the CSV."""


def rows_table(rows: Sequence[Row]) -> Table:
    """Return the rows arm by arm within each lesion; an arm with one run has no intervals."""
    heads = ("lesion", "arm", "runs", *(_HEADS[name] for name in _SHOWN))
    return Table(heads, tuple(_cells(row) for row in _in_order(rows)))


def _cells(row: Row) -> tuple[Cell, ...]:
    figures: list[Cell] = []
    for name in _SHOWN:
        value, low, high = row[name]
        one = value is None or row["runs"] == 1
        figures.append((value, None, None) if one else (value, low, high))
    return (row["lesion"], row["arm"], row["runs"], *figures)


def _in_order(rows: Sequence[Row]) -> list[Row]:
    lesions = list(dict.fromkeys(row["lesion"] for row in rows))
    return sorted(rows, key=lambda row: lesions.index(row["lesion"]))  # a stable sort


def write_lesions(folder: Path) -> None:
    """Write ``lesions.csv``: every measure of ``measures.json``, with the ends of its interval."""
    rows, _ = measured_in(folder)
    heads = [f"{_HEADS[name]}{end}" for name in _HEADS for end in ("", ", low", ", high")]
    lines = [
        [row["lesion"], row["arm"], row["runs"], *(end for name in _HEADS for end in row[name])]
        for row in _in_order(rows)
    ]
    write_rows(folder / "lesions.csv", ("lesion", "arm", "runs", *heads), lines)


def heat_table(cells: Mapping[str, Floats]) -> Table:
    """Return the heat map as a table: a row per time and layer."""
    fractions = (f"{100 * f:g} %" for f in cells["fractions"])
    rows: list[tuple[Cell, ...]] = []
    for t, seconds in enumerate(cells["seconds"]):
        for number, layer in enumerate(cells["layers"]):
            values = [*cells["back"][t, number], cells["back_without"][t, number, 0]]
            shown = ("–" if np.isnan(v) else f"{v:z.2f}" for v in values)
            rows.append((f"{seconds:g}", layer_name(layer), *shown))
    return Table(("lesion at [s]", "layer", *fractions, "unharmed"), tuple(rows))


def _triple(estimate: Estimate) -> list[float | str | None]:
    return [json_number(value) for value in (estimate.value, *estimate.interval())]
