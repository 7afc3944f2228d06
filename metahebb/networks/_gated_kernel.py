"""The text of the functions that compute a gated recurrent cell and the layers behind it.

The text is compiled together with the function ``tanh``. The outputs of all units of a lane lie in
one row: the sensors, then the cell's units, then the units of each layer behind it. The weights lie
in the order of `Gated.layers`. The word STATE is replaced by the parameters of `State`.
"""

# mypy: ignore-errors
# ruff: noqa: F821, N803 - names and lines of the generated module


@fast
def squash(x):
    """Return tanh(x), or NaN if x is infinite, because tanh would hide that as ±1."""
    return tanh(x) if abs(x) < f32(np.inf) else f32(np.nan)


@fast
def sigmoid(x):
    """Return 1 / (1 + exp(-x)), computed from tanh."""
    return f32(0.5) * squash(f32(0.5) * x) + f32(0.5)


@apart
def multiply(weights, inputs, drive):
    """Add the product of ``weights`` and ``inputs`` to ``drive``.

    Rows of the weights' memory run along the longer axis of the matrix.
    """
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
    """Advance the ``memory`` and the outputs ``hidden`` of an LSTM by one step.

    ``sensed`` and ``recalled`` are the drives by the sensors and by the cell's own outputs. Their
    parts stand in the order input, forget, cell, output.
    """
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
    """Advance the outputs ``hidden`` of a GRU by one step.

    ``sensed`` and ``recalled`` are the drives by the sensors and by the cell's own outputs. Their
    parts stand in the order reset, update, new.
    """
    n = hidden.size
    for i in range(n):
        reset = sigmoid(sensed[i] + recalled[i])
        keep = sigmoid(sensed[n + i] + recalled[n + i])
        new = squash(sensed[2 * n + i] + reset * recalled[2 * n + i])
        hidden[i] = (f32(1.0) - keep) * new + keep * hidden[i]


@fast
def step(lanes, observations, STATE, outputs):
    """Compute the outputs of each lane's network from its observation.

    ``outputs[k]`` belongs to lane ``lanes[k]``. Observations and all state have a row per lane.
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
