"""Evolved rules: a bandit whose right actions reverse, with and without the reward at synapses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from experiments.cognitive.names import BANDIT, EVOLVED, UNMODULATED
from experiments.kit.running import Order, Size, evolved, is_finished, runs_folder
from metahebb.analysis.evaluate import evaluate
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import preset

Floats = npt.NDArray[np.float64]

SYSTEMS = (EVOLVED, UNMODULATED)
"""The rule of which the modulator is the reward, and the same rule without a modulator."""
SEEDS: dict[Size, int] = {"smoke": 2, "quick": 5, "paper": 20}
LIVES: dict[Size, int] = {"smoke": 4, "quick": 200, "paper": 1000}
LANES = 64


@dataclass(frozen=True)
class Evolved:
    """The finished runs of a system.

    Attributes:
        system: words for the system.
        seeds: the seeds of evolution of the runs.
        runs: the runs, in the order of ``seeds``.
        after: the part of settled steps after the reversal that were right, of each fresh life of
            each center: ``(n_runs, n_lives)``.
    """

    system: str
    seeds: tuple[int, ...]
    runs: tuple[RunFolder, ...]
    after: Floats

    @property
    def name(self) -> str:
        """The name of the arm: task and system."""
        return f"{BANDIT}, {self.system}"


def config_of(size: Size, system: str, seed: int) -> RunConfig:
    """Return the config of a run."""
    base = preset("bandit")
    config = replace(base, seed=seed, modulator=None if system == UNMODULATED else base.modulator)
    if size == "smoke":
        search = replace(base.search, popsize=4)
        config = replace(config, generations=2, search=search)
    return config


def all_evolved(order: Order) -> list[Evolved]:
    """Return the runs of both systems; missing runs are evolved now.

    With ``order.finished``, only runs that are finished count.
    """
    systems = []
    for system in SYSTEMS:
        runs: dict[int, RunFolder] = {}
        for seed in range(SEEDS[order.size]):
            folder = system.replace(", ", "-").replace(" ", "-")
            path = runs_folder(f"cognitive-{order.size}") / "bandit" / folder / f"seed{seed}"
            if order.finished and not is_finished(path):
                continue
            config = config_of(order.size, system, seed)
            runs[seed] = evolved(path, config, replace(order.where, lanes=LANES))
        if runs:
            after = np.stack([after_of(run, LIVES[order.size], order) for run in runs.values()])
            systems.append(Evolved(system, tuple(runs), tuple(runs.values()), after))
    return systems


def after_of(run: RunFolder, lives: int, order: Order) -> Floats:
    """Return how often each of ``lives`` fresh lives was right after the reversal ``(lives,)``."""
    evaluation, center = run.read_evaluation(), run.load()
    wanted = center.generation, lives
    if evaluation is None or (evaluation["generation"], evaluation["lives"]) != wanted:
        backend = replace(order.where, lanes=LANES).backend(center.setup)
        try:
            evaluation = evaluate(center, backend, lives)
        finally:
            backend.close()
    values = evaluation["bodies"]["default"]["values"]["after"]
    return np.array([np.nan if value is None else value for value in values])
