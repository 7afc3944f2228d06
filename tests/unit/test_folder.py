"""The run folder: made, found, held, read."""

from __future__ import annotations

import builtins
import io
import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from report_runs import evaluation

import metahebb
from metahebb.errors import CheckpointError, InputError, StorageError
from metahebb.networks import FeedForward
from metahebb.runs import base_folder as folder
from metahebb.runs import manifest as manifests
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import keys_of, make_manifest
from metahebb.runs.storage import write_json
from metahebb.tasks import GymTask

CONFIG = RunConfig(
    task=GymTask("CartPole-v1"),
    network=FeedForward(hidden=(2,)),
    schedule=(Stage(0, 5), Stage(3, 9)),
    generations=4,
    seed=11,
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "deep" / "run", CONFIG)


def test_what_was_created_is_opened(run: RunFolder) -> None:
    found = RunFolder.open(str(run.path))
    assert found.config == CONFIG
    assert found.config.setup() == CONFIG.setup()
    assert found.read_manifest()["seed"] == 11
    assert found.read_manifest()["generations"] == 0
    assert found.read_metrics() == []
    assert found.read_evaluation() is None


def test_a_taken_folder_is_refused_and_left_alone(run: RunFolder, tmp_path: Path) -> None:
    before = (run.path / "config.json").read_bytes()
    with pytest.raises(InputError, match=rf"holds a run; go on with 'metahebb resume {run.path}'"):
        RunFolder.create(run.path, RunConfig())
    assert (run.path / "config.json").read_bytes() == before
    with pytest.raises(InputError, match="a new or empty folder"):
        RunFolder.create(tmp_path / "deep", CONFIG)


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()  # of a process that was killed before it wrote anything
    assert RunFolder.create(tmp_path, CONFIG).config == CONFIG


def test_a_folder_whose_maker_was_killed_can_be_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def killed(path: Path, value: dict[str, object]) -> None:
        if path.name == "config.json":
            raise KilledError
        write_json(path, value)

    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_json", killed)
        with pytest.raises(KilledError):
            RunFolder.create(path, RunConfig())
    (path / ".config.json.4321.tmp").write_text("{")
    assert sorted(p.name for p in path.iterdir()) == [
        *(".config.json.4321.tmp", ".lock", "manifest.json"),
    ]
    run = RunFolder.create(path, CONFIG)
    assert run.read_manifest()["seed"] == CONFIG.seed
    assert RunFolder.open(path).config == CONFIG
    assert not list(path.glob(".*.tmp"))


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.json": '{"runs": []}'},
        {"manifest.json": "{"},
        {"manifest.json": "", "mine": ""},
        {"manifest.json": json.dumps(dict.fromkeys(keys_of("generations"), 7))},
        {".config.json.mine.tmp": "{}"},
    ],
)
def test_a_folder_with_a_manifest_of_something_else_is_refused(
    tmp_path: Path, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="a new or empty folder"):
        RunFolder.create(tmp_path, CONFIG)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == files


def test_two_cannot_have_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, mkdir = tmp_path / "run", Path.mkdir

    def slow_mkdir(folder: Path, **told: bool) -> None:
        mkdir(folder, **told)
        monkeypatch.undo()
        RunFolder.create(path, CONFIG)  # somebody else is faster

    monkeypatch.setattr(Path, "mkdir", slow_mkdir)
    with pytest.raises(InputError, match="holds a run"):
        RunFolder.create(path, RunConfig())
    assert RunFolder.open(path).config == CONFIG


def test_only_one_holds_the_lock(run: RunFolder) -> None:
    other = RunFolder.open(run.path)
    with run.lock():
        with pytest.raises(InputError, match=f"which process {os.getpid()} on"), other.lock():
            pass
        assert other.config == CONFIG  # reading needs no lock
    with other.lock():
        pass


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="expected to write"):
        RunFolder.create(tmp_path / "file" / "run", CONFIG)


def test_a_run_that_got_nowhere_can_be_discarded_and_no_other(run: RunFolder) -> None:
    run.append_metrics({"generation": 0})
    with run.lock():
        run.discard()
        assert run.read_metrics() == [{"generation": 0}]
        run.keep_metrics(0)
        run.discard()
    assert not run.path.exists()


