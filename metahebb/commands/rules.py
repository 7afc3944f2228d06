"""``metahebb rules``: describes the evolved rules of a run."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.api.evolve import open_run
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class RulesOptions:
    """Describe the rules of a run's center: clusters, words, and lives without each term."""

    clusters: int | None = None
    """Number of clusters; by default the number of distinct rules if they are few, or else the
    number with the largest mean silhouette."""
    lives: int = 20
    """Number of fresh lives, which are the first lives of evaluate; they are lived once as they
    are, and once without each term."""
    pdf: bool = False
    """Whether to write the figure as a PDF, too, beside its PNG."""


def rules(path: str, rest: list[str]) -> int:
    """Describe the rules of the run at ``path``: print tables, and the paths of the files."""
    options = parse(RulesOptions, RulesOptions(), rest, f"metahebb rules {path or 'DIR'}")
    result = open_run(path).rules(options.clusters, options.lives, pdf=options.pdf)
    print(result, end="\n\n")
    print(result["folder"])
    return 0
