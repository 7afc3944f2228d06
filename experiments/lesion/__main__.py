"""Does a walker that loses all its weights mid-life get its walk back?

    python -m experiments.lesion smoke|quick|paper

Yes, if Hebbian centers have 0.95 of their speed back 5 simulated seconds after all weights were
set to zero and 95 % of the lives survive, and if it is plasticity that does it: the same networks
frozen at the lesion, and networks that inherit their weights, stay where they are. No, if they
stay, too, or if frozen ones get up again.

The runs are those of the robustness study, evolved here where they are missing: every arm under the
protocol ``weak`` with one leg seen shortened, the Hebbian arm with each leg in turn. Their centers
live on the intact body. Runs and lives that are done are not done again. ``smoke`` writes below
``runs/``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.kit.claims import answered
from experiments.kit.results import finish, write_study
from experiments.kit.running import Order, command
from experiments.lesion.answer import answer
from experiments.lesion.claims import claims_of
from experiments.lesion.lives import FOLD, Cells, cells_of, pairs_of, runs_of
from experiments.lesion.pictures import FILMED, draw_all, film
from experiments.lesion.tables import draw, kept_of, notes, rows_of, write_lesions
from experiments.protocols.lesions.lives import SCALES
from metahebb.analysis.probe import Conditions
from metahebb.probes import parse_probes
from metahebb.report.weights_figure import probe_weights_figure
from metahebb.runs.storage import write_json
from metahebb.tasks.locomotion.damage import INTACT

TITLE = "Does a walker that loses all its weights mid-life get its walk back?"


def main(order: Order) -> None:
    """Evolve and live what is missing, then write ``results/lesion``."""
    scale = SCALES[order.size]
    runs = runs_of(order)
    lived = {
        (p.arm, name): p for arm in runs for name, p in pairs_of(arm, runs, scale, order.where)
    }
    cells = cells_of(list(runs["hebbian"][FOLD].values()), scale, order.where)
    made_by = f"python -m experiments.lesion {order.size}"
    everyone = [run for folds in runs.values() for some in folds.values() for run in some.values()]
    rows = rows_of(list(lived.values()))
    claims = claims_of(lived, made_by)
    folder = write_study(
        "lesion",
        TITLE,
        answered(answer, claims),
        claims,
        everyone,
        kept=kept_of(scale, lived["hebbian", "zero"].dt, len(runs["hebbian"][FOLD])),
        size=order.size,
    )
    write_json(folder / "measures.json", {"lesions": rows, "heat": _listed(cells)})
    write_lesions(folder)
    draw(folder)
    draw_all(folder, lived)
    filmed = [(arm, next(iter(runs[arm][FOLD].values()))) for arm in FILMED if arm in runs]
    zero = lived["hebbian", "zero"]
    film(filmed, zero, scale, folder / "zeroed.gif")
    six = Conditions.of(filmed[0][1].load(), 6, scale.horizon, INTACT)
    probe_weights_figure(six, parse_probes(zero.lesion.probes), folder)
    finish(folder, notes(folder))
    print(folder)


def _listed(cells: Cells) -> dict[str, list[Any]]:
    """Return the cells for JSON, which has no NaN."""
    listed = {}
    for name, values in cells.items():
        held = values.astype(object)
        held[~np.isfinite(values)] = None
        listed[name] = held.tolist()
    return listed


if __name__ == "__main__":
    command("lesion", main)
