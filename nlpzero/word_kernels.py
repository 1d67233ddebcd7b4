"""Compiled loops of word counting: cut UTF-8 into tokens, count byte slices, sort and merge them, write them.

A word is a slice of a byte pool from beginning to end; no Python string exists while counting. UTF-8 compared
byte by byte has the order of code points, so sorting the bytes gives the order in which ties are listed.
"""

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel
from nlpzero.text.units import wide_space

# A step of the hash: multiply by an odd number with well-spread bits (2**64 / golden ratio).
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HIGH = np.uint64(0xFFFFFFFF00000000)
_LOW = np.uint64(0x00000000FFFFFFFF)


@kernel
def finish_hash(h: np.uint64) -> np.uint64:
    """Spread the last bytes over all 64 bits."""
    h ^= h >> np.uint64(32)
    h *= _MIX
    h ^= h >> np.uint64(29)
    return h


@kernel
def hash_bytes(data: Array, start: int, end: int) -> np.uint64:
    """64-bit hash of a slice."""
    h = np.uint64(0)
    for i in range(start, end):
        h = (h ^ np.uint64(data[i])) * _STEP
    return finish_hash(h)


@kernel
def scan_spaces(
    data: Array,
    kinds: Array,
    begin: int,
    line: int,
    starts: Array,
    lengths: Array,
    hashes: Array,
    lines: Array,
) -> tuple[int, int, int]:
    """Tokens between white space from ``begin`` on, until the arrays are full or the data ends.

    Returns the number of tokens, where to go on, and the line there. The data must not end inside a token.
    """
    n = len(data)
    room = len(starts)
    found = 0
    i = begin
    while i < n:
        k = kinds[data[i]]
        if k == 1:
            if data[i] == 10:
                line += 1
            i += 1
            continue
        if k == 2:
            width = wide_space(data, i, n)
            if width > 0:
                i += width
                continue
        if found == room:
            return found, i, line
        start = i
        h = np.uint64(0)
        while i < n:
            k = kinds[data[i]]
            if k == 1 or (k == 2 and wide_space(data, i, n) > 0):
                break
            h = (h ^ np.uint64(data[i])) * _STEP
            i += 1
        starts[found] = start
        lengths[found] = i - start
        hashes[found] = finish_hash(h)
        lines[found] = line
        found += 1
    return found, n, line


@kernel
def scan_boundaries(
    data: Array,
    kinds: Array,
    boundaries: Array,
    begin: int,
    point: int,
    line: int,
    starts: Array,
    lengths: Array,
    hashes: Array,
    lines: Array,
) -> tuple[int, int, int, int]:
    """Tokens between boundaries given for code points, tokens of white space left out.

    ``begin`` is a byte, ``point`` the same place in code points; both are at a boundary. Returns the number of
    tokens and where to go on: byte, code point, line.
    """
    n = len(data)
    room = len(starts)
    found = 0
    i = begin
    while i < n:
        if found == room:
            return found, i, point, line
        start = i
        h = np.uint64(0)
        k = kinds[data[i]]
        space = k == 1 or (k == 2 and wide_space(data, i, n) > 0)
        first_line = line
        while True:
            c = data[i]
            h = (h ^ np.uint64(c)) * _STEP
            if c == 10:
                line += 1
            i += 1
            while i < n and (data[i] & 0xC0) == 0x80:
                h = (h ^ np.uint64(data[i])) * _STEP
                i += 1
            point += 1
            if i >= n or boundaries[point]:
                break
        if not space:
            starts[found] = start
            lengths[found] = i - start
            hashes[found] = finish_hash(h)
            lines[found] = first_line
            found += 1
    return found, n, point, line


@kernel
def hash_slices(data: Array, starts: Array, lengths: Array, hashes: Array) -> None:
    """Hash every slice."""
    for t in range(len(starts)):
        hashes[t] = hash_bytes(data, starts[t], starts[t] + lengths[t])


