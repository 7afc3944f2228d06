"""``--topology`` swaps which synapses there are before the other flags are read."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.genomes import Genome
from metahebb.networks import (
    TOPOLOGIES,
    Dense,
    Evolved,
    FeedForward,
    Modular,
    Sparse,
    Static,
    name_of_topology,
)
from metahebb.plasticity import Bounds
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json
from metahebb.settings.asked import Asked
from metahebb.settings.networks import swap_network
from metahebb.settings.parsing import parse
from metahebb.settings.topologies import swap_topology
from metahebb.tasks import GymTask

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "genome-maps.md"
CONFIG = RunConfig(GymTask("CartPole-v1"), FeedForward((3,), topology=Sparse(0.25, seed=4)))


def parsed(*words: str) -> RunConfig:
    told = list(words)
    config = swap_topology(swap_network(CONFIG, told), told)
    return parse(Asked, Asked(run=config), told, "x").run


def test_all_topologies_are_offered() -> None:
    assert TOPOLOGIES.metavar == "{" + ",".join(TOPOLOGIES) + "}|FILE.py:CLASS"
    for name, kind in TOPOLOGIES.items():
        found = parsed("--topology", name).network
        assert isinstance(found, FeedForward)
        assert found.topology == (CONFIG.network.topology if name == "sparse" else kind())
        assert name_of_topology(kind()) == name


@pytest.mark.parametrize(
    ("words", "topology"),
    [
        ((), Sparse(0.25, 4)),
        (("--topology", "sparse"), Sparse(0.25, 4)),
        (("--topology.density", "0.5"), Sparse(0.5, 4)),
        (("--network.topology.density=0.5",), Sparse(0.5, 4)),
        (("--topology", "dense"), Dense()),
        (
            ("--topology=modular", "--topology.modules", "3", "--topology.between=0.1"),
            Modular(3, 0.1),
        ),
        (("--topology", "evolved", "--topology.threshold", "-0.1"), Evolved(-0.1)),
        (("--topology", "static", "--topology.fraction", "0.3"), Static(0.3)),
        (("--network", "static", "--topology.seed", "2"), Sparse(0.25, 2)),
    ],
)
def test_a_topology_has_options_of_its_own(words: tuple[str, ...], topology: Any) -> None:
    found = parsed(*words)
    assert found == dataclasses.replace(CONFIG, network=found.network)
    assert found.network.topology == topology
    assert found.network == dataclasses.replace(found.network, topology=topology)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--topology", "sparce"), "a topology among .*, got 'sparce'; did you mean 'sparse'"),
        (("--topology=modlar",), "got 'modlar'; did you mean 'modular'"),
        (("--topology",), "a topology among .*, got ''"),
        (("--topology.densty", "1"), "'--network.topology.densty'; .*'--network.topology.density'"),
        (("--topology", "static", "--topology.density", "1"), "got '--network.topology.density'"),
        (("--topology.density", "0"), r"density above 0 and at most 1 \(sparse\), got 0"),
        (("--topology.density", "nan"), r"density above 0 and at most 1 \(sparse\), got nan"),
        (("--topology.seed", "-1"), r"from 0 to 2\*\*64 - 1, got -1 \(seed\)"),
        (("--topology", "modular", "--topology.modules", "0"), r"at least 1 \(modular\), got 0"),
        (("--topology", "modular", "--topology.between", "2"), r"1 \(modular\), got 2"),
        (("--topology", "static", "--topology.fraction", "-1"), r"1 \(static\), got -1"),
        (("--topology", "evolved", "--topology.threshold", "inf"), r"finite .*\(evolved\), got i"),
        (("--network", "lstm", "--topology", "sparse"), "feed-forward network .*, got lstm; leave"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parsed(*words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--topology", "static"), "add --network.normalization.kind clip"),
        (("--topology", "static", "--network", "static"), "for the topology static, got the rule"),
        (("--topology", "modular", "--topology.modules", "3"), "at most 2 modules (modular)"),
    ],
)
def test_what_does_not_go_together_writes_nothing(
    tmp_path: Any, said: Any, words: tuple[str, ...], part: str
) -> None:
    assert main(["evolve", "cartpole", "--out", str(tmp_path / "run"), *words]) == 2
    said(part)
    assert not (tmp_path / "run").exists()


def test_the_table_of_the_howto_is_what_topologies_say() -> None:
    rows = re.findall(r"^\| `--topology (.+?)` \|(.+)\|$", HOWTO.read_text(), re.MULTILINE)
    assert {words.split()[0] for words, _ in rows} == set(TOPOLOGIES)
    clip = Bounds("clip")
    for words, cells in rows:
        base = dataclasses.replace(CONFIG, network=FeedForward())
        told = ["--topology", *words.split()]
        config = parse(Asked, Asked(run=swap_topology(base, told)), told, "x").run
        sizes = []
        for hidden in ((32, 16), (128, 64)):
            network = dataclasses.replace(config.network, hidden=hidden, normalization=clip)
            genome = Genome.direct(network.slots(27, 8))
            sizes += [f"{genome.n_genes:,}", f"{genome.bits:,}"]
        assert [cell.strip() for cell in cells.split("|")][1:5] == sizes, words


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_configs_come_back_and_say_nothing_of_what_is_dense(name: str) -> None:
    before = to_json(RunConfig())
    told = RunConfig(network=FeedForward(topology=TOPOLOGIES[name]()))
    data = to_json(told)
    assert "topology" not in before["network"]
    assert ("topology" in data["network"]) == (name != "dense")
    assert from_json(RunConfig, data, "config") == told
    said = before | {"network": before["network"] | {"topology": {"type": "Dense"}}}
    assert from_json(RunConfig, said, "config") == RunConfig()
