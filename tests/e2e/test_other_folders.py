"""Code of a user's may leave the folder that a command was given in: every path still means there.

Nothing is written, overwritten or removed in the folder that an environment goes to.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from odd_envs import Plain
from small_runs import TINY, Said, evolve, files

from metahebb.cli import main
from metahebb.paths import absolute, from_here
from metahebb.runs.folder import RunFolder

GOES, FAILS = "odd_envs:GoesElsewhere-v0", "odd_envs:GoesElsewhereAndFails-v0"
RULE = """
from metahebb.plasticity import rule
import os
os.chdir(os.environ["ELSEWHERE"])

@rule
def mine(pre, post, /, eta):
    return eta * pre * post
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give commands in a folder beside the one that environments go to."""
    for name in ("here", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("ELSEWHERE", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def elsewhere(here: Path) -> Path:
    """Return the folder that environments go to, with a file in a folder called run."""
    folder = here.with_name("elsewhere")
    (folder / "run").mkdir()
    (folder / "run" / "thesis.txt").write_text("two years of work")
    return folder


def live(env_id: str, *flags: str) -> int:
    """Evolve one generation in an environment, into ``run`` as seen from the working directory."""
    return main(["evolve", "--env", env_id, *TINY, "--generations", "1", "--out", "run", *flags])


def test_a_run_that_fails_removes_nothing_where_its_environment_went(
    here: Path, elsewhere: Path, said: Said
) -> None:
    assert live(FAILS, "--tensorboard") == 2
    said("the simulator has no licence")
    assert Path.cwd() == elsewhere
    assert files(elsewhere) == {"run/thesis.txt": b"two years of work"}
    assert list(here.iterdir()) == []


def test_a_run_is_written_where_its_command_was_given(
    here: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert live(GOES, "--finish", "--tensorboard") == 0
    assert Path.cwd() == elsewhere
    assert capsys.readouterr().out == f"{here / 'run'}\n"
    assert files(elsewhere) == {"run/thesis.txt": b"two years of work"}
    written = {name.split("/")[0] for name in files(here / "run")}
    assert {"config.json", "journal", "report.html", "film.gif", "tensorboard"} <= written
    assert "metahebb resume run " in (here / "run" / "report.html").read_text()


def test_a_run_of_the_same_name_elsewhere_stays_as_it_is(
    here: Path, elsewhere: Path, kept: Path
) -> None:
    shutil.rmtree(elsewhere / "run")
    shutil.copytree(kept, elsewhere / "run")
    before = files(elsewhere)
    assert live(GOES) == 0
    assert files(elsewhere) == before


@pytest.mark.parametrize(
    "command",
    [
        ("resume", "run", "--generations", "2", *TINY[-3:]),
        ("evaluate", "run", "--lives", "2"),
        ("verify", "run", "--candidates", "2"),
        ("probe", "run", "--lives", "2", "--probe", "freeze:at=1"),
        ("rules", "run", "--lives", "2"),
        ("film", "run", "--beside", "other"),
        ("report", "run"),
    ],
)
def test_a_command_on_a_run_stays_with_the_folder_that_it_named(
    here: Path, elsewhere: Path, command: tuple[str, ...]
) -> None:
    assert live(GOES) == 0
    os.chdir(here)
    shutil.copytree(here / "run", here / "other")
    before = files(here)
    assert main(list(command)) == 0
    assert Path.cwd() == elsewhere
    assert files(elsewhere) == {"run/thesis.txt": b"two years of work"}
    assert command[0] == "verify" or files(here) != before


def test_a_file_of_rules_that_goes_elsewhere(here: Path, elsewhere: Path) -> None:
    (here / "rules.py").write_text(RULE)
    flags = ("--rule", "rules.py:mine", "--schedule", "0:5")
    assert evolve(Path("run"), *flags, generations=1) == 0
    assert Path.cwd() == elsewhere
    assert RunFolder.is_there(here / "run")
    assert files(elsewhere) == {"run/thesis.txt": b"two years of work"}


def test_a_cache_of_kernels_that_is_named_relatively(
    here: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METAHEBB_CACHE", "cache")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["mine", "/abs"]))
    with from_here():
        os.chdir(elsewhere)
        assert os.environ["METAHEBB_CACHE"] == str(here / "cache")
        assert os.environ["PYTHONPATH"] == os.pathsep.join([str(here / "mine"), "/abs"])
        with from_here():
            assert absolute("run") == here / "run"
    assert absolute("run") == elsewhere / "run"


class LeavesNothing(Plain):
    """An environment that works in a folder of its own, and removes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)


gymnasium.register(id="LeavesNothing-v0", entry_point=f"{__name__}:LeavesNothing")


def test_an_environment_that_leaves_no_working_directory(here: Path, elsewhere: Path) -> None:
    assert live("LeavesNothing-v0", "--finish") == 0
    assert {"report.html", "film.gif"} <= files(here / "run").keys()
    os.chdir(here)
    assert main(["replay", "run"]) == 0


def test_a_working_directory_that_was_removed(
    here: Path, tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    here.rmdir()
    assert evolve(Path("run"), generations=1) == 2
    said("a working directory to which run is relative", "give absolute paths")
    os.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    os.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    assert evolve(tmp_path / "run", generations=1) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'run'}\n"


def test_a_folder_of_the_users_stays_when_its_run_is_discarded(here: Path) -> None:
    (here / "run").mkdir()
    assert live(FAILS) == 2
    assert list((here / "run").iterdir()) == []


def writes_and_fails(self: Plain, action: Any) -> Any:
    Path(os.environ["ELSEWHERE"]).with_name("here").joinpath("run", "log.txt").write_text("mine")
    raise ValueError("out of fuel")


class Writes(Plain):
    """An environment that keeps a file of its own in the run folder."""

    step = writes_and_fails


gymnasium.register(id="Writes-v0", entry_point=f"{__name__}:Writes")


def test_a_discarded_run_leaves_the_files_of_others(here: Path) -> None:
    assert live("Writes-v0", "--tensorboard") == 2
    assert files(here) == {"run/log.txt": b"mine"}
