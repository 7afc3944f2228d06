"""The text of the functions that compute a stack of convolutions, each with tanh and maxima.

The text is compiled together with the function ``tanh``. A tap is one weight of a filter. The input
of a convolution lies in memory as ``(phase, channel, row, column)``. Every ``stride``-th column
belongs to the same phase, so that the inputs that a tap needs for one row of the output lie side by
side.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - tanh, fast, apart and f32 stand in the generated module


@apart
def add_taps(one, two, plane, first, offsets, a, b):
    """Add each tap's weight times its inputs to a row of output, for two filters at once.

    ``one`` and ``two`` are the rows, ``a`` and ``b`` the weights of the two filters. The inputs of
    a tap are the numbers of ``plane`` from ``first`` plus its offset on. A pass handles eight taps,
    so that each number that is loaded or stored serves sixteen products.
    """
    n = one.size
    t = 0
    while t + 8 <= offsets.size:
        p0 = plane[first + offsets[t] : first + offsets[t] + n]
        p1 = plane[first + offsets[t + 1] : first + offsets[t + 1] + n]
        p2 = plane[first + offsets[t + 2] : first + offsets[t + 2] + n]
        p3 = plane[first + offsets[t + 3] : first + offsets[t + 3] + n]
        p4 = plane[first + offsets[t + 4] : first + offsets[t + 4] + n]
        p5 = plane[first + offsets[t + 5] : first + offsets[t + 5] + n]
        p6 = plane[first + offsets[t + 6] : first + offsets[t + 6] + n]
        p7 = plane[first + offsets[t + 7] : first + offsets[t + 7] + n]
        a0, a1, a2, a3 = a[t], a[t + 1], a[t + 2], a[t + 3]
        a4, a5, a6, a7 = a[t + 4], a[t + 5], a[t + 6], a[t + 7]
        b0, b1, b2, b3 = b[t], b[t + 1], b[t + 2], b[t + 3]
        b4, b5, b6, b7 = b[t + 4], b[t + 5], b[t + 6], b[t + 7]
        for x in range(n):
            one[x] += (
                (a0 * p0[x] + a1 * p1[x] + a2 * p2[x] + a3 * p3[x])
                + (a4 * p4[x] + a5 * p5[x] + a6 * p6[x] + a7 * p7[x])
            )  # fmt: skip
            two[x] += (
                (b0 * p0[x] + b1 * p1[x] + b2 * p2[x] + b3 * p3[x])
                + (b4 * p4[x] + b5 * p5[x] + b6 * p6[x] + b7 * p7[x])
            )  # fmt: skip
        t += 8
    while t < offsets.size:
        p0 = plane[first + offsets[t] : first + offsets[t] + n]
        a0, b0 = a[t], b[t]
        for x in range(n):
            one[x] += a0 * p0[x]
            two[x] += b0 * p0[x]
        t += 1


@fast
def largest(a, b):
    """Return the larger of two numbers, or NaN if one of them is NaN."""
    return a if a > b or a != a else b


@apart
def pool(pooled, above, below):
    """Write the tanh of the largest sum of each 2×2 block into ``pooled``.

    An infinite sum becomes NaN, because tanh would hide it as ±1.
    """
    for x in range(pooled.size):
        pooled[x] = largest(
            largest(above[2 * x], above[2 * x + 1]), largest(below[2 * x], below[2 * x + 1])
        )
    for x in range(pooled.size):
        value = pooled[x]
        squashed = tanh(value)
        pooled[x] = squashed if abs(value) < f32(np.inf) else f32(np.nan)


@apart
def pick(row, line, first, step):
    """Fill ``row`` with every ``step``-th number of ``line``, from ``first`` on."""
    for x in range(row.size):
        row[x] = line[first + x * step]


@fast
def lay_out(planes, observation, shape):
    """Write an image's pixels into ``planes``, in the order of the first convolution's input."""
    channels, height, width, stride = shape[0], shape[1], shape[2], shape[3]
    row_size = shape[9]
    for y in range(height):
        line = observation[y * width * channels : (y + 1) * width * channels]
        for phase in range(stride):
            n = (width - phase + stride - 1) // stride
            for c in range(channels):
                place = ((phase * channels + c) * height + y) * row_size
                pick(planes[place : place + n], line, phase * channels + c, stride * channels)


@fast
def see(lanes, observations, filters, shapes, offsets, planes, rows, features):
    """Write the features of each lane's image into ``features``: ``(channel, row, column)``.

    ``shapes`` has a row for each convolution, and a last row for the features. The columns are: the
    channels, rows and columns of the convolution's input, its stride, its number of filters, the
    columns of its output, the index of its first filter weight, the index of its first tap in
    ``offsets``, the index of its first input in ``planes``, and the length of one row of a phase.
    ``offsets`` has the place of each tap's first input. ``rows`` is scratch memory: two rows of
    sums for each of two filters, and one row of maxima.
    """
    n_layers = shapes.shape[0] - 1
    for lane in lanes:
        lay_out(planes, observations[lane], shapes[0])
        for layer in range(n_layers):
            stride, n_out, n_columns, weight, tap, start, row_size = shapes[layer, 3:]
            taps = shapes[layer + 1, 7] - tap
            own = offsets[tap : tap + taps]
            last = layer == n_layers - 1
            next_height, next_width, next_stride = shapes[layer + 1, 1:4]
            next_start, next_row = shapes[layer + 1, 8:]
            wide = (n_columns + 15) // 16 * 16  # whole vectors; sums behind the row are not used
            pooled = rows[4, :next_width]
            for o in range(0, n_out, 2):
                pair = min(o + 1, n_out - 1)  # an odd last filter is computed twice
                a = filters[lane, weight + o * taps : weight + (o + 1) * taps]
                b = filters[lane, weight + pair * taps : weight + (pair + 1) * taps]
                for y in range(next_height):
                    rows[:4, :wide] = f32(0.0)
                    seen = start + 2 * y * stride * row_size
                    add_taps(rows[0, :wide], rows[1, :wide], planes, seen, own, a, b)
                    seen += stride * row_size
                    add_taps(rows[2, :wide], rows[3, :wide], planes, seen, own, a, b)
                    for k in range(pair - o + 1):
                        pool(pooled, rows[k], rows[2 + k])
                        if last:
                            place = ((o + k) * next_height + y) * next_width
                            for x in range(next_width):
                                features[lane, place + x] = pooled[x]
                            continue
                        for phase in range(next_stride):
                            place = (phase * n_out + o + k) * next_height + y
                            place = next_start + place * next_row
                            for x in range(phase, next_width, next_stride):
                                planes[place] = pooled[x]
                                place += 1
