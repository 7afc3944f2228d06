"""A rule that has no finite value is named in the error, with what made it so."""

from __future__ import annotations

import shutil
from pathlib import Path

from small_runs import Said, evolve, resume

from metahebb.genomes import GivenGenes
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.report.coefficients_figure import panels
from metahebb.runs.folder import RunFolder

RULE = """
import numpy as np
from metahebb.plasticity import positive, rule

@rule
def logs(pre, post, /, A):
    return A * np.log(1 + np.sign(pre)) * post

@rule
def slow(pre, post, trace, /, A, tau):
    return A * trace, (pre * post - trace) / tau

@rule
def slower(pre, post, trace, /, A, tau: positive):
    return A * trace, (pre * post - trace) / (10 * tau)
"""


def test_the_signals_are_named(tmp_path: Path, said: Said) -> None:
    file = tmp_path / "my_rules.py"
    file.write_text(RULE, encoding="utf-8")
    assert evolve(tmp_path / "run", "--rule", f"{file}:logs") == 4
    said(
        "because Δw of the rule logs is not finite from step 1 on (layer 1, synapse ",
        *("where pre is -", "; guard its divisions"),
    )


def test_a_coefficient_is_named_and_a_range_mends_it(tmp_path: Path, said: Said) -> None:
    """The time constant of a trace: any gene, a positive coefficient; the run needs no file."""
    file, path = tmp_path / "my_rules.py", tmp_path / "run"
    file.write_text(RULE, encoding="utf-8")
    tiny = ("--search.stdev", "1e-8", "--search.initial-stdev", "1e-8")  # lives are short here
    assert evolve(path, "--rule", f"{file}:slow", *tiny) == 4
    said(
        "because the trace of the rule slow is not finite from step ",
        *("counted from 0, where tau is ", "'tau: positive'", "(docs/howto/your-rule.md)"),
    )
    shutil.rmtree(path)
    assert evolve(path, "--rule", f"{file}:slower", generations=2) == 0
    file.unlink()
    assert resume(path, "--generations", "4") == 0
    loaded = RunFolder.open(path).load()
    assert "tau: positive" in loaded.config.network.rule.source
    for layer in loaded.setup.genome.expressed(GivenGenes(loaded.genes))["coefficients"]:
        assert (layer[1] > 0.5).all()  # exp of genes that are near 0
    assert (loaded.genes < 0).any()
    panel = next(p for p in panels(loaded) if p.name == "tau")
    assert panel.after.min() > 0.5


def test_shipped_rules_are_finite_everywhere_and_others_say_where_not() -> None:
    assert {name: rule.undefined_at() for name, rule in RULES.items() if rule.undefined_at()} == {}
    mine = rule_from_source("def mine(pre, /, A):\n    return A / (1 - pre)", "mine")
    assert mine.undefined_at() == "pre is 1"
