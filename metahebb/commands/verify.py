"""``metahebb replay``: is a run what its folder says?"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.commands.backend import Where
from metahebb.commands.parsing import parse
from metahebb.runs.folder import RunFolder
from metahebb.runs.progress import Replaying


@dataclass(frozen=True)
class Replay:
    """Rebuild a run's center from its journal, without living, and compare every hash."""

    quiet: bool = False
    """Show no progress."""


def replay(path: str, rest: list[str]) -> int:
    """Replay the run at ``path``; print what was replayed."""
    options = parse(Replay, Replay(), rest, f"metahebb replay {path or 'DIR'}")
    run = RunFolder.open(path)
    Where().prepare()
    from metahebb.runs.replay import done
    from metahebb.runs.replay import replay as replay_run

    with Replaying(len(done(run)), options.quiet) as progress:
        found = replay_run(run, on_generation=progress)
    print(
        f"replayed {found.generations} generations, {found.evaluations} evaluations: center "
        f"{found.center_sha256}, as the run wrote it down"
    )
    return 0
