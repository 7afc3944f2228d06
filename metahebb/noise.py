"""Randomness as a function of (seed, stream, generation, index, episode).

Nothing in this module has a state. A :class:`Key` names one sequence of Philox4x64-10 words (Salmon
et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). Any part of a sequence can be computed
alone, so a worker rebuilds a candidate, or a slice of one, and nobody has to send it.

The recipe for a number never changes, because published results must stay replayable:

* The Philox key is (seed, ``SALT``). The 256-bit counter is (block, index | episode << 32,
  generation, stream), least significant word first. A block is four 64-bit words.
* For normals, a word is read as four 16-bit numbers, the least significant first. Each number picks
  one of the 65,536 entries of a table of normal quantiles. The table is part of the package, and no
  logarithm or cosine of the machine takes part, so the bits are the same everywhere.
* For uniforms, a word is read as two 32-bit numbers ``u``, the least significant first. The uniform
  is ``(u >> 8) * 2**-24``.

All draws from one key read the same words: use one key for one purpose.
"""

from __future__ import annotations

import atexit
import enum
import functools
import hashlib
import io
import operator
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from metahebb.errors import CheckpointError, InputError

SALT = 0x626265686174656D  # b"metahebb", little-endian; another salt would change every result
TABLE_SHA256 = "b5d193788f8dbaca5f2b783ecc573e6cb85521b702952d959068ad27fa8dd491"

_TABLE_PATH = Path(__file__).parent / "data" / "normal_quantiles.npy"
_WORDS_PER_BLOCK = 4


class Stream(enum.IntEnum):
    """The purpose of a random draw; draws for different purposes are independent.

    The values never change.
    """

    SEARCH = 0
    ENVIRONMENT = 1
    BIRTH = 2
    EVALUATION_ENVIRONMENT = 3
    EVALUATION_BIRTH = 4
    INITIAL = 5
    PROBE = 6
    GENOME_MAP = 7
    VERIFICATION = 8
    LEARNING = 10


@dataclass(frozen=True, slots=True)
class Key:
    """The name of one random sequence.

    Attributes:
        seed: The run's seed, below 2**64.
        stream: The purpose of the numbers.
        generation: The generation's number, below 2**64.
        index: The number of the candidate, or of the mirrored pair of candidates (see
            :func:`pair`), below 2**32.
        episode: The number of the candidate's life, below 2**32.

    Raises:
        InputError: A field is negative, too large or not an integer.
    """

    seed: int
    stream: Stream
    generation: int = 0
    index: int = 0
    episode: int = 0

    def __post_init__(self) -> None:
        """Check every field, and turn NumPy integers into Python's, which cannot overflow."""
        for name, bits in (("seed", 64), ("generation", 64), ("index", 32), ("episode", 32)):
            object.__setattr__(self, name, _natural(getattr(self, name), bits, name))
        try:
            object.__setattr__(self, "stream", Stream(self.stream))
        except ValueError:
            raise InputError(
                f"expected a Stream, got {self.stream!r} (stream of a noise key); "
                f"use one of {', '.join(Stream.__members__)}"
            ) from None


def pair(candidate: int) -> tuple[int, int]:
    """Return ``(index, sign)`` of a candidate.

    Candidate 2i is pair i with the sign +1; candidate 2i + 1 is the same pair with the sign -1.
    """
    return candidate >> 1, 1 - 2 * (candidate & 1)


def normals(key: Key, size: int, start: int = 0) -> NDArray[np.float32]:
    """Return elements ``start`` to ``start + size`` of the key's standard normal sequence.

    Args:
        key: The key that names the sequence.
        size: The number of elements.
        start: The index of the first element: ``normals(k, n, s)`` equals
            ``normals(k, s + n)[s:]``.

    Returns:
        float32, shape ``(size,)``. Mean 0, variance 1, kurtosis 2.999, magnitude at most 4.32.

    Raises:
        InputError: ``size`` or ``start`` is negative or too large.
    """
    return table().take(_elements(key, size, start, "<u2"))


