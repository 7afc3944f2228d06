"""Rows 25 and 26: who may read a token, and who may join without one (row 24: test_ray_backend)."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import pytest
from test_ray_backend import cluster, run_elsewhere

from metahebb.evolution.backends.ray_files import close_token

__all__ = ["cluster"]  # a fixture

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.slow]

MODES = """
import test_ray_backend as here
here.start_local(1)
token = here.Path.home() / ".ray" / "auth_token"
print(oct(token.stat().st_mode & 0o777), oct(token.parent.stat().st_mode & 0o777))
here.ray.shutdown()
"""


@pytest.mark.row(25)
@pytest.mark.parametrize("there", [False, True], ids=["new", "readable before"])
def test_a_token_is_for_its_owner_to_read(tmp_path: Path, there: bool) -> None:
    if there:
        folder = tmp_path / ".ray"
        folder.mkdir(mode=0o755)
        (folder / "auth_token").write_text("0123456789abcdef" * 2)
        (folder / "auth_token").chmod(0o644)
    printed = run_elsewhere(MODES, HOME=str(tmp_path))
    assert printed.split() == ["0o600", "0o700"]


@pytest.mark.row(25)
def test_a_token_that_is_closed_already_may_be_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.touch(0o400)

    def refuse(*told: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    monkeypatch.setattr(Path, "chmod", refuse)
    close_token()
    monkeypatch.undo()
    assert token.stat().st_mode & 0o777 == 0o400


@pytest.mark.row(26)
@pytest.mark.parametrize(
    "variables",
    [
        {},
        pytest.param({"RAY_AUTH_TOKEN": "0" * 32}, marks=pytest.mark.minutes),
        {"RAY_AUTH_MODE": "disabled"},
    ],
    ids=["no token", "another token", "no authentication"],
)
def test_who_has_not_the_token_is_refused(cluster: str, variables: dict[str, str]) -> None:
    body = f"""
import logging
logging.basicConfig(stream=sys.stdout)
import test_ray_backend as here
try:
    here.RayWorkers(here.ant(), 1, address={cluster!r})
except here.InputError as error:
    print("refused:", error)
"""
    with tempfile.TemporaryDirectory() as home:
        printed = run_elsewhere(body, HOME=home, **variables)
    assert "refused: expected a Ray cluster at" in printed
    assert ("can run code as you" in printed) == ("RAY_AUTH_MODE" in variables)
