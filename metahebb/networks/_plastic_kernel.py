"""The text of the functions that advance the lanes of a graph of populations.

The text is compiled together with the rule's ``sweep``, which is one pass over the synapses of a
projection, and with the neurons' functions ``units_0``, ``units_1`` …. `metahebb.networks.kernel`
replaces some words: STATE by the parameters of `State`, PRE and POST by the rows that rules see,
NEURONS and SEEN by lines of code.

The outputs of all units of a lane lie in one row, population after population. Before the units of
a population lie copies of its sources, unless a source lies there already.

The table ``projections`` has a row for each projection, with these columns: the index of its first
input, the number of its inputs, the index of its target's first unit, the number of the target's
units, the index of its first synapse, the number of the target's neuron, the index of the target's
first unit among the modulators, its first row in ``copies``, the row behind its last one there, its
number among the projections that a rule changes (−1: its weights are fixed), and its place among
several projections onto the same target: 0 if there is one, 1 for the first, 2 for others, 3 for
the last one.

The table ``copies`` has a row for each copied source: the index of the source's first unit, the
index of the copy's first unit, the number of units, and whether the copy holds the outputs of the
step before.
"""

# mypy: ignore-errors
# ruff: noqa: B018, F821, F841, N803 - names and lines of the generated module


@fast
def advance(lane, observation, STATE, output):
    """Advance one lane by one step; see `step`."""
    last, new = before[lane], now[lane]
    old = means[lane] if parts.size > 1 else last
    for j in range(n_sensors):
        new[j] = observation[j]
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
        SWEEP
        kind = projections[p, 5]
        NEURONS
    SEEN
    for i in range(last.size):
        last[i] = new[i]
    for i in range(output.size):
        output[i] = drive[i]
    ages[lane] += 1
    if parts.size > 1:
        part = parts[min(ages[lane], parts.size) - 1]
        for i in range(old.size):
            old[i] += part * (new[i] - old[i])
    pending[lane] = ages[lane] % every == 0


@fast
def step(lanes, observations, STATE, outputs):
    """Apply each lane's pending update, and compute its outputs with the new weights.

    ``outputs[k]`` belongs to lane ``lanes[k]``. Observations and all state have a row per lane. An
    update is due after every ``every``-th step of a life.

    If ``parts`` has more than one number, rules see averages of activities. In step k of a life,
    counted from 1, the average moves by a part of the way towards the step's activity. The part is
    number k of ``parts``, or the last number in all later steps.
    """
    for k in range(lanes.size):
        lane = lanes[k]
        advance(lane, observations[lane], STATE, outputs[k])


@fast
def stretch(lanes, observations, lengths, STATE, outputs):
    """Advance each lane by several steps: ``lengths[k]`` steps of lane ``lanes[k]``.

    Observations and outputs have a row for each lane of ``lanes`` and each step.
    """
    for k in range(lanes.size):
        for t in range(lengths[k]):
            advance(lanes[k], observations[k, t], STATE, outputs[k, t])


@fast
def flush(lanes, STATE):
    """Apply each lane's pending update now, so that none is pending in the next step.

    The sweep is the same as in a step, so that flushing changes no bit of the life.
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
            FLUSH
        pending[lane] = False
