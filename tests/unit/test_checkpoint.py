"""Checkpoints: whole or refused, the last three and the best."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metahebb.errors import CheckpointError, StorageError
from metahebb.runs.checkpoint import BEST, Checkpoint, Checkpoints
from metahebb.runs.storage import write_atomically


def checkpoint(generation: int) -> Checkpoint:
    center = np.arange(50, dtype=np.float32) + np.float32(generation)
    state = {"center": center, "learning_rate": np.array(0.1 / 3)}
    return Checkpoint(generation, 2 * generation, state)


def equal(a: Checkpoint | None, b: Checkpoint) -> bool:
    return (
        a is not None
        and (a.generation, a.evaluations) == (b.generation, b.evaluations)
        and a.state.keys() == b.state.keys()
        and all(a.state[k].tobytes() == b.state[k].tobytes() for k in b.state)
        and all(a.state[k].dtype == b.state[k].dtype for k in b.state)
    )


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(checkpoint(4))
    return checkpoints


def test_what_was_saved_is_loaded(saved: Checkpoints) -> None:
    assert equal(saved.newest(), checkpoint(4))
    assert equal(saved.load("000004"), checkpoint(4))


def test_there_may_be_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "nowhere").newest() is None


def test_three_and_the_best_are_kept(saved: Checkpoints) -> None:
    for generation in range(5, 12):
        saved.save(checkpoint(generation))
        if generation in (6, 9):
            saved.save(checkpoint(generation), BEST)
    names = sorted(p.stem for p in saved.folder.glob("*.json"))
    assert names == ["000009", "000010", "000011", "best"]
    assert len(list(saved.folder.glob("*.npz"))) == 4
    assert equal(saved.newest(), checkpoint(11))
    assert equal(saved.load(BEST), checkpoint(9))


def test_what_a_killed_process_left_is_removed(saved: Checkpoints) -> None:
    (saved.folder / ".000005.json.77.tmp").write_bytes(b"half")
    (saved.folder / "000005-0123456789ab.npz").write_bytes(b"no description yet")
    assert equal(saved.newest(), checkpoint(4))
    saved.save(checkpoint(6))
    assert len(list(saved.folder.iterdir())) == 4
    assert equal(saved.load("000004"), checkpoint(4))


def test_files_of_others_stay(saved: Checkpoints) -> None:
    names = ("mine.npz", "000004-copy.npz", ".mine.tmp", ".000004.json.swp.tmp", "notes.json")
    for name in names:
        (saved.folder / name).write_text('{"arrays": "mine"}')
    for generation in range(5, 9):
        saved.save(checkpoint(generation))
    assert {path.name for path in saved.folder.iterdir()} >= set(names)
    assert not (saved.folder / "000005.json").exists()


def test_what_was_set_aside_before_stays(saved: Checkpoints) -> None:
    for text in ("once", "twice"):
        (saved.folder / "000004.json").write_text(text)
        saved.fall_back()
    aside = {path.name: path.read_text() for path in saved.folder.glob("*damaged*")}
    assert aside == {"000004.damaged": "once", "000004.damaged.1": "twice"}


def test_the_same_generation_may_be_saved_again(saved: Checkpoints) -> None:
    other = Checkpoint(4, 8, {"center": np.zeros(3, np.float32)})
    saved.save(other)
    assert equal(saved.newest(), other)
    assert len(list(saved.folder.iterdir())) == 2


@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_file_cut_short_is_refused(saved: Checkpoints, suffix: str, part: float) -> None:
    (file,) = saved.folder.glob(f"*{suffix}")
    os.truncate(file, int(part * (file.stat().st_size - 1)))
    with pytest.raises(CheckpointError, match=r"whole checkpoint.*000004\.json\); delete"):
        saved.newest()


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_every_flipped_bit_is_found_or_harmless(saved: Checkpoints, suffix: str) -> None:
    (file,) = saved.folder.glob(f"*{suffix}")
    whole = file.read_bytes()
    refused = 0
    step = 1 if suffix == ".json" else 7
    for place in range(0, len(whole), step):
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        file.write_bytes(bytes(data))
        try:
            found = saved.newest()
        except CheckpointError:
            refused += 1
        else:  # a space that became another, at most
            assert equal(found, checkpoint(4))
            assert suffix == ".json"
    assert refused >= 0.8 * len(range(0, len(whole), step))


def test_a_missing_file_is_refused(saved: Checkpoints) -> None:
    (arrays,) = saved.folder.glob("*.npz")
    arrays.unlink()
    with pytest.raises(CheckpointError, match="FileNotFoundError"):
        saved.newest()
    with pytest.raises(CheckpointError, match=r"best\.json"):
        saved.load(BEST)


def describe(saved: Checkpoints, **changes: Any) -> None:
    """Change the description."""
    file = saved.folder / "000004.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "expected checkpoint format 1, got 2"),
        ({"generation": 5}, "generation count of 5"),
        ({"evaluations": 9}, "evaluations count of 9"),
        ({"evaluations": "many"}, "ValueError"),
        ({"sha256": 5}, "SHA-256"),
        ({"arrays": None}, "TypeError"),
    ],
)
def test_a_description_that_lies_is_refused(
    saved: Checkpoints, changes: dict[str, Any], message: str
) -> None:
    describe(saved, **changes)
    with pytest.raises(CheckpointError, match=message):
        saved.newest()


def test_pickled_objects_are_never_loaded(saved: Checkpoints, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    buffer = io.BytesIO()
    np.savez(buffer, center=np.array([Trap()], dtype=object))
    (arrays,) = saved.folder.glob("*.npz")
    arrays.write_bytes(buffer.getvalue())
    describe(saved, sha256=hashlib.sha256(buffer.getvalue()).hexdigest())
    with pytest.raises(CheckpointError):
        saved.newest()
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_neighbour_stops_nothing(saved: Checkpoints) -> None:
    (saved.folder / "best.json").write_text("{")
    saved.save(checkpoint(5))
    assert equal(saved.newest(), checkpoint(5))
    assert equal(saved.load("000004"), checkpoint(4))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(
    saved: Checkpoints, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = {p.name: p.read_bytes() for p in saved.folder.iterdir()}

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StorageError, match=r"expected to write .*000005.*No space left"):
            saved.save(checkpoint(5))
    assert {p.name: p.read_bytes() for p in saved.folder.iterdir()} == before
    saved.save(checkpoint(5))
    assert equal(saved.newest(), checkpoint(5))


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="expected to write"):
        Checkpoints(tmp_path / "file").save(checkpoint(1))


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    seen = []
    replace = os.replace

    def spy(source: Path, target: Path) -> None:
        seen.append((Path(target).read_bytes(), Path(source).read_bytes()))
        replace(source, target)

    monkeypatch.setattr(os, "replace", spy)
    write_atomically(path, b"new")
    assert seen == [(b"old", b"new")]
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_has_a_center(saved: Checkpoints) -> None:
    saved.save(Checkpoint(5, 5, {"stdev": np.zeros(3)}))
    with pytest.raises(CheckpointError, match="got one without a center"):
        saved.newest()
