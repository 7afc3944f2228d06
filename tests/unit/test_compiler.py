"""Kernels on disk: found by every process, made once, whoever comes first."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import metahebb
from metahebb.compiler import cache_folder, compiled
from metahebb.plasticity import Bounds, compile_kernel, load_rule
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.plasticity.sweep import kernel_source

PROCESS = """
import numpy as np
from metahebb.plasticity import Bounds, compile_kernel
from metahebb.plasticity.rule import rule_from_source
rule = rule_from_source("def mine(pre, /, A):\\n    return A * pre", "mine")
kernel = compile_kernel(rule, Bounds("none"), "")
print(kernel.tanh(np.float32(0.5)).hex())
stats = kernel.tanh.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def test_the_second_process_compiles_nothing(tmp_path):
    """The first two run at once: neither may see what the other has half written."""
    packages = str(Path(metahebb.__file__).parents[1])
    environment = {**os.environ, "METAHEBB_CACHE": str(tmp_path), "PYTHONPATH": packages}

    def start():
        command = [sys.executable, "-c", PROCESS]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    rivals = [start(), start()]
    outputs = [rival.communicate(timeout=120)[0].split() for rival in rivals]
    third = start().communicate(timeout=120)[0].split()
    assert outputs[0][0] == outputs[1][0] == third[0]
    assert (third[1], third[2]) == ("1", "0")  # one hit, no miss
    assert "0" in {outputs[0][1], outputs[1][1]}  # somebody had to compile
    (kernel,) = tmp_path.glob("kernels/*/kernel.py")
    assert "def mine" not in kernel.read_text()
    assert not list(tmp_path.glob("kernels/*/*.tmp"))


def test_same_text_same_module_and_other_text_another(tmp_path, monkeypatch):
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path))
    one, two, three = (
        rule_from_source(f"def {name}(pre, /, A):\n    return A * pre + {number}", name)
        for name, number in (("one", 1.5), ("two", 1.5), ("three", 2.5))
    )
    first = compile_kernel(one, Bounds("none"), "")
    assert compile_kernel(two, Bounds("none"), "") is first
    others = [
        compile_kernel(three, Bounds("none"), ""),
        compile_kernel(one, Bounds("clip"), ""),
        compile_kernel(one, Bounds("clip", 2.0), ""),
        compile_kernel(one, Bounds("none"), "x = 1"),
    ]
    assert len({module.__file__ for module in (first, *others)}) == 5
    assert Path(first.__file__).is_relative_to(tmp_path)


def test_a_damaged_kernel_is_written_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path))
    rule = rule_from_source("def mine(pre, /, A):\n    return A * pre + 77", "mine")
    path = Path(compile_kernel(rule, Bounds("none"), "").__file__)
    text = path.read_text()
    path.write_text(text[:100])
    compiled.cache_clear()
    compile_kernel(rule, Bounds("none"), "")
    assert path.read_text() == text


@pytest.fixture
def unwritable_cache(tmp_path, monkeypatch):
    """A cache folder that cannot be made, and a temporary folder of our own."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("METAHEBB_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def compile_number(number):
    rule = rule_from_source(f"def mine(pre, /, A):\n    return A * pre + {number}", "mine")
    return Path(compile_kernel(rule, Bounds("none"), "").__file__)


def test_without_a_writable_cache_the_temporary_folder_serves(unwritable_cache):
    folder = unwritable_cache / f"metahebb-{os.getuid()}"
    assert compile_number(101).is_relative_to(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_a_home_the_temporary_folder_serves(unwritable_cache, monkeypatch):
    monkeypatch.delenv("METAHEBB_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert compile_number(102).is_relative_to(unwritable_cache / f"metahebb-{os.getuid()}")


def test_a_tilde_in_the_cache_folder_is_the_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("METAHEBB_CACHE", "~/kernels")
    assert cache_folder() == Path("/home/somebody/kernels")


def test_a_temporary_folder_that_others_can_write_is_not_trusted(unwritable_cache):
    folder = unwritable_cache / f"metahebb-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    path = compile_number(103)
    assert path.is_relative_to(unwritable_cache)
    assert not path.is_relative_to(folder)


OWN = """
import numpy
from metahebb.plasticity import rule as plastic

THE_FILE_MAY_HOLD = "anything else"

@plastic
def mine(pre, post, /, A, B, C, D, eta):
    "Words of my own."
    return {}
"""


def test_a_users_rule_gets_the_kernel_of_a_shipped_one(tmp_path):
    """The text differs by the formula alone: so there is nothing that could make it slower."""
    sources = []
    for name, formula in (
        ("same", "eta * (A * pre * post + B * pre + C * post + D)"),
        ("other", "eta * (A * pre * post + B * pre + C * post + D * 2)"),
    ):
        path = tmp_path / f"{name}.py"
        path.write_text(OWN.format(formula))
        rule = load_rule(f"{path}:mine")
        module = compile_kernel(rule, Bounds("max_abs"), "x = 1")
        sources.append(Path(module.__file__).read_text())
    shipped = compile_kernel(RULES["abcd_lr"], Bounds("max_abs"), "x = 1")
    assert sources[0] == Path(shipped.__file__).read_text()
    changed = [
        line
        for line in difflib.ndiff(sources[0].splitlines(), sources[1].splitlines())
        if line[0] in "+-"
    ]
    assert [line.split("return")[1].strip() for line in changed] == [
        "eta * (A * pre * post + B * pre + C * post + D)",
        "eta * (A * pre * post + B * pre + C * post + D * f32(2))",
    ]


def test_a_folded_scale_is_not_read():
    """Its plane stays in memory, but four reads per synapse are fewer than five."""
    rule = RULES["abcd_lr"]
    folded = kernel_source(rule, Bounds("none"), None, "")
    assert "c4[k]" in folded
    (path,) = [compile_kernel(rule, Bounds("max_abs"), "x = 1").__file__]
    assert "c4" not in Path(path).read_text()
    assert "c3[k]" in Path(path).read_text()
