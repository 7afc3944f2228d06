"""What loggers write, and when there is none."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from small_runs import TINY, files, metrics, resume

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.evolution import loggers
from metahebb.evolution.destinations import DESTINATIONS

LOGGED = tuple(flag for flag in TINY if flag != "--no-tensorboard")


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Return what event files hold: values by step, by name."""
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    found: dict[str, dict[int, float]] = {}
    for file in sorted(folder.glob("events.*")):
        events = event_accumulator.EventAccumulator(str(file))
        events.Reload()
        for name in events.Tags()["scalars"]:
            points = {e.step: e.value for e in events.Scalars(name)}
            assert not found.get(name, {}).keys() & points.keys()  # no generation is logged twice
            found.setdefault(name, {}).update(points)
    return found


@pytest.mark.parametrize("algorithm", ["openai_es", "cmaes"])
def test_tensorboard_gets_every_generation_once(tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "run"
    flags = ("--algorithm", algorithm, "--generations", "2", "--out", str(path))
    assert main(["evolve", "cartpole", *LOGGED, *flags]) == 0
    assert main(["resume", str(path), "--no-finish", "--quiet", "--generations", "3"]) == 0
    found = scalars(path / "tensorboard")
    records = metrics(path)
    assert list(found["mean_eval"]) == [1, 2, 3]
    for name, ours in (
        ("mean_eval", "fitness_mean"),
        ("median_eval", "fitness_median"),
        ("pop_best_eval", "fitness_best"),
    ):
        assert list(found[name].values()) == pytest.approx([r[ours] for r in records], rel=1e-5)


def test_without_it_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run"
    told = ("--generations", "1", "--out", str(path), "--no-tensorboard")
    assert main(["evolve", "cartpole", *LOGGED, *told]) == 0
    assert resume(path) == 0
    assert not [name for name in files(path) if "events" in name]


def test_where_tensorboard_is_not_installed_a_run_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    path = tmp_path / "run"
    assert main(["evolve", "cartpole", *LOGGED, "--generations", "1", "--out", str(path)]) == 0
    assert len(metrics(path)) == 1
    assert not (path / "tensorboard").exists()


@pytest.mark.parametrize("name", DESTINATIONS)
def test_a_logger_whose_package_is_absent_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(loggers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf"pip install 'metahebb\[{name}\]'"):
        loggers.check_logger(name)
