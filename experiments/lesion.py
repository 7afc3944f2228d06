"""Does a walker that loses all its weights mid-life get its walk back?

    python -m experiments.lesion smoke|quick|paper

Yes, if Hebbian centers have 0.95 of their speed back 5 simulated seconds after all weights were
set to zero and 95 % of the lives survive, and if it is plasticity that does it: the same networks
frozen at the lesion, and networks that inherit their weights, stay where they are. No, if they
stay, too, or if frozen ones get up again.

The runs are those of the robustness study, evolved here where they are missing: every arm on the
intact ant and one shortened leg, the Hebbian arm on each leg in turn. Their centers live on the
intact body. Runs and lives that are done are not done again. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from experiments.arms import ARMS
from experiments.lesion_figures import (
    arms_figure,
    heat_figure,
    speed_figure,
    time_figure,
)
from experiments.lesion_lives import (
    CONTROLS,
    SCALES,
    Floats,
    Lesion,
    Scale,
    lesions_of,
    ways,
    zeroing,
)
from experiments.lesion_numbers import Estimate, Pairs, measures
from experiments.lesion_tables import NOTES, heat_table, rows_of, rows_table
from experiments.robustness import BUDGETS, ONE, Fold, run_of, tune
from experiments.running import RUNS, Order, command
from experiments.study import RESULTS, Claim, write_study
from metahebb.commands.backend import Where
from metahebb.probes.values import ALL
from metahebb.report.film import film
from metahebb.runs.config import Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.probe import seconds_per_step
from metahebb.runs.statistics import nested_iqms
from metahebb.runs.storage import write_json
from metahebb.tasks import Locomotion
from metahebb.tasks.damage import INTACT

TITLE = "Does a walker that loses all its weights mid-life get its walk back?"
FOLD = ONE[3]
"""That every arm is evolved on."""
Runs = dict[str, dict[Fold, list[RunFolder]]]
Cells = dict[str, Floats]


def main(order: Order) -> None:
    """Evolve and live what is missing, then write ``results/lesion``."""
    scale = SCALES[order.size]
    runs = _runs(order)
    lived = {(p.arm, name): p for arm in runs for name, p in _pairs(arm, runs, scale, order.where)}
    cells = _cells(runs["hebbian"][FOLD], scale, order.where)
    made_by = f"python -m experiments.lesion {order.size}"
    everyone = [run for folds in runs.values() for some in folds.values() for run in some]
    into = RUNS / "lesion-smoke" / "results" if order.size == "smoke" else RESULTS
    rows = rows_of(list(lived.values()))
    notes = NOTES.format(
        lives=scale.lives,
        rows=rows_table(rows),
        heat=heat_table(cells, scale.cell_lives, len(BUDGETS[order.size].seeds)),
    )
    claims = _claims(lived, BUDGETS[order.size].seeds, made_by)
    folder = write_study("lesion", TITLE, claims, everyone, notes, into)
    write_json(folder / "measures.json", {"lesions": rows, "heat": _listed(cells)})
    _figures(folder, lived, cells)
    for arm in ("hebbian", "static"):
        pairs, run = lived[arm, "zero"], runs[arm][FOLD][0]
        _film(run, pairs.lesion, _typical(pairs), scale, folder / f"zeroed-{arm}.gif")
    print(folder)


def _runs(order: Order) -> Runs:
    """Return the runs by arm and fold, in the order of seeds; `FOLD` is the first fold."""
    settings = {arm: tune(order.size, arm, order.where)[0][0] for arm in ARMS}
    budget = BUDGETS[order.size]
    more = [fold for fold in budget.folds if fold.protocol == "one" and fold != FOLD]
    return {
        arm: {
            fold: [
                run_of(order.size, arm, fold, seed, setting, order.where) for seed in budget.seeds
            ]
            for fold in (FOLD, *(more if arm == "hebbian" else ()))
        }
        for arm, setting in settings.items()
    }


def _pairs(arm: str, runs: Runs, scale: Scale, where: Where) -> list[tuple[str, Pairs]]:
    """Return the arm's lives with each lesion, by its name; only ``zero`` is done on all folds."""
    own = ARMS[arm].probes

    def lived(folds: list[Fold], probes: tuple[str, ...]) -> Floats:
        return np.array(
            [
                [ways(run, (*own, *probes), scale.lives, scale.horizon, where) for run in some]
                for some in (runs[arm][fold] for fold in folds)
            ]
        )

    folds = list(runs[arm])
    without = lived(folds, ())
    dt = seconds_per_step(runs[arm][FOLD][0].config.task)
    assert dt is not None  # locomotion
    found = []
    for name, lesion in lesions_of(arm, FOLD, scale.at).items():
        some = folds if name == "zero" else folds[:1]
        with_ = lived(some, lesion.probes)
        found.append((name, Pairs(arm, lesion, dt, with_, without[: len(some)])))
    return found


