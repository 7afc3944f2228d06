"""The speed of car racing: physics and frames, convolutions, and whole lives, against peers."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.bench.findings import absolute, seconds
from metahebb.genomes import Genome, SeededGenes
from metahebb.networks import Convolutional
from metahebb.noise import Key, Stream
from metahebb.tasks import CarRacing
from metahebb.worker import Plan, SearchPoint, Setup, Worker

NETWORK = Convolutional(output="linear")
MILD = (0.3, -1.5, -50.0)
"""Outputs with which a car circles with a fifth of its gas, and so never leaves the field."""
NEVER = 10**6
"""Number of steps without a new tile after which a life ends, which no life here reaches."""
IMAGES = 20


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows, which use one thread, whatever ``threads`` says.

    Rows are timed by the processor time of this thread. The row against EnvPool is timed by that of
    the process, because EnvPool works in a second thread.
    """
    steps, repeats = (30, 2) if quick else (1000, 5)
    rates = interleaved({"ours": world(lanes, steps)}, repeats, time.thread_time)
    yield absolute(
        "car, world alone",
        rates["ours"],
        ">= 4000",
        "env steps/s",
        f"physics and frames of {lanes} lives of {steps} steps in one thread, births included, "
        "without a policy",
    )
    yield _eyes(lanes, repeats if quick else 21)
    ours, theirs = (10, 10) if quick else (500, 250)
    rates = interleaved(
        {"ours": lives(lanes, ours), "peer": InGymnasium(theirs)},
        1 if quick else 3,
        time.thread_time,
    )
    yield compare(
        "car, whole policy, against Gymnasium and torch",
        rates["ours"],
        rates["peer"],
        ">= 8",
        "env steps/s",
        "Gymnasium's CarRacing-v3, means over areas by two products of matrices, and the same "
        f"policy as a PyTorch module, in one thread; ours is {lanes} lives of {ours} steps of the "
        "published policy in one thread",
    )
    yield from _against_envpool(lanes, ours, 1 if quick else 5)


def world(lanes: int, steps: int) -> Work:
    """Return a work of ``lanes`` lives of ``steps`` env steps, without any network."""
    living, every = CarRacing(patience=NEVER).lanes(lanes), np.arange(lanes, dtype=np.intp)
    outputs = np.tile(np.array(MILD, np.float32), (lanes, 1))

    def work() -> float:
        living.reset(every, every.tolist(), np.zeros_like(every))
        for _ in range(steps):
            living.step(outputs, every)
        return float(lanes * steps)

    return work


def lives(lanes: int, steps: int) -> Work:
    """Return a work of ``lanes`` whole lives of ``steps`` env steps, with the published policy."""
    setup = Setup.build(CarRacing(patience=NEVER), NETWORK, seed=0)
    worker, n = Worker(setup, lanes), setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.1, np.float32), mirrored=True)

    def work() -> float:
        return float(worker.evaluate(Plan(0, steps), point, range(lanes))["steps"].sum())

    return work


class InGymnasium:
    """A work of lives in Gymnasium's environment, one after the other, by a PyTorch policy."""

    def __init__(self, steps: int) -> None:
        """Make the environment and the policy; a call will live ``steps`` env steps."""
        import gymnasium
        import torch

        from metahebb.bench.peers import TorchConvolutional

        torch.set_num_threads(1)
        self._env: Any = gymnasium.make("CarRacing-v3")
        self._policy = TorchConvolutional(NETWORK, 3)
        self._areas = torch.from_numpy(areas(NETWORK.image[0]))
        self._steps = steps

    def __call__(self) -> float:
        """Live the env steps; return their number."""
        import torch

        frame, weights = self._env.reset(seed=0)[0], None
        with torch.inference_mode():
            for _ in range(self._steps):
                outputs, weights = self._policy(self.observe(frame), weights)
                outputs = torch.cat([torch.tanh(outputs[:1]), torch.sigmoid(outputs[1:])])
                frame, _, terminated, truncated, _ = self._env.step(outputs.numpy())
                if terminated or truncated:
                    frame, weights = self._env.reset()[0], None
        return float(self._steps)

    def observe(self, frame: npt.NDArray[np.uint8]) -> Any:
        """Return an observation ``(3, 84, 84)`` in [0, 1] of a frame ``(96, 96, 3)``."""
        import torch

        image = torch.from_numpy(frame).permute(2, 0, 1).float() / 255
        return self._areas @ image @ self._areas.T


def areas(size: int) -> npt.NDArray[np.float32]:
    """Return the matrix ``(size, 96)`` that scales 96 pixels to ``size``, by means over areas."""
    edges, pixels = np.arange(size + 1)[:, None] * 96 / size, np.arange(96)
    shared = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return (shared.clip(0) * size / 96).astype(np.float32)


def _eyes(lanes: int, repeats: int) -> Row:
    import torch

    from metahebb.bench.peers import TorchConvolutional

    torch.set_num_threads(1)
    n = int(np.prod(NETWORK.image))
    living, genome = NETWORK.lanes(n, 3, lanes), Genome.direct(NETWORK.slots(n, 3))
    center, stdev = np.zeros(genome.n_genes, np.float32), np.ones(genome.n_genes, np.float32)
    for lane in range(lanes):
        source = SeededGenes(center, stdev, Key(0, Stream.SEARCH, 0, lane), 1)
        living.born(lane, genome, source, Key(0, Stream.BIRTH, 0, lane))
    images = np.random.default_rng(0).uniform(0, 1, (lanes, n)).astype(np.float32)
    policy, every = TorchConvolutional(NETWORK, 3), np.arange(lanes, dtype=np.intp)
    rows, columns, channels = NETWORK.image
    seen = [
        torch.from_numpy(image.reshape(rows, columns, channels).transpose(2, 0, 1).copy())
        for image in images
    ]

    def ours() -> float:
        for _ in range(IMAGES):
            living.features(images, every)
        return float(IMAGES * lanes)

    def in_torch() -> float:
        with torch.inference_mode():
            for _ in range(IMAGES):
                for image in seen:
                    policy.see(image)
        return float(IMAGES * lanes)

    rates = interleaved({"ours": ours, "peer": in_torch}, repeats, time.thread_time)
    return compare(
        "convolutions, against torch",
        seconds(rates["ours"], 1e6),
        seconds(rates["peer"], 1e6),
        "<= 1.5",
        "µs",
        "PyTorch's conv2d, tanh and max_pool2d of the same sizes, one image at a time in one "
        "thread, its channels already apart",
    )


def _against_envpool(lanes: int, steps: int, repeats: int) -> Iterator[Row]:
    try:
        envpool = importlib.import_module("envpool")
    except ModuleNotFoundError:
        return
    envs = envpool.make_gymnasium("CarRacing-v3", num_envs=lanes, num_threads=1)
    envs.reset()
    actions = np.tile(np.array([0.3, 0.2, 0.0], np.float32), (lanes, 1))

    def bare() -> float:
        for _ in range(steps):
            envs.step(actions)
        return float(lanes * steps)

    works: dict[str, Work] = {"ours": lives(lanes, steps), "peer": bare}
    rates = interleaved(works, repeats, time.process_time)
    yield compare(
        "car, whole policy, against EnvPool without one",
        rates["ours"],
        rates["peer"],
        ">= 1",
        "env steps/s",
        f"EnvPool's CarRacing-v3, {lanes} environments in one thread with mild actions, 96 by 96 "
        "pixels, nobody who looks at them",
    )
