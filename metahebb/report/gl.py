"""Frames rendered by MuJoCo with GL, in a process of their own.

MuJoCo reads ``MUJOCO_GL`` once, when it first makes a context, and a broken GL installation can
crash or hang. A process of its own lets us choose, whatever this one has imported, and survives.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.report.camera import View
from metahebb.tasks.gym.display import runtime_folder

if TYPE_CHECKING:
    import mujoco

Points = npt.NDArray[np.float64]

BACKENDS = ("egl", "osmesa")
"""Ways to GL that need no display, as ``MUJOCO_GL`` names them, in the order of preference."""
TIMEOUT = 60.0
"""Seconds that one of them gets; a hundred frames take 4 to 8 s in software."""


def gl_frames(
    model: mujoco.MjModel, qpos: Points, lookat: Points, view: View
) -> tuple[str, list[npt.NDArray[np.uint8]]]:
    """Return the backend that worked, and pictures ``(height, width, 3)`` of each position.

    Args:
        model: the body.
        qpos: ``(n, nq)`` positions, one row per frame.
        lookat: ``(n, 3)`` the point that the camera looks at in each frame.
        view: the camera.

    Raises:
        InputError: where none works.
    """
    import mujoco

    failures = []
    with tempfile.TemporaryDirectory(prefix="metahebb-film-") as name:
        folder = Path(name)
        mujoco.mj_saveModel(model, str(folder / "model.mjb"), None)
        np.savez(folder / "scenes.npz", qpos=qpos, lookat=lookat, view=astuple(view))
        for backend in BACKENDS:
            failure = _draw(folder, backend)
            if failure is None:
                return backend, list(np.load(folder / "frames.npy"))
            failures.append(f"{backend}: {failure}")
    raise InputError(
        f"expected a working GL, got {'; '.join(failures)} (film); install libegl1 or libosmesa6, "
        "or choose the renderer 'drawn'"
    )


def gl_backend() -> str | None:
    """Return the backend with which films are rendered on this machine; None if none works."""
    import mujoco

    model = mujoco.MjModel.from_xml_string("<mujoco/>")
    scene = (model, np.zeros((1, 0)), np.zeros((1, 3)), View(90, -20, 1, 0))
    try:
        return gl_frames(*scene)[0]
    except InputError:
        return None


@contextlib.contextmanager
def without_display(uses_mujoco: bool) -> Iterator[str]:
    """Let a Gymnasium environment draw itself on a machine without a display, inside the block.

    The environment variables that it reads when it first draws are set for the block, unless the
    user has set them: a folder for SDL, with which most environments draw, and the way to GL.

    Args:
        uses_mujoco: whether Gymnasium's renderer of MuJoCo draws it. That renderer tries ways to GL
            of its own, and need not come upon the one that works.

    Yields:
        What to do if the environment cannot draw itself.
    """
    advice = "mend its render() or its arguments, or do without a film"
    ours: dict[str, str] = {}
    with runtime_folder():
        if uses_mujoco and "MUJOCO_GL" in os.environ:
            advice = (
                f"without MUJOCO_GL, which is {os.environ['MUJOCO_GL']!r}, the way to GL is taken "
                "that 'metahebb doctor' names"
            )
        elif uses_mujoco:
            backend = gl_backend()
            if backend is None:
                advice = "install libegl1 or libosmesa6"
            else:
                ours["MUJOCO_GL"] = backend
        os.environ.update(ours)
        try:
            yield advice
        finally:
            for name in ours:
                os.environ.pop(name, None)


def _draw(folder: Path, backend: str) -> str | None:
    """Draw into ``folder`` in a new process; return what went wrong."""
    env = {**os.environ, "MUJOCO_GL": backend, "PYOPENGL_PLATFORM": backend}
    env.pop("DISPLAY", None)  # neither backend needs one, and a dead one can block
    command = [sys.executable, "-m", "metahebb.report._gl_child", str(folder)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"no frames within {TIMEOUT:.0f} s"
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
