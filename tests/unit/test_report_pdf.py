"""Figures as PDF: on request, the same bytes each time, small, and never older than the PNG."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_runs import ant, record

from metahebb.cli import main
from metahebb.report.curves import draw_learning
from metahebb.report.figures import save
from metahebb.report.life_figure import draw_life
from metahebb.report.recording import record as record_life
from metahebb.runs.folder import RunFolder

DRAW = """
import sys
from pathlib import Path
from report_runs import record
from metahebb.report.curves import draw_learning
from metahebb.report.figures import save
save(draw_learning([record(0), record(1)], " [m]"), Path(sys.argv[1]), pdf=True)
"""


def test_a_pdf_is_written_on_request_and_kept_as_new_as_the_png(tmp_path: Path) -> None:
    path, vector = tmp_path / "some.png", tmp_path / "some.pdf"
    assert save(draw_learning([record(0)], ""), path) == path
    assert not vector.exists()
    assert save(draw_learning([record(0)], ""), path, pdf=True) == path
    before = vector.read_bytes()
    assert before.startswith(b"%PDF")
    save(draw_learning([record(0), record(1)], ""), path)
    assert vector.read_bytes() != before


def test_a_pdf_is_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", DRAW, str(tmp_path / f"{seed}.png")],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            check=True,
        )
    one, two = ((tmp_path / f"{seed}.pdf").read_bytes() for seed in ("1", "2"))
    assert one == two
    assert b"CreationDate" not in one
    assert b"/FontFile2" in one  # a TrueType font
    assert b"Type3" not in one


def test_heat_maps_in_a_pdf_are_pictures_not_rectangles(tmp_path: Path) -> None:
    recording = record_life(ant(tmp_path / "run").load())
    path = save(draw_life(recording), tmp_path / "life.png", pdf=True)
    data = path.with_suffix(".pdf").read_bytes()
    assert data.count(b"/Subtype /Image") >= 3  # weights, activity, outputs
    assert len(data) < 200_000


def test_reports_and_probes_write_pdfs_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ant(tmp_path / "run", max_steps=20)
    run.append_metrics(record(0))
    assert main(["report", str(run.path), "--pdf"]) == 0
    written = {path.name for path in (run.path / "figures").iterdir()}
    names = {"learning", "life", "coefficients"}
    assert written == {f"{name}.{kind}" for name in names for kind in ("png", "pdf")}
    probe = ["--probe", "zero_weights:at=9", "--lives", "2", "--threads", "1"]
    assert main(["probe", str(run.path), *probe, "--pdf"]) == 0
    folder = Path(capsys.readouterr().out.splitlines()[-1])
    written = {path.name for path in folder.iterdir()}
    assert {"figure.pdf", "weights.pdf", "figure.png", "weights.png"} < written
    assert main(["report", str(RunFolder.open(run.path).path)]) == 0
