"""Tune a search: try a small grid of settings, each in a short run, and say which did best."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metahebb.analysis.tuning import (
    GRID,
    SEED,
    Budget,
    Setting,
    budget_of,
    check_tunable,
    own_setting,
    score_name,
    scored,
    short_config,
    trial_config,
    tuned,
)
from metahebb.api.evolving import Shown, evolved
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.notes import show
from metahebb.paths import absolute, leave_removed_folder
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.seeds import is_seeds_folder
from metahebb.runs.storage import write_atomically, write_json

LIVES = 32
"""Fresh lives per body that score a run."""


@dataclass(frozen=True)
class Tuned:
    """What a tuning has come to.

    Attributes:
        path: the folder with a run per setting, ``tuning.json`` and ``tuning.csv``.
        budget: that was stated before it began.
        score: name of the number that scores a run.
        scores: of the settings, the best first: ``setting``, ``own`` (whether it is the config's
            own setting), ``mean`` over lives, and ``low`` and ``high`` of its interval over lives.
        best: the setting with the highest mean.
    """

    path: Path
    budget: Budget
    score: str
    scores: tuple[dict[str, Any], ...]
    best: Setting

    @property
    def flags(self) -> str:
        """The flags of ``metahebb evolve`` that choose the best setting."""
        return self.best.flags

    def __str__(self) -> str:
        """Return the table of scores as text."""
        from metahebb.report.several_table import tuning_rows
        from metahebb.report.table import text_table

        return text_table(tuning_rows(self.scores, self.score))


def tuned_search(
    config: RunConfig,
    generations: int,
    path: Path,
    where: Where,
    *,
    lives: int = LIVES,
    grid: Sequence[Setting] = GRID,
    quiet: bool = False,
) -> Tuned:
    """Try each setting of ``grid``, and the config's own, in a short run; the same call goes on.

    A run that is finished is taken as it is, and so is its score.

    Args:
        config: to be tuned; its seed and its setting do not count.
        generations: of each run.
        path: of the folder of the runs.
        where: lives are lived.
        lives: per body of the run, to score its last center.
        grid: what is tried.
        quiet: show no budget and no progress.

    Raises:
        InputError: the search has no use for the grid, ``path`` holds something else, or runs of
            another config; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    check_tunable(config, lives)
    own = own_setting(config)
    grid = grid if own in grid else (*grid, own)
    config = short_config(config, generations)
    path = absolute(path)
    done = _done(path, config, grid)
    where.prepare()
    leave_removed_folder()
    budget = budget_of(config, grid, lives, where)
    if not quiet:
        show(f"budget: {budget}" + (f"; {done} of the runs are done" if done else ""))
    results: dict[str, dict[str, Any]] = {}

    def make(run_path: Path, run_config: RunConfig) -> RunFolder:
        if not quiet:
            show(f"setting {len(results) + 1} of {len(grid)}: {run_path.name}")
        return evolved(run_config, run_path, where, Shown(quiet, False, False), resume=True)

    def score(run: RunFolder) -> float:
        from metahebb.analysis.over_runs import evaluated

        result = scored(evaluated(run, where, lives), score_name(config.task))
        results[run.path.name] = result
        return result["mean"] or 0.0

    ranked = tuned(path, config, grid, make, score)
    scores = tuple(
        {"setting": _numbers(setting), "own": setting == own, **results[str(setting)]}
        for setting, _ in ranked
    )
    tuning = Tuned(path, budget, _heading(config), scores, ranked[0][0])
    _write(tuning)
    return tuning


def _done(path: Path, config: RunConfig, grid: Sequence[Setting]) -> int:
    """Return how many runs are finished.

    Raises:
        InputError: ``path`` cannot be the folder of this tuning.
    """
    if RunFolder.is_there(path) or is_seeds_folder(path) or (path.exists() and not path.is_dir()):
        raise InputError(
            f"expected a new folder, or that of an earlier tuning, got {path}, which is something "
            "else; choose another --out"
        )
    done = 0
    for setting in grid:
        run_path, run_config = path / str(setting), trial_config(config, setting)
        if RunFolder.is_there(run_path):
            run = RunFolder.open(run_path)
            run.check_same(run_config)
            done += run.is_finished(run_config.generations)
        else:
            RunFolder.check_free(run_path)
    return done


def _numbers(setting: Setting) -> dict[str, float]:
    return {
        "stdev": setting.stdev,
        "learning_rate": setting.learning_rate,
        "initial_stdev": setting.initial_stdev,
    }


def _heading(config: RunConfig) -> str:
    name = score_name(config.task)
    units = {measure.name: measure.unit for measure in config.task.measures}
    unit = units.get(name, config.task.return_unit)
    return f"{name} [{unit}]" if unit else name


def _write(tuning: Tuned) -> None:
    """Write the scores beside the runs.

    Raises:
        StorageError: a file could not be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["stdev", "learning_rate", "initial_stdev", tuning.score, "low", "high"])
    for score in tuning.scores:
        ends = (score[part] for part in ("mean", "low", "high"))
        writer.writerow([*score["setting"].values(), *ends])
    write_atomically(tuning.path / "tuning.csv", text.getvalue().encode())
    data = {"budget": dataclasses.asdict(tuning.budget), "seed": SEED, "score": tuning.score}
    data |= {"scores": list(tuning.scores), "flags": tuning.flags}
    write_json(tuning.path / "tuning.json", data)
