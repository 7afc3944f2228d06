"""The text of the functions that draw CarRacing's frames, and reduce them to observations.

Gymnasium draws polygons with whole-numbered corners into a window of 1000×800 pixels, and reduces
the window to 96×96 by means over areas. Here each pixel of a frame is the mean of `COLUMNS` ×
`ROWS` samples of the same polygons, so that only these samples have to be painted.
"""

# mypy: ignore-errors
# ruff: noqa: F821 - fast, apart and f32 stand in the generated module

u32 = np.uint32
WINDOW_W, WINDOW_H = 1000.0, 800.0
SIZE = 96
COLUMNS, ROWS = 4, 4
SAMPLES = SIZE * COLUMNS
BAR = 84
"""The first row of the frame in which the instruments stand."""
SHARE = f32(1.0 / (COLUMNS * ROWS))
REACH = 0.5
"""The distance by which a polygon reaches beyond the centers of its corners' pixels [pixels]."""
LARGEST = 24.0
"""The largest distance between two corners of a patch of grass, or of a tile [m]."""
BLACK = u32(0)


@fast
def packed(red, green, blue):
    """Return a color in one number with ten bits per channel.

    With ten bits the channels of four samples can be added without an overflow.
    """
    return u32(red | green << 10 | blue << 20)


@fast
def add(scene, count, xs, ys, color):
    """Add a convex quadrangle in the window to ``scene``; return the new number of quadrangles.

    A quadrangle covers a line of samples at y from the rightmost of its left edges to the leftmost
    of its right edges. ``scene`` holds three arrays. The first has three left edges and three right
    edges of each quadrangle, each as its x at y = 0 and its slope; an edge that the quadrangle does
    not have lies on the border of the window. The second has the lowest and the highest y of each
    quadrangle, and the third has its color.
    """
    edges, spans, colors = scene
    low, high = ys[0], ys[0]
    left, right = xs[0], xs[0]
    area = 0.0
    for i in range(4):
        j = (i + 1) % 4
        low, high = min(low, ys[i]), max(high, ys[i])
        left, right = min(left, xs[i]), max(right, xs[i])
        area += xs[i] * ys[j] - xs[j] * ys[i]
    if high < -1.0 or low > WINDOW_H + 1.0 or right < -1.0 or left > WINDOW_W + 1.0:
        return count
    if area == 0.0:
        return count
    n_left, n_right = 0, 0
    for k in range(3):
        edges[count, k, 0], edges[count, k, 1] = 0.0, 0.0
        edges[count, 3 + k, 0], edges[count, 3 + k, 1] = WINDOW_W, 0.0
    for i in range(4):
        j = (i + 1) % 4
        rise = ys[j] - ys[i]
        if rise == 0.0:
            continue
        slope = (xs[j] - xs[i]) / rise
        if (rise > 0.0) == (area > 0.0):
            place, reach = 3 + n_right, REACH
            n_right += 1
        else:
            place, reach = n_left, -REACH
            n_left += 1
        edges[count, place, 0] = xs[i] - slope * ys[i] + reach
        edges[count, place, 1] = slope
    spans[count, 0], spans[count, 1] = low, high
    colors[count] = color
    return count + 1


@fast
def whole(value):
    """Return the center of the pixel on which a coordinate of the window lies."""
    return np.trunc(value) + 0.5


@fast
def add_seen(scene, count, corners, color, camera, xs, ys):
    """Add a quadrangle of the world as ``camera`` sees it; ``corners`` is ``(4, 2)`` [m]."""
    cos, sin, zoom, x0, y0 = camera[0], camera[1], camera[2], camera[3], camera[4]
    for i in range(4):
        x, y = corners[i, 0], corners[i, 1]
        xs[i] = whole((x * cos - y * sin) * zoom + x0)
        ys[i] = WINDOW_H - whole((x * sin + y * cos) * zoom + y0)
    return add(scene, count, xs, ys, color)


