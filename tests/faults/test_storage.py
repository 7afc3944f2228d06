"""Rows 10 to 15, 22 and 28: disks that are full, files that are damaged, folders that are taken."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apart import in_namespaces, mount, patient
from small_runs import Said, centers, evolve, files, resume

from metahebb import noise
from metahebb.cli import main
from metahebb.evolution.backends.dispatch import Dispatch
from metahebb.runs import evolve as runs_evolve
from metahebb.runs.checkpoint import Checkpoints

pytestmark = pytest.mark.faults


def arrays(run: Path) -> Path:
    """Return the file of the newest checkpoint's arrays."""
    (found,) = (run / "checkpoints").glob("000004-*.npz")
    return found


def refused(run: Path, status: int = 3) -> None:
    """Check that the run cannot be resumed, and that trying changes nothing in it."""
    before = files(run)
    assert resume(run) == status
    assert files(run) | {".lock": b""} == before | {".lock": b""}


def forge(run: Path, data: bytes) -> None:
    """Put ``data`` into the place of the newest checkpoint's arrays, with a hash that is right."""
    arrays(run).write_bytes(data)
    file = run / "checkpoints" / "000004.json"
    said = {"sha256": hashlib.sha256(data).hexdigest()}
    file.write_text(json.dumps(json.loads(file.read_text()) | said))


def changed(run: Path, **changes: Any) -> bytes:
    """Return the newest checkpoint's arrays with some of them changed."""
    with np.load(arrays(run)) as found:
        state = dict(found) | changes
    buffer = io.BytesIO()
    np.savez(buffer, **state)
    return buffer.getvalue()


def fill_a_small_disk(kept: str, folder: str) -> None:
    """Resume on 3 MB that are taken up to the last 40 kB, then with room."""
    mount("tmpfs", folder, "size=3m")
    run = Path(folder, "run")
    shutil.copytree(kept, run)
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    ballast = Path(folder, "ballast")
    ballast.write_bytes(bytes(free - 8192))
    runs_evolve.CHECKPOINT_EVERY = 1
    before = Checkpoints(run / "checkpoints").newest()
    print(resume(run, "--generations", "40"))
    left = Checkpoints(run / "checkpoints").newest()
    print(before is not None and left is not None and left.generation >= before.generation)
    print(len(list(run.rglob("*.tmp"))))
    ballast.unlink()
    print(resume(run, "--generations", "40"))
    print(json.dumps(centers(run)))


