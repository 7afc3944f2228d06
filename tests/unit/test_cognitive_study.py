"""The study of cognitive tasks: what counts as learned, and its numbers, computed by hand."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments.cognitive.arms import Arm, all_arms
from experiments.cognitive.bandit import Evolved, config_of
from experiments.cognitive.claims import claims_of, median_of
from experiments.cognitive.figures import draw_learning, draw_systems
from experiments.cognitive.names import ACTOR_CRITIC, EVOLVED, NODE, NONMATCH, SUPRALINEAR
from experiments.cognitive.observers import observed
from experiments.cognitive.psychometric import draw_psychometric, panels_of
from experiments.cognitive.runs import Taught, all_taught, path_of, taught_arm
from experiments.cognitive.tables import arms_table, failures_of, grid_of
from experiments.cognitive.tested import criterion_of, fresh_of
from experiments.kit.claims import Claim
from experiments.kit.configs import configs_of, read_config
from experiments.kit.running import Order, taught
from metahebb.errors import InputError
from metahebb.learning.criterion import trials_to_criterion
from metahebb.learning.lived import Outcomes
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.learn_presets import LEARN_PRESETS, learn_preset
from metahebb.tasks import CenterOut, Dnms, SerialReversal

NAN, INF = math.nan, math.inf
SHORT = LearnConfig(task=Dnms(dt=20.0), trials=120, criterion=0.9, window=10)
ARM = Arm(NONMATCH, NODE, SHORT, seeds=2, tests=30)


def outcomes(
    correct: list[float],
    choice: list[int] | None = None,
    error: float = NAN,
    **conditions: list[float],
) -> Outcomes:
    n = len(correct)
    return Outcomes(
        np.zeros(n, np.intp),
        np.zeros(n),
        np.full(n, error),
        np.array(correct, np.float64),
        np.zeros(n, np.intp) if choice is None else np.array(choice, np.intp),
        {name: np.array(values, np.float64) for name, values in conditions.items()},
    )


class Run:
    """A run of which only the cost is known."""

    def read_manifest(self) -> dict[str, Any]:
        return {"elapsed_s": 8.0}


def made(arm: Arm, lived: list[Outcomes], fresh: list[Outcomes], exploded: int = 0) -> Taught:
    n = len(lived)
    lost = tuple(range(n, n + exploded))
    runs: Any = tuple(Run() for _ in lived)
    found = [trials_to_criterion(each.correct, 0.9, 10) for each in lived]
    criteria = tuple(math.inf if each is None else float(each) for each in found)
    return Taught(arm, tuple(range(n)), lost, runs, tuple(lived), tuple(fresh), criteria)


def value(claims: list[Claim], part: str) -> Claim:
    (claim,) = (claim for claim in claims if part in claim.name)
    return claim


CHOICES = dataclasses.replace(ARM, task="dots", system=ACTOR_CRITIC, floor=0.7, decided=0.75,
                              of_answered=True)  # fmt: skip


def test_an_accuracy_is_of_answered_trials_where_song_counts_so_and_never_of_a_sure_bet() -> None:
    fresh = [outcomes([1, 0, NAN, 0], [1, 1, 3, -1])]
    every, answered = made(ARM, fresh, fresh), made(CHOICES, fresh, fresh)
    assert every.accuracies().tolist() == [pytest.approx(1 / 3)]
    assert answered.accuracies().tolist() == [0.5]
    assert answered.decided().tolist() == [0.75]


def test_a_run_has_learned_if_it_is_right_and_answers_often_enough() -> None:
    right = outcomes([1, 1, 1, 0], [1, 1, 1, 1])
    seldom = outcomes([1, 1, 0, 0], [1, 1, -1, -1])
    wrong = outcomes([1, 0, 1, 0], [1, 1, 1, 1])
    runs = [right, seldom, wrong]
    assert made(CHOICES, runs, runs).has_learned().tolist() == [True, False, False]
    loose = dataclasses.replace(CHOICES, decided=0.0)
    assert made(loose, runs, runs).has_learned().tolist() == [True, True, False]


def test_a_run_that_never_reaches_the_criterion_is_the_slowest() -> None:
    soon, late, never = [1.0] * 20, [0.0] * 5 + [1.0] * 15, [0.0] * 20
    some = made(ARM, [outcomes(each) for each in (soon, late, never)], [], exploded=1)
    assert some.reached().tolist() == [10, 14, INF, INF]
    assert some.asked == (0, 1, 2, 3)
    assert median_of([10, 14, INF]) == 14
    assert median_of([10, 14, INF, INF]) is None
    assert median_of([]) is None


def test_the_last_trials_of_a_changing_world_count_without_the_ones_after_a_swap(
    tmp_path: Path,
) -> None:
    task = SerialReversal(every=10, settle=4)
    config = dataclasses.replace(learn_preset("reversal"), task=task, trials=50)
    run = taught(tmp_path / "run", config)
    arm = Arm("serial reversal", "by hand", config, tests=0)
    found = fresh_of(run, arm, 64)
    since = np.tile(np.arange(10), 5)
    assert found.conditions["since_swap"].tolist() == since[since >= 4].tolist()
    assert found.correct.tolist() == run.read_outcomes().correct[since >= 4].tolist()


def test_runs_and_fresh_trials_are_made_once_and_finished_ones_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="finished runs of this study, got none of size quick"):
        all_taught(Order("quick", finished=True), [ARM])
    first = taught_arm(Order("quick"), ARM)
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert [len(each) for each in first.lived] == [120, 120]
    assert [len(each) for each in first.fresh] == [30, 30]
    file = path_of("quick", ARM, 0) / "fresh-30.json"
    before = file.stat().st_mtime_ns
    again = taught_arm(Order("quick", finished=True), ARM)
    assert capsys.readouterr().err == ""
    assert file.stat().st_mtime_ns == before
    for one, other in zip(first.fresh, again.fresh, strict=True):
        np.testing.assert_array_equal(one.error, other.error)
        np.testing.assert_array_equal(one.correct, other.correct)
    unlike = dataclasses.replace(ARM, config=dataclasses.replace(SHORT, window=11))
    with pytest.raises(InputError, match="to be a run of the config asked for, got window"):
        taught_arm(Order("quick"), unlike)

    configs = configs_of(first.runs)
    (kept,) = configs.values()  # the second differs in the seed alone
    assert read_config(json.loads(json.dumps(kept))) == first.runs[0].config


def test_fresh_trials_without_kicks_are_of_the_same_network(tmp_path: Path) -> None:
    run = taught(tmp_path / "run", SHORT)
    still = dataclasses.replace(ARM, still={"amplitude": 0.0})
    loud, quiet = fresh_of(run, ARM, 8), fresh_of(LearnFolder.open(run.path), still, 9)
    assert np.ptp(loud.error[[0, 4]]) > 1e-3  # trials of one kind differ by the kicks
    assert np.ptp(quiet.error[[0, 4, 8]]) < np.ptp(loud.error[[0, 4]])


def test_an_arm_reaches_its_criterion_in_tests_without_kicks(tmp_path: Path) -> None:
    """With a tolerance that newborns meet, after the first 20 passes; with a tiny one, never."""
    base = learn_preset("center-out")
    found = {}
    for tolerance in (9.0, 1e-6):
        config = dataclasses.replace(base, task=CenterOut(tolerance=tolerance), trials=240)
        run = taught(tmp_path / str(tolerance), config)
        arm = Arm("reaching", NODE, config, still={"amplitude": 0.0})
        found[tolerance] = criterion_of(run, arm)
        assert criterion_of(LearnFolder.open(run.path), arm) == found[tolerance]
        lived = run.read_outcomes()
        some = Taught(arm, (0,), (), (run,), (lived,), (lived,), (found[tolerance],))
        assert some.has_learned().tolist() == [tolerance == 9.0]
    assert found == {9.0: 80, 1e-6: math.inf}
    run = taught(tmp_path / "run", SHORT)
    reached = trials_to_criterion(run.read_outcomes().correct, 0.9, 10)
    assert criterion_of(run, ARM) == (math.inf if reached is None else reached)


def nonmatch(system: str, ends: list[tuple[float, float]], tries: int = 100) -> Taught:
    """Return runs that end with an accuracy and an error, and are fully right for 20 trials."""
    arm = dataclasses.replace(ARM, system=system)
    lived = []
    for accuracy, error in ends:
        wrong = round((1 - accuracy) * tries)
        lived.append(outcomes([0.0] * wrong + [1.0] * (tries - wrong), error=error))
    return made(arm, lived, lived)


def test_the_row_of_nonmatch_counts_runs_with_a_high_accuracy_and_a_small_error() -> None:
    ends = [(1.0, 0.1), (0.95, 0.15), (0.94, 0.1), (1.0, 0.2)]
    claims = claims_of([nonmatch(NODE, ends)], [], {}, "make it")
    row = value(claims, "an error of at most 0.15 in the last 100 trials")
    assert (row.value, row.goal, row.holds) == (2, ">= 3", False)
    learned = value(claims, "that learn")
    assert (learned.value, learned.goal, learned.holds) == (3, ">= 3", True)


def test_the_papers_rule_is_compared_with_the_published_trials_to_criterion() -> None:
    early, late = (outcomes([0.0] * n + [1.0] * 10) for n in (1100, 1300))
    arm = dataclasses.replace(ARM, system=SUPRALINEAR)
    claims = claims_of([made(arm, [early, early, late], [early] * 3)], [], {}, "make it")
    median = value(claims, "(published: 843, upper quartile 1,125)")
    assert (median.value, median.goal, median.holds) == (1109, "<= 1125", True)
    soon = value(claims, "with the criterion within 1,200 trials")
    assert (soon.value, soon.goal, soon.holds) == (2, ">= 3", False)


def test_an_accuracy_stands_beside_that_of_an_ideal_observer_and_of_evolved_rules() -> None:
    arm = dataclasses.replace(CHOICES, observer="dots")
    fresh = [outcomes([1, 1, 1, 0], [1] * 4), outcomes([1, 0, 1, 0], [1] * 4)]
    after = np.array([[1.0, 1.0], [0.8, 1.0]])
    evolved = Evolved(EVOLVED, (0, 1), (), after)
    claims = claims_of([made(arm, fresh, fresh)], [evolved], {"dots": 0.8}, "make it")
    assert value(claims, "ideal observer: accuracy").value == 0.8
    ratio = value(claims, "accuracy / that of the ideal observer")
    assert ratio.value == pytest.approx(0.625 / 0.8)
    of_evolved = value(claims, "accuracy after the reversal")
    assert of_evolved.value == pytest.approx(0.95)
    assert of_evolved.goal == ">= 0.95"
    together = value(claims, "runs of 2, in 1 tasks")
    assert together.value == 1
    tasks = value(claims, "tasks of 2 that some system learns in two thirds of its seeds")
    assert tasks.value == 0  # one of two seeds learns each


def test_a_task_counts_as_learned_by_the_best_of_its_systems() -> None:
    good, bad = outcomes([1.0] * 4), outcomes([0.0] * 4)
    one = made(ARM, [good] * 3, [good, good, bad])
    other = made(dataclasses.replace(ARM, system=SUPRALINEAR), [good] * 3, [bad] * 3)
    claims = claims_of([other, one], [Evolved(EVOLVED, (0,), (), np.ones((1, 2)))], {}, "make it")
    tasks = value(claims, "tasks of 2 that some system learns")
    assert (tasks.value, tasks.seeds) == (2, (0, 1, 2))


def test_tables_have_medians_with_quartiles_and_name_failures() -> None:
    lived = [outcomes([0.0] * n + [1.0] * 10) for n in (0, 10, 20, 30)]
    lived.append(outcomes([0.0] * 50))
    fresh = [outcomes([1.0] * 4)] * 4 + [outcomes([0.0, 1.0])]
    some = made(ARM, lived, fresh)
    (row,) = arms_table([some], [], {}).records()
    assert row["trials to criterion"] == "29 (19, 39)"
    assert row["seeds that learn"] == "4 of 5"
    assert row["s per run"] == "8"
    assert grid_of([some]).records() == [{"task": NONMATCH, NODE: "4 of 5, 0.90"}]
    assert f"- {NONMATCH}, {NODE}: 4 (0.50)" in failures_of([some]).splitlines()
    two = made(ARM, lived[3:], fresh[3:], exploded=1)
    assert f"- {NONMATCH}, {NODE}: 1 (0.50), 2 (its weights exploded)" in failures_of([two])
    (row,) = arms_table([two], [], {}).records()
    assert row["trials to criterion"] == "reached by 1 of 3"
    assert failures_of([made(ARM, lived[:1], fresh[:1])]) == "Every run learned its task."


def test_figures_are_drawn_for_runs_that_learned_and_for_ones_that_did_not(tmp_path: Path) -> None:
    lived = [outcomes([0.0] * 40 + [1.0] * 60), outcomes([0.0] * 100)]
    arm = dataclasses.replace(CHOICES, observer="dots")
    some = [made(ARM, lived, lived), made(arm, lived, lived)]
    draw_systems(some, {"dots": 0.8}, tmp_path)
    draw_learning(some, {"dots": 0.8}, tmp_path)
    draw_psychometric([], tmp_path)
    for name in ("systems", "learning", "psychometric"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert min(picture.size) > 200


def test_psychometric_curves_are_of_the_runs_that_learned() -> None:
    arm = dataclasses.replace(CHOICES, task="random dots", floor=0.5, decided=0.5)
    levels = [-50.0, -5.0, 5.0, 50.0] * 20
    follows = [1 if level < 0 else 2 for level in levels]
    good = outcomes([1.0] * 80, follows, coherence=levels)
    bad = outcomes([0.0] * 80, [1] * 80, coherence=levels)
    (panel,) = panels_of([made(arm, [good, bad], [good, bad])])
    given = panel.curves["coherence"].given
    assert given.n.tolist() == [20] * 4
    assert given.chosen.tolist() == [0, 0, 20, 20]
    assert panels_of([made(arm, [bad], [bad])]) == []


def test_arms_differ_from_presets_where_their_names_say_so() -> None:
    arms = {(arm.task, arm.system): arm for arm in all_arms()}
    assert len(arms) == len(all_arms())
    assert all(len(arm.seeds_of("quick")) >= 3 for arm in all_arms())
    assert arms["recall", "plastic trace"].config == learn_preset("recall")
    without = arms["recall", "plastic trace without a modulator"].config
    assert without.task == learn_preset("recall").task
    assert dict(without.network.rule.constants)["gate"] == 0  # type: ignore[union-attr]
    assert arms["association", "static weights"].config.network.rule.name == "static"  # type: ignore[union-attr]
    fine = arms["context integration", SUPRALINEAR].config
    assert (fine.task.dt, fine.network.rule.name) == (1.0, "supralinear")  # type: ignore[attr-defined,union-attr]
    one, other = (config_of("quick", system, 3) for system in (EVOLVED, "ABCD, evolved"))
    assert dataclasses.replace(other, modulator=one.modulator) == one
    assert other.modulator is None
    assert set(observed("smoke", all_arms())) == {
        "random dots", "context choice", "multisensory", "wager",
    }  # fmt: skip


def test_presets_import_neurogym_only_for_its_tasks() -> None:
    code = (
        "import sys; from metahebb.runs.learn_presets import learn_preset; learn_preset('dnms'); "
        "assert 'neurogym' not in sys.modules; learn_preset('detection'); "
        "assert 'neurogym' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert all(isinstance(learn_preset(name), LearnConfig) for name in LEARN_PRESETS)
