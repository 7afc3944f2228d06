"""The figure of speed around an event, and what a run's page says of its probes and rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from report_runs import ant, comparison, evaluation, make_run

from metahebb.analysis.probe_numbers import speed_curves, speed_windows
from metahebb.report.markup import link, table
from metahebb.report.page import report
from metahebb.report.probe_figures import draw_speed, probe_figure, suite_page
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask

PAGE = Path(__file__).parents[2] / "metahebb" / "report" / "page.html"


@pytest.mark.parametrize(("horizon", "at"), [(250, 125), (250, 3), (250, 248), (1000, 333), (7, 2)])
def test_no_window_has_a_part_before_the_event_and_a_part_after(horizon: int, at: int) -> None:
    edges = speed_windows(horizon, at, 0.05)
    assert at in edges
    assert (edges[0], edges[-1]) == (0, horizon)
    widths = np.diff(edges)
    stride = max(10, -(-horizon // 60))
    assert (widths > 0).all()
    assert (widths[1:-1] == stride).all()
    assert widths.max() < 1.5 * stride


def test_curves_are_equal_until_the_event_and_say_how_many_live() -> None:
    plain = np.cumsum(np.random.default_rng(0).uniform(0, 1, (4, 101)), axis=1)
    probed = plain.copy()
    probed[:, 46:] -= 3.0
    probed[0, 71:] = np.nan
    curves = speed_curves(probed, plain, 45, 0.05)
    before = np.array(curves["edges"])[1:] <= 45
    assert before.sum() == 5
    same = np.array(curves["with"]["mean"]) == np.array(curves["without"]["mean"])
    assert same[before].all()
    assert not same[before.sum()]
    living = dict(zip(curves["edges"], curves["with"]["living"], strict=True))
    assert (living[65], living[75]) == (1.0, 0.75)
    assert set(curves["without"]["living"]) == {1.0}


def speeds(**living: list[float]) -> dict[str, Any]:
    curve = {"mean": [0.1, 0.2], "low": [0.0, 0.1], "high": [0.2, 0.3], "living": [1.0, 1.0, 1.0]}
    return {"edges": [0, 20, 40], "seconds": [0.5, 1.5]} | {
        name: curve | ({"living": living[name]} if name in living else {})
        for name in ("with", "without")
    }


def test_speed_is_drawn_over_env_steps_with_the_probe_named(tmp_path: Path) -> None:
    result = comparison(tmp_path / "one", speed=speeds(), dt=0.05)
    path = probe_figure(result, pdf=True)
    assert path is not None
    assert path.with_suffix(".pdf").exists()
    page = suite_page([result], tmp_path).read_text(encoding="utf-8")
    assert "In the figures the dead have a speed of 0.<" in page  # and no table below


def test_the_figure_says_what_the_ended_count_and_how_many_have_not(tmp_path: Path) -> None:
    result = comparison(tmp_path / "one", speed=speeds(), dt=0.05)
    (speed,) = draw_speed(result).axes
    assert "windows of 1 s; a life that has ended counts as 0" in speed.get_title(loc="left")
    steps = [patch for patch in speed.patches if not patch.get_fill()]
    assert all(list(step.get_data().edges) == [0, 20, 40] for step in steps)
    assert len(steps) == 2
    died = comparison(tmp_path / "one", speed=speeds(without=[1.0, 0.5, 0.25]), dt=0.05)
    _, living = draw_speed(died).axes
    assert [list(line.get_ydata()) for line in living.lines[:2]] == [[1, 0.5, 0.25], [1, 1, 1]]


def probed(run: RunFolder, name: str, **changes: Any) -> Path:
    (run.path / "probes").mkdir(exist_ok=True)
    folder = run.path / "probes" / name
    result = comparison(folder, **changes)
    (folder / "probe.json").write_text(json.dumps(result), encoding="utf-8")
    return folder


def test_the_page_of_a_run_links_its_probes_and_shows_its_rules(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=5)
    text = report(run).read_text(encoding="utf-8")
    assert "<h2>Probes</h2>" not in text
    assert "The rules that evolved" not in text
    assert f"metahebb probe {run.path} --suite\nmetahebb rules {run.path}\n" in text
    probed(run, "zero_weights-at=20")
    (run.path / "rules").mkdir()
    Image.new("P", (4, 4)).save(run.path / "rules" / "figure.png")
    (run.path / "rules" / "rules.json").write_text('{"generation": 3}', encoding="utf-8")
    text = report(run).read_text(encoding="utf-8")
    row = (
        '<a href="probes/zero_weights-at%3D20/">zero_weights:<wbr>at=20</a></td>'
        "<td>4</td><td>8 of 8</td><td>1.00 [0.50,"
    )
    assert row in text
    assert "probes/index.html" not in text
    assert "The rules of the center of generation 3" in text
    assert '<img alt="The evolved rules" src="data:image/png' in text
    (run.path / "probes" / "index.html").write_text("", encoding="utf-8")
    assert '<a href="probes/index.html">' in report(run).read_text(encoding="utf-8")


def test_a_damaged_probe_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"), max_steps=5)
    probed(run, "one")
    (probed(run, "two") / "probe.json").write_text('{"generation": 3}', encoding="utf-8")
    text = report(run).read_text(encoding="utf-8")
    assert 'href="probes/one/"' in text
    assert 'href="probes/two/"' not in text
    assert "two/probe.json, got KeyError: 'return'; the report leaves them out" in caplog.text


def test_the_note_of_a_life_says_which_one_it_is(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=5)
    assert "Life 0 of the fresh lives: " in report(run).read_text(encoding="utf-8")
    returns = [3.0, 1.0, 2.0]
    kept = evaluation(returns=returns)
    (run.path / "evaluation.json").write_text(json.dumps(kept), encoding="utf-8")
    text = report(run).read_text(encoding="utf-8")
    assert "Life 2, of median return among the lives of the evaluation." in text
    assert "Two things change the weights after birth: the evolved rules" in text
    (run.path / "evaluation.json").write_text(json.dumps(kept | {"generation": 3}))
    assert "Life 0 of the fresh lives: " in report(run).read_text(encoding="utf-8")


def test_links_in_tables_stay_links_and_all_else_is_escaped() -> None:
    made = table([["a", "b"], [link("x/y=1/", "<x>"), "<y>"]], head=True)
    assert '<td><a href="x/y=1/">&lt;x&gt;</a></td><td>&lt;y&gt;</td>' in made


def test_no_cell_of_a_table_breaks_inside_a_word() -> None:
    css = PAGE.read_text(encoding="utf-8").split("</style>")[0]
    assert "th, td { overflow-wrap: normal; word-break: normal; hyphens: none; }" in css
    assert "anywhere" not in css
    assert "break-all" not in css
