"""Steps on the unit sphere and the loops around them: the compiled part of
:mod:`nlpzero.vectors.jose`.

A vector is float32[blocks, 64], with zeros at its end. Products sum 16 lanes side by side, in one
order on every machine. The lengths of the new rows follow from the products of the old ones, so a
row is read twice and written once, at length 1; assuming that the old ones had length 1 lets
rounding grow, by up to 1 + 4 rate (w.v)^2 for each draw of w.
"""

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Floats, Floats32, Ints, Keys
from nlpzero.engine.hash_tables import GOLDEN, mix64
from nlpzero.engine.jit import kernel

BLOCK = 64
#: Room for the lanes of four products.
SUMS = 64
#: Windows end after so many words of a document, as in the authors' program.
STRETCH = 1000

_ZERO = np.float32(0)
_ONE = np.float32(1)
_TWO = np.float32(2)
# a gradient whose squared length is below says nothing
_NOTHING = np.float32(1e-10)


# ---------------------------------------------------------------------------------------- products
#
# A row is named by its table and its number: a view made by the caller would be counted. Places are
# sums of a constant and the loop variable, so that the compiler takes 16 lanes at once.


@kernel
def _total(sums: Floats32, at: int) -> np.float32:
    """Sum of 16 lanes."""
    s = sums[at : at + 16]
    left = ((s[0] + s[8]) + (s[4] + s[12])) + ((s[2] + s[10]) + (s[6] + s[14]))
    right = ((s[1] + s[9]) + (s[5] + s[13])) + ((s[3] + s[11]) + (s[7] + s[15]))
    return np.float32(left + right)


@kernel
def _two_products(
    words: Floats32, u: int, w: int, others: Floats32, v: int, sums: Floats32
) -> None:
    """Lanes of u.v and w.v."""
    for k in range(32):
        sums[k] = _ZERO
    for b in range(words.shape[1]):
        x, y, z = words[u, b], others[v, b], words[w, b]
        for k in range(16):
            y0, y1, y2, y3 = y[k], y[16 + k], y[32 + k], y[48 + k]
            sums[k] += (x[k] * y0 + x[16 + k] * y1) + (x[32 + k] * y2 + x[48 + k] * y3)
            sums[16 + k] += (z[k] * y0 + z[16 + k] * y1) + (z[32 + k] * y2 + z[48 + k] * y3)


@kernel
def _four_products(
    words: Floats32, u: int, w: int, others: Floats32, v: int, sums: Floats32
) -> None:
    """Lanes of u.w, u.u, w.w and v.v."""
    for k in range(64):
        sums[k] = _ZERO
    for b in range(words.shape[1]):
        x, y, z = words[u, b], others[v, b], words[w, b]
        for k in range(16):
            x0, x1, x2, x3 = x[k], x[16 + k], x[32 + k], x[48 + k]
            y0, y1, y2, y3 = y[k], y[16 + k], y[32 + k], y[48 + k]
            z0, z1, z2, z3 = z[k], z[16 + k], z[32 + k], z[48 + k]
            sums[k] += (x0 * z0 + x1 * z1) + (x2 * z2 + x3 * z3)
            sums[16 + k] += (x0 * x0 + x1 * x1) + (x2 * x2 + x3 * x3)
            sums[32 + k] += (z0 * z0 + z1 * z1) + (z2 * z2 + z3 * z3)
            sums[48 + k] += (y0 * y0 + y1 * y1) + (y2 * y2 + y3 * y3)


@kernel
def _side_products(context: Floats32, v: int, documents: Floats32, d: int, sums: Floats32) -> None:
    """Lanes of v.d and d.d."""
    for k in range(32):
        sums[k] = _ZERO
    for b in range(context.shape[1]):
        x, y = context[v, b], documents[d, b]
        for k in range(16):
            y0, y1, y2, y3 = y[k], y[16 + k], y[32 + k], y[48 + k]
            sums[k] += (x[k] * y0 + x[16 + k] * y1) + (x[32 + k] * y2 + x[48 + k] * y3)
            sums[16 + k] += (y0 * y0 + y1 * y1) + (y2 * y2 + y3 * y3)


# ------------------------------------------------------------------------------------------- steps


