"""Topologies from the command line: evolved, taken up, evaluated, looked into, reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_runs import centers, evolve, resume

from metahebb.cli import main
from metahebb.genomes import GivenGenes
from metahebb.report.coefficients_figure import panels
from metahebb.report.page import report
from metahebb.report.recording import record
from metahebb.runs.folder import RunFolder

CLIP = ("--network.normalization.kind", "clip")
# 4 sensors, 3 hidden neurons, 2 outputs; abcd_lr: 12 and 6 synapses
RUNS = {
    "sparse": (("--topology.density", "0.5"), 5 * (6 + 3)),
    "modular": (("--topology.modules", "2"), 5 * (6 + 3)),
    "evolved": ((), 6 * 18),
    "static": (("--topology.fraction", "0.5", *CLIP), 6 * (6 + 3)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_resumed_on_other_threads_and_everything_can_look_at_it(
    tmp_path: Path, name: str
) -> None:
    flags, n_genes = RUNS[name]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert evolve(whole, "--topology", name, *flags) == 0
    run = RunFolder.open(whole)
    assert run.load().genes.shape == (n_genes,)
    assert evolve(parts, "--topology", name, *flags, "--lanes", "2", generations=1) == 0
    assert resume(parts, "--generations", "3", "--threads", "2") == 0
    assert len(set(centers(whole))) == 3
    assert centers(parts) == centers(whole)
    assert main(["evaluate", str(whole), "--lives", "2", "--threads", "1"]) == 0
    assert main(["probe", str(whole), "--lives", "2", "--probe", "zero_weights:at=3"]) == 0
    assert main(["rules", str(whole), "--lives", "2"]) == 0
    assert f"· abcd_lr · {name} · {n_genes} genes" in report(run).read_text()
    assert {p.name for p in whole.rglob("*.png")} >= {"coefficients.png", "life.png"}


def test_pictures_show_the_synapses_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "run"
    flags = ("--topology", "static", "--topology.fraction", "0.25", *CLIP)
    assert evolve(path, *flags, generations=1) == 0
    run = RunFolder.open(path)
    evolved = {(p.layer, p.name): p.after for p in panels(run.load())}
    genes = run.load().genes
    np.testing.assert_array_equal(np.sort(evolved["layer 1", "weight"]), np.sort(genes[-5:-2]))
    assert [evolved[f"layer {k}", "eta"].size for k in (1, 2)] == [9, 4]

    path = tmp_path / "sparse"
    assert evolve(path, "--topology", "sparse", "--topology.density", "0.5", generations=1) == 0
    recording = record(RunFolder.open(path).load(), snapshots=4)
    assert recording.weights.shape[1] == 6
    assert (recording.weights[0] != 0).all()
    assert recording.snapshots is not None
    assert recording.snapshots.layers == (6, 3)
    assert (recording.snapshots.weights[0] != 0).all()


def test_rules_are_those_of_plastic_synapses(tmp_path: Path) -> None:
    path = tmp_path / "run"
    probe = ("--probes", "drop_term:term=eta")
    assert evolve(path, "--topology", "evolved", *probe, generations=1) == 0
    assert main(["rules", str(path), "--lives", "2"]) == 0
    found = json.loads((path / "rules" / "rules.json").read_text())
    run = RunFolder.open(path)
    expressed = run.load().setup.genome.expressed(GivenGenes(run.load().genes))
    gates = [layer[0] > 0 for layer in expressed["gates"]]
    etas = [layer[4][g].mean() for layer, g in zip(expressed["coefficients"], gates, strict=True)]
    assert found["synapses"] == [int(g.sum()) for g in gates]
    assert sum(c["synapses"] for c in found["clusters"]) == sum(found["synapses"])
    told = [c["genes"]["eta"][place] for c in found["clusters"] for place in ("low", "high")]
    np.testing.assert_allclose([min(told), max(told)], [min(etas), max(etas)], rtol=1e-5)


def test_a_run_that_is_all_structure_has_no_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    flags = ("--topology", "static", "--topology.fraction", "1", *CLIP)
    assert evolve(path, *flags, generations=1) == 0
    report(RunFolder.open(path))
    capsys.readouterr()
    assert main(["rules", str(path), "--lives", "2"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("metahebb: expected synapses that follow a rule, got none in")
    assert told.count("\n") == 1


def test_the_search_mixture_deals_rules_to_the_synapses_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "run"
    flags = ("--algorithm", "mixture", "--search.mixture-rules", "3")
    sparse = ("--topology", "sparse", "--topology.density", "0.5")
    assert evolve(path, *flags, *sparse, generations=2) == 0
    first, second = np.split(RunFolder.open(path).load().genes, [30])
    # 6 and 3 synapses, each with the five coefficients of one of three rules
    rules = np.concatenate([first.reshape(5, 6), second.reshape(5, 3)], axis=1)
    assert len(np.unique(rules, axis=1).T) <= 3
