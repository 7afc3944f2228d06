"""Runs whose rules are merged: put down and taken up around a merge, evaluated, reported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import centers, evolve, metrics, resume

from metahebb.analysis.evaluate import evaluate
from metahebb.cli import main
from metahebb.errors import CheckpointError
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.search import Search
from metahebb.genomes import RULES_OF, Assigned, GivenGenes, Merge
from metahebb.report.coefficients_figure import panels
from metahebb.report.page import report
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.checkpoint import BEST, Checkpoint
from metahebb.runs.folder import RunFolder
from metahebb.runs.stopping import Stopped
from metahebb.worker import Fresh, GivenPoint, Plan

MERGE = ("--genome", "merge", "--genome.at", "2", "4", "--genome.to", "4", "2")
# 4 sensors, 3 hidden neurons, 2 outputs: five coefficients of 12 + 6 synapses, 4 + 4, 2 + 2 rules
SIZES = [90, 90, 40, 40, 20, 20]
SEARCHES = {
    "adam": (),
    "sgd": ("--search.optimizer", "sgd"),
    "clipup": ("--search.optimizer", "clipup", "--search.stdev-decay", "0.9"),
    "pgpe": ("--algorithm", "pgpe"),
    "snes": ("--algorithm", "snes"),
    "cem": ("--algorithm", "cem"),
    "across": ("--genome.across", "--genome.rules", "7"),
    "birth": (
        *("--birth", "coevolved", "--birth-genome", "merge"),
        *("--birth-genome.at", "3", "4", "--birth-genome.to", "5", "3"),
    ),
}


class KilledError(BaseException):
    """Stands for the end of the process: nothing is caught, nothing is saved."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that nothing interrupted, on one thread."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, *MERGE, generations=6) == 0
    return path


def same(path: Path, other: Path) -> None:
    assert centers(path) == centers(other)
    for name in ("n_genes", "stdev_mean", "fitness_mean", "center_return"):
        assert [r[name] for r in metrics(path)] == [r[name] for r in metrics(other)]
    states = [RunFolder.open(p).checkpoints.load("000006").state for p in (path, other)]
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        assert array.tobytes() == states[1][name].tobytes(), name


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_resumed_before_at_and_after_a_merge(tmp_path: Path, whole: Path, stop: int) -> None:
    path = tmp_path / "run"
    assert evolve(path, *MERGE, "--threads", "2", "--lanes", "3", generations=stop) == 0
    shutil.copytree(path, tmp_path / "replayed")
    shutil.rmtree(tmp_path / "replayed" / "checkpoints")  # the journal alone tells as much
    for folder in (path, tmp_path / "replayed"):
        assert resume(folder, "--generations", "6") == 0
        same(folder, whole)
    assert [r["n_genes"] for r in metrics(path)] == SIZES
    assert len(set(centers(path))) == 6


@pytest.mark.parametrize("search", SEARCHES)
def test_every_search_goes_on_over_merges(tmp_path: Path, search: str) -> None:
    flags = (*MERGE, *SEARCHES[search])
    assert evolve(tmp_path / "whole", *flags, generations=6) == 0
    assert evolve(tmp_path / "parts", *flags, generations=2) == 0
    assert resume(tmp_path / "parts", "--generations", "3") == 0
    assert resume(tmp_path / "parts", "--generations", "6", "--threads", "2") == 0
    same(tmp_path / "parts", tmp_path / "whole")
    sizes = {
        "across": [35, 35, 20, 20, 10, 10],
        "birth": [90 + 18, 90 + 18, 40 + 18, 40 + 10, 20 + 6, 20 + 6],
    }
    assert [r["n_genes"] for r in metrics(tmp_path / "whole")] == sizes.get(search, SIZES)
    assert len(set(centers(tmp_path / "whole"))) == 6


@pytest.mark.parametrize(("generation", "error"), [(2, Stopped(15)), (5, KilledError())])
def test_stopped_right_after_a_merge_and_killed_with_a_merge_to_replay(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, generation: int, error: Any
) -> None:
    evaluated = InProcess.evaluate

    def fail(backend: InProcess, jobs: Any) -> Any:
        if jobs[0].plan.generation == generation:
            raise error
        return evaluated(backend, jobs)

    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 3)
        patch.setattr(InProcess, "evaluate", fail)
        if isinstance(error, Stopped):
            assert evolve(path, *MERGE, generations=6) == 75
            assert RunFolder.open(path).load().setup.genome.n_genes == SIZES[2]
        else:
            with pytest.raises(KilledError):
                evolve(path, *MERGE, generations=6)
            assert RunFolder.open(path).load().generation == 3
    assert resume(path) == 0
    same(path, whole)


def test_hooks_outlive_a_merge(whole: Path) -> None:
    config = RunFolder.open(whole).config
    setup, steps = config.setup(), []
    backend = InProcess(setup, threads=1)
    search = Search(config.search, setup, backend, config.plan, 0)
    search.searcher.log_hook.append(lambda status: steps.append((status["iter"], search.n_genes)))
    while search.generation < 5:
        search.step()
    backend.close()
    assert steps == [(1, 90), (2, 90), (3, 40), (4, 40), (5, 20)]
    assert search.center().shape == (20,)


