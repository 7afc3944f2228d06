"""One fresh life of a run's center, seen step by step: what films and life figures are made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.genomes import GivenGenes
from metahebb.life import LifeResult
from metahebb.probes import Moment
from metahebb.probes.damage import Damage
from metahebb.tasks import GymTask, Locomotion, Reversal, Task
from metahebb.tasks.bodies import BODIES
from metahebb.tasks.damage import compiled
from metahebb.tasks.gym_adapter import GymLanes
from metahebb.tasks.locomotion_lanes import LocomotionLanes
from metahebb.worker import Setup, Worker

if TYPE_CHECKING:
    from metahebb.runs.folder import RunFolder

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

_SYNAPSES = 64


@dataclass(frozen=True)
class Recording:
    """A life as it was lived; row t of an array is the instant before env step t.

    Attributes:
        task: the world, with the body of this life, and after it those that a probe changes to.
        generation: updates that the center had seen.
        dt: simulated time of a step [s].
        result: how the life ended.
        weights: ``(T, n)`` some synapses of the layer that has most of them.
        synapses: where they are, for a caption.
        hidden: ``(T, n)`` activity of the last hidden layer, of the sensors if there is none.
        outputs: ``(T, n_outputs)`` of the network.
        qpos: ``(T, nq)`` positions of the body; ``(T, 0)`` outside locomotion.
        images: by step, what a Gymnasium environment drew of itself ``(height, width, 3)``.
    """

    task: Task
    generation: int
    dt: float
    result: LifeResult
    weights: Array
    synapses: str
    hidden: Array
    outputs: Array
    qpos: npt.NDArray[np.float64]
    images: dict[int, Image]

    @property
    def distance(self) -> npt.NDArray[np.float64] | None:
        """Metres along +x since birth ``(T,)``; None outside locomotion."""
        return self.qpos[:, 0] - self.qpos[0, 0] if self.qpos.shape[1] else None


def typical_life(run: RunFolder, body: str | None = None) -> int:
    """Return the number of the evaluated life whose return is the median; 0 without an evaluation.

    A film of the best life would flatter, one of the first may show a fall.
    """
    evaluation = run.evaluation() or {}
    if evaluation.get("generation") != run.generation:
        return 0
    evaluated = evaluation["bodies"].get(body or run.config.task.bodies[0], {})
    returns = [-np.inf if r is None else r for r in evaluated.get("returns", [0.0])]
    return int(np.argsort(returns, kind="stable")[len(returns) // 2])


def record(
    run: RunFolder, body: str | None = None, life: int | None = None, images: int = 0
) -> Recording:
    """Live one fresh life of the run's unperturbed center, and return what happened.

    Args:
        run: a run with a checkpoint.
        body: name of the body; any damage will do in locomotion. Default: the task's first.
        life: its number among the lives that ``evaluate`` lives, bit for bit; None: a typical one.
        images: how many pictures at least to have a Gymnasium environment draw of itself.

    Raises:
        InputError: for an unknown body, or an environment that cannot draw itself.
    """
    if life is None:
        life = typical_life(run, body)
    if life < 0:
        raise InputError(f"expected a life of at least 0, got {life} (film); lives count from 0")
    task = _task_of_one_body(run.setup, body, draws=images > 0)
    setup = replace(run.setup, task=task)
    plan = replace(run.plan, bodies=(0,), episodes=life + 1)
    *_, chosen = plan.lives(setup, 0, GivenGenes(run.center()), 0)
    recorder = _Recorder(images)
    (result,) = Worker(setup, 1).live(iter([chosen]), [recorder])
    return recorder.recording(task, run.generation, result)


def _task_of_one_body(setup: Setup, body: str | None, draws: bool) -> Task:
    task = setup.task
    body = task.bodies[0] if body is None else body
    if isinstance(task, Locomotion):
        later = [probe.body for probe in setup.probes if isinstance(probe, Damage)]
        return replace(task, damages=tuple(dict.fromkeys((body, *later))))
    if body not in task.bodies:
        raise unknown_name("body", body, task.bodies)
    if isinstance(task, GymTask) and draws:
        return _drawing(task)
    if isinstance(task, Reversal) and draws:
        raise InputError(
            "expected a task with a picture, got a reversal run (film); "
            "see its life with 'metahebb report'"
        )
    return task


def _drawing(task: GymTask) -> GymTask:
    modes = _env(task).metadata.get("render_modes") or []
    if "rgb_array" not in modes:
        raise InputError(
            f"expected an environment with the render mode 'rgb_array', got {task.env_id} with "
            f"{', '.join(modes) or 'none'} (film); it can only be reported without a film"
        )
    return replace(task, env_kwargs={**task.env_kwargs, "render_mode": "rgb_array"})


def _env(task: GymTask) -> Any:
    import gymnasium

    kwargs: dict[str, Any] = {"disable_env_checker": True, **task.env_kwargs}
    env = gymnasium.make(task.env_id, **kwargs)
    env.close()
    return env


def seconds_per_step(task: Task) -> float:
    """Return the simulated time of one env step [s]; 1/30 s where an environment states none.

    A task that counts in steps has 1.
    """
    if isinstance(task, Reversal):
        return 1.0
    if isinstance(task, Locomotion):
        timestep: float = compiled(task.body, task.damages[0], task.integrator).opt.timestep
        return timestep * BODIES[task.body].frame_skip
    rate = _env(task).metadata.get("render_fps") if isinstance(task, GymTask) else None
    return 1.0 / (rate or 30.0)


@dataclass
class _Recorder:
    """A probe that notes and changes nothing."""

    min_images: int
    weights: list[Array] = field(default_factory=list)
    hidden: list[Array] = field(default_factory=list)
    outputs: list[Array] = field(default_factory=list)
    qpos: list[npt.NDArray[np.float64]] = field(default_factory=list)
    images: dict[int, Image] = field(default_factory=dict)
    synapses: str = ""
    stride: int = 1

    def __call__(self, moment: Moment) -> None:
        """Note the state of the only lane."""
        lane, step = int(moment.lanes[0]), int(moment.steps[0])
        layers = moment.network.weights(lane)
        number = int(np.argmax([layer.size for layer in layers]))
        flat = layers[number].ravel()
        # Evenly spread: the same synapses in each film of a network.
        self.weights.append(
            flat[np.linspace(0, flat.size - 1, min(_SYNAPSES, flat.size), dtype=int)]
        )
        n_out, n_in = layers[number].shape
        activity = moment.network.activity(lane)
        # A recurrent layer has several matrices: then they are what is counted.
        part = "layer" if len(layers) == len(activity) - 1 else "matrix"
        self.synapses = (
            f"{len(self.weights[-1])} of the {n_in}×{n_out} synapses of {part} {number + 1}"
        )
        self.hidden.append(activity[-2])
        self.outputs.append(activity[-1])
        if isinstance(moment.task, LocomotionLanes):
            self.qpos.append(moment.task.state(lane)["qpos"])
        elif isinstance(moment.task, GymLanes) and self.min_images and step % self.stride == 0:
            self._draw(moment.task, lane, step)

    def _draw(self, task: GymLanes, lane: int, step: int) -> None:
        """Keep a picture; past twice the number wanted, every other one is dropped."""
        try:
            image = task._envs[lane].render()
        except Exception as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"expected the environment to draw itself, got {type(error).__name__}: {reason} "
                "(film); for MuJoCo environments install libegl1 or libosmesa6"
            ) from error
        self.images[step] = np.asarray(image, np.uint8)
        if len(self.images) > 2 * self.min_images:
            self.stride *= 2
            self.images = {s: i for s, i in self.images.items() if s % self.stride == 0}

    def recording(self, task: Task, generation: int, result: LifeResult) -> Recording:
        """Return all that was noted."""
        return Recording(
            task=task,
            generation=generation,
            dt=seconds_per_step(task),
            result=result,
            weights=np.stack(self.weights),
            synapses=self.synapses,
            hidden=np.stack(self.hidden),
            outputs=np.stack(self.outputs),
            qpos=np.stack(self.qpos) if self.qpos else np.empty((len(self.weights), 0)),
            images=self.images,
        )
