"""Lives and searches keep the bits that an earlier structure of the code gave them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bits
import pytest

FILE = Path(__file__).with_name("bits.json")
NAMES = sorted(json.loads(FILE.read_text(encoding="utf-8")))


def has_avx2() -> bool:
    """Return whether this machine can run what `bits.PINNED` asks of compilers."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and " avx2 " in cpuinfo.read_text(encoding="utf-8")


def hashes_of(cache: Path) -> dict[str, str]:
    """Return what the script prints in a process of its own that keeps kernels in ``cache``."""
    if not has_avx2():
        pytest.skip("the hashes are those of x86-64 processors with AVX2")
    done = subprocess.run(
        [sys.executable, bits.__file__],
        env={**os.environ, "METAHEBB_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of kernels that `printed` fills."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def printed(cache: Path) -> dict[str, str]:
    """Return the hashes of a process that compiles all kernels itself."""
    return hashes_of(cache)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_life_or_search_keeps_its_bits(name, printed):
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert printed[name] == kept[name], (
        "expected the bits of tests/golden/bits.json; if the change is meant, write the file anew "
        "(python tests/golden/bits.py > tests/golden/bits.json), and list in the changelog, under "
        "Results affected, which numbers it moves"
    )


@pytest.mark.slow
def test_who_finds_kernels_compiled_computes_the_bits_of_who_compiled_them(printed, cache):
    assert hashes_of(cache) == printed


def test_every_computation_has_a_kept_hash(printed):
    assert sorted(printed) == NAMES
