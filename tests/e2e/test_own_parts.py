"""Parts of a user's own, one of each kind from a file: run, resumed without it, and refused."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_runs import Said, centers, evolve, resume

from metahebb import own_parts
from metahebb.cli import main
from metahebb.genomes import GENOME_MAPS, GivenGenes
from metahebb.modulators import MODULATORS
from metahebb.networks import NETWORKS, TOPOLOGIES
from metahebb.neurons import load_neuron
from metahebb.plasticity.load import load_rule
from metahebb.registry import Registry
from metahebb.runs.folder import RunFolder
from metahebb.tasks import TASKS
from metahebb.worker import Plan, Setup, Worker

PARTS = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from metahebb.genomes import GenomeMap, Mask
from metahebb.networks import Plastic
from metahebb.networks.graph import layered
from metahebb.networks.topology import Topology
from metahebb.neurons import NEURONS, neuron
from metahebb.plasticity import rule
from metahebb.tasks import Measure, StepResult, Task


@rule
def ab(pre, post, /, A, B, *, limit=0.5):
    """Δw = A·pre·post + B·pre, at most the limit."""
    return np.minimum(A * pre * post + B * pre, limit)


@neuron
def soft(drive, /, *, gain=0.5):
    """Output: the tangent of a part of the drive."""
    return np.tanh(gain * drive)


@dataclass(frozen=True)
class OneRule(GenomeMap):
    """All synapses follow one rule, whose coefficients are multiplied by a factor."""

    factor: float = 2.0

    def n_genes(self, slot):
        return slot.layers[0].planes

    def express(self, slot, source, start, out):
        genes = np.empty(self.n_genes(slot), np.float32)
        source.write(start, genes)
        for layer, part in zip(slot.layers, slot.parts(out), strict=True):
            layer.view(part)[:] = self.factor * genes[:, None, None]


@dataclass(frozen=True)
class Echo(Plastic):
    """Sensors, a layer that hears itself, outputs that hear the sensors, too."""

    kind: ClassVar[str] = "echo"

    def graph(self, n_observations, n_outputs):
        neurons = (*[self.neuron] * len(self.hidden), NEURONS[self.output])
        return layered((n_observations, *self.hidden, n_outputs), neurons, recurrent=True)


@dataclass(frozen=True)
class FirstHalf(Topology):
    """The first half of each layer's synapses."""

    @property
    def plastic(self):
        return self

    def masks(self, layers):
        return tuple(np.arange(layer.synapses) < (layer.synapses + 1) // 2 for layer in layers)


@dataclass(frozen=True)
class Constant:
    """The same number for all synapses."""

    value: float = 0.5

    def lanes(self, task, n):
        return ConstantLanes(self.value)


class ConstantLanes:
    def __init__(self, value):
        self.value = value

    def reset(self, lanes):
        pass

    def step(self, step, outputs, lanes, modulators):
        modulators[lanes] = self.value


@dataclass(frozen=True)
class Target(Task):
    """Put out a number that is shown."""

    label: ClassVar[str] = "target"
    max_steps: int = 12
    n_observations: ClassVar[int] = 1
    n_outputs: ClassVar[int] = 1
    bodies: ClassVar[tuple] = ("default",)
    measures: ClassVar[tuple] = (Measure("error"),)

    def lanes(self, n):
        return TargetLanes(self, n)


class TargetLanes:
    def __init__(self, task, n):
        self.task = task
        self.observations = np.zeros((n, 1), np.float32)
        self.ages, self.errors = np.zeros(n, int), np.zeros(n)

    def reset(self, lanes, seeds, bodies):
        for lane, seed in zip(lanes, seeds):
            self.observations[lane] = np.random.default_rng(seed).uniform(-1, 1)
        self.ages[lanes] = 0

    def step(self, outputs, lanes):
        step = StepResult.of_nothing(len(lanes))
        self.ages[lanes] += 1
        error = np.abs(outputs[:, 0] - self.observations[lanes, 0]).astype(float)
        self.errors[lanes] = error
        return step._replace(reward=-error, truncated=self.ages[lanes] >= self.task.max_steps)

    def measures(self, lane):
        return {"error": float(self.errors[lane])}
'''

PARTS += '''

@dataclass(frozen=True)
class Blink:
    """Close the eyes every few steps."""

    every: int = 4

    def __call__(self, moment):
        moment.task.observations[moment.lanes[moment.steps % self.every == 0]] = 0


@dataclass(frozen=True)
class Nothing:
    """Has no method of a probe."""
'''

FLAGS = {
    "probe": ("--probes", "{file}:Blink:every=3", "freeze:at=100"),
    "rule": ("--rule", "{file}:ab:limit=0.25"),
    "neuron": ("--neuron", "{file}:soft:gain=0.75"),
    "genome map": ("--genome", "{file}:OneRule", "--genome.factor", "3"),
    "network": ("--network", "{file}:Echo"),
    "topology": ("--topology", "{file}:FirstHalf"),
    "modulator": ("--rule", "reward_abcd", "--modulator", "{file}:Constant", "--modulator.value",
                  "2"),
    "task": ("--task", "{file}:Target", "--task.max-steps", "9"),
}  # fmt: skip


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Return a file with a part of each kind."""
    file = tmp_path / "my_parts.py"
    file.write_text(PARTS, encoding="utf-8")
    return file


def flags(kind: str, file: Path) -> tuple[str, ...]:
    return tuple(word.format(file=file) for word in FLAGS[kind])


@pytest.mark.parametrize("kind", FLAGS)
def test_a_part_of_ones_own_evolves_and_resumes_without_its_file(
    kind: str, parts: Path, tmp_path: Path
) -> None:
    words = flags(kind, parts)
    assert evolve(tmp_path / "whole", *words, generations=4, preset="reversal") == 0
    path = tmp_path / "run"
    assert evolve(path, *words, generations=2, preset="reversal") == 0
    assert evolve(tmp_path / "plain", generations=4, preset="reversal") == 0
    parts.unlink()
    assert resume(path, "--generations", "4") == 0
    assert centers(path) == centers(tmp_path / "whole")
    assert centers(path) != centers(tmp_path / "plain")
    assert main(["report", str(path)]) == 0


def test_a_task_of_ones_own_stands_in_the_place_of_a_preset(parts: Path, tmp_path: Path) -> None:
    words = ["--generations", "2", "--popsize", "4", "--no-finish", "--quiet"]
    task = f"{parts}:Target"
    assert main(["evolve", "--task", task, *words, "--out", str(tmp_path / "run")]) == 0
    assert RunFolder.open(tmp_path / "run").config.task.max_steps == 12


@pytest.mark.slow
@pytest.mark.ray
def test_workers_need_no_file(parts: Path, tmp_path: Path) -> None:
    """Ray workers get the text: the same bits as threads."""
    words = [word for kind in ("genome map", "network", "task") for word in flags(kind, parts)]
    runs = []
    for number, where in enumerate((("--threads", "1"), ("--workers", "1"))):
        runs.append(tmp_path / f"run{number}")
        assert evolve(runs[-1], *words, *where, generations=2, preset="reversal") == 0
    assert centers(runs[0]) == centers(runs[1])


@pytest.mark.parametrize(
    ("registry", "name"),
    [
        (GENOME_MAPS, "OneRule"),
        (NETWORKS, "Echo"),
        (TOPOLOGIES, "FirstHalf"),
        (MODULATORS, "Constant"),
        (TASKS, "Target"),
    ],
)
def test_parts_travel_as_text(registry: Registry[type], name: str, parts: Path) -> None:
    kind = registry.find(f"{parts}:{name}")
    assert registry.find(f"{parts}:{name}") is kind
    part = kind()
    data = pickle.dumps(part)
    assert b"def express" in data  # the text itself, and no reference to a module
    assert pickle.loads(data) == part


NESTED = """
import dataclasses, enum
class Color(enum.Enum):
    RED = 1
@dataclasses.dataclass(frozen=True)
class Outer:
    color: Color = Color.RED
    def n_genes(self, slot): ...
    def express(self, *rest): ...
"""


def test_a_field_may_hold_another_class_of_the_text(tmp_path: Path) -> None:
    """Of which the process that gets it knows nothing."""
    file = tmp_path / "nested.py"
    file.write_text(NESTED, encoding="utf-8")
    data = pickle.dumps(GENOME_MAPS.find(f"{file}:Outer")())
    body = f"import pickle, metahebb.genomes; print(pickle.loads({data!r}).color.name)"
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, encoding="utf-8")
    assert done.stdout == "RED\n", done.stderr


BAD = {
    "no file": ("{folder}/none.py:Mine", None, "with an existing file, got"),
    "no class": ("{file}", "x = 1", "(genome map); add :CLASS"),
    "syntax": ("{file}:Mine", "class Mine(:", "got SyntaxError: invalid syntax ({file}:1)"),
    "raises": ("{file}:Mine", "x = 1\n1 / 0", "got ZeroDivisionError: division by zero ({file}:2)"),
    "exits": ("{file}:Mine", "import sys\nsys.exit(0)", "got SystemExit: 0 ({file}:2)"),
    "missing": ("{file}:Mino", "class Mine: ...", "got 'Mino'; did you mean 'Mine'?"),
    "not frozen": ("{file}:Mine", "class Mine: ...", "expected a frozen dataclass, got Mine"),
    "no default": (
        "{file}:Mine",
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Mine:\n    gain: float\n"
        "    def n_genes(self, slot): ...\n    def express(self, *rest): ...",
        "expected a default for gain, got none (genome map {file}:Mine); give it one",
    ),
    "abstract": (
        "{file}:Mine",
        "import dataclasses\nfrom metahebb.genomes import GenomeMap\n"
        "@dataclasses.dataclass(frozen=True)\nclass Mine(GenomeMap):\n"
        "    def n_genes(self, slot): ...",
        "expected a genome map with express, got Mine without ({file})",
    ),
    "no method": (
        "{file}:Mine",
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Mine: ...",
        "expected a genome map with n_genes, express, got Mine without ({file})",
    ),
}


def test_a_probe_of_ones_own_is_done_to_the_lives_of_a_run(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, generations=2, preset="reversal") == 0
    capsys.readouterr()
    assert main(["probe", str(path), "--probe", f"{parts}:Blink:every=1", "--lives", "4"]) == 0
    assert "my_parts.py:Blink:every=1: 4 fresh lives" in capsys.readouterr().out
    for wrong, message in (
        (
            "Blink:evry=2",
            "expected a field of",
        ),
        ("Nothing", "expected a probe with __call__, change_outputs or change_coefficients, got"),
        ("Blnk", "got 'Blnk'; did you mean 'Blink'?"),
    ):
        assert main(["probe", str(path), "--probe", f"{parts}:{wrong}", "--lives", "4"]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("case", BAD)
def test_files_that_cannot_be_parts_are_one_line(case: str, tmp_path: Path, said: Said) -> None:
    name, text, message = BAD[case]
    file = tmp_path / "bad.py"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    part = name.format(file=file, folder=tmp_path)
    assert evolve(tmp_path / "run", "--genome", part) == 2
    said(message.format(file=file))
    assert not (tmp_path / "run").exists()


def test_a_part_that_raises_in_a_life_is_named(tmp_path: Path, said: Said) -> None:
    file = tmp_path / "raising.py"
    text = PARTS.replace("self.ages[lanes] += 1", "raise ValueError('no licence')")
    file.write_text(text, encoding="utf-8")
    assert evolve(tmp_path / "run", "--task", f"{file}:Target") == 2
    line = text.splitlines().index("        raise ValueError('no licence')") + 1
    said("ValueError: no licence", f"raising.py:{line}")


@pytest.mark.parametrize(
    ("part", "before", "after", "wrong"),
    [
        ("Target", "return step._replace", "step._replace", "AttributeError: 'NoneType'"),
        (
            "Target",
            "def step(self, outputs, lanes)",
            "def step(self)",
            "TypeError: TargetLanes.step",
        ),
        ("Target", "return TargetLanes(self, n)", "1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_part_that_does_not_fit_is_one_line(
    part: str, before: str, after: str, wrong: str, tmp_path: Path, said: Said
) -> None:
    file = tmp_path / "unfit.py"
    assert before in PARTS
    file.write_text(PARTS.replace(before, after), encoding="utf-8")
    assert evolve(tmp_path / "run", "--task", f"{file}:{part}", preset="reversal") == 2
    said(f"unfit.py:{part}", f"used, got {wrong}")
    assert not (tmp_path / "run").exists()


def test_a_network_of_ones_own_needs_a_graph_only(tmp_path: Path) -> None:
    """A report is where its `kind` is read."""
    file, path = tmp_path / "plain.py", tmp_path / "run"
    file.write_text(PARTS.replace('    kind: ClassVar[str] = "echo"\n', ""), encoding="utf-8")
    assert evolve(path, "--network", f"{file}:Echo", preset="reversal") == 0
    assert main(["report", str(path)]) == 0


def test_an_environment_beside_a_task_is_refused(said: Said) -> None:
    assert main(["evolve", "--task", "bandit", "--env", "CartPole-v1"]) == 2
    said("expected --task or --env, got both (bandit, CartPole-v1); leave out one")
    assert main(["evolve", "--task", "gym"]) == 2
    said("expected a default for env_id, got none (task gym); use --env ID")


def test_a_modulator_that_no_rule_reads_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--modulator", "reward")
    assert evolve(tmp_path / "a", *words, "--rule", "abcd_lr", preset="bandit") == 0
    assert "the rule abcd_lr does not read the modulator" in capsys.readouterr().err
    assert evolve(tmp_path / "b", *words, "--rule", "reward_abcd", preset="bandit") == 0
    assert "does not read the modulator" not in capsys.readouterr().err


def test_text_from_elsewhere_runs_only_where_it_is_trusted(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run"
    assert evolve(path, *flags("genome map", parts)) == 0
    capsys.readouterr()
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path / "another machine"))
    monkeypatch.setattr(own_parts, "_trusts_all", False)
    assert main(["report", str(path)]) == 2
    printed = capsys.readouterr().err
    assert "expected code that was used on this machine before, got my_parts.py:OneRule" in printed
    assert "then give the command with --trust" in printed
    assert main(["report", str(path), "--trust"]) == 0


def test_a_text_that_is_gone_is_refused(
    parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(path, *flags("genome map", parts)) == 0
    file = path / "config.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    del data["genome"]["source"]
    file.write_text(json.dumps(data), encoding="utf-8")
    assert main(["report", str(path)]) == 2
    wanted = "expected the text of my_parts.py at config.genome.source, which defines the genome "
    assert wanted in capsys.readouterr().err


def test_parts_live_from_python(parts: Path) -> None:
    """A part of each kind at once, as in a notebook's cell; its classes need no flags there."""
    rule, neuron = load_rule(f"{parts}:ab"), load_neuron(f"{parts}:soft")
    topology = TOPOLOGIES.find(f"{parts}:FirstHalf")()
    network = NETWORKS.find(f"{parts}:Echo")((4,), rule, neuron=neuron, topology=topology)
    setup = Setup.build(
        TASKS.find(f"{parts}:Target")(),
        network,
        seed=1,
        maps={"coefficients": GENOME_MAPS.find(f"{parts}:OneRule")(factor=3.0)},
    )
    setup = replace(setup, modulator=MODULATORS.find(f"{parts}:Constant")())
    assert setup.genome.n_genes == 2
    lived = []
    for genes in ([0.5, 0.2], [-0.5, 0.1]):
        life = Plan(0, 12).lives(setup, 0, GivenGenes(np.array(genes, np.float32)), 0)
        lived += [found.episode_return for found in Worker(setup, 1).live(life)]
    assert lived[0] != lived[1]
    assert np.isfinite(lived).all()
