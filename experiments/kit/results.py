"""Functions that write the results of a study: its claims, its answer, and its page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.kit.claims import Answer, Claim
from experiments.kit.configs import configs_of
from experiments.kit.kept import Kept
from experiments.kit.page import Notes, page
from experiments.kit.running import Size, runs_folder
from experiments.kit.smoke import mark_pictures
from metahebb.paths import absolute
from metahebb.runs.folder import RunFolder
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.storage import storage_errors, write_atomically, write_json

RESULTS = "results"


def results_folder(study: str, size: Size) -> Path:
    """Return the folder of a study's results; the folder of a smoke test lies among the runs."""
    return runs_folder(f"smoke/{study}") if size == "smoke" else absolute(Path(RESULTS, study))


def write_study(
    name: str,
    title: str,
    answer: Answer,
    claims: Sequence[Claim],
    runs: Sequence[RunFolder | LearnFolder],
    *,
    notes: str | None = None,
    kept: Kept | None = None,
    size: Size = "quick",
    tuning: Sequence[RunFolder] = (),
) -> Path:
    """Write the results of a study, and its README if there are ``notes``; return the folder.

    Without ``notes``, `finish` has to be called later: it makes the README from the files in the
    folder.

    Args:
        name: the name of the study, and of its folder.
        title: the question of the study.
        answer: the answer to the question.
        claims: the figures that the study measured.
        runs: the runs that the claims rest on. All their manifests are kept; of configs that
            differ only in seed, bodies and schedule, the first is kept.
        notes: the Markdown that stands open below the claims.
        kept: the numbers and tables of the README that only the runs can give.
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
    if kept is not None:
        kept.write(folder)
    summary = summary_of(title, answer, claims, _cost(manifests, scored), size)
    write_json(folder / "summary.json", summary)
    if notes is not None:
        write_page(folder, Notes.of(notes))
    return folder


def finish(folder: Path, notes: Notes) -> None:
    """Write the README of a study after its figures; mark the pictures if it is a smoke test."""
    summary = write_page(folder, notes)
    if summary["size"] == "smoke":
        mark_pictures(folder)


def write_page(folder: Path, notes: Notes) -> dict[str, Any]:
    """Write the README of a study from its ``summary.json``; return the content of that file."""
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    write_atomically(folder / "README.md", page(summary, notes).encode())
    return summary


def summary_of(
    title: str,
    answer: Answer,
    claims: Sequence[Claim],
    cost: dict[str, Any],
    size: Size = "quick",
) -> dict[str, Any]:
    """Return the content of ``summary.json``."""
    return {
        "title": title,
        "size": size,
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
    n_learned = sum("trials" in m for m in manifests)
    kinds = ["evolution"] * (n_learned < len(manifests)) + ["learning"] * (n_learned > 0)
    kind = " and ".join(kinds)
    return {
        "env steps": f"{sum(m['env_steps'] for m in everything):,}",
        kind: f"{len(manifests)} runs of {min(minutes):.1f} to {max(minutes):.1f} min"
        + (f", {len(scored)} more to tune" if scored else "")
        + f"; {sum(m['elapsed_s'] for m in everything) / 60:.0f} min in all",
        "machine": ", ".join(dict.fromkeys(_machine(m["machine"]) for m in everything)),
        "commit": ", ".join(dict.fromkeys(str(m["commit"]) for m in everything)),
    }


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['cpu']}, {machine['cores']} cores"
