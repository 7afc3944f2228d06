"""Films of one life, with GL, without, and of environments that draw themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from report_runs import ant, make_run

from metahebb.errors import InputError, StorageError
from metahebb.report import gl
from metahebb.report.camera import SIZE, VIEWS
from metahebb.report.film import film
from metahebb.tasks import GymTask
from metahebb.tasks.locomotion.damage import compiled

pytestmark = pytest.mark.render


def seconds_of(path: Path) -> list[float]:
    """Return how long each frame stays; a GIF joins frames that do not differ."""
    with Image.open(path) as gif:
        stays = []
        for i in range(gif.n_frames):
            gif.seek(i)
            stays.append(gif.info["duration"] / 1000)
    return stays


def frame_of(path: Path, number: int) -> np.ndarray:
    with Image.open(path) as gif:
        gif.seek(number)
        return np.asarray(gif.convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def needs_gl() -> None:
    if gl.gl_backend() is None:
        pytest.skip("no GL on this machine")


def test_a_drawn_film_plays_at_the_pace_of_life(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=120)
    path = film(run, renderer="drawn")
    assert path == run.path / "film.gif"
    stays = seconds_of(path)
    assert len(stays) == 100
    assert sum(stays[:-1]) == pytest.approx(0.05 * 120, rel=0.05)
    frame, later = frame_of(path, 0), frame_of(path, 60)
    assert frame.shape == (SIZE[1] + 26, SIZE[0], 3)
    assert (frame != later).any(-1)[: SIZE[1]].sum() > 2000  # body and ground move
    assert (frame != later).any(-1)[SIZE[1] :, SIZE[0] // 2 :].any()  # and metres and seconds


def test_a_long_life_plays_faster_and_says_so(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=90)
    path = film(run, tmp_path / "fast.gif", frames=10, renderer="drawn")
    stays = seconds_of(path)
    assert len(stays) == 10
    assert stays[0] == pytest.approx(0.15)  # lived: 0.45 s
    slow = frame_of(film(run, tmp_path / "slow.gif", frames=90, renderer="drawn"), 0)
    caption = slice(SIZE[1], None)
    assert (frame_of(path, 0)[caption] > 200).sum() > 1.3 * (slow[caption] > 200).sum()


def test_without_gl_the_film_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ant(tmp_path / "run", max_steps=12)
    drawn = film(run, tmp_path / "drawn.gif", renderer="drawn").read_bytes()
    monkeypatch.setattr(gl, "BACKENDS", ("nonsense",))
    assert film(run, tmp_path / "auto.gif").read_bytes() == drawn
    assert gl.gl_backend() is None
    with pytest.raises(InputError, match=r"working GL, got nonsense: .*MUJOCO_GL.*libegl1"):
        film(run, tmp_path / "gl.gif", renderer="gl")
    assert not (tmp_path / "gl.gif").exists()


def test_a_gl_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "TIMEOUT", 0.01)
    with pytest.raises(InputError, match="egl: no frames within 0 s"):
        film(ant(tmp_path / "run", max_steps=5), renderer="gl")


@pytest.mark.usefixtures("needs_gl")
def test_gl_and_drawn_frames_show_the_same_scene() -> None:
    model = compiled("ant", "intact", "implicitfast")
    qpos = model.qpos0.copy()
    qpos[:2] = 3.0, 1.0
    view = VIEWS["ant"]
    lookat = np.array([3.0, 1.0, view.height])
    _, (frame,) = gl.gl_frames(model, qpos[None], lookat[None], view)
    assert frame.shape == (SIZE[1], SIZE[0], 3)
    (column, row), _ = view.project(np.array([3.6, 0.4, 0.75]), lookat)  # an ankle
    red, _, blue = frame[int(row), int(column)].astype(int)
    assert red > blue + 40  # the ant's tan, on a floor of gray and green
    (column, row), _ = view.project(np.array([3.6, 1.0, 0.75]), lookat)  # between two legs
    red, _, blue = frame[int(row), int(column)].astype(int)
    assert red < blue + 40


@pytest.mark.usefixtures("needs_gl")
def test_gl_works_after_physics_without_display(tmp_path: Path) -> None:
    """MuJoCo settles on a way to GL once; physics has it imported long before a film."""
    run = ant(tmp_path / "run", max_steps=10)
    program = (
        "import mujoco, sys\n"
        "from metahebb.report.film import film\n"
        "from metahebb.runs.folder import RunFolder\n"
        "film(RunFolder.open(sys.argv[1]), renderer='gl')\n"
        "assert 'matplotlib' not in sys.modules, 'a film needs no figures'\n"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "PYOPENGL_PLATFORM")}
    env.pop("DISPLAY", None)
    done = subprocess.run(
        [sys.executable, "-c", program, str(run.path)],
        env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(seconds_of(run.path / "film.gif")) == 11  # also the state after the last step


def test_an_environment_draws_itself(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"), max_steps=30)
    path = film(run, frames=5)
    frame = frame_of(path, 0)
    assert frame.shape[1] == SIZE[0]
    assert len(seconds_of(path)) <= 5
    assert (frame[:240] < 40).all(-1).sum() > 200  # the black cart


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    with pytest.raises(InputError, match="expected at least 2 frames, got 1"):
        film(run, frames=1)
    with pytest.raises(InputError, match="did you mean 'drawn'"):
        film(run, renderer="draw")  # type: ignore[arg-type]
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        film(run, tmp_path / "file" / "film.gif", frames=2, renderer="drawn")
    assert not (run.path / "film.gif").exists()