@fast
def is_near(x, y, camera):
    """Return whether a polygon with a corner at x, y [m] can reach into the window."""
    u = (x * camera[0] - y * camera[1]) * camera[2] + camera[3]
    v = (x * camera[1] + y * camera[0]) * camera[2] + camera[4]
    far = LARGEST * camera[2]
    return -far < u < WINDOW_W + far and -far < v < WINDOW_H + far


@fast
def add_body(scene, count, shape, color, pose, camera, corners, xs, ys):
    """Add a quadrangle that is fixed to a body; ``pose`` is the body's x, y and angle."""
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    for i in range(4):
        x, y = shape[i, 0], shape[i, 1]
        corners[i, 0] = x * cos - y * sin + pose[0]
        corners[i, 1] = x * sin + y * cos + pose[1]
    return add_seen(scene, count, corners, color, camera, xs, ys)


@fast
def add_bar(scene, count, left, top, right, bottom, value, color, xs, ys):
    """Add the rectangle of an instrument, if its ``value`` is large enough to be visible."""
    if not abs(value) > 1e-4:
        return count
    xs[0] = xs[3] = whole(left)
    xs[1] = xs[2] = whole(right)
    ys[0] = ys[1] = whole(top)
    ys[2] = ys[3] = whole(bottom)
    return add(scene, count, xs, ys, color)


@fast
def add_car(scene, count, state, hull, wheel, white, camera, corners, xs, ys):
    """Add the wheels, each with its white stripe if that is on the upper side, then the hull."""
    for k in range(4):
        pose = state[4 + 5 * k : 9 + 5 * k]
        count = add_body(scene, count, wheel, BLACK, pose, camera, corners, xs, ys)
        first, last = pose[3], pose[3] + 1.2  # the stripe, as angles on the tread
        if np.sin(first) > 0 and np.sin(last) > 0:
            continue
        begin = np.sign(np.cos(first)) if np.sin(first) > 0 else np.cos(first)
        end = np.sign(np.cos(last)) if np.sin(last) > 0 else np.cos(last)
        for i in range(4):
            white[i, 0] = wheel[i, 0]
            white[i, 1] = abs(wheel[i, 1]) * (begin if i < 2 else end)
        count = add_body(scene, count, white, packed(77, 77, 77), pose, camera, corners, xs, ys)
    for k in range(hull.shape[0]):
        count = add_body(scene, count, hull[k], packed(204, 0, 0), state, camera, corners, xs, ys)
    return count


@fast
def add_instruments(scene, count, state, xs, ys):
    """Add the black bar and the instruments on it.

    They show the speed, the wheels' speeds, the steering angle and the turning speed.
    """
    s, h, foot = WINDOW_W / 40.0, WINDOW_H / 40.0, WINDOW_H
    count = add_bar(scene, count, 0.0, foot - 5 * h, WINDOW_W, foot, 1.0, BLACK, xs, ys)
    for k in range(5):
        value = state[24] if k == 0 else state[4 + 5 * (k - 1) + 4]
        place = 5 if k == 0 else 6 + k
        size = (0.02 if k == 0 else 0.01) * value
        color = packed(255, 255, 255) if k == 0 else packed(0 if k < 3 else 51, 0, 255)
        top = foot - (h + h * size)
        left, right = place * s, (place + 1) * s
        count = add_bar(scene, count, left, top, right, foot - h, value, color, xs, ys)
    for k in range(2):
        value = state[25 + k]
        left = (20 if k == 0 else 30) * s
        right = left + (-10.0 if k == 0 else -0.8) * value * s
        color = packed(0, 255, 0) if k == 0 else packed(255, 0, 0)
        count = add_bar(
            scene, count, left, foot - 4 * h, right, foot - 2 * h, value, color,
            xs, ys,
        )  # fmt: skip
    return count


@fast
def rows_of(spans, p, world):
    """Return the first and the last row that polygon ``p`` touches.

    Polygons before number ``world`` belong to the world, which ends above the black bar.
    """
    tall = WINDOW_H / SIZE
    first = max(0, int((spans[p, 0] - REACH) / tall))
    last = min(BAR - 1 if p < world else SIZE - 1, int((spans[p, 1] + REACH) / tall))
    return first, last


