"""Recurrent baselines: static weights, a state that lives and dies with its lane."""

from __future__ import annotations

import importlib.util
import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from toys import BIRTH, Toy

from metahebb.compiler.module import module_text
from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes
from metahebb.life import Ending, Life, Lockstep
from metahebb.networks import Gated
from metahebb.networks.gated import _driver_source
from metahebb.noise import Key, Stream
from metahebb.probes import Freeze
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json
from metahebb.tasks import Locomotion

CELLS = ["lstm", "gru"]
N_IN, N_OUT = 5, 3


def small(cell: str) -> Gated:
    return Gated(cell, (6, 4))


def genes_of(network: Gated, seed: int = 0) -> GivenGenes:
    n = Genome.direct(network.slots(N_IN, N_OUT)).n_genes
    return GivenGenes(np.random.default_rng(seed).normal(0, 0.8, n).astype(np.float32))


def bear(lanes, lane: int, source: GivenGenes) -> None:
    genome = Genome.direct(lanes.network.slots(N_IN, N_OUT))
    lanes.born(lane, genome, source, replace(BIRTH, index=lane))


def inputs(n: int, steps: int = 20) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(steps, n, N_IN)).astype(np.float32)


def behavior(lanes, lane: int, observations: np.ndarray) -> np.ndarray:
    """Return the outputs of one lane that acts alone."""
    chosen = np.array([lane], np.intp)
    return np.array([lanes.act(row, chosen)[0].copy() for row in observations])


@pytest.mark.parametrize(
    ("network", "size"),
    [
        # gates · H · (inputs + H + two biases), then the readout without biases
        (Gated(), 4 * 128 * (27 + 128 + 2) + 128 * 64 + 64 * 8),
        (Gated("gru"), 3 * 128 * (27 + 128 + 2) + 128 * 64 + 64 * 8),
        (Gated("lstm", (16,)), 4 * 16 * (27 + 16 + 2) + 16 * 8),
        (Gated("gru", (5, 4, 3)), 3 * 5 * (27 + 5 + 2) + 5 * 4 + 4 * 3 + 3 * 8),
    ],
)
def test_the_genome_is_the_inherited_weights(network: Gated, size: int) -> None:
    (slot,) = network.slots(27, 8)
    assert (slot.name, slot.size) == ("inherited", size)


@pytest.mark.parametrize("cell", CELLS)
def test_a_lane_alone_is_a_lane_among_many(cell: str) -> None:
    network, observations = small(cell), inputs(4)
    together, alone = network.lanes(N_IN, N_OUT, 4), network.lanes(N_IN, N_OUT, 1)
    for lane in range(4):
        bear(together, lane, genes_of(network, lane))
    everyone = np.arange(4, dtype=np.intp)
    found = np.array([together.act(row, everyone).copy() for row in observations])
    for lane in range(4):
        bear(alone, 0, genes_of(network, lane))
        only = behavior(alone, 0, observations[:, lane : lane + 1])
        np.testing.assert_array_equal(found[:, lane], only)
    assert len(np.unique(found[-1], axis=0)) == 4


@pytest.mark.parametrize("cell", CELLS)
def test_results_do_not_depend_on_the_lanes(cell: str) -> None:
    network, task = small(cell), Toy()
    lives = [
        Life(
            unit=unit,
            source=genes_of(network, unit),
            birth=Key(1, Stream.BIRTH, index=unit),
            environment=Key(1, Stream.ENVIRONMENT, index=unit),
            body=unit % 2,
            max_steps=8,
        )
        for unit in range(12)
    ]
    found = []
    for n in (1, 5):
        living = network.lanes(N_IN, N_OUT, n)
        lanes = Lockstep(Genome.direct(network.slots(N_IN, N_OUT)), living, task.lanes(n), n)
        # To freeze what never changes is to do nothing.
        probes = [Freeze(2)] if n == 5 else []
        found.append(sorted(lanes.live(iter(lives), probes), key=lambda result: result.unit))
    assert found[0] == found[1]
    assert len({result.episode_return for result in found[0]}) == 12


@pytest.mark.parametrize("cell", CELLS)
def test_the_cell_remembers_until_the_next_birth(cell: str) -> None:
    network = small(cell)
    lanes, source = network.lanes(N_IN, N_OUT, 2), genes_of(network)
    bear(lanes, 1, source)
    observations = np.ones((6, 2, N_IN), np.float32)
    first = behavior(lanes, 1, observations)
    assert (first[0] != first[1]).all()  # the same input, another past
    again = behavior(lanes, 1, observations)
    assert (first[0] != again[0]).all()
    bear(lanes, 1, source)
    np.testing.assert_array_equal(behavior(lanes, 1, observations), first)
    np.testing.assert_array_equal(lanes.activity(1)[-1], first[-1])
    assert [part.size for part in lanes.activity(1)] == [N_IN, 6, 4, N_OUT]


