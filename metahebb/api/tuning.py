"""Tune a search: try a small grid of settings, each in a short run, and say which did best."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from metahebb.analysis.tuning import (
    GRID,
    INITIAL_STDEVS,
    LEARNING_RATES,
    SEED,
    STDEVS,
    Pair,
    Setting,
    budget_of,
    check_tunable,
    fourth_of,
    half_fraction,
    own_setting,
    score_name,
    scored,
    short_config,
    trial_config,
    tuned,
)
from metahebb.api.evolving import Shown, evolved
from metahebb.api.front import check_whole, front
from metahebb.api.results import Result
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.notes import show, tell
from metahebb.paths import absolute, leave_removed_folder, shown
from metahebb.report.several_table import tuning_note, tuning_rows
from metahebb.report.table import text_table
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_config
from metahebb.runs.seeds import is_seeds_folder
from metahebb.runs.storage import slug, write_atomically, write_json
from metahebb.settings.keywords import config_from
from metahebb.tasks.gym.envs import short

LIVES = 32
"""Fresh lives per body that score a run."""


class Tuning(Result):
    """What a tuning has come to, shown as the table of its scores and what they tell apart.

    It holds what ``tuning.json`` holds: ``budget``, ``seed``, ``score`` (the name of the number
    that scores a run), ``scores`` (the best first: ``setting``, ``own``, ``mean``, ``low`` and
    ``high`` over the lives of the run) and ``flags``, those of ``metahebb evolve``.

    Attributes:
        path: the folder with a run per setting, ``tuning.json`` and ``tuning.csv``.
        best: the setting with the highest mean.
    """

    def __init__(self, numbers: Mapping[str, Any], path: Path, best: Setting) -> None:
        """Keep the numbers, where they are written, and the best setting."""
        rows = tuning_rows(numbers["scores"], numbers["score"])
        super().__init__(numbers, f"{text_table(rows)}\n\n{tuning_note(numbers['scores'])}")
        self.path = path
        self.best = best

    @property
    def settings(self) -> dict[str, float]:
        """The best setting as arguments: ``metahebb.evolve("ant-quick", **tuning.settings)``."""
        return {f"search__{name}": value for name, value in _numbers(self.best).items()}


@front
def tune(
    what: str | RunConfig | None = None,
    *,
    generations: int | None = None,
    lives: int = LIVES,
    out: Path | str | None = None,
    stdevs: Pair = STDEVS,
    learning_rates: Pair = LEARNING_RATES,
    initial_stdevs: Pair = INITIAL_STDEVS,
    quiet: bool = False,
    workers: int = 0,
    threads: int = 0,
    lanes: int = 16,
    address: str | None = None,
    **settings: object,
) -> Tuning:
    """Try settings of a search in short runs of the seed 1000, and say which did best.

    The budget is shown before it begins. Four of the eight settings of two values each are tried
    (each pair of values once), and the preset's own setting. The same call goes on where it was
    stopped, and takes finished runs as they are.

    Args:
        what: a preset's name or a config, as for `metahebb.evolve`.
        generations: number of generations of each run; None: a fourth of the preset's.
        lives: fresh ones per body that score the last center of a run.
        out: the folder of the runs; None: ``runs/tune-PRESET``.
        stdevs: the two values of ``search__stdev`` to try.
        learning_rates: the two values of ``search__learning_rate``.
        initial_stdevs: the two values of ``search__initial_stdev``.
        quiet: show no budget and no progress.
        workers: Ray workers; 0: threads of this process.
        threads: 0: one per core.
        lanes: lives at a time per thread or worker.
        address: address of a Ray cluster to join.
        settings: all else that decides the numbers, as for `metahebb.evolve`.

    Raises:
        InputError: a setting is wrong, or the folder holds something else; nothing is written then.
    """
    check_whole(generations=generations, lives=lives, workers=workers, threads=threads, lanes=lanes)
    if "seed" in settings:
        raise InputError("expected no seed, got one; all runs that tune have the seed 1000")
    grid = half_fraction(
        _pair("stdevs", stdevs),
        _pair("learning_rates", learning_rates),
        _pair("initial_stdevs", initial_stdevs),
    )
    folder = Path("runs") if out is None else Path(out).parent
    name, config = config_from(what, settings, folder)
    return tuned_search(
        config,
        generations or fourth_of(config),
        Path(out or default_tuning_path(slug([short(name)]))),
        Where(workers, threads, lanes, address),
        lives=lives,
        grid=grid,
        quiet=quiet,
    )


def _pair(name: str, given: object) -> Pair:
    """Return two numbers to try.

    Raises:
        InputError: ``given`` is something else.
    """
    if isinstance(given, (list, tuple)) and len(given) == 2:
        low, high = given
        if all(isinstance(each, Real) for each in given):
            return float(low), float(high)
    raise InputError(
        f"expected two numbers as {name}, got {given!r}; write for example {name}=(0.05, 0.1)"
    )


def default_tuning_path(name: str) -> Path:
    """Return where runs that tune go that nobody has named a folder for: ``runs/tune-NAME``."""
    return Path("runs") / f"tune-{name}"


def tuned_search(
    config: RunConfig,
    generations: int,
    path: Path,
    where: Where,
    *,
    lives: int = LIVES,
    grid: Sequence[Setting] = GRID,
    quiet: bool = False,
) -> Tuning:
    """Try each setting of ``grid``, and the config's own, in a short run; the same call goes on.

    A run that is finished is taken as it is, and so is its score. With more ``generations`` than
    before, all runs go on, the scores are made anew, and a note says so.

    Args:
        config: the config that is tuned; its seed and its setting do not count.
        generations: number of generations of each run.
        path: the folder that gets a run for each setting.
        where: lives are lived.
        lives: number of lives in each body that score a run's last center.
        grid: the settings that are tried.
        quiet: show no budget and no progress.

    Raises:
        InputError: the search has no use for the grid, ``path`` holds something else, runs of
            another config, or longer ones; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    check_tunable(config, lives)
    own = own_setting(config)
    grid = grid if own in grid else (*grid, own)
    config = short_config(config, generations)
    path = absolute(path)
    begun, done = _begun(path, config, grid)
    where.prepare()
    leave_removed_folder()
    budget = budget_of(config, grid, lives, where)
    if len(begun) < len(grid):
        tell_of_config(config)
    _tell_of_longer(path, begun, generations)
    if not quiet:
        show(f"budget: {budget}" + (f"; {done} of the runs are done" if done else ""))
    results: dict[str, dict[str, Any]] = {}

    def make(run_path: Path, run_config: RunConfig) -> RunFolder:
        if not quiet:
            show(f"setting {len(results) + 1} of {len(grid)}: {run_path.name}")
        kept = Shown(quiet, False, False)
        return evolved(run_config, run_path, where, kept, resume=True, notes=False)

    def score(run: RunFolder) -> float:
        from metahebb.analysis.over_runs import evaluated

        result = scored(evaluated(run, where, lives), score_name(config.task))
        results[run.path.name] = result
        return result["mean"] or 0.0

    ranked = tuned(path, config, grid, make, score)
    scores = [
        {"setting": _numbers(setting), "own": setting == own, **results[str(setting)]}
        for setting, _ in ranked
    ]
    numbers = {
        "budget": dataclasses.asdict(budget),
        "seed": SEED,
        "score": _heading(config),
        "scores": scores,
        "flags": ranked[0][0].flags,
    }
    _write(numbers, path)
    return Tuning(numbers, path, ranked[0][0])


