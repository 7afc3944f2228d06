"""The step of a feed-forward network with lanes side by side, compiled with a rule's ``delta``.

``SIDE`` lanes form a block, and the last axis of every array is the lane in its block. A synapse
follows the same rule in all lanes, so that its coefficients are one row of memory per block, and
no number is gathered from elsewhere.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - the generated module defines delta, tanh, fast, apart, f32 and SIDE


@apart
def sweep_side(weights, table, numbers, pre, post, inputs, drive, applied, largest, gains):
    """Rewire a layer, ``weights`` ``(n_out·n_in, SIDE)``, and multiply it by its inputs."""
    n_in, n_out = inputs.shape[0], drive.shape[0]
    for lane in range(SIDE):
        largest[lane] = f32(0.0)
    for j in range(n_out):
        for lane in range(SIDE):
            drive[j, lane] = f32(0.0)
        for i in range(n_in):
            synapse = j * n_in + i
            rule = numbers[synapse]
            for lane in range(SIDE):
                value = applied[lane] * weights[synapse, lane]
                value += gains[lane] * delta(
                    pre[i, lane],
                    post[j, lane],
                    table[rule, 0, lane],
                    table[rule, 1, lane],
                    table[rule, 2, lane],
                    table[rule, 3, lane],
                )
                weights[synapse, lane] = value
                drive[j, lane] += value * inputs[i, lane]
                most, size = largest[lane], abs(value)
                largest[lane] = size if size > most else most


@fast
def step_side(observations, sizes, weights, tables, numbers, before, now, scales, scratch, gains,
              smallest, outputs):  # fmt: skip
    """Advance all lanes by one step; a lane whose gain is 0 is newborn, and its gain becomes 1."""
    applied, largest = scratch[0], scratch[1]
    for block in range(weights.shape[0]):
        old, new, gain = before[block], now[block], gains[block]
        for j in range(sizes[0]):
            for lane in range(SIDE):
                new[j, lane] = observations[block * SIDE + lane, j]
        first, synapse = 0, 0
        for layer in range(sizes.size - 1):
            n_in, n_out = sizes[layer], sizes[layer + 1]
            n = n_in * n_out
            middle, last = first + n_in, first + n_in + n_out
            drive, scale = new[middle:last], scales[block, layer]
            for lane in range(SIDE):
                applied[lane] = f32(1.0) if gain[lane] == 0.0 else scale[lane]
            sweep_side(
                weights[block, synapse : synapse + n],
                tables[block],
                numbers[synapse : synapse + n],
                old[first:middle],
                old[middle:last],
                new[first:middle],
                drive,
                applied,
                largest,
                gain,
            )
            for lane in range(SIDE):
                if gain[lane] != 0.0:
                    most = largest[lane]
                    scale[lane] = f32(1.0) / most if most >= smallest else f32(1.0)
            for i in range(n_out):
                for lane in range(SIDE):
                    value = scale[lane] * drive[i, lane]
                    drive[i, lane] = tanh(value) if abs(value) < f32(np.inf) else f32(np.nan)
            first, synapse = middle, synapse + n
        for i in range(old.shape[0]):
            for lane in range(SIDE):
                old[i, lane] = new[i, lane]
        for i in range(n_out):
            for lane in range(SIDE):
                outputs[block * SIDE + lane, i] = drive[i, lane]
        for lane in range(SIDE):
            gain[lane] = f32(1.0)
