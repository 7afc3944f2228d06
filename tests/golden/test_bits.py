"""Lives and searches keep the bits that an earlier structure of the code gave them."""

from __future__ import annotations

import json
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


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """Return what the script prints in a process of its own."""
    if not has_avx2():
        pytest.skip("the hashes are those of x86-64 processors with AVX2")
    done = subprocess.run(
        [sys.executable, bits.__file__], capture_output=True, text=True, check=True, timeout=280
    )
    hashes: dict[str, str] = json.loads(done.stdout)
    return hashes


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_life_or_search_keeps_its_bits(name, printed):
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert printed[name] == kept[name], (
        "expected the bits of tests/golden/bits.json; if the change is meant, write the file anew "
        "(python tests/golden/bits.py > tests/golden/bits.json), and list in the changelog, under "
        "Results affected, which numbers it moves"
    )


def test_every_computation_has_a_kept_hash(printed):
    assert sorted(printed) == NAMES