def _begun(path: Path, config: RunConfig, grid: Sequence[Setting]) -> tuple[list[RunFolder], int]:
    """Return the runs that are there, and how many of them are finished.

    Raises:
        InputError: ``path`` cannot be the folder of this tuning.
    """
    if RunFolder.is_there(path) or is_seeds_folder(path) or (path.exists() and not path.is_dir()):
        raise InputError(
            f"expected a new folder, or that of an earlier tuning, got {path}, which is something "
            "else; choose another --out"
        )
    begun, done = [], 0
    for setting in grid:
        run_path, run_config = path / str(setting), trial_config(config, setting)
        if RunFolder.is_there(run_path):
            run = RunFolder.open(run_path)
            run.check_same(run_config)
            if run.config.generations > run_config.generations:
                raise InputError(
                    f"expected at least {run.config.generations} generations, which the run "
                    f"{run_path} has, got {run_config.generations}; settings are compared after "
                    "equally many: choose another --out"
                )
            begun.append(run)
            done += run.is_finished(run_config.generations)
        else:
            RunFolder.check_free(run_path)
    return begun, done


def _tell_of_longer(path: Path, begun: Sequence[RunFolder], generations: int) -> None:
    """Tell that runs of a shorter tuning go on, and that what it wrote is written anew."""
    before = sorted({run.config.generations for run in begun} - {generations})
    if before:
        tell(
            f"{shown(path)}: going on from {' and '.join(map(str, before))} to {generations} "
            "generations; the scores and the best setting are made anew"
        )


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


def _write(numbers: Mapping[str, Any], path: Path) -> None:
    """Write the scores beside the runs.

    Raises:
        StorageError: a file could not be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    settings = ("stdev", "learning_rate", "initial_stdev")
    writer.writerow([*settings, "generations", numbers["score"], "low", "high"])
    for score in numbers["scores"]:
        ends = (score[part] for part in ("mean", "low", "high"))
        generations = numbers["budget"]["generations"]
        writer.writerow([*score["setting"].values(), generations, *ends])
    write_atomically(path / "tuning.csv", text.getvalue().encode())
    write_json(path / "tuning.json", numbers)
