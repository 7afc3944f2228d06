"""Can a rule without a reward signal find out a hidden variable, where no reactive policy can?

    python -m experiments.latent smoke|quick|paper

The positive control. In the task `Reversal` a hidden sign decides which push is right, and flips in
mid-life. Whoever does not remember expects 0 exactly (the proof is in the task's docstring); a rule
written by hand solves it. Yes: the interval of evolved Hebbian networks lies above that of static
ones, tuned and evolved at the same cost, and frozen before the flip they are wrong after it. No:
the intervals overlap, or frozen networks follow the flip.

Numbers are means over fresh lives of the unperturbed centers, with 95 % intervals of a nested
bootstrap: runs are resampled, and the lives of each. ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.arms import ARMS
from experiments.latent_lives import Lived, draw, live, rows_of, rows_table
from experiments.latent_runs import BUDGETS, TASK, Budget, evolved_arms, lived
from experiments.running import Order, Size, command
from experiments.study import Claim, write_study
from experiments.tuning import Setting
from metahebb.networks import FeedForward
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig
from metahebb.runs.storage import write_json

EVOLVED = ("hebbian", "static", "lstm")
FLIPS_FROM = TASK.max_steps // 3
"""The first step at which a life's variable can flip."""
PROBES = (
    f"freeze:at={FLIPS_FROM}",
    "freeze:at=0",
    f"freeze_until:at={FLIPS_FROM}",
    *(f"drop_term:term={term}" for term in ("A", "B", "C", "D", "eta")),
)


def handwritten(seed: int = 0, generation: int = 0) -> Center:
    """Return a center of no run that solves the task: 3 synapses, the term B alone.

    Δw = 0.1·pre on the synapses of the shared sensor and of the look flag, and max-abs
    normalisation. The flag's weight is the largest, so that look steps push to the right; there
    the sensor shows ``s``. Dividing by the largest weight lets old steps fade: the sensor's weight
    is an average of the last thirty or so, in which ``s`` outweighs the goals, and
    sign(weight·goal) is right.
    """
    network = FeedForward(hidden=())
    config = RunConfig(TASK, network, seed=seed)
    setup = config.setup()
    genes = np.zeros(setup.genome.n_genes, np.float32)
    (shape,) = setup.genome.slots[0].layers
    planes = dict(zip(network.rule.coefficients, shape.view(genes), strict=True))
    planes["B"][0] = 0.1, 0.1, 0.0
    planes["eta"][0] = 1.0
    return Center(Path(), config, generation, genes, setup)


def main(order: Order) -> None:
    """Run the study and write its results."""
    budget = BUDGETS[order.size]
    found = evolved_arms(order, {arm: ARMS[arm] for arm in EVOLVED})
    arms = {"written by hand": _lived_by_hand(budget)}
    arms |= {arm: lived(runs, budget.lives) for arm, runs in found.runs.items()}
    probed = {probe: lived(found.runs["hebbian"], budget.lives, probe) for probe in PROBES}
    table = rows_table(arms | probed)
    print(table)
    everything, tuning = found.everything, found.tuning
    minutes = sum(run.read_manifest()["elapsed_s"] for run in [*everything, *tuning]) / 60
    claims = _claims(order.size, budget.seeds, arms, probed, minutes)
    title = "Can plasticity find out a hidden variable where no reactive policy can?"
    notes = _notes(budget, found.settings, table)
    written = write_study("latent", title, claims, everything, notes, order.size, tuning)
    write_json(written / "scores.json", rows_of(arms | probed))
    shown = {"static": arms["static"], "LSTM": arms["lstm"], "Hebbian": arms["hebbian"]}
    frozen = {f"Hebbian, frozen at step {FLIPS_FROM}": probed[PROBES[0]]}
    draw({"written by hand": arms["written by hand"]} | shown | frozen, TASK, written)
    print(written)


def _lived_by_hand(budget: Budget) -> Lived:
    """Return lives of the hand-written rule in the worlds that the evolved ones live in."""
    centers = (handwritten(seed, budget.generations) for seed in budget.seeds)
    return Lived.join([live(center, budget.lives) for center in centers])


def _claims(
    size: Size,
    seeds: tuple[int, ...],
    arms: dict[str, Lived],
    probed: dict[str, Lived],
    minutes: float,
) -> list[Claim]:
    frozen = PROBES[0]
    hebbian, static = arms["hebbian"].interval("return"), arms["static"].interval("return")
    hand, lstm = arms["written by hand"], arms["lstm"].interval("return")
    outside = max(static[1], -static[2], 0.0)
    made: list[tuple[str, float, float | None, float | None, str | None]] = [
        ("written by hand: settled score before the flip", *hand.interval("before"), ">= 0.9"),
        ("written by hand: settled score after the flip", *hand.interval("after"), ">= 0.9"),
        ("static: return (bound of every reactive policy: 0)", *static, None),
        ("static: distance of the interval from the bound", outside, None, None, "<= 0"),
        ("Hebbian: return", *hebbian, None),
        ("Hebbian: settled score after the flip", *arms["hebbian"].interval("after"), None),
        (
            "gap between the intervals: Hebbian's low − static's high",
            *(hebbian[1] - static[2], None, None),
            ">= 0",
        ),
        ("LSTM: return", *lstm, None),
        (f"Hebbian, {frozen}: score before the flip", *probed[frozen].interval("before"), None),
        (f"Hebbian, {frozen}: score after the flip", *probed[frozen].interval("after"), "<= 0"),
        ("Hebbian, freeze:at=0: return", *probed["freeze:at=0"].interval("return"), None),
    ]
    goal = "<= 3" if size == "quick" else None  # on two cores
    made.append(("evolution of all arms, their tuning included [min]", minutes, None, None, goal))
    told = f"python -m experiments.latent {size}"
    return [Claim(*claim, seeds, told) for claim in made]


def _notes(budget: Budget, settings: dict[str, list[tuple[Setting, float]]], table: str) -> str:
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


if __name__ == "__main__":
    command("latent", main)
