"""What makes the toolkit fast, held without a clock: code, memory, calls."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import llvmlite.binding as llvm
import numpy as np
import pytest

from metahebb.bench.instructions import AVX2
from metahebb.compiler import compiled, fold_of
from metahebb.networks import FeedForward
from metahebb.networks.kernel import driver_source
from metahebb.plasticity import Bounds, compile_kernel, load_rule
from metahebb.plasticity.rules import RULES
from metahebb.plasticity.sweep import kernel_source
from metahebb.tasks import Locomotion
from metahebb.worker import GivenPoint, Plan, Setup, Worker


def compiled_anew(folder):
    """Return the module of the ant's kernel: numba shows no code of what its cache has."""
    network = FeedForward()
    rule, normalization = network.rule, network.normalization
    path = folder / "kernel.py"
    living = network.lanes(27, 8, 1)
    driver = driver_source(network.graph(27, 8).neurons, living.state.parameters)
    path.write_text(kernel_source(rule, normalization, fold_of(rule), driver))
    spec = importlib.util.spec_from_file_location("fresh_kernel", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    living._step = module.step
    living.act(np.zeros((1, 27), np.float32), np.zeros(1, np.intp))
    return module


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    """The code of the ant's step."""
    module = compiled_anew(tmp_path_factory.mktemp("fresh"))
    (ir,) = module.step.inspect_llvm().values()
    (assembly,) = module.step.inspect_asm().values()
    sweeps = [
        text
        for sweep in (module.sweep_by_input, module.sweep_by_output)
        for text in sweep.inspect_llvm().values()
    ]
    assert len(sweeps) == 2
    return SimpleNamespace(ir=ir, assembly=assembly, sweeps=sweeps)


def test_the_loop_over_synapses_is_one_vector_loop(step):
    """Reads, update and write of a synapse stand together, on vectors; so does the maximum.

    A running maximum of floats, for one, would stop the vectorisation: four times slower.
    """
    for sweep in step.sweeps:
        blocks = re.split(r"\n(?=[\w.]+:)", sweep)
        widths = r"\b%s\b[^\n]*?<(?:4|8|16) x (?:float|i32)>"
        inner = max(blocks, key=lambda block: len(re.findall(widths % "fmul", block)))
        counts = {o: len(re.findall(widths % o, inner)) for o in ("load", "store", "fmul", "fadd")}
        assert counts["load"] >= 6  # four coefficients, the weight, a signal
        assert counts["store"] >= 1  # the weight
        assert counts["fmul"] >= 5
        assert counts["fadd"] >= 4
        assert re.search(r"<(?:4|8|16) x i32> @llvm\.smax|icmp [^\n]*<(?:4|8|16) x i32>", sweep)


@pytest.mark.skipif("fma" not in str(llvm.get_host_cpu_features().flatten()), reason="no x86 FMA")
def test_products_and_sums_are_fused_on_the_widest_registers(step):
    wide = "zmm" if "+avx512f" in llvm.get_host_cpu_features().flatten() else "ymm"
    fused = re.findall(r"vfmadd\w+ps\s[^\n]*", step.assembly)
    assert sum(wide in line or "ymm" in line for line in fused) >= 2 * 4


@pytest.fixture(scope="module")
def sweeps_with_avx2(tmp_path_factory):
    """The assembly of both sweeps for AVX2, which numba of another process compiles for."""
    if "+avx2" not in llvm.get_host_cpu_features().flatten():
        pytest.skip("no AVX2")
    body = (
        "import json, sys\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_speed_guards import compiled_anew\n"
        f"module = compiled_anew(Path({str(tmp_path_factory.mktemp('avx2'))!r}))\n"
        "sweeps = (module.sweep_by_input, module.sweep_by_output)\n"
        "print(json.dumps([text for s in sweeps for text in s.inspect_asm().values()]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", body],
        env=os.environ | AVX2,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_loop_over_synapses_stores_without_a_mask(sweeps_with_avx2):
    """A running maximum of floats in an array needs a mask without AVX-512, which is slower."""
    assert len(sweeps_with_avx2) == 2
    for assembly in sweeps_with_avx2:
        blocks = re.split(r"\n(?=[\w.]+:)", assembly)
        inner = max(blocks, key=lambda block: len(re.findall(r"vfmadd\w+ps\s.*ymm", block)))
        assert len(re.findall(r"vfmadd\w+ps\s.*ymm", inner)) >= 4
        assert re.search(r"vmovups\s+%ymm\d+, ", inner)  # the weight
        assert not re.findall(r"\bvp?maskmov\w+\s.*", assembly)
        assert not re.findall(r"\bvcmp\w*ps\s.*", inner)
        assert "vpmaxsd" in assembly


def test_nothing_is_computed_in_double(step):
    assert "float" in step.ir
    assert not re.search(r"\bdouble\b", step.ir)


def test_tanh_is_arithmetic(step):
    """A call into a math library would neither vectorise nor give the same bits everywhere."""
    assert not re.search(r"@(llvm\.)?(tanh|exp)f?[.(]", step.ir)
    assert re.search(r"fdiv\b[^\n]*<\d+ x float>", step.ir)


def test_the_kernel_allocates_nothing(step):
    assert not re.search(r"NRT_(MemInfo_alloc|Allocate|Reallocate)", step.ir)


@pytest.mark.parametrize("kind", ["none", "max_abs", "clip"])
@pytest.mark.parametrize("name", [name for name in RULES if name != "static"])
def test_one_pass_over_a_layer(name, kind):
    """In the sweeps' text: each coefficient and weight is read once, each weight written once."""
    rule = RULES[name]
    source = kernel_source(rule, Bounds(kind), fold_of(rule), "")
    fold = fold_of(rule)
    planes = [k for k in range(len(rule.coefficients)) if fold is None or k != fold.scale]
    sweeps = re.findall(r"def sweep_by_\w+\(.*?(?=\n@|\Z)", source, re.DOTALL)
    assert len(sweeps) == 2
    for sweep in sweeps:
        assert sweep.count("for r in range(rows)") == 1
        assert sweep.count("= scale * row[k]") == 1
        # A sweep by output reads the row once more: for the largest of its new weights.
        again = kind == "max_abs" and "sweep_by_output" in sweep
        assert sweep.count("row[k]") == 2 + again
        assert sweep.count("row[k] = value") == 1
        for plane in range(len(rule.coefficients)):
            assert sweep.count(f"c{plane}[k]") == (plane in planes)


def test_acting_allocates_nothing_per_step():
    n = 16
    living, every = FeedForward().lanes(27, 8, n), np.arange(n, dtype=np.intp)
    observations = np.ones((n, 27), np.float32)
    for _ in range(2100):  # CPython keeps up to 2000 tuples of arguments for later
        living.act(observations, every)
    tracemalloc.start()
    try:
        living.act(observations, every)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(100):
            living.act(observations, every)
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert now - before < 1024
    # A tuple of arguments and the view that is returned; activities of the smaller hidden layer in
    # all lanes are 4096.
    assert peak - before < 2048


def ant(n_lanes, hidden=(16,)):
    setup = Setup.build(Locomotion("ant", ending="none"), FeedForward(hidden), seed=0)
    point = GivenPoint(np.zeros((n_lanes, setup.genome.n_genes), np.float32))
    return Worker(setup, n_lanes), point


def test_one_call_to_the_physics_per_env_step():
    worker, point = ant(5)
    batch, calls = worker._lanes._task._batch, []

    def step(ids, nstep):
        calls.append(nstep)
        batch.step(ids, nstep)

    worker._lanes._task._batch = SimpleNamespace(
        step=step, reset=batch.reset, forward=batch.forward
    )
    outcomes = worker.evaluate(Plan(0, 12), point, range(5))
    assert outcomes["steps"].tolist() == [12] * 5
    assert calls == [5] * 12  # five substeps each


def calls_per_step(n_lanes, hidden=(16,)):
    """Return the calls, of Python and of C, that an env step of all lanes takes."""
    worker, point = ant(n_lanes, hidden)
    worker.evaluate(Plan(0, 2), point, range(n_lanes))
    counts = []
    for steps in (10, 30):  # births and deaths cancel
        count = 0

        def note(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            worker.evaluate(Plan(0, steps), point, range(n_lanes))
        finally:
            sys.setprofile(None)
        counts.append(count)
    per_step, rest = divmod(counts[1] - counts[0], 20)
    assert rest == 0
    return per_step


def test_python_does_not_work_by_lane_or_synapse():
    few = calls_per_step(2)
    assert 5 < few < 60
    assert calls_per_step(16) == few
    assert calls_per_step(2, (64, 64, 64)) == few


def test_an_edited_rule_is_seen_at_once(tmp_path, monkeypatch):
    """Also by an edit of the same length within the same second."""
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "mine.py"
    text = "from metahebb.plasticity import rule\n\n@rule\ndef mine(pre, /, A):\n    return {}\n"
    changes = []
    for formula in ("A + pre", "A - pre", "A + pre"):
        path.write_text(text.format(formula))
        kernel = compile_kernel(load_rule(f"{path}:mine"), Bounds("none"), "x = 'edited'")
        changes.append(float(kernel.delta(np.float32(2), np.float32(5))))
    assert changes == [7, 3, 7]


def test_the_cache_does_not_grow(tmp_path, monkeypatch):
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path))
    driver = "x = 'compiled twice'"
    files = []
    for _ in range(2):
        kernel = compile_kernel(RULES["abc"], Bounds("none"), driver)
        kernel.delta(*map(np.float32, range(len(RULES["abc"].signals) + 3)))
        compiled.cache_clear()
        del sys.modules[kernel.__name__]
        files.append(sorted(path for path in Path(tmp_path).rglob("*") if path.is_file()))
    assert len(list((tmp_path / "kernels").iterdir())) == 1
    assert files[0] == files[1]
