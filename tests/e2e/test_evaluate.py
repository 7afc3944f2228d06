"""``metahebb evaluate``: what it writes, where, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import Said, evolve, files

import metahebb as mh
from metahebb.cli import main

LONG_BACK = "evaluations/damage=long_back.json"
SHORT = "evaluations/damage=intact,weak-hip_1=0.5-max_steps=20.json"


@pytest.fixture(scope="module")
def ant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "ant"
    flags = ("--task.max-steps", "30", "--hidden", "4")
    assert evolve(path, *flags, generations=1, preset="ant-quick") == 0
    return path


def evaluate(path: Path, *flags: str) -> int:
    return main(["evaluate", str(path), "--threads", "1", *flags])


def test_only_the_standard_evaluation_is_the_headline(
    ant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> str:
        return capsys.readouterr().out.splitlines()[-1]

    before = files(ant)
    assert evaluate(ant, "--lives", "3") == 0
    assert told() == str(ant / "evaluation.json")
    standard = files(ant)["evaluation.json"]
    assert evaluate(ant, "--lives", "2", "--damage", "long_back") == 0
    assert told() == str(ant / LONG_BACK)
    other = ("--damage", "intact", "weak:hip_1=0.5", "--max-steps", "20")
    assert evaluate(ant, "--lives", "2", *other) == 0
    assert told() == str(ant / SHORT)
    after = files(ant)
    assert set(after) - set(before) == {"evaluation.json", LONG_BACK, SHORT}
    assert after["evaluation.json"] == standard
    assert json.loads(after[SHORT])["max_steps"] == 20
    assert list(json.loads(after[SHORT])["bodies"]) == ["intact", "weak:hip_1=0.5"]
    # Said in full, the run's own bodies and horizon are the standard ones; lives may differ.
    assert evaluate(ant, "--lives", "4", "--damage", "intact", "--max-steps", "30") == 0
    assert told() == str(ant / "evaluation.json")
    found = json.loads(files(ant)["evaluation.json"])
    assert (
        found["bodies"]["intact"]["returns"][:3]
        == (json.loads(standard)["bodies"]["intact"]["returns"])
    )
    assert set(files(ant)) == set(after)


def test_a_quick_look_does_not_replace_more_lives(
    ant: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ant.parent)
    assert evaluate(ant, "--lives", "6") == 0
    before = files(ant)
    capsys.readouterr()
    assert evaluate(ant, "--lives", "2") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].startswith("intact  2 ")
    assert printed.err == (
        "metahebb: ant/evaluation.json keeps its 6 lives; delete it first if these 2 are to stand\n"
    )
    assert files(ant) == before
    result = mh.open(ant).evaluate(lives=3, threads=1)
    kept = json.loads(before["evaluation.json"])["bodies"]["intact"]["returns"]
    assert result["bodies"]["intact"]["returns"] == kept[:3]
    assert result["file"] is None
    assert files(ant) == before
    capsys.readouterr()
    assert evaluate(ant, "--lives", "6") == 0  # as many: written, to the same bytes
    assert capsys.readouterr().err == ""
    assert files(ant) == before


@pytest.mark.parametrize("change", ["generation", "values", "json"])
def test_an_evaluation_of_another_center_or_a_damaged_one_is_replaced(
    ant: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    file = ant / "evaluation.json"
    assert evaluate(ant, "--lives", "6") == 0
    data = json.loads(file.read_text())
    if change == "generation":
        data["generation"] = 0
    elif change == "values":
        del data["bodies"]["intact"]["values"]
    file.write_text("{" if change == "json" else json.dumps(data))
    capsys.readouterr()
    assert evaluate(ant, "--lives", "2") == 0
    assert capsys.readouterr().err == ""
    assert json.loads(file.read_text())["lives"] == 2


def test_the_report_of_a_longer_run_leads_with_its_newest_center(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--task.max-steps", "40", generations=1, preset="reversal") == 0
    assert evaluate(path, "--lives", "40") == 0
    words = ("--generations", "2", "--quiet", "--no-tensorboard", "--threads", "1")
    assert main(["resume", str(path), *words]) == 0
    newest = json.loads((path / "evaluation.json").read_text())
    assert (newest["generation"], newest["lives"]) == (2, 32)
    assert "over 32 fresh lives" in (path / "report.html").read_text(encoding="utf-8")


def test_one_life_has_no_interval(ant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ant / "evaluation.json").unlink(missing_ok=True)
    assert evaluate(ant, "--lives", "1") == 0
    assert " [–]" in capsys.readouterr().out
    found = json.loads((ant / "evaluation.json").read_text())["bodies"]["intact"]
    assert found["mean"] == found["returns"][0]
    assert [found["low"], found["high"]] == [None, None]
    assert [found["distance"]["low"], found["distance"]["high"]] == [None, None]
    assert main(["probe", str(ant), "--lives", "1", "--probe", "freeze:at=1"]) == 0
    assert " [–]" in capsys.readouterr().out
    assert main(["report", str(ant)]) == 0
    assert " [–] m over 1 fresh lives" in (ant / "report.html").read_text()


def test_a_damage_is_named_once(ant: Path, said: Said) -> None:
    before = files(ant)
    assert evaluate(ant, "--damage", "long_back", "long_back") == 2
    said("each damage once, got 'long_back' 2 times")
    assert files(ant) == before
