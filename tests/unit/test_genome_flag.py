"""``--genome`` swaps the genome map before the other flags are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from metahebb.errors import InputError
from metahebb.evolution.memory import check_lanes
from metahebb.genomes import (
    GENOME_MAPS,
    Generated,
    Genome,
    LowRank,
    Merge,
    Mixture,
    PerNeuron,
    PerSynapse,
    RuleBook,
    Shared,
    name_of_map,
)
from metahebb.networks import FeedForward
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig
from metahebb.settings.asked import Asked
from metahebb.settings.parsing import parse
from metahebb.settings.parts import swap_parts
from metahebb.tasks import GymTask
from metahebb.worker import Setup

CONFIG = RunConfig(GymTask("CartPole-v1"), FeedForward((3,)), genome=Shared(9, seed=4))
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "genome-maps.md"


def parsed(*words: str) -> RunConfig:
    told = list(words)
    return parse(Asked, Asked(run=swap_parts(CONFIG, told)), told, "x").run


def test_all_maps_are_offered() -> None:
    assert GENOME_MAPS.metavar == "{" + ",".join(GENOME_MAPS) + "}|FILE.py:CLASS"
    for name, kind in GENOME_MAPS.items():
        assert parsed("--genome", name, "--birth-genome", name).birth_genome == kind()
        assert name_of_map(kind()) == name


@pytest.mark.parametrize(
    ("words", "genome"),
    [
        ((), Shared(9, seed=4)),
        (("--genome", "shared"), Shared(9, seed=4)),
        (("--genome.rules", "2", "--genome.across"), Shared(2, True, 4)),
        (("--genome", "per_synapse"), PerSynapse()),
        (("--genome=low_rank", "--genome.rank", "3", "--genome.offsets"), LowRank(3, True)),
        (("--genome", "generated", "--genome.hidden", "5"), Generated(5)),
        (("--genome", "rule_book", "--genome.threshold", "0.2"), RuleBook(0.2)),
        (("--genome", "mixture", "--genome.rules", "3", "--genome.across"), Mixture(3, True)),
        (
            ("--genome=merge", "--genome.at", "3", "5", "--genome.to", "9", "2", "--genome.across"),
            Merge(0, (3, 5), (9, 2), across=True),
        ),
    ],
)
def test_a_map_has_options_of_its_own(words: tuple[str, ...], genome: Any) -> None:
    assert parsed(*words).genome == genome
    assert parsed(*words).birth_genome == PerSynapse()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--genome", "sharde"), "a genome map among .*, got 'sharde'; did you mean 'shared'"),
        (("--birth-genome=lowrank",), "got 'lowrank'; did you mean 'low_rank'"),
        (("--birth_genome", "x"), "a genome map among .*, got 'x'"),
        (("--genome",), "a genome map among .*, got ''"),
        (("--genome.rulse", "3"), "got '--genome.rulse'; did you mean '--genome.rules'"),
        (("--genome", "low_rank", "--genome.rules", "3"), "got '--genome.rules'"),
        (("--genome.rules", "0"), r"rules of at least 1 \(shared\), got 0"),
        (("--genome.seed", "-1"), r"from 0 to 2\*\*64 - 1, got -1 \(seed\)"),
        (("--genome", "low_rank", "--genome.rank", "0"), r"rank of at least 1 \(low_rank\), got 0"),
        (("--genome", "generated", "--genome.hidden", "0"), r"at least 1 \(generated\), got 0"),
        (("--genome", "rule_book", "--genome.threshold", "-1"), r"0 \(rule_book\), got -1"),
        (("--genome", "mixture", "--genome.rules", "0"), r"rules of at least 1 \(mixture\), got 0"),
        (("--genome", "mixture", "--genome.seed", "3"), "got '--genome.seed'"),
        (("--genome", "rule_book", "--genome.threshold", "nan"), r"0 \(rule_book\), got nan"),
        (("--genome", "merge", "--genome.rules", "-1"), r"at least 0 \(merge\), got -1"),
        (("--genome", "merge", "--genome.at", "4"), r"one \(merge\), got 2 and 1; write"),
        (
            ("--genome", "merge", "--genome.at", "4", "4"),
            r"increasing .* \(merge\), got 4 4; write",
        ),
        (("--genome", "merge", "--genome.at", "0", "4"), r"at least 1 in at \(merge\), got 0 4"),
        (
            ("--genome", "merge", "--genome.to", "4", "4"),
            r"decreasing .* \(merge\), got 4 4; write",
        ),
        (("--genome", "merge", "--genome.to", "4", "0"), r"at least 1 in to, .*, got 4 0"),
        (("--genome", "merge", "--genome.rules", "64"), r"below rules \(merge\), got 64 16"),
        (("--genome", "merge", "--genome.seed", "-1"), r"from 0 to 2\*\*64 - 1, got -1 \(seed\)"),
        (("--genome", "merge", "--algorithm", "ga"), r"for the genome map merge, got ga; use"),
        (("--birth-genome=merge", "--algorithm=cmaes"), r"map merge, got cmaes; use .* snes"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parsed(*words)
    assert "\n" not in str(caught.value)


def test_a_birth_genome_needs_weights_that_evolve() -> None:
    task = GymTask("CartPole-v1")
    for birth in ("uniform", "coevolved"):
        network = FeedForward((3,), birth=birth)
        config = RunConfig(task, network, genome=PerNeuron(), birth_genome=LowRank(2))
        if birth == "coevolved":
            assert config.setup().genome.maps == (PerNeuron(), LowRank(2))
        else:
            with pytest.raises(InputError, match="birth_genome low_rank, got others; add --birth"):
                config.setup()


def test_rules_that_are_no_abcd_are_refused_by_what_they_compute() -> None:
    source = RULES["abcd_lr"].source
    again = source.replace("A * pre * post", "post * A * pre").replace("abcd_lr", "mine")
    other = source.replace("A * pre * post", "A * pre * pre").replace("abcd_lr", "mine")
    from metahebb.plasticity.rule import rule_from_source

    slots = FeedForward((3,), rule_from_source(again, "mine")).slots(4, 2)
    assert Genome.mapped(slots, {"coefficients": PerNeuron()}).n_genes == 4 * 4 + 5 * 3 + 4 * 2
    slots = FeedForward((3,), rule_from_source(other, "mine")).slots(4, 2)
    with pytest.raises(InputError, match="got the rule mine; use the rule abcd_lr, or another"):
        Genome.mapped(slots, {"coefficients": PerNeuron()})


def test_a_rule_without_coefficients_leaves_a_map_nothing_to_fill() -> None:
    from metahebb.plasticity.rule import rule_from_source

    rule = rule_from_source("def hebb(pre, post, /):\n    return 0.01 * pre * post", "hebb")
    slots = FeedForward((3,), rule, birth="coevolved").slots(4, 2)
    assert Genome.mapped(slots, {"birth": Shared(2)}).n_genes == 2 + 2
    with pytest.raises(InputError, match="expected coefficients for the genome map to fill"):
        Genome.mapped(slots, {"coefficients": Shared(2)})


def test_lanes_take_what_is_expressed_and_not_what_is_inherited() -> None:
    task = GymTask("CartPole-v1")
    huge = FeedForward((60_000, 60_000))  # 72 GB of coefficients per lane, from 16 rules a layer
    setup = Setup.build(task, huge, 0, maps={"coefficients": Shared(16)})
    assert setup.genome.n_genes == 3 * 16 * 5
    with pytest.raises(InputError, match="expected lanes that fit in memory"):
        check_lanes(setup, 64, 1)


def test_the_table_of_the_howto_is_what_maps_say() -> None:
    rows = re.findall(r"^\| `--genome (.+?)` \|(.+)\|$", HOWTO.read_text(), re.MULTILINE)
    assert {words.split()[0] for words, _ in rows} == set(GENOME_MAPS)
    for words, cells in rows:
        genome_map = parsed("--genome", *words.split()).genome
        if words == "shared":
            genome_map = Shared()
        sizes = []
        for hidden in ((32, 16), (128, 64)):
            genome = Genome.mapped(FeedForward(hidden).slots(27, 8), {"coefficients": genome_map})
            sizes += [f"{genome.n_genes:,}", f"{genome.bits:,}"]
        assert [cell.strip() for cell in cells.split("|")][1:5] == sizes, words
