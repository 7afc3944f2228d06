"""A rule without a value where units saturate is named in the error, and not the search's stdev."""

from __future__ import annotations

from pathlib import Path

from small_runs import Said, evolve

from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES

RULE = """
import numpy as np
from metahebb.plasticity import rule

@rule
def logs(pre, post, /, A):
    return A * np.log(1 + np.sign(pre)) * post
"""


def test_the_signals_are_named(tmp_path: Path, said: Said) -> None:
    file = tmp_path / "my_rules.py"
    file.write_text(RULE, encoding="utf-8")
    assert evolve(tmp_path / "run", "--rule", f"{file}:logs") == 4
    said("because the rule logs is not finite where pre is -1 and post is 0; guard its divisions")


def test_shipped_rules_are_finite_everywhere_and_others_say_where_not() -> None:
    assert {name: rule.undefined_at() for name, rule in RULES.items() if rule.undefined_at()} == {}
    mine = rule_from_source("def mine(pre, /, A):\n    return A / (1 - pre)", "mine")
    assert mine.undefined_at() == "pre is 1"
