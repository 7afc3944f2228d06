"""Miconi's network in float64, with a loop over each synapse: the reference of the compiled one."""

from __future__ import annotations

import numpy as np

from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.noise import Key, Stream, uniforms

Matrix = np.ndarray


def uniforms_of(key: Key, n: int, age: int, n_units: int) -> Matrix:
    """Return the uniforms of the first ``n`` units in the step at ``age`` of a life."""
    own = Key(key.seed, Stream.NEURON, key.generation, key.index, key.episode)
    return uniforms(own, n, (int(key.stream) << 56) + age * n_units).astype(float)


class Reference:
    """The network on one lane, in the order of operations of the equations.

    Attributes:
        weights: ``(n_units, n_biases + n_units)``, J with the columns of the biases first.
        trace: the eligibility of each weight.
        x: the potential of each unit.
        mean: the running mean of each potential.
        rates: the outputs of the step before, and ``z`` the network's outputs in that step.
        post: what rules saw of each unit in the last step, and ``pre`` of each input.
    """

    def __init__(self, lanes: PlasticLanes, lane: int, key: Key) -> None:
        """Read the weights of ``lane``, which was born with ``key``."""
        network = lanes.network
        self.network, self.key, self.age = network, key, 0
        self.constants = dict(network.neuron.constants)
        self.limit = dict(network.rule.constants)["limit"]
        self.biases = np.tanh(np.array(network.biases, np.float64))
        self.n, self.n_units = network.hidden[0], lanes.modulators.shape[1]
        self.n_outputs = self.n_units - self.n
        start, fixed = 0, []
        for projection in lanes._fixed:
            layer = lanes._graph.shape(projection)
            memory = lanes.state["fixed"][lane, start : start + layer.size]
            fixed.append(layer.view(memory)[0].astype(float))
            start += layer.size
        self.senses = fixed[0]
        self.feedback = fixed[1] if network.feedback else np.zeros((self.n, self.n_outputs))
        self.weights = lanes.weights(lane)[0].astype(float)
        self.begin()

    def begin(self) -> None:
        """Begin a trial."""
        self.clock = 0
        self.x, self.mean, self.post = np.zeros(self.n), np.zeros(self.n), np.zeros(self.n)
        self.rates, self.z = np.zeros(self.n), np.zeros(self.n_outputs)
        self.trace = np.zeros_like(self.weights)

    def copy(self, lanes: PlasticLanes, lane: int) -> None:
        """Take the present weights, traces and state of ``lane``."""
        self.weights = lanes.weights(lane)[0].astype(float)
        self.trace = lanes.traces(lane)[0].astype(float)
        _, units, outputs = lanes._layout.stretches
        self.x = lanes.state["state_0_x"][lane, slice(*units)].astype(float)
        if "mean" in self.network.neuron.state:
            self.mean = lanes.state["state_0_mean"][lane, slice(*units)].astype(float)
        self.rates = lanes.state["before"][lane, slice(*units)].astype(float)
        self.z = lanes.state["before"][lane, slice(*outputs)].astype(float)

    def step(self, observation: Matrix) -> Matrix:
        """Return the outputs of one step, and add to the eligibility."""
        c, uniform = self.constants, uniforms_of(self.key, self.n, self.age, self.n_units)
        self.age, self.clock = self.age + 1, self.clock + 1
        dt, tau = c["dt"], c["tau"]
        part = c["rate"] * dt / 1000
        self.pre = np.concatenate([self.biases, self.rates])
        old, deviating = self.x.copy(), "mean" in self.network.neuron.state
        for i in range(self.n):
            if self.clock == 1:
                old[i] = 0.1 * (2 * uniform[i] - 1)
                self.mean[i] = old[i]
            drive = 0.0
            for j in range(self.pre.size):
                drive += self.weights[i, j] * self.pre[j]
            for j in range(observation.size):
                drive += self.senses[i, j] * observation[j]
            for j in range(self.n_outputs):
                drive += self.feedback[i, j] * self.z[j]
            kick = 0.0
            if uniform[i] < part and self.clock > 4:
                kick = c["amplitude"] * (2 * uniform[i] / part - 1)
            self.x[i] = old[i] + dt / tau * (drive - old[i])
            self.x[i] += kick / tau if c["inside"] else kick
            if deviating:
                self.post[i] = self.x[i] - self.mean[i] if self.clock > 2 else 0.0
                self.mean[i] = c["keep"] * self.mean[i] + (1 - c["keep"]) * self.x[i]
            else:
                self.post[i] = kick
        cubic = self.network.rule.name == "supralinear"
        for i in range(self.n):
            for j in range(self.pre.size):
                product = self.pre[j] * self.post[i]
                self.trace[i, j] += product**3 if cubic else product
        self.rates = np.tanh(self.x)
        self.z = self.rates[: self.n_outputs].copy()
        return self.z

    def learn(self, eta: float, modulator: float) -> None:
        """Change the weights by the eligibility, at most by the limit each."""
        for i in range(self.n):
            for j in range(self.pre.size):
                change = eta * modulator * self.trace[i, j]
                self.weights[i, j] += min(max(change, -self.limit), self.limit)