@kernel
def add_tokens(
    data: Array,
    starts: Array,
    lengths: Array,
    hashes: Array,
    weights: Array,
    documents: Array,
    document_weights: Array,
    first: int,
    stop: int,
    slots: Array,
    offsets: Array,
    counts: Array,
    in_documents: Array,
    last_document: Array,
    pool: Array,
    words: int,
) -> tuple[int, int]:
    """Count tokens ``first..stop`` in an open-addressing table; stop early when something must grow.

    A slot holds the upper half of the hash and, in the lower half, the number of the word plus one; what the
    hash suggests the bytes decide. ``weights`` counts each token so many times (empty: once). A token's document
    is ``documents[t]`` (empty: no documents are told apart), or else the number of its documents is given in
    ``document_weights``. Returns the next token and the number of words.
    """
    mask = np.uint64(len(slots) - 1)
    room = len(counts)
    pool_room = len(pool)
    weighted = len(weights) > 0
    by_document = len(documents) > 0
    document_weighted = len(document_weights) > 0
    for t in range(first, stop):
        h = hashes[t]
        start = starts[t]
        length = lengths[t]
        tag = h & _HIGH
        slot = h & mask
        word = -1
        while True:
            entry = slots[slot]
            if entry == 0:
                break
            if entry & _HIGH == tag:
                w = int(entry & _LOW) - 1
                o = offsets[w]
                if offsets[w + 1] - o == length:
                    same = True
                    for j in range(length):
                        if pool[o + j] != data[start + j]:
                            same = False
                            break
                    if same:
                        word = w
                        break
            slot = (slot + np.uint64(1)) & mask
        if word < 0:
            o = offsets[words]
            if words >= room or o + length > pool_room:
                return t, words
            word = words
            for j in range(length):
                pool[o + j] = data[start + j]
            words += 1
            offsets[words] = o + length
            slots[slot] = tag | np.uint64(words)
            counts[word] = 0
            if by_document or document_weighted:
                in_documents[word] = 0
                last_document[word] = -1
        if weighted:
            counts[word] += weights[t]
        else:
            counts[word] += 1
        if by_document:
            if last_document[word] != documents[t]:
                last_document[word] = documents[t]
                in_documents[word] += 1
        elif document_weighted:
            in_documents[word] += document_weights[t]
    return stop, words


@kernel
def fill_slots(slots: Array, pool: Array, offsets: Array, words: int) -> None:
    """Enter all words of a pool into empty slots; they are distinct, so nothing is compared."""
    mask = np.uint64(len(slots) - 1)
    for w in range(words):
        h = hash_bytes(pool, offsets[w], offsets[w + 1])
        slot = h & mask
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = (h & _HIGH) | np.uint64(w + 1)


@kernel
def sort_key(pool: Array, start: int, end: int) -> np.uint64:
    """Seven bytes and how many follow from here (8: more than seven), as one number in sorting order."""
    length = end - start
    key = np.uint64(0)
    for j in range(7):
        key <<= np.uint64(8)
        if j < length:
            key |= np.uint64(pool[start + j])
    return (key << np.uint64(8)) | np.uint64(min(length, 8))


@kernel
def sort_keys(pool: Array, offsets: Array, keys: Array) -> None:
    """The sorting key of every word."""
    for w in range(len(keys)):
        keys[w] = sort_key(pool, offsets[w], offsets[w + 1])


@kernel
def _before(pool: Array, offsets: Array, a: int, b: int) -> bool:
    """Whether word a sorts before word b; their first seven bytes are known to be the same."""
    i = offsets[a] + 7
    j = offsets[b] + 7
    end_a = offsets[a + 1]
    end_b = offsets[b + 1]
    while i < end_a and j < end_b:
        if pool[i] != pool[j]:
            return pool[i] < pool[j]
        i += 1
        j += 1
    return i >= end_a and j < end_b


@kernel
def sort_ties(order: Array, keys: Array, pool: Array, offsets: Array, scratch: Array) -> None:
    """Bring words whose keys are the same into order: insertion sort, merge sort for many."""
    n = len(order)
    a = 0
    while a < n:
        key = keys[order[a]]
        b = a + 1
        while b < n and keys[order[b]] == key:
            b += 1
        if b - a > 1:
            width = 12
            for low in range(a, b, width):
                for i in range(low + 1, min(low + width, b)):
                    word = order[i]
                    j = i - 1
                    while j >= low and _before(pool, offsets, word, order[j]):
                        order[j + 1] = order[j]
                        j -= 1
                    order[j + 1] = word
            while width < b - a:
                for low in range(a, b, 2 * width):
                    middle = min(low + width, b)
                    high = min(low + 2 * width, b)
                    i = low
                    j = middle
                    for k in range(low, high):
                        if i < middle and (
                            j >= high or not _before(pool, offsets, order[j], order[i])
                        ):
                            scratch[k] = order[i]
                            i += 1
                        else:
                            scratch[k] = order[j]
                            j += 1
                for k in range(a, b):
                    order[k] = scratch[k]
                width *= 2
        a = b


