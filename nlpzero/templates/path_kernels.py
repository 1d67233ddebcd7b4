"""Compiled loops that find templates."""

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import KeyIndex, look_up, mix64
from nlpzero.engine.jit import kernel
from nlpzero.words.word_ids import RARE

_SEED = np.uint64(0x243F6A8885A308D3)
EXAMPLES = 3
# Placements are summed in whole multiples of 1 / PLACEMENT nats: such sums do not depend on the
# order of addition.
PLACEMENT = 1 << 20


@kernel
def skip_grams(
    ids: NDArray[np.int32],
    begin: int,
    stop: int,
    window: int,
    most: int,
    keys: NDArray[np.uint64],
    filled: int,
) -> int:
    """Append the keys `first << 32 | second` of all skip-grams of the words 1..most; return the
    end.

    Only those whose first word stands in `begin:stop`; `keys` has room for `window` of each.
    """
    for i in range(begin, stop):
        first = ids[i]
        if first < 1 or first > most:
            continue
        for j in range(i + 1, min(i + window + 1, ids.size)):
            second = ids[j]
            if second == 0:
                break
            if 1 <= second <= most:
                keys[filled] = (np.uint64(first) << np.uint64(32)) | np.uint64(second)
                filled += 1
    return filled


@kernel
def _root(group: NDArray[np.int64], i: int) -> int:
    while group[i] != i:
        group[i] = group[group[i]]
        i = group[i]
    return i


@kernel
def narrow(links: NDArray[np.int64], window: int, most: int) -> bool:
    """Remove links of one clause until no connected group of words has more than `most` maximal
    paths.

    Bit d - 1 of ``links[i]`` is the link from word i to word i + d. Paths are counted, not listed.
    A group with too many loses its longest links: first those over `window` words, then over one
    less, and so on until it has few enough; with links between neighbours alone every group is a
    single path. Returns whether any link was removed.
    """
    n = links.size
    paths = np.empty(n, np.int64)  # from each word to the ends, at most most + 1
    entered = np.empty(n, np.bool_)
    group = np.empty(n, np.int64)
    totals = np.empty(n, np.int64)
    removed = False
    for width in range(window, 0, -1):
        entered[:] = False
        total = 0
        for i in range(n - 1, -1, -1):
            count = 0
            for d in range(1, min(window, n - 1 - i) + 1):
                if links[i] >> (d - 1) & 1:
                    count = min(count + paths[i + d], most + 1)
                    entered[i + d] = True
            paths[i] = max(count, 1)
        for i in range(n):
            if not entered[i] and links[i] != 0:
                total += paths[i]
        if total <= most:
            break
        for i in range(n):
            group[i] = i
            totals[i] = 0
        for i in range(n):
            for d in range(1, min(window, n - 1 - i) + 1):
                if links[i] >> (d - 1) & 1:
                    a, b = _root(group, i), _root(group, i + d)
                    group[max(a, b)] = min(a, b)
        for i in range(n):
            if not entered[i]:
                at = _root(group, i)
                totals[at] = min(totals[at] + paths[i], most + 1)
        bit = 1 << (width - 1)
        crowded = False
        for i in range(n):
            if totals[_root(group, i)] > most:
                crowded = True
                if links[i] & bit:
                    links[i] ^= bit
                    removed = True
        if not crowded:
            break
    return removed


@kernel
def _holds(values: NDArray[np.int32], low: int, high: int, value: int) -> bool:
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < values.size and values[low] == value


@kernel
def _link(
    ids: NDArray[np.int32],
    window: int,
    rows: NDArray[np.int64],
    seconds: NDArray[np.int32],
    links: NDArray[np.int64],
) -> bool:
    """Set the links of one clause: strong skip-grams, `seconds` sorted within `rows` of the first
    word.
    """
    linked = False
    n = ids.size
    for i in range(n):
        links[i] = 0
        first = ids[i]
        if first < 1 or first + 1 >= rows.size or rows[first] == rows[first + 1]:
            continue
        for d in range(1, min(window, n - 1 - i) + 1):
            second = ids[i + d]
            if second > 0 and _holds(
                seconds[: rows[first + 1]], rows[first], rows[first + 1], second
            ):
                links[i] |= 1 << (d - 1)
                linked = True
    return linked


