"""The map generated with coordinates of the body: a function of the body, whatever the genes."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import random_genes, seeds
from small_runs import Said

from metahebb.cli import main
from metahebb.errors import InputError
from metahebb.genomes import Generated, Genome, GivenGenes
from metahebb.networks import FeedForward, Gated, Network
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json
from metahebb.settings.asked import Asked
from metahebb.settings.parsing import parse
from metahebb.settings.parts import swap_parts
from metahebb.tasks import GymTask, Locomotion, Reversal
from metahebb.tasks.base import Task
from metahebb.worker import GivenPoint, Plan, Setup, Worker

ANT = Locomotion("ant")
BODY = Generated(4, "body")
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "genome-maps.md"
few = settings(max_examples=6)


def setup_of(task: Task, network: Network, genome_map: Generated = BODY) -> Setup:
    maps = {"coefficients": genome_map, "inherited": genome_map, "birth": genome_map}
    return Setup.build(task, network, 0, maps=maps)


def express(genome: Genome, genes: np.ndarray) -> list[np.ndarray]:
    """Return the first slot, layer by layer."""
    return genome.expressed(GivenGenes(genes))[genome.slots[0].name]


def rows_of(n: int, told: tuple[tuple[float, ...], ...] | None, width: int) -> list[list[float]]:
    """Return each neuron's index, then its coordinates in the body: one of the two is 0."""
    if told is not None:
        return [[0.0, *row] for row in told]
    return [[(2 * k + 1) / n - 1, *[0.0] * width] for k in range(n)]


@few
@given(
    st.sampled_from(["ant", "hopper", "swimmer"]),
    st.lists(st.integers(1, 5), max_size=2).map(tuple),
    st.sampled_from(["abcd_lr", "ad", "static"]),
    seeds,
)
def test_expression_is_that_of_plain_loops(
    body: str, hidden: tuple[int, ...], rule: str, seed: int
) -> None:
    task = Locomotion(body)
    genome = setup_of(task, FeedForward(hidden, RULES[rule])).genome
    genes = random_genes(genome.n_genes, seed)
    places = task.places()
    s, a, units = len(places.sensors[0]), len(places.actuators[0]), BODY.hidden
    layers = genome.slots[0].layers
    planes = layers[0].planes
    assert genome.n_genes == (4 + s + a) * units + (units + 1) * planes
    wide = genes.astype(np.float64)
    into = wide[: (4 + s + a) * units].reshape(-1, units)
    out_of = wide[(4 + s + a) * units : -planes].reshape(planes, units)
    found = express(genome, genes)
    for number, (layer, got) in enumerate(zip(layers, found, strict=True)):
        is_last = number == len(layers) - 1
        pres = rows_of(layer.n_in, None if number else places.sensors, s)
        posts = rows_of(layer.n_out, places.actuators if is_last else None, a)
        depth = (2 * number + 1) / len(layers) - 1
        for j, i in np.ndindex(layer.n_out, layer.n_in):
            at = [depth, pres[i][0], posts[j][0], 1.0, *pres[i][1:], *posts[j][1:]]
            hid = [math.tanh(float(np.dot(at, into[:, h]))) for h in range(units)]
            # Rounded in another order and precision; sums of units are about 4.
            np.testing.assert_allclose(
                got[:, j, i], out_of @ hid + wide[-planes:], rtol=0, atol=2e-5
            )


@few
@given(seeds)
def test_synapses_at_equal_coordinates_have_equal_coefficients(seed: int) -> None:
    """The two legs of a walker lie in one place of its plane; its sensors come leg by leg."""
    genome = setup_of(Locomotion("walker2d"), FeedForward((7, 5))).genome
    first, _, last = express(genome, random_genes(genome.n_genes, seed))
    for start in (2, 11):  # after the root's positions; after those, the legs and its velocities
        right, left = first[:, :, start : start + 3], first[:, :, start + 3 : start + 6]
        np.testing.assert_array_equal(right, left)
        assert len(np.unique(right[0, 0])) == 3
    np.testing.assert_array_equal(last[:, :3], last[:, 3:])
    assert len(np.unique(last[0, :3, 0])) == 3


def mirrored(rows: tuple[tuple[float, ...], ...], axis: int) -> list[int]:
    """Return, for each row, the number of the one at the mirrored place."""
    flipped = [tuple(-v if k == axis else v for k, v in enumerate(row)) for row in rows]
    return [rows.index(row) for row in flipped]


