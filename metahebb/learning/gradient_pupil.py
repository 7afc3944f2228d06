"""A network that is trained by backpropagation through time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from metahebb.errors import InputError, ProgressError, unknown_name
from metahebb.genomes import Genome
from metahebb.learning.base import Lesson
from metahebb.learning.differentiable import number_for
from metahebb.learning.differentiable_checks import Graphed
from metahebb.learning.differentiable_network import READOUT, DifferentiableNetwork, Unrolled
from metahebb.learning.differentiable_trials import Batch, Targeted, lived
from metahebb.learning.lived import LivedTrials
from metahebb.learning.one_thread import one_thread
from metahebb.noise import Key, Stream, integer, normals
from metahebb.tasks.base import TrialOutcome

if TYPE_CHECKING:
    from metahebb.learning.gradient import Gradient

Array = npt.NDArray[np.float32]


class GradientPupil:
    """A network that is trained by `Gradient`; see `metahebb.learning.base.Pupil`.

    Attributes:
        block: the number of trials of a batch.
        network: the description of the network.
        loss: the mean squared error of the last batch, before its update; NaN before the first.
    """

    def __init__(self, learner: Gradient, task: Targeted, network: Graphed, lesson: Lesson) -> None:
        """Draw the first parameters."""
        self.block = learner.batch
        self.network = network
        self.loss = float("nan")
        self._learner, self._task = learner, task
        self._environment = integer(Key(lesson.seed, Stream.ENVIRONMENT))
        self._trials = 0
        self._model = DifferentiableNetwork(
            network.graph(task.n_observations, task.n_outputs),
            network.rule,
            "none" if network.is_static else learner.plastic,
            learner.modulator == "own",
        )
        if not (network.is_static or any(each.plastic for each in self._model.connections)):
            raise InputError(
                f"expected recurrent synapses for the rule {network.rule.name}, got a network "
                "without any; use plastic 'all', or the network recurrent"
            )
        factors = network.observation_scale or (1.0,) * task.n_observations
        self._factors = torch.tensor(factors, dtype=torch.float32)
        if len(factors) != task.n_observations:
            raise InputError(
                f"expected observation_scale to have {task.n_observations} numbers, one for each "
                f"sensor, got {len(factors)}"
            )
        self._parameters = self._first(lesson)
        self._adam = torch.optim.Adam(
            list(self._parameters.values()), learner.learning_rate, foreach=False
        )
        for each in self._parameters.values():
            self._adam.state[each] = {
                "step": torch.tensor(0.0),
                "exp_avg": torch.zeros_like(each),
                "exp_avg_sq": torch.zeros_like(each),
            }

    def _first(self, lesson: Lesson) -> dict[str, torch.Tensor]:
        """Return the first parameters, drawn from the lesson's seed."""
        rule, start, seed = self.network.rule, dict(lesson.coefficients), lesson.seed
        for name in start:
            if name not in rule.coefficients:
                raise unknown_name(f"coefficient of rule {rule.name!r}", name, rule.coefficients)
        middles, spreads = {}, {}
        widths = {layer: shape.n_in for layer, shape in self._layers().items()}
        for each in self._model.connections:
            birth = each.name_of("birth")
            spreads[birth] = self._learner.weight_spread / widths[each.target] ** 0.5
            for range_, name in zip(rule.ranges, rule.coefficients, strict=True):
                spreads[each.name_of(name)] = self._learner.spread
                if name in start:
                    middles[each.name_of(name)] = number_for(range_, start[name], name)
        parameters = {}
        for number, (name, shape) in enumerate(self._model.shapes().items()):
            drawn = normals(Key(seed, Stream.LEARNING, index=number), shape[0] * shape[1])
            spread = spreads.get(name, 1 / shape[1] ** 0.5)
            values = middles.get(name, 0.0) + spread * torch.from_numpy(drawn).reshape(shape)
            parameters[name] = values.requires_grad_()
        return parameters

    def _layers(self) -> dict[str, Any]:
        """Return the shape of each projection's matrix, by the projection's target."""
        graph = self._model.graph
        return {p.target: layer for p, layer in zip(graph.projections, graph.layers, strict=True)}

    def live(self, n_trials: int) -> list[TrialOutcome]:
        """Live the next ``n_trials``, update once for each batch, and return their outcomes.

        Raises:
            InputError: ``n_trials`` is no multiple of `block`.
            ProgressError: the loss or its gradient is not finite; the pupil is as it was before
                that batch.
        """
        if n_trials % self.block:
            raise InputError(
                f"expected a number of trials that is a multiple of {self.block}, the size of a "
                f"batch, got {n_trials}"
            )
        outcomes: list[TrialOutcome] = []
        with one_thread():
            for _ in range(n_trials // self.block):
                outcomes += self._update()
        return outcomes

    def _update(self) -> list[TrialOutcome]:
        numbers = range(self._trials, self._trials + self.block)
        batch = self._batch(self._environment, numbers)
        outputs = self._run(batch).outputs
        loss = batch.loss(outputs)
        parameters = list(self._parameters.values())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for each, gradient in zip(parameters, gradients, strict=True):
            each.grad = torch.zeros_like(each) if gradient is None else gradient
        bound = self._learner.max_norm or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(parameters, bound, foreach=False)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise ProgressError(
                f"expected a finite loss and gradient, got {loss.item():g} and {norm.item():g} in "
                f"trials {numbers[0]} to {numbers[-1]}; use a smaller learning_rate, or a rule "
                "whose weights stay small"
            )
        self._adam.step()
        self._trials += self.block
        self.loss = loss.item()
        return batch.judged_by(self._task, outputs)

    def _batch(self, seed: int, numbers: range) -> Batch:
        return Batch.of(self._task, seed, numbers, self._learner.modulator == "given")

    def _run(self, batch: Batch) -> Unrolled:
        observations = batch.observations * self._factors
        return self._model.run(self._parameters, observations, batch.signal)

    def test(self, n_trials: int, seed: int) -> LivedTrials:
        """Live ``n_trials`` fresh trials of ``seed`` without an update, and return their record."""
        return lived(self._task, [part[:3] for part in self._tested(n_trials, seed)])

    def traces(self, n_trials: int, seed: int) -> dict[str, Array]:
        """Return the last traces in the trials that `test` lives.

        Returns:
            ``(n_trials, n_out, n_in)`` for each plastic connection, by its name; empty for a rule
            without a trace.
        """
        if not self.network.rule.has_trace:
            return {}
        parts = [part[3] for part in self._tested(n_trials, seed)]
        return {
            f"{source} to {target}": np.concatenate(
                [part[target, source].numpy() for part in parts]
            )
            for target, source in parts[0]
        }

    def _tested(self, n_trials: int, seed: int) -> list[tuple[Batch, Array, Array, Any]]:
        if n_trials < 1:
            raise InputError(f"expected at least 1 trial for a test, got {n_trials}")
        environment = integer(Key(seed, Stream.EVALUATION_ENVIRONMENT))
        parts = []
        with one_thread(), torch.no_grad():
            for first in range(0, n_trials, self.block):
                numbers = range(first, min(first + self.block, n_trials))
                batch = self._batch(environment, numbers)
                outputs, rates, traces = self._run(batch)
                parts.append((batch, outputs.numpy(), rates.numpy(), traces))
        return parts

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the parameters, of Adam's moments, and of the number of past trials."""
        saved: dict[str, npt.NDArray[Any]] = {
            "trials": np.array(self._trials),
            "loss": np.array(self.loss),
        }
        for name, each in self._parameters.items():
            saved[f"parameter {name}"] = each.detach().numpy().copy()
            for part, value in self._adam.state[each].items():
                saved[f"{part} {name}"] = value.numpy().copy()
        return saved

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, to the same bits.

        Raises:
            InputError: ``saved`` is of another network or learner.
        """
        shapes = {name: value.shape for name, value in self.saved().items()}
        if {name: np.shape(value) for name, value in saved.items()} != shapes:
            raise InputError(
                "expected the saved arrays of a pupil with the same network, task and learner, got "
                "others; make the pupil as the saved one was made"
            )
        self._trials, self.loss = int(saved["trials"]), float(saved["loss"])
        with torch.no_grad():
            for name, each in self._parameters.items():
                each.copy_(torch.from_numpy(np.array(saved[f"parameter {name}"])))
                for part, value in self._adam.state[each].items():
                    value.copy_(torch.from_numpy(np.array(saved[f"{part} {name}"])))

    def weights(self) -> dict[str, Array]:
        """Return copies of the weights at birth: a matrix ``(n_out, n_in)`` for each projection.

        Each has the name of the population onto which it projects. A network with a modulator of
        its own has its readout, ``(1, n_hidden)``, too, called ``modulator``.
        """
        matrices = {name: plane[0] for name, plane in self._planes(("birth",)).items()}
        if READOUT in self._parameters:
            matrices[READOUT] = self._parameters[READOUT].detach().numpy().copy()
        return matrices

    def _planes(self, parts: tuple[str, ...]) -> dict[str, Array]:
        """Return the numbers ``(n_parts, n_out, n_in)`` of each projection; 0 where none are."""
        planes = {
            name: np.zeros((len(parts), layer.n_out, layer.n_in), np.float32)
            for name, layer in self._layers().items()
        }
        for each in self._model.connections:
            columns = slice(each.column, each.column + each.n_in)
            for number, part in enumerate(parts):
                if each.name_of(part) in self._parameters:
                    values = self._parameters[each.name_of(part)].detach().numpy()
                    planes[each.target][number, :, columns] = values
        return planes

    def genes(self) -> Array:
        """Return the genes of the network, ``(n_genes,)``, as `Genome.direct` lays them out.

        Synapses that are not plastic have genes of 0 for their coefficients. With these, the
        network lives as here if the rule then changes no weight, as is true of the shipped rules.
        The readout of an own modulator is no part of the genome.
        """
        slots = self.network.slots(self._task.n_observations, self._task.n_outputs)
        genome = Genome.direct(slots)
        genes = np.zeros(genome.n_genes, np.float32)
        for slot in slots:
            of_slot = genes[genome.stretches()[slot.name]]
            parts = self.network.rule.coefficients if slot.name == "coefficients" else ("birth",)
            start = 0
            for layer, planes in zip(slot.layers, self._planes(parts).values(), strict=True):
                layer.view(of_slot[start : start + layer.size])[:] = planes
                start += layer.size
        return genes
