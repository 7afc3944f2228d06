"""The vector instructions of compiled code, and variables that choose older instructions."""

from __future__ import annotations

import platform

from metahebb.fingerprint import compiled_for

AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse4.2",
}
"""Environment variables with which a process compiles for x86-64 processors with AVX2 at most."""

_SETS = {"+avx512f": "AVX-512", "+avx2": "AVX2"}


def instruction_set() -> str:
    """Return the widest vector instructions that numba compiles for, or the kind of machine."""
    features = compiled_for()[1].split(",")
    return next((name for word, name in _SETS.items() if word in features), platform.machine())