def uniforms(key: Key, size: int, start: int = 0) -> NDArray[np.float32]:
    """Return elements ``start`` to ``start + size`` of the key's sequence uniform in [0, 1).

    Args:
        key: The key that names the sequence.
        size: The number of elements.
        start: The index of the first element, as in :func:`normals`.

    Returns:
        float32, shape ``(size,)``: multiples of 2**-24.

    Raises:
        InputError: ``size`` or ``start`` is negative or too large.
    """
    high = _elements(key, size, start, "<u4") >> np.uint32(8)
    return high.astype(np.float32) * np.float32(2.0**-24)


def integer(key: Key) -> int:
    """Return the key's integer in [0, 2**31), such as the seed of an environment."""
    return int(_words(key, 0, 1)[0]) >> 33


def generator(key: Key) -> np.random.Generator:
    """Return a NumPy generator that reads the key's words.

    The generator is convenient, but only its words are fixed for good: NumPy may change which
    numbers ``normal`` or ``choice`` make of these words (NEP 19). Published results should rest on
    the other functions of this module.
    """
    return np.random.Generator(_philox(_key_words(key), (0, *_counter_words(key))))


def perturb(
    center: NDArray[np.float32],
    stdev: float | NDArray[np.float32],
    key: Key,
    sign: int,
    out: NDArray[np.float32],
    start: int = 0,
) -> None:
    """Write ``center + sign * stdev * normals(key, len(out), start)`` into ``out``.

    This function is compiled, makes no temporary array, and releases the GIL. It computes in
    float32 and rounds each operation, in this order: ``scale = sign * stdev``,
    ``step = scale * z`` with the normal number ``z``, ``out = center + step``. The bits equal those
    of ``center + np.float32(sign) * np.asarray(stdev, np.float32) * normals(...)`` in NumPy.

    Args:
        center: float32, shape ``(n,)``, contiguous. It may be ``out`` itself, which then has the
            noise added to it.
        stdev: One number, which is rounded to float32, or a contiguous float32 array ``(n,)``.
        key: The key of the normal sequence.
        sign: +1, or -1 for the mirrored candidate.
        out: float32, shape ``(n,)``, contiguous and writable.
        start: The element of the normal sequence that belongs to ``out[0]``.

    Raises:
        InputError: An array has another type, shape or layout, ``sign`` is not +1 or -1, or
            ``start`` is negative or too large.
    """
    n = np.size(out)
    start = _check_range(n, start)
    _check_array("out", out, n)
    _check_array("center", center, n)
    if np.ndim(stdev) == 0:
        scale, stride = np.array([stdev], np.float32), 0
    else:
        scale, stride = np.asarray(stdev), 1
        _check_array("stdev", scale, n)
    if sign not in (1, -1):
        raise InputError(f"expected a sign of 1 or -1, got {sign!r} (perturb); see noise.pair")
    words = (*_key_words(key), *_counter_words(key))
    _kernels().perturb(center, scale, stride, np.float32(sign), out, start, table(), *words)


def spread(bound: float, key: Key, out: NDArray[np.float32], start: int = 0) -> None:
    """Write numbers uniform in [-bound, bound) into ``out``, compiled and without the GIL.

    The bits equal those of ``(uniforms(key, len(out), start) * 2 - 1) * np.float32(bound)`` in
    float32.

    Args:
        bound: The largest magnitude, which is rounded to float32.
        key: The key of the uniform sequence.
        out: float32, shape ``(n,)``, contiguous and writable.
        start: The element of the sequence that belongs to ``out[0]``.

    Raises:
        InputError: ``out`` has another type, shape or layout, or ``start`` is out of range.
    """
    start = _check_range(len(out), start)
    _check_array("out", out, len(out))
    words = (*_key_words(key), *_counter_words(key))
    _kernels().spread(np.float32(bound), out, start, *words)


