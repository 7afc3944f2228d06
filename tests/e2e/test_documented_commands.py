"""Every command line and every block of Python in the documentation does what it is shown for.

How a line is held depends on its class:

- ``metahebb evolve``: the config is built as the line says, then a tiny run of it is evolved, on
  one thread in the place of workers and clusters.
- other commands of metahebb: they are run on a tiny run of a suitable kind, with few lives. The
  benchmarks are only ordered.
- ``python -m experiments.NAME``: the order is read as written; tests of the studies run them.
- ``make``, ``pip``, scripts: targets, extras and files are there, and flags are understood.
- other programs (``ray``, ``ssh``, ...): `test_cluster_files` checks flags of Ray; no others.

A line of another class fails: a new kind of example needs a way to be held.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import runpy
import shutil
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import pytest
from documented import ROOT, Example, command_lines, flags, python_blocks, settings

from experiments.ant_quick.__main__ import SIZES
from experiments.kit.running import Order, command
from metahebb.api import evolving
from metahebb.bench import run as bench_run
from metahebb.cli import COMMANDS, USAGE, main
from metahebb.commands import evolve
from metahebb.commands.places import read_arms, split
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.backends.where import Where
from metahebb.genomes import GENOME_MAPS
from metahebb.modulators import MODULATORS
from metahebb.networks import TOPOLOGIES
from metahebb.runs.config import RunConfig
from metahebb.settings.parsing import SHORT

QUIET = {"--quiet": "", "--no-finish": "", "--no-tensorboard": ""}
TINY = {
    "--generations": "2",
    "--popsize": "4",
    "--center-lives": "1",
    "--hidden": "8",
    "--schedule": "0:25",
    **QUIET,
}
"""Flags of a run that takes a second, in the place of those of an example."""
SMALL = {
    "evaluate": {"--lives": "2"},
    "probe": {"--lives": "2", "--threads": "1"},
    "replay": {"--quiet": ""},
    "resume": QUIET,
    "learn": {"--trials": "64", "--quiet": "", "--no-finish": ""},
    "rules": {"--lives": "2"},
    "verify": {"--candidates": "4", "--quiet": ""},
    "compare": {"--lives": "2"},
    "tune": {name: value for name, value in TINY.items() if name not in QUIET}
    | {"--lives": "2", "--quiet": ""},
}
"""Flags of other commands that make them fast."""
FEWER = {
    "probe": {"--suite": "--max-steps 40"},
    "resume": {"--generations": "4"},
    "verify": {"--generations": "0 2"},
}
"""The same, where an example has the flag."""
ENVIRONMENTS = {"ID": "CartPole-v1", "Mine-v0": "CartPole-v1"}
"""Environments that stand for one of the reader's own."""
KINDS = {
    "learned": ([], []),
    "ant": (["ant-quick"], ["--schedule", "0:130"]),  # probes of the examples act at step 125
    "car": (["car-racing"], []),
    "pendulum": (["--env", "Pendulum-v1"], ["--task.variants", "g=5", "g=10"]),
}
"""What is evolved for the commands that look at a run: what, and further flags."""
PAGES = {
    "docs/howto/learning.md": "learned",
    "docs/howto/car-racing.md": "car",
    "docs/howto/your-environment.md": "pendulum",
}
"""The kind of run that a page tells of, where that is no ant."""
NOT_OURS = {"ray", "ssh", "export", "until", "(umask", "docker", "uv", "python3", "."}
"""Programs and words of the shell that are not run here."""
SCRIPTS = {"sbatch": 1, "cluster/submit.sh": 0}
"""Commands that pass their words to ``metahebb evolve``, and where the script's name is."""
COMMANDS_WITH_FLAGS = [
    *([name] for name in COMMANDS),
    ["evolve", "ant"],
    ["evolve", "car-racing"],
    ["evolve", "--env", "Pendulum-v1"],
    ["evolve", "ant", "--algorithm", "mixture"],
    *(["evolve", "ant", "--genome", name] for name in GENOME_MAPS),
    *(["evolve", "ant", "--network", name] for name in ("recurrent", "lstm", "convolutional")),
    *(["evolve", "ant", "--topology", name] for name in TOPOLOGIES),
    *(["evolve", "bandit", "--modulator", name] for name in MODULATORS),
    *(["learn", name] for name in ("dnms", "center-out", "random-dots", "association")),
]
"""Commands whose help names all flags there are."""
EVOLVED = [
    *([name] for name in ("ant-quick", "ant", "car-racing")),
    ["ant-quick", "--genome", "generated"],
    ["ant-quick", "--network.normalization.kind", "clip"],
    ["--env", "LunarLander-v3"],
    ["--env", "Pendulum-v1", "--task.variants", "g=5"],
]
"""What the flags of the prose may belong to: presets, and flags that they are shown beside."""
NOT_OUR_FLAGS = {"--num-cpus", "--block", "--build-arg"}
"""Flags of Ray and of Docker."""
SLOW = re.compile(r"--suite|metahebb film|metahebb report")
"""Command lines that take seconds: figures and films are drawn."""