@kernel
def find_paths(
    ids: NDArray[np.int32],
    window: int,
    rows: NDArray[np.int64],
    seconds: NDArray[np.int32],
    most: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], int, int]:
    """All maximal paths of all clauses, after :func:`narrow`.

    Returns
    -------
    hashes : of the templates of the paths
    ends : path p has the places ``places[ends[p]:ends[p + 1]]``
    places : of the words of the paths, in `ids`
    clauses : begin and end of the clause of each path, two by two
    lone : paths left out, of one rare word each
    narrowed : clauses that lost links
    """
    hashes = np.empty(1024, np.uint64)
    ends = np.zeros(1025, np.int64)
    clauses = np.empty(2048, np.int64)
    places = np.empty(4096, np.int32)
    lone = 0
    narrowed = 0
    size = 0
    filled = 0
    begin = 0
    while begin < ids.size:
        if ids[begin] == 0:
            begin += 1
            continue
        end = begin
        while end < ids.size and ids[end] != 0:
            end += 1
        n = end - begin
        links = np.empty(n, np.int64)
        clause = ids[begin:end]
        if _link(clause, window, rows, seconds, links):
            narrowed += narrow(links, window, most)
        entered = np.zeros(n, np.bool_)
        for i in range(n):
            for d in range(1, min(window, n - 1 - i) + 1):
                if links[i] >> (d - 1) & 1:
                    entered[i + d] = True
        stack = np.empty(n, np.int64)
        left = np.empty(n, np.int64)  # links not followed yet
        states = np.empty(n, np.uint64)
        for source in range(n):
            if entered[source]:
                continue
            if links[source] == 0 and clause[source] == RARE:
                lone += 1
                continue
            stack[0] = source
            left[0] = links[source]
            state = mix64(_SEED) if source > 0 else _SEED
            states[0] = mix64(state ^ np.uint64(clause[source]))
            depth = 0
            while depth >= 0:
                node = stack[depth]
                if links[node] == 0:
                    if size == hashes.size:
                        hashes = np.concatenate((hashes, np.empty(size, np.uint64)))
                        ends = np.concatenate((ends, np.empty(size, np.int64)))
                        clauses = np.concatenate((clauses, np.empty(2 * size, np.int64)))
                    if filled + depth + 1 > places.size:
                        places = np.concatenate((places, np.empty(filled + depth + 1, np.int32)))
                    for p in range(depth + 1):
                        places[filled] = begin + stack[p]
                        filled += 1
                    hashes[size] = mix64(states[depth]) if node < n - 1 else states[depth]
                    clauses[2 * size] = begin
                    clauses[2 * size + 1] = end
                    size += 1
                    ends[size] = filled
                    depth -= 1
                    continue
                if left[depth] == 0:
                    depth -= 1
                    continue
                d = 1
                while not left[depth] >> (d - 1) & 1:
                    d += 1
                left[depth] ^= 1 << (d - 1)
                state = mix64(states[depth]) if d > 1 else states[depth]
                depth += 1
                stack[depth] = node + d
                left[depth] = links[node + d]
                states[depth] = mix64(state ^ np.uint64(clause[node + d]))
        begin = end
    return hashes[:size], ends[: size + 1], places[:filled], clauses[: 2 * size], lone, narrowed


@kernel
def _same(values: NDArray[np.int32], a: int, a_end: int, b: int, b_end: int) -> bool:
    if a_end - a != b_end - b:
        return False
    while a < a_end and values[a] == values[b]:
        a += 1
        b += 1
    return a == a_end


