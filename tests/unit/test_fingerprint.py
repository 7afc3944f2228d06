"""The fingerprint of a process's arithmetic: steady, seen by a small process, and sensitive."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mujoco.batch
import numpy as np
import pytest

from metahebb import fingerprint as module
from metahebb.cli import main
from metahebb.fingerprint import differing, fingerprint, summary

HASHES = ("kernel_sha256", "math_sha256", "physics_sha256")
GENERIC = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
"""Lets numba compile for a processor without wide vectors."""


def elsewhere(**variables: str) -> dict[str, Any]:
    """Return the fingerprint of a process of its own, and what that has imported."""
    body = (
        "import json, sys\n"
        "from metahebb.fingerprint import fingerprint\n"
        "print(json.dumps(fingerprint() | {'modules': sorted(sys.modules)}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", body],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_another_process_has_the_same_and_needs_little_for_it() -> None:
    found = elsewhere()
    modules = found.pop("modules")
    assert found == fingerprint()
    assert not {"torch", "evotorch", "ray", "matplotlib"} & set(modules)


def test_it_says_what_decides_bits() -> None:
    found = fingerprint()
    assert all(isinstance(value, str) and value for value in found.values())
    assert found["numpy"] == np.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"cpu", "llvm_cpu", "simd", "metahebb", "numba", "llvmlite"} <= set(found)
    assert {"mujoco", "gymnasium", "box2d"} <= set(found)
    assert all(len(bytes.fromhex(found[name])) == 32 for name in HASHES)
    found["numpy"] = "changed"
    assert fingerprint()["numpy"] == np.__version__


@pytest.mark.slow  # compiles the kernel once for another processor
def test_a_kernel_for_another_processor_has_another_one() -> None:
    found = elsewhere(**GENERIC)
    own = fingerprint()
    assert found["llvm_cpu"] == "generic"
    assert found["simd"] == ""
    assert found["kernel_sha256"] != own["kernel_sha256"]
    assert [found[name] for name in HASHES[1:]] == [own[name] for name in HASHES[1:]]


def test_functions_that_round_otherwise_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = module._sha256(module._math())
    for owner, name in ((np, "tanh"), (np, "exp"), (math, "sin")):
        kept = getattr(owner, name)

        def nudged(x: Any, kept: Any = kept) -> Any:
            return np.nextafter(kept(x), np.asarray(x).dtype.type(np.inf))

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, nudged)
            assert module._sha256(module._math()) != before
    assert module._sha256(module._math()) == before


def test_physics_that_moves_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = module._sha256(module._physics())
    assert before == fingerprint()["physics_sha256"]
    step = mujoco.batch.Batch.step

    def nudged(batch: Any, *arguments: Any, **named: Any) -> Any:
        found = step(batch, *arguments, **named)
        batch.qpos[0, 2] = np.nextafter(batch.qpos[0, 2], 9)
        return found

    monkeypatch.setattr(mujoco.batch.Batch, "step", nudged)
    assert module._sha256(module._physics()) != before


def test_the_processor_of_an_arm_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(
        "processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\n"
        "CPU architecture: 8\nCPU part\t: 0xd0c\n\nprocessor\t: 1\nCPU part\t: 0xd0d\n"
    )
    monkeypatch.setattr(module, "Path", lambda name: info)
    assert module._processor()["cpu"] == "implementer 0x41 architecture 8 part 0xd0c"
    monkeypatch.setattr(module, "Path", lambda name: tmp_path / "nothing")
    assert module._processor()["cpu"] == module.cpu_name() == os.uname().machine


def test_what_differs_is_named_on_both_sides() -> None:
    one = {
        "cpu": "A 1",
        "cpu_name": "Fast",
        "simd": "avx avx2 fma",
        "numba": "0.68.1",
        "kernel_sha256": "0" * 64,
        "old": "only here",
    }
    assert differing(one, one) == ""
    # The same silicon under another name, and what one side does not know, is no difference.
    assert differing(one, one | {"cpu_name": "Faster", "new": "only there"}) == ""
    assert differing(one, {}) == ""
    other = one | {"numba": "0.69.0", "simd": "avx sve", "kernel_sha256": "1" * 64}
    assert differing(one, other) == (
        "simd avx2 fma here and sve there, numba 0.68.1 here and 0.69.0 there, "
        "kernel_sha256 000000000000… here and 111111111111… there"
    )
    less = differing(one, one | {"simd": "avx avx2"}, ("then", "now"))
    assert less == "simd fma then and no more now"


def test_the_summary_is_of_what_is_compared() -> None:
    found = fingerprint()
    assert len(summary(found)) == 12
    assert summary(found | {"cpu_name": "Faster"}) == summary(found)
    assert summary(found | {"numba": "0.0.1"}) != summary(found)


def test_doctor_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert f"\narithmetic fingerprint {summary(fingerprint())}\n" in printed
    for name in ("cpu", "llvm_cpu", "simd", *HASHES):
        assert f" {name} {fingerprint()[name]}\n" in printed
