"""A run whose environment was changed meanwhile says so when somebody lives in it again."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from odd_envs import Plain
from small_runs import QUIET, TINY, metrics, resume

from metahebb.cli import main
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.world import changes, world_of
from metahebb.tasks import GymTask

LIVES = {
    "resume": ("--generations", "3", *QUIET),
    "evaluate": ("--lives", "2"),
    "verify": ("--candidates", "2"),
    "probe": ("--lives", "2", "--probe", "freeze:at=1"),
    "rules": ("--lives", "2"),
    "film": (),
}
"""Commands of lives in the world of a run."""


class Maze(Plain):
    """An environment that would read a file."""


gymnasium.register(id="Maze-v0", entry_point=f"{__name__}:Maze")


@pytest.fixture
def maze(tmp_path: Path) -> Path:
    """Return a file of a user's that an environment is made with."""
    file = tmp_path / "maze.xml"
    file.write_text("<walls/>")
    return file


@pytest.fixture
def run(maze: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a run of two generations in a world with a file."""
    flags = ("--task.variants", f"level={maze}", "--out", str(tmp_path / "run"))
    assert main(["evolve", "--env", "Maze-v0", *TINY, "--generations", "2", *flags]) == 0
    capsys.readouterr()
    return tmp_path / "run"


def kept(run: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    return manifest


@pytest.mark.parametrize("command", LIVES)
def test_an_edited_file_is_told_of_in_one_line(
    run: Path, maze: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    maze.write_text("<walls height='2'/>")
    assert main([command, str(run), *LIVES[command]]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "world" in line]
    assert len(lines) == 1
    old, new = kept(run)["world"][str(maze)], world_of(RunFolder.open(run).config)[str(maze)]
    assert f"{maze} {old[:19]}… then and {new[:19]}… now" in lines[0]


@pytest.mark.parametrize("command", LIVES)
def test_nothing_is_said_where_nothing_changed(
    run: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, str(run), *LIVES[command]]) == 0
    assert "metahebb:" not in capsys.readouterr().err
    assert "continuations" not in kept(run)


def test_evolve_again_tells_of_it_too(
    run: Path, maze: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maze.unlink()
    flags = ("--task.variants", f"level={maze}", "--out", str(run), "--resume")
    assert main(["evolve", "--env", "Maze-v0", *TINY, "--generations", "3", *flags]) == 0
    assert "… then and absent now)" in capsys.readouterr().err


def test_the_manifest_says_which_generations_lived_in_what(run: Path, maze: Path) -> None:
    maze.write_text("another")
    assert resume(run, "--generations", "3") == 0
    assert resume(run, "--generations", "4") == 0
    (entry,) = kept(run)["continuations"]
    assert entry["generation"] == 2
    assert entry["world"] == world_of(RunFolder.open(run).config)
    assert len(metrics(run)) == 4


def test_a_run_of_an_earlier_version_goes_on_and_nothing_is_said(
    run: Path, maze: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = kept(run)
    del manifest["world"]
    (run / "manifest.json").write_text(json.dumps(manifest))
    maze.write_text("another")
    assert resume(run, "--generations", "3") == 0
    assert capsys.readouterr().err == ""


def test_files_that_variants_name_count_and_other_words_do_not(maze: Path) -> None:
    other = maze.with_name("other.xml")
    other.write_text("<walls/>")
    common = {"mode": "hard", "walls": str(other), "speed": 3}
    task = GymTask("Maze-v0", common, (f"level={maze}+speed=2", "level=none"))
    assert world_of(RunConfig(task)).keys() == {str(maze), str(other), __name__}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder where a package named grids is installed."""
    folder = tmp_path / "site"
    (folder / "grids").mkdir(parents=True)
    (folder / "grids" / "__init__.py").write_text(
        "import gymnasium\ngymnasium.register(id='Grid-v3', entry_point='grids.env:Grid')\n"
    )
    (folder / "grids" / "env.py").write_text("from odd_envs import Plain as Grid\n")
    install(folder, "1.0")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in ("grids", "grids.env"):
        sys.modules.pop(name, None)
    gymnasium.registry.pop("Grid-v3", None)


def install(folder: Path, version: str) -> None:
    """Say that the package in ``folder`` is of a version."""
    for old in folder.glob("*.dist-info"):
        shutil.rmtree(old)
    about = folder / f"the_grids-{version}.dist-info"
    about.mkdir()
    text = f"Metadata-Version: 2.1\nName: the-grids\nVersion: {version}\n"
    (about / "METADATA").write_text(text)
    (about / "top_level.txt").write_text("grids\n")
    importlib.invalidate_caches()


@pytest.mark.filterwarnings("ignore:.*Using the latest versioned environment")
@pytest.mark.parametrize("env_id", ["grids:Grid-v3", "grids:Grid"])
def test_another_version_of_the_environments_package(package: Path, env_id: str) -> None:
    config = RunConfig(GymTask(env_id))
    began = world_of(config)
    assert began == {"the-grids": "1.0"}
    install(package, "2.0")
    assert changes(began, world_of(config)) == "the-grids 1.0 then and 2.0 now"


def test_worlds_of_our_own_and_of_gymnasium_are_in_the_versions_already() -> None:
    assert world_of(RunConfig()) == {}
    assert world_of(RunConfig(GymTask("CartPole-v1"))) == {}


OWN_FILE = """
from odd_envs import Plain

class Mine(Plain):
    '''An environment in a file of its own.'''
"""


def test_an_edited_file_of_ones_own_environment_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, run = tmp_path / "own_maze.py", tmp_path / "run"
    file.write_text(OWN_FILE)
    flags = ("--generations", "2", "--out", str(run))
    assert main(["evolve", "--env", f"{file}:Mine", *TINY, *flags]) == 0
    file.write_text(OWN_FILE + "\n# edited\n")
    capsys.readouterr()
    assert resume(run, "--generations", "3") == 0
    said = capsys.readouterr().err
    assert "the world of" in said
    assert f"{file} sha256:" in said
