"""``--env FILE.py:NAME`` and ``--env MODULE:ID``: environments in files of the user's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from small_runs import TINY, Said, centers

from metahebb import own_files
from metahebb.cli import main
from metahebb.runs.folder import RunFolder
from metahebb.tasks.gym import adapter as gym_adapter

MINE = """
import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import register


class Mine(gym.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}
    observation_space = spaces.Box(-1, 1, (3,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None, pull=1.0):
        self.render_mode, self.pull = render_mode, pull

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return self.observe(), {}

    def observe(self):
        return self.np_random.uniform(-1, 1, 3).astype(np.float32)

    def step(self, action):
        self.age += 1
        return self.observe(), self.pull * int(action), self.age >= 9, False, {}

    def render(self):
        return np.full((32, 48, 3), 8 * self.age, np.uint8)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the current folder, whose modules are forgotten afterwards."""
    modules, ids = set(sys.modules), set(gymnasium.registry)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - modules:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]
    for env_id in set(gymnasium.registry) - ids:
        del gymnasium.registry[env_id]
    own_files.import_file.cache_clear()
    gym_adapter._facts.cache_clear()


def evolve(env_id: str, run: Path | str, *flags: str) -> int:
    options = ("--env", env_id, "--generations", "2", "--out", str(run))
    return main(["evolve", *options, *TINY, *flags])


def test_a_class_in_a_file_lives_on_wherever_one_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "my_env.py").write_text(MINE)
    assert evolve("my_env.py:Mine", "run", "--task.env-kwargs", "pull", "2") == 0
    task = RunFolder.open(folder / "run").config.task
    assert (task.env_id, task.env_kwargs) == (f"{folder}/my_env.py:Mine", {"pull": 2})
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    run = folder / "run"
    assert main(["resume", str(run), "--generations", "3", "--no-finish", "--quiet"]) == 0
    assert main(["evaluate", str(run), "--lives", "2", "--threads", "1"]) == 0
    assert json.loads((run / "evaluation.json").read_text())["bodies"]["default"]["mean"] <= 18
    assert main(["film", str(run)]) == 0
    assert (run / "film.gif").stat().st_size > 0
    assert evolve("../my_env.py:Mine", "again", "--task.env-kwargs", "pull", "2") == 0
    assert centers(Path("again")) == centers(run)[:2]


def test_a_module_beside_one_is_found_with_what_it_imports(folder: Path) -> None:
    register = 'register("Ours-v0", entry_point="our_env:Mine", max_episode_steps=5)\n'
    (folder / "our_physics.py").write_text("PULL = 3.0\n")
    text = MINE.replace("pull=1.0", "pull=our_physics.PULL") + register
    (folder / "our_env.py").write_text("import our_physics\n" + text)
    assert evolve("our_env:Ours-v0", "run") == 0
    config = RunFolder.open(folder / "run").config
    assert config.task.env_id == f"{folder}/our_env.py:Ours-v0"
    assert config.stages[0].max_steps == 5
    for env_id in ("our_env.py:Ours-v0", "our_env:Ours-v0"):
        assert evolve(env_id, "run", "--resume") == 0  # the same config


def test_a_package_beside_one_is_found(folder: Path) -> None:
    package = folder / "their_envs"
    package.mkdir()
    (package / "one.py").write_text(MINE)
    (package / "__init__.py").write_text("from .one import Mine\n")
    assert evolve("their_envs:Mine", "run") == 0
    task = RunFolder.open(folder / "run").config.task
    assert task.env_id == f"{package}/__init__.py:Mine"


def test_a_function_may_wrap_an_environment(folder: Path) -> None:
    lines = (
        "import gymnasium",
        "def scaled(**options):",
        "    env = gymnasium.make('Pendulum-v1', max_episode_steps=7, **options)",
        "    return gymnasium.wrappers.RescaleAction(env, -1, 1)",
    )
    (folder / "wrapped.py").write_text("\n".join(lines))
    assert evolve("wrapped.py:scaled", "run", "--task.env-kwargs", "g", "5") == 0
    assert RunFolder.open(folder / "run").config.stages[0].max_steps == 7
    assert evolve("wrapped.py:scaled", "run", "--task.env-kwargs", "g", "5", "--resume") == 0


@pytest.mark.parametrize("name", ["random.py", "my-env.py"])
def test_a_file_may_have_any_name(name: str, folder: Path) -> None:
    (folder / name).write_text(MINE)
    assert evolve(f"{name}:Mine", "run") == 0
    import random

    assert not hasattr(random, "Mine")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("\ndef f(:\n", ("SyntaxError", "bad_env.py:2)", "mend it")),
        ("import no_such_module\n", ("No module named 'no_such_module' (", "bad_env.py:1)")),
        ("\n\n1 / 0\n", ("ZeroDivisionError", "bad_env.py:3)")),
        ("import sys\nsys.exit(3)\n", ("SystemExit: 3 (", "bad_env.py:2)")),
        ("assert False\n", ("got AssertionError (", "bad_env.py:1)")),
        (MINE.replace("Mine", "Mina"), ("a class or id of", "did you mean 'Mina'?")),
        ("class Mine: pass\n", ("expected a gymnasium.Env, got the class Mine",)),
        ("Mine = 3\n", ("an environment in ", "got none")),
        (
            MINE.replace(
                "        self.render_mode,", "        raise SystemExit(2)\n        self.r,"
            ),
            ("SystemExit: 2 (", "bad_env.py:14)"),
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(
    text: str, parts: tuple[str, ...], folder: Path, said: Said
) -> None:
    (folder / "bad_env.py").write_text(text)
    assert evolve("bad_env.py:Mine", "run") == 2
    said(*parts)
    assert not (folder / "run").exists()


@pytest.mark.parametrize(
    ("env_id", "part"),
    [
        ("no_env.py:Mine", "no_env.py, got none"),
        ("no_env.py", "expected FILE.py:NAME, got 'no_env.py'"),
        ("no_env:Mine-v0", "or name the file: FILE.py:NAME"),
    ],
)
def test_a_file_that_is_not_there_is_one_line(
    env_id: str, part: str, folder: Path, said: Said
) -> None:
    assert evolve(env_id, "run") == 2
    said(part)


def test_a_run_says_which_file_brings_it_back(folder: Path, said: Said, capsys) -> None:
    (folder / "lost_env.py").write_text(MINE)
    assert evolve("lost_env.py:Mine", "run") == 0
    (folder / "lost_env.py").unlink()
    own_files.import_file.cache_clear()
    gym_adapter._facts.cache_clear()
    capsys.readouterr()
    assert main(["resume", "run"]) == 2
    said(f"expected the file {folder}/lost_env.py, got none; put it back")


@pytest.mark.ray
@pytest.mark.slow
def test_workers_open_the_file_too(folder: Path) -> None:
    (folder / "far_env.py").write_text(MINE)
    assert evolve("far_env.py:Mine", "run", "--workers", "1") == 0
    assert evolve("far_env.py:Mine", "alone") == 0
    assert centers(Path("run")) == centers(Path("alone"))