def test_a_checkpoint_is_expressed_by_its_own_rules(tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, path := tmp_path / "run")
    early = tmp_path / "early"
    assert evolve(early, *MERGE, generations=1) == 0
    run, before = RunFolder.open(path), RunFolder.open(early).read_newest()
    assert before is not None
    run.checkpoints.save(before, BEST)
    best = run.checkpoints.load(BEST)
    setups = [run.center_of(best).setup, run.load().setup]
    assert [s.genome.n_genes for s in setups] == [SIZES[0], SIZES[-1]]
    assert isinstance(setups[1].genome.maps[0], Assigned)
    assert isinstance(setups[0].genome.maps[0], Merge)
    # A backend of one phase lives candidates of the other as that other's own backend does.
    plan, outcomes = Plan(1, 50, episodes=4, fresh=Fresh.EVALUATION), []
    for opened in setups:
        backend = InProcess(opened, threads=1, lanes=2)
        jobs = [
            Job(plan, GivenPoint(center[None], genome=setup.genome), 1)
            for center, setup in zip((best.state["center"], run.load().genes), setups, strict=True)
        ]
        outcomes.append([part.tobytes() for part in backend.evaluate(jobs)])
        backend.close()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] != outcomes[0][1]


def test_a_merged_run_is_evaluated_probed_described_and_reported(
    tmp_path: Path, whole: Path
) -> None:
    shutil.copytree(whole, path := tmp_path / "run")
    run = RunFolder.open(path)
    fresh, used = (InProcess(setup, threads=1) for setup in (run.load().setup, run.config.setup()))
    results = [evaluate(run.load(), backend, lives=3) for backend in (fresh, used)]
    assert results[0] == results[1]
    few = ("--lives", "2", "--threads", "1")
    assert main(["evaluate", str(path), *few]) == 0
    assert main(["probe", str(path), "--probe", "freeze:at=3", *few]) == 0
    assert main(["rules", str(path), "--lives", "2"]) == 0
    # Two rules of each layer are left, and they are not those of the beginning.
    assert json.loads((path / "rules" / "rules.json").read_text())["distinct"] == 4
    text = report(run).read_text()
    assert "after generation 2: 90 → 40 genes; after generation 4: 40 → 20 genes" in text
    assert "merge · 20 genes" in text
    drawn = panels(run.load())
    assert {len(np.unique(p.before)) for p in drawn if p.layer == "layer 1"} == {12}
    assert {len(np.unique(p.after)) for p in drawn} == {2}
    wanted = run.load().setup.genome.expressed(GivenGenes(run.load().genes))["coefficients"]
    np.testing.assert_array_equal(np.stack([p.after for p in drawn[:5]]), wanted[0])


def test_rules_of_the_beginning_are_those_of_the_first_genome(tmp_path: Path) -> None:
    larger = ("--hidden", "8")  # so that no cluster is too small to be judged
    assert evolve(tmp_path / "merged", *MERGE, *larger, generations=5) == 0
    assert evolve(tmp_path / "direct", *larger, generations=1) == 0  # begins with the same genes
    before = []
    for name in ("merged", "direct"):
        assert main(["rules", str(tmp_path / name), "--lives", "1", "--clusters", "2"]) == 0
        text = (tmp_path / name / "rules" / "rules.json").read_text()
        before.append(json.loads(text)["silhouette_before"])
    assert before[0] == before[1] is not None


def test_other_runs_have_no_record_of_genes(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", generations=2) == 0
    assert not any("n_genes" in r for r in metrics(tmp_path / "run"))
    run = RunFolder.open(tmp_path / "run")
    assert "rules merged" not in report(run).read_text()
    newest = run.read_newest()
    assert newest is not None
    assert not any(name.startswith(RULES_OF) for name in newest.state)


def test_rules_of_other_synapses_are_refused(tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, path := tmp_path / "run")
    run = RunFolder.open(path)
    newest = run.read_newest()
    assert newest is not None
    name = RULES_OF + "coefficients"
    for changed, message in (
        ({name: newest.state[name][1:]}, "the rules of 18 synapses .* got int32 of shape"),
        ({name: np.zeros(18, np.int32)}, "a center of 10 genes .* got shape"),
    ):
        state = newest.state | changed
        run.checkpoints.save(Checkpoint(newest.generation, newest.evaluations, state))
        with pytest.raises(CheckpointError, match=message) as caught:
            run.load()
        assert "\n" not in str(caught.value)
        assert resume(path, "--generations", "7") == CheckpointError.exit_status


def test_a_layer_without_plastic_synapses_has_no_rules_to_merge(tmp_path: Path) -> None:
    static = ("--topology", "static", "--topology.fraction", "0.95")
    clip = ("--network.normalization.kind", "clip")
    merge = ("--genome", "merge", "--genome.at", "1", "--genome.to", "1")
    assert evolve(tmp_path / "run", *merge, *static, *clip, generations=2) == 0
    genome = RunFolder.open(tmp_path / "run").load().setup.genome
    assert genome.bits == 32 * genome.n_genes


def test_merges_that_nobody_lives_with_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merge = ("--genome", "merge", "--genome.at", "1", "2", "9", "--genome.to", "5", "3", "1")
    assert evolve(tmp_path / "run", *merge, generations=2) == 0
    assert "merged after generation 2, 9: the run has 2" in capsys.readouterr().err
