"""What every study writes: claims with intervals, and a table made from them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.running import Size, runs_folder
from metahebb.analysis.statistics import meets
from metahebb.paths import absolute, shown
from metahebb.runs.folder import RunFolder
from metahebb.runs.serial import to_json
from metahebb.runs.storage import storage_errors, write_atomically, write_json

RESULTS = "results"


@dataclass(frozen=True)
class Claim:
    """A number that a study stands for.

    Attributes:
        name: what was measured, with its unit.
        value: the figure; None where nothing was there to be measured.
        low: lower end of its 95 % interval; None where it has none.
        high: upper end.
        goal: as the study's question states it, for example ``>= 4``; None if only reported.
        seeds: that it rests on.
        command: that made it.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    goal: str | None
    seeds: tuple[int, ...]
    command: str

    @property
    def holds(self) -> bool | None:
        """Whether the value meets the goal; None where there is none."""
        if self.value is None:
            return None if self.goal is None else False
        return meets(self.value, self.goal)


def results_folder(study: str, size: Size) -> Path:
    """Return where a study writes its results; those of a smoke test stand among the runs."""
    return runs_folder(f"smoke/{study}") if size == "smoke" else absolute(Path(RESULTS, study))


def write_study(
    name: str,
    title: str,
    claims: Sequence[Claim],
    runs: Sequence[RunFolder],
    notes: str = "",
    size: Size = "quick",
    tuning: Sequence[RunFolder] = (),
) -> Path:
    """Write what a study keeps, and the README made from it; return ``results/<name>``.

    Args:
        name: of the study and its folder.
        title: the question.
        claims: what it found.
        runs: that it rests on; the manifests of all are kept, and of the configs that differ in
            more than seed, bodies and schedule the first of each.
        notes: Markdown for the end of the README.
        size: of the study.
        tuning: runs that were only scored; they count in the cost.
    """
    folder = results_folder(name, size)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    manifests = [run.read_manifest() for run in runs]
    scored = [run.read_manifest() for run in tuning]
    everything = [*manifests, *scored]
    minutes = [m["elapsed_s"] / 60 for m in manifests]
    cost = {
        "env steps": f"{sum(m['env_steps'] for m in everything):,}",
        "evolution": f"{len(runs)} runs of {min(minutes):.1f} to {max(minutes):.1f} min"
        + (f", {len(scored)} more to tune" if scored else "")
        + f"; {sum(m['elapsed_s'] for m in everything) / 60:.0f} min in all",
        "machine": ", ".join(dict.fromkeys(_machine(m["machine"]) for m in everything)),
        "commit": ", ".join(dict.fromkeys(str(m["commit"]) for m in everything)),
    }
    write_json(folder / "config.json", _configs(runs))
    write_json(folder / "manifest.json", {"runs": manifests, "tuning": scored})
    write_summary(folder, title, claims, cost, notes)
    return folder


def write_summary(
    folder: Path, title: str, claims: Sequence[Claim], cost: dict[str, Any], notes: str = ""
) -> None:
    """Write ``summary.json``, and the README made from it.

    Args:
        folder: of the study's results.
        title: the question.
        claims: what was found.
        cost: what it took, by kind.
        notes: Markdown for the end of the README.
    """
    rows = [asdict(claim) | {"holds": claim.holds} for claim in claims]
    summary = {"title": title, "claims": rows, "cost": cost}
    write_json(folder / "summary.json", summary)
    write_atomically(folder / "README.md", _readme(summary, notes).encode())


def write_rows(file: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table that others can read in: a CSV file with one line of heads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    write_atomically(file, text.getvalue().encode())


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['cpu']}, {machine['cores']} cores"


def _configs(runs: Sequence[RunFolder]) -> dict[str, Any]:
    """Return, by path, the configs that differ in more than seed, bodies and schedule."""
    found: dict[str, tuple[str, Any]] = {}
    for run in runs:
        config = to_json(run.config)
        part = {k: v for k, v in config.items() if k not in ("seed", "task", "schedule")}
        found.setdefault(json.dumps(part), (shown(run.path), config))
    return dict(found.values())


def _readme(summary: dict[str, Any], notes: str) -> str:
    lines = [f"# {summary['title']}", ""]
    lines += [
        "| figure | value | 95 % interval | goal | holds | seeds |",
        "|---|---|---|---|---|---|",
    ]
    for claim in summary["claims"]:
        interval = "–" if claim["low"] is None else f"{claim['low']:z.2f} to {claim['high']:z.2f}"
        holds = {True: "yes", False: "**no**", None: "–"}[claim["holds"]]
        seeds = ", ".join(map(str, claim["seeds"]))
        value = "–" if claim["value"] is None else f"{claim['value']:z.2f}"
        lines.append(
            f"| {claim['name']} | {value} | {interval} | {claim['goal'] or '–'} | "
            f"{holds} | {seeds} |"
        )
    commands = dict.fromkeys(claim["command"] for claim in summary["claims"])
    lines += ["", "Made by:", "", "```", *commands, "```", ""]
    lines += [f"- {key}: {value}" for key, value in summary["cost"].items()]
    return "\n".join([*lines, *(["", notes.strip()] if notes else [])]) + "\n"