def test_nothing_is_discarded_without_the_lock_of_the_folder(
    run: RunFolder, tmp_path: Path
) -> None:
    run.discard()
    assert run.is_there(run.path)
    with run.lock():
        run.path.rename(tmp_path / "moved")
        RunFolder.create(run.path, CONFIG)  # somebody else's, at the same place
        run.discard()
    assert run.is_there(run.path)
    assert run.is_there(tmp_path / "moved")


def test_metrics_are_appended_and_cut(run: RunFolder) -> None:
    lines = [{"generation": g, "fitness_mean": 0.1 * g} for g in range(4)]
    for line in lines:
        run.append_metrics(line)
    assert run.read_metrics() == lines
    text = (run.path / "metrics.jsonl").read_text()
    (run.path / "metrics.jsonl").write_text(text + '{"generation": 4, "fit')
    assert run.read_metrics() == lines
    run.keep_metrics(3)
    assert (run.path / "metrics.jsonl").read_text() == "".join(text.splitlines(True)[:3])


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"{}", b"3", b"{", b""])
def test_a_damaged_line_of_metrics_is_named(run: RunFolder, damage: bytes) -> None:
    good = b'{"generation": 0}\n'
    (run.path / "metrics.jsonl").write_bytes(good + damage + b"\n")
    with pytest.raises(CheckpointError, match=r"of generation 1 in line 2 of .*metrics\.jsonl"):
        run.read_metrics()


def test_the_new_total_is_kept(run: RunFolder) -> None:
    run.extend(9)
    assert run.config.generations == 9
    assert RunFolder.open(run.path).config == RunFolder(run.path, run.config).config
    with pytest.raises(InputError, match="generations of at least 1"):
        run.extend(0)
    assert RunFolder.open(run.path).config.generations == 9


def test_the_center_is_that_of_the_newest_checkpoint(run: RunFolder) -> None:
    with pytest.raises(CheckpointError, match="expected a checkpoint in"):
        run.load()
    n_genes = run.config.setup().genome.n_genes
    for generation in (1, 2):
        genes = np.full(n_genes, generation, np.float32)
        run.checkpoints.save(Checkpoint(generation, generation, {"center": genes}))
    center, newest = run.load(), run.read_newest()
    assert newest is not None
    assert center.genes.tobytes() == newest.state["center"].tobytes()
    assert center.genes.tolist() == [2.0] * n_genes
    assert (center.generation, center.horizon, center.norm) == (2, 9, None)
    assert (center.path, center.config, center.setup) == (run.path, CONFIG, CONFIG.setup())
    assert center.genome == CONFIG.setup().genome
    with pytest.raises(ValueError, match="read-only"):
        center.genes[0] = 1
    run.checkpoints.save(Checkpoint(3, 3, {"center": np.zeros(4, np.float32)}))
    with pytest.raises(CheckpointError, match=rf"of {n_genes} genes.*\(4,\)"):
        run.load()
    assert center.genes.tolist() == [2.0] * n_genes  # it was read once


def test_no_attribute_of_a_run_folder_reads_a_file(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        read.append(arguments[0])
        raise OSError("an attribute was read, and so was a file")

    for owner, name in ((builtins, "open"), (io, "open"), (os, "open"), (os, "listdir"),
                        (os, "scandir"), (os, "stat"), (np, "load")):  # fmt: skip
        monkeypatch.setattr(owner, name, refuse)
    for name in dir(run):
        if not name.startswith("__"):
            getattr(run, name)
    touched = list(read)
    monkeypatch.undo()
    assert touched == []


def test_cost_is_added_to_the_manifest(run: RunFolder) -> None:
    before = run.read_manifest()
    run.update_manifest(generations=2, env_steps=77, elapsed_s=1.5)
    assert run.read_manifest() == before | {"generations": 2, "env_steps": 77, "elapsed_s": 1.5}


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "evaluation.json"])
def test_what_is_no_json_is_named(run: RunFolder, name: str) -> None:
    (run.path / name).write_bytes(b"\xff{")
    readers = {
        "config.json": lambda: RunFolder.open(run.path),
        "manifest.json": run.read_manifest,
        "evaluation.json": run.read_evaluation,
    }
    with pytest.raises(InputError, match=rf"expected JSON in .*{name}.*; restore it"):
        readers[name]()


BODY = evaluation()["bodies"]["intact"]
MEASURED = {"unit": "m", "lives": 2, "mean": 4.5, "low": 4.0, "high": 5.25}


