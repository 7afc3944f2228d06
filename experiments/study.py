"""What every study writes: claims with intervals, and a table made from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from metahebb.runs.statistics import meets

RESULTS = Path("results")


@dataclass(frozen=True)
class Claim:
    """A number that a study stands for.

    Attributes:
        name: what was measured, with its unit.
        value: the figure.
        low: lower end of its 95 % interval; None where it has none.
        high: upper end.
        goal: as the study's question states it, for example ``>= 4``; None if only reported.
        seeds: that it rests on.
        command: that made it.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    goal: str | None
    seeds: tuple[int, ...]
    command: str

    @property
    def holds(self) -> bool | None:
        """Whether the value meets the goal; None where there is none."""
        return meets(self.value, self.goal)


def write_study(
    name: str, title: str, claims: Sequence[Claim], cost: dict[str, Any], notes: str = ""
) -> Path:
    """Write ``results/<name>/summary.json`` and the README made from it; return the folder."""
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(claim) | {"holds": claim.holds} for claim in claims]
    summary = {"title": title, "claims": rows, "cost": cost}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (folder / "README.md").write_text(_readme(summary, notes))
    return folder


def _readme(summary: dict[str, Any], notes: str) -> str:
    lines = [f"# {summary['title']}", ""]
    lines += [
        "| figure | value | 95 % interval | goal | holds | seeds |",
        "|---|---|---|---|---|---|",
    ]
    for claim in summary["claims"]:
        interval = "–" if claim["low"] is None else f"{claim['low']:.2f} to {claim['high']:.2f}"
        holds = {True: "yes", False: "**no**", None: "–"}[claim["holds"]]
        seeds = ", ".join(map(str, claim["seeds"]))
        lines.append(
            f"| {claim['name']} | {claim['value']:.2f} | {interval} | {claim['goal'] or '–'} | "
            f"{holds} | {seeds} |"
        )
    commands = dict.fromkeys(claim["command"] for claim in summary["claims"])
    lines += ["", "Made by:", "", "```", *commands, "```", ""]
    lines += [f"- {key}: {value}" for key, value in summary["cost"].items()]
    return "\n".join([*lines, *(["", notes.strip()] if notes else [])]) + "\n"
