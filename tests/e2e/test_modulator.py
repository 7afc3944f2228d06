"""A rule that reads ``modulator``: silent until a probe writes it, and told so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_runs import centers, evolve, resume
from toys import Toy

from metahebb.networks import FeedForward
from metahebb.plasticity import Bounds, load_rule
from metahebb.probes import Moment
from metahebb.worker import GivenPoint, Plan, Setup, Worker, all_lives


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a rule that reads the modulator, and one that does not."""
    path = tmp_path / "mine.py"
    path.write_text(
        "from metahebb.plasticity import rule\n\n\n"
        "@rule\ndef told(pre, post, modulator, /, A):\n    return A * modulator * pre * post\n\n\n"
        "@rule\ndef untold(pre, post, /, A):\n    return A * pre * post\n"
    )
    return path


def test_evolve_says_that_it_is_zero(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evolve(tmp_path / "told", "--rule", f"{file}:told", generations=1) == 0
    said = capsys.readouterr().err
    assert said.startswith("metahebb: the rule told reads modulator, which is 0 in every life")
    assert said.count("\n") == 1
    assert evolve(tmp_path / "untold", "--rule", f"{file}:untold", generations=1) == 0
    assert resume(tmp_path / "told", "--generations", "2") == 0
    assert capsys.readouterr().err == ""
    assert len(centers(tmp_path / "told")) == 2


@pytest.mark.parametrize(("modulator", "moves"), [(None, False), (1.0, True)])
def test_a_probe_writes_it(file: Path, modulator: float | None, moves: bool) -> None:
    rule = load_rule(f"{file}:told")
    network = FeedForward((4,), rule, Bounds("none"))
    seen: list[np.ndarray] = []

    def probe(moment: Moment) -> None:
        if modulator is not None:
            moment.network.modulators[moment.lanes] = modulator  # as the page on rules has it
        seen.append(moment.network.weights(0)[0].copy())

    setup = Setup.build(Toy(mortal=False), network, seed=1)
    point = GivenPoint(np.ones((1, setup.genome.n_genes), np.float32))
    lives = all_lives(setup, Plan(0, max_steps=6), point, range(1))
    assert len(list(Worker(setup, 1).live(iter(lives), [probe]))) == 1
    assert len(seen) == 6
    assert (seen[0] != seen[-1]).any() == moves
