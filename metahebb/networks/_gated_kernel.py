"""Driver of a gated recurrent cell and its readout, compiled with ``tanh`` beside it.

Units of all layers lie in one row per lane: sensors first, then the cell's, then each readout
layer's. Weights lie as `Gated.layers` lists them. STATE stands for the parameters of `State`.
"""

# mypy: ignore-errors
# ruff: noqa: F821, N803 - names and lines of the generated module


@fast
def squash(x):
    """Return tanh(x); infinite sums must be seen, and tanh would make ±1 of them."""
    return tanh(x) if abs(x) < f32(np.inf) else f32(np.nan)


@fast
def sigmoid(x):
    """Return 1 / (1 + exp(-x)) through tanh."""
    return f32(0.5) * squash(f32(0.5) * x) + f32(0.5)


@apart
def multiply(weights, inputs, drive):
    """Add weights · inputs to ``drive``; rows of memory run along the longer axis."""
    n_in, n_out = inputs.size, drive.size
    if n_in < n_out:
        for j in range(n_in):
            row = weights[j * n_out : (j + 1) * n_out]
            received = inputs[j]
            for i in range(n_out):
                drive[i] += row[i] * received
    else:
        for i in range(n_out):
            row = weights[i * n_in : (i + 1) * n_in]
            total = f32(0.0)
            for j in range(n_in):
                total += row[j] * inputs[j]
            drive[i] += total


@apart
def lstm(sensed, recalled, memory, hidden):
    """Rewrite ``memory`` and ``hidden``; gates stand in the order input, forget, cell, output."""
    n = hidden.size
    for i in range(n):
        admit = sigmoid(sensed[i] + recalled[i])
        keep = sigmoid(sensed[n + i] + recalled[n + i])
        new = squash(sensed[2 * n + i] + recalled[2 * n + i])
        show = sigmoid(sensed[3 * n + i] + recalled[3 * n + i])
        memory[i] = keep * memory[i] + admit * new
        hidden[i] = show * squash(memory[i])


@apart
def gru(sensed, recalled, hidden):
    """Rewrite ``hidden``; gates stand in the order reset, update, new."""
    n = hidden.size
    for i in range(n):
        reset = sigmoid(sensed[i] + recalled[i])
        keep = sigmoid(sensed[n + i] + recalled[n + i])
        new = squash(sensed[2 * n + i] + reset * recalled[2 * n + i])
        hidden[i] = (f32(1.0) - keep) * new + keep * hidden[i]


@fast
def step(lanes, observations, STATE, outputs):
    """Pass each lane's observation through its cell and readout.

    ``outputs[k]`` is that of ``lanes[k]``; observations and all state are indexed by lane.
    """
    n_in, n_cell, n_gates = sizes[0], sizes[1], sums.shape[1]
    sensed, recalled = sums[0], sums[1]
    for k in range(lanes.size):
        lane = lanes[k]
        row, units = weights[lane], now[lane]
        for j in range(n_in):
            units[j] = observations[lane, j]
        hidden = units[n_in : n_in + n_cell]
        recurrent = n_gates * n_in
        biases = recurrent + n_gates * n_cell
        for i in range(n_gates):
            sensed[i] = row[biases + i]
            recalled[i] = row[biases + n_gates + i]
        multiply(row[:recurrent], units[:n_in], sensed)
        multiply(row[recurrent:biases], hidden, recalled)
        if is_lstm:
            lstm(sensed, recalled, memories[lane], hidden)
        else:
            gru(sensed, recalled, hidden)
        first, place = n_in, biases + 2 * n_gates
        for layer in range(2, sizes.size):
            middle = first + sizes[layer - 1]
            drive = units[middle : middle + sizes[layer]]
            n = sizes[layer - 1] * sizes[layer]
            for i in range(drive.size):
                drive[i] = f32(0.0)
            multiply(row[place : place + n], units[first:middle], drive)
            if layer < sizes.size - 1 or output_is_tanh:
                for i in range(drive.size):
                    drive[i] = squash(drive[i])
            first, place = middle, place + n
        for i in range(outputs.shape[1]):
            outputs[k, i] = units[first + i]
