"""Bad input to ``learn``, and to commands on its folders: one line, status 2, nothing written."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_learning import SHORT, TINY, learn, resume
from small_runs import Said, evolve, files

import metahebb as mh
from metahebb.cli import main
from metahebb.runs.learn_folder import LearnFolder

OWN = """
from dataclasses import dataclass

import numpy as np

from metahebb.tasks.trials.base import Trial, TrialTask

@dataclass(frozen=True)
class Sign(TrialTask):
    many: int = 2

    label, kinds, n_observations, n_outputs, n_steps = "sign", ("low", "high"), 1, 1, 5

    def trial(self, number, rng):
        kind = number % self.many
        observations = np.full((5, 1), 2.0 * (kind % 2) - 1, np.float32)
        target = np.full((5, 1), np.nan, np.float32)
        target[-2:] = observations[-2:]
        return Trial(observations, target, kind)
"""
TRIAL = "        return Trial(observations, target, kind)\n"
ODD = {
    "no such trial": ("        raise ValueError('no such\\ntrial')\n", "OWN:Sign"),
    "kinds of trials": (TRIAL.replace("kind)", "kind - 1)"), "n_kinds"),
    "shape (2,)": (TRIAL.replace("(obs", "(np.ones((5, 2))").replace("ervations", ""), "OWN:Sign"),
    "shape (9,1)": (TRIAL.replace("(obs", "(np.ones((9, 1))").replace("ervations", ""), "Sign"),
    "a target with at least one number": (TRIAL.replace("target", "target * np.nan"), "task sign"),
    "finite observations": (TRIAL.replace("observations", "observations * np.nan"), "task sign"),
    "reshape": (TRIAL.replace("kind)", "kind, (1.0,))"), "Sign"),
    "finite reward": (
        TRIAL
        + "    def judge(self, outputs, trial):\n"
        + "        return super().judge(outputs, trial)._replace(reward=np.nan)\n",
        "kind low (task sign)",
    ),
}
"""Ends of the method ``trial`` that are wrong, by what is told of them."""
DNMS = ("dnms", *TINY)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "preset": (("dnmss",), ("a preset of metahebb learn", "'dnmss'; did you mean 'dnms'?")),
    "preset of evolution": (("cartpole",), ("'metahebb evolve cartpole'",)),
    "nothing": ((), ("metahebb learn PRESET", "add --task")),
    "task": (("--task", "dnmss"), ("a task among", "did you mean 'dnms'?")),
    "task without trials": (
        ("dnms", "--task", "locomotion"),
        ("a task that judges its trials", "--task dnms", "metahebb evolve"),
    ),
    "no modulator": (
        (*DNMS, "--modulator", "none"),
        ("a modulator for the rule node_perturbation", "add --modulator prediction_error"),
    ),
    "modulator": ((*DNMS, "--modulator", "rewards"), ("did you mean 'reward'?",)),
    "rule": ((*DNMS, "--rule", "oja_like"), ("a rule among", "oja_like")),
    "learner": ((*DNMS, "--learner", "lifetimes"), ("did you mean 'lifetime'?",)),
    "missing coefficient": (
        (*DNMS, "--rule", "reward_abcd"),
        ("none of A, B, C, D", "--coefficients A 0.001 B 0.001 C 0.001 D 0.001 eta 0.0007"),
    ),
    "unknown coefficient": (
        (*DNMS, "--coefficients", "eta", "1", "etta", "2"),
        ("of the rule node_perturbation (eta)", "'etta'", "leave it out"),
    ),
    "coefficient in words": (
        (*DNMS, "--coefficients", "eta", "fast"),
        ("a finite number as the coefficient eta", "'fast'"),
    ),
    "coefficient nan": ((*DNMS, "--coefficients", "eta", "nan"), ("a finite number", "eta")),
    "switch as coefficient": ((*DNMS, "--coefficients", "eta", "true"), ("number", "True")),
    "coefficient with =": (
        (*DNMS, "--coefficients", "eta=0.1"),
        ("the name of a coefficient", "(--coefficients)", "eta 0.001"),
    ),
    "coefficient without value": ((*DNMS, "--coefficients", "eta"), ("behind eta", "eta VALUE")),
    "coarse step": (
        ("dnms-paper", "--task.dt", "20"),
        ("steps of at most 2 ms", "got 20 ms", "--task.dt 1"),
    ),
    "odd step": (("dnms", "--task.dt", "7"), ("whole steps of 7 ms", "stimulus")),
    "kinds": (
        ("--task", "OWN:Sign", "--task.many", "3"),
        ("kinds of trials from 0 to 1", "got 2", "n_kinds"),
    ),
    "kinds without a baseline": (
        ("--task", "OWN:Sign", "--task.many", "3", "--modulator", "reward"),
        ("kinds of trials from 0 to 1", "the task sign", "got 2"),
    ),
    "own class": (("--task", "OWN:Signs"), ("a task in", "Sign", "'Signs'")),
    "own file": (("--task", "nowhere.py:Sign"), ("an existing file", "nowhere.py")),
    "trials": ((*DNMS, "--trials", "0"), ("trials of at least 1", "0")),
    "window": ((*DNMS, "--window", "0"), ("window of at least 1",)),
    "criterion": ((*DNMS, "--criterion", "95"), ("a criterion", "at most 1", "95")),
    "negative seed": ((*DNMS, "--seed", "-1"), ("seed of at least 0",)),
    "both seeds": ((*DNMS, "--seed", "1", "--seeds", "2"), ("--seed or --seeds", "both")),
    "seed twice": ((*DNMS, "--seeds", "1", "1"), ("each seed once",)),
    "no seeds": ((*DNMS, "--seeds"), ("at least one seed",)),
    "flag of evolve": ((*DNMS, "--popsize", "4"), ("an option of metahebb learn dnms", "--help")),
    "network that has no life": ((*DNMS, "--network", "gru"), ("a rule",)),
    "network without a rule": ((*DNMS, "--network", "static"), ("a rule to learn by",)),
    "gradient": ((*DNMS, "--learner", "gradient"), ("birth of coevolved", "fan_in")),
    "actor-critic": ((*DNMS, "--learner", "actor_critic"), ("one output for each choice", "dnms")),
    "cognitive task": (
        ("match-to-sample", "--task.name", "match-to-samples"),
        ("did you mean 'match-to-sample'",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, said: Said, case: str) -> None:
    given, parts = CASES[case]
    own = tmp_path / "own.py"
    own.write_text(OWN)
    words = [word.replace("OWN", str(own)) for word in given]
    trials = () if "--trials" in words else ("--trials", "30")
    assert main(["learn", *words, *trials, *SHORT, "--out", str(tmp_path / "run")]) == 2
    said(*parts)
    assert [each.name for each in tmp_path.iterdir() if each.suffix != ".pyc"] == ["own.py"]


@pytest.mark.parametrize("told", ODD)
def test_a_task_of_ones_own_that_is_wrong_is_told(tmp_path: Path, said: Said, told: str) -> None:
    ending, part = ODD[told]
    own = tmp_path / "own.py"
    own.write_text(OWN.replace(TRIAL, ending))
    words = ("--task", f"{own}:Sign", "--hidden", "6", "--out", str(tmp_path / "run"))
    assert main(["learn", *words, "--trials", "30", *SHORT]) == 2
    said(told, part.replace("OWN", own.name))
    assert not (tmp_path / "run").exists()


def test_parts_that_fit_only_together_are_given_in_any_order(tmp_path: Path) -> None:
    others = ("--rule", "abcd", "--coefficients", "A", "0", "B", "0", "C", "0", "D", "0")
    assert learn(tmp_path / "a", "--modulator", "none", *others, trials=25) == 0
    assert mh.open(tmp_path / "a").config.modulator is None
    words = ("dnms-paper", "--task", "center_out", "--hidden", "9")
    others = ("--neuron", "perturbed", "--rule", "node_perturbation")
    assert learn(tmp_path / "b", *others, trials=2, words=words) == 0


def test_resume_needs_a_folder(said: Said) -> None:
    assert main(["learn", *DNMS, "--resume"]) == 2
    said("--out FOLDER with --resume")


@pytest.mark.parametrize("version", [None, "2.2.0"])
def test_neurogym_missing_or_of_another_version_is_told(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    from metahebb.tasks.cognitive import library

    known = importlib.metadata.version

    def version_of(name: str) -> str:
        if name != "neurogym":
            return known(name)
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", version_of)
    for each in vars(library).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
    assert main(["learn", "random-dots", *SHORT, "--out", str(tmp_path / "run")]) == 2
    said("neurogym 2.3.1", version or "none", "pip install")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "run"
    assert learn(path, trials=30) == 0
    return path


@pytest.fixture
def run(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    shutil.copytree(kept, tmp_path / "run")
    capsys.readouterr()
    return tmp_path / "run"


@pytest.mark.parametrize("command", ["evaluate", "rules", "replay", "verify", "live", "compare"])
def test_a_command_for_runs_of_evolution_says_that_this_is_none(
    run: Path, said: Said, command: str
) -> None:
    before = files(run)
    words = [f"one={run}", f"two={run}"] if command == "compare" else [str(run)]
    assert main([command, *words]) == 2
    said("a run of 'metahebb evolve'", "one of 'metahebb learn'", str(run))
    assert files(run) == before


def test_learn_with_resume_refuses_a_run_of_evolution(
    tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evolved"
    assert evolve(path, generations=1) == 0
    capsys.readouterr()
    before = files(path)
    assert learn(path, "--resume") == 2
    said("a run of 'metahebb learn'", "one of 'metahebb evolve'")
    assert learn(path) == 2
    said("a new folder", "which holds a run")
    assert files(path) == before


BAD_ON_A_RUN: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "fewer trials": (["resume", "RUN", "--trials", "10"], ("at least 30", "got 10")),
    "no trials": (["resume", "RUN", "--trials", "0"], ("at least 30", "got 0")),
    "flag of evolve": (["resume", "RUN", "--generations", "3"], ("an option", "--generations")),
    "no probe": (["probe", "RUN"], ("at least one probe", "--probe zero_weights")),
    "probe": (["probe", "RUN", "--probe", "freez:at=0"], ("a probe among", "'freeze'")),
    "field": (["probe", "RUN", "--probe", "noise_sensors:at=0,sd=1"], ("stdev", "'sd'")),
    "probe of a body": (["probe", "RUN", "--probe", "push:at=0,x=1"], ("push",)),
    "probe trials": (["probe", "RUN", "--probe", "freeze:at=0", "--trials", "0"], ("1 trial",)),
    "probe seed": (["probe", "RUN", "--probe", "freeze:at=0", "--seed", "-1"], ("seed",)),
    "film trials": (["film", "RUN", "--trials", "0"], ("at least 1 trial",)),
    "film flag": (["film", "RUN", "--life", "1"], ("an option", "--life")),
    "taken": (["learn", *DNMS, "--out", "RUN"], ("a new folder", "metahebb resume RUN")),
    "other config": (
        ["learn", *DNMS, "--trials", "30", "--seed", "1", "--out", "RUN", "--resume"],
        ("a run of the config asked for", "seed"),
    ),
    "seeds in a run": (
        ["learn", *DNMS, "--seeds", "1", "--out", "RUN", "--resume"],
        ("a folder of several seeds", "a run of one"),
    ),
}


@pytest.mark.parametrize("case", BAD_ON_A_RUN)
def test_bad_input_leaves_a_run_as_it_was(run: Path, said: Said, case: str) -> None:
    words, parts = BAD_ON_A_RUN[case]
    before = files(run)
    assert main([word.replace("RUN", str(run)) for word in words]) == 2
    said(*(part.replace("RUN", str(run)) for part in parts))
    assert files(run) == before


def test_a_run_that_somebody_writes_to_is_left_alone(run: Path, said: Said) -> None:
    with LearnFolder.open(run).lock():
        assert resume(run, "--trials", "60") == 2
        said("a run that nobody writes to", str(run))
    assert mh.open(run).config.trials == 30


def test_a_killed_run_is_not_made_shorter_than_it_is(run: Path, said: Said) -> None:
    """A process that was killed has not written how far it came."""
    file = run / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"trials": 0}))
    assert resume(run, "--trials", "10") == 2
    said("at least 30 trials", "got 10")


def change_config(run: Path) -> None:
    file = run / "config.json"
    file.write_text(file.read_text().replace('"seed": 0', '"seed": 1'))


def change_metrics(run: Path) -> None:
    file = run / "metrics.jsonl"
    file.write_text("nonsense\n" + file.read_text())


def change_journal(run: Path) -> None:
    data = bytearray((run / "journal").read_bytes())
    data[60] ^= 1
    (run / "journal").write_bytes(data)


def other_checkpoint(run: Path) -> None:
    """Give the run the checkpoint of a larger network."""
    other = run.parent / "other"
    assert learn(other, "--hidden", "9", trials=30) == 0
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(other / "checkpoints", run / "checkpoints")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (change_config, "config.json"),
        (change_metrics, "metrics.jsonl"),
        (change_journal, "journal"),
        (other_checkpoint, "another one"),
    ],
)
def test_a_changed_folder_is_told_and_left_alone(
    run: Path, said: Said, capsys: pytest.CaptureFixture[str], change: Any, part: str
) -> None:
    change(run)
    capsys.readouterr()
    before = files(run)
    assert resume(run, "--trials", "60") == 3
    said(part)
    assert {**files(run), "config.json": b""} == {**before, "config.json": b""}


def test_python_says_the_same_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"modulator": None}, "add modulator=prediction_error|add modulator prediction_error"),
        ({"trial": 3}, "did you mean 'trials'"),
        ({"seed": [1, 2]}, r"one number as seed, got \[1, 2\]; seeds=\(1, 2\) lets several"),
        ({"coefficients": {"etta": 1}}, "'etta'"),
        ({"coefficients": {"eta": "x"}}, "a finite number as the coefficient eta"),
        ({"rule": len}, "decorate"),
        ({"task": mh.Bandit()}, "a task that judges its trials"),
        ({"learner": 3}, "expected a learner, got 3"),
        ({"resume": True}, "out=FOLDER with resume=True"),
        ({"seeds": 3}, "a list of seeds"),
        ({"seeds": [1.5]}, "a whole number as seeds"),
        ({"coefficients": 0.1}, 'by name, got 0.1; write for example coefficients={"eta": 0.001}'),
        ({"rule": "reward_abcd"}, 'write for example coefficients={"A": 0.001, "B": 0.001, '),
        ({"seed": 1, "seeds": [2]}, "seed or seeds, got both"),
    ]
    for given, text in cases:
        with pytest.raises(mh.InputError, match=text) as caught:
            mh.learn("dnms", quiet=True, **given)
        assert "\n" not in str(caught.value)
        assert "--" not in str(caught.value)
    with pytest.raises(mh.InputError, match="something to learn, got nothing"):
        mh.learn()
    with pytest.raises(mh.InputError, match="a preset's name or a LearnConfig, got 3"):
        mh.learn(3)  # type: ignore[call-overload]
    assert list(tmp_path.iterdir()) == []
