"""Homes and temporary folders in which Ray cannot keep its files: one line says what to set."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apart import in_namespaces, mount, patient
from small_runs import TINY, Said, evolve

from metahebb.errors import InputError
from metahebb.evolution.backends import ray_files
from metahebb.evolution.backends.ray_files import (
    check_temporary_folder,
    check_token,
    close_token,
)
from metahebb.evolution.backends.where import Where

pytestmark = pytest.mark.faults
READ_ONLY = "/proc"
"""A folder in which nobody can make a file, root included."""
USER = 12345


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAY_TMPDIR", "TMPDIR", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.ray
@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("HOME", READ_ONLY, "export HOME="),
        ("RAY_TMPDIR", READ_ONLY, "export RAY_TMPDIR="),
        ("TMPDIR", READ_ONLY, "export RAY_TMPDIR="),
        ("TMPDIR", "/tmp/" + 80 * "x", "export RAY_TMPDIR="),
        ("RAY_TMPDIR", "/tmp/ü", "export RAY_TMPDIR="),
        ("RAY_TMPDIR", "relative", "export RAY_TMPDIR="),
        ("RAY_TMPDIR", "", "export RAY_TMPDIR="),
    ],
)
def test_a_variable_that_ray_cannot_use_is_named_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    assert evolve(tmp_path / "run", "--workers", "1") == 2
    said(part)
    assert not (tmp_path / "run").exists()


def test_a_path_is_too_long_where_a_socket_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "mkdir", lambda *args, **kwargs: None)
    monkeypatch.setattr(
        ray_files.tempfile, "TemporaryDirectory", lambda dir: contextlib.nullcontext()
    )
    rest = "/ray/session_2026-11-30_18-08-41_094296_6619/sockets/plasma_store"
    monkeypatch.setattr(os, "getpid", lambda: 6619)
    monkeypatch.setenv("RAY_TMPDIR", "/" + "x" * (107 - len(rest) - 1))
    check_temporary_folder()
    monkeypatch.setenv("RAY_TMPDIR", "/" + "x" * (107 - len(rest)))
    with pytest.raises(InputError, match=f"at most {107 - len(rest)} bytes"):
        check_temporary_folder()


def test_a_folder_that_is_not_there_yet_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_files, "_SOCKET_BYTES", 4096)  # pytest's folders are long
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "a" / "b"))
    check_temporary_folder()
    assert list((tmp_path / "a" / "b" / "ray").iterdir()) == []


@pytest.mark.parametrize("name", ["RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_a_token_of_ones_own_needs_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("HOME", READ_ONLY)
    with pytest.raises(InputError, match="export HOME="):
        check_token()
    monkeypatch.setenv(name, str(tmp_path / "token"))
    check_token()


@pytest.mark.ray
def test_what_ray_raises_while_it_starts_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def fail(**settings: object) -> None:
        raise Exception("The node failed.\nIt timed out.")

    monkeypatch.setattr("ray.init", fail)
    assert evolve(tmp_path / "run", "--workers", "1") == 2
    said("got It timed out.", "RAY_TMPDIR (/tmp) and /dev/shm")


def test_a_token_is_not_closed_where_the_home_is_somebody_elses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)
        close_token()


def test_a_user_without_a_home_has_no_token_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", fail)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    close_token()
    with pytest.raises(InputError, match="home directory"):
        check_token()


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("home", ["/", "/root", None], ids=str)
def test_another_user_without_a_home_is_given_one_line(tmp_path: Path, home: str | None) -> None:
    done = as_another_user("--workers", "1", home=home)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("metahebb: expected a home ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{}, {"METAHEBB_CACHE": "/proc", "NUMBA_CACHE_DIR": "/proc"}])
def test_another_user_without_a_home_or_a_cache_evolves_on_threads(
    variables: dict[str, str],
) -> None:
    done = as_another_user(home="/", **variables)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
        OSError("Matplotlib requires ..., and a temporary directory could not be created"),
    ],
)
def test_a_machine_without_a_temporary_folder_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said, error: OSError
) -> None:
    def fail(*words: object) -> None:
        raise error

    monkeypatch.setattr(Where, "prepare", fail)
    assert evolve(tmp_path / "run") == 2
    said("a temporary folder", "export TMPDIR=")


def a_users_own_ray(folder: str) -> None:
    """Try to start Ray where its folder is root's, and where shared memory is small."""
    mount("tmpfs", "/tmp", "mode=1777")
    mount("tmpfs", "/dev/shm", "size=16m")
    Path("/tmp/ray").mkdir(mode=0o755)
    home = Path("/tmp/home")
    home.mkdir()
    os.chown(home, USER, USER)
    done = as_another_user("--workers", "1", home=str(home), RAY_TMPDIR="/tmp")
    print(done.returncode, done.stderr)
    Path("/tmp/ray").rmdir()
    print(as_another_user("--workers", "1", home=str(home), RAY_TMPDIR="/tmp").returncode)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.namespaces
def test_a_folder_of_ray_that_is_another_users_is_named(tmp_path: Path) -> None:
    _check_can_be_another_user()
    first, *_, last = in_namespaces("test_homes", "a_users_own_ray", str(tmp_path)).splitlines()
    assert first.startswith("2 metahebb: expected to write Ray's files to /tmp/ray, got ")
    assert "export RAY_TMPDIR=" in first
    assert last == "0"


def as_another_user(
    *flags: str, home: str | None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Evolve a tiny run in a folder of another user's own."""
    python = _check_can_be_another_user()
    folder = Path("/tmp") / f"metahebb-home-{os.getpid()}"  # others cannot look into pytest's own
    folder.mkdir()
    os.chown(folder, USER, USER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder), **variables}
    environment.pop("HOME")
    words = (*TINY, *flags, "--generations", "1", "--out", str(folder / "run"))
    try:
        done = subprocess.run(
            [python, "-m", "metahebb", "evolve", "cartpole", *words],
            env=environment | ({} if home is None else {"HOME": home}),
            cwd=folder,
            user=USER,
            extra_groups=[],
            capture_output=True,
            text=True,
            timeout=patient(120),
        )
        assert list(folder.glob("metahebb-numba-*")) == []
        return done
    finally:
        shutil.rmtree(folder)


def _check_can_be_another_user() -> str:
    """Return a Python that another user can start; skip the test where there is none."""
    if os.getuid() != 0:
        pytest.skip("expected root, who can be another user; run as root")
    version = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        command = [python, "-c", "import numba, ray"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        try:
            subprocess.run(
                command, env=environment, user=USER, capture_output=True, check=True, cwd="/"
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip(f"expected a {version} that other users can start, got none")
