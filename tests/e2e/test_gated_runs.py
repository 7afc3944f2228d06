"""Recurrent baselines from the command line: evolved, resumed, filmed, reported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_runs import centers, evolve, resume

from metahebb.cli import main
from metahebb.networks import Gated, Recurrent
from metahebb.report.page import report
from metahebb.report.recording import record
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import PRESETS

LINEAR = PRESETS["cartpole"][0].network.output


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("lstm", Gated("lstm", (3,), LINEAR)),
        ("gru", Gated("gru", (3,), LINEAR)),
        ("recurrent", Recurrent((3,), output=LINEAR)),
    ],
)
def test_resumed_is_uninterrupted(tmp_path: Path, name: str, network: Gated | Recurrent) -> None:
    flags = ("--network", name)
    assert evolve(tmp_path / "whole", *flags, generations=4) == 0
    run = RunFolder.open(tmp_path / "whole")
    assert run.config.network == network
    assert len(set(centers(run.path))) == 4
    assert evolve(tmp_path / "parts", *flags, "--lanes", "2", generations=2) == 0
    shutil.copytree(tmp_path / "parts", tmp_path / "replayed")
    shutil.rmtree(tmp_path / "replayed" / "checkpoints")
    for copy in ("parts", "replayed"):
        assert resume(tmp_path / copy, "--generations", "4", "--threads", "2") == 0
        assert centers(tmp_path / copy) == centers(run.path)


def test_cells_differ_from_each_other_and_from_the_static_network(tmp_path: Path) -> None:
    found = set()
    for name in ("feedforward", "recurrent", "static", "lstm", "gru"):
        assert evolve(tmp_path / name, "--network", name, generations=1) == 0
        found.add(RunFolder.open(tmp_path / name).load().setup.genome.n_genes)
    # 4 sensors, 3 units, 2 outputs
    assert found == {5 * 18, 5 * 27, 18, 4 * 3 * 9 + 6, 3 * 3 * 9 + 6}


def test_an_unknown_network_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert main(["evolve", "cartpole", "--network", "gruu", "--out", str(path)]) == 2
    assert "did you mean 'gru'?" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.render
def test_a_gated_ant_is_evaluated_filmed_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "run"
    short = ("--task.max-steps", "20")
    assert evolve(path, "--network", "gru", *short, preset="ant-quick", generations=1) == 0
    assert main(["evaluate", str(path), "--lives", "2", "--threads", "1"]) == 0
    assert "intact" in json.loads((path / "evaluation.json").read_text())["bodies"]
    assert main(["film", str(path), "--renderer", "drawn"]) == 0
    assert (path / "film.gif").read_bytes()[:3] == b"GIF"
    run = RunFolder.open(path)
    page = report(run).read_text()
    for text in ("27-3-8 · gru · 312 genes", "How it lives", "it has no plasticity"):
        assert text in page
    for text in ("How it wires itself", "birth weights"):
        assert text not in page

    recording = record(run.load())
    assert recording.synapses == (
        "64 evenly spread of the 243 synapses of matrix 1 (n_out × n_in = 9 × 27)"
    )
    np.testing.assert_array_equal(recording.weights[0], recording.weights[-1])
    assert recording.hidden.shape == (20, 3)
    assert (recording.hidden[0] == 0).all()
    assert (recording.hidden[1] != 0).all()


@pytest.mark.render
def test_a_recurrent_ant_is_probed_filmed_and_its_rules_told(tmp_path: Path) -> None:
    path = tmp_path / "run"
    short = ("--task.max-steps", "20", "--network.leak", "0.5", "--topology", "sparse")
    assert evolve(path, "--network", "recurrent", *short, preset="ant-quick", generations=1) == 0
    zero = ("--probe", "zero_weights:at=8", "--probe", "randomize_weights:at=9,layer=1")
    assert main(["probe", str(path), *zero, "--lives", "2", "--threads", "1"]) == 0
    assert main(["film", str(path), "--renderer", "drawn"]) == 0
    assert main(["rules", str(path), "--lives", "2"]) == 0
    assert "27-3-8 · recurrent · " in report(RunFolder.open(path)).read_text()