@kernel
def gather_words(pool: Array, offsets: Array, order: Array, lengths: Array, out: Array) -> None:
    """Copy words one after another in the given order; ``out`` has room for all."""
    o = 0
    for k in range(len(order)):
        w = order[k]
        lengths[k] = offsets[w + 1] - offsets[w]
        for j in range(offsets[w], offsets[w + 1]):
            out[o] = pool[j]
            o += 1


@kernel
def gathered_bytes(offsets: Array, order: Array) -> int:
    """Bytes that :func:`gather_words` will copy."""
    total = 0
    for k in range(len(order)):
        total += offsets[order[k] + 1] - offsets[order[k]]
    return total


@kernel
def _compare(a: Array, i: int, end_i: int, b: Array, j: int, end_j: int) -> int:
    """-1, 0 or 1 as slice a comes before, is, or comes after slice b."""
    while i < end_i and j < end_j:
        if a[i] != b[j]:
            return -1 if a[i] < b[j] else 1
        i += 1
        j += 1
    if i < end_i:
        return 1
    if j < end_j:
        return -1
    return 0


@kernel
def merge_frames(
    pool: Array,
    offsets: Array,
    counts: Array,
    documents: Array,
    at: Array,
    sizes: Array,
    union: bool,
    out_offsets: Array,
    out_counts: Array,
    out_documents: Array,
    out_pool: Array,
    words: int,
) -> tuple[int, int]:
    """Merge the loaded pieces of sorted runs until one is used up or the output is full.

    Row r of the arrays is the loaded piece of run r, ``at[r]`` its next word of ``sizes[r]``; all offsets are
    places in the one pool. The same word of
    several runs becomes one, counts added, and documents too (``union``: the document is the same one, so its
    documents stay 1). The last word of the output may still grow in the next call. Returns the number of words
    in the output and the run to load next, -1 if the output is full.
    """
    runs = len(at)
    keys = np.empty(runs, np.uint64)
    for r in range(runs):
        if at[r] < sizes[r]:
            keys[r] = sort_key(pool, offsets[r, at[r]], offsets[r, at[r] + 1])
    last_key = np.uint64(0)
    if words > 0:
        last_key = sort_key(out_pool, out_offsets[words - 1], out_offsets[words])
    room = len(out_counts)
    pool_room = len(out_pool)
    has_documents = documents.shape[1] > 0
    while True:
        best = -1
        for r in range(runs):
            if at[r] < sizes[r]:
                if best < 0 or keys[r] < keys[best]:
                    best = r
                elif keys[r] == keys[best] and keys[r] & np.uint64(0xFF) == 8:
                    order = _compare(
                        pool,
                        offsets[r, at[r]] + 7,
                        offsets[r, at[r] + 1],
                        pool,
                        offsets[best, at[best]] + 7,
                        offsets[best, at[best] + 1],
                    )
                    if order < 0:
                        best = r
        if best < 0:
            return words, -1
        w = at[best]
        start = offsets[best, w]
        end = offsets[best, w + 1]
        same = False
        if words > 0 and keys[best] == last_key:
            same = (
                _compare(pool, start, end, out_pool, out_offsets[words - 1], out_offsets[words])
                == 0
            )
        if same:
            out_counts[words - 1] += counts[best, w]
            if has_documents and not union:
                out_documents[words - 1] += documents[best, w]
        else:
            o = out_offsets[words]
            if words >= room or o + (end - start) > pool_room:
                return words, -1
            for j in range(start, end):
                out_pool[o] = pool[j]
                o += 1
            out_counts[words] = counts[best, w]
            if has_documents:
                out_documents[words] = documents[best, w]
            words += 1
            out_offsets[words] = o
            last_key = keys[best]
        at[best] = w + 1
        if w + 1 < sizes[best]:
            keys[best] = sort_key(pool, offsets[best, w + 1], offsets[best, w + 2])
        else:
            return words, best


