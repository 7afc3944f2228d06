"""Settings that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings
from small_runs import Said

from metahebb.evolution.backends.environment import prepare_environment

# Before any test imports evotorch, and with it Ray.
prepare_environment()

# The same examples in each run, so that a failure is seen by all or by none; no deadline, because
# the first example of a kernel waits for its compilation.
settings.register_profile("metahebb", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("metahebb")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a check that one line was printed, on stderr, with these parts in it."""

    def check(*parts: str) -> None:
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("metahebb: expected ")
        assert printed.err.count("\n") == 1
        assert [part for part in parts if part not in printed.err] == []

    return check