@functools.cache
def _kernels() -> ModuleType:
    """Return the module of compiled kernels.

    It is imported only when it is first needed, because importing numba takes half a second.
    """
    try:
        from metahebb import _noise_kernels
    except RuntimeError:
        # Neither the package's folder nor the home folder can be written, and numba refuses to
        # compile without a place for its cache. A private folder serves this process.
        import numba

        folder = tempfile.mkdtemp(prefix="metahebb-numba-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]
        from metahebb import _noise_kernels
    return _noise_kernels


@functools.cache
def table() -> NDArray[np.float32]:
    """Return the table of normal quantiles: float32, shape ``(65536,)``, read-only, antisymmetric.

    Entry k is the quantile at (k + 0.5) / 65536, scaled so that the table's variance is 1.

    Raises:
        CheckpointError: The file is not the one that the package was published with.
    """
    data = _TABLE_PATH.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != TABLE_SHA256:
        raise CheckpointError(
            f"expected SHA-256 {TABLE_SHA256}, got {digest} ({_TABLE_PATH}); reinstall metahebb"
        )
    quantiles: NDArray[np.float32] = np.load(io.BytesIO(data), allow_pickle=False)
    quantiles.flags.writeable = False
    return quantiles


def _key_words(key: Key) -> tuple[int, int]:
    return key.seed, SALT


def _counter_words(key: Key) -> tuple[int, int, int]:
    """Return the upper three words of the counter; the lowest one is the block's number."""
    return key.index | key.episode << 32, key.generation, int(key.stream)


def _philox(key_words: tuple[int, ...], counter_words: tuple[int, ...]) -> np.random.Philox:
    """Return NumPy's Philox, set so that its first four words belong to the given counter.

    The code subtracts 1, because NumPy increments the 256-bit counter before it makes the first
    words.
    """
    counter = sum(word << 64 * i for i, word in enumerate(counter_words))
    key = sum(word << 64 * i for i, word in enumerate(key_words))
    return np.random.Philox(counter=(counter - 1) % 2**256, key=key)


def _words(key: Key, first_block: int, n_words: int) -> NDArray[np.uint64]:
    return _philox(_key_words(key), (first_block, *_counter_words(key))).random_raw(n_words)


def _elements(key: Key, size: int, start: int, dtype: str) -> NDArray[np.unsignedinteger]:
    """Return elements ``start`` to ``start + size`` of the key's words read as ``dtype``."""
    start = _check_range(size, start)
    per_word = 8 // np.dtype(dtype).itemsize
    block, skipped = divmod(start, per_word * _WORDS_PER_BLOCK)
    n_words = -(-(skipped + size) // per_word)
    words = _words(key, block, n_words).astype("<u8", copy=False)
    return words.view(dtype)[skipped : skipped + size]


def _natural(value: int, bits: int, name: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if not 0 <= number < 2**bits:
        raise InputError(
            f"expected an integer from 0 to 2**{bits} - 1, got {value!r} ({name}); choose another"
        )
    return number


def _check_range(size: int, start: int) -> int:
    """Return ``start`` as a Python integer if the range can be counted in int64."""
    start = _natural(start, 63, "start of a noise sequence")
    _natural(start + _natural(size, 63, "size of a noise sequence"), 63, "end of a noise sequence")
    return start


def _check_array(name: str, array: NDArray[np.float32], length: int) -> None:
    """Raise InputError if ``array`` has a type, shape or layout that the kernels cannot take."""
    if not isinstance(array, np.ndarray):
        got = type(array).__name__
    elif array.dtype != np.float32 or array.shape != (length,):
        got = f"{array.dtype} {array.shape}"
    elif not (array.flags.c_contiguous and array.flags.aligned):
        got = "a strided one"
    elif name == "out" and not array.flags.writeable:
        got = "a read-only one"
    else:
        return
    raise InputError(
        f"expected a contiguous float32 array of shape ({length},), got {got} "
        f"({name} of perturb); copy it into one"
    )
