"""Tables of the lesion study, and what its README says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.protocols.lesions.lives import Floats
from experiments.protocols.lesions.numbers import Estimate, Pairs
from metahebb.analysis.probe_numbers import json_number

Row = dict[str, Any]

NOTES = """
Each run's center lives {lives} fresh lives on the intact body; the lesion comes after
{seconds:g} s. The same lives, births and worlds, are lived without it. Lives that ended before the
lesion do not count; the dead have a speed of 0. A body whose outputs are all 0 stands, and
survives. Speed after / before: mean over the 2 s that begin 5 s after the lesion's end, by the mean
over the 2 s before it, per life, for walkers: lives that were faster than 0.1 m/s before. Loss at
the dip and time until 80 % of the speed is back are of windows of 2 s, too. Figures are
interquartile means over lives, parts are means over lives, intervals 95 % of a bootstrap over runs
and lives, spread for the small number of runs (Student's t); that of the time is over lives within
the runs, and *never* stands where more than a quarter of the lives never reach it. Unharmed: the
same figure of the same lives without the lesion, for walkers slow down by themselves.

The runs were evolved on the intact body, on one with a shortened leg, and on three with weak motors
in one of the other legs (protocol *weak* of the study damage).

![speed around the lesion](speed.png)

![part of walkers that have their speed back](recovery-time.png)

![frozen and zeroed](controls.png)

![a Hebbian and a static ant lose their weights](zeroed.gif)

The weights of the Hebbian one in six lives: born, walking, zeroed, back.

![weights over six lives](weights.png)

## All lesions

{rows}

![arms](arms.png)

![other lesions](other-lesions.png)

## A part of the weights

Hebbian arm, one fold: speed after / before, by the part of which layer was zeroed, and when.

{heat}

![heat map](heat.png)
"""


def rows_of(lived: Sequence[Pairs]) -> list[Row]:
    """Return a row per arm and lesion: its measures as ``[value, low, high]``, for JSON."""
    return [
        {
            "arm": pairs.arm,
            "lesion": pairs.lesion.what,
            "probes": list(pairs.lesion.probes),
            "folds": len(pairs.with_),
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
    "soon_unharmed": "unharmed",
    "back": "speed after / before",
    "back_unharmed": "unharmed",
    "survival": "survival",
    "survival_unharmed": "unharmed",
}


def rows_table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, arm by arm within each lesion."""
    lines = [
        f"| lesion | arm | folds | {' | '.join(_HEADS.values())} |",
        "|---" * (len(_HEADS) + 3) + "|",
    ]
    for lesion in dict.fromkeys(row["lesion"] for row in rows):
        for row in rows:
            if row["lesion"] == lesion:
                cells = [lesion, row["arm"], str(row["folds"])]
                cells += [_cell(row[name]) for name in _HEADS]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def heat_table(cells: Mapping[str, Floats], lives: int, runs: int) -> str:
    """Return the heat map as Markdown: a row per time and layer."""
    lines = [
        f"| lesion at [s] | layer | {' | '.join(f'{100 * f:g} %' for f in cells['fractions'])} "
        f"| unharmed |",
        "|---" * (len(cells["fractions"]) + 3) + "|",
    ]
    for t, seconds in enumerate(cells["seconds"]):
        for number, layer in enumerate(cells["layers"]):
            values = [*cells["back"][t, number], cells["back_without"][t, number, 0]]
            shown = " | ".join("–" if np.isnan(v) else f"{v:z.2f}" for v in values)
            lines.append(f"| {seconds:g} | {layer_name(layer)} | {shown} |")
    return "\n".join([*lines, "", f"{lives} lives of each of {runs} run(s) in every cell."])


def layer_name(layer: float) -> str:
    """Return the layer's number, or that it is all of them."""
    return f"{layer:g}" if layer > 0 else "all"


def _triple(estimate: Estimate) -> list[float | str | None]:
    return [json_number(value) for value in (estimate.value, *estimate.interval())]


def _cell(triple: Sequence[float | str | None]) -> str:
    if triple[0] is None:
        return "–"
    value, low, high = (
        v if isinstance(v, str) else "–" if v is None else f"{v:z.2f}" for v in triple
    )
    return f"{value} [{low}, {high}]"
