"""``metahebb verify``: candidates live again, and are worth what the journal says, or are named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_runs import (
    QUIET,
    Said,
    centers,
    evolve,
    files,
    metrics,
    resume,
    rewrite_fitness,
)

from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import ALGORITHMS
from metahebb.fingerprint import fingerprint
from metahebb.life import Ending
from metahebb.runs.arithmetic import cause
from metahebb.runs.folder import RunFolder
from metahebb.runs.verify import SAMPLED, Compared, choose, first_difference

RUNS = {
    **{name: ("--algorithm", name) for name in ALGORITHMS},
    "merge": ("--genome", "merge", "--genome.at", "1", "2", "--genome.to", "4", "2"),
    "delayed": ("--search.delay", "1"),
    "normalized": ("--observation-norm",),
    "normalized-ga": ("--observation-norm", "--algorithm", "ga"),
    "many lives": ("--episodes", "9"),  # NumPy adds up nine numbers otherwise than eight
    "stages": ("--schedule", "0:20", "2:40", "--episodes", "2"),
    "without penalty": ("--search.penalty", "0"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of 18 generations of six candidates; to be copied."""
    path = tmp_path_factory.mktemp("kept") / "run"
    assert evolve(path, generations=18) == 0
    return path


@pytest.fixture
def run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a copy of `kept` of one's own."""
    shutil.copytree(kept, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"


def verified(path: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """Check that the run at ``path`` is verified, and nothing written; return the line."""
    capsys.readouterr()
    before = files(path)
    assert main(["verify", str(path), *flags]) == 0
    assert files(path) == before
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


@pytest.mark.parametrize("name", RUNS)
def test_every_search_is_verified(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, *RUNS[name], generations=4) == 0
    observed = 1 + 2 * 4 if name.startswith("normalized") else 0  # CartPole has four sensors
    everyone = sum(record.size - observed for record in RunFolder.open(path).journal.read())
    line = verified(path, capsys, "--candidates", "1000", "--threads", "2")
    assert line == (
        f"verified {everyone} candidates of 4 generations: fitness as in the journal, bit for bit\n"
    )


@pytest.mark.parametrize(
    "flags", [("--threads", "1"), ("--threads", "2"), ("--threads", "2", "--lanes", "1")]
)
def test_threads_and_lanes_change_no_bit(
    run: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    line = verified(run, capsys, *flags, "--candidates", "80")
    assert line.startswith(f"verified 80 candidates of {SAMPLED} generations")


def test_only_what_was_chosen_lives(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Any] = []
    evaluate = InProcess.evaluate

    def spy(backend: InProcess, jobs: Any) -> Any:
        seen.extend(jobs)
        return evaluate(backend, jobs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcess, "evaluate", spy)
        verified(run, capsys, "--candidates", "4", "--generations", "3", "5")
    sample = choose(RunFolder.open(run), 4, generations=(3, 5))
    everyone = [(e, c) for e, candidates in sample.chosen.items() for c in candidates]
    assert [(job.plan.generation, *job.candidates) for job in seen] == everyone
    assert len(everyone) == 4
    assert sample.generations == 6  # what comes after is not even replayed


def test_the_sample_follows_its_seed(run: Path) -> None:
    folder = RunFolder.open(run)
    chosen = [choose(folder, 20, seed).chosen for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    for some in chosen:
        assert sum(map(len, some.values())) == 20
        assert all(list(c) == sorted(set(c)) for c in some.values())
        assert {c for candidates in some.values() for c in candidates} <= set(range(6))
        assert set(some) <= set(range(18))
    # Over many samples, every candidate of every generation has its turn.
    seen = {
        (evaluation, candidate)
        for seed in range(60)
        for evaluation, candidates in choose(folder, 20, seed).chosen.items()
        for candidate in candidates
    }
    assert len(seen) == 18 * 6
    assert len(choose(folder, 1000).chosen) == SAMPLED
    assert len(choose(folder, 1000, generations=range(18)).chosen) == 18


def test_a_search_with_several_evaluations_is_counted_by_generations(tmp_path: Path) -> None:
    assert evolve(tmp_path / "run", "--algorithm", "ga", generations=3) == 0
    run = RunFolder.open(tmp_path / "run")
    assert metrics(run.path)[-1]["evaluations"] == 6
    assert sorted(choose(run, 1000, generations=(1,)).chosen) == [2, 3]
    assert choose(run, 1000).owners == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("step", [1.0, 1e-3, 0.0])
def test_a_changed_fitness_is_named_whether_or_not_it_moves_the_center(
    run: Path, capsys: pytest.CaptureFixture[str], step: float
) -> None:
    fitness = RunFolder.open(run).journal.read()[7]
    candidate = int(np.argmax(fitness) if step < 1 else np.argmin(fitness))
    lived = float(fitness[candidate])
    told = lived + step if step < 1 else float(fitness.max()) + 50
    if step == 0.0:
        told = float(np.nextafter(lived, np.inf))  # a last bit
    rewrite_fitness(run, 7, candidate, told)
    before = files(run)
    assert main(["verify", str(run), "--generations", "7", "12", "--candidates", "12"]) == 3
    assert files(run) == before
    printed = capsys.readouterr()
    assert printed.err.startswith(
        f"metahebb: expected fitness {told!r} of candidate {candidate} of generation 7 of {run}, "
        f"as its journal has it, got {lived!r} (1 of "
    )
    assert printed.err.count("\n") == 1
    assert "this machine's fingerprint is the run's" in printed.err
    table, fingerprints = printed.out.split("\n\n")
    assert table.splitlines()[2].split() == ["7", str(candidate), repr(told), repr(lived)]
    assert fingerprints.split("\n")[0].split() == ["arithmetic", "of", "the", "run", "here"]
    (numba,) = [line for line in fingerprints.splitlines() if line.startswith("numba ")]
    assert numba.split() == ["numba"] + 2 * [fingerprint()["numba"]]


def test_a_changed_fitness_elsewhere_is_found_by_the_replay(run: Path, said: Said) -> None:
    fitness = RunFolder.open(run).journal.read()[2]
    rewrite_fitness(run, 2, int(np.argmin(fitness)), fitness.max() + 50)
    assert main(["verify", str(run), "--generations", "1", "9", "--candidates", "12"]) == 3
    said(f"expected center {centers(run)[2]} after generation 2 of")
    assert main(["verify", str(run), "--generations", "1", "--candidates", "6"]) == 0


def test_a_change_in_what_was_observed_is_found_in_later_lives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--observation-norm", generations=4) == 0
    rewrite_fitness(path, 1, -1, 1e6)
    assert main(["verify", str(path), "--generations", "1", "2"]) == 3
    assert "of generation 2 of" in capsys.readouterr().err
    assert main(["verify", str(path), "--generations", "1"]) == 0


def test_a_changed_hash_is_found_by_the_replay(run: Path, said: Said) -> None:
    file = run / "metrics.jsonl"
    file.write_text(file.read_text().replace(centers(run)[4], "0" * 64))
    assert main(["verify", str(run), "--generations", "6"]) == 3
    said(f"expected center {'0' * 64} after generation 4")


def test_a_fitness_that_was_not_finite_is_compared_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    evaluate = InProcess.evaluate

    def poisoned(backend: InProcess, jobs: Any) -> Any:
        found = evaluate(backend, jobs)
        for part, job in zip(found, jobs, strict=True):
            odd = [c == 3 for c in job.candidates]
            part["ending"][np.repeat(odd, job.plan.lives_per_candidate)] = Ending.NONFINITE
        return found

    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "evaluate", poisoned)
        assert evolve(path, generations=2) == 0
        assert np.isnan(RunFolder.open(path).journal.read()[1][3])
        verified(path, capsys)
    assert main(["verify", str(path)]) == 3
    assert "expected fitness nan of candidate 3 of generation 0" in capsys.readouterr().err


def test_equal_is_bit_for_bit() -> None:
    def equal(one: float, other: float) -> bool:
        return Compared(0, 0, one, other).is_equal

    assert equal(0.1, 0.1)
    assert equal(np.nan, np.nan)
    assert not equal(0.1, float(np.nextafter(0.1, 1)))
    assert not equal(0.0, -0.0)
    assert not equal(np.nan, 0.0)


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (("--candidates", "0"), ("at least 1 candidate", "got 0")),
        (("--candidates", "some"), ("a whole number as --candidates", "'some'")),
        (("--generations", "18"), ("generations from 0 to 17", "got 18; choose another")),
        (("--generations", "2", "-1"), ("generations from 0 to 17", "got -1")),
        (("--seed", "-1"), ("from 0 to 2**64 - 1", "got -1")),
        (("--lanes", "0"), ("lanes of at least 1",)),
        (("--candidate", "3"), ("an option of metahebb verify", "mean '--candidates'?")),
        (("--allow-heterogeneous",), ("--workers N with --allow-heterogeneous", "got 0")),
    ],
)
def test_bad_flags(run: Path, said: Said, flags: tuple[str, ...], parts: tuple[str, ...]) -> None:
    before = files(run)
    assert main(["verify", str(run), *flags]) == 2
    said(*parts)
    assert files(run) == before


def test_nothing_done_is_nothing_to_verify(run: Path, said: Said) -> None:
    (run / "metrics.jsonl").unlink()
    assert main(["verify", str(run)]) == 3
    said("at least one generation", "'metahebb resume'")


ANT = ("ant-quick", "--generations", "1", "--popsize", "8", "--task.max-steps", "30", *QUIET)
GENERIC = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


def generically(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose kernels are compiled for a processor without wide vectors."""
    command = [sys.executable, "-m", "metahebb", *words]
    environment = {**os.environ, **GENERIC}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow  # compiles a kernel once for another processor
def test_a_run_of_another_processor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run"
    assert main(["evolve", *ANT, "--out", str(path)]) == 0
    done = generically("verify", str(path), "--candidates", "4")
    assert done.returncode == 3
    assert "of candidate" in done.stderr
    assert f"other arithmetic (llvm_cpu {fingerprint()['llvm_cpu']} there and generic here," in (
        done.stderr
    )
    assert "and generic here" in done.stderr
    assert done.stderr.count("\n") == 1
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("llvm_cpu")]
    assert row == ["llvm_cpu", fingerprint()["llvm_cpu"], "generic"]
    resumed = generically("resume", str(path), "--generations", "2", *QUIET)
    assert resumed.returncode == 0  # the center came out as it was
    assert resumed.stderr.startswith("metahebb: the run began with other arithmetic (llvm_cpu ")
    assert resumed.stderr.count("\n") == 1
    # Each machine can tell what it has lived from what the other one has.
    capsys.readouterr()
    assert main(["verify", str(path), "--generations", "0"]) == 0
    assert main(["verify", str(path), "--generations", "1"]) == 3
    assert "llvm_cpu generic there" in capsys.readouterr().err
    assert generically("verify", str(path), "--generations", "1").returncode == 0


def with_fingerprint(run: Path, **changes: Any) -> RunFolder:
    """Change the fingerprint in the manifest, or take it out."""
    file = run / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["fingerprint"] |= changes
    if not changes:
        del manifest["fingerprint"]
    file.write_text(json.dumps(manifest))
    return RunFolder.open(run)


def test_the_cause_is_judged_by_the_manifest(run: Path) -> None:
    assert "a file was changed, or the task depends on more" in cause(RunFolder.open(run), 0)
    told = cause(with_fingerprint(run, torch="0.0.1"), 0)
    assert told.startswith("the run was made with other arithmetic (torch 0.0.1 there and ")
    assert told.endswith(" here); repeat this where it was")
    assert "has no fingerprint" in cause(with_fingerprint(run), 0)
    error = first_difference(RunFolder.open(run), [Compared(3, 2, 1.0, 2.0)])
    assert error is not None
    assert "see its versions and machine" in str(error)
    assert first_difference(RunFolder.open(run), [Compared(3, 2, 1.0, 1.0)]) is None


def test_resume_warns_of_another_arithmetic_and_goes_on(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_fingerprint(run, numba="0.0.1")
    assert resume(run, "--generations", "19") == 0
    numba = fingerprint()["numba"]
    assert capsys.readouterr().err == (
        f"metahebb: the run began with other arithmetic (numba 0.0.1 there and {numba} here); bits "
        "may differ from those of a run that stays where it began, and a center that does is "
        "refused\n"
    )
    assert len(metrics(run)) == 19