@kernel
def _rank(count: int, direct: Array, distinct: Array) -> int:
    """Place of a count among the distinct counts: looked up if small, else found by bisection."""
    if count < len(direct):
        return direct[count]
    low = 0
    high = len(distinct)
    while low < high:
        middle = (low + high) >> 1
        if distinct[middle] < count:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def tally_ranks(counts: Array, direct: Array, distinct: Array, tally: Array) -> None:
    """How many words have each of the distinct counts (ascending)."""
    for w in range(len(counts)):
        tally[_rank(counts[w], direct, distinct)] += 1


@kernel
def place_by_rank(
    counts: Array, direct: Array, distinct: Array, places: Array, order: Array
) -> None:
    """Counting sort: each word goes to the next place of its rank, so that equal counts keep their order."""
    for w in range(len(counts)):
        rank = _rank(counts[w], direct, distinct)
        order[places[rank]] = w
        places[rank] += 1


# formats of write_rows
TSV = 0
CSV = 1
JSONL = 2

HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


@kernel
def _write_number(value: int, out: Array, o: int) -> int:
    digits = 1
    rest = value // 10
    while rest > 0:
        digits += 1
        rest //= 10
    for k in range(digits):
        out[o + digits - 1 - k] = 48 + value % 10
        value //= 10
    return o + digits


@kernel
def _write_word(
    pool: Array, start: int, end: int, style: int, hexes: Array, out: Array, o: int
) -> int:
    """One word with the escapes of the format; ``out`` has room for six times its length and two."""
    if style == CSV:
        quoted = False
        for j in range(start, end):
            c = pool[j]
            if c == 34 or c == 44 or c == 10 or c == 13:
                quoted = True
        if quoted:
            out[o] = 34
            o += 1
        for j in range(start, end):
            if pool[j] == 34:
                out[o] = 34
                o += 1
            out[o] = pool[j]
            o += 1
        if quoted:
            out[o] = 34
            o += 1
        return o
    if style == JSONL:
        out[o] = 34
        o += 1
    for j in range(start, end):
        c = pool[j]
        mark = 0
        if c == 92:
            mark = 92
        elif c == 9:
            mark = 116  # \t
        elif c == 10:
            mark = 110  # \n
        elif c == 13:
            mark = 114  # \r
        elif style == JSONL:
            if c == 34:
                mark = 34
            elif c == 8:
                mark = 98  # \b
            elif c == 12:
                mark = 102  # \f
            elif c < 32:
                mark = 117  # \u00XX
        if mark == 0:
            out[o] = c
            o += 1
        else:
            out[o] = 92
            out[o + 1] = mark
            o += 2
            if mark == 117:
                out[o] = 48
                out[o + 1] = 48
                out[o + 2] = hexes[c >> 4]
                out[o + 3] = hexes[c & 15]
                o += 4
    if style == JSONL:
        out[o] = 34
        o += 1
    return o


@kernel
def _write_bytes(source: Array, out: Array, o: int) -> int:
    for j in range(len(source)):
        out[o] = source[j]
        o += 1
    return o


@kernel
def write_rows(
    pool: Array,
    offsets: Array,
    counts: Array,
    documents: Array,
    order: Array,
    first: int,
    style: int,
    hexes: Array,
    before_word: Array,
    before_count: Array,
    before_documents: Array,
    at_end: Array,
    out: Array,
) -> tuple[int, int]:
    """Rows of a table as text, words in the given order from ``first`` on, until ``out`` is full.

    A row is ``before_word word before_count count [before_documents documents] at_end``. Returns the next
    row and the bytes written.
    """
    fixed = len(before_word) + len(before_count) + len(before_documents) + len(at_end) + 42
    has_documents = len(documents) > 0
    o = 0
    for k in range(first, len(order)):
        w = order[k]
        if o + fixed + 6 * (offsets[w + 1] - offsets[w]) > len(out):
            return k, o
        o = _write_bytes(before_word, out, o)
        o = _write_word(pool, offsets[w], offsets[w + 1], style, hexes, out, o)
        o = _write_bytes(before_count, out, o)
        o = _write_number(counts[w], out, o)
        if has_documents:
            o = _write_bytes(before_documents, out, o)
            o = _write_number(documents[w], out, o)
        o = _write_bytes(at_end, out, o)
    return len(order), o
