"""Does a Hebbian ant walk within five minutes on two cores?

    python -m experiments.ant_quick smoke|quick

The size ``quick`` evolves the preset ``ant-quick`` with five seeds. Each center then lives 32 fresh
lives with its whole rule, which show the terms of the rule that change the weights, and the same
lives without some of these terms. A seed that is already done is not done again.
"""

from __future__ import annotations

import shutil
import sys

import numpy as np

from experiments.ant_quick.answer import DISTANCE, LONGEST, answer
from experiments.ant_quick.tables import notes
from experiments.ant_quick.terms import HEADS, claims_of, measured, rows_of
from experiments.kit.claims import Claim
from experiments.kit.results import finish, write_rows, write_study
from experiments.kit.running import runs_folder
from metahebb.cli import main as metahebb
from metahebb.paths import from_here
from metahebb.runs.folder import RunFolder
from metahebb.runs.stopping import Interrupted, heard

SIZES: dict[str, tuple[tuple[int, ...], list[str]]] = {
    "smoke": ((0,), ["--generations", "3", "--popsize", "16"]),
    "quick": ((0, 1, 2, 3, 4), []),
}


def main(size: str) -> None:
    """Run the study at ``size``; only ``quick`` writes results."""
    seeds, flags = SIZES[size]
    runs = [_run(size, seed, flags) for seed in seeds]
    if size != "quick":
        return
    command = "python -m experiments.ant_quick quick"
    bodies = [run.read_evaluation()["bodies"]["intact"] for run in runs]  # type: ignore[index]
    claims = [
        Claim(
            f"{DISTANCE} {seed}'s center, 32 fresh lives of 250 steps [m]",
            body["mean"],
            body["low"],
            body["high"],
            ">= 2.5",
            (seed,),
            command,
        )
        for seed, body in zip(seeds, bodies, strict=True)
    ]
    distances = [body["mean"] for body in bodies]
    minutes = [run.read_manifest()["elapsed_s"] / 60 for run in runs]
    claims += [
        Claim(
            "median of the seeds [m]",
            float(np.median(distances)),
            None,
            None,
            ">= 4",
            seeds,
            command,
        ),
        Claim(f"{LONGEST} [min]", max(minutes), None, None, "<= 5", seeds, command),
    ]
    numbers = measured(runs)
    claims += claims_of(numbers, seeds, command)
    title = "Does a Hebbian ant walk within five minutes?"
    folder = write_study("ant_quick", title, answer(claims), claims, runs)
    write_rows(folder / "terms.csv", HEADS, rows_of(numbers, seeds))
    best = runs[int(np.argmax(distances))]
    shutil.copy(best.path / "film.gif", folder / "film.gif")
    shutil.copy(best.path / "figures" / "learning.png", folder / "learning.png")
    shutil.copy(best.path / "figures" / "life.png", folder / "life.png")
    finish(folder, notes(folder))
    print(folder)


def _run(size: str, seed: int, flags: list[str]) -> RunFolder:
    path = runs_folder(f"ant_quick-{size}") / f"seed{seed}"
    if not (path / "config.json").exists():
        status = metahebb(["evolve", "ant-quick", "--seed", str(seed), "--out", str(path), *flags])
    elif RunFolder.open(path).read_evaluation() is None:
        status = metahebb(["resume", str(path)])
    else:
        status = 0
    if status:
        sys.exit(status)
    return RunFolder.open(path)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SIZES:
        sys.exit(f"usage: python -m experiments.ant_quick {'|'.join(SIZES)}")
    try:
        with from_here(), heard():
            main(sys.argv[1])
    except Interrupted as stopped:
        print(f"ant_quick: stopped by {stopped}; the same command goes on", file=sys.stderr)
        sys.exit(stopped.exit_status)
