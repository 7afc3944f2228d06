"""Nothing is printed about folders of a display by environments that draw while they live."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from metahebb.tasks import GymTask
from metahebb.tasks.gym.display import NAME

HIDDEN = (NAME, "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")

LIVES_BY_PICTURES = """
import gymnasium, numpy as np
from metahebb.tasks import GymTask

class Seeing(gymnasium.ObservationWrapper):
    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(0, 255, (8,), np.float32)
    def observation(self, observation):
        return self.env.render()[300, 37::75, 0].astype(np.float32)

def make(**_):
    return Seeing(gymnasium.make("CartPole-v1", render_mode="rgb_array"))

gymnasium.register("Seeing-v0", make)
lanes = GymTask("Seeing-v0").lanes(1)
lanes.reset(np.array([0]), [1], np.array([0]))
lanes.close()
"""


def test_an_environment_that_draws_while_it_lives_prints_nothing() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", LIVES_BY_PICTURES],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr == ""


def test_the_folder_is_there_until_the_last_lanes_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    one, two = (GymTask("CartPole-v1").lanes(1) for _ in range(2))
    folder = Path(os.environ[NAME])
    assert folder.stat().st_mode & 0o777 == 0o700
    one.close()
    one.close()
    assert os.environ[NAME] == str(folder)
    two.close()
    assert NAME not in os.environ
    assert not folder.exists()


def test_a_folder_of_the_user_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(NAME, str(tmp_path))
    GymTask("CartPole-v1").lanes(1).close()
    assert os.environ[NAME] == str(tmp_path)
    assert tmp_path.exists()


def test_lanes_that_nobody_closes_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    lanes = GymTask("CartPole-v1").lanes(1)
    assert NAME in os.environ
    del lanes
    assert NAME not in os.environ
