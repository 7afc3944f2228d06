"""Parts that are defined in a cell of a notebook become text that runs by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cells import cells_of, notebook

import metahebb as mh
from metahebb.errors import InputError
from metahebb.own_cells import text_that_defines
from metahebb.own_parts import Own, file_of_cell
from metahebb.probes.registry import line_of
from metahebb.settings.keywords import config_from

IMPORTS = """
from dataclasses import dataclass, field
import math
import numpy as np
import gymnasium
import metahebb as mh
"""
PROBE = """
FACTOR = 0.5
LIMITS = (-1.0, 1.0)

def shrunk(layer):
    return np.clip(FACTOR * layer, *LIMITS)

class Base:
    def raw(self, moment, lane):
        return moment.network.raw_layers(int(lane))

@dataclass(frozen=True)
class Shrink(Base):
    at: int = 3

    def __call__(self, moment):
        for lane in moment.lanes[moment.rows_at(self.at)]:
            moment.network.flush(np.array([lane]))
            for layer in self.raw(moment, lane):
                layer[:] = shrunk(layer)
"""


@pytest.fixture
def run() -> Iterator[Any]:
    with notebook() as run_cell:
        run_cell(IMPORTS)
        yield run_cell


def names_after(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "<text>", "exec"), names)
    return names


def test_all_that_a_class_names_comes_along(run: Any) -> None:
    names = run(PROBE)
    text = text_that_defines(names["Shrink"])
    assert text.startswith("from __future__ import annotations\n")
    assert "import numpy as np\n" in text
    assert "FACTOR = 0.5" in text
    assert "import math" not in text  # nothing here names it
    assert "mh" not in text
    again = names_after(text)
    assert again["Shrink"](7).at == 7
    assert again["shrunk"](4.0) == 1.0


def test_a_local_name_is_no_reason_to_take_a_global_one_along(run: Any) -> None:
    names = run(
        "data = [object()]\nclass Sums:\n    def add(self, data):\n        return sum(data)\n"
    )
    assert "data =" not in text_that_defines(names["Sums"])


def test_what_cannot_be_text_is_told_by_name(run: Any) -> None:
    names = run("table = np.eye(3)\nclass Uses:\n    def use(self):\n        return table\n")
    with pytest.raises(InputError, match="got table, a ndarray; make it inside the class"):
        text_that_defines(names["Uses"])


def test_a_class_without_a_source_is_told() -> None:
    kind = type("Nowhere", (), {})
    with pytest.raises(InputError, match=r"expected the source of Nowhere, .*FILE\.py:Nowhere"):
        text_that_defines(kind)


def test_the_class_as_it_was_last_written_counts(run: Any) -> None:
    run("class Twice:\n    def value(self):\n        return 1\n")
    names = run("class Twice:\n    def value(self):\n        return 2\n")
    assert names_after(text_that_defines(names["Twice"]))["Twice"]().value() == 2


def test_a_rule_that_a_class_names_comes_along(run: Any) -> None:
    names = run(
        "@mh.rule\ndef own(pre, post, /, A):\n    return A * pre * post\n\n"
        "class Has:\n    def rule(self):\n        return own\n"
    )
    assert names_after(text_that_defines(names["Has"]))["Has"]().rule() == names["own"]


def test_rules_neurons_and_probes_of_a_cell_are_those_of_a_config(run: Any) -> None:
    names = run(
        PROBE + "\n@mh.rule\ndef own(pre, post, /, A):\n    return A * pre * post\n"
        "@mh.neuron\ndef soft(drive, /, *, gain=1.0):\n    return np.tanh(gain * drive)\n"
    )
    given = {"rule": names["own"], "neuron": names["soft"], "probes": [names["Shrink"](at=5)]}
    _, config = config_from("cartpole", given, Path())
    assert config.network.rule == names["own"]
    assert config.network.neuron == names["soft"]  # type: ignore[attr-defined]
    assert config.probes == ("Shrink.py:Shrink:at=5",)
    assert "FACTOR = 0.5" in config.probes[0].source  # type: ignore[attr-defined]
    probe: Any = config.parsed_probes[0]
    assert probe.at == 5
    assert line_of(probe) == "Shrink.py:Shrink:at=5"


def test_a_part_of_a_cell_is_shown_without_a_file() -> None:
    assert Own(file_of_cell("Shrink"), "", "Shrink").shown == "Shrink"
    assert str(Own(file_of_cell("Shrink"), "", "Shrink")) == "Shrink.py:Shrink"
    assert Own("my_parts.py", "", "Shrink").shown == "my_parts.py:Shrink"


def test_shipped_probes_are_lines() -> None:
    from metahebb.probes.zero_weights import ZeroWeights

    assert line_of(ZeroWeights(at=125)) == "zero_weights:at=125"
    assert line_of("freeze:at=3") == "freeze:at=3"


TASK = """
@dataclass(frozen=True)
class Twin(mh.Reversal):
    '''The reversal task by another name.'''
"""
MAP = """
from metahebb.genomes.per_synapse import PerSynapse

@dataclass(frozen=True)
class Same(PerSynapse):
    factor: float = 2.0

    def n_genes(self, slot):
        return super().n_genes(slot)
"""


def test_parts_of_a_cell_are_rebuilt_and_kept(run: Any) -> None:
    names = run(TASK + MAP)
    given = {"task": names["Twin"](), "genome": names["Same"](factor=3.0)}
    _, config = config_from(None, given, Path())
    assert type(config.task).__name__ == "Twin"
    assert type(config.task) is not names["Twin"]  # but one whose text travels
    assert config.genome.factor == 3.0  # type: ignore[attr-defined]
    _, config = config_from("cartpole", {"genome": names["Same"]}, Path())
    assert config.genome.factor == 2.0  # type: ignore[attr-defined]


def test_a_class_that_is_no_frozen_dataclass_is_told(run: Any) -> None:
    names = run("@dataclass\nclass Open:\n    def n_genes(self):\n        return 1\n")
    with pytest.raises(InputError, match=r"expected a frozen dataclass, got Open \(genome map"):
        config_from("cartpole", {"genome": names["Open"]()}, Path())
    needs = run("@dataclass(frozen=True)\nclass Needs:\n    a: int\n")["Needs"]
    with pytest.raises(InputError, match=r"Needs.*missing 1 required .*; give Needs\(\.\.\.\)"):
        config_from("cartpole", {"genome": needs}, Path())


ENV = """
class Line(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.age += 1
        return np.zeros(1, np.float32), float(action[0]), self.age >= 5, False, {}
"""


def test_an_environment_of_a_cell_is_evolved_in_and_opened_again(run: Any, tmp_path: Path) -> None:
    names = run(ENV)
    small: dict[str, Any] = {"popsize": 4, "generations": 1, "threads": 1, "hidden": (2,)}
    quiet = {"quiet": True, "finish": False, "tensorboard": False}
    made = mh.evolve(env=names["Line"], out=tmp_path / "run", **small, **quiet)
    (file,) = tmp_path.glob("line_*.py")
    assert made.config.task.env_id == f"{file}:Line"  # type: ignore[attr-defined]
    assert mh.open(tmp_path / "run").live(0).steps == 5
    mh.evolve(env=names["Line"], out=tmp_path / "again", **small, **quiet)
    assert list(tmp_path.glob("line_*.py")) == [file]


def test_cells_of_the_percent_format() -> None:
    text = "# head\n# %% [markdown]\n# words\n# %%\na = 1\n# %% named\nb = 2\n"
    assert cells_of(text) == ["a = 1\n", "b = 2\n"]