def _cells(runs: list[RunFolder], scale: Scale, where: Where) -> Cells:
    """Return what is left after zeroing a part, ``(n_times, n_layers, n_fractions)`` each.

    ``back`` and ``survival`` as in `Measures`, with ``back_without`` of the same lives without a
    lesion; ``seconds``, ``layers`` (-1: all of them) and ``fractions`` are the axes.
    """
    task, network = runs[0].config.task, runs[0].config.network
    count = len(network.layers(task.n_observations, task.n_outputs))
    layers = [*range(1, count + 1), ALL]
    dt = seconds_per_step(task)
    assert dt is not None  # locomotion

    def lived(probes: tuple[str, ...]) -> Floats:
        return np.array([[ways(r, probes, scale.cell_lives, scale.horizon, where) for r in runs]])

    shape = (len(scale.times), len(layers), len(scale.fractions))
    back, survival, back_without = np.empty(shape), np.empty(shape), np.empty(shape)
    without = lived(())
    for cell in np.ndindex(shape):
        at, layer, fraction = (
            axis[i] for axis, i in zip((scale.times, layers, scale.fractions), cell, strict=True)
        )
        lesion = zeroing(float(fraction), int(layer), int(at))
        found = measures(lived(lesion.probes), lesion, dt)
        back[cell] = nested_iqms(found.back, 1)[0]
        back_without[cell] = nested_iqms(measures(without, lesion, dt).back, 1)[0]
        alive = found.survival[np.isfinite(found.survival)]
        survival[cell] = alive.mean() if alive.size else np.nan
    return {
        "back": back,
        "survival": survival,
        "back_without": back_without,
        "seconds": np.array(scale.times) * dt,
        "layers": np.array(layers, np.float64),
        "fractions": np.array(scale.fractions),
    }


def _listed(cells: Cells) -> dict[str, list[Any]]:
    """Return the cells for JSON, which has no NaN."""
    listed = {}
    for name, values in cells.items():
        held = values.astype(object)
        held[~np.isfinite(values)] = None
        listed[name] = held.tolist()
    return listed


def _claims(
    lived: dict[tuple[str, str], Pairs], seeds: tuple[int, ...], made_by: str
) -> list[Claim]:
    def claim(name: str, found: Estimate, goal: str | None = None) -> Claim:
        value, low, high = (
            float(v) if np.isfinite(v) else None for v in (found.value, *found.interval())
        )
        return Claim(name, value, low, high, goal, seeds, made_by)

    claims = []
    for arm in ARMS:
        zero = lived[arm, "zero"]
        folds = f", {len(zero.with_)} folds" if len(zero.with_) > 1 else ""
        name, is_asked = f"{arm}{folds}, all weights zeroed", arm == "hebbian"
        goal = ">= 0.95" if is_asked else None
        back, unharmed = zero.iqm("back"), zero.iqm("back", "without")
        claims += [
            claim(f"{name}: speed after 5 s / before", back, goal),
            claim(f"{arm}{folds}, the same lives unharmed: speed 5 s later / before", unharmed),
            claim(f"{name}: the first quotient − the second", back - unharmed),
            claim(f"{name}: walkers with 80 % of the speed back in 5 s", zero.recovered(5.0)),
            claim(f"{name}: survival", zero.part("survival"), goal),
        ]
    hebbian = lived["hebbian", "zero"].first_fold()
    for arm in ARMS:
        if arm != "hebbian":
            other = lived[arm, "zero"]
            back = hebbian.iqm("back") - other.iqm("back")
            survival = hebbian.part("survival") - other.part("survival")
            claims += [
                claim(f"hebbian − {arm}, all weights zeroed: speed after 5 s / before", back),
                claim(f"hebbian − {arm}, all weights zeroed: survival", survival),
            ]
    for name in CONTROLS:
        pairs = lived["hebbian", name]
        what = f"hebbian, {pairs.lesion.what}: speed after 5 s / before"
        claims.append(claim(what, pairs.iqm("back")))
    return claims


def _figures(folder: Path, lived: dict[tuple[str, str], Pairs], cells: Cells) -> None:
    zeroed = [lived[arm, "zero"] for arm in ARMS]
    speed_figure([(p.arm, [p]) for p in zeroed], folder / "speed.png")
    controls = [lived["hebbian", name] for name in ("zero", *CONTROLS)]
    speed_figure([(p.lesion.what, [p.first_fold()]) for p in controls], folder / "controls.png")
    others = [n for arm, n in lived if arm == "hebbian" and n not in ("zero", *CONTROLS)]
    panels = [
        (
            lived["hebbian", name].lesion.what,
            [lived[arm, name] for arm in ("hebbian", "static")],
        )
        for name in others
    ]
    speed_figure(panels, folder / "other-lesions.png")
    arms_figure(
        [
            [lived[arm, n].first_fold() for arm in ARMS if (arm, n) in lived]
            for n in ("zero", *others)
        ],
        folder / "arms.png",
    )
    time_figure(zeroed, folder / "recovery-time.png")
    heat_figure(cells, folder / "heat.png")


def _typical(pairs: Pairs) -> int:
    """Return the number of the first run's life that got a median way after the lesion."""
    x, at = pairs.with_[0, 0], pairs.lesion.at
    way = np.where(np.isfinite(x[:, -1]), x[:, -1] - x[:, at], -np.inf)
    return int(np.argsort(way, kind="stable")[len(way) // 2])


def _film(run: RunFolder, lesion: Lesion, life: int, scale: Scale, out: Path) -> None:
    """Film a life of the run's center with the lesion, on the intact body."""
    assert isinstance(run.config.task, Locomotion)
    config = dataclasses.replace(
        run.config,
        task=dataclasses.replace(run.config.task, damages=(INTACT,)),
        schedule=(Stage(0, scale.horizon, (INTACT,)),),
        probes=lesion.probes,
    )
    film(RunFolder(run.path, config), out, life=life, frames=scale.frames)


if __name__ == "__main__":
    command("lesion", main)
