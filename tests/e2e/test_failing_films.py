"""Films of environments that draw themselves in odd ways, or not at all: none costs a report."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import odd_envs
import pytest
from PIL import Image
from report_runs import make_run

from metahebb.api import evolving
from metahebb.cli import main
from metahebb.errors import InputError, MetahebbError
from metahebb.report import film as report_film
from metahebb.report import gl, page
from metahebb.report.camera import SIZE
from metahebb.report.film import film
from metahebb.report.page import report
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask

pytestmark = pytest.mark.render

numbers = itertools.count()


def drawn_by(render: Callable[[Any], Any], **members: Any) -> GymTask:
    """Return a task whose environment draws itself with ``render``."""
    name = f"Draws{next(numbers)}"
    odd_envs.env(name, render=render, **members)
    return GymTask(f"odd_envs:{name}-v0")


def run_of(folder: Path, render: Callable[[Any], Any], **members: Any) -> RunFolder:
    return make_run(folder / "run", drawn_by(render, **members), max_steps=20)


def colors(path: Path, frame: int = 0) -> np.ndarray:
    """Return the picture of a frame, without its caption."""
    with Image.open(path) as gif:
        gif.seek(frame)
        return np.asarray(gif.convert("RGB")).astype(int)[:-26]


def raises(error: BaseException) -> Callable[..., Any]:
    def render(*given: Any) -> Any:
        raise error

    return render


BLUE = np.full((40, 60, 3), (20, 40, 200), np.uint8)
GRAY = np.full((40, 60, 3), 120, np.uint8)
DRAWN = {
    "a list of frames": ([GRAY, BLUE], BLUE),
    "a frame in a batch": (BLUE[None], BLUE),
    "floats up to 1": (BLUE / 255, BLUE),
    "floats up to 255": (BLUE.astype(float), BLUE),
    "integers of 64 bits": (BLUE.astype(int), BLUE),
    "alpha": (np.dstack([BLUE, GRAY[..., 0]]), BLUE),
    "gray": (GRAY[..., 0], GRAY),
    "gray with a channel": (GRAY[..., :1], GRAY),
    "black or white": (np.ones((40, 60), bool), np.full((40, 60, 3), 255)),
    "a line": (BLUE[:1].repeat(100, axis=1), BLUE),
    "a column": (BLUE[:, :1], BLUE),
}


@pytest.mark.parametrize("name", DRAWN)
def test_whatever_is_a_picture_is_shown(tmp_path: Path, name: str) -> None:
    drawn, shown = DRAWN[name]
    path = film(run_of(tmp_path, lambda self: drawn), frames=2)
    picture = colors(path)
    middle = picture[picture.shape[0] // 2, SIZE[0] // 2]
    assert np.abs(middle - shown[0, 0]).max() <= 3  # a GIF has a palette
    assert picture.shape[0] <= 1600


def test_an_environment_may_draw_into_one_array_for_ever(tmp_path: Path) -> None:
    canvas = np.zeros((40, 60, 3), np.uint8)

    def render(self: Any) -> Any:
        canvas[:] = 10 * self.age
        return canvas

    path = film(run_of(tmp_path, render), frames=2)
    assert (colors(path, 0) < 5).all()
    assert (colors(path, 1) > 150).all()


def test_frames_that_change_size_are_fitted_into_the_first(tmp_path: Path) -> None:
    path = film(run_of(tmp_path, lambda self: BLUE[: 20 + self.age]), frames=2)
    row = colors(path, 1)[66]
    assert np.abs(row[SIZE[0] // 2] - BLUE[0, 0]).max() <= 3
    assert (row[[2, -2]] == 0).all()  # twice as high as the first, it is half as wide


FAILS = {
    "nothing": (lambda self: None, "TypeError: NoneType in the place of"),
    "no frames": (lambda self: [], "TypeError: list in the place of"),
    "text": (lambda self: "+--+", "TypeError: str in the place of"),
    "channels first": (lambda self: BLUE.T, r"ndarray \(3, 60, 40\) of uint8 in the place of"),
    "no pixels": (lambda self: BLUE[:0], r"a picture \(0, 60, 3\) without pixels"),
    "an error": (raises(OSError("no\nlicence")), "OSError: no licence"),
    "an exit": (raises(SystemExit(3)), "SystemExit: 3"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_is_no_picture_is_named_and_not_blamed_on_gl(tmp_path: Path, name: str) -> None:
    render, reason = FAILS[name]
    with pytest.raises(InputError, match=f"to draw itself, got .*{reason}.*; mend its") as raised:
        film(run_of(tmp_path, render))
    assert "libegl1" not in str(raised.value)
    assert not (tmp_path / "run" / "film.gif").exists()


def evolved(folder: Path, task: GymTask) -> tuple[int, Path]:
    """Evolve one generation, evaluate, film and report; return the exit status and the folder."""
    flags = ("--generations", "1", "--popsize", "4", "--hidden", "3", "--center-lives", "1")
    quiet = ("--no-tensorboard", "--quiet", "--threads", "1", "--out", str(folder / "run"))
    return main(["evolve", "--env", task.env_id, *flags, *quiet]), folder / "run"


@pytest.mark.parametrize("error", [None, ZeroDivisionError("a\nfault"), OSError(28, "full")])
def test_a_film_that_fails_costs_a_line_and_never_the_report(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception | None,
) -> None:
    monkeypatch.setattr(evolving, "FINAL_LIVES", 2)
    if error is not None:  # of our own making, in the place of the environment's
        monkeypatch.setattr(report_film, "film", raises(error))
    status, path = evolved(tmp_path, drawn_by(lambda self: None))
    assert status == 0
    assert "How it wires itself" in (path / "report.html").read_text()
    printed = capsys.readouterr().err
    assert printed.startswith("metahebb: no film: ")
    assert printed.count("\n") == 1


def test_a_film_that_cannot_be_written_leaves_a_report(tmp_path: Path) -> None:
    run = run_of(tmp_path, lambda self: BLUE)
    (run.path / "film.gif").mkdir()
    with pytest.raises(MetahebbError, match=r"expected to write .*film\.gif"):
        film(run, frames=2)
    assert "metahebb film" in report(run).read_text()


def test_a_figure_that_fails_is_left_out_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(page, "coefficients_figure", raises(ValueError("no axis")))
    text = report(run_of(tmp_path, lambda self: BLUE)).read_text()
    assert "This figure could not be drawn: ValueError: no axis" in text
    assert text.count("data:image/png") == 1  # the life's, which has nothing to do with it
    assert "ValueError: no axis" in caplog.text


READ: list[str | None] = []
"""What MUJOCO_GL was whenever an environment drew itself with `without_context`."""


def without_context(self: Any) -> Any:
    READ.append(os.environ.get("MUJOCO_GL"))
    raise RuntimeError("no context")


@pytest.mark.parametrize(
    ("works", "set_to", "read", "advice"),
    [
        ("egl", None, "egl", "mend its"),
        (None, None, None, "install libegl1 or libosmesa6"),
        ("egl", "glfw", "glfw", "without MUJOCO_GL, which is 'glfw'"),
    ],
)
def test_mujoco_is_drawn_with_what_works_unless_the_user_says_otherwise(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    works: str | None,
    set_to: str | None,
    read: str | None,
    advice: str,
) -> None:
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    if set_to is not None:
        monkeypatch.setenv("MUJOCO_GL", set_to)
    monkeypatch.setattr(gl, "gl_backend", lambda: works)
    READ.clear()
    with pytest.raises(InputError, match=f"RuntimeError: no context .*{advice}"):
        film(run_of(tmp_path, without_context, mujoco_renderer=None))
    assert [read] == READ
    assert os.environ.get("MUJOCO_GL") == set_to


def test_gymnasiums_ant_is_filmed_without_a_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if gl.gl_backend() is None:
        pytest.skip("no GL on this machine")
    for name in ("MUJOCO_GL", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = film(make_run(tmp_path / "run", GymTask("Ant-v5"), max_steps=5), frames=2)
    picture = colors(path)
    tan = (picture[..., 0] > picture[..., 2] + 60).mean()
    assert 0.01 < tan < 0.3  # the body, on a floor of black and green


def test_nothing_is_printed_about_folders_of_a_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    film(make_run(tmp_path / "run", GymTask("CartPole-v1"), max_steps=5), frames=2)
    assert capfd.readouterr().err == ""
    assert "XDG_RUNTIME_DIR" not in os.environ