@pytest.mark.parametrize("cell", CELLS)
def test_weights_are_inherited_and_stay(cell: str) -> None:
    network = small(cell)
    lanes, source = network.lanes(N_IN, N_OUT, 2), genes_of(network)
    bear(lanes, 1, source)
    newborn = lanes.weights(1)
    gates = {"lstm": 24, "gru": 18}[cell]
    assert [w.shape for w in newborn] == [
        (gates, 5),
        (gates, 6),
        (gates, 1),
        (gates, 1),
        (4, 6),
        (3, 4),
    ]
    assert {float(w) for layer in newborn for w in layer.flat} == {float(g) for g in source.values}
    assert lanes.mean_squares[1] == pytest.approx(np.mean(source.values.astype(float) ** 2))
    lanes.gains[1] = lanes.modulators[1] = 1
    behavior(lanes, 1, inputs(2))
    lanes.flush(np.array([1], np.intp))
    for before, after in zip(newborn, lanes.weights(1), strict=True):
        np.testing.assert_array_equal(before, after)
    assert len(newborn) == len(network.layers(N_IN, N_OUT))  # as probes count them
    newborn[0][:] = 7
    assert (lanes.weights(1)[0] != 7).all()  # copies


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_nonfinite_weights_are_seen_and_do_not_outlive_their_lane(cell: str, bad: float) -> None:
    network = small(cell)
    lanes, source = network.lanes(N_IN, N_OUT, 1), genes_of(network)
    start = 0
    for layer in network.layers(N_IN, N_OUT):
        values = source.values.copy()
        values[start] = bad
        start += layer.size
        bear(lanes, 0, GivenGenes(values))
        assert np.isnan(behavior(lanes, 0, inputs(1))).any()
    bear(lanes, 0, source)
    assert np.isfinite(behavior(lanes, 0, inputs(1))).all()


def test_a_diverged_life_ends_as_nonfinite() -> None:
    network = small("lstm")
    values = np.full_like(genes_of(network).values, np.inf)
    living = network.lanes(N_IN, N_OUT, 1)
    lanes = Lockstep(Genome.direct(network.slots(N_IN, N_OUT)), living, Toy().lanes(1), 1)
    (result,) = lanes.live(iter([Life(0, GivenGenes(values), BIRTH, BIRTH, 0, 9)]))
    assert (result.ending, result.steps) == (Ending.NONFINITE, 1)


def test_observation_scale_reaches_the_cell() -> None:
    factors = (2.0, 0.5, 1.0, 4.0, 0.25)
    plain, scaled = small("gru"), replace(small("gru"), observation_scale=factors)
    source, observations = genes_of(plain), inputs(1)
    found = []
    for network, seen in ((plain, observations * np.float32(factors)), (scaled, observations)):
        lanes = network.lanes(N_IN, N_OUT, 1)
        bear(lanes, 0, source)
        found.append(behavior(lanes, 0, seen))
    np.testing.assert_array_equal(*found)
    with pytest.raises(InputError, match=r"expected 4 observation scales, .* got 5"):
        scaled.lanes(4, N_OUT, 1)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"cell": "lstn"}, "a cell among gru, lstm, got 'lstn'; did you mean 'lstm'"),
        ({"hidden": ()}, r"at least 1, the first one the cell's, got \(\)"),
        ({"hidden": (8, 0)}, r"at least 1, the first one the cell's, got \(8, 0\)"),
        ({"output": "tan"}, "output among linear, tanh, got 'tan'; did you mean 'tanh'"),
        ({"observation_scale": (1.0, np.inf)}, "finite observation scales"),
    ],
)
def test_wrong_values_are_refused(told: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Gated(**told)


def test_the_config_travels() -> None:
    network = Gated("gru", (9, 2), "linear", (0.5,) * 27)
    config = RunConfig(Locomotion("ant"), network)
    assert from_json(RunConfig, to_json(config)) == config
    assert pickle.loads(pickle.dumps(config.setup())) == config.setup()
    data = to_json(config)
    data["network"]["cell"] = "elman"
    with pytest.raises(InputError, match=r"config\.network\.cell among gru, lstm"):
        from_json(RunConfig, data)


def test_a_worker_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np\n"
        "from metahebb.networks import Gated\n"
        "from metahebb.tasks import Locomotion\n"
        "from metahebb.worker import GivenPoint, Plan, Setup, Worker\n"
        "assert 'numba' not in sys.modules\n"
        "setup = Setup.build(Locomotion('ant'), Gated('lstm', (4,)), 0)\n"
        "point = GivenPoint(np.ones((1, setup.genome.n_genes), np.float32))\n"
        "(out,) = Worker(setup, 1).evaluate(Plan(0, 3), point, range(1))\n"
        "heavy = {'torch', 'evotorch', 'ray', 'matplotlib'} & set(sys.modules)\n"
        "print(out['steps'], heavy)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env=dict(os.environ), check=False)  # fmt: skip
    assert (told.stdout.strip(), told.returncode) == ("3 set()", 0), told.stderr


def test_the_kernel_is_single_precision_and_allocates_nothing(tmp_path) -> None:
    path, lanes = tmp_path / "kernel.py", Gated().lanes(27, 8, 1)
    text = _driver_source().replace("STATE", lanes.state.parameters)
    path.write_text(module_text(text))
    spec = importlib.util.spec_from_file_location("fresh_gated_kernel", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lanes._step = module.step
    lanes.act(np.zeros((1, 27), np.float32), np.zeros(1, np.intp))
    functions = (module.step, module.multiply, module.lstm, module.gru)
    text = "".join(ir for f in functions for ir in f.inspect_llvm().values())
    assert re.search(r"<(?:4|8|16) x float>", text)
    assert not re.search(r"\bdouble\b", text)
    assert not re.search(r"@(llvm\.)?(tanh|exp)f?[.(]", text)
    assert not re.search(r"NRT_(MemInfo_alloc|Allocate|Reallocate)", text)
