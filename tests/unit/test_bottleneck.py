"""The bottleneck study: its points, and the numbers that compare them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from experiments.bottleneck_wirings.__main__ import NAMES
from experiments.kit.cells import Cells
from experiments.kit.running import Size
from experiments.protocols.genome_maps.claims import claims_of
from experiments.protocols.genome_maps.curve import arm_of, jobs
from experiments.protocols.genome_maps.figure import PUBLISHED
from experiments.protocols.genome_maps.numbers import Measured, _half, words_of
from experiments.protocols.genome_maps.points import LARGE, POINTS, REFERENCE
from experiments.protocols.genome_maps.points import QUICK as QUICK_POINTS
from experiments.protocols.genome_maps.tables import points_table, tuning_lists
from experiments.protocols.legs.bodies import BODIES, DT, WEAKENED
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.groups import Group
from experiments.protocols.legs.runs import run_config
from experiments.protocols.lesions.lives import Lesion
from experiments.protocols.lesions.numbers import Pairs
from metahebb.analysis.tuning import Setting
from metahebb.genomes import GENOME_MAPS, PerSynapse
from metahebb.networks.topology import TOPOLOGIES, Static

QUICK = BUDGETS["quick"]
FOLD = WEAKENED[3]
TINY = run_config(QUICK, POINTS[REFERENCE].arm, FOLD, 0, 1)


def genes(name: str) -> int:
    return run_config(QUICK, POINTS[name].arm, FOLD, 0, 1).setup().genome.n_genes


def test_quick_studies_have_a_point_of_every_genome_map_and_topology() -> None:
    evolved = [POINTS[name] for name in {*QUICK_POINTS, *NAMES}]
    assert {type(point.arm.genome) for point in evolved} == set(GENOME_MAPS.values())
    wirings = {type(point.arm.network.topology) for point in evolved}
    assert wirings == set(TOPOLOGIES.values())


def test_what_is_followed_up_comes_last_and_on_the_other_folds() -> None:
    wanted = jobs(("hebbian", "neuron"), ("neuron",))
    assert wanted[:2] == [("hebbian", FOLD), ("neuron", FOLD)]
    assert {fold for name, fold in wanted[2:]} == set(WEAKENED) - {FOLD}
    assert {name for name, _ in wanted[2:]} == {"neuron"}


@pytest.mark.parametrize("name", POINTS)
def test_every_point_is_tuned_in_as_many_settings_of_searches_that_fit_it(name: str) -> None:
    grid = arm_of("quick", name).grid
    assert len(set(map(str, grid))) == len(grid) == QUICK.settings
    dense = [setting for setting in grid if setting.algorithm == "cmaes"]
    large = [s for s in arm_of("paper", name).grid if s.algorithm == "cmaes"]
    assert bool(large) <= bool(dense)
    if genes(name) > 2000:
        assert not dense
    else:
        assert len(dense) == 2
        assert {setting.separable for setting in dense} == {genes(name) > 700}


@pytest.mark.parametrize("size", BUDGETS)
@pytest.mark.parametrize("name", POINTS)
def test_every_setting_of_every_point_makes_a_run_at_every_size(size: Size, name: str) -> None:
    arm = arm_of(size, name)
    for setting in arm.grid:
        config = setting.of(run_config(BUDGETS[size], arm, FOLD, 0, 1))
        assert config.genome == POINTS[name].arm.genome


def test_points_differ_in_the_genome_and_its_tuning_alone() -> None:
    configs = {n: run_config(QUICK, p.arm, FOLD, 0, 3) for n, p in POINTS.items()}
    base = dataclasses.replace(configs[REFERENCE], genome=PerSynapse())
    for config in configs.values():
        if config.search.algorithm != "mixture":
            assert config.search == base.search
        config = dataclasses.replace(config, search=base.search)
        # Births, wiring, and the normalization that static synapses need, are the only others.
        kept = {name: getattr(base.network, name) for name in ("birth", "topology")}
        if isinstance(config.network.topology, Static):
            kept["normalization"] = base.network.normalization
        network = dataclasses.replace(config.network, **kept)
        assert dataclasses.replace(config, genome=PerSynapse(), network=network) == base
    assert Setting(0.06, 0.03, 0.1) in LARGE  # what the damage study found best


def found(name: str, intact: float, unseen: float, seeds: tuple[int, ...] = (0, 1, 2)) -> Measured:
    """Return a point whose runs differ by a tenth of a metre, and its lives too."""
    rng, lived = np.random.default_rng(0), {}
    for seed in seeds:
        distance = 0.1 * seed + rng.normal(0, 0.1, (len(BODIES), 20))
        distance[0] += intact
        for body in FOLD.unseen:
            distance[BODIES.index(body)] += unseen
        lived[FOLD, seed] = Cells(BODIES, distance, np.ones(distance.shape, np.bool_))
    steps = np.arange(381) * 0.02  # 0.4 m/s
    way = np.broadcast_to(steps, (1, len(seeds), 4, 381))
    slower = np.where(steps > 2.5, 2.5 + (steps - 2.5) / 2, steps)
    zeroed = np.broadcast_to(slower, way.shape)
    pairs = Pairs(name, Lesion("", (), 125), seeds, DT, zeroed, way)
    group = Group(name, FOLD.protocol, (FOLD,), seeds, lived)
    return Measured(
        name,
        genes(name),
        32 * genes(name),
        words_of(LARGE[0].of(TINY).search),
        group,
        pairs,
        (10.0, 40.0, math.nan, 20.0),
    )


def test_points_are_compared_on_common_seeds() -> None:
    reference, other = found(REFERENCE, 4, 1), found("neuron", 6, 3, (0, 1))
    value, low, high = other.relative(reference)
    assert value == pytest.approx(6.05 / 4.05, abs=0.02)
    assert low < value < high
    assert other.group.common(reference.group)[1].seeds == (0, 1)
    assert other.relative(found(REFERENCE, 0.5, 0)) == (None, None, None)  # of nothing


def test_intervals_are_apart_or_not() -> None:
    reference = found(REFERENCE, 4, 1)
    assert found("neuron", 4, 3).gap(reference) > 0.5
    assert found("neuron", 4, 1).gap(reference) < 0
    claims = claims_of([reference, found("neuron", 6, 3), found("low_rank-4", 3, 1)], "make it")
    goals = {claim.name.split(",")[0] + claim.name.split(":")[1]: claim for claim in claims}
    assert goals["neuron intact / hebbian"].holds is True
    assert goals["low_rank-4 intact / hebbian"].goal is None  # too large to count as few
    gap = " gap between the intervals on unseen legs, above hebbian [m]"
    assert goals[f"neuron{gap}"].holds is True
    assert goals[f"low_rank-4{gap}"].holds is False


def test_half_way_is_where_the_smoothed_fitness_is_half_of_its_last() -> None:
    rise = np.concatenate([np.zeros(30), np.full(70, 4.0)])
    assert _half(rise) == 35  # five of the ten generations that are smoothed
    assert math.isnan(_half(np.full(50, 0.1)))
    assert _half(np.array([2.0, 2.0])) == 2


def test_the_table_says_what_stands_where() -> None:
    table = points_table([found(REFERENCE, 4, 1), found("neuron", 6, 3)])
    neuron, reference = table.rows  # by genes
    assert neuron[0] == "neuron"
    assert neuron[2:6] == ("380", "12,160", "OpenAI-ES 0.1, lr 0.06", 3)
    assert reference[7] == "1"
    assert neuron[10] == "0.50 [0.50, 0.50] (1.00)"
    assert neuron[11] == "20 (10 to 40)"


def test_a_point_with_one_run_has_no_interval() -> None:
    (one, _) = points_table([found(REFERENCE, 4, 1), found("neuron", 6, 3, (0,))]).rows
    assert one[5] == 1
    assert all(cell[1:] == (None, None) for cell in one if isinstance(cell, tuple))
    assert one[10] == "0.50 (1.00)"


def test_the_setting_that_was_taken_is_bold() -> None:
    tried = [(Setting(0.1, 0.02, 0.3, "cmaes", separable=False), 2.0), (LARGE[0], 1.0)]
    (row,) = tuning_lists({"neuron": tried}).markdown().splitlines()[2:]
    assert row == "| neuron | **cmaes-0.1-0.3: 2.00**, 0.1-0.06-0.3: 1.00 |"
    assert words_of(tried[0][0].of(TINY).search) == "CMA-ES 0.1"
    published = POINTS["palm-16"].arm
    told = published.grid[0].of(dataclasses.replace(TINY, search=published.search)).search
    assert words_of(told) == "mixture 0.1, sgd, lr 0.2"


def test_published_points_are_relative_to_their_own_reference() -> None:
    assert max(p.relative for p in PUBLISHED if p.relative is not None) == 1
    assert {p.genes for p in PUBLISHED} >= {1_104, 1_920}
