"""A run folder that was edited by hand, or written by another version: refused, left alone."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_runs import Said, evolve, files, forget_config, metrics, resume

from metahebb.cli import main
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import config_sha256
from metahebb.runs.presets import CARTPOLE

COMMANDS = {
    "resume": ("resume", "--generations", "5", "--no-tensorboard"),
    "evaluate": ("evaluate", "--lives", "2"),
    "probe": ("probe", "--lives", "2", "--probe", "freeze:at=1"),
    "replay": ("replay",),
    "verify": ("verify", "--candidates", "2"),
    "report": ("report",),
    "film": ("film",),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "run"
    assert evolve(path, generations=2) == 0
    return path


@pytest.fixture
def run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a copy of a run of two generations."""
    shutil.copytree(kept, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"


def edit(file: Path, **changes: Any) -> None:
    """Change keys of the JSON file; ``search__popsize`` is a key of the object ``search``."""
    data = json.loads(file.read_text())
    for name, value in changes.items():
        *groups, key = name.split("__")
        place = data
        for group in groups:
            place = place[group]
        place[key] = value
    file.write_text(json.dumps(data))


def refused(run: Path, command: str, status: int) -> None:
    """Check that the command ends with ``status`` and writes nothing."""
    name, *flags = COMMANDS[command]
    before = files(run)
    assert main([name, str(run), *flags]) == status
    assert files(run) == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"search__popsize": 8}, {"search__optimizer": "sgd"}]
)
def test_an_edited_config(run: Path, said: Said, command: str, change: dict[str, Any]) -> None:
    edit(run / "config.json", **change)
    refused(run, command, 3)
    said(str(run / "config.json"), "which field cannot be known", "restore the file, or evolve")


def test_a_total_of_generations_may_be_edited(run: Path) -> None:
    edit(run / "config.json", generations=3)
    assert resume(run) == 0
    assert len(metrics(run)) == 3
    assert resume(run, "--generations", "4") == 0
    assert RunFolder.open(run).config.generations == 4


def test_a_run_that_noted_no_hash_is_accepted(run: Path, said: Said) -> None:
    forget_config(run)
    assert resume(run, "--generations", "3") == 0
    edit(run / "config.json", search__optimizer="clipup", generations=4)
    assert main(["evaluate", str(run), "--lives", "2"]) == 0


def test_a_checkpoint_of_another_optimizer(run: Path, said: Said) -> None:
    forget_config(run)
    edit(run / "config.json", search__optimizer="clipup", generations=4)
    before = files(run)
    assert resume(run) == 3
    said("'velocity' in the newest checkpoint", "the search of config.json")
    assert files(run) == before


def test_the_hash_is_of_values_not_of_how_they_were_written() -> None:
    def told(**changes: Any) -> str:
        search = dataclasses.replace(CARTPOLE.search, **changes)
        return config_sha256(dataclasses.replace(CARTPOLE, search=search))

    assert told(stdev=1) == told(stdev=1.0) != told(stdev=2)
    assert config_sha256(dataclasses.replace(CARTPOLE, generations=7)) == config_sha256(CARTPOLE)
    assert config_sha256(dataclasses.replace(CARTPOLE, seed=7)) != config_sha256(CARTPOLE)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("change", ["unknown field", "missing field"])
def test_a_config_of_another_version(run: Path, said: Said, command: str, change: str) -> None:
    edit(run / "manifest.json", metahebb="0.0.7")
    data = json.loads((run / "config.json").read_text())
    if change == "unknown field":
        data["search"]["momentum"] = 0.9
    else:
        del data["search"]["penalty"]
    (run / "config.json").write_text(json.dumps(data))
    refused(run, command, 2)
    said("config.search", "written by metahebb 0.0.7; this is")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_checkpoint_of_another_format(run: Path, said: Said, command: str) -> None:
    edit(run / "checkpoints" / "000002.json", format=2)
    refused(run, command, 3)
    said("checkpoint format 1, got 2", "use the version of metahebb that wrote it")


@pytest.mark.parametrize("name", ["manifest.json", "config.json"])
def test_json_that_is_no_object(run: Path, said: Said, name: str) -> None:
    (run / name).write_text("[]")
    refused(run, "evaluate", 2)
    said("JSON in", name, "a list and no object")


@pytest.mark.parametrize("command", ["report", "film"])
def test_an_evaluation_of_another_shape(run: Path, said: Said, command: str) -> None:
    (run / "evaluation.json").write_text(
        json.dumps({"generation": 2, "lives": 2, "max_steps": 9, "bodies": {"default": {}}})
    )
    refused(run, command, 2)
    said("'mean'", "'bodies.default'", str(run / "evaluation.json"), "'metahebb evaluate'")


@pytest.mark.parametrize("command", ["evaluate", "probe", "film", "replay", "verify"])
def test_a_folder_of_a_study(run: Path, said: Said, command: str) -> None:
    (run / "manifest.json").write_text('{"runs": []}')
    shutil.rmtree(run / "checkpoints")
    refused(run, command, 2)
    said("the manifest of a run", "without metahebb, commit", "'metahebb evolve' made")


@pytest.mark.parametrize("command", ["resume", "report"])
def test_a_manifest_that_is_not_of_a_run(run: Path, said: Said, command: str) -> None:
    (run / "manifest.json").write_text('{"seeds": [0, 1, 2]}')
    refused(run, command, 2)
    said("the manifest of a run", "without metahebb, commit", "'metahebb evolve' made")