@kernel
def template_hash(elements: NDArray[np.int32]) -> np.uint64:
    """The hash of the paths of a template, 0 a placeholder: that of :func:`find_paths`."""
    state = _SEED
    for element in elements:
        state = mix64(state) if element == 0 else mix64(state ^ np.uint64(element))
    return state


@kernel
def placement(words: int, gaps: int) -> int:
    """ln of the ways to share words among placeholders, one at least for each, in steps.

    These are C(words - 1, gaps - 1); the step is 1 / PLACEMENT nats.
    """
    total = 0.0
    for i in range(1, gaps):
        total += np.log((words - i) / i)
    return round(total * PLACEMENT)


@kernel
def gather_templates(
    ids: NDArray[np.int32],
    tokens: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
    places: NDArray[np.int32],
    clauses: NDArray[np.int64],
    kept: KeyIndex,
    longest: int,
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
]:
    """Count the templates whose hash was kept, by what they are: equal hashes alone prove nothing.

    `tokens` are the ids that tell rare words apart. Returns the elements of all templates (0 a
    placeholder) and their ends, counts, sums of :func:`placement`, and the clauses (begin, end) of
    the first examples that are different and not of more than `longest` words, -1 where there is
    none.
    """
    head = np.full(kept.keys.size, -1, np.int64)
    chain = np.empty(1024, np.int64)
    counts = np.empty(1024, np.int64)
    placements = np.empty(1024, np.int64)
    examples = np.empty((1024, 2 * EXAMPLES), np.int64)
    stops = np.zeros(1025, np.int64)
    elements = np.empty(4096, np.int32)
    size = 0
    filled = 0
    for path in range(hashes.size):
        row = look_up(kept, hashes[path])
        if row < 0:
            continue
        begin, end = clauses[2 * path], clauses[2 * path + 1]
        # write the elements where a new template would stand
        need = filled + 2 * (ends[path + 1] - ends[path]) + 1
        if need > elements.size:
            elements = np.concatenate((elements, np.empty(need, np.int32)))
        at = filled
        before = begin
        gaps = 0
        for p in range(ends[path], ends[path + 1]):
            if places[p] > before:
                elements[at] = 0
                at += 1
                gaps += 1
            elements[at] = ids[places[p]]
            at += 1
            before = places[p] + 1
        if before < end:
            elements[at] = 0
            at += 1
            gaps += 1
        entry = head[row]
        while entry >= 0 and not _same(elements, stops[entry], stops[entry + 1], filled, at):
            entry = chain[entry]
        if entry < 0:
            if size == counts.size:
                chain = np.concatenate((chain, np.empty(size, np.int64)))
                counts = np.concatenate((counts, np.empty(size, np.int64)))
                placements = np.concatenate((placements, np.empty(size, np.int64)))
                examples = np.concatenate((examples, np.empty((size, 2 * EXAMPLES), np.int64)))
                stops = np.concatenate((stops, np.empty(size, np.int64)))
            entry = size
            chain[entry] = head[row]
            head[row] = entry
            counts[entry] = 0
            placements[entry] = 0
            examples[entry] = -1
            size += 1
            filled = at
            stops[size] = filled
        counts[entry] += 1
        placements[entry] += placement(end - begin - (ends[path + 1] - ends[path]), gaps)
        if end - begin > longest or examples[entry, 2 * EXAMPLES - 2] >= 0:
            continue
        free = 0
        while (
            free < EXAMPLES
            and examples[entry, 2 * free] >= 0
            and not _same(
                tokens, examples[entry, 2 * free], examples[entry, 2 * free + 1], begin, end
            )
        ):
            free += 1
        if free < EXAMPLES and examples[entry, 2 * free] < 0:
            examples[entry, 2 * free] = begin
            examples[entry, 2 * free + 1] = end
    return (
        elements[:filled],
        stops[: size + 1],
        counts[:size],
        placements[:size],
        examples[:size],
    )
