"""The notes on the page of the study ``delay``, and the tables that the study keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.delay.runs import ARMS, Pairs
from experiments.kit.kept import Cell, Kept, Table
from experiments.kit.page import Notes
from experiments.kit.results import write_rows

WORDS = {
    "synchronous": "every generation is sampled around the center that all generations before it "
    "have made",
    "delayed": "it is sampled before the update by the last of them (`--search.delay 1`)",
    "reversal, ant-quick": "two presets: a small task with a hidden sign, best return 1, and the "
    "ant, whose return is the distance in metres",
    "area under the learning curve": "the mean of the center's return over all generations",
}
SHOWN = """
![learning curves](delay.png)

Thin lines are runs, thick ones means over seeds. Per run: [runs.csv](runs.csv).
"""
HOW = """
{worlds}

All but the delay is equal, learning rate and stdev among it, which are those of the preset: neither
arm was tuned. Both arms of a seed begin with the same center, and live as many lives. Seeds count
where both arms are finished.

The learning curve is the return of {center_lives} fresh lives of the unperturbed center by the
number of updates that made it; the return after the last generation is that of the fresh lives in
the table, in the task's first body. Life i of a seed has the same birth and world in both arms.

All intervals are 95 %, resample seeds (both arms of a seed together) and, within each, lives, and
are spread for the small number of seeds (Student's t). What a delay saves is not measured here: it
depends on how long workers would have waited.
"""


def kept_of(worlds: Sequence[Pairs]) -> Kept:
    """Return the numbers and the table of the page."""
    (lives,) = {run.config.center_lives for pairs in worlds for run in pairs.everything}
    return Kept({"center_lives": lives}, {"worlds": worlds_table(worlds)})


def notes(folder: Path) -> Notes:
    """Return the notes of the page, made from the files in ``folder``."""
    kept = Kept.read(folder)
    values = {**kept.numbers, "worlds": kept.tables["worlds"].markdown()}
    return Notes(WORDS, SHOWN, {"How the arms were compared": HOW.format(**values)})


def worlds_table(worlds: Sequence[Pairs]) -> Table:
    """Return a table with a row per preset: its seeds, search and number of lives."""
    heads = ("preset", "seeds", "popsize", "generations", "search", "learning rate", "stdev")
    rows: list[tuple[Cell, ...]] = []
    for pairs in worlds:
        search = pairs.everything[0].config.search
        n_seeds = f"{len(pairs.seeds)} of {len(pairs.part.seeds)}"
        row = (
            *(pairs.part.preset, n_seeds, search.popsize, pairs.generations),
            *(search.algorithm, search.learning_rate, search.stdev, pairs.part.lives),
        )
        rows.append(tuple(map(str, row)))
    return Table((*heads, "fresh lives"), tuple(rows))


def write_runs(folder: Path, worlds: Sequence[Pairs]) -> None:
    """Write ``runs.csv``: the mean return of each run's last center, and of its learning curve."""
    rows = [
        [pairs.part.preset, arm, seed, returns.size, f"{returns.mean():.3f}", f"{way.mean():.3f}"]
        for pairs in worlds
        for arm in ARMS
        for seed, returns, way in zip(
            pairs.seeds, pairs.returns[arm], pairs.curves[arm], strict=True
        )
    ]
    heads = ("preset", "arm", "seed", "lives", "return", "learning_curve")
    write_rows(folder / "runs.csv", heads, rows)