class Reached(Exception):  # noqa: N818, for it is no error
    """Everything before the first life is done."""


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return tiny runs that are made when they are asked for, by kind."""
    folder = tmp_path_factory.mktemp("kinds")

    class Made(dict[str, Path]):
        def __missing__(self, kind: str) -> Path:
            preset, flags = KINDS[kind]
            if kind == "learned":
                learned = ["learn", "dnms", "--network.hidden", "20", "--trials", "50"]
                assert main([*learned, "--quiet", "--no-finish", "--out", str(folder / kind)]) == 0
                self[kind] = folder / kind
                return folder / kind
            words = [*small("evolve", ["evolve", *preset]), "--generations", "3", *flags]
            assert main([*words, "--out", str(folder / kind)]) == 0
            self[kind] = folder / kind
            return folder / kind

    return Made()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, on one thread whatever an example says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Where, "prepare", lambda where: None)  # tests/conftest.py has done it
    monkeypatch.setattr(Where, "backend", lambda where, setup: InProcess(setup, 1, where.lanes))
    return tmp_path


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, marks=pytest.mark.slow if SLOW.search(example.text) else ())
        for example in command_lines()
    ],
    ids=str,
)
def test_a_command_line_of_the_documentation_works(
    example: Example, kinds: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = example.words
    if first == "metahebb":
        check_metahebb(example, kinds, monkeypatch)
    elif first == "python" and rest[1].startswith("experiments."):
        check_experiment(rest[1], rest[2:])
    elif first == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(rest[0])}:", makefile, re.M)
    elif first == "pip":
        check_pip(rest)
    elif first in SCRIPTS:
        script, *words = example.words[SCRIPTS[first] :]
        assert (ROOT / script).exists()
        check_config(["metahebb", "evolve", *words], monkeypatch)
    elif first == ".ci/run":
        assert (ROOT / first).exists()
    elif first not in NOT_OURS:
        pytest.fail(f"expected a line of a known class, got {example}; say how it is held")


def check_metahebb(
    example: Example, kinds: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run a command line of metahebb in a small form."""
    words = example.words
    name = words[1]
    if len(words) == 2 and COMMANDS[name].subject:
        return  # only the name of a command
    if "--help" in words:
        with pytest.raises(SystemExit, match="0"):
            main(words[1:])
        return
    if name == "bench":
        monkeypatch.setattr(bench_run, "run", reach)
        with pytest.raises(Reached):
            main(words[1:])
        return
    write_files()
    if name == "evolve":
        words = known_environment(words)
        check_config(words, monkeypatch)
    elif name == "compare":
        arms = read_arms(split(words[2], words[3:])[0])
        for folder in (folder for folders in arms.values() for folder in folders):
            shutil.copytree(kinds["ant"], folder.replace("*", "0"))
    elif COMMANDS[name].subject == "DIR":
        kind = PAGES.get(example.page, "ant")
        if kind == "learned":
            shutil.copytree(kinds[kind], words[2])
            assert main(smaller(words)[1:]) == 0
            return
        if (name, kind) == ("film", "ant"):
            words = [*words, "--renderer", "drawn"]  # in software a film of MuJoCo takes long
        for path in [words[2], *values(words, "--beside")]:
            shutil.copytree(kinds[kind], path)
    assert main(small(name, words)[1:]) == 0


def write_files() -> None:
    """Write the blocks of Python that begin with the name of a file."""
    for page in python_blocks().values():
        for block in page:
            if named := re.match(r"# (\w+\.py)\n", block.text):
                Path(named[1]).write_text(block.text, encoding="utf-8")


