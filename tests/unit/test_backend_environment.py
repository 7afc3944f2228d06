"""What is set before Ray is imported."""

from __future__ import annotations

import os
import sys

import pytest

from metahebb.errors import InputError
from metahebb.evolution.backends.environment import is_loopback, prepare_environment

OPEN = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make it look as if the process had just begun."""
    for name in (OPEN, "EVOTORCH_VERBOSE_LEVEL", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, "")  # so that what the test sets is undone
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    return monkeypatch


def test_a_local_ray_stays_on_the_loopback_interface(fresh: pytest.MonkeyPatch) -> None:
    assert not is_loopback()
    prepare_environment()
    assert is_loopback()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    prepare_environment()  # again is harmless


def test_who_joins_a_cluster_is_open_to_it(fresh: pytest.MonkeyPatch) -> None:
    prepare_environment()
    prepare_environment(joins_cluster=True)
    assert not is_loopback()


def test_what_the_user_set_is_left_alone(fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("EVOTORCH_VERBOSE_LEVEL", "2")
    prepare_environment()
    assert os.environ["EVOTORCH_VERBOSE_LEVEL"] == "2"


@pytest.mark.parametrize("joins_cluster", [False, True])
def test_after_the_import_of_ray_it_is_too_late(
    fresh: pytest.MonkeyPatch, joins_cluster: bool
) -> None:
    fresh.setenv(OPEN, "0" if joins_cluster else "1")
    fresh.setitem(sys.modules, "ray", sys)
    with pytest.raises(InputError, match="before the import of ray"):
        prepare_environment(joins_cluster=joins_cluster)
    assert is_loopback() == joins_cluster
