"""The networks of an actor-critic, which learn batch by batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metahebb.errors import InputError
from metahebb.learning.acting import Acted, act, noise_of
from metahebb.learning.actor_critic import ActorCritic
from metahebb.learning.adam import Trained
from metahebb.learning.choice_lanes import ChoiceLanes
from metahebb.learning.gated_rate import GatedRate
from metahebb.learning.lived import LivedTrials
from metahebb.learning.lived_batches import lived_trials
from metahebb.learning.one_thread import one_thread
from metahebb.learning.policy_gradient import policy_loss, returns_to_go, value_loss
from metahebb.noise import Key, Stream
from metahebb.tasks.base import Task, TrialOutcome

_BIRTH_DRAWS = 16
"""The number of draws at birth that are kept for each network; it needs fewer."""
_CRITIC_NOISE = 2
"""The number of the draw of the critic's noise; `act` has the draws 0 and 1."""


class Progress(NamedTuple):
    """The numbers of one update, for people who watch it.

    Attributes:
        policy_norm: the norm of the policy's gradient, before it is shortened.
        value_error: the root of the mean of (G_t − v_t)² over all steps, with the baseline as v_t.
    """

    policy_norm: float
    value_error: float


class ActorCriticPupil:
    """A policy and its critic, which learn a task; see `metahebb.learning.base.Pupil`.

    Attributes:
        block: the number of trials of a batch.
        updates: the number of updates since birth.
        progress: the numbers of the last update; None before the first.
    """

    def __init__(self, learner: ActorCritic, task: Task, seed: int) -> None:
        """Give birth to both networks, and open the lanes of ``task``; see `ActorCritic.pupil`."""
        self.block, self.updates = learner.batch, 0
        self.progress: Progress | None = None
        self._learner, self._task, self._seed = learner, task, seed
        dt = learner.step_of(task)
        alpha = dt / learner.tau
        noise = math.sqrt(2 / alpha * learner.sigma2)
        self._discount_rate = dt / learner.discount if learner.discount else 0.0
        n_actions = task.n_outputs
        self._network = GatedRate(
            task.n_observations, learner.n_units, n_actions, alpha, noise, learner.p0
        )
        bias = np.zeros(n_actions, np.float32)
        bias[0] = learner.fixation_bias
        self._critic_network = GatedRate(
            *(learner.n_units + n_actions, learner.critic_units, 1, alpha, noise),
            *(learner.critic_p0, learner.critic_input_scale),
        )
        value = np.array([learner.first_value], np.float32)
        self._baseline = learner.first_value
        with one_thread():
            self._policy = self._born(self._network, bias, 0)
            self._critic: Trained | None = None
            if learner.baseline == "learned":
                self._critic = self._born(self._critic_network, value, 1)
        self._lanes = ChoiceLanes(task, self.block, seed, Stream.ENVIRONMENT)

    def _born(self, network: GatedRate, bias: npt.NDArray[np.float32], number: int) -> Trained:
        def key(draw: int) -> Key:
            return Key(self._seed, Stream.BIRTH, 0, number * _BIRTH_DRAWS + draw)

        learner = self._learner
        parameters, mask = network.birth(key, bias)
        return Trained(parameters, mask, learner.learning_rate, learner.max_gradient_norm)

    def live(self, n_trials: int) -> list[TrialOutcome]:
        """Live the next batches of trials, learn from each, and return all outcomes.

        Raises:
            InputError: ``n_trials`` is not a multiple of `block`.
            ProgressError: a gradient is not finite.
            TaskError: a number of the task is not finite.
        """
        if n_trials < 0 or n_trials % self.block:
            raise InputError(
                f"expected a number of trials that is a multiple of the batch, {self.block}, got "
                f"{n_trials}; use {max(1, round(n_trials / self.block)) * self.block}"
            )
        outcomes: list[TrialOutcome] = []
        with one_thread():
            for _ in range(n_trials // self.block):
                outcomes += self._live_batch()
        return outcomes

    def _key(self, use: int) -> Key:
        return Key(self._seed, Stream.LEARNING, self.updates, use)

    def _live_batch(self) -> tuple[TrialOutcome, ...]:
        policy = self._network.living(self._policy.parameters, self._policy.mask)
        acted = act(policy, self._network, self._lanes, self._key)
        returns = returns_to_go(acted.rewards, self._discount_rate)
        values = self._values(acted)
        if self._critic is None:
            returns = returns[:1].expand_as(returns)  # of the whole trial, for each action
        loss = policy_loss(
            policy.readout(acted.rates),
            acted.actions,
            returns - values.detach(),
            acted.alive,
            self._learner.entropy,
        )
        norm = self._policy.descend(loss, "policy")
        value_error = value_loss(values, returns, acted.alive)
        if self._critic is None:
            self._baseline += self._learner.baseline_rate * (
                float(returns[0].mean()) - self._baseline
            )
        else:
            self._critic.descend(value_error, "critic")
        self.progress = Progress(norm, math.sqrt(float(value_error.detach())))
        self.updates += 1
        return acted.outcomes

    def _values(self, acted: Acted) -> Tensor:
        """Return the baseline ``(n_steps, n_trials)`` of each step."""
        if self._critic is None:
            return torch.full_like(acted.rewards, self._baseline)
        n_steps, n = acted.rewards.shape
        network = self._critic_network
        critic = network.living(self._critic.parameters, self._critic.mask)
        before = torch.zeros(n_steps, n, self._task.n_outputs)
        before[1:].scatter_(2, acted.actions[:-1, :, None], 1)
        inputs = torch.cat((acted.rates.detach(), before), 2)
        drive = critic.drive(inputs.view(n_steps * n, -1)).view(n_steps, n, -1)
        noise = noise_of(network, (n_steps, n), self._key(_CRITIC_NOISE))
        state, rates = critic.begin(n), []
        for step in range(n_steps):
            state = critic.step(state, drive[step], None if noise is None else noise[step])
            rates.append(torch.relu(state))
        return critic.readout(torch.stack(rates))[:, :, 0]

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that the following trials depend on, by name.

        Raises:
            InputError: the task's lanes cannot be saved.
        """
        saved: dict[str, npt.NDArray[Any]] = {
            "updates": np.array(self.updates),
            "baseline": np.array(self._baseline),
        }
        for name, part in self._parts().items():
            saved |= {f"{name}/{key}": value for key, value in part.saved().items()}
        return saved

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, to the same bits as if the pupil had never stopped."""
        self.updates, self._baseline = int(saved["updates"]), float(saved["baseline"])
        for name, part in self._parts().items():
            prefix = f"{name}/"
            part.restore(
                {key.removeprefix(prefix): saved[key] for key in saved if key.startswith(prefix)}
            )

    def _parts(self) -> dict[str, Trained | ChoiceLanes]:
        parts: dict[str, Trained | ChoiceLanes] = {"policy": self._policy, "lanes": self._lanes}
        if self._critic is not None:
            parts["critic"] = self._critic
        return parts

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of all matrices of weights, each ``(n_out, n_in)``.

        Names are ``policy_recurrent_update`` and the like: the network (policy, critic), the
        synapses (input, recurrent, readout), and the units' variable that they drive (state, update
        for λ, reset for γ).
        """
        named = {"policy": self._network.matrices(self._policy.parameters)}
        if self._critic is not None:
            named["critic"] = self._critic_network.matrices(self._critic.parameters)
        return {
            f"{network}_{name}": matrix
            for network, matrices in named.items()
            for name, matrix in matrices.items()
        }

    def test(self, n_trials: int, seed: int) -> LivedTrials:
        """Live fresh trials without learning; actions are drawn as in `live`.

        Outputs are the probabilities of the actions, and rates those of the policy's units.

        Args:
            n_trials: the number of trials.
            seed: the seed of the fresh trials.
        """
        if n_trials < 1:
            raise InputError(f"expected a number of trials of at least 1, got {n_trials}")
        lanes = ChoiceLanes(
            self._task, min(n_trials, self.block), seed, Stream.EVALUATION_ENVIRONMENT
        )
        batches: list[Acted] = []
        try:
            with one_thread(), torch.no_grad():
                policy = self._network.living(self._policy.parameters, self._policy.mask)
                for batch in range(-(-n_trials // len(lanes))):

                    def key(use: int, batch: int = batch) -> Key:
                        # The episode sets tests apart from learning with the same seed.
                        return Key(seed, Stream.LEARNING, batch, use, 1)

                    batches.append(act(policy, self._network, lanes, key))
        finally:
            lanes.close()
        return lived_trials(self._task, batches, n_trials)

    def close(self) -> None:
        """Close the environments of the task, if it has any."""
        self._lanes.close()
