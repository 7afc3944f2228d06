"""Pages say what is there, and nothing else; names break between their parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_runs import comparison, make_run, record
from scipy.stats import t

from metahebb.networks import FeedForward, Gated
from metahebb.plasticity.rules import RULES
from metahebb.report.bench_figures import draw_growth
from metahebb.report.curves import center_band, draw_learning, learning_note
from metahebb.report.frames import shortened
from metahebb.report.life_figure import draw_life
from metahebb.report.markup import words
from metahebb.report.page import report
from metahebb.report.probe_figures import suite_page
from metahebb.report.recording import record as record_life
from metahebb.report.recording import steps_label
from metahebb.report.table import without_empty
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask


def run_of(path: Path, config: RunConfig) -> RunFolder:
    run = RunFolder.create(path, config)
    center = np.random.default_rng(0).normal(0, 0.1, config.setup().genome.n_genes)
    run.checkpoints.folder.mkdir()
    run.checkpoints.save(Checkpoint(1, 1, {"center": center.astype(np.float32)}))
    return run


@pytest.mark.parametrize("network", [FeedForward((4,), rule=RULES["static"]), Gated(hidden=(4,))])
def test_a_static_run_prints_no_births_and_no_bounds(tmp_path: Path, network: Any) -> None:
    config = RunConfig(GymTask("CartPole-v1"), network, generations=6)
    page = report(run_of(tmp_path / "run", config)).read_text(encoding="utf-8")
    for text in ("birth weights", "network.birth", "normalization", "max_abs", "return 0.0 * wei"):
        assert text not in page
    assert "<th>weights</th><td>inherited; they stay as they are in a life</td>" in page


def test_a_plastic_run_prints_its_births_and_its_bound(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"))
    page = report(run).read_text(encoding="utf-8")
    assert "<th>birth weights</th><td>uniform</td>" in page
    assert "each layer is divided by its largest |weight| after each update" in page
    assert "was rescaled, not unlearned" in page
    assert "normalization" in page


def test_the_activity_of_a_network_without_hidden_layers_is_that_of_its_sensors(
    tmp_path: Path,
) -> None:
    config = RunConfig(GymTask("CartPole-v1"), FeedForward(()), generations=6)
    center = run_of(tmp_path / "run", config).load()
    titles = [axes.get_title(loc="left") for axes in draw_life(record_life(center)).axes]
    assert "Activity of the sensors" in titles
    assert "Activity of the last hidden layer" not in titles


def test_the_band_is_students_interval_of_the_centers_lives() -> None:
    returns = np.array([1.0, 2.0, 4.0, 9.0])
    known = {"center_return": returns.mean(), "center_std": returns.std(), "center_lives": 4}
    records = [record(0, **known), record(1), record(2, **known | {"center_lives": 1})]
    low, high = center_band(records)
    expected = t.interval(0.95, 3, returns.mean(), returns.std(ddof=1) / 2)
    np.testing.assert_allclose((low[0], high[0]), expected)
    assert np.isnan(low[1:]).all()  # an older version's line, and a single life
    axes = draw_learning(records, "").axes[0]
    assert "center, 95 % interval" in axes.get_legend_handles_labels()[1]
    assert axes.get_ylim()[1] < expected[1]  # the lines decide what is in view
    assert "95 % interval of its mean over 4 lives" in learning_note(records)
    older = [record(0), record(1)]
    assert (
        "center, 95 % interval"
        not in draw_learning(older, "").axes[0].get_legend_handles_labels()[1]
    )
    assert "interval" not in learning_note(older)


def test_a_note_is_about_what_a_figure_has() -> None:
    assert "Dashed" not in learning_note([record(0), record(1)])
    assert "Dashed: a new stage." in learning_note([record(0), record(1, max_steps=80)])
    assert "center" not in learning_note([record(0, center_return=None)])


@pytest.mark.parametrize(("algorithm", "shown"), [("openai_es", False), ("ga", True)])
def test_only_a_search_without_a_first_center_is_said_to_have_none(
    tmp_path: Path, algorithm: Any, shown: bool
) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"), max_steps=5)
    search = replace(run.config.search, algorithm=algorithm)
    other = run_of(tmp_path / "other", replace(run.config, search=search))
    assert ("has no first center" in report(other).read_text(encoding="utf-8")) == shown


def test_names_break_between_their_parts_and_intervals_nowhere() -> None:
    assert words("zero_weights:fraction=0.5,at=9") == "zero_weights:<wbr>fraction=0.5,<wbr>at=9"
    assert words("runs/<a>") == "runs/<wbr>&lt;a&gt;"
    assert words("4.5 [4.00, 5.25]") == "4.5 [4.00,\N{NO-BREAK SPACE}5.25]"
    assert words("1,234 steps, flip [env step]") == "1,234 steps, flip [env step]"


def test_rows_and_columns_of_dashes_are_left_out() -> None:
    rows = [["", "a", "b", "c"], ["x", "1", "–", "–"], ["y", "–", "–", "2"], ["z", "–", "–", "–"]]
    assert without_empty(rows) == [["", "a", "c"], ["x", "1", "–"], ["y", "–", "2"]]


def test_the_page_of_a_suite_has_no_captions_of_panels_that_are_not_there(tmp_path: Path) -> None:
    page = suite_page([comparison(tmp_path / "one")], tmp_path).read_text(encoding="utf-8")
    for text in ("(a)", "speed", "interquartile", "default", "<th>after</th>"):
        assert text not in page
    assert page.count("8 fresh lives of at most 40 env steps, the same ones") == 1
    (tmp_path / "one" / "weights.png").write_bytes(b"PNG")
    page = suite_page([comparison(tmp_path / "one")], tmp_path).read_text(encoding="utf-8")
    assert "(b) Synapses" in page
    assert "(c) Speed" not in page


@pytest.mark.parametrize(
    ("seconds", "label"),
    [(None, "env step"), (0.05, "env step (20 per simulated second)"),
     (0.008, "env step (125 per simulated second)")],
)  # fmt: skip
def test_the_axis_of_time_counts_env_steps(seconds: float | None, label: str) -> None:
    assert steps_label(seconds) == label


@pytest.mark.parametrize(
    ("room", "text"),
    [
        (40, "generation 60 · short_left_ankle"),
        (28, "generation 60 · short_left…"),
        (21, "generation 60…"),
        (5, "gene…"),
    ],
)
def test_captions_are_cut_between_words(room: int, text: str) -> None:
    assert shortened("generation 60 · short_left_ankle", lambda s: len(s) <= room) == text


def test_a_flat_curve_of_the_benchmark_has_more_than_one_number_beside_it() -> None:
    curve = {"name": "lanes", "x_label": "lanes", "y_label": "env step [µs]", "exponent": -0.1,
             "x": [1, 2, 4], "y": [95.0, 84.0, 70.0]}  # fmt: skip
    (axes,) = draw_growth([curve]).axes
    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) > 1
