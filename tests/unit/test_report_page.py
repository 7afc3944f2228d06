"""Figures of a run, and the page that holds them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from report_runs import ant, evaluation, make_run, record

from metahebb.errors import InputError
from metahebb.networks import FeedForward
from metahebb.plasticity.rules import RULES
from metahebb.report.curves import draw_learning
from metahebb.report.film import film
from metahebb.report.life_figure import draw_life
from metahebb.report.markup import duration
from metahebb.report.page import report
from metahebb.report.recording import record as record_life
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Bandit, GymTask


def test_learning_figure_shows_fitness_center_and_stages() -> None:
    records = [record(i) for i in range(4)]
    records += [record(i, max_steps=80, bodies=["intact", "weak"]) for i in range(4, 8)]
    records[2]["center_return"] = None
    figure = draw_learning(records, " [m]")
    fitness, survival, *above = figure.axes
    assert fitness.get_ylabel() == "fitness [m]"
    lines = {line.get_label(): line.get_ydata() for line in fitness.lines}
    assert list(lines["mean"]) == [r["fitness_mean"] for r in records]
    assert np.isnan(lines["center"][2])
    widths = {line.get_label(): line.get_linewidth() for line in fitness.lines}
    assert widths["center"] < widths["median"] < widths["mean"]  # the noisiest is the thinnest
    assert [text.get_text() for text in survival.texts] == ["80 env steps, 2 bodies"]
    for axes in (fitness, survival):
        assert any(list(line.get_xdata()) == [4, 4] for line in axes.lines)
    steps = dict(zip(above[0].get_xticks(), above[0].get_xticklabels(), strict=True))
    assert steps[4.0].get_text() == "5 k"
    assert steps[0.0].get_text() == "1 k"


@pytest.mark.parametrize(
    ("lives", "label"),
    [((4, 4), "center, mean of 4 lives"), ((4, 8), "center, mean of 4 to 8 lives"),
     ((1, 1), "center, one life"), ((0, 0), "center")],
)  # fmt: skip
def test_the_legend_says_of_how_many_lives_the_center_is(lives: Any, label: str) -> None:
    records = [record(i, center_lives=n, center_std=0.1) for i, n in enumerate(lives)]
    assert label in draw_learning(records, "").axes[0].get_legend_handles_labels()[1]


def test_the_label_of_the_right_panel_keeps_away_from_the_left_one() -> None:
    figure = draw_learning([record(i) for i in range(4)], " [m]")
    figure.draw_without_rendering()
    left, right = figure.axes[0].get_window_extent(), figure.axes[1].yaxis.label
    assert right.get_window_extent().x0 - left.x1 > 10  # pixels


def test_one_generation_is_enough_for_a_learning_figure() -> None:
    figure = draw_learning([record(0, center_return=None)], "")
    assert figure.axes[0].lines[0].get_marker() == "o"
    assert "center" not in {line.get_label() for line in figure.axes[0].lines}


def test_life_figure_shows_weights_activity_outputs_and_way(tmp_path: Path) -> None:
    recording = record_life(ant(tmp_path / "run").load())
    figure = draw_life(recording)
    weights, changes, hidden, outputs, way = figure.axes[:5]
    drawn = np.asarray(weights.images[0].get_array())
    assert drawn.shape == (64, 40)
    assert (np.diff(drawn[:, -1]) <= 0).all()  # ordered by the final value
    assert np.asarray(hidden.images[0].get_array()).shape == (12, 40)
    assert np.asarray(outputs.images[0].get_array()).shape == (8, 40)
    assert list(way.lines[0].get_ydata()) == list(recording.distance)
    assert list(way.lines[0].get_xdata()) == list(range(41))
    assert way.lines[0].get_ydata()[-1] == recording.result.measures["distance"]
    assert way.get_ylabel() == "distance along +x [m]"
    low, high = weights.images[0].get_clim()
    assert drawn.min() < low
    assert drawn.max() <= high
    assert weights.images[0].colorbar.extend == "min"  # an arrow where weights lie beyond
    assert way.get_xlabel() == "env step (20 per simulated second)"
    labels = [text.get_text() for text in changes.get_legend().get_texts()]
    assert labels[1:] == ["by the bound: all weights rescaled", "by the rule"]
    for line, values in zip(changes.lines, recording.changes[:, [1, 0]].T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert 0 < changes.get_ylim()[1] < recording.changes[1, 1]  # the first rescaling is cut off


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_of_a_new_run_says_what_is_missing(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", RunConfig(GymTask("CartPole-v1"), FeedForward((4,))))
    text = report(run).read_text()
    assert _Page(text).open == []
    assert "<img" not in text
    assert "The first generation of this run is not over yet." in text
    assert "There is no checkpoint yet." in text
    assert f"metahebb evaluate {run.path}" in text
    assert f"metahebb film {run.path}" in text


def test_the_page_of_a_full_run_holds_everything_itself(tmp_path: Path) -> None:
    run = ant(tmp_path / "a walk")
    for i in range(4):
        run.append_metrics(record(i))
    (run.path / "evaluation.json").write_text(json.dumps(evaluation()))
    Image.new("P", (4, 4)).save(run.path / "film.gif")
    run.update_manifest(command="metahebb evolve <b>", env_steps=4000, elapsed_s=75.0)
    path = report(run)
    assert path == run.path / "report.html"
    text = path.read_text()
    page = _Page(text)
    assert page.open == []
    assert page.tags.count("img") == 4
    assert all(re.match(r"data:image/(png|gif);base64,", source) for source in page.sources)
    assert not {"script", "link", "iframe"} & set(page.tags)
    summary = (
        "After 4 of 6 generations (4,000 env steps, 8.0 s on "
        f"{run.read_manifest()['machine']['cores']} cores), the unperturbed center covers "
        "4.50 [4.00, 5.25] m over 2 fresh lives"
    )
    assert summary in text
    assert "<td>4.21 [3.50,\N{NO-BREAK SPACE}5.00]</td>" in text
    assert "metahebb evolve &lt;b&gt;" in text
    assert "4,000 env steps, 1 min 15 s" in text
    assert "return eta * (A * pre * post + B * pre + C * post + D)" in text
    assert "<th>search.popsize</th><td>128</td>" in text
    assert f"metahebb resume &#x27;{run.path}&#x27;\n" in text  # a space in the name: quoted
    for name in ("learning.png", "life.png", "coefficients.png"):
        with Image.open(run.path / "figures" / name) as figure:
            assert figure.width > 1000


def test_other_evaluations_stand_below_the_headline(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    run.append_metrics(record(0))
    (run.path / "evaluations").mkdir()
    other = evaluation(mean=1.5) | {
        "max_steps": 77,
        "bodies": {"long_back": evaluation()["bodies"]["intact"] | {"mean": 1.5}},
    }
    (run.path / "evaluations" / "other.json").write_text(json.dumps(other))
    text = report(run).read_text()
    assert "not evaluated yet" in text
    assert f"metahebb evaluate {run.path}" in text
    assert "<td>77</td><td>long_back</td>" in text
    (run.path / "evaluation.json").write_text(json.dumps(evaluation()))
    text = report(run).read_text()
    assert "covers 4.50 [4.00, 5.25] m over 2 fresh lives" in text
    assert text.index("<td>4.21 [3.50,\N{NO-BREAK SPACE}5.00]</td>") < text.index(
        "<td>1.50 [3.50,\N{NO-BREAK SPACE}5.00]</td>"
    )


def test_a_run_without_evaluation_tells_its_last_center(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"))
    run.append_metrics(record(0))
    assert "the return of the unperturbed center was 2.00; not evaluated yet" in (
        report(run).read_text()
    )
    run.append_metrics(record(1, center_return=None))
    assert "the return of the unperturbed center was unknown" in report(run).read_text()


def test_a_static_network_is_not_said_to_be_plastic(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", GymTask("CartPole-v1"))
    assert "change the weights after birth" in report(run).read_text()
    config = RunConfig(GymTask("CartPole-v1"), FeedForward((4,), rule=RULES["static"]))
    run = RunFolder.create(tmp_path / "static", config)
    run.checkpoints.folder.mkdir()
    center = np.zeros(run.config.setup().genome.n_genes, np.float32)
    run.checkpoints.save(Checkpoint(1, 1, {"center": center}))
    assert "it has no plasticity" in report(run).read_text()


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.25, "4.2 s"), (75, "1 min 15 s"), (3723, "1 h 2 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_task_without_pictures_counts_in_steps_and_is_reported_without_a_film(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path / "run", Bandit())
    page = report(run).read_text(encoding="utf-8")
    assert "metahebb film" not in page
    assert "--probe freeze:at=13" in page
    figure = draw_life(record_life(run.load()))
    assert figure.axes[3].get_xlabel() == "env step"
    with pytest.raises(InputError, match="expected a task with a picture, got a bandit run"):
        film(run)
