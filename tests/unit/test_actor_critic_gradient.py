"""The losses of the actor-critic and its cell, against sums and differences by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from metahebb.learning.acting import drawn
from metahebb.learning.adam import Trained
from metahebb.learning.gated_rate import GatedRate, recurrent_block
from metahebb.learning.policy_gradient import policy_loss, returns_to_go, value_loss
from metahebb.noise import Key, Stream, normals, uniforms

N_STEPS, N_TRIALS, N_UNITS, N_ACTIONS = 6, 3, 5, 3
NETWORK = GatedRate(2, N_UNITS, N_ACTIONS, alpha=0.3, noise=0.1, density=0.6)


def key(draw):
    """Return the key of a draw."""
    return Key(7, Stream.BIRTH, 0, draw)


def draw(number, *shape):
    """Return normal numbers of a ``shape`` in float64."""
    numbers = normals(Key(8, Stream.LEARNING, number), int(np.prod(shape)))
    return torch.tensor(numbers.reshape(shape)).double()


def born():
    """Return a network's parameters and mask in float64, with a readout that is not zero."""
    parameters, mask = NETWORK.birth(key, np.zeros(N_ACTIONS, np.float32))
    return parameters.double() + 0.3 * draw(0, *parameters.shape) * mask, mask.double()


def unrolled(parameters, mask):
    """Return the outputs ``(n_steps, n_trials, n_actions)`` for fixed inputs and noise."""
    living = NETWORK.living(parameters, mask)
    inputs, noise = draw(1, N_STEPS, N_TRIALS, 2), draw(2, N_STEPS, N_TRIALS, N_UNITS)
    state, rates = living.begin(N_TRIALS), []
    for step in range(N_STEPS):
        state = living.step(state, living.drive(inputs[step]), noise[step])
        rates.append(torch.relu(state))
    return living.readout(torch.stack(rates))


def test_the_cell_follows_its_equations():
    parameters, mask = born()
    got = unrolled(parameters, mask).numpy()
    p = {name: group.numpy() for name, group in NETWORK.unpacked(parameters).items()}
    inputs, noise = (
        x.numpy() for x in (draw(1, N_STEPS, N_TRIALS, 2), draw(2, N_STEPS, N_TRIALS, N_UNITS))
    )
    n = N_UNITS
    for trial in range(N_TRIALS):
        x = p["first"]
        for step in range(N_STEPS):
            r, i = np.maximum(x, 0), p["input"] @ inputs[step, trial] + p["bias"]
            update = 1 / (1 + np.exp(-(p["gates"][:n] @ r + i[n : 2 * n])))
            reset = 1 / (1 + np.exp(-(p["gates"][n:] @ r + i[2 * n :])))
            goal = p["recurrent"] @ (reset * r) + i[:n] + noise[step, trial]
            x = (1 - 0.3 * update) * x + 0.3 * update * goal
            outputs = p["readout"] @ np.maximum(x, 0) + p["readout_bias"]
            np.testing.assert_allclose(got[step, trial], outputs, rtol=1e-10)


def test_returns_are_sums_of_later_rewards_and_may_be_discounted():
    rewards = torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, -1.0]])
    assert returns_to_go(rewards).tolist() == [[6, -1], [5, -1], [3, -1]]
    late = returns_to_go(rewards, 0.5)[:, 1]
    np.testing.assert_allclose(late, -np.exp(-1.0), rtol=1e-6)