@fast
def sort_by_row(spans, world, count, starts, members):
    """Write for each row of pixels the polygons that touch it, in the order of painting.

    The polygons of row r are ``members[starts[r]:starts[r + 1]]``. Polygons before number ``world``
    belong to the world, and the others are instruments.
    """
    starts[:] = 0
    for p in range(count):
        first, last = rows_of(spans, p, world)
        for row in range(first, last + 1):
            starts[row] += 1
    for row in range(SIZE):
        starts[row + 1] += starts[row]
    # Now starts has the end of each row's polygons. Filling them in from the end moves each number
    # down to the beginning.
    for p in range(count - 1, -1, -1):
        first, last = rows_of(spans, p, world)
        for row in range(first, last + 1):
            starts[row] -= 1
            members[starts[row]] = p


@apart
def paint(lines, scene, starts, members, row):
    """Paint the quadrangles of a row of pixels, one over the other, onto its lines of samples."""
    edges, spans, colors = scene
    scale = SAMPLES / WINDOW_W
    step = WINDOW_H / (SIZE * ROWS)
    for k in range(ROWS):
        for x in range(SAMPLES):
            lines[k, x] = BLACK
    for m in range(starts[row], starts[row + 1]):
        p = members[m]
        bottom, top, color = spans[p, 0], spans[p, 1], colors[p]
        for k in range(ROWS):
            y = (row * ROWS + k + 0.5) * step
            if y < bottom - REACH or y > top + REACH:
                continue
            at = bottom if y < bottom else (top if y > top else y)
            left, right = 0.0, WINDOW_W
            for i in range(3):  # max and min are slower, because they check for NaN
                one = edges[p, i, 0] + edges[p, i, 1] * at
                left = one if one > left else left
                two = edges[p, 3 + i, 0] + edges[p, 3 + i, 1] * at
                right = two if two < right else right
            right = 0.0 if right < 0.0 else right  # a negative index would count from the end
            # Samples are at the centers of equal parts of the line.
            part = lines[k, int(left * scale + 0.5) : int(right * scale + 0.5)]
            for x in range(part.size):
                part[x] = color


@fast
def shade(total):
    """Return a channel of a pixel from the sum of its samples.

    pygame rounds down twice, which makes each color 2 lower; this function does the same.
    """
    return np.uint8(max(f32(np.int32(total)) * SHARE - f32(1.5), f32(0.0)))


@apart
def write_row(frame, row, lines):
    """Write a row of pixels as means of samples, with pygame's rounding."""
    outer, middle = u32(0x3FF003FF), u32(0x000FFC00)
    total = lines[0]
    for k in range(1, ROWS):
        for x in range(SAMPLES):
            total[x] += lines[k, x]
    for x in range(SIZE):
        ends, center = u32(0), u32(0)
        for k in range(COLUMNS):
            sample = total[x * COLUMNS + k]
            ends += sample & outer
            center += sample & middle
        frame[row, x, 0] = shade(ends & u32(0xFFF))
        frame[row, x, 1] = shade(center >> u32(10))
        frame[row, x, 2] = shade(ends >> u32(20))


