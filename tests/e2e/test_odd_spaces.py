"""Environments whose observations, rewards or actions are not what their spaces say."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import odd_envs
import pytest
from gymnasium import spaces
from small_runs import TINY, Said, metrics

from metahebb.cli import main


def evolve(name: str, run: Path, *flags: str) -> int:
    options = ("--env", f"odd_envs:{name}-v0", "--generations", "2", "--out", str(run))
    return main(["evolve", *options, *TINY, *flags])


def until_step(number: int, first: object, then: object):
    return lambda self: first if self.age < number else then


ZEROS = np.zeros(4, np.float32)


def ends_with(terminated, truncated):
    """Return a step that says of each episode's end what is given here."""

    def step(self, action):
        observation, reward, *_ = odd_envs.Plain.step(self, action)
        return observation, reward, terminated, truncated, {}

    return step


MORE = {
    "LongerLater": {"observe": until_step(3, ZEROS, np.zeros(5, np.float32))},
    "OneNumberLater": {"observe": until_step(3, ZEROS, 0.5)},
    "NothingLater": {"observe": until_step(3, ZEROS, None)},
    "Transposed": {
        "observation_space": spaces.Box(0, 255, (4, 6, 3), np.uint8),
        "observe": lambda self: np.zeros((3, 4, 6), np.uint8),
    },
    "HalfBytes": {
        "observation_space": spaces.Box(0, 255, (4, 6, 3), np.uint8),
        "observe": lambda self: np.full((4, 6, 3), 0.5),
    },
    "MinusACategoryLater": {
        "observation_space": spaces.MultiDiscrete([3, 3]),
        "observe": until_step(3, np.array([0, 2]), np.array([0, -1])),
    },
    "ThreeOfTwo": {
        "observation_space": spaces.Tuple((spaces.Discrete(2), spaces.Discrete(2))),
        "observe": lambda self: (0, 1, 1),
    },
    "NoSpace": {"observation_space": None},
    "NoActions": {"action_space": spaces.Box(-1, 1, (0,))},
    "DiscreteAsList": {"observation_space": spaces.Discrete(5), "observe": lambda self: [2]},
    "DiscreteAsFloat": {"observation_space": spaces.Discrete(5), "observe": lambda self: 2.0},
    "HalfACategory": {"observation_space": spaces.Discrete(5), "observe": lambda self: 2.5},
    "TwosOfBinary": {
        "observation_space": spaces.MultiBinary(3),
        "observe": lambda self: np.array([0, 2, 1]),
    },
    "BeyondBytes": {
        "observation_space": spaces.Box(0, 255, (4,), np.uint8),
        "observe": lambda self: np.array([0, 1, 2, 256]),
    },
    "Objects": {"observe": lambda self: np.array([0.1, 0.2, None, 0.4], object)},
    "LengthsDiffer": {"observe": lambda self: [[0.1, 0.2], [0.3]]},
    "FarBounded": {"action_space": spaces.Box(-5, np.inf, (2,), np.float32)},
    "WholeFloats": {
        "observation_space": spaces.MultiDiscrete([3, 3]),
        "observe": lambda self: np.array([2.0, 1.0]),
    },
    "Verdict": {"step": ends_with("no", False)},
    "Swapped": {"step": ends_with({}, False)},
    "Counts": {"step": ends_with(False, 1)},
    "Row": {"step": ends_with(np.array([False]), False)},
    "NumpysTruth": {"step": ends_with(np.bool_(False), np.array(True))},
    "SaysNothing": {"step": odd_envs.raises(AssertionError)},
}


@pytest.fixture(autouse=True, scope="module")
def _more():
    for name, members in MORE.items():
        odd_envs.env(name, **members)
    yield
    for name in MORE:
        del gymnasium.registry[f"{name}-v0"]


