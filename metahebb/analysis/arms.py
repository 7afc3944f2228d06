"""The arms of a comparison: named groups of runs that are alike but for their seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from metahebb.errors import InputError
from metahebb.runs.folder import RunFolder
from metahebb.runs.seeds import runs_at
from metahebb.runs.serial import differences, to_json

_NAMED = 3
"""Differences between two configs that a note names."""
_REMEDY = "evaluate all in one of them with {}"


@dataclass(frozen=True)
class Arm:
    """Runs of one setting.

    Attributes:
        name: name of the arm in tables and figures.
        runs: runs of the arm in rising order of their seeds.
    """

    name: str
    runs: tuple[RunFolder, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the runs, in their order."""
        return tuple(run.config.seed for run in self.runs)


def arms_of(places: Mapping[str, Sequence[Path | str]]) -> list[Arm]:
    """Return the arms whose runs are at ``places``; see `runs_at`.

    Raises:
        InputError: there is no arm, an arm has no run, a place is no run, a run is there twice, or
            two runs of an arm are the same in all, seed included.
    """
    if not places:
        raise InputError(
            "expected at least one arm NAME=FOLDER, got none; write for example hebbian=runs/h"
        )
    for name, some in places.items():
        if not name or not some:
            raise InputError(f"expected a name and at least one folder of each arm, got {name}=")
    runs_at([place for some in places.values() for place in some])  # a run belongs to one arm
    arms = []
    for name, some in places.items():
        runs = sorted(runs_at(some), key=lambda run: run.config.seed)
        for one, other in combinations(runs, 2):
            if _config(one) == _config(other):
                raise InputError(
                    f"expected runs of different seeds in the arm {name}, got two of seed "
                    f"{one.config.seed} that are alike in all: {one.path} and {other.path}; leave "
                    "one out"
                )
        arms.append(Arm(name, tuple(runs)))
    return arms


def check_arms(arms: Sequence[Arm], damage: Sequence[str], max_steps: int | None) -> None:
    """Raise InputError unless all runs can be compared: one world, its bodies, and one horizon.

    Args:
        arms: the arms that are to be compared.
        damage: names of bodies to live in, instead of the runs' own.
        max_steps: horizon to live to, instead of the runs' own.
    """
    first, *others = [run for arm in arms for run in arm.runs]
    for run in (first, *others):
        if not run.read_metrics():
            raise InputError(
                f"expected runs with at least one generation, got none in {run.path}; go on with "
                f"'metahebb resume {run.path}'"
            )
    for what, of, waived, remedy in (
        ("world", _world, False, "leave one out"),
        ("horizon", _horizon, max_steps is not None, _REMEDY.format("--max-steps N")),
        ("set of bodies", _bodies, bool(damage), _REMEDY.format("--damage BODY ...")),
    ):
        for run in others:
            if not waived and of(run) != of(first):
                raise InputError(
                    f"expected runs of one {what}, got {of(first)} in {first.path} and {of(run)} "
                    f"in {run.path}; {remedy}"
                )


def _world(run: RunFolder) -> str:
    return run.config.task.label


def _horizon(run: RunFolder) -> str:
    return str(run.config.stages[-1].max_steps)


def _bodies(run: RunFolder) -> str:
    return ", ".join(run.config.task.bodies)


def notes_on(arms: Sequence[Arm]) -> list[str]:
    """Return what a reader of the comparison should know of its runs, a sentence each."""
    return [*_unlike_within(arms), *_unlike_worlds(arms), *_not_finished(arms)]


def settings_between(arms: Sequence[Arm]) -> list[str]:
    """Return how the config of each arm differs from that of the first arm, a line per arm."""
    first = arms[0]
    return [
        f"{arm.name}: {'; '.join(unlike) or f'as in {first.name}'}"
        for arm in arms[1:]
        for unlike in [_differences(arm.runs[0], first.runs[0], first.name)]
    ]


def _unlike_within(arms: Sequence[Arm]) -> Iterator[str]:
    for arm in arms:
        for run in arm.runs[1:]:
            unlike = _differences(run, arm.runs[0], f"seed {arm.runs[0].config.seed}")
            if unlike:
                yield f"runs of the arm {arm.name} differ in more than their seed: {_some(unlike)}"
                break


def _unlike_worlds(arms: Sequence[Arm]) -> Iterator[str]:
    first = arms[0]
    for arm in arms[1:]:
        every = _differences(arm.runs[0], first.runs[0], first.name)
        unlike = [line for line in every if line.startswith(("task.", "schedule"))]
        if unlike:
            yield f"the world of {arm.name} was not quite that of {first.name}: {_some(unlike)}"


def _not_finished(arms: Sequence[Arm]) -> Iterator[str]:
    for arm in arms:
        done = sorted({len(run.read_metrics()) for run in arm.runs})
        if len(done) > 1:
            yield (
                f"runs of the arm {arm.name} have done {done[0]} to {done[-1]} generations; its "
                f"curve ends with generation {done[0]}"
            )


def _differences(run: RunFolder, other: RunFolder, name: str) -> list[str]:
    """Return in which settings ``run`` differs from ``other``, which is called ``name``.

    Seed and generations do not count.
    """
    there = to_json(other.config)
    kept = {key: there[key] for key in ("seed", "generations")}
    unlike = differences(to_json(run.config) | kept, there)
    return [
        re.sub(r"\(here (.*)\)$", lambda match: f"({match[1]} in {name})", line) for line in unlike
    ]


def _config(run: RunFolder) -> dict[str, object]:
    config: dict[str, object] = to_json(run.config)
    del config["generations"]  # one of them may have gone on for longer
    return config


def _some(unlike: Sequence[str]) -> str:
    more = f" and {len(unlike) - _NAMED} more" if len(unlike) > _NAMED else ""
    return "; ".join(unlike[:_NAMED]) + more