def measured(**changes: object) -> dict[str, object]:
    """Return the change of an evaluation to one with a measure ``x``."""
    return {"bodies": {"intact": BODY | {"measures": {"x": MEASURED | changes}}}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generation": "4"}, "integer 'generation'"),
        ({"bodies": ["intact"]}, "object 'bodies' of at least one"),
        ({"bodies": {}}, "object 'bodies' of at least one"),
        ({"bodies": {"intact": 4.2}}, "object 'bodies.intact'"),
        (
            {"bodies": {"intact": BODY | {"mean": "4"}}},
            "number 'mean', or null, of 'bodies.intact'",
        ),
        ({"bodies": {"intact": BODY | {"high": None}}}, "number 'high' beside"),
        ({"bodies": {"intact": BODY | {"returns": []}}}, "list 'returns' of at least one number"),
        ({"bodies": {"intact": BODY | {"returns": ["4"]}}}, "list 'returns' of at least one"),
        ({"bodies": {"intact": BODY | {"steps_mean": None}}}, "number 'steps_mean'"),
        ({"bodies": {"intact": BODY | {"distance": 4.5}}}, "object 'distance', or null"),
        ({"bodies": {"intact": BODY | {"distance": {}}}}, "number 'mean', or null, of 'distance'"),
        ({"bodies": {"intact": BODY | {"measures": []}}}, "object 'measures' of 'bodies.intact'"),
        ({"bodies": {"intact": BODY | {"measures": {"x": 1}}}}, "object 'measures.x'"),
        (measured(mean="4"), "number 'mean', or null, of 'measures.x'"),
        (measured(unit=None), "text 'unit' of 'measures.x'"),
        (measured(lives=None), "integer 'lives' of 'measures.x'"),
    ],
)
def test_an_evaluation_of_another_shape_is_named(
    run: RunFolder, change: dict[str, object], words: str
) -> None:
    bodies = {"weak": BODY | {"distance": None}, "strong": measured()["bodies"]["intact"]}
    known = evaluation() | {"bodies": {"intact": BODY, **bodies}}
    (run.path / "evaluations").mkdir()
    files = (run.path / "evaluation.json", run.path / "evaluations" / "other.json")
    for file, read in zip(files, (run.read_evaluation, run.read_other_evaluations), strict=True):
        file.write_text(json.dumps(known))
        assert read() in (known, [known])
        file.write_text(json.dumps(known | change))
        with pytest.raises(InputError, match=rf"{words}.* in the evaluation {file}, .*evaluate'"):
            read()


def test_a_missing_manifest_is_named(run: RunFolder) -> None:
    (run.path / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"manifest\.json"):
        run.read_manifest()


def test_no_folder_no_run(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=r"expected a run folder, got .* without config\.json"):
            RunFolder.open(path)


def test_the_manifest_of_a_module_names_a_command_that_can_be_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["/some/where/metahebb/__main__.py", "evolve", "ant"])
    main = ModuleType("__main__")
    main.__spec__ = ModuleSpec("metahebb.__main__", None)
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert make_manifest(4)["command"] == "python -m metahebb evolve ant"


def test_the_manifest_says_what_made_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/some/where/metahebb", "evolve", "ant", "--out", "my run"])
    made = make_manifest(4)
    assert made["command"] == "metahebb evolve ant --out 'my run'"
    assert tuple(made) == manifests.keys_of("generations")
    assert made["metahebb"] == metahebb.__version__
    assert made["seed"] == 4
    assert made["started"].endswith("+00:00")
    assert set(manifests.PACKAGES) | {"python"} == set(made["versions"])
    assert made["versions"]["numpy"] == np.__version__
    assert made["machine"]["cores"] >= 1
    assert made["machine"]["memory_gb"] > 0
    json.dumps(made)


def git(folder: Path, *words: str) -> str:
    told = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words]
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_is_that_of_our_own_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "metahebb"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(metahebb, "__file__", str(package / "__init__.py"))
    assert make_manifest(0)["commit"] is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert (make_manifest(0)["commit"], make_manifest(0)["dirty"]) == (head, False)
    (package / "__init__.py").write_text("changed = True")
    assert make_manifest(0)["dirty"] is True
    # Installed in somebody else's checkout, the commit there is not ours.
    inner = tmp_path / "venv" / "site-packages" / "metahebb"
    inner.mkdir(parents=True)
    monkeypatch.setattr(metahebb, "__file__", str(inner / "__init__.py"))
    assert (make_manifest(0)["commit"], make_manifest(0)["dirty"]) == (None, None)
