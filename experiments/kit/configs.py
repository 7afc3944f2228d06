"""The configs in a study's results, in which a schedule that repeats is written as a cycle.

The config of a run folder lists every stage of its schedule. If a study shows two bodies per
generation, there are as many stages as generations. The results of a study have many configs, and
with all stages they would have hundreds of kilobytes that repeat the same few stages.
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
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.serial import from_json, to_json


@dataclasses.dataclass(frozen=True)
class Cycle:
    """Stages that repeat turn by turn.

    Attributes:
        stages: stages of the first turn, each as a text for `Stage.read`, such as ``0:250:intact``.
        every: number of generations from one turn to the next.
        count: number of stages in all turns together.
    """

    stages: tuple[str, ...]
    every: int
    count: int

    def schedule(self) -> tuple[Stage, ...]:
        """Return all stages, turn by turn."""
        first = [Stage.read(text) for text in self.stages]
        stages = [
            dataclasses.replace(stage, start=stage.start + turn * self.every)
            for turn in range(-(-self.count // len(first)))  # the last turn may be incomplete
            for stage in first
        ]
        return tuple(stages[: self.count])


def cycle_of(schedule: Sequence[Stage]) -> Cycle | None:
    """Return the shortest cycle of a schedule; None if it does not have two whole equal turns."""
    for length in range(1, len(schedule) // 2 + 1):
        every = schedule[length].start - schedule[0].start
        first = tuple(str(stage) for stage in schedule[:length])
        cycle = Cycle(first, every, len(schedule))
        if cycle.schedule() == tuple(schedule):
            return cycle
    return None


def compact(config: RunConfig | LearnConfig) -> dict[str, Any]:
    """Return a config as JSON types; if its schedule is a cycle, the schedule is written as one."""
    data: dict[str, Any] = to_json(config)
    cycle = cycle_of(config.schedule) if isinstance(config, RunConfig) else None
    return data if cycle is None else data | {"schedule": to_json(cycle)}


def read_config(data: dict[str, Any], where: str = "config") -> RunConfig | LearnConfig:
    """Return the config of ``data``, in which the schedule may be a cycle or a list of stages.

    Raises:
        InputError: ``data`` is no config.
    """
    if data.get("type") == LearnConfig.__name__:
        of_learning: LearnConfig = from_json(LearnConfig, data, where)
        return of_learning
    schedule = data.get("schedule")
    if isinstance(schedule, dict):
        cycle: Cycle = from_json(Cycle, schedule, f"{where}.schedule")
        if not cycle.stages:
            raise InputError(f"expected stages at {where}.schedule, got none; restore them")
        data = data | {"schedule": to_json(cycle.schedule())}
    config: RunConfig = from_json(RunConfig, data, where)
    return config


def read_configs(file: Path) -> dict[str, RunConfig | LearnConfig]:
    """Return the configs of a study's ``config.json``, by the path of each config's run.

    The oldest results have a single config without a path, which gets the key ``config``.
    """
    kept = json.loads(file.read_bytes())
    configs = {"config": kept} if "type" in kept else kept
    return {path: read_config(data, path) for path, data in configs.items()}


def configs_of(runs: Sequence[RunFolder | LearnFolder]) -> dict[str, Any]:
    """Return the configs of ``runs``, by the path of the run.

    Of configs that differ only in the seed, the task (with its bodies) and the schedule, only the
    first is returned; of configs of learning, if they differ only in the seed.
    """
    first: dict[str, tuple[str, dict[str, Any]]] = {}
    for run in runs:
        config = compact(run.config)
        apart = ("seed",) if isinstance(run, LearnFolder) else ("seed", "task", "schedule")
        part = {k: v for k, v in config.items() if k not in apart}
        first.setdefault(json.dumps(part), (shown(run.path), config))
    return dict(first.values())
