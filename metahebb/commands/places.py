"""Words of a command line that name runs: folders, folders of seeds, patterns, arms."""

from __future__ import annotations

import re
from collections.abc import Sequence

from metahebb.api.run import Run
from metahebb.api.runs import Runs, open_all
from metahebb.errors import InputError

_ARM = re.compile(r"([^/=]+)=(.*)", re.S)


def split(first: str, rest: list[str]) -> tuple[list[str], list[str]]:
    """Return the folders that a command begins with, and the flags that follow them.

    Args:
        first: the first word behind the command; empty if the words ask for help.
        rest: all other words.
    """
    ends = [place for place, word in enumerate(rest) if word.startswith("-")]
    end = ends[0] if ends else len(rest)
    return [word for word in (first, *rest[:end]) if word], rest[end:]


def opened(places: Sequence[str]) -> Run | Runs:
    """Return the run at the only place; the runs if there are several places, or a folder of seeds.

    Raises:
        InputError, CheckpointError: see `metahebb.open` and `metahebb.open_all`.
    """
    runs = open_all(*places)
    return runs[0] if len(runs) == 1 and runs.path is None else runs


def read_arms(words: list[str]) -> dict[str, list[str]]:
    """Return the folders of each arm, by its name, from words like ``hebbian=runs/h-*``.

    A word without a name belongs to the arm before it, for example because a shell has expanded a
    pattern.

    Raises:
        InputError: the first word names no arm, an arm is named twice, or it has no folder.
    """
    arms: dict[str, list[str]] = {}
    name = ""
    for word in words:
        match = _ARM.fullmatch(word)
        if match is None and not name:
            raise InputError(
                f"expected NAME=FOLDER, got {word!r}; give the arm a name: hebbian={word}"
            )
        if match is None:
            arms[name].append(word)
            continue
        name, folder = match[1], match[2]
        if name in arms:
            raise InputError(
                f"expected each arm once, got {name} twice; write {name}=FOLDER FOLDER ... for "
                "several runs of one arm"
            )
        arms[name] = [folder] if folder else []
    for name, folders in arms.items():
        if not folders:
            raise InputError(f"expected a folder behind {name}=, got nothing; write {name}=runs/h")
    return arms
