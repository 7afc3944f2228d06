"""Driver of a graph of populations: the text of these functions joins each rule's kernel.

They run compiled, beside the rule's ``sweep`` (one pass over a projection) and the neurons'
``units_0``, ``units_1`` …. STATE stands for the parameters of `State`, PRE and POST for the rows
that rules see, NEURONS and SEEN for lines that `metahebb.networks.kernel` writes.

All units of a lane lie in one row: each population in order, and before it copies of sources that
do not lie there already. ``projections`` has a row for each projection: where its inputs begin, how
many there are, where its target begins, how many units that has, its first synapse, the number of
its neuron, the target's first unit among the modulators, and its first and last row in ``copies``.
A row of ``copies`` says where a source begins, where its copy does, how many units it has, and
whether the copy is of the step before.
"""

# mypy: ignore-errors
# ruff: noqa: B018, F821, F841, N803 - names and lines of the generated module


@fast
def step(lanes, observations, STATE, outputs):
    """Apply each lane's pending update, and pass its observation through the new weights.

    ``outputs[k]`` is that of ``lanes[k]``; observations and all state are indexed by lane. An
    update is due after every ``every``-th step of a life. With more than one of ``parts``, it is
    one of means: number k is the part of itself that step k adds, the last one that of all later
    steps.
    """
    for k in range(lanes.size):
        lane = lanes[k]
        last, new = before[lane], now[lane]
        old = means[lane] if parts.size > 1 else last
        for j in range(n_sensors):
            new[j] = observations[lane, j]
        gain = gains[lane] if pending[lane] else f32(0.0)
        for p in range(projections.shape[0]):
            first, n_in = projections[p, 0], projections[p, 1]
            target, n_out = projections[p, 2], projections[p, 3]
            synapse, unit = projections[p, 4], projections[p, 6]
            for c in range(projections[p, 7], projections[p, 8]):
                source, place = copies[c, 0], copies[c, 1]
                heard = last if copies[c, 3] else new
                for j in range(copies[c, 2]):
                    new[place + j] = heard[source + j]
            n = n_in * n_out
            planes = coefficients.shape[1] // weights.shape[1]
            drive = new[target : target + n_out]
            scale = sweep(
                weights[lane, synapse : synapse + n],
                traces[lane, synapse : synapse + n] if HAS_TRACE else traces[lane, 0:0],
                coefficients[lane, planes * synapse : planes * (synapse + n)],
                PRE[first : first + n_in],
                POST[target : target + n_out],
                new[first : first + n_in],
                drive,
                scales[lane, p],
                gain,
                modulators[lane, unit : unit + n_out],
            )
            scales[lane, p] = scale
            kind = projections[p, 5]
            NEURONS
        SEEN
        for i in range(last.size):
            last[i] = new[i]
        for i in range(outputs.shape[1]):
            outputs[k, i] = drive[i]
        ages[lane] += 1
        if parts.size > 1:
            part = parts[min(ages[lane], parts.size) - 1]
            for i in range(old.size):
                old[i] += part * (new[i] - old[i])
        pending[lane] = ages[lane] % every == 0


@fast
def flush(lanes, STATE):
    """Apply each lane's pending update now; the next step then finds nothing pending.

    It is the same sweep as a step's, so that flushing changes no bit of the life.
    """
    for k in range(lanes.size):
        lane = lanes[k]
        if not pending[lane]:
            continue
        last = before[lane]
        old = means[lane] if parts.size > 1 else last
        for p in range(projections.shape[0]):
            first, n_in = projections[p, 0], projections[p, 1]
            target, n_out = projections[p, 2], projections[p, 3]
            synapse, unit = projections[p, 4], projections[p, 6]
            n = n_in * n_out
            planes = coefficients.shape[1] // weights.shape[1]
            scales[lane, p] = sweep(
                weights[lane, synapse : synapse + n],
                traces[lane, synapse : synapse + n] if HAS_TRACE else traces[lane, 0:0],
                coefficients[lane, planes * synapse : planes * (synapse + n)],
                PRE[first : first + n_in],
                POST[target : target + n_out],
                old[first : first + n_in],
                scratch[:n_out],
                scales[lane, p],
                gains[lane],
                modulators[lane, unit : unit + n_out],
            )
        pending[lane] = False