@fast
def draw(lanes, frames, states, texts, road, fixed, scene, rows, lines):
    """Draw the frame ``(96, 96, 3)`` of each of ``lanes``.

    Args:
        lanes: ``(k,)``, the numbers of the lanes.
        frames: ``(n, 96, 96, 3)``, of which the frames of ``lanes`` are written.
        states: ``(n, 27)``: x, y and angle of the hull, seconds since birth; x, y, angle, phase and
            speed of each wheel; speed, steering angle and turning speed of the car.
        texts: ``(n, 12, 12)``, the brightness of the corner in which the score stands.
        road: for each lane the polygons of the road, their colors, and the number of polygons.
        fixed: the polygons of the grass, of the hull and of a wheel.
        scene: scratch memory, see `add`.
        rows: scratch memory, see `sort_by_row`.
        lines: scratch memory for the lines of samples of a row.
    """
    quads, paints, counts = road
    grass, hull, wheel = fixed
    starts, members = rows
    camera, xs, ys = np.empty(5), np.empty(4), np.empty(4)
    corners, white = np.empty((4, 2)), np.empty((4, 2))
    for lane in lanes:
        state = states[lane]
        turn, t = -state[2], state[3]
        cos, sin = np.cos(turn), np.sin(turn)
        zoom = 0.6 * max(1.0 - t, 0.0) + 16.2 * min(t, 1.0)
        x, y = -state[0] * zoom, -state[1] * zoom
        camera[0], camera[1], camera[2] = cos, sin, zoom
        camera[3] = WINDOW_W / 2 + (x * cos - y * sin)
        camera[4] = WINDOW_H / 4 + (x * sin + y * cos)
        count = 0
        for k in range(grass.shape[0]):
            if k == 0 or is_near(grass[k, 0, 0], grass[k, 0, 1], camera):
                color = packed(102, 204, 102) if k == 0 else packed(102, 230, 102)
                count = add_seen(scene, count, grass[k], color, camera, xs, ys)
        for k in range(counts[lane]):
            quad = quads[lane, k]
            if is_near(quad[0, 0], quad[0, 1], camera):
                red, green, blue = paints[lane, k]
                color = packed(int(red), int(green), int(blue))
                count = add_seen(scene, count, quad, color, camera, xs, ys)
        count = add_car(scene, count, state, hull, wheel, white, camera, corners, xs, ys)
        world = count
        count = add_instruments(scene, count, state, xs, ys)
        sort_by_row(scene[1], world, count, starts, members)
        frame = frames[lane]
        for row in range(SIZE):
            paint(lines, scene, starts, members, row)
            write_row(frame, row, lines)
        text = texts[lane]
        for row in range(text.shape[0]):
            for column in range(text.shape[1]):
                pixel = frame[BAR + row, column]
                for c in range(3):
                    pixel[c] = max(pixel[c], text[row, column])


@apart
def mix_rows(mixed, frame, first, weights):
    """Write the weighted sum of up to three rows of ``frame``, from ``first`` on."""
    top, below = frame[first], frame[first + 1 if weights[1] != 0 else first]
    a, b, c = weights[0], weights[1], weights[2]
    for x in range(mixed.size):
        mixed[x] = a * f32(top[x]) + b * f32(below[x])
    if c != 0:
        lowest = frame[first + 2]
        for x in range(mixed.size):
            mixed[x] += c * f32(lowest[x])


@fast
def shrink(lanes, frames, firsts, weights, mixed, observations):
    """Write means over areas of each lane's frame, in [0, 1], into its observation.

    Each row (and column) of an observation is a weighted sum of one to three rows (or columns) of
    the frame. ``firsts`` has the first of them, and ``weights`` ``(size, 3)`` their weights.
    """
    size = firsts.size
    has_third = False
    for x in range(size):
        has_third |= weights[x, 2] != 0
    for lane in lanes:
        frame = frames[lane].reshape(SIZE, SIZE * 3)
        for y in range(size):
            mix_rows(mixed, frame, firsts[y], weights[y])
            place = y * size * 3
            for x in range(size):
                a, b = weights[x, 0], weights[x, 1]
                left = firsts[x] * 3
                right = left + 3 if b != 0 else left
                for c in range(3):
                    observations[lane, place + x * 3 + c] = (
                        a * mixed[left + c] + b * mixed[right + c]
                    ) * f32(1 / 255)
            if not has_third:
                continue
            for x in range(size):
                if weights[x, 2] != 0:
                    part = weights[x, 2] * f32(1 / 255)
                    for c in range(3):
                        seen = part * mixed[firsts[x] * 3 + 6 + c]
                        observations[lane, place + x * 3 + c] += seen
