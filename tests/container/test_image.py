"""The Dockerfile's steps, run for real: what comes of them, and what it does for user 1000."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from engine import BASE, IMAGE, ROOT, Engine

import metahebb

pytestmark = [pytest.mark.container, pytest.mark.timeout(3000)]

MOST_BYTES = 3e9


def test_the_image_is_small_enough(engine: Engine, figure: Callable[[str], None]) -> None:
    (image,) = json.loads(engine.podman("image", "inspect", IMAGE))
    figure(f"image: {image['Size'] / 1e9:.2f} GB")
    assert image["Size"] < MOST_BYTES
    assert image["Labels"]["org.opencontainers.image.version"] == metahebb.__version__


def test_it_stands_on_the_python_that_the_dockerfile_names(engine: Engine) -> None:
    wanted = BASE.search((ROOT / "Dockerfile").read_text())["python"]
    said = engine.run("--version", options=("--entrypoint=python",))
    assert said.startswith(f"Python {wanted}.")


def test_nobody_is_root_in_it_nor_can_change_what_runs(engine: Engine) -> None:
    script = "id --user; pwd; touch /opt/metahebb/x 2> /dev/null || echo refused"
    said = engine.run("-c", script, options=("--entrypoint=sh",))
    assert said.split() == ["1000", "/work", "refused"]


def test_the_doctor_is_content(engine: Engine, figure: Callable[[str], None]) -> None:
    lines = engine.run("doctor").splitlines()
    figure("\n".join(lines[-2:]))
    assert [line for line in lines if "FAILED" in line or "MISSING" in line] == []
    assert lines[-1].split() == ["rendering", "MuJoCo", "with", "egl"]


def test_a_generation_is_evolved_into_the_mounted_folder(
    engine: Engine, runs: Path, figure: Callable[[str], None]
) -> None:
    said = engine.run(
        "evolve", "ant-quick", "--generations", 1, options=(f"--volume={runs}:/work/runs",)
    )
    figure(said.strip().splitlines()[-1])
    (run,) = runs.iterdir()
    (line,) = (run / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line)["generation"] == 0
    for name in ("report.html", "film.gif"):
        assert (run / name).stat().st_uid == 1000