@kernel
def two_hinges_step(
    words: Floats32,
    u: int,
    w: int,
    others: Floats32,
    v: int,
    margin: np.float32,
    rate: np.float32,
    moving: bool,
    sums: Floats32,
) -> np.float32:
    """One step for ``max(0, margin - u.v + w.v)``: u belongs with v, w does not. Returns the loss.

    Each row moves in the tangent plane, by the rate times a factor, and back to the sphere; without
    ``moving``, only v does. The factor is 1 - cos of the angle to where the row should go, for v
    taken without the length of u - w; for w the program of the authors has 2 w.v, in place of
    1 + w.v.
    """
    _two_products(words, u, w, others, v, sums)
    f = _total(sums, 0)
    h = _total(sums, 16)
    t = f - h
    loss = margin - t
    if loss <= _ZERO:
        return _ZERO
    _four_products(words, u, w, others, v, sums)
    uu, ww, vv = _total(sums, 16), _total(sums, 32), _total(sums, 48)
    apart = uu + ww - _TWO * _total(sums, 0)
    c = rate * (_ONE - t)  # v + c (u - w - t v)
    y = _ONE - c * t
    r = _ONE / np.sqrt(y * y * vv + _TWO * y * c * t + c * c * apart)
    if not moving:
        _write_one(words, u, w, others, v, y * r, c * r)
        return loss
    a = rate * (_ONE - f)  # u + a (v - f u)
    x = _ONE - a * f
    n = _ONE / np.sqrt(x * x * uu + _TWO * x * a * f + a * a * vv)
    b = rate * _TWO * h  # w - b (v - h w)
    z = _ONE + b * h
    m = _ONE / np.sqrt(z * z * ww - _TWO * z * b * h + b * b * vv)
    _write_three(words, u, w, others, v, x * n, a * n, z * m, b * m, y * r, c * r)
    return loss


@kernel
def _write_one(
    words: Floats32, u: int, w: int, others: Floats32, v: int, y: np.float32, c: np.float32
) -> None:
    for i in range(words.shape[1]):
        p, q, s = words[u, i], others[v, i], words[w, i]
        for k in range(64):
            q[k] = y * q[k] + c * (p[k] - s[k])


@kernel
def _write_three(
    words: Floats32,
    u: int,
    w: int,
    others: Floats32,
    v: int,
    x: np.float32,
    a: np.float32,
    z: np.float32,
    b: np.float32,
    y: np.float32,
    c: np.float32,
) -> None:
    for i in range(words.shape[1]):
        p, q, s = words[u, i], others[v, i], words[w, i]
        for k in range(64):
            one, two, three = p[k], q[k], s[k]
            p[k] = x * one + a * two
            s[k] = z * three - b * two
            q[k] = y * two + c * (one - three)


@kernel
def joint_step(
    words: Floats32,
    u: int,
    w: int,
    context: Floats32,
    v: int,
    documents: Floats32,
    d: int,
    margin: np.float32,
    rate: np.float32,
    sums: Floats32,
) -> np.float32:
    """One step for ``max(0, margin - u.v - u.d + w.v + w.d)``. Returns the loss.

    Every row moves against its gradient g in the tangent plane, by the rate times
    ``1 + cos(row, g)``, and back to the sphere.
    """
    _two_products(words, u, w, context, v, sums)
    uv, wv = _total(sums, 0), _total(sums, 16)
    _two_products(words, u, w, documents, d, sums)
    ud, wd = _total(sums, 0), _total(sums, 16)
    good = uv + ud
    bad = wv + wd
    loss = margin - good + bad
    if loss <= _ZERO:
        return _ZERO
    _four_products(words, u, w, context, v, sums)
    uu, ww, vv = _total(sums, 16), _total(sums, 32), _total(sums, 48)
    apart = uu + ww - _TWO * _total(sums, 0)  # of u - w, which v and d move along, squared
    _side_products(context, v, documents, d, sums)
    dd = _total(sums, 16)
    sides = vv + dd + _TWO * _total(sums, 0)  # of v + d, which u and w move along
    a = b = c = e = _ZERO
    if sides > _NOTHING:
        length = np.sqrt(sides)
        a = rate * (_ONE - good / length)  # u + a (v + d - good u)
        b = rate * (_ONE + bad / length)  # w - b (v + d - bad w)
    tv = uv - wv
    td = ud - wd
    if apart > _NOTHING:
        length = np.sqrt(apart)
        c = rate * (_ONE - tv / length)  # v + c (u - w - tv v)
        e = rate * (_ONE - td / length)  # d + e (u - w - td d)
    x = _ONE - a * good
    n = _ONE / np.sqrt(x * x * uu + _TWO * x * a * good + a * a * sides)
    z = _ONE + b * bad
    m = _ONE / np.sqrt(z * z * ww - _TWO * z * b * bad + b * b * sides)
    y = _ONE - c * tv
    r = _ONE / np.sqrt(y * y * vv + _TWO * y * c * tv + c * c * apart)
    o = _ONE - e * td
    s = _ONE / np.sqrt(o * o * dd + _TWO * o * e * td + e * e * apart)
    x, a, z, b, y, c, o, e = x * n, a * n, z * m, b * m, y * r, c * r, o * s, e * s
    for i in range(words.shape[1]):
        first, second, third, last = words[u, i], context[v, i], documents[d, i], words[w, i]
        for k in range(64):
            one, two, three, four = first[k], second[k], third[k], last[k]
            beside = two + three
            between = one - four
            first[k] = x * one + a * beside
            second[k] = y * two + c * between
            third[k] = o * three + e * between
            last[k] = z * four - b * beside
    return loss


# ------------------------------------------------------------------------------------------- draws


