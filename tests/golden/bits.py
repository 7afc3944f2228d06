"""Hashes of lives and searches, each a fixed computation: what a change of structure must keep.

``python tests/golden/bits.py`` prints them as JSON; ``bits.json`` holds them. All are computed as
on a processor with AVX2 and no more (see `PINNED`), so that newer ones give the same bits.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

PINNED = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+lzcnt,+movbe,+popcnt,+sse4.2",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
"""Environment variables that make every library compute as on a processor with AVX2."""

STEPS, FLUSHED_AT = 30, 11
N_IN, N_OUT = 7, 3


def main() -> None:
    """Print the hash of every case as JSON."""
    hashes = {name: hash_of(parts()) for name, parts in sorted(cases().items())}
    sys.stdout.write(json.dumps(hashes, indent=1) + "\n")


def hash_of(parts: Iterator[bytes]) -> str:
    """Return the first 16 hexadecimal digits of the parts' SHA-256."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def cases() -> dict[str, Callable[[], Iterator[bytes]]]:
    """Return every fixed computation by name; each yields what its hash covers."""
    return {**lives_of_networks(), **lives_in_tasks(), **searches()}


def lives_of_networks() -> dict[str, Callable[[], Iterator[bytes]]]:
    """Networks × rules × genome maps, and each option of a network once."""
    from toys import oja, traced

    from metahebb.genomes import Generated, PerNeuron, PerSynapse
    from metahebb.networks import Convolutional, FeedForward, Gated, Recurrent, Sparse, Static
    from metahebb.plasticity import Bounds
    from metahebb.plasticity.rules import RULES

    abcd, clip = RULES["abcd_lr"], Bounds("clip", 0.4)
    seeing = {"hidden": (5,), "image": (12, 10, 2), "filters": (3, 4), "kernels": (3, 3)}
    networks = {
        "feedforward": FeedForward((9, 5)),
        "recurrent": Recurrent((9, 5), leak=0.7),
        "convolutional": Convolutional(**seeing, strides=(1, 1)),
    }
    maps = {"per_synapse": PerSynapse(), "generated": Generated(4)}
    hashes = {}
    for name, network in networks.items():
        for rule in (abcd, oja, traced):
            for word, each in maps.items():
                changed = with_(network, rule=rule)
                hashes[f"{name} {rule.name} {word}"] = life(changed, {"coefficients": each})
    options = {
        "neuron": (FeedForward((9, 5)), {"coefficients": PerNeuron()}),
        "neuron recurrent": (Recurrent((9, 5)), {}),
        "static": (FeedForward((9, 5), RULES["static"]), {}),
        "clip": (FeedForward((40,), abcd, clip), {}),
        "none linear": (FeedForward((9,), oja, Bounds("none"), output="linear"), {}),
        "time scales": (FeedForward((9, 5), update_every=3, update_window=4), {}),
        "recurrent time scales": (Recurrent((9,), traced, update_window=5, leak=0.25), {}),
        "sparse": (FeedForward((9, 5), traced, topology=Sparse(0.4)), {}),
        "static in part": (FeedForward((9, 5), abcd, clip, topology=Static(0.4)), {}),
        "coevolved": (FeedForward((9, 5), birth="coevolved"), {}),
        "scaled": (FeedForward((9,), observation_scale=(0.5,) * N_IN), {}),
        "lstm": (Gated("lstm", (6, 5)), {}),
        "gru": (Gated("gru", (6,), output="linear"), {}),
    }
    for name, (network, slots) in options.items():
        hashes[f"option {name}"] = life(network, slots)
    return hashes


def with_(network: object, **changes: object) -> object:
    """Return a frozen description with some of its fields changed."""
    from dataclasses import replace

    return replace(network, **changes)  # type: ignore[type-var]


