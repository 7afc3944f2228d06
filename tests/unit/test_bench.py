"""The benchmark: what its rows compare, what it writes, and that each row runs."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from types import SimpleNamespace

import llvmlite.binding as llvm
import numpy as np
import pytest

from metahebb.bench import run as bench_run
from metahebb.bench.base import Row, compare, interleaved
from metahebb.bench.findings import Curve, Profile, absolute, exponent, grown, seconds
from metahebb.bench.rows import car_racing as car_rows
from metahebb.bench.rows.plastic_step import HEADS, compiled_steps
from metahebb.bench.rows.plastic_step import grown as grown_lanes
from metahebb.bench.run import BENCHES, machine_slug, run
from metahebb.bench.table import number, profile_rows, row_cells
from metahebb.cli import COMMANDS, main
from metahebb.errors import InputError, ProgressError
from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import Convolutional
from metahebb.noise import Key, Stream
from metahebb.tasks import CarRacing
from metahebb.tasks.car_racing.lanes import CarRacingLanes


def test_works_are_measured_in_turn():
    done = []
    rates = interleaved({n: lambda n=n: done.append(n) or 5.0 for n in "abc"}, 2)
    assert "".join(done) == "abcabcabc"  # the first round is not counted
    assert {name: len(r) for name, r in rates.items()} == {"a": 2, "b": 2, "c": 2}


def test_a_ratio_is_taken_repeat_by_repeat():
    """The machine was twice as slow in the second repeat: that is no difference."""
    row = compare("x", [10.0, 5.0, 12.0], [5.0, 2.5, 5.0], ">= 2.1", "1/s", "half")
    assert (row.ratio, row.low, row.high) == (2.0, 2.0, 2.4)
    assert (row.ours, row.peer) == (10.0, 5.0)
    assert row.holds is False


def test_an_absolute_row_is_its_own_ratio():
    row = absolute("x", [4.0, 2.0, 3.0], "<= 3", "s", "time")
    assert (row.ours, row.peer, row.ratio, row.low, row.high) == (3.0, None, 3.0, 2.0, 4.0)
    assert row.holds is True


def test_the_exponent_is_that_of_the_power():
    x = np.array([1.0, 10, 100, 1000])
    assert exponent(x, 7 * x**1.5) == pytest.approx(1.5)
    costs = [(size, 2 * size) for size in x]  # the second repeat is slower all along
    curve, row = grown("n", ("n", "s"), x, costs, "<= 1.1", "n")
    assert (row.ratio, row.low, row.high) == pytest.approx((1, 1, 1))
    assert curve.y == (1.5, 15, 150, 1500)
    assert seconds([4.0], 1e6) == [250000]


def test_the_torch_peer_computes_the_same_network():
    """A peer that did less, or other things, would be no peer."""
    torch = pytest.importorskip("torch")
    from metahebb.bench.peers import TorchPlastic

    sizes = (5, 7, 3)
    living, lane = grown_lanes(sizes, 1), np.zeros(1, np.intp)
    module, weights, start = TorchPlastic(sizes), [], 0
    for layer, planes in zip(living.layers, module.coefficients, strict=True):
        memory = living.state["coefficients"][0, 5 * start : 5 * (start + layer.size)]
        folded = layer.__class__(5, layer.n_out, layer.n_in).view(memory).copy()
        folded[4] = 1  # eta is folded into the others at birth
        planes.data = torch.from_numpy(folded)
        start += layer.size
    weights = [torch.from_numpy(w) for w in living.weights(0)]
    rng = np.random.default_rng(1)
    for _ in range(4):
        x = rng.uniform(-1, 1, (1, 5)).astype(np.float32)
        with torch.no_grad():
            theirs, weights = module(torch.from_numpy(x[0]), weights)
        np.testing.assert_allclose(living.act(x, lane)[0], theirs, atol=2e-5)


def test_the_torch_peer_sees_and_drives_as_the_published_policy_does():
    torch = pytest.importorskip("torch")
    from metahebb.bench.peers import TorchConvolutional

    network = Convolutional((5,), output="linear", image=(20, 17, 3))
    n = 20 * 17 * 3
    living, lane = network.lanes(n, 3, 1), np.zeros(1, np.intp)
    genome = Genome.direct(network.slots(n, 3))
    genes = np.random.default_rng(0).normal(0, 0.3, genome.n_genes).astype(np.float32)
    living.born(0, genome, GivenGenes(genes), Key(0, Stream.BIRTH))
    peer = TorchConvolutional(network, 3)
    filters, start = genes[genome.stretches()["filters"]], 0
    for convolution in peer.convolutions:
        size = convolution.weight.numel()
        part = filters[start : start + size].reshape(convolution.weight.shape)
        convolution.weight.data, start = torch.from_numpy(part.copy()), start + size
    start = 0
    for layer, planes in zip(living.layers, peer.head.coefficients, strict=True):
        shape = layer.__class__(5, layer.n_out, layer.n_in)
        folded = shape.view(
            living.state["coefficients"][0, 5 * start : 5 * (start + layer.size)]
        ).copy()
        folded[4] = 1  # eta is folded into the others at birth
        planes.data, start = torch.from_numpy(folded), start + layer.size
    weights = [torch.from_numpy(w) for w in living.weights(0)]
    rng = np.random.default_rng(1)
    for _ in range(4):
        x = rng.uniform(0, 1, (1, n)).astype(np.float32)
        image = torch.from_numpy(x.reshape(20, 17, 3)).permute(2, 0, 1)
        with torch.no_grad():
            theirs, weights = peer(image, weights)
        np.testing.assert_allclose(living.act(x, lane)[0], theirs, atol=2e-5)
    assert abs(theirs).max() > 0.01


def test_the_car_peer_observes_what_our_cars_observe():
    ours = CarRacing(world="gymnasium").lanes(1)
    ours.reset(np.zeros(1, np.intp), [5], np.zeros(1, np.intp))
    peer = car_rows.InGymnasium(3)
    seen = peer.observe(peer._env.reset(seed=5)[0]).permute(1, 2, 0)
    np.testing.assert_allclose(seen.flatten(), ours.observations[0], atol=1e-6)
    assert peer() == 3.0
    assert peer._env.unwrapped.t > 3 / 50


def test_nobody_leaves_the_field_while_the_world_is_timed(monkeypatch):
    steps = []
    step = CarRacingLanes.step

    def noted(lanes, outputs, every):
        result = step(lanes, outputs, every)
        steps.append(bool((result.terminated | result.truncated).any()))
        return result

    monkeypatch.setattr(CarRacingLanes, "step", noted)
    assert car_rows.world(2, 1000)() == 2000.0
    assert steps == [False] * 1000
    assert car_rows.lives(3, 4)() == 12.0
    assert len(steps) == 1004


def test_car_racing_is_measured_without_envpool_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "envpool", None)
    monkeypatch.setattr(car_rows, "IMAGES", 1)
    world, eyes, whole = car_rows.rows(1, 2, True)
    assert (world.peer, world.goal, world.ratio) == (None, ">= 4000", world.ours)
    assert eyes.low <= eyes.ratio <= eyes.high
    assert (eyes.goal, whole.goal) == ("<= 1.5", ">= 8")
    assert whole.peer < whole.ours < world.ours
    made, stepped = [], []

    def make_gymnasium(task, **told):
        made.append((task, told))
        return SimpleNamespace(reset=list, step=lambda actions: stepped.append(actions.shape))

    monkeypatch.setitem(sys.modules, "envpool", SimpleNamespace(make_gymnasium=make_gymnasium))
    *_, bare = car_rows.rows(1, 2, True)
    assert made == [("CarRacing-v3", {"num_envs": 2, "num_threads": 1})]
    assert stepped == [(2, 3)] * 20  # ten steps of two environments, twice
    assert (bare.goal, bare.holds) == (">= 1", False)  # nothing to do is faster


def test_the_published_peer_computes_the_published_step():
    torch = pytest.importorskip("torch")
    from metahebb.bench.peers import Published

    sizes = (4, 6, 2)
    peer = Published(sizes)
    old = [layer.weight.detach().numpy().copy() for layer in peer._layers]
    x = np.linspace(-1, 1, 4).astype(np.float32)
    outputs, activities = peer.step(x), [x]
    for w in old:
        activities.append(np.tanh(w @ activities[-1]))
    np.testing.assert_allclose(outputs, activities[-1], rtol=1e-5)
    first = peer._coefficients[: 4 * 6].reshape(4, 6, 5).transpose(2, 1, 0)
    a, b, c, eta, d = first
    pre, post = activities[0][None, :], activities[1][:, None]
    new = old[0] + eta * (a * pre * post + b * pre + c * post + d)
    new /= np.abs(new).max()
    np.testing.assert_allclose(peer._layers[0].weight.detach(), new, rtol=1e-5)
    assert isinstance(peer._layers[0], torch.nn.Linear)


def test_the_memory_loop_writes_each_weight_once():
    from metahebb.bench._loops import traffic

    sizes = np.array([3, 4, 2], np.intp)
    weights = np.ones((2, 20), np.float32)
    coefficients = np.zeros((2, 100), np.float32)
    coefficients[:, :12], coefficients[:, 36:48] = 0.25, 0.5  # planes A and D of the first layer
    coefficients[:, 48:60] = 99  # the folded plane is not read
    traffic(np.array([1], np.intp), sizes, weights, coefficients, 1)
    assert weights[0].tolist() == [1.0] * 20
    assert weights[1].tolist() == [1.25] * 12 + [0.5] * 8


def test_compiled_steps_are_those_of_act():
    one, other = grown_lanes((5, 6, 2), 2), grown_lanes((5, 6, 2), 2)
    assert compiled_steps(one, 2, 3)() == 6.0
    observations = np.random.default_rng(0).uniform(-1, 1, (2, 5)).astype(np.float32)
    for _ in range(3):
        other.act(observations, np.arange(2))
    for lane in range(2):
        for mine, theirs in zip(one.weights(lane), other.weights(lane), strict=True):
            np.testing.assert_array_equal(mine, theirs)


ROW = Row("a row", 1234.5, None, 0.0123, 0.01, 0.02, ">= 0.9", "s", "a limit")


def test_cells():
    cells = row_cells({**vars(ROW), "holds": False})
    assert cells == ["a row", "1,234", "–", "s", "0.0123 [0.01, 0.02]", ">= 0.9", "no"]
    assert [number(x) for x in (0, 1.5e-5, 0.25, 99.94, 12160)] == [
        *("0", "1.5e-05", "0.25", "99.9", "12,160"),
    ]
    profile = {"name": "ant", "microseconds": {"physics": 30.0, "rest": 10.0}}
    assert profile_rows([profile])[1:] == [
        ["physics", "30.00 (75.0 %)"],
        ["rest", "10.00 (25.0 %)"],
        ["all", "40.0"],
    ]


@pytest.fixture
def fake_rows(monkeypatch):
    """Benchmarks that find what they are told; returns what they were asked for."""
    findings, asked = {}, []

    def module(name):
        return SimpleNamespace(rows=lambda *told: asked.append((name, told)) or findings[name])

    monkeypatch.setattr(bench_run, "_module", module)
    return findings, asked


def test_a_benchmark_replaces_its_own_findings_only(tmp_path, fake_rows):
    findings, asked = fake_rows
    curve = Curve("n", "n", "s", (1.0, 10.0), (2.0, 20.0), 1.0)
    profile = Profile("ant", {f"part {k}": 1.0 for k in range(7)})
    findings["workers"], findings["growth"] = [ROW], [curve, absolute("g", [1], None, "", "")]
    findings["profile"] = [profile]
    said = []
    run(["growth", "profile", "workers"], tmp_path, 2, 8, False, said.append)
    (path,) = tmp_path.glob("*.json")
    first = json.loads(path.read_text())
    assert [row["row"] for row in first["rows"]] == ["a row", "g"]  # in the order of BENCHES
    assert first["rows"][0]["holds"] is False
    assert [each["exponent"] for each in first["curves"]] == [1.0]
    assert said[0] == "[1/3] growth"
    assert any("FALLS SHORT" in line for line in said)
    findings["growth"] = [absolute("h", [1], None, "", "")]
    _, page = run(["growth"], tmp_path, 2, 8, False, said.append)
    second = json.loads(path.read_text())
    assert [row["row"] for row in second["rows"]] == ["a row", "h"]
    assert second["curves"] == []
    assert second["profiles"] == first["profiles"]
    assert "| a row |" in page.read_text()
    assert f"![{path.stem}-profiles.png]" in page.read_text()
    assert (tmp_path / f"{path.stem}-profiles.png").stat().st_size > 5000
    assert asked[-1] == ("growth", (2, 8, False))


def test_quick_findings_stay_apart(tmp_path, fake_rows):
    findings, asked = fake_rows
    findings["workers"] = [ROW]
    run(["workers"], tmp_path, 1, 4, True, lambda line: None)
    (path,) = tmp_path.glob("*.json")
    assert path.stem.endswith("-quick")
    assert asked == [("workers", (1, 4, True))]


def test_a_file_that_is_no_result_is_not_overwritten(tmp_path, fake_rows):
    findings, asked = fake_rows
    findings["workers"] = [ROW]
    _, page = run(["workers"], tmp_path, 1, 4, False, lambda line: None)
    page.with_suffix(".json").write_text('{"rows": 3}')
    with pytest.raises(InputError, match="remove the file"):
        run(["workers"], tmp_path, 1, 4, False, lambda line: None)
    assert page.with_suffix(".json").read_text() == '{"rows": 3}'
    assert len(asked) == 1


def test_an_unknown_benchmark_is_refused(tmp_path, capsys):
    assert main(["bench", "--only", "worker", "--out", str(tmp_path)]) == 2
    assert "did you mean 'workers'" in capsys.readouterr().err
    assert main(["bench", "--lanes", "0"]) == 2
    assert list(tmp_path.iterdir()) == []
    assert "bench" in COMMANDS


def test_slug():
    assert machine_slug({"cpu": "AMD EPYC (Zen 4)", "cores": 2}) == "amd-epyc-zen-4-2-cores"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["search_cost", "stragglers", "growth", "users_rule", "trial"])
def test_the_row_runs(name):
    findings = list(importlib.import_module(f"metahebb.bench.rows.{name}").rows(2, 4, True))
    rows = [finding for finding in findings if isinstance(finding, Row)]
    assert all(np.isfinite([row.ours, row.ratio, row.low, row.high]).all() for row in rows)
    assert all(row.low <= row.ratio <= row.high for row in rows)
    assert all(row.goal for row in rows)
    assert name in BENCHES


def test_the_plastic_step_is_held_against_both_heads(monkeypatch):
    module = importlib.import_module("metahebb.bench.rows.plastic_step")
    monkeypatch.setattr(module, "interleaved", lambda works, n: {k: [1.0] * n for k in works})
    monkeypatch.setattr(module, "instruction_set", lambda: "SSE")
    names = [row.row for row in module.rows(2, 8, True)]
    assert len(names) == 3 * len(HEADS) + 2
    expected = {"plastic step, ant, one lane, warm, SSE", "plastic step, car racing, 16 lanes, SSE"}
    assert expected < set(names)


def test_the_plastic_step_is_measured_with_avx2_where_there_is_more(monkeypatch):
    """Of another process: the rows are its own, named by what it compiled for."""
    if "+avx2" not in llvm.get_host_cpu_features().flatten():
        pytest.skip("no AVX2")
    module = importlib.import_module("metahebb.bench.rows.plastic_step")
    monkeypatch.setattr(module, "instruction_set", lambda: "AVX-512")
    monkeypatch.setattr(module, "_against_memory", lambda *_: ROW)
    monkeypatch.setattr(module, "_against_peers", lambda *_: [])
    elsewhere = list(module.rows(2, 1, True))[2 * len(HEADS) :]
    assert [row.row for row in elsewhere] == [
        f"plastic step, {head}, {where}, AVX2"
        for head in HEADS
        for where in ("one lane, warm", "2 lanes")
    ]
    assert all(0 < row.low <= row.ratio <= row.high for row in elsewhere)
    assert {row.goal for row in elsewhere} == {"<= 2"}


def test_a_process_with_avx2_that_fails_is_told_in_one_line(monkeypatch):
    module = importlib.import_module("metahebb.bench.rows.plastic_step")
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(ProgressError, match=r"got exit status 1 \(nothing on stderr\); choose"):
        module.against_memory_with_avx2(1, 1)


def test_the_profile_accounts_for_every_second():
    """The parts are measured apart, and none of them may be negative or missing."""
    module = importlib.import_module("metahebb.bench.rows.profile")
    for profile in module.rows(1, 4, True):
        assert min(profile.microseconds.values()) > 0
        assert profile.microseconds["physics"] == max(profile.microseconds.values())


def test_envpool_is_measured_where_it_is_installed(monkeypatch):
    module = importlib.import_module("metahebb.bench.rows.envpool")
    monkeypatch.setitem(sys.modules, "envpool", None)
    assert list(module.rows(1, 2, True)) == []
    made, stepped = [], []

    def make_gymnasium(task, **told):
        made.append((task, told))
        return SimpleNamespace(reset=list, step=lambda actions: stepped.append(actions.shape))

    monkeypatch.setitem(sys.modules, "envpool", SimpleNamespace(make_gymnasium=make_gymnasium))
    (row,) = module.rows(1, 2, True)
    assert made == [("Ant-v5", {"num_envs": 2, "num_threads": 1})]
    assert stepped == [(2, 8)] * 100  # 50 steps of two environments, twice
    assert row.peer > row.ours  # nothing to do is faster


@pytest.mark.slow
@pytest.mark.ray
def test_what_a_generation_sends_is_counted():
    from metahebb.bench.local_ray import counted, local_ray
    from metahebb.evolution.backends.base import Job
    from metahebb.evolution.backends.ray import RayWorkers
    from metahebb.networks import FeedForward
    from metahebb.tasks import Locomotion
    from metahebb.worker import OUTCOME, GivenPoint, Plan, Setup

    setup = Setup.build(Locomotion("ant", ending="none"), FeedForward((4,)), seed=0)
    genes = np.zeros((4, setup.genome.n_genes), np.float32)
    with local_ray(1):
        pool = RayWorkers(setup, 1, lanes=2)
        with counted() as traffic:
            pool.evaluate([Job(Plan(0, 1), GivenPoint(genes), 4)])
        pool.close()
    (job,) = traffic.jobs
    assert genes.nbytes < job < genes.nbytes + 4096
    assert traffic.received >= 4 * OUTCOME.itemsize
    assert 0 < traffic.sent < 1000
