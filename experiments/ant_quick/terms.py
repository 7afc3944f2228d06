"""Measures of the terms of rules: shares in the change of weights, and lives without terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.kit.cells import cells
from experiments.kit.claims import Claim, named
from metahebb.analysis.rules import net_shares
from metahebb.analysis.statistics import nested_interval
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.backends.where import Where
from metahebb.report.table import markdown_table
from metahebb.runs.folder import RunFolder

LIVES = 32
"""Number of fresh lives of each center; they are the lives of its evaluation."""
BODY = "intact"
LEFT_OUT = (("A",), ("B",), ("C",), ("D",), ("A", "B", "C"))
"""Sets of coefficients; for each set, lives are lived in which its coefficients are 0."""
ROLES = {"A": "pre·post, the Hebbian term", "B": "pre", "C": "post", "D": "drift"}
"""The term of each coefficient, in words."""
NET = "net share of"
MEAN = "mean distance of all seeds"
WITHOUT = "distance without"
"""The beginnings of the names of some claims."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TermNumbers:
    """The measures of each run's lives.

    Attributes:
        shares: part of each term in the net change of weights, by coefficient; arrays
            ``(n_runs, n_lives)`` of lives that ended finite.
        distances: distance of each life [m], by the set of coefficients that are left out; arrays
            ``(n_runs, n_lives)``. The empty set stands for lives with the whole rule. A life that
            ended non-finite has the distance 0.
    """

    shares: Mapping[str, Floats]
    distances: Mapping[tuple[str, ...], Floats]


def measured(runs: Sequence[RunFolder], lives: int = LIVES) -> TermNumbers:
    """Return measures of fresh lives of each run's center, with all terms and without some."""
    shares: dict[str, list[Floats]] = {name: [] for name in ROLES}
    distances: dict[tuple[str, ...], list[Floats]] = {(): [], **{names: [] for names in LEFT_OUT}}
    for run in runs:
        center = run.load()
        of_terms = net_shares(center, lives, InProcess)
        for name, values in zip(ROLES, of_terms.values(), strict=True):
            shares[name].append(values)
        for names, lived in distances.items():
            probes = tuple(f"drop_term:term={name}" for name in names)
            ants = cells(run, (BODY,), lives, center.horizon, Where(), probes)
            lived.append(ants.distance[0])
    finite = min(len(values) for values in shares["A"])  # the same number for each run
    return TermNumbers(
        {name: np.stack([of[:finite] for of in values]) for name, values in shares.items()},
        {names: np.stack(values) for names, values in distances.items()},
    )


def claims_of(numbers: TermNumbers, seeds: tuple[int, ...], command: str) -> list[Claim]:
    """Return claims about net shares and distances over all seeds, with their intervals."""

    def claim(name: str, values: Floats) -> Claim:
        return Claim(name, *nested_interval(values), None, seeds, command)

    claims = [claim(f"{MEAN} [m]", numbers.distances[()])]
    for name, values in numbers.shares.items():
        words = f"{NET} {name} ({ROLES[name]}) in the change of weights [%]"
        claims.append(claim(words, 100 * values))
    for names in LEFT_OUT:
        what = _listed(names)
        lives = numbers.distances[names]
        claims.append(claim(f"{WITHOUT} {what} [m]", lives))
        difference = lives - numbers.distances[()]
        claims.append(claim(f"change of the distance without {what}, paired [m]", difference))
    return claims


def _listed(names: Sequence[str]) -> str:
    """Return names as words, such as ``A, B and C``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def terms_table(claims: Sequence[Claim]) -> str:
    """Return a Markdown table of each term's net share, and of the distance without the term."""
    rows = [["left out", "net share in the change of weights [%]", "distance without it [m]"]]
    rows.append(["nothing", "100", named(claims, MEAN).shown()])
    for names in LEFT_OUT:
        what = _listed(names)
        single = len(names) == 1
        share = named(claims, f"{NET} {what} (").shown(0) if single else "–"
        role = f" ({ROLES[what]})" if single else ""
        rows.append([f"{what}{role}", share, named(claims, f"{WITHOUT} {what} [").shown()])
    return markdown_table(rows)


def rows_of(numbers: TermNumbers, seeds: Sequence[int]) -> list[list[object]]:
    """Return a row per seed and set of terms left out: mean distance, and a single term's share."""
    rows: list[list[object]] = []
    for run, seed in enumerate(seeds):
        for names, distances in numbers.distances.items():
            share = numbers.shares[names[0]][run].mean() if len(names) == 1 else None
            left_out = "+".join(names) or "nothing"
            net = "" if share is None else round(100 * float(share), 3)
            rows.append([seed, left_out, round(float(distances[run].mean()), 4), net])
    return rows


HEADS = ("seed", "left_out", "distance_m", "net_share_percent")
"""Headings of the columns of `rows_of`."""
