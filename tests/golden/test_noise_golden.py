"""The noise of stored results. If one of these fails, old runs no longer replay: mend the code.

``noise.npz`` was made once, by a Philox in plain Python integers and the table of normal quantiles,
not by the code that it tests. It is never made again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metahebb import noise
from metahebb.noise import Key, Stream

GOLDEN = Path(__file__).with_name("noise.npz")
SIZE = 40
KEYS = {
    "zero": Key(0, Stream.SEARCH),
    "search": Key(42, Stream.SEARCH, 3, 17),
    "environment": Key(42, Stream.ENVIRONMENT, 3, 17, 2),
    "birth": Key(42, Stream.BIRTH, 3, 17, 2),
    "evaluation_environment": Key(42, Stream.EVALUATION_ENVIRONMENT, 0, 31),
    "evaluation_birth": Key(42, Stream.EVALUATION_BIRTH, 0, 31),
    "initial": Key(42, Stream.INITIAL),
    "largest": Key(2**64 - 1, Stream.INITIAL, 2**64 - 1, 2**32 - 1, 2**32 - 1),
}
STARTS = {"first": 0, "odd": 1_000_003}


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def test_streams_and_salt_keep_their_numbers():
    assert {stream.name: stream.value for stream in Stream} == {
        "SEARCH": 0,
        "ENVIRONMENT": 1,
        "BIRTH": 2,
        "EVALUATION_ENVIRONMENT": 3,
        "EVALUATION_BIRTH": 4,
        "INITIAL": 5,
        "PROBE": 6,
        "GENOME_MAP": 7,
        "VERIFICATION": 8,
        "NEURON": 9,
        "LEARNING": 10,
    }
    assert noise.SALT.to_bytes(8, "little") == b"metahebb"


@pytest.mark.parametrize("name", KEYS)
def test_words_and_integers(golden, name):
    np.testing.assert_array_equal(noise._words(KEYS[name], 0, SIZE), golden[f"{name}/words"])
    assert noise.integer(KEYS[name]) == golden[f"{name}/integer"]
    raw = noise.generator(KEYS[name]).bit_generator.random_raw(SIZE)
    np.testing.assert_array_equal(raw, golden[f"{name}/words"])


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", KEYS)
def test_normals_and_uniforms(golden, name, start):
    for draw in (noise.normals, noise.uniforms):
        stored = golden[f"{name}/{draw.__name__}/{start}"]
        drawn = draw(KEYS[name], SIZE, STARTS[start])
        assert drawn.tobytes() == stored.tobytes()


@pytest.mark.parametrize("name", KEYS)
def test_compiled_perturbation(golden, name):
    out = np.empty(SIZE, np.float32)
    perturbed = golden[f"{name}/normals/first"], golden[f"{name}/uniforms/first"]
    noise.perturb(*perturbed, KEYS[name], -1, out, STARTS["odd"])
    assert out.tobytes() == golden[f"{name}/perturbed"].tobytes()
