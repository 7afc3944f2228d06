"""Driver of a feed-forward stack: the text of these functions joins each rule's kernel.

They run compiled, beside the rule's ``sweep`` (one pass over a layer) and ``tanh``. Units of all
layers lie in one row per lane: sensors first, then each layer's neurons. Where the first layer
hears itself, its last activity stands behind the sensors, as more of them.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - sweep, tanh, fast and f32 stand in the generated module


@fast
def step(lanes, observations, sizes, weights, traces, coefficients, before, now, largest, scales,
         gains, modulators, pending, ages, means, parts, every, output_is_tanh, n_back, leak,
         outputs):  # fmt: skip
    """Apply each lane's pending update, and pass its observation forward through the new weights.

    ``outputs[k]`` is that of ``lanes[k]``; observations and all state are indexed by lane. The last
    ``n_back`` inputs are what the first layer put out in the step before; with a leak[0] below 1
    it keeps the rest of that. An update is due after every ``every``-th step of a life; with
    more than one of ``parts``, it is one of means: number k is what step k adds of itself, the
    last one what all later steps do.
    """
    n_layers = sizes.size - 1
    for k in range(lanes.size):
        lane = lanes[k]
        last, new = before[lane], now[lane]
        old = means[lane] if parts.size > 1 else last
        n_in = sizes[0]
        n_seen = n_in - n_back
        for j in range(n_seen):
            new[j] = observations[lane, j]
        for j in range(n_back):
            new[n_seen + j] = last[n_in + j]
        gain = gains[lane] if pending[lane] else f32(0.0)
        first, synapse = 0, 0
        for layer in range(n_layers):
            n_in, n_out = sizes[layer], sizes[layer + 1]
            n = n_in * n_out
            planes = coefficients.shape[1] // weights.shape[1]
            middle, end = first + n_in, first + n_in + n_out
            drive = new[middle:end]
            scale = sweep(
                weights[lane, synapse : synapse + n],
                traces[lane, synapse : synapse + n] if HAS_TRACE else traces[lane, 0:0],
                coefficients[lane, planes * synapse : planes * (synapse + n)],
                old[first:middle],
                old[middle:end],
                new[first:middle],
                drive,
                largest,
                scales[lane, layer],
                gain,
                modulators[lane],
            )
            scales[lane, layer] = scale
            if layer < n_layers - 1 or output_is_tanh:
                for i in range(n_out):
                    value = scale * drive[i]
                    # Infinite weights must be seen: tanh would make ±1 of them.
                    drive[i] = tanh(value) if abs(value) < f32(np.inf) else f32(np.nan)
                if layer == 0 and leak[0] < f32(1.0):
                    for i in range(n_back):
                        drive[i] = leak[0] * drive[i] + (f32(1.0) - leak[0]) * new[n_seen + i]
            else:
                for i in range(n_out):
                    drive[i] = scale * drive[i]
            first, synapse = middle, synapse + n
        for i in range(last.size):
            last[i] = new[i]
        for i in range(n_out):
            outputs[k, i] = drive[i]
        ages[lane] += 1
        if parts.size > 1:
            part = parts[min(ages[lane], parts.size) - 1]
            for i in range(old.size):
                old[i] += part * (new[i] - old[i])
        pending[lane] = ages[lane] % every == 0


@fast
def flush(lanes, sizes, weights, traces, coefficients, before, now, largest, scales, gains,
          modulators, pending, ages, means, parts, every, output_is_tanh, n_back,
          leak):  # fmt: skip
    """Apply each lane's pending update now; the next step then finds nothing pending.

    It is the same sweep as a step's, so that flushing changes no bit of the life.
    """
    for k in range(lanes.size):
        lane = lanes[k]
        if not pending[lane]:
            continue
        old, scratch = means[lane] if parts.size > 1 else before[lane], now[lane]
        first, synapse = 0, 0
        for layer in range(sizes.size - 1):
            n_in, n_out = sizes[layer], sizes[layer + 1]
            n = n_in * n_out
            planes = coefficients.shape[1] // weights.shape[1]
            middle, last = first + n_in, first + n_in + n_out
            scales[lane, layer] = sweep(
                weights[lane, synapse : synapse + n],
                traces[lane, synapse : synapse + n] if HAS_TRACE else traces[lane, 0:0],
                coefficients[lane, planes * synapse : planes * (synapse + n)],
                old[first:middle],
                old[middle:last],
                old[first:middle],
                scratch[middle:last],
                largest,
                scales[lane, layer],
                gains[lane],
                modulators[lane],
            )
            first, synapse = middle, synapse + n
        pending[lane] = False
