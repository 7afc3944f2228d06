"""What the quickest study says of the terms of its ants' rules, from numbers and lives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from report_runs import ant

from experiments.ant_quick.answer import DISTANCE, LONGEST, answer
from experiments.ant_quick.terms import (
    HEADS,
    LEFT_OUT,
    ROLES,
    TermNumbers,
    claims_of,
    measured,
    rows_of,
    terms_table,
)
from experiments.kit.claims import Claim, named
from metahebb.analysis.rules import look_into_rules
from metahebb.evolution.backends.in_process import InProcess

SEEDS = (0, 1, 2)
GIVEN = {(): 4.6, ("A",): 3.0, ("B",): 2.5, ("C",): 4.0, ("D",): 0.2, ("A", "B", "C"): 1.0}


def given(spread: float = 0.0) -> TermNumbers:
    """Return numbers of three runs of four lives, each run ``spread`` above the one before."""
    runs = spread * np.array([-1, 0, 1])[:, None] + np.zeros((3, 4))
    shares = {"A": 0.07, "B": 0.27, "C": 0.10, "D": 0.56}
    return TermNumbers(
        {name: share + runs / 100 for name, share in shares.items()},
        {names: meters + runs for names, meters in GIVEN.items()},
    )


def claims(spread: float = 0.0) -> list[Claim]:
    walks = [
        Claim(f"{DISTANCE} {seed}", meters, None, None, ">= 2.5", (seed,), "make it")
        for seed, meters in zip(SEEDS, (4.0, 5.0, 2.0), strict=True)
    ]
    longest = Claim(f"{LONGEST} [min]", 3.0, None, None, "<= 5", SEEDS, "make it")
    return [*walks, longest, *claims_of(given(spread), SEEDS, "make it")]


def test_the_answer_says_which_terms_move_the_weights_and_carry_the_walk() -> None:
    found = answer(claims())
    assert found.text == (
        "In two seeds of three: they walk 4.6 m on average, 0.2 m where the drift D is left out of "
        "their rules, 3.0 m without the Hebbian term A·pre·post and 1.0 m with the drift alone; D "
        "makes 56 % of the net change of their weights, and A·pre·post 7 %."
    )
    assert [claim.figure for claim in found.carried_by] == pytest.approx([3, 4.6, 56, 0.2, 3])


def test_intervals_are_over_seeds_and_differences_are_paired() -> None:
    every = claims(spread=0.5)
    walk = named(every, "mean distance")
    assert walk.low < 4.6 < walk.high
    assert walk.high - walk.low > 1.0  # three seeds that differ by half a meter each
    without = named(every, "change of the distance without D")
    assert without.ends == pytest.approx((-4.4, -4.4))  # in every life the same
    assert without.seeds == SEEDS
    assert {name for name in ROLES} == set("ABCD")
    assert len([claim for claim in every if "paired" in claim.name]) == len(LEFT_OUT)


def test_the_table_and_the_rows_have_every_term() -> None:
    lines = terms_table(claims()).splitlines()
    assert lines[2].startswith("| nothing | 100 | 4.60 [")
    assert lines[3].startswith("| A (pre·post, the Hebbian term) | 7 [7, 7] | 3.00 [")
    assert lines[-1].startswith("| A, B and C | – | 1.00 [")
    rows = rows_of(given(), SEEDS)
    assert len(rows) == len(SEEDS) * len(GIVEN)
    assert all(len(row) == len(HEADS) for row in rows)
    assert rows[4] == [0, "D", 0.2, 56.0]
    assert rows[5] == [0, "A+B+C", 1.0, ""]


def test_what_is_measured_is_what_metahebb_rules_measures(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    numbers = measured([run], lives=3)
    look_into_rules(run.load(), 2, 3, InProcess)
    found = json.loads((run.path / "rules" / "rules.json").read_text(encoding="utf-8"))
    net = [one["mean"] for one in found["shares"]["all"]["net"]]
    assert [numbers.shares[name].mean() for name in "ABCD"] == pytest.approx(net)
    for row in found["without"]["terms"]:
        distance = row["measures"]["distance"]
        lives = numbers.distances[(row["coefficient"],)]
        assert lives.shape == (1, 3)
        assert lives.mean() == pytest.approx(distance["with"]["mean"])
        assert numbers.distances[()].mean() == pytest.approx(distance["without"]["mean"])
    together = numbers.distances[("A", "B", "C")]
    assert together.shape == (1, 3)
    assert not np.array_equal(together, numbers.distances[("C",)])
