"""``metahebb rules``: what the evolved rules of a run do."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from metahebb.commands.parsing import parse
from metahebb.commands.world import tell_of_world
from metahebb.runs.folder import RunFolder
from metahebb.tasks.gym.kept import absence_of

LONG_S = 5.0
"""Seconds after which it is said what is lived."""


@dataclass(frozen=True)
class RulesOptions:
    """Describe the rules of a run's center: clusters, words, what each term is worth in lives."""

    clusters: int | None = None
    """How many; none: the distinct rules where they are few, else chosen by silhouette."""
    lives: int = 20
    """Fresh lives, the same as in evaluate: once as they are, and once without each term."""


class Patience:
    """Says on stderr what is lived next, once that takes long."""

    def __init__(self) -> None:
        """Begin to wait."""
        self._begin = time.monotonic()

    def __call__(self, what: str) -> None:
        """Say ``what``, unless everything was quick so far."""
        seconds = time.monotonic() - self._begin
        if seconds > LONG_S:
            print(f"{what} (after {seconds:.0f} s)", file=sys.stderr, flush=True)


def rules(path: str, rest: list[str]) -> int:
    """Look into the rules of the run at ``path``; print tables, and where they were written."""
    options = parse(RulesOptions, RulesOptions(), rest, f"metahebb rules {path or 'DIR'}")
    run = RunFolder.open(path)
    from metahebb.analysis.rules import look_into_rules
    from metahebb.evolution.backends.in_process import InProcess
    from metahebb.report.rules_figure import rules_figure
    from metahebb.report.rules_table import rules_table

    if not absence_of(run.config.task):  # else nobody lives, and the shares are left out
        tell_of_world(run)
    result = look_into_rules(run.load(), options.clusters, options.lives, InProcess, Patience())
    rules_figure(result)
    print(rules_table(result), end="\n\n")
    print(result["folder"])
    return 0
