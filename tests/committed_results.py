"""Helpers that compute each study's answer from its committed results."""

from __future__ import annotations

import csv
import importlib
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiments.car_racing.budgets import BUDGETS
from experiments.kit.claims import Answer, Claim
from experiments.protocols.legs.groups import WALKS
from metahebb.bench.scale.found import Scale
from metahebb.runs.serial import from_json

RESULTS = Path(__file__).parents[1] / "results"


def answer_of(study: str, change: Callable[[Claim], Claim] = lambda claim: claim) -> Answer:
    """Return the answer that a study's code makes from the claims and figures in its folder.

    Args:
        study: the name of the study.
        change: a function that changes each claim before the study answers.
    """
    folder = RESULTS / study
    summary = json.loads((folder / "summary.json").read_text())
    claims = [change(Claim.from_json(row)) for row in summary["claims"]]
    answer = importlib.import_module(f"experiments.{study}.answer").answer
    match study:
        case "bottleneck" | "bottleneck_wirings":
            given: Answer = answer(claims, standing(folder))
        case "car_racing":
            given = answer(claims, returns(folder), BUDGETS["quick"])
        case "scale":
            measured = json.loads((folder / "measured.json").read_text())
            given = answer(claims, from_json(Scale, measured))
        case _:
            given = answer(claims)
    return given


def rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of ``runs.csv``."""
    with (folder / "runs.csv").open() as file:
        return list(csv.DictReader(file))


def standing(folder: Path) -> dict[str, int]:
    """Return the number of runs that do not walk on the intact body, by point."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows(folder):
        counts[row["arm"]] += row["body"] == "intact" and float(row["meters"]) < WALKS
    return counts


def returns(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Return the returns of car racing, ``(n_runs, n_lives)``, by arm and ground."""
    by_seed: dict[tuple[str, str], dict[str, list[float]]] = {}
    for row in rows(folder):
        runs = by_seed.setdefault((row["arm"], row["variant"]), defaultdict(list))
        runs[row["seed"]].append(float(row["return"]))
    scores: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    for (arm, ground), runs in by_seed.items():
        scores[arm][ground] = np.array(list(runs.values()))
    return scores
