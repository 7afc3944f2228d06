"""Settings that all tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from small_runs import Said, centers, evolve

from metahebb.evolution.backends.environment import prepare_environment

# This has to come before any test imports evotorch, which imports Ray.
prepare_environment()

# Each run tries the same examples, so that all runs show a failure or none. There is no deadline,
# because the first example of a kernel waits for its compilation.
settings.register_profile("metahebb", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("metahebb")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a check that one line with given parts was printed, on stderr."""

    def check(*parts: str) -> None:
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("metahebb: expected ")
        assert printed.err.count("\n") == 1
        assert [part for part in parts if part not in printed.err] == []

    return check


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of four generations, with its last three checkpoints; tests work on copies."""
    from metahebb.runs import evolve as runs_evolve

    path = tmp_path_factory.mktemp("kept") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
        assert evolve(path, generations=4) == 0
    return path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the centers of a run of six generations that nothing has interrupted."""
    path = tmp_path_factory.mktemp("whole") / "run"
    assert evolve(path, generations=6) == 0
    return centers(path)


@pytest.fixture
def run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a copy of the run `kept`, which a test may change."""
    shutil.copytree(kept, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"
