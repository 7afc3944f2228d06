"""``metahebb rules``: what the evolved rules of a run do."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.api.evolve import open_run
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class RulesOptions:
    """Describe the rules of a run's center: clusters, words, what each term is worth in lives."""

    clusters: int | None = None
    """How many; none: the distinct rules where they are few, else chosen by silhouette."""
    lives: int = 20
    """Fresh lives, the same as in evaluate: once as they are, and once without each term."""
    pdf: bool = False
    """Write the figure as a PDF beside its PNG, too."""


def rules(path: str, rest: list[str]) -> int:
    """Look into the rules of the run at ``path``; print tables, and where they were written."""
    options = parse(RulesOptions, RulesOptions(), rest, f"metahebb rules {path or 'DIR'}")
    result = open_run(path).rules(options.clusters, options.lives, pdf=options.pdf)
    print(result, end="\n\n")
    print(result["folder"])
    return 0
