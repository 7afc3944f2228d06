"""What decides the bits of a life on this machine: processor, versions, and fixed arithmetic.

The same seed gives the same bits on one class of processor with one set of versions. A fingerprint
says which: it is kept with a run, and compared between the processes that share one. Processor and
versions tell people what differs; the hashes of a few lives' worth of arithmetic also see what
neither tells, such as another C library, or SIMD that an environment variable switched off.

A worker can compute it: nothing here needs torch, EvoTorch or Ray.
"""

from __future__ import annotations

import functools
import hashlib
import math
import platform
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import metahebb
from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream, normals, uniforms
from metahebb.tasks import Locomotion

Fingerprint = dict[str, str]

PACKAGES = ("numpy", "numba", "llvmlite", "mujoco", "gymnasium", "box2d")
"""Whose versions decide the bits of a life."""
NOT_COMPARED = ("cpu_name",)
"""The same silicon is sold under many names; family, model and SIMD features are compared."""

_CLASS = {
    **{"vendor_id": "", "cpu family": "family", "model": "model"},
    **{"CPU implementer": "implementer", "CPU architecture": "architecture", "CPU part": "part"},
}
"""What /proc/cpuinfo calls a class of processors: of x86, and of ARM."""
_VECTORS = re.compile(r"\+((?:s?sse|avx|fma|f16c|xop|neon|sve|sme|fullfp16|bf16|dotprod).*)")
_SIZES = (27, 33, 17, 8)  # of layers: with rests beside whole vectors
_STEPS = 8
_PHYSICS_STEPS = 60  # until the ant has feet on the ground


def fingerprint() -> Fingerprint:
    """Return this process's fingerprint, by name; computed once.

    ``kernel_sha256`` is of a plastic network's outputs and weights, ``math_sha256`` of NumPy's and
    the C library's functions, ``physics_sha256`` of an ant's states in MuJoCo. The first needs a
    compiled kernel, which takes seconds where none is in the cache yet.
    """
    return dict(_fingerprint())


@functools.cache
def _fingerprint() -> Fingerprint:
    return {
        **_processor(),
        "metahebb": metahebb.__version__,
        "python": platform.python_version(),
        **{package: version_of(package) for package in PACKAGES},
        "kernel_sha256": _sha256(_kernel()),
        "math_sha256": _sha256(_math()),
        "physics_sha256": _sha256(_physics()),
    }


def differing(
    one: Mapping[str, str], other: Mapping[str, str], names: tuple[str, str] = ("here", "there")
) -> str:
    """Return in words what differs between two fingerprints; "" where nothing does.

    What only one of them has is unknown of the other, and does not count.
    """
    found = []
    for key, mine in one.items():
        theirs = other.get(key, mine)
        if mine == theirs or key in NOT_COMPARED:
            continue
        if key.endswith("_sha256"):
            mine, theirs = mine[:12] + "…", theirs[:12] + "…"
        elif key == "simd":
            mine, theirs = without_shared(mine, theirs)
        found.append(f"{key} {mine} {names[0]} and {theirs} {names[1]}")
    return ", ".join(found)


def without_shared(one: str, other: str) -> tuple[str, str]:
    """Return the words that only one of two lists has; "no more" in the place of none."""
    words, others = one.split(), other.split()
    return (
        " ".join(w for w in words if w not in others) or "no more",
        " ".join(w for w in others if w not in words) or "no more",
    )


def summary(found: Mapping[str, str]) -> str:
    """Return 12 hexadecimal digits that two fingerprints share if nothing compared differs."""
    compared = [f"{key}={value}" for key, value in found.items() if key not in NOT_COMPARED]
    return hashlib.sha256("\n".join(compared).encode()).hexdigest()[:12]


def version_of(package: str) -> str:
    """Return the installed version of a package, or "absent"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def cpu_name() -> str:
    """Return the name under which the processor is sold, or the kind of machine."""
    return _cpuinfo().get("model name") or platform.machine()


def _cpuinfo() -> dict[str, str]:
    """Return what Linux says of the first processor; nothing where it says nothing."""
    try:
        first, _, _ = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def compiled_for() -> tuple[str, str]:
    """Return the name and the features of the processor that numba compiles for."""
    import llvmlite.binding as llvm
    import numba

    # numba may have been told to compile for another processor (NUMBA_CPU_NAME, _FEATURES).
    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    return (
        llvm.get_host_cpu_name() if name is None else name,
        llvm.get_host_cpu_features().flatten() if features is None else features,
    )


def _processor() -> Fingerprint:
    """Return what the processor is, and what compiled code makes of it."""
    cpuinfo = _cpuinfo()
    parts = [f"{word} {cpuinfo[key]}".strip() for key, word in _CLASS.items() if key in cpuinfo]
    name, features = compiled_for()
    enabled = [found[1] for word in features.split(",") if (found := _VECTORS.fullmatch(word))]
    return {
        "cpu": " ".join(parts) or platform.machine(),
        "cpu_name": cpu_name(),
        "llvm_cpu": name,
        "simd": " ".join(sorted(enabled)),
    }


def _kernel() -> Iterable[bytes]:
    """Return the outputs and last weights of a plastic network."""
    network = FeedForward(_SIZES[1:-1])
    genome = Genome.direct(network.slots(_SIZES[0], _SIZES[-1]))
    genes = normals(Key(0, Stream.SEARCH), genome.n_genes)
    living = network.lanes(_SIZES[0], _SIZES[-1], 1)
    living.born(0, genome, GivenGenes(genes), Key(0, Stream.BIRTH))
    seen = uniforms(Key(0, Stream.ENVIRONMENT), _STEPS * _SIZES[0]).reshape(_STEPS, 1, -1)
    lane = np.zeros(1, np.intp)
    for observations in seen:
        yield living.act(2 * observations - 1, lane).tobytes()
    for layer in living.weights(0):
        yield layer.tobytes()


def _math() -> Iterable[bytes]:
    """Return values of functions that processors and C libraries may round otherwise."""
    numbers = uniforms(Key(0, Stream.ENVIRONMENT), 515) * 8  # with a rest beside whole vectors
    kinds: list[npt.NDArray[Any]] = [numbers, numbers.astype(np.float64)]
    for x in kinds:
        for function in (np.exp, np.tanh, np.sin, np.cos, np.log1p, np.sqrt):
            yield function(x).tobytes()
        yield np.stack([x.sum(), np.einsum("i,i", x, x), np.mean(x * x)]).tobytes()
    for number in numbers[:32].tolist():
        functions = (math.exp, math.tanh, math.sin, math.cos, math.atan)
        yield np.array([*(f(number) for f in functions), number**1.7]).tobytes()


def _physics() -> Iterable[bytes]:
    """Return what an ant senses that falls to the ground and struggles there."""
    ant, lane = Locomotion("ant", integrator="implicitfast").lanes(1), np.zeros(1, np.intp)
    ant.reset(lane, [0], lane)
    pushes = uniforms(Key(0, Stream.PROBE), _PHYSICS_STEPS * 8).reshape(_PHYSICS_STEPS, 1, 8)
    for outputs in pushes:
        ant.step(2 * outputs - 1, lane)
        yield ant.observations[0].tobytes()


def _sha256(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
