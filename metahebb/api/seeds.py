"""Runs of several seeds in one folder, one after the other, and a report over all of them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from metahebb.api.evolving import Shown, evolved
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.notes import show
from metahebb.paths import absolute
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_config
from metahebb.runs.seeds import check_free_for_seeds, check_seeds, seed_path


def default_seeds_path(name: str) -> Path:
    """Return where seeds go that nobody has named a folder for: ``runs/NAME-seeds-TIME``."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{name}-seeds-{stamp}"


def evolved_seeds(
    config: RunConfig,
    seeds: Sequence[int],
    path: Path,
    where: Where,
    shown: Shown,
    resume: bool = False,
) -> list[RunFolder]:
    """Evolve a run of each seed in the folder ``path``, and return the runs when all are done.

    Each run is the one that its seed makes alone, bit for bit; it uses all threads or workers while
    the others wait. The report over all seeds is ``path/report.html``.

    Args:
        config: the config that all runs share; its own seed does not count.
        seeds: the seeds in the order in which they are evolved, each once.
        path: a folder that is new or empty.
        where: lives are lived.
        shown: progress, final report and loggers of the run.
        resume: go on with ``path`` where it holds runs of this config already: what is finished
            is taken as it is, what is missing is evolved.

    Raises:
        InputError: ``path`` is not free, holds runs of another config, or the config cannot be
            evolved with one of the seeds; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    check_seeds(seeds)
    configs = {seed: dataclasses.replace(config, seed=seed) for seed in seeds}
    path = absolute(path)
    if resume:
        _check_same(path, configs)
    else:
        check_free_for_seeds(path)
    is_new = not path.exists()
    if not all(RunFolder.is_there(seed_path(path, seed)) for seed in seeds):
        tell_of_config(config)  # once, since no note depends on the seed
    runs = []
    for number, (seed, each) in enumerate(configs.items(), 1):
        if not shown.quiet:
            show(f"seed {seed} ({number} of {len(seeds)}): {seed_path(path, seed)}")
        try:
            runs.append(evolved(each, seed_path(path, seed), where, shown, resume, notes=False))
        except BaseException:
            if is_new:
                with contextlib.suppress(
                    OSError
                ):  # it is not there, or holds what is worth keeping
                    path.rmdir()
            raise
    if shown.finish:
        _report(path, shown.quiet)
    return runs


def _check_same(path: Path, configs: dict[int, RunConfig]) -> None:
    """Raise InputError unless runs of ``configs`` can be begun, or gone on with, in ``path``."""
    if RunFolder.is_there(path):
        raise InputError(
            f"expected a folder of several seeds, got {path}, a run of one; choose another --out"
        )
    if not any(path.glob("seed*")):
        RunFolder.check_free(path)
    for seed, config in configs.items():
        if RunFolder.is_there(seed_path(path, seed)):
            RunFolder.open(seed_path(path, seed)).check_same(config)
        else:
            RunFolder.check_free(seed_path(path, seed))


def _report(path: Path, quiet: bool) -> None:
    from metahebb.report.seeds_page import seeds_numbers, seeds_report, seeds_table

    page = seeds_report(path)
    if not quiet:
        show(f"{seeds_table(seeds_numbers(path))}\n\n{page}")