@pytest.mark.row(10)
@pytest.mark.namespaces
def test_a_full_disk_leaves_the_last_checkpoint_and_nothing_half_written(
    kept: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    printed = in_namespaces("test_storage", "fill_a_small_disk", str(kept), str(folder))
    lines = [line for line in printed.splitlines() if not line.startswith("/")]
    assert lines[:4] == ["5", "True", "0", "0"]
    assert evolve(tmp_path / "whole", generations=40) == 0
    assert json.loads(lines[4]) == centers(tmp_path / "whole")


@pytest.mark.row(10)
def test_a_checkpoint_that_does_not_fit_is_tried_again_at_the_end(
    run: Path, said: Said, monkeypatch: pytest.MonkeyPatch, whole: list[str]
) -> None:
    tried = []

    def full(descriptor: int) -> None:
        file = os.readlink(f"/proc/self/fd/{descriptor}")
        if ".npz" in file:
            tried.append(file)
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(runs_evolve, "CHECKPOINT_EVERY", 5)
        patch.setattr(os, "fsync", full)
        assert resume(run, "--generations", "6") == 5
    said("expected to write", "No space left on device")
    assert len(tried) == 2
    assert not list(run.rglob("*.tmp"))
    assert resume(run) == 0
    assert centers(run) == whole


@pytest.mark.row(10)
@pytest.mark.parametrize("name", ["manifest", "config", "journal", "metrics"])
def test_what_is_advised_where_the_disk_is_full_from_the_beginning_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    def full(descriptor: int) -> None:
        if name in Path(os.readlink(f"/proc/self/fd/{descriptor}")).name:
            raise OSError(28, "No space left on device")

    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert evolve(run, generations=1) == 5
    begun = name in ("journal", "metrics")
    _, _, advice = capsys.readouterr().err.strip().partition("; free space or permissions, then ")
    assert advice == (f"go on with: metahebb resume {run}" if begun else "give the command again")
    assert (resume(run) if begun else evolve(run, generations=1)) == 0


@pytest.mark.row(11)
@pytest.mark.parametrize("part", [0, 0.3, 0.999])
def test_a_checkpoint_cut_short_is_refused_or_passed_over(
    run: Path, said: Said, whole: list[str], part: float
) -> None:
    os.truncate(arrays(run), int(part * arrays(run).stat().st_size))
    refused(run)
    said("a whole checkpoint", "000004.json", "--fallback")
    assert resume(run, "--fallback", "--generations", "6") == 0
    assert centers(run) == whole
    assert (run / "checkpoints" / "000004.damaged").exists()


@pytest.mark.row(11)
def test_where_no_checkpoint_is_whole_the_journal_is_enough(run: Path, whole: list[str]) -> None:
    for file in (run / "checkpoints").glob("0*.npz"):
        os.truncate(file, 5)
    assert resume(run, "--fallback", "--generations", "6") == 0
    assert centers(run) == whole


@pytest.mark.row(12)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_bit_is_found(run: Path, said: Said, part: float) -> None:
    data = bytearray(arrays(run).read_bytes())
    data[int(part * len(data))] ^= 4
    arrays(run).write_bytes(bytes(data))
    refused(run)
    said("a whole checkpoint", "SHA-256")


@pytest.mark.row(13)
def test_a_checkpoint_with_an_object_runs_nothing(run: Path, tmp_path: Path, said: Said) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    forge(run, changed(run, center=np.array([Trap()], dtype=object)))
    refused(run)
    said("a whole checkpoint", "000004.json")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.row(14)
def test_a_header_that_claims_a_shape_of_1e11_takes_no_memory(run: Path, said: Said) -> None:
    forged = io.BytesIO()
    with zipfile.ZipFile(arrays(run)) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "center.npy":
                at = data.index(b"'shape': ") + 9
                end = data.index(b"\n", at)
                data = data[:at] + b"(100000000000,), }".ljust(end - at) + data[end:]
            new.writestr(name, data)
    forge(run, forged.getvalue())
    refused(run)
    said("a whole checkpoint", "shape (100000000000,)")


@pytest.mark.row(15)
@pytest.mark.parametrize(
    ("center", "parts"),
    [
        (np.zeros(7, np.float32), ("90 genes of float32", "shape (7,) of float32")),
        (np.zeros(90), ("90 genes of float32", "shape (90,) of float64")),
    ],
)
def test_a_center_of_another_length_or_type(
    run: Path, said: Said, center: np.ndarray, parts: tuple[str, ...]
) -> None:
    forge(run, changed(run, center=center))
    refused(run)
    said(*parts)


@pytest.mark.row(15)
def test_a_checkpoint_of_another_format(run: Path, said: Said) -> None:
    file = run / "checkpoints" / "000004.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))
    refused(run)
    said("checkpoint format 1, got 2")


@pytest.mark.row(15)
def test_a_config_that_is_not_the_one_of_the_beginning(run: Path, said: Said) -> None:
    file = run / "config.json"
    file.write_text(file.read_text().replace('"penalty": 0.01', '"penalty": 0.02'))
    refused(run)
    said("config.json as the run was made with it (SHA-256 ", "got a changed one (")


@pytest.mark.row(15)
def test_another_table_of_normal_quantiles(
    run: Path, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "normal_quantiles.npy"
    table.write_bytes(noise._TABLE_PATH.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr(noise, "_TABLE_PATH", table)
    noise.table.cache_clear()
    assert evolve(tmp_path / "new") == 3
    said(f"SHA-256 {noise.TABLE_SHA256}, got {hashlib.sha256(table.read_bytes()).hexdigest()}")
    monkeypatch.undo()
    noise.table.cache_clear()
    assert evolve(tmp_path / "newer", generations=1) == 0


HOLDER = """
import sys, time
from pathlib import Path
from metahebb.runs.folder import RunFolder
with RunFolder.open(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(1000)
"""


@pytest.mark.row(22)
def test_two_runs_never_write_into_one_folder(run: Path, said: Said) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for words in (["resume", str(run)], ["evolve", "cartpole", "--out", str(run)]):
            before, began = files(run), time.monotonic()
            assert main(words) == 2
            assert time.monotonic() - began < patient(1)
            said(f"process {holder.pid} on {socket.gethostname()}", str(run))
            assert files(run) == before
        holder.kill()
    assert str(holder.pid) in (run / ".lock").read_text()  # stale, and in nobody's way
    assert resume(run, "--generations", "5") == 0


@pytest.mark.row(28)
def test_leases_do_not_follow_the_clock_of_the_wall(
    run: Path, monkeypatch: pytest.MonkeyPatch, whole: list[str]
) -> None:
    assert Dispatch.__dataclass_fields__["clock"].default is time.monotonic
    jumps = iter(range(0, 10**9, 86400))
    monkeypatch.setattr(time, "time", lambda: float(next(jumps)))
    assert resume(run, "--generations", "6") == 0
    assert centers(run) == whole


def read_only(kept: str, folder: str) -> None:
    """Resume in a folder that nobody can write to."""
    mount("tmpfs", folder, "size=3m")
    shutil.copytree(kept, Path(folder, "run"))
    mount("tmpfs", folder, "remount,ro")
    print(resume(Path(folder, "run"), "--generations", "6"))


@pytest.mark.row(28)
@pytest.mark.namespaces
def test_a_folder_that_cannot_be_written(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    printed = in_namespaces("test_storage", "read_only", str(kept), str(tmp_path / "held"))
    assert printed.splitlines() == ["5"]


def no_shared_memory(folder: str) -> None:
    """Evolve with a worker where Ray has no shared memory to write to."""
    mount("tmpfs", "/dev/shm", "size=1m,ro")
    print(evolve(Path(folder, "run"), "--workers", "1"))


@pytest.mark.row(28)
@pytest.mark.ray
@pytest.mark.namespaces
def test_without_shared_memory_workers_work_all_the_same(tmp_path: Path, whole: list[str]) -> None:
    printed = in_namespaces("test_storage", "no_shared_memory", str(tmp_path))
    assert printed.splitlines()[-1] == "0"
    assert centers(tmp_path / "run") == whole[:3]