def life(network: object, maps: dict[str, object]) -> Callable[[], Iterator[bytes]]:
    """Return a function that lives two lanes, one of them born twice, and yields their bits."""

    def parts() -> Iterator[bytes]:
        import numpy as np

        from metahebb.genomes import Genome, GivenGenes
        from metahebb.noise import Key, Stream

        image = getattr(network, "image", None)
        n_in = int(np.prod(image)) if image else N_IN
        genome = Genome.mapped(network.slots(n_in, N_OUT), maps)  # type: ignore[attr-defined]
        lanes = network.lanes(n_in, N_OUT, 2)  # type: ignore[attr-defined]
        rng = np.random.default_rng(7)
        genes = rng.uniform(-1, 1, genome.n_genes).astype(np.float32)

        def born(lane: int, number: int) -> None:
            lanes.born(lane, genome, GivenGenes(genes), Key(3, Stream.BIRTH, number))
            lanes.modulators[lane] = 0.5

        born(0, 0)
        born(1, 1)
        both = np.arange(2)
        for step in range(STEPS):
            seen = rng.uniform(0 if image else -1, 1, (2, n_in)).astype(np.float32)
            if step == STEPS // 2:
                born(1, 2)
            if step == FLUSHED_AT:
                lanes.flush(both)
            yield lanes.act(seen, both).tobytes()
        for lane in both:
            yield from (part.tobytes() for part in lanes.activity(lane))
            yield from (layer.tobytes() for layer in lanes.weights(lane))
        yield lanes.mean_squares.tobytes()

    return parts


def lives_in_tasks() -> dict[str, Callable[[], Iterator[bytes]]]:
    """Candidates of a point in two tasks, with and without a probe."""
    from metahebb.networks import FeedForward, Recurrent
    from metahebb.probes import parse_probes
    from metahebb.tasks import Locomotion, Reversal

    ant, zeroed = Locomotion("ant", integrator="implicitfast"), ("zero_weights:at=40,fraction=0.5",)
    return {
        "task ant": outcomes(ant, FeedForward((8,)), ()),
        "task ant, weights zeroed": outcomes(ant, FeedForward((8,)), parse_probes(zeroed)),
        "task reversal": outcomes(Reversal(max_steps=90), Recurrent((4,)), ()),
        "task reversal, weights zeroed": outcomes(
            Reversal(max_steps=90), FeedForward((4,)), parse_probes(zeroed)
        ),
    }


def outcomes(
    task: object, network: object, probes: tuple[object, ...]
) -> Callable[[], Iterator[bytes]]:
    """Return a function that yields the fitness of four candidates, which live for 80 steps."""

    def parts() -> Iterator[bytes]:
        import numpy as np

        from metahebb.worker import Plan, SearchPoint, Setup, Worker

        setup = Setup.build(task, network, 5, probes)  # type: ignore[arg-type]
        n = setup.genome.n_genes
        point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.3, np.float32), mirrored=True)
        rows = Worker(setup, 2).evaluate(Plan(1, 80), point, range(4))
        for name in ("episode_return", "steps", "ending", "mean_square"):
            yield np.ascontiguousarray(rows[name]).tobytes()

    return parts


def searches() -> dict[str, Callable[[], Iterator[bytes]]]:
    """The centers of a few generations of short searches."""
    from metahebb.genomes import Merge, Shared
    from metahebb.networks import FeedForward
    from metahebb.tasks import Locomotion, Reversal

    ant, reversal = Locomotion("ant", integrator="implicitfast"), Reversal(max_steps=60)
    return {
        "search ant openai_es": centers(ant, FeedForward((6,)), "openai_es", {}),
        "search reversal snes": centers(reversal, FeedForward((4,)), "snes", {}),
        "search reversal pgpe shared": centers(
            reversal, FeedForward((4,)), "pgpe", {"coefficients": Shared(3)}
        ),
        "search reversal merge": centers(
            reversal, FeedForward((4,)), "openai_es", {"coefficients": Merge(5, at=(2,), to=(3,))}
        ),
        "search reversal normalized": centers(
            reversal, FeedForward((4,)), "openai_es", {}, observation_norm=True
        ),
    }


def centers(
    task: object, network: object, algorithm: str, maps: dict[str, object], **more: bool
) -> Callable[[], Iterator[bytes]]:
    """Return a function that yields the center after each of four generations."""

    def parts() -> Iterator[bytes]:
        from metahebb.evolution.backends.in_process import InProcess
        from metahebb.evolution.config import SearchConfig
        from metahebb.evolution.search import Search
        from metahebb.worker import Plan, Setup

        setup = Setup.build(task, network, 5, maps=maps, **more)  # type: ignore[arg-type]
        config = SearchConfig(algorithm, popsize=8)  # type: ignore[arg-type]
        backend = InProcess(setup, threads=1)
        search = Search(config, setup, backend, lambda number: Plan(number, 60), 1)
        for _ in range(4):
            search.step()
            yield search.center().tobytes()

    return parts


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in PINNED.items()):
        # Libraries read these variables when they are loaded, so a new process has to.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **PINNED})
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from metahebb.evolution.backends.environment import prepare_environment

    prepare_environment()
    main()
