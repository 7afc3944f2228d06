"""The tour runs cell by cell, as in a notebook, and as a script."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cells import cells_of, notebook

import metahebb as mh
from metahebb.api.results import Picture, Result, Table

TOUR = Path(__file__).parents[2] / "docs" / "tour.py"
SMALLER = {
    r"GENERATIONS = 150": "GENERATIONS = 2",
    r"lives=\d+": "lives=4",
    r'"ant-quick",': '"ant-quick", popsize=8, quiet=True, tensorboard=False,',
    r'"cartpole", rule': '"cartpole", popsize=8, quiet=True, tensorboard=False, rule',
    r"env=Wind,": "env=Wind, popsize=8, quiet=True, tensorboard=False,",
    r'"finish": False': '"finish": False, "popsize": 8, "quiet": True, "tensorboard": False',
}
"""What makes the tour small, by what stands in its place there."""


def small_tour() -> str:
    """Return the text of the tour with small settings."""
    text = TOUR.read_text(encoding="utf-8")
    for there, here in SMALLER.items():
        text, count = re.subn(there, here, text)
        assert count, f"expected {there} in the tour, got none"
    return text


@pytest.mark.slow
@pytest.mark.render
def test_the_tour_runs_in_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = cells_of(small_tour())
    assert len(cells) == 10
    shown = []
    with notebook() as run:
        for cell in cells:
            *_, last = cell.rstrip().splitlines()
            names = run(cell)
            # What a notebook shows is the value of a cell's last line.
            is_value = not last.startswith((" ", ")")) and "=" not in last.partition("(")[0]
            shown.append(eval(last, names) if is_value and "evolve" not in last else None)
    assert isinstance(shown[0], mh.Run)
    assert isinstance(shown[2], Picture)
    assert isinstance(shown[7], Table)
    results = [k for k, value in enumerate(shown, 1) if isinstance(value, Result)]
    assert results == [2, 5, 6, 7, 9, 10]
    assert "Blink" in shown[6]["probes"][0]
    assert "oja_d" in repr(mh.open("runs/tour/oja"))
    assert mh.open("runs/tour/wind").config.task.label.endswith(":Wind")
    assert Path("runs/tour/compare.pdf").read_bytes().startswith(b"%PDF")
    assert len(list(Path("runs/tour").glob("*/seed[012]/config.json"))) == 6


@pytest.mark.slow
@pytest.mark.render
def test_the_tour_is_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of a script is found in its file, and nothing of the script runs twice."""
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "tour.py"
    text = small_tour()
    script.write_text(text[: text.index("# %% 10.")], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "runs" / "tour").iterdir())) == 4  # three runs, one environment
