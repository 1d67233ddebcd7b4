"""Compiled loops over tokens: finding them, hashing them, counting them."""

from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.hash_tables import GOLDEN
from nlpzero.engine.jit import kernel
from nlpzero.text.units import wide_space

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
        h = (h ^ np.uint64(data[i])) * GOLDEN
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

    Returns the number of tokens, where to go on, and the line there. The data must not end inside a
    token.
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
            h = (h ^ np.uint64(data[i])) * GOLDEN
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

    ``begin`` is a byte, ``point`` the same place in code points; both are at a boundary. Returns
    the number of tokens and where to go on: byte, code point, line.
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
            h = (h ^ np.uint64(c)) * GOLDEN
            if c == 10:
                line += 1
            i += 1
            while i < n and (data[i] & 0xC0) == 0x80:
                h = (h ^ np.uint64(data[i])) * GOLDEN
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


class Tokens(NamedTuple):
    """Tokens found in a text, for compiled loops.

    data : uint8[]; token t is data[starts[t]:starts[t] + lengths[t]]
    starts, lengths : int64[t]
    hashes : uint64[t]
    weights : int64[t]; how often to count each; empty: once
    documents : int64[t]; document of each, ascending; empty: no documents are told apart
    document_weights : int64[t]; or else the number of documents of each
    numbers : int32[t]; receives the number of each token's word; empty: nobody wants it
    """

    data: Array
    starts: Array
    lengths: Array
    hashes: Array
    weights: Array
    documents: Array
    document_weights: Array
    numbers: Array


class WordArrays(NamedTuple):
    """A hash table of words as bytes, for compiled loops.

    slots : uint64[2 ** b]; upper half of the hash of a word, in the lower half its number plus one
    offsets : int64[room + 1]; word w is pool[offsets[w]:offsets[w + 1]]
    counts : int64[room]
    in_documents : int64[room], or int64[0]; number of documents of each word
    last_document : int64[room], or int64[0]; the last of these
    pool : uint8[]
    """

    slots: Array
    offsets: Array
    counts: Array
    in_documents: Array
    last_document: Array
    pool: Array


@kernel
def add_tokens(
    tokens: Tokens, first: int, stop: int, table: WordArrays, words: int
) -> tuple[int, int]:
    """Count tokens ``first..stop`` in a table of so many words.

    Stops early when something must grow. What the hash suggests the bytes decide. Returns the next
    token and the number of words.
    """
    data, starts, lengths, hashes, weights, documents, document_weights, numbers = tokens
    slots, offsets, counts, in_documents, last_document, pool = table
    mask = np.uint64(len(slots) - 1)
    room = len(counts)
    pool_room = len(pool)
    weighted = len(weights) > 0
    by_document = len(documents) > 0
    document_weighted = len(document_weights) > 0
    numbered = len(numbers) > 0
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
        if numbered:
            numbers[t] = word
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
    """Enter so many words of a table into empty slots, uint64[2 ** b].

    They are distinct, so nothing is compared.
    """
    mask = np.uint64(len(slots) - 1)
    for w in range(words):
        h = hash_bytes(pool, offsets[w], offsets[w + 1])
        slot = h & mask
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = (h & _HIGH) | np.uint64(w + 1)
