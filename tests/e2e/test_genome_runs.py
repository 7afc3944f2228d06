"""Genome maps from the command line: evolved, put down, taken up, evaluated, reported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_runs import centers, evolve, resume

from metahebb.cli import main
from metahebb.genomes import LowRank, Mixture, Shared
from metahebb.report.page import report
from metahebb.runs.folder import RunFolder

# 4 sensors, 3 hidden neurons, 2 outputs; abcd_lr
MAPS = {
    "shared": (("--genome", "shared", "--genome.rules", "2"), Shared(2), 2 * 2 * 5),
    "low_rank": (("--genome", "low_rank", "--algorithm", "cmaes"), LowRank(), 5 * (7 + 5)),
    "mixture": (("--genome", "mixture", "--genome.rules", "3"), Mixture(3), 3 * (2 * 5 + 18)),
}


@pytest.mark.parametrize("name", MAPS)
def test_resumed_is_uninterrupted(tmp_path: Path, name: str) -> None:
    flags, genome, n_genes = MAPS[name]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert evolve(whole, *flags, generations=4) == 0
    run = RunFolder.open(whole)
    assert run.config.genome == genome
    assert run.load().genes.shape == (n_genes,)
    assert len(set(centers(whole))) == 4
    assert evolve(parts, *flags, "--lanes", "2", generations=2) == 0
    shutil.copytree(parts, tmp_path / "replayed")
    shutil.rmtree(tmp_path / "replayed" / "checkpoints")
    for path in (parts, tmp_path / "replayed"):
        assert resume(path, "--generations", "4", "--threads", "2") == 0
        assert centers(path) == centers(whole)
        np.testing.assert_array_equal(RunFolder.open(path).load().genes, run.load().genes)


def test_a_run_of_few_rules_is_evaluated_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "run"
    flags = ("--genome", "anti_diagonal", "--birth", "coevolved", "--birth-genome", "shared")
    assert evolve(path, *flags, generations=1) == 0
    assert main(["evaluate", str(path), "--lives", "2", "--threads", "1"]) == 0
    assert json.loads((path / "evaluation.json").read_text())["bodies"]
    # 6 and 4 diagonals of 5 coefficients, 12 and 6 weights of at most 16
    assert "anti_diagonal · 68 genes" in report(RunFolder.open(path)).read_text()


def test_a_map_that_does_not_fit_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--genome", "neuron", "--rule", "abc") == 2
    told = capsys.readouterr().err
    assert told.startswith("metahebb: expected a rule that computes")
    assert "got the rule abc; use the rule abcd_lr, or another --genome\n" in told
    assert not path.exists()
