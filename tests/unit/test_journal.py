"""The journal: what was written comes back, and what was damaged does not."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metahebb.errors import CheckpointError
from metahebb.runs.journal import MAGIC, Journal

FITNESS = [np.array([1.5, np.nan, -np.inf]), np.array([0.1, 2.0, 3.0]), np.array([-4.0, 5.0, 6.0])]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "journal")
    for number, fitness in enumerate(FITNESS):
        journal.append(number, fitness)
    return journal


def equal(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    """Return whether all bits are the same."""
    return [f.tobytes() for f in found] == [e.tobytes() for e in expected]


def test_what_was_appended_is_read(journal: Journal) -> None:
    assert equal(journal.read(), FITNESS)
    assert equal(journal.read(2), FITNESS[:2])
    assert journal.read(0) == []
    assert all(fitness.flags.writeable for fitness in journal.read())


def test_so_many_are_wanted(journal: Journal) -> None:
    assert equal(journal.first(2), FITNESS[:2])
    assert journal.first(0) == []
    with pytest.raises(CheckpointError, match=r"expected 4 evaluations in .*journal, got 3; rest"):
        journal.first(4)


def test_one_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.read() == []
    journal.keep(0)
    journal.append(0, FITNESS[0])
    assert equal(journal.read(), FITNESS[:1])


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_it_is_cut_and_goes_on(journal: Journal, count: int) -> None:
    journal.keep(count)
    assert equal(journal.read(), FITNESS[:count])
    journal.append(count, FITNESS[0])
    assert equal(journal.read(), [*FITNESS[:count], FITNESS[0]])


def test_a_record_cut_short_anywhere_is_left_out(journal: Journal) -> None:
    whole = journal.path.read_bytes()
    record = (len(whole) - len(MAGIC)) // 3
    for size in range(len(whole)):
        journal.path.write_bytes(whole[:size])
        complete = max(size - len(MAGIC), 0) // record
        assert equal(journal.read(), FITNESS[:complete])
        journal.keep(complete)
        journal.append(complete, FITNESS[complete])
        assert equal(journal.read(), FITNESS[: complete + 1])


def test_every_flipped_bit_is_found(journal: Journal) -> None:
    whole = journal.path.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            data = bytearray(whole)
            data[place] ^= 1 << bit
            journal.path.write_bytes(bytes(data))
            try:
                found = journal.read()
            except CheckpointError as error:
                assert str(journal.path) in str(error)  # noqa: PT017
            else:  # a length that reaches beyond the end: as if it were cut short
                assert len(found) < 3
                assert equal(found, FITNESS[: len(found)])


def test_damage_beyond_what_is_asked_for_does_no_harm(journal: Journal) -> None:
    with journal.path.open("ab") as file:
        file.write(bytes(100))  # as a machine that lost its power may leave it
    with pytest.raises(CheckpointError, match="evaluation 3"):
        journal.read()
    assert equal(journal.read(3), FITNESS)
    journal.keep(3)
    assert equal(journal.read(), FITNESS)


def test_a_record_out_of_order_is_refused(journal: Journal) -> None:
    journal.append(7, FITNESS[0])
    with pytest.raises(CheckpointError, match="expected evaluation 3"):
        journal.read()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("dear diary")
    with pytest.raises(CheckpointError, match="expected a journal"):
        Journal(tmp_path / "journal").read()


@given(st.lists(st.lists(st.floats(width=64), max_size=5), max_size=5))
def test_any_fitness_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[float]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("any") / "journal")
    expected = [np.array(v, np.float64) for v in values]
    for number, fitness in enumerate(expected):
        journal.append(number, fitness)
    assert equal(journal.read(), expected)


def test_the_format_is_as_written_down(journal: Journal) -> None:
    payload = FITNESS[1].astype("<f8").tobytes()
    head = (1).to_bytes(8, "little") + (3).to_bytes(8, "little")
    record = head + zlib.crc32(payload).to_bytes(4, "little") + payload
    assert record in journal.path.read_bytes()


def test_it_is_on_the_disk_when_append_returns(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
    journal.append(3, FITNESS[0])
    assert synced == [journal.path.stat().st_size]
