"""Configs as JSON: there and back to the same, and strict."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metahebb.errors import InputError
from metahebb.evolution.config import ALGORITHMS, OPTIMIZERS, RANKING_NAMES, SearchConfig
from metahebb.genomes import (
    GENOME_MAPS,
    AntiDiagonal,
    Generated,
    LowRank,
    Merge,
    Mixture,
    PerNeuron,
    PerSynapse,
    RuleBook,
    Shared,
)
from metahebb.networks import FeedForward
from metahebb.plasticity import Bounds
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.presets import PRESETS
from metahebb.runs.serial import from_json, to_json
from metahebb.tasks import GymTask, Locomotion

MINE = rule_from_source("def mine(pre, post, /, A):\n    return A * pre * post\n", "mine")

positive = st.floats(1e-12, 1e12)
searches = st.builds(
    SearchConfig,
    algorithm=st.sampled_from(ALGORITHMS),
    popsize=st.integers(100, 10**6).map(lambda n: 2 * n),  # with parents, whatever their ratio
    stdev=positive,
    stdev_decay=positive,
    stdev_floor=positive,
    learning_rate=positive,
    optimizer=st.sampled_from(OPTIMIZERS),
    ranking=st.sampled_from(RANKING_NAMES),
    parenthood_ratio=st.floats(0.01, 1.0),
    separable=st.booleans(),
    penalty=positive,
    mixture_rules=st.integers(1, 10**6),
)
networks = st.builds(
    FeedForward,
    hidden=st.lists(st.integers(1, 300), max_size=3).map(tuple),
    rule=st.sampled_from([*RULES.values(), MINE]),
    normalization=st.builds(
        Bounds, kind=st.sampled_from(("none", "max_abs", "clip")), limit=positive
    ),
    birth=st.sampled_from(("uniform", "zeros", "coevolved")),
    output=st.sampled_from(("tanh", "linear")),
    observation_scale=st.lists(st.floats(-1e6, 1e6), max_size=3).map(tuple),
)
genomes = st.one_of(
    st.builds(PerSynapse),
    st.builds(
        Shared,
        rules=st.integers(1, 10**6),
        across=st.booleans(),
        seed=st.integers(0, 2**64 - 1),
    ),
    st.builds(AntiDiagonal),
    st.builds(PerNeuron),
    st.builds(LowRank, rank=st.integers(1, 99), offsets=st.booleans()),
    st.builds(Generated, hidden=st.integers(1, 999)),
    st.builds(RuleBook, threshold=st.floats(0, 1e6)),
    st.builds(Mixture, rules=st.integers(1, 10**6), across=st.booleans()),
)
merging = st.builds(
    Merge,
    rules=st.sampled_from((0, 100)),
    at=st.sampled_from(((1, 5), (7, 10**6))),
    to=st.sampled_from(((16, 4), (99, 1))),
    across=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
)
tasks = st.one_of(
    st.builds(
        Locomotion,
        body=st.sampled_from(("ant", "hopper", "swimmer")),
        reward=st.sampled_from(("distance", "gymnasium")),
        burn_in=st.integers(0, 100),
        stale_burn_in_observation=st.booleans(),
        max_steps=st.integers(1, 5000),
    ),
    st.builds(
        GymTask,
        env_id=st.just("CartPole-v1"),
        env_kwargs=st.fixed_dictionaries({}, optional={"sutton_barto_reward": st.booleans()}),
    ),
    st.just(GymTask("Pendulum-v1", {"g": 9.81})),
    st.just(GymTask("MountainCarContinuous-v0", {"goal_velocity": 1})),
)


@st.composite
def configs(draw: st.DrawFn) -> RunConfig:
    """Return any config."""
    task = draw(tasks)
    starts = [0, *sorted(draw(st.sets(st.integers(1, 500), max_size=3)))]
    bodies = st.sampled_from([(), task.bodies])
    stages = tuple(Stage(s, draw(st.integers(1, 1000)), draw(bodies)) for s in starts)
    search = draw(searches)
    maps = st.one_of(genomes, merging) if search.is_seeded else genomes
    return RunConfig(
        task=task,
        network=draw(networks),
        search=search,
        schedule=draw(st.sampled_from([(), stages])),
        episodes=draw(st.integers(1, 9)),
        generations=draw(st.integers(1, 10**6)),
        seed=draw(st.integers(0, 2**64 - 1)),
        center_lives=draw(st.integers(0, 9)),
        genome=draw(maps),
        birth_genome=draw(maps),
        observation_norm=draw(st.booleans()),
    )


def there_and_back(config: RunConfig) -> RunConfig:
    found: RunConfig = from_json(RunConfig, json.loads(json.dumps(to_json(config))), "config")
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_presets_come_back(name: str) -> None:
    config = PRESETS[name][0]
    found = there_and_back(config)
    assert found == config
    assert found.setup() == config.setup()


@given(configs())
def test_any_config_comes_back(config: RunConfig) -> None:
    found = there_and_back(config)
    assert found == config
    assert repr(found) == repr(config)  # 1 is not 1.0 nor True


@pytest.mark.parametrize("name", GENOME_MAPS)
def test_a_field_that_came_later_is_left_out_where_it_says_nothing(name: str) -> None:
    """Folders of before it open, and the hash of their configs stays."""
    before = to_json(RunConfig())
    assert not {"genome", "birth_genome", "observation_norm"} & set(before)
    told = RunConfig(genome=GENOME_MAPS[name]())
    data = to_json(told)
    assert set(data) - set(before) == ({"genome"} if name != "per_synapse" else set())
    assert there_and_back(told) == told
    said = before | {"genome": {"type": "PerSynapse"}, "observation_norm": False}
    assert from_json(RunConfig, said, "config") == RunConfig()


@pytest.mark.parametrize(
    ("genome", "message"),
    [
        ({"type": "Sharde"}, r"config\.genome\.type.*mean 'Shared'"),
        (
            {"type": "Shared", "rules": 2, "across": False},
            r"key 'seed' in config\.genome, got none",
        ),
        ({"type": "Shared", "rules": 2, "across": 0, "seed": 0}, r"config\.genome\.across, got 0"),
        ({"type": "AntiDiagonal", "rules": 2}, r"key of config\.genome among type, got 'rules'"),
        (None, r"expected dict at config\.genome, got None"),
    ],
)
def test_a_genome_map_is_read_strictly(genome: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_json(RunConfig, PLAIN | {"genome": genome}, "config")
    with pytest.raises(InputError, match=r"key of config among .*did you mean 'genome'"):
        from_json(RunConfig, PLAIN | {"genom": genome}, "config")


def test_a_rule_travels_as_text() -> None:
    data = to_json(RunConfig(network=FeedForward(rule=MINE)))["network"]["rule"]
    assert data == {"type": "Rule", "name": "mine", "source": MINE.source}
    found = there_and_back(RunConfig(network=FeedForward(rule=MINE))).network.rule
    assert found(2.0, 3.0, 0.5) == 3.0


PLAIN = to_json(PRESETS["ant"][0])


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values in ``data``."""
    inner = list(data.items()) if isinstance(data, dict) else []
    inner = list(enumerate(data)) if isinstance(data, list) else inner
    return [path, *[found for key, value in inner for found in places(value, (*path, key))]]


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return ``data`` with another value at ``path``."""
    if not path:
        return value
    key, *rest = path
    pairs = enumerate(data) if isinstance(data, list) else data.items()
    changed = {k: replaced(v, tuple(rest), value) if k == key else v for k, v in pairs}
    return list(changed.values()) if isinstance(data, list) else changed


ODD = st.sampled_from(
    [None, True, 0, -1, 3, 10**400, 0.5, float("nan"), "", "x", "ant", [], [1], ["x"], {}, {"a": 1}]
)


@settings(max_examples=400)
@given(st.sampled_from(places(PLAIN)), ODD)
def test_odd_values_are_taken_or_refused_in_one_line(path: tuple[Any, ...], value: Any) -> None:
    data = replaced(PLAIN, path, value)
    try:
        config = from_json(RunConfig, data, "config")
    except InputError as error:
        assert re.fullmatch("expected .+", str(error))  # noqa: PT017 - either end is a good one
    else:
        assert isinstance(config, RunConfig)
        assert to_json(config) == data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("search", "popsize"), 4.0, r"expected int at config\.search\.popsize, got 4\.0"),
        (("search", "popsize"), True, r"expected int at config\.search\.popsize, got True"),
        (("search", "separable"), 1, r"expected bool at config\.search\.separable, got 1"),
        (("search", "stdev"), "0.1", r"expected int or float at config\.search\.stdev"),
        (("search", "algorithm"), "cmass", r"config\.search\.algorithm.*mean 'cmaes'"),
        (("task", "type"), "Locomotive", r"config\.task\.type.*mean 'Locomotion'"),
        (("network", "type"), "Feedforward", r"config\.network\.type.*mean 'FeedForward'"),
        (("schedule", 1, "max_steps"), None, r"int at config\.schedule\[1\]\.max_steps, got None"),
        (("network", "rule", "name"), "other", "expected the source of rule 'other'"),
        (("schedule",), {}, r"expected list at config\.schedule, got \{\}"),
        ((), [], r"expected dict at config, got \[\]"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    path: tuple[Any, ...], value: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        from_json(RunConfig, replaced(PLAIN, path, value), "config")


def test_unknown_and_missing_keys_are_named() -> None:
    search = PLAIN["search"]
    more = PLAIN | {"search": search | {"learningrate": 1.0}}
    with pytest.raises(InputError, match=r"key of config\.search among .*mean 'learning_rate'"):
        from_json(RunConfig, more, "config")
    less = PLAIN | {"search": {k: v for k, v in search.items() if k != "penalty"}}
    with pytest.raises(InputError, match=r"expected key 'penalty' in config\.search, got none"):
        from_json(RunConfig, less, "config")