@kernel
def draw(bits: np.uint64, limit: NDArray[np.uint32], other: Ints) -> np.int64:
    """A word by 64 random bits and Walker's table: place i stands for itself up to its limit, and
    for ``other[i]`` above.
    """
    low = bits & np.uint64(0xFFFFFFFF)
    i = np.int64(((bits >> np.uint64(32)) * np.uint64(len(limit))) >> np.uint64(32))
    return i if low <= np.uint64(limit[i]) else np.int64(other[i])


# ----------------------------------------------------------------------------------------- the text


@kernel
def thin(
    ids: Ints, begin: int, end: int, keep: Keys, state: np.uint64, kept: Ints
) -> tuple[int, np.uint64]:
    """The words of a stretch that stay when frequent ones are thinned; how many, and the state.

    ``keep`` : by words, the largest of 2 ** 32 equally likely numbers that keeps one
    """
    n = 0
    for i in range(begin, end):
        state += GOLDEN
        if mix64(state) >> np.uint64(32) <= keep[ids[i]]:
            kept[n] = ids[i]
            n += 1
    return n, state


@kernel
def train(
    ids: Ints,
    starts: Counts,
    first: int,
    keep: Keys,
    limit: NDArray[np.uint32],
    other: Ints,
    centre: Floats32,
    context: Floats32,
    documents: Floats32,
    window: int,
    negatives: int,
    margin: np.float32,
    joint: bool,
    rate: float,
    slope: float,
    least: float,
    key: np.uint64,
    cursor: Counts,
    state: Keys,
    kept: Ints,
    sums: Floats32,
    losses: Floats,
    room: int,
) -> bool:
    """Steps for the words of some documents; whether all are done.

    ``first`` : place of ``ids[0]`` in the corpus
    ``rate``, ``slope``, ``least`` : the rate at place p is ``rate - slope * p``, or the least one
    ``cursor`` : document, next word to read, words of the stretch, next one of them; zeros at first
    ``losses`` : summed, and their number: of words, of documents
    ``room`` : return after so many steps or more
    """
    document, at, n, i = cursor[0], cursor[1], cursor[2], cursor[3]
    bits = state[0]
    now = np.float32(max(least, rate - slope * (first + at)))
    last = len(starts) - 1
    work = 0
    while work < room:
        if i >= n:
            while document < last and at >= starts[document + 1]:
                document += 1
            if document >= last:
                break
            stop = min(at + STRETCH, starts[document + 1])
            bits = mix64(key + np.uint64(first + at) * GOLDEN)
            n, bits = thin(ids, at, stop, keep, bits, kept)
            at = stop
            now = np.float32(max(least, rate - slope * (first + at)))
            i = 0
            work += 1
            continue
        word = kept[i]
        bits += GOLDEN
        reach = window - np.int64((mix64(bits) >> np.uint64(32)) % np.uint64(window))
        for j in range(max(0, i - reach), min(n, i + reach + 1)):
            if j == i:
                continue
            near = kept[j]
            for _ in range(negatives):
                bits += GOLDEN
                drawn = int(draw(mix64(bits), limit, other))
                work += 1
                if drawn in (word, near):
                    continue
                if joint:
                    losses[0] += joint_step(
                        centre, near, drawn, context, word, documents, document, margin, now, sums
                    )
                else:
                    losses[0] += two_hinges_step(
                        centre, near, drawn, context, word, margin, now, True, sums
                    )
                losses[1] += 1.0
        # the single hinge says nothing of a word without neighbours
        if not joint or n == 1:
            for _ in range(negatives):
                bits += GOLDEN
                drawn = int(draw(mix64(bits), limit, other))
                work += 1
                if drawn != word:
                    losses[2] += two_hinges_step(
                        centre, word, drawn, documents, document, margin, now, True, sums
                    )
                    losses[3] += 1.0
        i += 1
    cursor[0], cursor[1], cursor[2], cursor[3] = document, at, n, i
    state[0] = bits
    return document >= last


@kernel
def place(
    ids: Ints,
    starts: Counts,
    limit: NDArray[np.uint32],
    other: Ints,
    centre: Floats32,
    documents: Floats32,
    negatives: int,
    margin: np.float32,
    rate: float,
    passes: int,
    seed: np.uint64,
    sums: Floats32,
    begin: int,
    room: int,
) -> int:
    """Move documents, from ``begin`` on, towards their words, which stay; returns the first that is
    left when so many steps are done.

    The draws of a document depend on its words and the seed alone.
    """
    work = 0
    d = begin
    while d < len(starts) - 1 and work < room:
        bits = seed
        for i in range(starts[d], starts[d + 1]):
            bits = mix64(bits + np.uint64(ids[i]) + GOLDEN)
        steps = passes * (starts[d + 1] - starts[d])
        done = 0
        for _ in range(passes):
            for i in range(starts[d], starts[d + 1]):
                now = np.float32(rate * (1.0 - done / steps))
                done += 1
                for _ in range(negatives):
                    bits += GOLDEN
                    drawn = int(draw(mix64(bits), limit, other))
                    if drawn != ids[i]:
                        two_hinges_step(
                            centre, ids[i], drawn, documents, d, margin, now, False, sums
                        )
        work += steps * negatives + 1
        d += 1
    return d
