"""Flags, and what is said about wrong ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from metahebb.commands.evolve import Evolve, Resume
from metahebb.commands.tune import Tune
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.presets import PRESETS
from metahebb.settings.asked import Asked
from metahebb.settings.parsing import SHORT, parse

DEFAULT = Asked(run=PRESETS["cartpole"][0])


def parsed(*words: str) -> Asked:
    return parse(Evolve, Evolve(DEFAULT), list(words), "metahebb evolve cartpole").asked


def test_without_flags_the_default_comes_back() -> None:
    assert parsed() == DEFAULT
    for config, _ in PRESETS.values():
        assert parse(Asked, Asked(run=config), [], "x").run == config


def test_flags_change_what_they_name_and_nothing_else() -> None:
    words = ["--generations", "7", "--search.stdev=0.5", "--out", "here", "--workers", "2"]
    found = parse(Evolve, Evolve(DEFAULT), words, "metahebb evolve cartpole")
    search = dataclasses.replace(DEFAULT.run.search, stdev=0.5)
    run = dataclasses.replace(DEFAULT.run, generations=7, search=search)
    assert found == Evolve(Asked(run), where=Where(workers=2), out=Path("here"))


def test_some_flags_have_a_short_form() -> None:
    short = parsed("--popsize", "8", "--algorithm=snes", "--hidden", "5", "4", "--birth", "zeros")
    assert short.run.search.popsize == 8
    assert short.run.search.algorithm == "snes"
    assert short.run.network.hidden == (5, 4)
    assert short.run.network.birth == "zeros"
    long = [SHORT[f"--{name}"] for name in ("popsize", "algorithm", "hidden", "birth")]
    again = parsed(long[0], "8", long[1], "snes", long[2], "5", "4", long[3], "zeros")
    assert again == short


def test_rules_come_by_name_and_by_file(tmp_path: Path) -> None:
    assert parsed("--rule", "ABCD").run.network.rule == RULES["abcd"]
    file = tmp_path / "mine.py"
    file.write_text(
        "from metahebb.plasticity import rule\n\n@rule\ndef mine(pre, /, A):\n    return A * pre\n"
    )
    rule = parsed("--rule", f"{file}:mine").run.network.rule
    assert (rule.name, rule.coefficients) == ("mine", ("A",))
    with pytest.raises(InputError, match="did you mean 'mine'"):
        parsed("--rule", f"{file}:mime")
    file.write_text("import nothing_of_that_name\n")
    with pytest.raises(InputError, match="import cleanly"):
        parsed("--rule", f"{file}:mine")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--generatons", "3"), "got '--generatons'; did you mean '--generations'\\?"),
        (("--popsiez", "3"), "got '--popsiez'; did you mean '--popsize'\\?"),
        (("--xyzzy",), "got '--xyzzy'; see metahebb evolve cartpole --help"),
        (("--popsize", "x"), "^expected a whole number as --search.popsize, got 'x'$"),
        (("--search.stdev", "x"), "^expected a number as --search.stdev, got 'x'$"),
        (("--hidden", "16,8"), "--network.hidden with blanks .*, got '16,8'; write 16 8$"),
        (("--seeds", "0,1,2"), "--seeds with blanks .*, got '0,1,2'; write 0 1 2$"),
        (("--schedule", "x"), "^expected other values of --schedule, got 'x'; see .* --help$"),
        (("--search.lr", "0.1"), "got '--search.lr'; did you mean '--search.learning-rate'\\?$"),
        (("--lr", "0.1"), "got '--lr'; did you mean '--search.learning-rate'\\?$"),
        (("--task.body", "x"), "got '--task.body'; see metahebb evolve cartpole --help$"),
        (("--seed", "1", "2"), "got '2'; give the option before it fewer values$"),
        (("--search.ranking", "nis"), "a value of --search.ranking among .*mean 'nes'"),
        (("--popsize", "3"), "^expected an even popsize for mirrored pairs, got 3; use 4$"),
        (("--threads", "-2"), "^expected threads of at least 0, got -2$"),
        (("--seed",), "--seed"),
    ],
)
def test_wrong_flags_are_said_in_one_line(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parsed(*words)
    assert str(caught.value).startswith("expected ")
    assert not set("\n╭│╰") & set(str(caught.value))
    assert capsys.readouterr() == ("", "")


def test_help_is_printed_and_ends_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(Resume, Resume(), ["--help"], "metahebb resume DIR")
    assert caught.value.code == 0
    printed = capsys.readouterr()
    assert "usage: metahebb resume DIR" in printed.out
    assert "--generations" in printed.out
    assert printed.err == ""


def test_a_schedule_is_a_list_of_stages() -> None:
    parsed = parse(RunConfig, RunConfig(), ["--schedule", "0:250", "150:400:intact"], "prog")
    assert parsed.schedule == (Stage(0, 250), Stage(150, 400, ("intact",)))


def test_too_few_values_are_said_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^expected 2 values behind --stdevs, got fewer; see x"):
        parse(Tune, Tune(DEFAULT), ["--stdevs", "0.1"], "x")


def test_the_help_of_a_rule_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--help")
    printed = "".join(capsys.readouterr().out.replace("│", "").split())
    assert f"--network.rule{{{','.join(RULES)}}}|FILE.py:RULE" in printed
    assert f"--network.neuron{{{','.join(NEURONS)}}}|FILE.py:NEURON" in printed
