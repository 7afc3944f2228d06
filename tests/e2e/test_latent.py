"""The study of the hidden reversal: its control works, its smoke runs, its numbers are true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_runs import evolve

from experiments.kit.running import command
from experiments.latent.__main__ import EVOLVED, main
from experiments.latent.by_hand import handwritten
from experiments.latent.claims import FLIPS_FROM, PROBES
from experiments.protocols.hidden_variable.figure import curve, draw
from experiments.protocols.hidden_variable.lives import BOUND, MEASURES, Lived, live
from experiments.protocols.hidden_variable.runs import BUDGETS, TASK
from metahebb.analysis.statistics import mean_interval, nested_interval
from metahebb.cli import main as metahebb
from metahebb.errors import InputError
from metahebb.report.film import film
from metahebb.report.page import report
from metahebb.runs.folder import RunFolder


def by_hand(n: int, probe: str = "") -> Lived:
    return live(handwritten(), n, probe)


@pytest.fixture(scope="module")
def solved() -> Lived:
    return by_hand(150)


def test_the_handwritten_rule_solves_the_task_before_and_after_the_flip(solved: Lived) -> None:
    for measure in ("before", "after"):
        low = solved.interval(measure)[1]
        assert low > 0.9, measure


def test_the_handwritten_rule_needs_its_plasticity(solved: Lived) -> None:
    newborn = by_hand(150, "freeze:at=0").interval("return")
    assert newborn[1] < 0 < newborn[2]
    late = by_hand(150, f"freeze:at={FLIPS_FROM}")
    assert late.interval("before")[1] > 0.9
    assert late.interval("after")[2] < -0.9
    np.testing.assert_array_equal(
        late.scores[..., :FLIPS_FROM], solved.scores[..., :FLIPS_FROM]
    )  # the same lives, until they are frozen
    for term, is_needed in (("A", False), ("B", True)):
        low, high = by_hand(150, f"drop_term:term={term}").interval("after")[1:]
        assert (low > 0.9) is not is_needed
        assert (low < 0 < high) is is_needed


def test_measures_are_means_of_the_scores_that_are_noted(solved: Lived) -> None:
    is_go = TASK.is_go
    assert (solved.scores[..., ~is_go] == 0).all()
    returns = solved.scores[..., is_go].mean(-1)
    np.testing.assert_allclose(solved.measures[..., MEASURES.index("return")], returns)
    for life in range(5):
        flip = solved.flips[0, life]
        settled = solved.scores[0, life, flip:][is_go[flip:]][TASK.settle :]
        assert solved.measures[0, life, MEASURES.index("after")] == pytest.approx(settled.mean())


def test_the_curve_drops_where_lives_flip(solved: Lived) -> None:
    mean, low, high = curve(solved, TASK, solved.flips - 50, 30)
    assert (mean[:10] > 0.9).all()
    assert mean[10] < -0.5  # the first cycle after the flip
    assert (mean[20:] > 0.9).all()
    assert ((low <= mean) & (mean <= high)).all()


def test_the_interval_holds_what_varies_between_runs() -> None:
    values = np.repeat([[0.0], [1.0]], 50, axis=1)
    mean, low, high = nested_interval(values, BOUND)
    # Two runs say next to nothing: 0 and 1, spread by Student's t, cover all that a score can be.
    assert (mean, low, high) == (0.5, -1.0, 1.0)
    pooled = mean_interval(values.ravel().tolist())
    assert pooled[2] - pooled[1] < 0.25


def test_two_arms_are_compared_life_by_life() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1, 0.5, (5, 200, len(MEASURES)))
    nothing = np.zeros((5, 200)), np.zeros((5, 200, 1))
    one, other = Lived(scores + 0.25, *nothing), Lived(scores, *nothing)
    for measure in MEASURES:
        np.testing.assert_allclose(one.minus(other, measure), 0.25)
        np.testing.assert_allclose(other.minus(one, measure), -0.25)
    best, worst = Lived(np.ones_like(scores), *nothing), Lived(-np.ones_like(scores), *nothing)
    # Farther apart than a score is from 0; the interval is not cut there.
    assert best.minus(worst, "after") == pytest.approx((2, 2, 2))


def test_the_figure_is_written(tmp_path: Path, solved: Lived) -> None:
    draw({"written by hand": solved}, TASK, tmp_path)
    assert (tmp_path / "score.png").read_bytes()[:4] == b"\x89PNG"


def test_finished_runs_only_are_asked_for_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        command("latent", main, ["smoke", "--finished"])
    assert ended.value.code == 2
    assert "expected a finished run of the arm hebbian, got none in" in capsys.readouterr().err
    assert not any(Path().iterdir())


def test_smoke_runs_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command("latent", main, ["smoke", "--threads", "1"])
    first = capsys.readouterr()
    *lines, folder = first.out.splitlines()
    rows = [line.split("|")[1].strip() for line in lines]
    assert rows == ["who", "---", "written by hand", *EVOLVED, *PROBES]
    runs = list(Path("runs").rglob("journal"))
    n_runs = len(EVOLVED) * (len(BUDGETS["smoke"].seeds) + len(BUDGETS["smoke"].grid))
    assert len(runs) == n_runs
    assert not Path("results").exists()
    assert folder == str(tmp_path / "runs/smoke/latent")
    assert (Path(folder) / "summary.json").exists()
    command("latent", main, ["smoke", "--threads", "2"])
    again = capsys.readouterr()
    assert again.out == first.out
    assert "generation" not in again.err  # nothing is evolved twice


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    path = tmp_path_factory.mktemp("runs") / "reversal"
    assert evolve(path, preset="reversal", generations=1) == 0
    return RunFolder.open(path)


@pytest.mark.parametrize("network", ["static", "lstm", "gru"])
def test_every_network_lives_in_it(tmp_path: Path, network: str) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--network", network, preset="reversal", generations=1) == 0
    assert RunFolder.open(path).config.network.is_static


def test_a_run_is_evaluated_probed_and_reported(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert metahebb(["evaluate", str(run.path), "--lives", "4"]) == 0
    freeze = f"freeze:at={FLIPS_FROM}"
    assert metahebb(["probe", str(run.path), "--probe", freeze, "--lives", "4"]) == 0
    assert freeze in capsys.readouterr().out
    page = report(run).read_text()
    assert "reversal · 3-3-1 · abcd_lr · 60 genes" in page
    assert f"--probe {freeze}" in page
    assert "metahebb film" not in page


def test_a_run_cannot_be_filmed_or_damaged_and_says_so(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"expected a task with a picture, got a reversal run"):
        film(run)
    assert not (run.path / "film.gif").exists()
    assert metahebb(["evaluate", str(run.path), "--damage", "intact"]) == 2
    assert (
        "expected a run of locomotion or car racing for --damage, got one of reversal"
        in capsys.readouterr().err
    )
