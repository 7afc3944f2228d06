"""Writes the results of a study: its claims and its answer, and the page made from them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.kit.claims import Answer, Claim
from experiments.kit.configs import configs_of
from experiments.kit.page import page
from experiments.kit.running import Size, runs_folder
from metahebb.paths import absolute
from metahebb.runs.folder import RunFolder
from metahebb.runs.storage import storage_errors, write_atomically, write_json

RESULTS = "results"


def results_folder(study: str, size: Size) -> Path:
    """Return the folder of a study's results, which for a smoke test lies among the runs."""
    return runs_folder(f"smoke/{study}") if size == "smoke" else absolute(Path(RESULTS, study))


def write_study(
    name: str,
    title: str,
    answer: Answer,
    claims: Sequence[Claim],
    runs: Sequence[RunFolder],
    *,
    notes: str = "",
    size: Size = "quick",
    tuning: Sequence[RunFolder] = (),
) -> Path:
    """Write the results of a study and its README; return the folder ``results/<name>``.

    Args:
        name: the name of the study, and of its folder.
        title: the question of the study.
        answer: the answer to the question.
        claims: the figures that the study measured.
        runs: the runs that the claims rest on. All their manifests are kept; of configs that differ
            only in seed, bodies and schedule, one is kept.
        notes: the Markdown text for the middle of the README.
        size: the size of the study.
        tuning: the runs that only tuned; they count in the cost.
    """
    folder = results_folder(name, size)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    manifests = [run.read_manifest() for run in runs]
    scored = [run.read_manifest() for run in tuning]
    write_json(folder / "config.json", configs_of(runs))
    write_json(folder / "manifest.json", {"runs": manifests, "tuning": scored})
    write_summary(folder, title, answer, claims, _cost(manifests, scored), notes=notes)
    return folder


def write_summary(
    folder: Path,
    title: str,
    answer: Answer,
    claims: Sequence[Claim],
    cost: dict[str, Any],
    *,
    notes: str = "",
) -> None:
    """Write ``summary.json``, and the README made from it.

    Args:
        folder: the folder of the study's results.
        title: the question of the study.
        answer: the answer to the question.
        claims: the figures that the study measured.
        cost: the cost of the study, as texts by kind.
        notes: the Markdown text for the middle of the README.
    """
    summary = summary_of(title, answer, claims, cost)
    write_json(folder / "summary.json", summary)
    write_atomically(folder / "README.md", page(summary, notes).encode())


def summary_of(
    title: str, answer: Answer, claims: Sequence[Claim], cost: dict[str, Any]
) -> dict[str, Any]:
    """Return the content of ``summary.json``."""
    return {
        "title": title,
        "answer": answer.text,
        "carried_by": [claim.name for claim in answer.carried_by],
        "claims": [claim.to_json() for claim in claims],
        "cost": cost,
    }


def write_rows(file: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as a CSV file with one line of heads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    write_atomically(file, text.getvalue().encode())


def _cost(manifests: list[dict[str, Any]], scored: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the cost of runs by kind; runs that only tuned (``scored``) count, too."""
    everything = [*manifests, *scored]
    minutes = [m["elapsed_s"] / 60 for m in manifests]
    return {
        "env steps": f"{sum(m['env_steps'] for m in everything):,}",
        "evolution": f"{len(manifests)} runs of {min(minutes):.1f} to {max(minutes):.1f} min"
        + (f", {len(scored)} more to tune" if scored else "")
        + f"; {sum(m['elapsed_s'] for m in everything) / 60:.0f} min in all",
        "machine": ", ".join(dict.fromkeys(_machine(m["machine"]) for m in everything)),
        "commit": ", ".join(dict.fromkeys(str(m["commit"]) for m in everything)),
    }


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['cpu']}, {machine['cores']} cores"
