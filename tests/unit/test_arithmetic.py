"""Whose arithmetic a run's bits come from, as its manifest tells."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_runs import evolve, resume

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.evolution.backends.in_process import InProcess
from metahebb.fingerprint import Fingerprint, fingerprint
from metahebb.networks import FeedForward
from metahebb.runs import arithmetic
from metahebb.runs.arithmetic import cause, changed, recorded
from metahebb.runs.evolve import evolve as run_evolution
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import own_fingerprint
from metahebb.runs.presets import CARTPOLE


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Return a run of one generation."""
    assert evolve(tmp_path / "run", generations=1) == 0
    return RunFolder.open(tmp_path / "run")


def elsewhere(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Fingerprint:
    """Let this process be another machine, as far as a run can see."""
    other = own_fingerprint() | changes
    monkeypatch.setattr(arithmetic, "own_fingerprint", lambda: other)
    return other


def continuations(run: RunFolder) -> list[tuple[int, Fingerprint]]:
    known = run.read_manifest().get("continuations", [])
    return [(c["generation"], c["fingerprint"]) for c in known]


def test_the_beginning_is_recorded(run: RunFolder) -> None:
    own = run.read_manifest()["fingerprint"]
    assert own == fingerprint() | {k: own[k] for k in ("torch", "evotorch")}
    assert own["torch"] == run.read_manifest()["versions"]["torch"]
    assert continuations(run) == []
    assert changed(run) == ""


def test_a_continuation_is_recorded_where_it_differs_from_the_one_before(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_fingerprint()
    assert resume(run.path, "--generations", "2") == 0
    assert continuations(run) == []
    with monkeypatch.context() as patch:
        other = elsewhere(patch, numba="0.0.1")
        assert resume(run.path) == 0  # nothing left to do
        assert continuations(run) == []
        assert resume(run.path, "--generations", "3") == 0
        assert resume(run.path, "--generations", "4") == 0
        assert continuations(run) == [(2, other)]
        assert changed(run) == f"numba {own['numba']} there and 0.0.1 here"
    with monkeypatch.context() as patch:
        elsewhere(patch, numba="0.0.1", cpu_name="Faster")
        assert resume(run.path, "--generations", "5") == 0
        assert continuations(run) == [(2, other)]
    assert resume(run.path, "--generations", "6") == 0
    assert continuations(run) == [(2, other), (5, own)]
    assert [recorded(run, g) == own for g in range(6)] == [True, True, False, False, False, True]
    assert changed(run) == ""
    assert "numba 0.0.1 there and" in cause(run, 3)
    assert "a file was changed" in cause(run, 5)


def test_torch_counts_for_who_leads(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch, torch="0.0.1")
    assert "torch" in changed(run)
    assert "torch" not in fingerprint()


def test_a_run_of_an_earlier_version_is_known_from_now_on(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = run.read_manifest()
    del manifest["fingerprint"]
    (run.path / "manifest.json").write_text(json.dumps(manifest))
    assert recorded(run, 0) is None
    assert changed(run) == ""
    capsys.readouterr()
    assert resume(run.path, "--generations", "2") == 0
    assert capsys.readouterr().err == ""
    assert continuations(run) == [(1, own_fingerprint())]
    assert recorded(run, 0) is None
    assert main(["replay", str(run.path)]) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"fingerprint": None},
        {"fingerprint": ["numba"]},
        {"continuations": 3},
        {"continuations": [{"generation": 1}]},
        {"continuations": [{"generation": "x", "fingerprint": {}}]},
    ],
)
def test_a_damaged_record_is_one_line(
    run: RunFolder, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run.update_manifest(**changes)
    with pytest.raises(InputError, match=r"fingerprints in the manifest of .*; restore manifest"):
        recorded(run, 0)
    capsys.readouterr()
    assert resume(run.path, "--generations", "2") == 2
    assert capsys.readouterr().err.count("\n") == 1


class Mixed(InProcess):
    """A backend one of whose workers computes otherwise, from its second evaluation on."""

    evaluated = 0

    @property
    def others(self) -> Sequence[Fingerprint]:
        return [fingerprint() | {"numba": "0.0.1"}] if self.evaluated > 1 else []

    def evaluate(self, jobs: Any) -> Any:
        self.evaluated += 1
        return super().evaluate(jobs)


@pytest.mark.parametrize("generations", [1, 2, 3])
def test_workers_that_compute_otherwise_are_recorded_once(tmp_path: Path, generations: int) -> None:
    search = dataclasses.replace(CARTPOLE.search, popsize=4)
    config = dataclasses.replace(
        CARTPOLE, network=FeedForward(hidden=(3,)), search=search, generations=generations
    )
    run = RunFolder.create(tmp_path / "run", config)
    for total in (generations, generations + 1):
        run.extend(total)
        run_evolution(run, Mixed(config.setup(), threads=1))
    expected = [fingerprint() | {"numba": "0.0.1"}] if generations > 1 else None
    assert run.read_manifest().get("other_workers") == expected
    told = "--allow-heterogeneous" if expected else "a file was changed"
    assert told in cause(run, 0)
