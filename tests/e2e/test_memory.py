"""An allocation that fails ends in one line, whoever tried it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_runs import Said, evolve

from metahebb.cli import main
from metahebb.evolution.backends.in_process import InProcess

TOO_MUCH = 2**50
TRIED: dict[str, Callable[[], Any]] = {
    "numpy": lambda: np.zeros(TOO_MUCH),
    "torch": lambda: torch.empty(TOO_MUCH),
}


@pytest.mark.parametrize("by", TRIED)
def test_an_allocation_that_fails(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(InProcess, "evaluate", lambda backend, jobs: TRIED[by]())
    assert evolve(tmp_path / "run") == 2
    said("fit in memory", "fewer --lanes", "a smaller --popsize")
    assert not (tmp_path / "run").exists()
    with pytest.raises((MemoryError, RuntimeError)):  # to be seen by who asks for it
        evolve(tmp_path / "run", "--traceback")


@pytest.mark.parametrize("flag", ["--popsize", "--episodes", "--center-lives"])
def test_a_generation_that_cannot_fit_is_refused_at_once(
    tmp_path: Path, said: Said, flag: str
) -> None:
    assert evolve(tmp_path / "run", flag, str(10**12)) == 2
    said("lives whose outcomes fit in memory", str(10**12), flag)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "command", [("evaluate",), ("rules",), ("probe", "--probe", "freeze:at=1")]
)
def test_lives_that_cannot_fit_are_refused_at_once(
    run: Path, said: Said, command: tuple[str, ...]
) -> None:
    name, *flags = command
    assert main([name, str(run), "--lives", str(10**12), *flags]) == 2
    said("fit in memory", f"{10**12} lives", "use fewer --lives")


def test_other_errors_are_not_said_to_be_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(backend: InProcess, jobs: Any) -> Any:
        raise RuntimeError("something else")

    monkeypatch.setattr(InProcess, "evaluate", fail)
    with pytest.raises(RuntimeError, match="something else"):
        evolve(tmp_path / "run")
