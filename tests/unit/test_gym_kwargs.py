"""Arguments of environments as users write them."""

from __future__ import annotations

import pytest

from metahebb.errors import InputError
from metahebb.tasks.gym.kwargs import read_kwargs, read_pairs, read_word, show_pairs


def test_pairs_of_words_are_arguments():
    words = ["continuous", "false", "gravity", "-5", "wind", "True", "map_name", "4x4"]
    read = read_pairs(words)
    assert read == {"continuous": False, "gravity": -5, "wind": True, "map_name": "4x4"}
    assert read_pairs(show_pairs(read)) == read
    assert read_pairs([]) == {}


def test_quotes_make_a_text_of_a_number():
    (kept,) = read_pairs(["version", '"5"']).values()
    assert read_word(kept) == "5"
    assert read_kwargs('version="5"') == {"version": "5"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gravity"], "a value behind gravity, got none"),
        (["gravity", "5", "wind"], "a value behind wind, got none"),
        (["gravity=5", "wind"], "the name of an argument, got 'gravity=5'"),
    ],
)
def test_other_words_are_refused(words, message):
    with pytest.raises(InputError, match=message):
        read_pairs(words)


@pytest.mark.parametrize(
    ("text", "kwargs"),
    [
        ("gravity=-5+wind=true", {"gravity": -5, "wind": True}),
        ("xml_file=/x/a++b.xml", {"xml_file": "/x/a+b.xml"}),
        ("xml_file=a++b.xml+n=1e+3", None),
        ("xml_file=a++b.xml+n=1e++3", {"xml_file": "a+b.xml", "n": 1000.0}),
        ("wind=False", {"wind": False}),
    ],
)
def test_a_plus_stands_between_arguments_and_two_for_one_in_a_value(text, kwargs):
    if kwargs is not None:
        assert read_kwargs(text) == kwargs
        return
    with pytest.raises(InputError, match=r"and \+\+ for a plus"):
        read_kwargs(text)
