"""The notes of the latent study."""

from __future__ import annotations

from experiments.protocols.hidden_variable.runs import TASK, Budget
from metahebb.analysis.tuning import Setting


def notes_of(budget: Budget, settings: dict[str, list[tuple[Setting, float]]], table: str) -> str:
    """Return the middle of the README."""
    best = "; ".join(f"{arm} {scores[0][0]}" for arm, scores in settings.items())
    return (
        "![score after birth and around the flip](score.png)\n\n"
        f"Bands: 95 % over seeds and lives. Rows below the arms are probes of the Hebbian "
        f"centers. {budget.lives} fresh lives per seed, the same ones in each row; mean "
        "[95 % interval of a nested bootstrap over seeds and lives].\n\n"
        f"{table}\n\n"
        f"Settled: without the first {TASK.settle} go steps after birth, or after the flip. "
        f"Tuned alike, in {len(budget.grid)} settings (stdev, learning rate, stdev of the first "
        f"center: {', '.join(map(str, budget.grid))}) of {budget.tuning_generations} generations "
        f"with one seed; the best was {best}."
    )
