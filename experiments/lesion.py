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
    Scale,
    lesions_of,
    ways,
    zeroing,
)
from experiments.lesion_numbers import Estimate, Pairs, measures
from experiments.lesion_tables import NOTES, heat_table, rows_of, rows_table
from experiments.robustness import WEAKENED, Fold, all_runs
from experiments.running import Order, command
from experiments.study import Claim, write_study
from metahebb.analysis.probe import Conditions, seconds_per_step
from metahebb.analysis.statistics import nested_iqms
from metahebb.evolution.backends.where import Where
from metahebb.probes import parse_probes
from metahebb.probes.values import ALL
from metahebb.report.beside import film_beside
from metahebb.report.weights_figure import probe_weights_figure
from metahebb.runs.config import Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.storage import write_json
from metahebb.tasks import Locomotion
from metahebb.tasks.locomotion.damage import INTACT

TITLE = "Does a walker that loses all its weights mid-life get its walk back?"
FOLD = WEAKENED[3]
"""That every arm is evolved on."""
FILMED = ("hebbian", "static")
Runs = dict[str, dict[Fold, dict[int, RunFolder]]]
"""By arm, fold and seed; `FOLD` is the first fold, and all folds of an arm have the same seeds."""
Cells = dict[str, Floats]


def main(order: Order) -> None:
    """Evolve and live what is missing, then write ``results/lesion``."""
    scale = SCALES[order.size]
    runs = _runs(order)
    lived = {(p.arm, name): p for arm in runs for name, p in _pairs(arm, runs, scale, order.where)}
    cells = _cells(list(runs["hebbian"][FOLD].values()), scale, order.where)
    made_by = f"python -m experiments.lesion {order.size}"
    everyone = [run for folds in runs.values() for some in folds.values() for run in some.values()]
    rows = rows_of(list(lived.values()))
    notes = NOTES.format(
        lives=scale.lives,
        seconds=scale.at * lived["hebbian", "zero"].dt,
        rows=rows_table(rows),
        heat=heat_table(cells, scale.cell_lives, len(runs["hebbian"][FOLD])),
    )
    claims = _claims(lived, made_by)
    folder = write_study("lesion", TITLE, claims, everyone, notes, order.size)
    write_json(folder / "measures.json", {"lesions": rows, "heat": _listed(cells)})
    _figures(folder, lived, cells)
    filmed = [(arm, next(iter(runs[arm][FOLD].values()))) for arm in FILMED if arm in runs]
    zero = lived["hebbian", "zero"]
    _film(filmed, zero, scale, folder / "zeroed.gif")
    six = Conditions.of(filmed[0][1].load(), 6, scale.horizon, INTACT)
    probe_weights_figure(six, parse_probes(zero.lesion.probes), folder)
    print(folder)


def _runs(order: Order) -> Runs:
    """Return the runs of the robustness study that are asked: the Hebbian arm's on every leg."""
    found: Runs = {}
    for (arm, fold, seed), run in all_runs(order)[1].items():
        if fold == FOLD or (arm == "hebbian" and fold.protocol == FOLD.protocol):
            found.setdefault(arm, {}).setdefault(fold, {})[seed] = run
    return {arm: {FOLD: folds.pop(FOLD), **folds} for arm, folds in found.items()}


def _pairs(arm: str, runs: Runs, scale: Scale, where: Where) -> list[tuple[str, Pairs]]:
    """Return the arm's lives with each lesion, by its name; only ``zero`` is done on all folds."""
    own = ARMS[arm].probes

    def lived(folds: list[Fold], probes: tuple[str, ...]) -> Floats:
        return np.array(
            [
                [
                    ways(run, (*own, *probes), scale.lives, scale.horizon, where)
                    for run in some.values()
                ]
                for some in (runs[arm][fold] for fold in folds)
            ]
        )

    folds = list(runs[arm])
    without = lived(folds, ())
    seeds = tuple(runs[arm][FOLD])
    dt = seconds_per_step(runs[arm][FOLD][seeds[0]].config.task)
    assert dt is not None  # locomotion
    found = []
    for name, lesion in lesions_of(arm, FOLD, scale.at).items():
        some = folds if name == "zero" else folds[:1]
        with_ = lived(some, lesion.probes)
        found.append((name, Pairs(arm, lesion, seeds, dt, with_, without[: len(some)])))
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


