"""Unstable physics: one line, no flood, no file that MuJoCo leaves behind."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import mujoco
import numpy as np
import pytest

from metahebb.tasks import GymTask, Locomotion, unstable


@pytest.fixture(autouse=True)
def _nobody_has_been_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(None)
    yield
    mujoco.set_mju_user_warning(before)


def hopper_that_breaks(folder: Path) -> str:
    """Return a model file whose step is far too long, with a plus in its name."""
    theirs = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / "hopper.xml"
    file = folder / "a+b.xml"
    text = theirs.read_text()
    assert 'timestep="0.002"' in text
    file.write_text(text.replace('timestep="0.002"', 'timestep="1"'))
    return str(file)


def live(task: GymTask | Locomotion, push: float = 0.0) -> None:
    lanes, both = task.lanes(2), np.arange(2)
    for seed in range(3):
        lanes.reset(both, [seed, seed], np.zeros(2, np.intp))
        for _ in range(20):
            if push:
                lanes.push(both, push, 0.0)
            lanes.step(np.ones((2, task.n_outputs), np.float32), both)


def test_a_gymnasium_environment_says_it_once(tmp_path: Path, caplog, capfd) -> None:
    file = hopper_that_breaks(tmp_path)
    escaped = file.replace("+", "++")
    live(GymTask("Hopper-v5", variants=(f"xml_file={escaped}+terminate_when_unhealthy=false",)))
    (record,) = caplog.records
    assert "The simulation is unstable" in record.getMessage()
    assert capfd.readouterr() == ("", "")
    assert [each.name for each in tmp_path.iterdir()] == ["a+b.xml"]


def test_locomotion_says_it_once(tmp_path: Path, caplog, capfd) -> None:
    live(Locomotion("hopper", ending="none"), push=1e11)
    assert ["is unstable" in record.getMessage() for record in caplog.records] == [True]
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_a_handler_of_the_users_own_stays() -> None:
    mine = [].append
    mujoco.set_mju_user_warning(mine)
    unstable.quieten_mujoco()
    assert mujoco.get_mju_user_warning() is mine