@few
@given(seeds, st.sampled_from([0, 1]))
def test_a_genome_of_mirrored_weights_is_that_of_the_mirrored_body(seed: int, axis: int) -> None:
    genome, places = setup_of(ANT, FeedForward((6,))).genome, ANT.places()
    genes = random_genes(genome.n_genes, seed)
    opposite = genes.copy()
    units, s = BODY.hidden, len(places.sensors[0])
    for row in (4 + axis, 4 + s + axis):
        opposite[row * units : (row + 1) * units] *= -1
    sensors, actuators = (mirrored(r, axis) for r in (places.sensors, places.actuators))
    assert sorted(sensors) == list(range(27))
    first, last = express(genome, genes)
    first_opposite, last_opposite = express(genome, opposite)
    assert abs(first - first_opposite).max() > 1e-3
    # Vector loops round otherwise where they end; numbers are about 4.
    np.testing.assert_allclose(first[:, :, sensors], first_opposite, rtol=0, atol=4e-6)
    np.testing.assert_allclose(last[:, actuators], last_opposite, rtol=0, atol=4e-6)
    # And who does not look along the axis treats mirrored legs alike.
    blind = genes.copy()
    for row in (4 + axis, 4 + s + axis):
        blind[row * units : (row + 1) * units] = 0
    first, last = express(genome, blind)
    np.testing.assert_allclose(first[:, :, sensors], first, rtol=0, atol=4e-6)
    np.testing.assert_allclose(last[:, actuators], last, rtol=0, atol=4e-6)


def test_a_config_at_the_default_is_what_it_was() -> None:
    assert to_json(Generated()) == {"type": "Generated", "hidden": 16}
    assert from_json(Generated, {"type": "Generated", "hidden": 3}) == Generated(3, "index")


def test_a_config_comes_back() -> None:
    words = ["--genome", "generated", "--genome.coordinates", "body"]
    config = parse(Asked, Asked(run=swap_parts(RunConfig(), words)), words, "x").run
    assert config.genome == Generated(coordinates="body")
    found = from_json(RunConfig, json.loads(json.dumps(to_json(config))))
    assert found == config
    assert found.setup() == config.setup()
    with pytest.raises(InputError, match="coordinates among body, index, got 'bodily'; did you"):
        Generated(coordinates="bodily")  # type: ignore[arg-type]


@pytest.mark.parametrize("task", [GymTask("CartPole-v1"), Reversal()], ids=["gym", "reversal"])
@pytest.mark.parametrize("network", [FeedForward((3,)), Gated("gru", (3,))], ids=["ff", "gru"])
def test_a_task_without_places_is_refused(task: Task, network: Network) -> None:
    with pytest.raises(InputError, match="expected a task that tells where in its body") as caught:
        setup_of(task, network)
    assert str(caught.value).endswith("use a locomotion task, or coordinates index")
    assert setup_of(task, network, Generated(4)).genome.slots[0].places is None


def test_the_command_says_so_and_writes_nothing(tmp_path: Path, said: Said) -> None:
    flags = ("--genome", "generated", "--genome.coordinates", "body", "--out", str(tmp_path / "r"))
    assert main(["evolve", "cartpole", *flags]) == 2
    said("expected a task that tells where", "use a locomotion task, or coordinates index")
    assert not (tmp_path / "r").exists()


def test_the_task_is_asked_only_where_a_map_needs_it() -> None:
    assert setup_of(ANT, FeedForward((3,)), Generated(4)).genome.slots[0].places is None
    assert setup_of(ANT, FeedForward((3,))).genome.slots[0].places == ANT.places()
    coevolved = FeedForward((3,), birth="coevolved")
    setup = Setup.build(ANT, coevolved, 0, maps={"birth": BODY})
    assert [slot.places for slot in setup.genome.slots] == [ANT.places()] * 2


def test_sizes_are_those_of_the_howto() -> None:
    text = HOWTO.read_text()
    for hidden in ((32, 16), (128, 64)):
        genome = setup_of(ANT, FeedForward(hidden), Generated(coordinates="body")).genome
        assert (genome.n_genes, genome.bits) == (18 * 16 + 17 * 5, 32 * 373)
        assert re.search(rf"body`.*\n?.*{genome.n_genes} genes and {genome.bits:,} bits", text)


@pytest.mark.parametrize(
    "network",
    [FeedForward((3, 4), birth="coevolved"), FeedForward((), RULES["static"]), Gated("lstm", (2,))],
    ids=["plastic", "static", "lstm"],
)
def test_lives_are_the_same_on_any_lanes_and_bodies(network: Network) -> None:
    task = Locomotion("ant", damages=("intact", "short_left_ankle"), ending="none")
    setup = setup_of(task, network)
    rng = np.random.default_rng(3)
    point = GivenPoint(rng.normal(0, 0.5, (3, setup.genome.n_genes)).astype(np.float32))
    plan = Plan(0, 6, (0, 1))
    outcomes = [Worker(setup, n).evaluate(plan, point, range(3)) for n in (1, 4)]
    np.testing.assert_array_equal(*outcomes)
    returns = outcomes[0]["episode_return"]
    assert all(a != b for a, b in itertools.combinations(returns, 2))
