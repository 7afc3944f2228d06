"""``--network`` swaps who lives before the other flags are read."""

from __future__ import annotations

import dataclasses

import pytest

from metahebb.errors import InputError
from metahebb.networks import NETWORKS, FeedForward, Gated, Recurrent, network_like
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig
from metahebb.runs.presets import PRESETS
from metahebb.settings.asked import Asked
from metahebb.settings.networks import swap_network
from metahebb.settings.parsing import parse
from metahebb.tasks import GymTask

SCALE = (0.5, 1.0, 2.0, 4.0)
OLD = FeedForward((9, 4), RULES["ad"], birth="zeros", output="linear", observation_scale=SCALE)
CONFIG = RunConfig(GymTask("CartPole-v1"), OLD, seed=5)


@pytest.mark.parametrize(
    ("words", "network"),
    [
        ((), OLD),
        (("--seed", "3"), OLD),
        (("--network", "feedforward"), OLD),
        (("--network", "lstm"), Gated("lstm", (9, 4), "linear", SCALE)),
        (("--seed", "3", "--network=gru"), Gated("gru", (9, 4), "linear", SCALE)),
    ],
)
def test_the_sizes_are_kept(words: tuple[str, ...], network: FeedForward | Gated) -> None:
    swapped = swap_network(CONFIG, list(words))
    assert swapped == RunConfig(GymTask("CartPole-v1"), network, seed=5)


def test_the_static_network_inherits_its_weights() -> None:
    network = swap_network(CONFIG, ["--network", "static"]).network
    assert network.is_static
    assert (network.hidden, network.output, network.observation_scale) == ((9, 4), "linear", SCALE)
    (slot,) = network.slots(4, 2)
    assert (slot.name, slot.size) == ("inherited", 4 * 9 + 9 * 4 + 4 * 2)


def test_a_gated_preset_can_become_plastic() -> None:
    gated = RunConfig(GymTask("CartPole-v1"), Gated("gru", (9, 4), "linear", SCALE))
    network = swap_network(gated, ["--network", "feedforward"]).network
    assert network == FeedForward((9, 4), output="linear", observation_scale=SCALE)


def test_a_network_becomes_recurrent_and_back() -> None:
    swapped = swap_network(CONFIG, ["--network", "recurrent"])
    common = {name: value for name, value in vars(OLD).items()}
    assert swapped.network == Recurrent(**common)
    assert swap_network(swapped, ["--network", "feedforward"]).network == OLD
    leaky = dataclasses.replace(swapped, network=Recurrent((3,), leak=0.5))
    assert swap_network(leaky, ["--network", "recurrent"]) == leaky


@pytest.mark.parametrize("name", NETWORKS)
def test_the_other_flags_change_the_new_network(name: str) -> None:
    words = ["--network", name, "--hidden", "7", "--network.output", "tanh", "--popsize", "8"]
    default = Asked(run=swap_network(CONFIG, words))
    found = parse(Asked, default, words, "x").run
    assert type(found.network) is type(network_like(OLD, name))
    assert (found.network.hidden, found.network.output) == ((7,), "tanh")
    assert found.network.is_static == (name in ("static", "lstm", "gru"))
    assert found.search.popsize == 8


def test_every_preset_can_be_swapped() -> None:
    for config, _ in PRESETS.values():
        words = ["--network", "lstm"]
        default = Asked(run=swap_network(config, words))
        found = parse(Asked, default, words, "x").run.network
        assert found == Gated("lstm", config.network.hidden or (8,), config.network.output)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--network", "lstn"],
            "a network among .*, got 'lstn'.* 'lstm'",
        ),
        (["--network=elman"], "a network among .*, got 'elman'"),
        (["--network"], "a network among .*, got ''"),
    ],
)
def test_unknown_networks_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        swap_network(CONFIG, words)


def test_a_static_cell_has_no_rule() -> None:
    words = ["--network", "lstm", "--rule", "abcd"]
    with pytest.raises(InputError, match=r"expected an option of x, got '--network\.rule'"):
        parse(Asked, Asked(run=swap_network(CONFIG, words)), words, "x")
