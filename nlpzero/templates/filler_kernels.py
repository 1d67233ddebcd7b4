"""Compiled loops that find what stands in placeholders."""

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import KeyIndex, look_up, mix64
from nlpzero.engine.jit import kernel

_SEED = np.uint64(0x13198A2E03707344)
# a key is the slot and the beginning of the hash of the words in it
SLOT_SHIFT = 40


@kernel
def _matches(
    ids: NDArray[np.int32],
    places: NDArray[np.int32],
    begin: int,
    end: int,
    template: NDArray[np.int32],
) -> bool:
    """Whether the path at `places` of the clause `begin:end` has the elements of a template."""
    at = 0
    before = begin
    for place in places:
        if place > before:
            if at == template.size or template[at] != 0:
                return False
            at += 1
        if at == template.size or template[at] != ids[place]:
            return False
        at += 1
        before = place + 1
    if before < end:
        if at == template.size or template[at] != 0:
            return False
        at += 1
    return at == template.size


@kernel
def slot_contents(
    ids: NDArray[np.int32],
    word_hashes: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    ends: NDArray[np.int64],
    places: NDArray[np.int32],
    clauses: NDArray[np.int64],
    kept: KeyIndex,
    first: NDArray[np.int64],
    elements: NDArray[np.int32],
    stops: NDArray[np.int64],
    slots: NDArray[np.int64],
    longest: int,
    totals: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]]:
    """What stands in the slots of the paths of some templates: keys, first places, lengths.

    The templates with the hash ``kept.keys[r]`` are ``first[r]`` to ``first[r + 1] - 1``; template
    t has the elements ``elements[stops[t]:stops[t + 1]]`` and its slot before the first word has
    the number ``slots[t]``, the slot after it the next, and so on. Contents of more than `longest`
    words are only counted, in `totals`, as all are.
    """
    keys = np.empty(1024, np.uint64)
    starts = np.empty(1024, np.int32)
    lengths = np.empty(1024, np.int32)
    size = 0
    for path in range(hashes.size):
        row = look_up(kept, hashes[path])
        if row < 0:
            continue
        begin, end = clauses[2 * path], clauses[2 * path + 1]
        words = places[ends[path] : ends[path + 1]]
        t = first[row]
        while t < first[row + 1] and not _matches(
            ids, words, begin, end, elements[stops[t] : stops[t + 1]]
        ):
            t += 1
        if t == first[row + 1]:
            continue
        if size + words.size + 1 > keys.size:
            room = size + words.size + 1
            keys = np.concatenate((keys, np.empty(room, np.uint64)))
            starts = np.concatenate((starts, np.empty(room, np.int32)))
            lengths = np.concatenate((lengths, np.empty(room, np.int32)))
        before = begin
        for gap in range(words.size + 1):
            after = words[gap] if gap < words.size else end
            if after > before:
                slot = slots[t] + gap
                totals[slot] += 1
                if after - before <= longest:
                    state = _SEED
                    for i in range(before, after):
                        state = mix64(state ^ word_hashes[i])
                    keys[size] = (np.uint64(slot) << np.uint64(SLOT_SHIFT)) | (
                        state >> np.uint64(64 - SLOT_SHIFT)
                    )
                    starts[size] = before
                    lengths[size] = after - before
                    size += 1
            before = after + 1
    return keys[:size], starts[:size], lengths[:size]


@kernel
def sequence_hash(word_hashes: NDArray[np.uint64]) -> np.uint64:
    """Hash of some words one after another."""
    state = _SEED
    for word in word_hashes:
        state = mix64(state ^ word)
    return state


@kernel
def count_sequences(
    ids: NDArray[np.int32],
    word_hashes: NDArray[np.uint64],
    kept: KeyIndex,
    counts: NDArray[np.int64],
    totals: NDArray[np.int64],
) -> None:
    """Count the sequences of words in clauses whose hash is kept, and all by their length - 1."""
    for i in range(ids.size):
        state = _SEED
        for m in range(min(totals.size, ids.size - i)):
            if ids[i + m] == 0:
                break
            state = mix64(state ^ word_hashes[i + m])
            totals[m] += 1
            row = look_up(kept, state)
            if row >= 0:
                counts[row] += 1
