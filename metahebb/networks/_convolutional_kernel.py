"""Driver of a stack of convolutions, each with tanh and max-pooling, compiled with ``tanh``.

A layer's input lies as ``(phase, channel, row, column)``: of columns, every ``stride``-th belongs
to one phase, so that what a filter's tap needs along a row of the output is contiguous.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - tanh, fast, apart and f32 stand in the generated module


@apart
def add_taps(row, plane, first, offsets, weights):
    """Add to ``row`` each tap's weight times what it sees: ``plane`` from ``first + offset`` on."""
    n = row.size
    t = 0
    while t + 4 <= weights.size:
        a, b, c, d = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
        one = plane[first + offsets[t] : first + offsets[t] + n]
        two = plane[first + offsets[t + 1] : first + offsets[t + 1] + n]
        three = plane[first + offsets[t + 2] : first + offsets[t + 2] + n]
        four = plane[first + offsets[t + 3] : first + offsets[t + 3] + n]
        for x in range(n):
            row[x] += a * one[x] + b * two[x] + c * three[x] + d * four[x]
        t += 4
    while t < weights.size:
        a = weights[t]
        one = plane[first + offsets[t] : first + offsets[t] + n]
        for x in range(n):
            row[x] += a * one[x]
        t += 1


@fast
def largest(a, b):
    """Return the larger one, or NaN where one is."""
    return a if a > b or a != a else b


@fast
def squash(x):
    """Return tanh(x); infinite sums must be seen, and tanh would make ±1 of them."""
    return tanh(x) if abs(x) < f32(np.inf) else f32(np.nan)


@fast
def see(lanes, observations, filters, shapes, offsets, planes, rows, features):
    """Write the features of each lane's image, ``(channel, row, column)`` in one row.

    ``shapes`` has a row for each convolution: channels, rows and columns of its input, stride,
    filters, columns of its output, and first filter weight, first tap, first number in ``planes``
    and how many numbers a row of a phase has. Its last row is of the features.
    """
    n_layers = shapes.shape[0] - 1
    for lane in lanes:
        channels, height, width, stride = shapes[0, :4]
        row_size = shapes[0, 9]
        phase_size = channels * height * row_size
        for y in range(height):
            for x in range(width):
                place = x % stride * phase_size + y * row_size + x // stride
                pixel = (y * width + x) * channels
                for c in range(channels):
                    planes[place + c * height * row_size] = observations[lane, pixel + c]
        for layer in range(n_layers):
            stride, n_out, n_columns, weight, tap, start, row_size = shapes[layer, 3:]
            taps = shapes[layer + 1, 7] - tap
            own = offsets[tap : tap + taps]
            last = layer == n_layers - 1
            next_channels, next_height, next_width, next_stride = shapes[layer + 1, :4]
            next_start, next_row = shapes[layer + 1, 8:]
            next_phase = next_channels * next_height * next_row
            for o in range(n_out):
                first = weight + o * taps
                kernel = filters[lane, first : first + taps]
                for y in range(next_height):
                    above, below = rows[0, :n_columns], rows[1, :n_columns]
                    above[:] = f32(0.0)
                    below[:] = f32(0.0)
                    seen = start + 2 * y * stride * row_size
                    add_taps(above, planes, seen, own, kernel)
                    add_taps(below, planes, seen + stride * row_size, own, kernel)
                    for x in range(next_width):
                        value = squash(
                            largest(
                                largest(above[2 * x], above[2 * x + 1]),
                                largest(below[2 * x], below[2 * x + 1]),
                            )
                        )
                        if last:
                            features[lane, (o * next_height + y) * next_width + x] = value
                        else:
                            place = x % next_stride * next_phase
                            place += (o * next_height + y) * next_row + x // next_stride
                            planes[next_start + place] = value
