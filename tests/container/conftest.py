"""The image, built once from nothing for all tests here; make test-container removes its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import engine as engines
import pytest

_figures: list[str] = []


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> engines.Engine:
    """Return an engine that holds the image."""
    engines.require()
    for path in (engines.STATE, "/run/netns"):
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True)
    made = engines.Engine(tmp_path_factory.mktemp("engine"))
    made.build()
    return made


@pytest.fixture
def runs(engine: engines.Engine) -> Path:
    """Return an empty folder of user 1000's, to be mounted at /work/runs."""
    path = engine.folder / "runs"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    os.chown(path, 1000, 1000)
    return path


@pytest.fixture
def figure() -> object:
    """Return a function that keeps a line for the end."""
    return _figures.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the image at the end."""
    for line in _figures:
        terminalreporter.write_line(line)
