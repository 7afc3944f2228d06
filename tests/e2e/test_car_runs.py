"""Runs of car racing: the same bits however they are run, on any ground, with films."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from small_runs import CAR, Said, centers, evolve, files, metrics, resume

from metahebb.cli import main
from metahebb.networks import Convolutional
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.folder import RunFolder
from metahebb.tasks import CarRacing


def drive(path: Path, *flags: str, generations: int = 4) -> int:
    return evolve(path, *CAR, *flags, generations=generations, preset="car-racing")


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of four generations; to be looked at, or copied."""
    path = tmp_path_factory.mktemp("runs") / "car"
    assert drive(path) == 0
    return path


@pytest.fixture
def run(car: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    shutil.copytree(car, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"


def test_the_preset_is_the_published_policy(car: Path) -> None:
    config = RunFolder.open(car).config
    assert config.task == CarRacing()
    assert config.network == Convolutional((3,), output="linear")
    assert len(set(centers(car))) == 4
    assert all(record["fitness_std"] > 0 for record in metrics(car))


@pytest.mark.parametrize("flags", [("--threads", "2"), ("--lanes", "1"), ("--lanes", "3")])
def test_neither_threads_nor_lanes_change_a_bit(
    car: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    assert drive(tmp_path / "run", *flags) == 0
    assert centers(tmp_path / "run") == centers(car)


def test_a_resumed_run_is_the_uninterrupted_one(
    car: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_evolve, "CHECKPOINT_EVERY", 1)
    path = tmp_path / "parts"
    assert drive(path, generations=2) == 0
    shutil.copytree(path, tmp_path / "replayed")
    shutil.rmtree(tmp_path / "replayed" / "checkpoints")
    for copy in ("parts", "replayed"):
        assert resume(tmp_path / copy, "--generations", "4", "--threads", "2") == 0
        assert centers(tmp_path / copy) == centers(car)


def test_gymnasiums_world_and_the_other_grounds_are_evolved_in(tmp_path: Path, car: Path) -> None:
    told = ("--task.world", "gymnasium", "--schedule", "0:6")
    assert drive(tmp_path / "drawn", *told, generations=1) == 0
    told = ("--task.variants", "default", "pushed_left", "half_friction")
    assert drive(tmp_path / "grounds", *told, generations=1) == 0
    first = metrics(tmp_path / "grounds")[0]
    assert first["env_steps"] > 2 * metrics(car)[0]["env_steps"]


def test_evaluate_takes_grounds_that_training_never_showed(
    run: Path, capsys: pytest.CaptureFixture[str], said: Said
) -> None:
    told = ("--damage", "half_friction", "pushed_right", "--threads", "1")
    assert main(["evaluate", str(run), "--lives", "3", *told]) == 0
    file = run / "evaluations" / "damage=half_friction,pushed_right.json"
    assert capsys.readouterr().out.splitlines()[-1] == str(file)
    bodies = json.loads(file.read_text())["bodies"]
    assert list(bodies) == ["half_friction", "pushed_right"]
    assert bodies["half_friction"]["returns"] != bodies["pushed_right"]["returns"]
    assert bodies["half_friction"]["distance"] is None
    tiles = bodies["half_friction"]["measures"]["tiles"]
    assert tiles["lives"] == 3
    assert 0 < tiles["mean"] < 0.2
    before = files(run)
    assert main(["evaluate", str(run), "--damage", "half_frictoin"]) == 2
    said("a variant among default, double_friction", "did you mean 'half_friction'?")
    assert files(run) == before


@pytest.mark.render
def test_films_show_any_ground(run: Path) -> None:
    frames = []
    for body in ("default", "pushed_left"):
        assert main(["film", str(run), "--body", body, "--life", "0"]) == 0
        name = "film-life=0.gif" if body == "default" else "film-pushed_left-life=0.gif"
        with Image.open(run / name) as gif:
            assert gif.n_frames > 10
            assert gif.size[0] == 400
            gif.seek(gif.n_frames - 1)
            frames.append(gif.convert("RGB").tobytes())
    assert frames[0] != frames[1]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("film", "--body", "pushed_lef"), ("a variant among", "did you mean 'pushed_left'?")),
        (("probe", "--probe", "push:at=2"), ("a locomotion task, got CarRacing (push)",)),
    ],
)
def test_what_a_car_cannot_have(
    run: Path, said: Said, words: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    before = files(run)
    assert main([words[0], str(run), *words[1:]]) == 2
    said(*parts)
    assert files(run) == before


REFUSED = {
    "variant": (("--task.variants", "half"), "a variant among default, double_friction"),
    "near variant": (("--task.variants", "pushed_lef"), "did you mean 'pushed_left'?"),
    "world": (("--task.world", "gymnasiun"), "among compiled, envpool, gymnasium", "'gymnasium'?"),
    "small": (("--task.size", "47"), "a size from 48 to 96 (CarRacing), got 47"),
    "image": (("--task.size", "64"), "84 × 84 × 3 = 21168 numbers", "set --network.image"),
    "other image": (("--network.image", "64", "64", "3"), "64 × 64 × 3", "set --network.image"),
    "patience": (("--task.patience", "0"), "patience and max_steps of at least 1"),
    "no envpool": (("--task.world", "envpool"), "metahebb[fast]", "or use --task.world compiled"),
    "ground of envpool": (
        *(("--task.world", "envpool", "--task.variants", "half_friction"), "use --task.world"),
    ),
    "twice": (("--task.variants", "default", "default"), "once"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(
    tmp_path: Path, said: Said, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *p: None if name == "envpool" else find(name, *p)
    )
    flags, *parts = REFUSED[case]
    assert drive(tmp_path / "run", *flags) == 2
    said(*parts)
    assert not (tmp_path / "run").exists()


def test_envpools_world_is_evolved_in_but_not_filmed(
    tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("envpool")
    runs = [tmp_path / "one", tmp_path / "two"]
    for path, threads in zip(runs, ("1", "2"), strict=True):
        assert drive(path, "--task.world", "envpool", "--threads", threads, generations=2) == 0
    assert centers(runs[0]) == centers(runs[1])
    capsys.readouterr()
    before = files(runs[0])
    assert main(["film", str(runs[0])]) == 2
    said("a world that draws pictures, got EnvPool's (film); film a run")
    assert main(["evaluate", str(runs[0]), "--damage", "half_friction"]) == 2
    said("the variant default in EnvPool's world, got half_friction; use --task.world compiled")
    assert files(runs[0]) == before


@pytest.mark.slow
@pytest.mark.render
def test_no_display_is_needed(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    words = [sys.executable, "-m", "metahebb", "evolve", "car-racing", *CAR, "--hidden", "3"]
    told = ["--popsize", "4", "--generations", "1", "--center-lives", "1", "--threads", "1"]
    path = tmp_path / "run"
    done = subprocess.run(
        [*words, *told, "--quiet", "--no-tensorboard", "--out", str(path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n", "")
    with Image.open(path / "film.gif") as gif:
        assert gif.n_frames > 10
    assert "data:image/gif" in (path / "report.html").read_text()


MEASURE = """
import sys
import numpy as np, psutil
from metahebb.networks import Convolutional
from metahebb.tasks import CarRacing
from metahebb.worker import Plan, SearchPoint, Setup, Worker

setup = Setup.build(CarRacing(), Convolutional(output="linear"), seed=0)
n = setup.genome.n_genes
point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.05, np.float32), mirrored=True)
outcomes = Worker(setup, 16).evaluate(Plan(0, 10), point, range(24))
assert outcomes["steps"].sum() == 240
heavy = [name for name in ("torch", "evotorch", "ray", "matplotlib") if name in sys.modules]
print(n, psutil.Process().memory_info().rss / 2**20, heavy)
"""


@pytest.mark.slow
def test_a_worker_of_sixteen_published_policies_is_small() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    genes, megabytes, heavy = done.stdout.split(maxsplit=2)
    assert int(genes) == 456_640 + 1_362
    assert 100 < float(megabytes) < 600
    assert heavy.strip() == "[]"