def check_config(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the words of an evolve as they are, and build what it would begin with."""
    assert is_understood(words[1:], monkeypatch)


def is_understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether the words of an evolve lead to a config from which a run could begin."""

    def build(where: Where, config: RunConfig) -> NoReturn:
        config.setup()
        raise Reached

    with monkeypatch.context() as patch:
        patch.setattr(evolving, "_backend", build)
        patch.setattr(evolve, "_estimate", lambda options: build(options.where, options.asked.run))
        try:
            main(words)
        except Reached:
            return True
    return False


def check_experiment(module: str, words: list[str]) -> None:
    """Read the order of a study, and see that the study is there."""
    study = module.removeprefix("experiments.")
    if study in ("kit.answers", "kit.pages"):
        assert callable(importlib.import_module(module).main)
        assert words in ([], ["figures"][: study == "kit.pages"])
        return
    assert callable(importlib.import_module(f"{module}.__main__").main)
    if study == "ant_quick":
        assert len(words) == 1
        assert words[0] in SIZES
        return
    orders: list[Order] = []
    command(study, orders.append, words)
    assert len(orders) == 1


def check_pip(words: list[str]) -> None:
    """Check that what the documentation installs is there: extras and files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extras in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(project["optional-dependencies"])
    for constraints in values(words, "-c"):
        assert (ROOT / constraints).exists()


def reach(*words: Any) -> NoReturn:
    """Stop where a benchmark would begin."""
    raise Reached


def known_environment(words: list[str]) -> list[str]:
    """Return the words with an environment of Gymnasium's own where theirs is not installed."""
    known = []
    for word in words:
        package = word.partition(":")[0] if ":" in word and word.endswith(("v0", "v5")) else ""
        if package and importlib.util.find_spec(package) is None:
            word = "CartPole-v1"
        known.append(ENVIRONMENTS.get(word, word))
    return known


def small(name: str, words: list[str]) -> list[str]:
    """Return the words with flags that make them fast, in the place of those they have."""
    flags = TINY if name == "evolve" else SMALL.get(name, {})
    present = {f: v for f, v in FEWER.get(name, {}).items() if f in words}
    kept: list[str] = []
    dropping = False
    for word in words:
        if word.startswith("--"):
            dropping = word in flags or word in present
        if not dropping:
            kept.append(word)
    for flag, value in (flags | present).items():
        kept += [flag, *value.split()]
    return kept


def smaller(words: list[str]) -> list[str]:
    """Return the words of a command on a run of learning with flags that make them fast."""
    flags = {
        "probe": ["--trials", "8"],
        "film": ["--trials", "8"],
        "resume": ["--trials", "75", "--quiet", "--no-finish"],
    }.get(words[1], [])
    kept = [*words]
    if "--trials" in kept:
        place = kept.index("--trials")
        del kept[place : place + 2]
    return kept + flags


def values(words: list[str], flag: str) -> list[str]:
    """Return what follows a flag, up to the next one."""
    if flag not in words:
        return []
    after = words[words.index(flag) + 1 :]
    ends = [place for place, word in enumerate(after) if word.startswith("-")]
    return after[: ends[0] if ends else None]


def test_every_flag_that_the_documentation_names_is_one_of_some_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in COMMANDS_WITH_FLAGS:
        with pytest.raises(SystemExit, match="0"):
            main([*words, "--help"])
    with pytest.raises(SystemExit, match="0"):
        command("damage", reach, ["--help"])
    known = {*SHORT, *re.findall(r"--[a-z][\w.-]*", USAGE + capsys.readouterr().out)}
    known |= {flag.replace("--network.topology.", "--topology.") for flag in known}
    assert [str(flag) for flag in flags() if flag.text not in known | NOT_OUR_FLAGS] == []


@pytest.mark.parametrize("example", settings(), ids=str)
def test_flags_with_values_in_the_prose_are_understood_by_an_evolve(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files()
    words = ["2" if word in ("N", "K") else word for word in example.words]
    if words[0] in NOT_OUR_FLAGS | {"--clusters"}:  # of metahebb rules, a line of which is run
        return
    assert any(is_understood(["evolve", *what, *words], monkeypatch) for what in EVOLVED)


@pytest.mark.parametrize("page", python_blocks())
def test_python_of_the_documentation_runs_as_it_stands(
    page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files()
    names: dict[str, Any] = {}
    for number, block in enumerate(python_blocks()[page]):
        file = Path(f"block_{number}.py")
        file.write_text(block.text, encoding="utf-8")
        names = runpy.run_path(str(file), init_globals=names)
    if page == "README.md":
        shape, mean = capsys.readouterr().out.splitlines()
        assert re.fullmatch(r"\(\d+, 16, 4\)", shape)
        assert 8 < float(mean) <= 500  # of a pole that is held up


def test_a_line_of_an_unknown_class_fails(
    kinds: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Example("README.md", 1, "curl example.org | sh")
    with pytest.raises(pytest.fail.Exception, match="known class"):
        test_a_command_line_of_the_documentation_works(example, kinds, monkeypatch)
