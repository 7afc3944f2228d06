"""``metahebb rules``: what the evolved rules of a run do."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_world
from metahebb.settings.parsing import parse
from metahebb.tasks.gym.kept import absence_of


@dataclass(frozen=True)
class RulesOptions:
    """Describe the rules of a run's center: clusters, words, and the share of each term."""

    clusters: int | None = None
    """How many; none: the distinct rules where they are few, else chosen by silhouette."""
    lives: int = 20
    """Fresh lives in which the shares are measured: those of evaluate."""


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
    result = look_into_rules(run.load(), options.clusters, options.lives, InProcess)
    rules_figure(result)
    print(rules_table(result), end="\n\n")
    print(result["folder"])
    return 0