@pytest.mark.parametrize("which", ["policy", "policy with entropy", "value"])
def test_the_gradient_equals_finite_differences_of_the_sum_by_hand(which):
    parameters, mask = born()
    rewards, values = draw(3, N_STEPS, N_TRIALS), draw(4, N_STEPS, N_TRIALS)
    alive = torch.ones(N_STEPS, N_TRIALS).double()
    alive[4:, 0] = 0  # one trial is shorter
    rewards = rewards * alive
    actions = torch.tensor(np.arange(N_STEPS * N_TRIALS).reshape(N_STEPS, N_TRIALS) % N_ACTIONS)
    returns, entropy = returns_to_go(rewards), 0.4 if "entropy" in which else 0.0

    def loss(theta):
        outputs = unrolled(theta, mask)
        if which != "value":
            return policy_loss(outputs, actions, returns - values, alive, entropy)
        return value_loss(outputs[:, :, 0], returns, alive)

    def by_hand(theta):
        outputs = unrolled(theta, mask).numpy()
        total = 0.0
        for trial in range(N_TRIALS):
            for step in range(4 if trial == 0 else N_STEPS):
                z = outputs[step, trial]
                to_go = float(rewards[step:, trial].sum())
                if which != "value":
                    log_chances = z - np.log(np.exp(z).sum())
                    gain = log_chances[actions[step, trial]] * (to_go - float(values[step, trial]))
                    gain -= entropy * (np.exp(log_chances) * log_chances).sum()
                    total -= gain / N_TRIALS
                else:
                    total += (z[0] - to_go) ** 2 / (2 * N_STEPS + 4)
        return total

    leaf = parameters.clone().requires_grad_()
    loss(leaf).backward()
    width = 1e-5
    for place in range(0, len(parameters), 3):
        moved = torch.zeros_like(parameters)
        moved[place] = width
        slope = (by_hand(parameters + moved) - by_hand(parameters - moved)) / (2 * width)
        assert float(leaf.grad[place]) == pytest.approx(slope, rel=1e-4, abs=1e-7)
        if not mask[place]:
            assert leaf.grad[place] == 0


def test_a_baseline_leaves_the_expected_gradient_as_it_is_and_makes_it_less_noisy():
    # A bandit with one step: the exact gradient of the mean reward is known.
    n, paid = 10_000, torch.tensor([1.0, 2.0, 4.0])
    start = torch.tensor([0.2, -0.1, 0.4])
    chances = torch.softmax(start, 0)
    exact = chances * (paid - (chances * paid).sum())
    numbers = uniforms(Key(3, Stream.LEARNING), n)
    actions = torch.tensor(drawn(np.tile(chances.numpy(), (n, 1)), numbers))[None]
    spreads = []
    for baseline in (0.0, float((chances * paid).sum())):
        logits = start.expand(1, n, 3).clone().requires_grad_()
        rewards = paid[actions]
        policy_loss(logits, actions, rewards - baseline, torch.ones(1, n)).backward()
        each = -n * logits.grad[0]  # the estimate of each trial
        spread = each.std(0)
        error = (each.mean(0) - exact).abs() / (spread / n**0.5)
        assert (error < 4).all()
        spreads.append(spread)
    assert (spreads[1] < 0.8 * spreads[0]).all()


def test_actions_are_drawn_by_their_chances_and_never_without_one():
    chances = np.array([0.0, 0.25, 0.0, 0.75, 0.0], np.float32)
    numbers = uniforms(Key(5, Stream.LEARNING), 4000)
    chosen = drawn(np.tile(chances, (4000, 1)), numbers)
    share = np.bincount(chosen, minlength=5) / 4000
    np.testing.assert_array_equal(share[[0, 2, 4]], 0)
    assert share[1] == pytest.approx(0.25, abs=0.03)
    assert drawn(chances[None], np.zeros(1, np.float32))[0] == 1


def test_recurrent_weights_at_birth():
    weights, mask = recurrent_block(80, 8, key, 0)
    np.testing.assert_array_equal(mask.sum(1), 8)
    assert not weights[mask == 0].any()
    assert np.abs(np.linalg.eigvals(weights.astype(float))).max() == pytest.approx(2, rel=1e-5)
    sizes = np.abs(weights[mask == 1])
    # The gamma distribution with shape 4 has a standard deviation of half its mean.
    assert sizes.std() / sizes.mean() == pytest.approx(0.5, abs=0.06)
    assert (weights > 0).sum() / 640 == pytest.approx(0.5, abs=0.1)


def test_adam_follows_torch_and_shortens_long_gradients():
    start, mask = draw(6, 10).float(), torch.ones(10)
    mask[3] = 0
    start[3] = 0
    ours, theirs = Trained(start, mask, 0.01, 1.0), start.clone().requires_grad_()
    adam = torch.optim.Adam([theirs], lr=0.01)
    for update in range(20):
        scale = draw(20 + update, 10).float() * (5 if update % 2 else 0.01)
        norm = ours.descend((ours.parameters * scale).square().sum(), "policy")
        adam.zero_grad()
        (theirs * scale).square().sum().backward()
        theirs.grad *= mask
        assert norm == pytest.approx(float(theirs.grad.norm()), rel=1e-4)
        torch.nn.utils.clip_grad_norm_([theirs], 1.0)
        adam.step()
        torch.testing.assert_close(ours.parameters, theirs, rtol=1e-4, atol=1e-5)
    assert ours.parameters[3] == 0
