"""Named state: one list of fields says what is allocated, and what begins anew when."""

from __future__ import annotations

import numpy as np

from metahebb.networks.state import Field, State

FIELDS = (
    Field("weights", (5,), at_birth=None),
    Field("activity", (3,), per_trial=True),
    Field("gain", at_birth=1.0),
    Field("pending", dtype=np.bool_, per_trial=True),
)


def test_parameters_stand_in_the_order_of_the_values():
    state = State(FIELDS, 2, {"every": 4})
    assert state.parameters == "weights, activity, gain, pending, every"
    assert state.values[0] is state["weights"]
    assert state.values[-1] == 4
    assert [array.shape for array in state.values[:4]] == [(2, 5), (2, 3), (2,), (2,)]
    assert state["pending"].dtype == np.bool_
    np.testing.assert_array_equal(state["gain"], [1, 1])


def test_rows_of_floats_begin_on_a_cache_line():
    assert State(FIELDS, 2)["weights"].ctypes.data % 64 == 0


def test_a_life_begins_with_every_fields_value_at_birth_on_its_lane_alone():
    state = State(FIELDS, 2)
    for array in state.values:
        array[:] = 7
    state.begin_life(1)
    np.testing.assert_array_equal(state["activity"], [[7] * 3, [0] * 3])
    np.testing.assert_array_equal(state["gain"], [7, 1])
    np.testing.assert_array_equal(state["pending"], [True, False])
    np.testing.assert_array_equal(state["weights"], np.full((2, 5), 7))  # birth writes them


def test_a_trial_begins_anew_what_is_per_trial():
    state = State(FIELDS, 3)
    for array in state.values:
        array[:] = 7
    state.begin_trial(np.array([0, 2]))
    np.testing.assert_array_equal(state["activity"][:, 0], [0, 7, 0])
    np.testing.assert_array_equal(state["pending"], [False, True, False])
    np.testing.assert_array_equal(state["gain"], [7, 7, 7])
