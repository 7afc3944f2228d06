"""``metahebb rules``: tables, files, and a line where there is nothing to look into."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_runs import ant
from small_runs import evolve, files
from toys import bcm, oja, traced

from metahebb import notes
from metahebb.cli import main
from metahebb.modulators import Modulator, Reward
from metahebb.networks import FeedForward
from metahebb.plasticity import rule
from metahebb.plasticity.rules import RULES
from metahebb.report.rules_figure import draw_rules
from metahebb.report.rules_table import rules_table
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks import GymTask


@rule
def squashed(pre, post, /, A, B):
    """Δw = tanh(A·pre + B·post)."""
    return np.tanh(A * pre + B * post)


@rule
def decaying(pre, post, weight, /, A, L):
    """Δw = A·pre·post − L·w."""
    return A * pre * post - L * weight


def cartpole(
    path: Path,
    network: FeedForward,
    kinds: np.ndarray,
    probe: str = "",
    modulator: Modulator | None = None,
) -> RunFolder:
    """Make a run in which the synapses of a layer have the coefficients ``kinds``, in turn."""
    config = RunConfig(
        GymTask("CartPole-v1"),
        network,
        schedule=(Stage(0, 20),),
        probes=(probe,) if probe else (),
        modulator=modulator,
    )
    run = RunFolder.create(path, config)
    layers = [np.resize(kinds, (s.size // s.planes, s.planes)).T
              for s in config.setup().genome.slots[0].layers]  # fmt: skip
    center = np.concatenate([layer.ravel() for layer in layers]).astype(np.float32)
    run.checkpoints.folder.mkdir()
    run.checkpoints.save(Checkpoint(7, 7, {"center": center}))
    return run


def result(run: RunFolder) -> dict[str, Any]:
    return json.loads((run.path / "rules" / "rules.json").read_text())


HEBB, DRIFT = (1.0, 0.0, 0.0, 0.0, 0.1), (0.0, 0.0, 0.0, 1.0, -0.2)


def test_rules_that_were_put_there_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The negative of both factors is the same rule.
    kinds = np.array([HEBB, tuple(-x for x in HEBB), DRIFT], np.float32)
    run = cartpole(tmp_path / "run", FeedForward((6,)), kinds)
    assert main(["rules", str(run.path), "--lives", "3"]) == 0
    shown = capsys.readouterr().out
    found = result(run)
    assert found["distinct"] == len(found["clusters"]) == 2
    assert [c["label"] for c in found["clusters"]] == [
        "nearly still: Hebbian (100%)",  # a balanced pole hardly moves
        "constant drift down (100%)",
    ]
    assert [c["synapses"] for c in found["clusters"]] == [24, 12]
    assert [c["layers"] for c in found["clusters"]] == [[16, 8], [8, 4]]
    assert found["synapses"] == [24, 12]
    first, second = found["clusters"]
    assert first["coefficients"]["eta·A·pre·post"]["median"] == pytest.approx(0.1)
    assert first["genes"]["A"] == {"median": 0.0, "low": -1.0, "high": 1.0}
    assert second["coefficients"]["eta·D"]["low"] == pytest.approx(-0.2)
    np.testing.assert_allclose(np.array(first["plane"])[[0, 0, -1], [0, -1, -1]], [0.1, -0.1, 0.1])
    for kind in ("share", "net"):
        for cluster, wanted in enumerate(([1, 0, 0, 0], [0, 0, 0, 1])):
            cells = [found["shares"]["clusters"][cluster]]
            cells += [layer[cluster] for layer in found["shares"]["cells"]]
            for cell in cells:
                means = [one["mean"] for one in cell[kind]]
                np.testing.assert_allclose(means, wanted, atol=1e-6)
    every = found["shares"]["all"]["share"]
    assert 0 < every[0]["low"] < every[0]["mean"] < every[0]["high"] < every[3]["mean"] < 1
    for text in ("2 distinct rules, each of which is a cluster", "eta is multiplied in",
                 "strongest); Hebbian: strengthens when pre and post agree", "cluster 2  0.00",
                 "3 fresh lives of at most 20 env steps (default)", "eta·A  ",
                 "What Δw is made of, at signals as lived",
                 "without eta·D  "):  # fmt: skip
        assert text in shown
    assert shown.splitlines()[-1] == str(run.path / "rules")
    assert (run.path / "rules" / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_lives_are_those_of_the_runs_conditions(tmp_path: Path) -> None:
    kinds = np.array([(1.0, 0.0, 0.0, 1.0, 0.1)], np.float32)
    run = cartpole(tmp_path / "run", FeedForward((6,)), kinds, "drop_term:term=A")
    assert main(["rules", str(run.path), "--lives", "1"]) == 0
    (cluster,) = result(run)["clusters"]
    assert cluster["label"] == "constant drift up (100%)"
    assert cluster["layers"] == [24, 12]
    shares = result(run)["shares"]["all"]["share"]
    assert [one["mean"] for one in shares] == [0, 0, 0, 1]
    assert shares[3]["low"] is None  # one life has no interval


def test_the_figure_shows_each_cluster_on_one_scale(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    assert main(["rules", str(run.path), "--lives", "2", "--clusters", "6"]) == 0
    found = result(run)
    assert len(found["clusters"]) == 6
    assert list(found["silhouettes"]) == ["6"]
    assert found["silhouette"] == found["silhouettes"]["6"]
    assert -1 < found["silhouette_before"] < 1
    assert sum(c["synapses"] for c in found["clusters"]) == sum(found["synapses"])
    for rows in (found["shares"]["layers"], found["shares"]["clusters"]):
        for cell in rows:
            assert sum(one["mean"] for one in cell["share"]) == pytest.approx(1)
            assert sum(one["mean"] for one in cell["net"]) == pytest.approx(1, abs=1e-5)
    figure = draw_rules(found)
    images = [axes.images[0] for axes in figure.axes if axes.images and axes.get_ylim() == (-1, 1)]
    assert len(images) == 6
    assert len({image.get_clim() for image in images}) == 1
    low, high = images[0].get_clim()
    largest = max(max(np.abs(c["plane"]).max(), c["strength"]) for c in found["clusters"])
    assert -low == high == pytest.approx(largest)
    for image, cluster in zip(images, found["clusters"], strict=True):
        np.testing.assert_allclose(image.get_array(), cluster["plane"])
    bars = [axes for axes in figure.axes if "What moves weights" in axes.get_title(loc="left")]
    heights = [patch.get_height() for patch in bars[0].patches]
    wanted = [found["shares"]["all"]["share"][0]["mean"]]
    assert len(heights) == 4 * (1 + 2 + 6)
    assert heights[0] == pytest.approx(wanted[0])


def test_a_rule_that_is_no_sum_has_no_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cartpole(tmp_path / "run", FeedForward((6,), squashed), np.array([(1, 0), (0, 1)]))
    assert main(["rules", str(run.path), "--lives", "1"]) == 0
    assert "No shares of terms: Δw of squashed is not a sum" in capsys.readouterr().out
    found = result(run)
    assert found["shares"] is None
    assert found["terms"] == ["A", "B"]  # tanh(pre) is no product of signals
    assert {c["label"].split(" (")[0] for c in found["clusters"]} == {"pre-driven", "post-driven"}
    assert not any("What moves" in axes.get_title(loc="left") for axes in draw_rules(found).axes)
    assert [row["coefficient"] for row in found["without"]["terms"]] == ["A", "B"]


def test_a_rule_that_lives_by_its_decay_is_called_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = np.array([(0.01, 0.2)], np.float32)
    run = cartpole(tmp_path / "run", FeedForward((6,), decaying), kinds)
    assert main(["rules", str(run.path), "--lives", "4"]) == 0
    shown, found = capsys.readouterr().out, result(run)
    (cluster,) = found["clusters"]
    assert cluster["words"].startswith("decays: moves the weight towards 0 (")
    assert "Hebbian" not in cluster["label"]
    assert found["terms"] == ["A·pre·post", "−L·weight"]
    assert found["state_parts"] == ["at weight 0", "decays", "grows"]
    share = [one["mean"] for one in found["state_shares"]["all"]["share"]]
    terms = [one["mean"] for one in found["shares"]["all"]["share"]]
    np.testing.assert_allclose(share, [*terms, 0], atol=1e-4)
    assert sum(share) == pytest.approx(1)
    assert share[1] > 0.8
    weight = cluster["lived"]["weight"]
    assert weight["low"] < 0 < weight["high"]  # weights at birth are of both signs
    curve = cluster["curves"]["weight"]
    assert curve["at"][0] == pytest.approx(weight["low"])
    slope = np.polyfit(curve["at"], curve["change"], 1)[0]
    assert slope == pytest.approx(-0.2, rel=1e-3)
    assert "what the weight adds towards 0 (decays)" in shown
    titles = [axes.get_title(loc="left") for axes in draw_rules(found).axes]
    assert any("Mean Δw by the weight" in text for text in titles)
    assert any("Δw without the synapse's own state" in text for text in titles)


def test_a_trace_and_a_modulator_are_told_as_they_were_lived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = np.array([(0.5, 0.5)], np.float32)
    run = cartpole(tmp_path / "run", FeedForward((6,), traced), kinds, modulator=Reward())
    assert main(["rules", str(run.path), "--lives", "2"]) == 0
    shown, found = capsys.readouterr().out, result(run)
    (cluster,) = found["clusters"]
    assert cluster["lived"]["modulator"] == {"median": 1, "low": 1, "high": 1}  # each step pays 1
    assert "driven by its trace" in cluster["words"]
    assert "decays" in cluster["trace"]["label"]
    assert f"its trace: {cluster['trace']['words']}" in shown
    assert [one["mean"] for one in found["state_shares"]["all"]["net"]] == pytest.approx([0, 1])
    assert found["terms"] == ["A·trace·modulator", "decay"]
    assert found["share_terms"] == ["A·trace·modulator"]  # the trace alone depends on its decay
    assert [one["mean"] for one in found["shares"]["all"]["share"]] == pytest.approx([1])


def test_a_sliding_threshold_is_told_as_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = np.array([(1.0, 0.2, 0.3), (0.5, -0.2, 0.3)], np.float32)
    run = cartpole(tmp_path / "run", FeedForward((6,), bcm), kinds)
    assert main(["rules", str(run.path), "--lives", "2", "--clusters", "1"]) == 0
    shown, found = capsys.readouterr().out, result(run)
    (cluster,) = found["clusters"]
    used = {name for name, part in cluster["parts"].items() if part}
    assert used == {"pre·post²", "trace·pre·post"}
    assert cluster["unexplained"] == 0
    used = {name for name, part in cluster["trace"]["parts"].items() if part}
    assert used == {"post²", "trace"}
    assert "nonlinear" not in shown
    assert found["share_terms"] == ["eta·A"]
    by_name = {row["coefficient"]: row for row in found["without"]["terms"]}
    assert by_name["tau"]["leveled"]
    assert not by_name["A"]["leveled"]
    assert by_name["tau"]["nonfinite"] == 0
    assert "tau at its mean" in shown
    bars = [axes for axes in draw_rules(found).axes if "fresh" in axes.get_title(loc="left")]
    labels = [text.get_text() for text in bars[0].get_legend().get_texts()]
    assert labels == ["eta·A", "net"]
    for term, said in (("tau", True), ("A", False)):
        assert main(["probe", str(run.path), "--probe", f"drop_term:term={term}"]) == 0
        shown = capsys.readouterr().out
        assert ("tau is not left out: it is its layer's mean in all synapses" in shown) == said
        assert "non-finite" not in shown


@pytest.mark.parametrize(
    ("silhouette", "says"),
    [
        (0.31, "mean silhouette 0.31, no clearer than before evolution (0.32)"),
        (0.324, "mean silhouette 0.32, no clearer than before evolution (0.32)"),
        (0.34, "mean silhouette 0.34, hardly clearer than before evolution (0.32)"),
        (0.42, "mean silhouette 0.42, weak clusters (before evolution 0.32)"),
    ],
)
def test_clusters_that_evolution_did_not_make_are_said_to_be_no_clearer(
    tmp_path: Path, silhouette: float, says: str
) -> None:
    run = ant(tmp_path / "run")
    assert main(["rules", str(run.path), "--lives", "1", "--clusters", "2"]) == 0
    found = {**result(run), "silhouette": silhouette, "silhouette_before": 0.321}
    assert says in rules_table(found)
    headings = [part.get_suptitle() for part in draw_rules(found).subfigs]
    assert says in headings[0].replace("\n", " ")


def test_lives_without_a_term_are_those_of_drop_term(tmp_path: Path) -> None:
    run = ant(tmp_path / "run")
    assert main(["rules", str(run.path), "--lives", "3", "--clusters", "2"]) == 0
    found = result(run)
    assert found["without"]["main"] == "distance"
    assert [row["coefficient"] for row in found["without"]["terms"]] == ["A", "B", "C", "D"]
    flags = ("--probe", "drop_term:term=B", "--lives", "3")
    assert main(["probe", str(run.path), *flags]) == 0
    probed = json.loads((run.path / "probes" / "drop_term-term=B" / "probe.json").read_text())
    row = found["without"]["terms"][1]
    assert row["return"] == probed["return"]
    assert row["measures"] == probed["measures"]
    assert row["measures"]["distance"]["difference"]["mean"] != 0
    shown = rules_table(found)
    assert shown.index("What Δw is made of") < shown.index("without eta·B·pre") < shown.index("Net")
    figure = draw_rules(found)
    (axes,) = (a for a in figure.axes if a.get_xlabel() == "distance [m]")
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == [
        "none left out",
        *(f"without {row['term']}" for row in found["without"]["terms"]),
    ]
    (band,) = axes.get_legend().get_texts()
    assert band.get_text() == "95 % interval with none left out"
    drawn = axes.lines[0].get_xdata()
    assert drawn[2] == pytest.approx(row["measures"]["distance"]["with"]["mean"])


def test_a_scale_that_is_the_only_coefficient_is_leveled_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cartpole(tmp_path / "run", FeedForward((6,), oja), np.array([(0.1,), (0.2,)]))
    assert main(["rules", str(run.path), "--lives", "1"]) == 0
    assert "eta at its mean" in capsys.readouterr().out
    assert result(run)["without"]["terms"][0]["leveled"]


def test_a_few_odd_synapses_are_outliers_and_no_clear_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = np.random.default_rng(0).normal(0, 0.1, (36, 5)).astype(np.float32)
    kinds[:, 4] = 1
    kinds[:2, :4] += 5
    run = cartpole(tmp_path / "run", FeedForward((6,)), kinds)
    assert main(["rules", str(run.path), "--lives", "1", "--clusters", "2"]) == 0
    shown, found = capsys.readouterr().out, result(run)
    odd = found["clusters"][1]
    assert odd["outliers"]
    assert odd["synapses"] < 5
    assert f"no clear clusters, all but {odd['synapses']} outliers are in one" in shown
    assert f"{odd['synapses']} (" in shown
    assert "outliers)" in shown
    assert "outliers" in next(
        text for a in draw_rules(found).axes if (text := a.get_title(loc="left")).startswith("2: ")
    )


def test_where_no_weight_changes_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cartpole(
        tmp_path / "run", FeedForward((6,), decaying), np.array([(1, 1)]), probe="freeze:at=0"
    )
    assert main(["rules", str(run.path), "--lives", "1"]) == 0
    shown, found = capsys.readouterr().out, result(run)
    assert "over signals in [-1, 1], since no weight ever changed" in shown
    assert found["clusters"][0]["lived"] is None
    assert found["shares"]["all"]["share"][0]["mean"] is None
    assert draw_rules(found).axes


def test_what_takes_long_says_what_is_lived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = cartpole(tmp_path / "run", FeedForward((6,), RULES["a"]), np.ones((1, 1)))
    assert main(["rules", str(run.path), "--lives", "2"]) == 0
    assert "lives without" not in capsys.readouterr().err  # it was quick
    monkeypatch.setattr(notes, "LONG_S", -1.0)
    assert main(["rules", str(run.path), "--lives", "2"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" (after")[0] for line in lines] == [
        "2 lives as they are",
        "2 lives without A",
    ]


def test_a_file_of_an_older_version_still_opens() -> None:
    text = (Path(__file__).parents[1] / "golden" / "rules_before_lived.json").read_text("utf-8")
    found = json.loads(text)
    shown = rules_table(found)
    assert "Δw over pre and post in [-1, 1] (parts: of its mean square, at weight 0)" in shown
    assert "2 distinct rules, each of which is a cluster" in shown
    assert "3 fresh lives of at most 20 env steps (default)" in shown
    titles = [axes.get_title(loc="left") for axes in draw_rules(found).axes]
    assert [t[:3] for t in titles if t.startswith("(")] == ["(b)", "(c)", "(d)"]


@pytest.mark.parametrize(
    ("network", "got"), [("static", "got static in"), ("gru", "got gru in")], ids=["static", "gru"]
)
def test_without_a_rule_there_is_one_line(
    tmp_path: Path, network: str, got: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--network", network, generations=1) == 0
    refuses(path, [], got, capsys)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--clusters", "3"], "expected at most 1 clusters, got 3 (rules)"),
        (["--clusters", "0"], "expected from 1 to 12 clusters, got 0"),
        (["--lives", "0"], "expected at least one life, got 0"),
        (["--cluster", "3"], "did you mean '--clusters'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = cartpole(tmp_path / "run", FeedForward((6,), RULES["a"]), np.ones((1, 1)))
    refuses(run.path, flags, message, capsys)


def refuses(path: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(path)
    capsys.readouterr()
    assert main(["rules", str(path), *flags]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert files(path) == before