def _claims(lived: dict[tuple[str, str], Pairs], made_by: str) -> list[Claim]:
    def claim(name: str, found: Estimate, seeds: tuple[int, ...], goal: str | None = None) -> Claim:
        value, low, high = (
            float(v) if np.isfinite(v) else None for v in (found.value, *found.interval())
        )
        return Claim(name, value, low, high, goal, seeds, made_by)

    claims = []
    arms = list(dict.fromkeys(arm for arm, _ in lived))
    for arm in arms:
        zero = lived[arm, "zero"]
        who = f"{arm}, {len(zero.with_)} fold(s)"
        goal = ">= 0.95" if arm == "hebbian" else None
        back, unharmed = zero.iqm("back"), zero.iqm("back", "without")
        speed = zero.iqm("after") - zero.iqm("after", "without")
        alive = zero.part("survival") - zero.part("survival", "without")
        for what, found, aim in (
            ("all weights zeroed: speed after 5 s / before", back, goal),
            ("the same lives unharmed: speed after 5 s / before", unharmed, None),
            ("all weights zeroed − unharmed: speed after 5 s / before", back - unharmed, None),
            ("all weights zeroed: walkers with 80 % of the speed in 5 s", zero.part("soon"), None),
            ("the same lives unharmed: likewise", zero.part("soon", "without"), None),
            ("all weights zeroed − unharmed: speed after 5 s [m/s]", speed, None),
            ("all weights zeroed: survival", zero.part("survival"), goal),
            ("all weights zeroed − unharmed: survival", alive, None),
        ):
            claims.append(claim(f"{who}, {what}", found, zero.seeds, aim))
    for arm in arms:
        if arm != "hebbian":
            other, hebbian = lived[arm, "zero"], lived["hebbian", "zero"]
            seeds = tuple(seed for seed in hebbian.seeds if seed in other.seeds)
            # Run i of both arms has the same seed: the same births and worlds, drawn together.
            one, two = hebbian.only(seeds), other.only(seeds)
            name, back = f"hebbian − {arm}, 1 fold", one.iqm("back") - two.iqm("back")
            alive = one.part("survival") - two.part("survival")
            claims += [
                claim(f"{name}, all weights zeroed: speed after 5 s / before", back, seeds),
                claim(f"{name}, all weights zeroed: survival", alive, seeds),
            ]
    for name in CONTROLS:
        pairs = lived["hebbian", name]
        what = f"hebbian, 1 fold, {pairs.lesion.what}: speed after 5 s / before"
        back = pairs.iqm("back")
        claims.append(claim(what, back, pairs.seeds))
        gap = lived["hebbian", "zero"].only().iqm("back") - back
        what = f"hebbian, 1 fold, all weights zeroed − {pairs.lesion.what}: likewise"
        claims.append(claim(what, gap, pairs.seeds))
    return claims


def _figures(folder: Path, lived: dict[tuple[str, str], Pairs], cells: Cells) -> None:
    arms = list(dict.fromkeys(arm for arm, _ in lived))
    zeroed = [lived[arm, "zero"] for arm in arms]
    speed_figure([(p.arm, [p]) for p in zeroed], folder / "speed.png")
    time_figure(zeroed, folder / "recovery-time.png")
    heat_figure(cells, folder / "heat.png")
    controls = [lived["hebbian", name].only() for name in ("zero", *CONTROLS)]
    speed_figure([(p.lesion.what, [p]) for p in controls], folder / "controls.png")
    lesions = [
        [lived[arm, name].only() for arm in arms if (arm, name) in lived]
        for name in dict.fromkeys(name for _, name in lived)
        if name not in CONTROLS
    ]
    arms_figure(lesions, folder / "arms.png")
    two = [[pairs for pairs in some if pairs.arm in FILMED] for some in lesions[1:]]
    speed_figure([(some[0].lesion.what, some) for some in two], folder / "other-lesions.png")


def _typical(pairs: Pairs) -> int:
    """Return the number of the first run's life that got a median way after the lesion."""
    x, at = pairs.with_[0, 0], pairs.lesion.at
    way = np.where(np.isfinite(x[:, -1]), x[:, -1] - x[:, at], -np.inf)
    return int(np.argsort(way, kind="stable")[len(way) // 2])


def _film(filmed: list[tuple[str, RunFolder]], pairs: Pairs, scale: Scale, out: Path) -> None:
    """Film, side by side, a life of each center with the lesion; a typical one of the first's."""
    runs = []
    for arm, run in filmed:
        assert isinstance(run.config.task, Locomotion)
        config = dataclasses.replace(
            run.config,
            task=dataclasses.replace(run.config.task, damages=(INTACT,)),
            schedule=(Stage(0, scale.horizon, (INTACT,)),),
        )
        runs.append((arm, RunFolder(run.path, config)))
    probes = parse_probes(pairs.lesion.probes)
    film_beside(runs, out, life=_typical(pairs), probes=probes, frames=scale.frames)


if __name__ == "__main__":
    command("lesion", main)
