"""A run whose environment is not installed any more can be looked at; nobody lives in it."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from small_runs import QUIET, TINY, Said, files

from metahebb.cli import main
from metahebb.runs.folder import RunFolder
from metahebb.tasks.gym import adapter as gym_adapter

CODE = """
import gymnasium
from odd_envs import Plain

class Grid(Plain):
    pass

gymnasium.register(id="Grid-v0", entry_point="gone_grids:Grid")
"""
VARIANTS = ("--task.variants", "speed=1", "speed=2")


def forget() -> None:
    """Forget all that this process knows of the package."""
    sys.modules.pop("gone_grids", None)
    gymnasium.registry.pop("Grid-v0", None)
    gym_adapter._facts.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a run in an environment that is not installed any more."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "site").mkdir()
    (folder / "site" / "gone_grids.py").write_text(CODE)
    flags = (*TINY, *VARIANTS, "--generations", "2", "--out", str(folder / "run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder / "site")
        assert main(["evolve", "--env", "gone_grids:Grid-v0", *flags]) == 0
    forget()
    yield folder / "run"
    forget()


@pytest.fixture
def run(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a copy of that run, seen by a process that never had the package."""
    shutil.copytree(made, tmp_path / "run")
    gym_adapter._facts.cache_clear()
    capsys.readouterr()
    return tmp_path / "run"


def test_what_needs_no_life_works(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("replay", "rules", "report"):
        assert main([command, str(run)]) == 0
    assert "metahebb:" not in capsys.readouterr().err
    kept = json.loads((run / "rules" / "rules.json").read_text())
    assert kept["clusters"]
    assert kept["shares"] is None
    assert "No module named 'gone_grids'" in kept["shares_left_out"]
    page = (run / "report.html").read_text()
    assert "No module named &#x27;gone_grids&#x27;" in page
    assert "4-3-2" in page


@pytest.mark.parametrize(
    "command",
    [
        ("resume", "--generations", "5", *QUIET),
        ("evaluate", "--lives", "2"),
        ("verify", "--candidates", "2"),
        ("probe", "--lives", "2", "--probe", "freeze:at=1"),
        ("film",),
    ],
)
def test_what_needs_lives_is_refused_in_one_line(
    run: Path, said: Said, command: tuple[str, ...]
) -> None:
    before = files(run)
    name, *flags = command
    assert main([name, str(run), *flags]) == 2
    said("an environment that Gymnasium can make", "No module named 'gone_grids'")
    assert files(run) | {".lock": b""} == before | {".lock": b""}


@pytest.mark.parametrize("kept", [None, 3, {}, {"n_observations": "many"}])
def test_a_run_that_kept_nothing_is_refused_in_one_line(
    run: Path, said: Said, kept: object
) -> None:
    manifest = json.loads((run / "manifest.json").read_text()) | {"task": kept}
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert main(["replay", str(run)]) == 2
    said("an environment that Gymnasium can make", "No module named 'gone_grids'")


def test_facts_that_are_kept_stand_in_for_no_environment_that_is_there(run: Path) -> None:
    made = RunFolder.open(run).config.task
    assert (made.n_observations, made.max_steps, bool(made.absent)) == (4, 1000, True)
    file = run / "config.json"
    file.write_text(file.read_text().replace("gone_grids:Grid-v0", "odd_envs:TooLong-v0"))
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["config_sha256"]
    manifest["task"]["n_observations"] = 7
    (run / "manifest.json").write_text(json.dumps(manifest))
    there = RunFolder.open(run).config.task
    assert (there.n_observations, there.absent) == (4, "")
