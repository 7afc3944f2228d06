"""What every study writes: claims with intervals, and a table made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.running import RUNS, Size
from metahebb.runs.folder import RunFolder
from metahebb.runs.serial import to_json
from metahebb.runs.statistics import meets
from metahebb.runs.storage import write_json

RESULTS = Path("results")


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


def write_study(
    name: str,
    title: str,
    claims: Sequence[Claim],
    runs: Sequence[RunFolder],
    notes: str = "",
    size: Size = "quick",
) -> Path:
    """Write what a study keeps, and the README made from it; return ``results/<name>``.

    Args:
        name: of the study and its folder.
        title: the question.
        claims: what it found.
        runs: that it rests on; the config of the first and the manifests of all are kept.
        notes: Markdown for the end of the README.
        size: of the study; what a smoke test writes stands among the runs.
    """
    folder = (RUNS / "smoke" if size == "smoke" else RESULTS) / name
    folder.mkdir(parents=True, exist_ok=True)
    manifests = [run.manifest() for run in runs]
    machine = manifests[0]["machine"]
    cost = {
        "env steps": sum(m["env_steps"] for m in manifests),
        "minutes per run": ", ".join(f"{m['elapsed_s'] / 60:.1f}" for m in manifests),
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "commit": manifests[0]["commit"],
    }
    write_json(folder / "config.json", to_json(runs[0].config))
    write_json(folder / "manifest.json", {"runs": manifests})
    rows = [asdict(claim) | {"holds": claim.holds} for claim in claims]
    summary = {"title": title, "claims": rows, "cost": cost}
    write_json(folder / "summary.json", summary)
    (folder / "README.md").write_text(_readme(summary, notes))
    return folder


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
