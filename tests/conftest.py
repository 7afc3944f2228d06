"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

from metahebb.evolution.backends.environment import prepare_environment

# Before any test imports evotorch, and with it Ray.
prepare_environment()

# The same examples in each run, so that a failure is seen by all or by none; no deadline, because
# the first example of a kernel waits for its compilation.
settings.register_profile("metahebb", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("metahebb")
