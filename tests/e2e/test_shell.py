"""The command line among others of a shell: pipes that close, paths with spaces."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_runs import evolve

from metahebb import cli
from metahebb.evolution.backends.in_process import InProcess
from metahebb.runs.stopping import Stopped


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("presets",), ("--help",), ("evolve", "cartpole", "--help")])
def test_a_pipe_that_nobody_reads_ends_quietly(words: tuple[str, ...], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "metahebb", *words],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 141


def test_another_broken_pipe_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: str) -> int:
        raise BrokenPipeError("a logger's server went away")

    monkeypatch.setattr(cli, "_run", fail)
    with pytest.raises(BrokenPipeError, match="server"):
        cli.main(["presets"])


def test_the_line_to_go_on_with_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(backend: InProcess, jobs: Any) -> Any:
        raise Stopped(signal.SIGTERM)

    path = tmp_path / "my run"
    with monkeypatch.context() as patch:
        patch.setattr(InProcess, "evaluate", stop)
        assert evolve(path, generations=1) == 75
    _, _, line = capsys.readouterr().err.partition("go on with: metahebb ")
    assert shlex.split(line) == ["resume", str(path)]
