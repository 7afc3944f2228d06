"""The configs that a study's results keep; a schedule that repeats is kept as its cycle.

A run folder has every stage of its schedule. Studies that show two bodies per generation have as
many stages as generations, and the results of a study have many configs: written out, they are
hundreds of kilobytes that say the same few stages again and again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metahebb.errors import InputError
from metahebb.paths import shown
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.serial import from_json, to_json


@dataclasses.dataclass(frozen=True)
class Cycle:
    """Stages that repeat.

    Attributes:
        stages: the first turn, each stage as `Stage.read` takes it: ``0:250:intact``.
        every: the generations from a stage to the same one in the next turn.
        count: the number of stages in all turns.
    """

    stages: tuple[str, ...]
    every: int
    count: int

    def schedule(self) -> tuple[Stage, ...]:
        """Return all stages, turn by turn."""
        first = [Stage.read(text) for text in self.stages]
        stages = [
            dataclasses.replace(stage, start=stage.start + turn * self.every)
            for turn in range(-(-self.count // len(first)))  # the last one may be a part
            for stage in first
        ]
        return tuple(stages[: self.count])


def cycle_of(schedule: Sequence[Stage]) -> Cycle | None:
    """Return the shortest cycle of a schedule; None where less than two whole turns are alike."""
    for length in range(1, len(schedule) // 2 + 1):
        every = schedule[length].start - schedule[0].start
        first = tuple(str(stage) for stage in schedule[:length])
        cycle = Cycle(first, every, len(schedule))
        if cycle.schedule() == tuple(schedule):
            return cycle
    return None


def compact(config: RunConfig) -> dict[str, Any]:
    """Return a config as JSON types, its schedule as a cycle where it has one."""
    data: dict[str, Any] = to_json(config)
    cycle = cycle_of(config.schedule)
    return data if cycle is None else data | {"schedule": to_json(cycle)}


def read_config(data: dict[str, Any], where: str = "config") -> RunConfig:
    """Return a config that `compact` gave, or one with its schedule written out.

    Raises:
        InputError: it is neither.
    """
    schedule = data.get("schedule")
    if isinstance(schedule, dict):
        cycle: Cycle = from_json(Cycle, schedule, f"{where}.schedule")
        if not cycle.stages:
            raise InputError(f"expected stages at {where}.schedule, got none; restore them")
        data = data | {"schedule": to_json(cycle.schedule())}
    config: RunConfig = from_json(RunConfig, data, where)
    return config


def read_configs(file: Path) -> dict[str, RunConfig]:
    """Return the configs of a study's ``config.json``, by the path of the run they are of.

    The first results kept one config without a path; its key is ``config``.
    """
    kept = json.loads(file.read_bytes())
    configs = {"config": kept} if "type" in kept else kept
    return {path: read_config(data, path) for path, data in configs.items()}


def configs_of(runs: Sequence[RunFolder]) -> dict[str, Any]:
    """Return, by path, the configs that differ in more than seed, bodies and schedule."""
    first: dict[str, tuple[str, dict[str, Any]]] = {}
    for run in runs:
        config = compact(run.config)
        part = {k: v for k, v in config.items() if k not in ("seed", "task", "schedule")}
        first.setdefault(json.dumps(part), (shown(run.path), config))
    return dict(first.values())