@pytest.mark.parametrize(
    ("name", "expected", "got"),
    [
        ("OneNumberForFour", "the shape (4,)", "got ()"),
        ("NothingForFour", "expected numbers", "got None"),
        ("BelowItsRange", "a whole number from 0 to 4", "got -1"),
        ("AboveItsRange", "a whole number from 0 to 4", "got 5"),
        ("ComponentOutOfRange", "from [0, 0, 0] to [2, 2, 2]", "got [5, 0, 0]"),
        ("TooLong", "the shape (4,)", "got (5,)"),
        ("TooShort", "the shape (4,)", "got (3,)"),
        ("WordsForNumbers", "expected numbers", "got 'hello'"),
        ("MissingKey", "the key 'b'", "got ['a']"),
        ("Transposed", "the shape (4, 6, 3)", "got (3, 4, 6)"),
        ("HalfBytes", "whole numbers from 0 to 255", "from 0.5 to 0.5"),
        ("ThreeOfTwo", "2 parts", "got (0, 1, 1)"),
        ("HalfACategory", "a whole number from 0 to 4", "got 2.5"),
        ("TwosOfBinary", "zeros and ones", "got [0, 2, 1]"),
        ("BeyondBytes", "whole numbers from 0 to 255", "got [0, 1, 2, 256]"),
        ("Objects", "expected numbers", "None"),
        ("LengthsDiffer", "expected numbers", "got [[0.1, 0.2], [0.3]]"),
    ],
)
def test_a_first_observation_outside_its_space_ends_the_run(
    name: str, expected: str, got: str, tmp_path: Path, said: Said
) -> None:
    assert evolve(name, tmp_path / "run", "--on-error", "worst") == 2
    said(expected, got, f"odd_envs:{name}-v0, seed ", "step 0")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "expected", "got"),
    [
        ("LongerLater", "the shape (4,)", "got (5,)"),
        ("OneNumberLater", "the shape (4,)", "got ()"),
        ("NothingLater", "expected numbers", "got None"),
        ("MinusACategoryLater", "from [0, 0] to [2, 2]", "got [0, -1]"),
    ],
)
def test_a_later_one_does_so_too_and_names_its_step(
    name: str, expected: str, got: str, tmp_path: Path, said: Said
) -> None:
    assert evolve(name, tmp_path / "run") == 2
    said(expected, got, "step 3", "candidate 0 of generation 0")


@pytest.mark.parametrize(
    ("name", "expected", "got"),
    [
        ("Verdict", "as terminated", "got 'no' (str)"),
        ("Swapped", "as terminated", "got {} (dict)"),
        ("Counts", "as truncated", "got 1 (int)"),
        ("Row", "as terminated", "got [False] (ndarray)"),
    ],
)
def test_an_ending_that_is_no_truth_value_ends_the_run(
    name: str, expected: str, got: str, tmp_path: Path, said: Said
) -> None:
    assert evolve(name, tmp_path / "run") == 2
    said(f"expected a truth value {expected}, {got}", "step 1)", "let step return observation")


@pytest.mark.parametrize(
    "name",
    [
        "NumpysTruth",
        "DiscreteAsArray",
        "DiscreteAsList",
        "DiscreteAsFloat",
        "MixedKeys",
        "WholeFloats",
    ],
)
def test_what_only_looks_odd_evolves(name: str, tmp_path: Path) -> None:
    assert evolve(name, tmp_path / "run") == 0
    assert [line["nonfinite"] for line in metrics(tmp_path / "run")] == [0, 0]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("NoSensors", ("a space with numbers", "observations of odd_envs:NoSensors-v0")),
        ("NoActions", ("a space with numbers", "actions of odd_envs:NoActions-v0")),
        ("NoSpace", ("observation_space of odd_envs:NoSpace-v0", "got None")),
    ],
)
def test_nothing_to_sense_or_to_do_is_refused(
    name: str, parts: tuple[str, ...], tmp_path: Path, said: Said
) -> None:
    assert evolve(name, tmp_path / "run") == 2
    said(*parts)


def test_an_error_without_words_is_named_with_its_line(tmp_path: Path, said: Said) -> None:
    assert evolve("SaysNothing", tmp_path / "run") == 2
    said("got AssertionError (", "odd_envs.py:", "step 1")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("SeesNan", "number 0 of the observation was nan (odd_envs:SeesNan-v0, seed"),
        ("PaysNan", "the reward was nan (odd_envs:PaysNan-v0, seed"),
    ],
)
def test_who_gave_what_is_not_finite_is_said(
    name: str, what: str, tmp_path: Path, said: Said
) -> None:
    assert evolve(name, tmp_path / "run") == 4
    said("some finite fitness", what, "candidate 0 of generation 0", "mend the environment")


def test_an_error_that_ranks_all_worst_is_said(tmp_path: Path, said: Said, caplog) -> None:
    assert evolve("SaysNothing", tmp_path / "run", "--on-error", "worst") == 4
    said("some finite fitness", "because of an error", "AssertionError")


def test_a_network_that_diverges_is_not_blamed_on_the_environment(
    tmp_path: Path, said: Said
) -> None:
    flags = ("--search.stdev", "1e18", "--network.normalization.kind", "none")
    assert evolve("UnboundedActions", tmp_path / "run", *flags, "--network.output", "linear") == 4
    said("non-finite", "a lower --search.stdev")


@pytest.mark.parametrize(
    ("name", "flags", "line"),
    [
        ("UnboundedActions", (), "have no two bounds"),
        ("UnboundedActions", ("--network.output", "linear"), ""),
        ("FarBounded", (), "have no two bounds"),
        ("HalfBoundedActions", (), "a bound on one side only"),
        ("DiscreteAsArray", (), ""),
    ],
)
def test_actions_that_outputs_cannot_be_scaled_to_are_said(
    name: str, flags: tuple[str, ...], line: str, tmp_path: Path, capsys
) -> None:
    assert evolve(name, tmp_path / "run", *flags) == 0
    error = capsys.readouterr().err
    assert error.count("\n") == (1 if line else 0)
    assert line in error
