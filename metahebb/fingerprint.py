"""A fingerprint names everything on a machine that decides the bits of a life.

The same seed gives the same bits on one class of processor with one set of versions. A fingerprint
holds the class and the versions. A run keeps its fingerprint, and the processes that share a run
compare theirs. The processor and the versions tell people what differs. The fingerprint also holds
hashes of a short fixed computation, which reveal differences that the names cannot show, such as
another C library, or SIMD instructions that an environment variable has switched off.

A worker can compute a fingerprint: this module needs neither torch nor EvoTorch nor Ray.
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
"""The packages that take part in computing a life, so that their versions decide its bits."""
NOT_COMPARED = ("cpu_name",)
"""Entries of a fingerprint that are not compared.

The same processor is sold under many names; its family, model and SIMD features are compared.
"""

_CLASS = {
    **{"vendor_id": "", "cpu family": "family", "model": "model"},
    **{"CPU implementer": "implementer", "CPU architecture": "architecture", "CPU part": "part"},
}
"""The keys of /proc/cpuinfo that describe a class of processors (first x86, then ARM), each with
the word that a fingerprint shows for it."""
_VECTORS = re.compile(r"\+((?:s?sse|avx|fma|f16c|xop|neon|sve|sme|fullfp16|bf16|dotprod).*)")
_SIZES = (27, 33, 17, 8)  # of layers, chosen so that SIMD vectors do not divide them evenly
_STEPS = 8
_PHYSICS_STEPS = 60  # enough for the ant's feet to reach the ground


def fingerprint() -> Fingerprint:
    """Return the fingerprint of this process; it is computed once.

    ``kernel_sha256`` is a hash of a plastic network's outputs and weights, ``math_sha256`` one of
    values of NumPy's and the C library's functions, and ``physics_sha256`` one of an ant's
    observations in MuJoCo. The first hash needs a compiled kernel, and compiling takes seconds
    unless the kernel is in the cache.
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
    """Return the differences between two fingerprints in words; "" where they are alike.

    An entry that only one of the two fingerprints has is not compared.
    """
    differences = []
    for key, mine in one.items():
        theirs = other.get(key, mine)
        if mine == theirs or key in NOT_COMPARED:
            continue
        if key.endswith("_sha256"):
            mine, theirs = mine[:12] + "…", theirs[:12] + "…"
        elif key == "simd":
            mine, theirs = without_shared(mine, theirs)
        differences.append(f"{key} {mine} {names[0]} and {theirs} {names[1]}")
    return ", ".join(differences)


def without_shared(one: str, other: str) -> tuple[str, str]:
    """Return the words that only ``one`` has, and the words that only ``other`` has.

    Where one of the two has no such words, the text "no more" stands for them.
    """
    words, others = one.split(), other.split()
    return (
        " ".join(w for w in words if w not in others) or "no more",
        " ".join(w for w in others if w not in words) or "no more",
    )


def summary(entries: Mapping[str, str]) -> str:
    """Return a hash of a fingerprint, 12 hexadecimal digits.

    Two fingerprints have the same hash if all entries that are compared are equal.
    """
    compared = [f"{key}={value}" for key, value in entries.items() if key not in NOT_COMPARED]
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
    """Return the entries of /proc/cpuinfo for the first processor; empty without that file."""
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

    # NUMBA_CPU_NAME and NUMBA_CPU_FEATURES can make numba compile for another processor.
    name, features = numba.config.CPU_NAME, numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    return (
        llvm.get_host_cpu_name() if name is None else name,
        llvm.get_host_cpu_features().flatten() if features is None else features,
    )


def _processor() -> Fingerprint:
    """Return the processor's class and name, and the SIMD features that compiled code may use."""
    cpuinfo = _cpuinfo()
    parts = [f"{word} {cpuinfo[key]}".strip() for key, word in _CLASS.items() if key in cpuinfo]
    name, features = compiled_for()
    enabled = [match[1] for word in features.split(",") if (match := _VECTORS.fullmatch(word))]
    return {
        "cpu": " ".join(parts) or platform.machine(),
        "cpu_name": cpu_name(),
        "llvm_cpu": name,
        "simd": " ".join(sorted(enabled)),
    }


def _kernel() -> Iterable[bytes]:
    """Return the outputs of a plastic network over some steps, and its weights at the end."""
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
    """Return values of functions that processors and C libraries may round differently."""
    # SIMD vectors do not divide 515 evenly, so that code for the remainder runs, too.
    numbers = uniforms(Key(0, Stream.ENVIRONMENT), 515) * 8
    kinds: list[npt.NDArray[Any]] = [numbers, numbers.astype(np.float64)]
    for x in kinds:
        for function in (np.exp, np.tanh, np.sin, np.cos, np.log1p, np.sqrt):
            yield function(x).tobytes()
        yield np.stack([x.sum(), np.einsum("i,i", x, x), np.mean(x * x)]).tobytes()
    for number in numbers[:32].tolist():
        functions = (math.exp, math.tanh, math.sin, math.cos, math.atan)
        yield np.array([*(f(number) for f in functions), number**1.7]).tobytes()


def _physics() -> Iterable[bytes]:
    """Return the observations of an ant that falls to the ground and moves its legs at random."""
    ant, lane = Locomotion("ant", integrator="implicitfast").lanes(1), np.zeros(1, np.intp)
    ant.reset(lane, [0], lane)
    pushes = uniforms(Key(0, Stream.PROBE), _PHYSICS_STEPS * 8).reshape(_PHYSICS_STEPS, 1, 8)
    for outputs in pushes:
        ant.step(2 * outputs - 1, lane)
        yield ant.observations[0].tobytes()


def _sha256(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()
