"""Compiled loops of word discovery over arrays: n-gram tables, the cut of the text, pieces, neighbours.

Keys of n-grams hold four 16-bit symbols, the first one highest, zero-padded. Look-ups go through open
addressing tables of such keys, where 0 is a free place. Texts are symbol arrays with one 0 before the first
symbol and four after the last one, so that loops may look around without asking where the ends are.
"""

import math

import numpy as np

from nlpzero.engine.hash_tables import MULTIPLIER, ONE, find
from nlpzero.engine.jit import kernel
from nlpzero.ngrams.keys import MASKS, pack, symbol_of

BEFORE, AFTER = 1, 4  # zeros around the symbols of a text

# what happened to the pieces of a cut
SINGLE, COUNTED, WEAK, LONG, RUN = range(5)


@kernel
def first_difference(a: np.uint64, b: np.uint64) -> int:
    """Number, from 1, of the first symbol in which two different keys differ."""
    x = a ^ b
    if x >> np.uint64(48):
        return 1
    if x >> np.uint64(32):
        return 2
    if x >> np.uint64(16):
        return 3
    return 4


@kernel
def frequent_grams(
    keys: np.ndarray,
    counts: np.ndarray,
    last: bool,
    order: int,
    min_count: int,
    previous: np.ndarray,
    group: np.ndarray,
    out_keys: np.ndarray,
    out_counts: np.ndarray,
    filled: np.ndarray,
) -> None:
    """Scan a piece of a table for the k-grams, k <= order, with at least min_count occurrences.

    previous : uint64[1], group : int64[5]; what goes over from one piece to the next, zeros before the first
    last : whether no piece follows
    out_keys, out_counts : shape (order + 1, len(keys) + 1); row k gets filled[k] k-grams
    """
    n = len(keys)
    for row in range(n + 1):
        before = previous[0] if row == 0 else keys[row - 1]
        if before != 0 and (row < n or last):
            first = first_difference(before, keys[row]) if row < n else 1
            for k in range(order, first - 1, -1):
                if group[k] >= min_count:
                    out_keys[k, filled[k]] = before & MASKS[k]
                    out_counts[k, filled[k]] = group[k]
                    filled[k] += 1
                group[k] = 0
        if row < n:
            for k in range(1, order + 1):
                if symbol_of(keys[row], k) == 0:
                    break
                group[k] += counts[row]
    if n > 0:
        previous[0] = keys[n - 1]


@kernel
def neighbour_sums(
    keys: np.ndarray,
    counts: np.ndarray,
    last: bool,
    order: int,
    previous: np.ndarray,
    group: np.ndarray,
    sums: np.ndarray,
    table: np.ndarray,
    values: np.ndarray,
    shift: np.uint64,
    left: np.ndarray,
    right: np.ndarray,
) -> None:
    """Sum c ln c over the left and right neighbours of the wanted n-grams shorter than the order.

    Only neighbours met twice or more add anything, which spares most look-ups. State goes from piece to piece
    of the table as in frequent_grams; sums : float64[5].
    """
    n = len(keys)
    for row in range(n + 1):
        before = previous[0] if row == 0 else keys[row - 1]
        if before != 0 and (row < n or last):
            first = first_difference(before, keys[row]) if row < n else 1
            for k in range(order, first - 1, -1):
                if sums[k] > 0:
                    place = find(before & MASKS[k], table, shift)
                    if place >= 0:
                        right[values[place]] += sums[k]
                if group[k] > 1 and k > 1:
                    part = group[k] * math.log(group[k])
                    sums[k - 1] += part
                    place = find((before & MASKS[k]) << np.uint64(16), table, shift)
                    if place >= 0:
                        left[values[place]] += part
                group[k] = 0
                sums[k] = 0.0
        if row < n:
            for k in range(1, order + 1):
                if symbol_of(keys[row], k) == 0:
                    break
                group[k] += counts[row]
    if n > 0:
        previous[0] = keys[n - 1]


@kernel
def gram_cohesion(
    keys: np.ndarray,
    joint: np.ndarray,
    lengths: np.ndarray,
    singles: np.ndarray,
    table: np.ndarray,
    values: np.ndarray,
    shift: np.uint64,
    gram_counts: np.ndarray,
    in_run: np.ndarray,
    total: float,
    pmi: np.ndarray,
    split: np.ndarray,
) -> None:
    """Smallest PMI over the splits of n-grams, and the first place that has it.

    A split inside a run of digits and letters does not exist; an n-gram without any split gets inf and 0.
    All parts of an n-gram must be in the table, whose values are places in gram_counts.
    """
    for row in range(len(keys)):
        best = np.inf
        where = 0
        key = keys[row]
        for j in range(1, lengths[row]):
            if in_run[symbol_of(key, j)] and in_run[symbol_of(key, j + 1)]:
                continue
            tail = key << np.uint64(16 * j)
            if j == 1:
                a = singles[symbol_of(key, 1)]
            else:
                a = gram_counts[values[find(key & MASKS[j], table, shift)]]
            if lengths[row] - j == 1:
                b = singles[symbol_of(tail, 1)]
            else:
                b = gram_counts[values[find(tail, table, shift)]]
            value = math.log(total) + math.log(joint[row]) - (math.log(a) + math.log(b))
            if value < best:
                best = value
                where = j
        pmi[row] = best
        split[row] = where


@kernel
def only_run(symbols: np.ndarray, begin: int, end: int, in_run: np.ndarray) -> bool:
    """Whether a stretch holds digits and letters only."""
    i = begin
    while i < end and in_run[symbols[i]]:
        i += 1
    return i == end


@kernel
def windows_strong(
    symbols: np.ndarray,
    begin: int,
    end: int,
    shortest: int,
    longest: int,
    table: np.ndarray,
    shift: np.uint64,
) -> bool:
    """Whether all windows of shortest to longest symbols are in the table."""
    for size in range(shortest, longest + 1):
        for at in range(begin, end - size + 1):
            if find(pack(symbols, at) & MASKS[size], table, shift) < 0:
                return False
    return True


@kernel
def lenient_cut(
    symbols: np.ndarray,
    in_run: np.ndarray,
    table: np.ndarray,
    values: np.ndarray,
    shift: np.uint64,
    order: int,
    strict: bool,
    longest: int,
    keep_runs: bool,
    gram_counts: np.ndarray,
    single_counts: np.ndarray,
    tallies: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """Cut clauses where no strong n-gram covers the gap, and count the pieces that are real.

    Pieces up to the order are counted in gram_counts, by the number of their n-gram; single symbols in
    single_counts; places of longer pieces (and of runs, if they are wanted) go to starts and ends, and
    their number is returned.

    A strong n-gram does not count where its ends cut a run of digits or letters: in "XiPad" the P is no P.
    """
    n = len(symbols) - AFTER
    emitted = 0
    reach = 0
    begin = BEFORE
    begin_slot = np.int64(-1)
    begin_size = 1
    for i in range(BEFORE, n):
        s = symbols[i]
        if s == 0:
            begin = i + 1
            continue
        after = symbols[i + 1]
        size = 1
        slot = np.int64(-1)
        if after != 0 and not (in_run[s] and in_run[symbols[i - 1]]):
            key = pack(symbols, i)
            k = 2
            while k < order and symbols[i + k] != 0:
                k += 1
            while k >= 2 and i + k - 1 > reach:
                if not (in_run[symbols[i + k - 1]] and in_run[symbols[i + k]]):
                    place = find(key & MASKS[k], table, shift)
                    if place >= 0:
                        slot = place
                        size = k
                        reach = i + k - 1
                        break
                k -= 1
        if i == begin:
            begin_slot = slot
            begin_size = size
        if after != 0 and (reach > i or (in_run[s] and in_run[after])):
            continue
        # the piece ends here
        length = i + 1 - begin
        if length == 1:
            single_counts[s] += 1
            tallies[SINGLE] += 1
        elif only_run(symbols, begin, i + 1, in_run):
            tallies[RUN] += 1
            if keep_runs and length <= longest:
                starts[emitted] = begin
                ends[emitted] = i + 1
                emitted += 1
        elif length > longest:
            tallies[LONG] += 1
        elif length <= order:
            real = begin_size == length
            if real and strict and length >= 3:
                real = windows_strong(symbols, begin, i + 1, 3, length, table, shift)
            if real:
                gram_counts[values[begin_slot]] += 1
                tallies[COUNTED] += 1
            else:
                tallies[WEAK] += 1
        elif windows_strong(
            symbols, begin, i + 1, min(3, order) if strict else order, order, table, shift
        ):
            starts[emitted] = begin
            ends[emitted] = i + 1
            emitted += 1
            tallies[COUNTED] += 1
        else:
            tallies[WEAK] += 1
        begin = i + 1
    return emitted


@kernel
def pair_cut(
    symbols: np.ndarray,
    in_run: np.ndarray,
    table: np.ndarray,
    shift: np.uint64,
    longest: int,
    single_counts: np.ndarray,
    tallies: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """Cut clauses between neighbours that are no strong pair; places of pieces of two symbols and more."""
    n = len(symbols) - AFTER
    emitted = 0
    begin = BEFORE
    for i in range(BEFORE, n):
        s = symbols[i]
        if s == 0:
            begin = i + 1
            continue
        after = symbols[i + 1]
        if after != 0:
            if in_run[s] and in_run[after]:
                continue
            key = (np.uint64(s) << np.uint64(48)) | (np.uint64(after) << np.uint64(32))
            if find(key, table, shift) >= 0:
                continue
        length = i + 1 - begin
        if length == 1:
            single_counts[s] += 1
            tallies[SINGLE] += 1
        elif length <= longest:
            starts[emitted] = begin
            ends[emitted] = i + 1
            emitted += 1
            tallies[COUNTED] += 1
        else:
            tallies[LONG] += 1
        begin = i + 1
    return emitted


@kernel
def repeated_runs(symbols: np.ndarray, pairs: np.ndarray) -> None:
    """Add to each symbol how many pairs of it with itself can be joined: r // 2 in a run of r."""
    run = 1
    for i in range(1, len(symbols)):
        if symbols[i] == symbols[i - 1]:
            run += 1
        else:
            if run > 1:
                pairs[symbols[i - 1]] += run // 2
            run = 1


@kernel
def stretch_hash(symbols: np.ndarray, begin: int, end: int) -> np.uint64:
    """Hash of the symbols of a stretch."""
    value = np.uint64(end - begin)
    for i in range(begin, end):
        value = (value ^ np.uint64(symbols[i])) * MULTIPLIER
        value ^= value >> np.uint64(29)
    return value


@kernel
def count_pieces(
    symbols: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    weights: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    counts: np.ndarray,
    arena: np.ndarray,
    n: int,
) -> int:
    """Add stretches of symbols to a table of pieces; weights of length 0 stand for ones. Returns its new size.

    Piece i is arena[offsets[i]:offsets[i + 1]]. The table holds piece numbers plus one, 0 is free; it, and the
    other arrays, must have room.
    """
    mask = np.uint64(len(table) - 1)
    for i in range(len(starts)):
        begin, length = starts[i], ends[i] - starts[i]
        weight = weights[i] if len(weights) > 0 else np.int64(1)
        value = stretch_hash(symbols, begin, ends[i])
        place = (value ^ (value >> np.uint64(32))) & mask
        while True:
            entry = table[place] - 1
            if entry < 0:
                table[place] = n + 1
                hashes[n] = value
                counts[n] = weight
                at = offsets[n]
                for j in range(length):
                    arena[at + j] = symbols[begin + j]
                offsets[n + 1] = at + length
                n += 1
                break
            if hashes[entry] == value and offsets[entry + 1] - offsets[entry] == length:
                at = offsets[entry]
                j = 0
                while j < length and arena[at + j] == symbols[begin + j]:
                    j += 1
                if j == length:
                    counts[entry] += weight
                    break
            place = (place + ONE) & mask
    return n


@kernel
def refill_pieces(table: np.ndarray, hashes: np.ndarray, n: int) -> None:
    """Enter n pieces into an empty, larger table."""
    mask = np.uint64(len(table) - 1)
    for i in range(n):
        place = (hashes[i] ^ (hashes[i] >> np.uint64(32))) & mask
        while table[place] != 0:
            place = (place + ONE) & mask
        table[place] = i + 1


@kernel
def find_piece(
    symbols: np.ndarray,
    begin: int,
    end: int,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    arena: np.ndarray,
) -> np.int64:
    """Number of the piece that equals a stretch, or -1."""
    mask = np.uint64(len(table) - 1)
    value = stretch_hash(symbols, begin, end)
    length = end - begin
    place = (value ^ (value >> np.uint64(32))) & mask
    while table[place] != 0:
        entry = np.int64(table[place] - 1)
        if hashes[entry] == value and offsets[entry + 1] - offsets[entry] == length:
            at = offsets[entry]
            j = 0
            while j < length and arena[at + j] == symbols[begin + j]:
                j += 1
            if j == length:
                return entry
        place = (place + ONE) & mask
    return np.int64(-1)


@kernel
def build_trie(
    symbols: np.ndarray,
    offsets: np.ndarray,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    node_of: np.ndarray,
) -> int:
    """Trie of words of `width` symbols or more and of their suffixes longer than that. Returns its size.

    Word i is symbols[offsets[i]:offsets[i + 1]] and gets node node_of[i]. Strings enter the trie by their
    first `width` symbols at once. The tables must have room.
    """
    nodes = 0
    entry_mask = np.uint64(len(entry_table) - 1)
    child_mask = np.uint64(len(child_table) - 1)
    for i in range(len(offsets) - 1):
        end = offsets[i + 1]
        for begin in range(offsets[i], max(offsets[i] + 1, end - width)):
            key = np.uint64(0)
            for j in range(width):
                key |= np.uint64(symbols[begin + j]) << np.uint64(48 - 16 * j)
            place = (key * MULTIPLIER) >> entry_shift
            while entry_table[place] != 0 and entry_table[place] != key:
                place = (place + ONE) & entry_mask
            if entry_table[place] == 0:
                entry_table[place] = key
                entry_nodes[place] = nodes
                nodes += 1
            node = np.int64(entry_nodes[place])
            for j in range(begin + width, end):
                key = (np.uint64(node + 1) << np.uint64(16)) | np.uint64(symbols[j])
                place = (key * MULTIPLIER) >> child_shift
                while child_table[place] != 0 and child_table[place] != key:
                    place = (place + ONE) & child_mask
                if child_table[place] == 0:
                    child_table[place] = key
                    child_nodes[place] = nodes
                    nodes += 1
                node = np.int64(child_nodes[place])
            if begin == offsets[i]:
                node_of[i] = node
    return nodes


@kernel
def node_of_string(
    symbols: np.ndarray,
    begin: int,
    end: int,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
) -> np.int64:
    """Node of a string that is in the trie."""
    key = np.uint64(0)
    for j in range(width):
        key |= np.uint64(symbols[begin + j]) << np.uint64(48 - 16 * j)
    node = np.int64(entry_nodes[find(key, entry_table, entry_shift)])
    for j in range(begin + width, end):
        key = (np.uint64(node + 1) << np.uint64(16)) | np.uint64(symbols[j])
        node = np.int64(child_nodes[find(key, child_table, child_shift)])
    return node


@kernel
def word_cohesion(
    symbols: np.ndarray,
    offsets: np.ndarray,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    totals: np.ndarray,
    gram_table: np.ndarray,
    gram_values: np.ndarray,
    gram_shift: np.uint64,
    gram_counts: np.ndarray,
    singles: np.ndarray,
    in_run: np.ndarray,
    total: float,
    pmi: np.ndarray,
    split: np.ndarray,
) -> None:
    """Smallest PMI over the splits of words longer than `width`, from the totals of a walked trie.

    Parts of up to `width` symbols are looked up among the frequent n-grams.
    """
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        node = node_of_string(
            symbols,
            begin,
            end,
            width,
            entry_table,
            entry_nodes,
            entry_shift,
            child_table,
            child_nodes,
            child_shift,
        )
        joint = math.log(total) + math.log(totals[node])
        best = np.inf
        where = 0
        for at in range(begin + 1, end):
            if in_run[symbols[at - 1]] and in_run[symbols[at]]:
                continue
            value = joint
            for side in range(2):
                first = begin if side == 0 else at
                stop = at if side == 0 else end
                if stop - first == 1:
                    value -= math.log(singles[symbols[first]])
                elif stop - first <= width:
                    key = np.uint64(0)
                    for j in range(stop - first):
                        key |= np.uint64(symbols[first + j]) << np.uint64(48 - 16 * j)
                    value -= math.log(gram_counts[gram_values[find(key, gram_table, gram_shift)]])
                else:
                    node = node_of_string(
                        symbols,
                        first,
                        stop,
                        width,
                        entry_table,
                        entry_nodes,
                        entry_shift,
                        child_table,
                        child_nodes,
                        child_shift,
                    )
                    value -= math.log(totals[node])
            if value < best:
                best = value
                where = at - begin
        pmi[i] = best
        split[i] = where


@kernel
def atoms_of(
    arena: np.ndarray, offsets: np.ndarray, in_run: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of the atoms of pieces (single symbols, and runs), and the piece each is in."""
    starts = np.empty(len(arena), np.int64)
    ends = np.empty(len(arena), np.int64)
    owners = np.empty(len(arena), np.int64)
    n = 0
    for i in range(len(offsets) - 1):
        j = offsets[i]
        while j < offsets[i + 1]:
            starts[n] = j
            owners[n] = i
            j += 1
            if in_run[arena[j - 1]]:
                while j < offsets[i + 1] and in_run[arena[j]]:
                    j += 1
            ends[n] = j
            n += 1
    return starts[:n].copy(), ends[:n].copy(), owners[:n].copy()


@kernel
def find_pieces(
    symbols: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    arena: np.ndarray,
) -> np.ndarray:
    """Number of the piece that equals each stretch, or -1."""
    found = np.empty(len(starts), np.int64)
    for i in range(len(starts)):
        found[i] = find_piece(symbols, starts[i], ends[i], table, hashes, offsets, arena)
    return found


@kernel
def occurrences(
    symbols: np.ndarray,
    begin: int,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    wanted: np.ndarray,
    totals: np.ndarray,
    met: np.ndarray,
    room: int,
) -> tuple[int, int]:
    """Count all occurrences of the strings of a trie, and list the neighbours of the wanted ones.

    Neighbours are ``node << 17 | side << 16 | symbol`` with side 0 for left, 1 for right; ends of clauses are
    not listed. Stops before `met` could overflow by the `room` one start may need; returns the place to go on
    from and the number listed.
    """
    n = len(symbols) - AFTER
    listed = 0
    mask = MASKS[width]
    i = begin
    while i < n and listed + room <= len(met):
        j = i
        while j < i + width and symbols[j] != 0:
            j += 1
        if j < i + width:
            i = j + 1
            continue
        place = find(pack(symbols, i) & mask, entry_table, entry_shift)
        if place >= 0:
            node = np.int64(entry_nodes[place])
            while True:
                totals[node] += 1
                if wanted[node]:
                    base = np.uint64(node) << np.uint64(17)
                    if symbols[i - 1] != 0:
                        met[listed] = base | np.uint64(symbols[i - 1])
                        listed += 1
                    if symbols[j] != 0:
                        met[listed] = base | np.uint64(0x10000) | np.uint64(symbols[j])
                        listed += 1
                if symbols[j] == 0:
                    break
                key = (np.uint64(node + 1) << np.uint64(16)) | np.uint64(symbols[j])
                place = find(key, child_table, child_shift)
                if place < 0:
                    break
                node = np.int64(child_nodes[place])
                j += 1
        i += 1
    return i, listed


@kernel
def split_by_others(
    word: int,
    arena: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    in_run: np.ndarray,
    atoms: np.ndarray,
    weights: np.ndarray,
    log_total: float,
    unit_at: np.ndarray,
    score: np.ndarray,
    came_from: np.ndarray,
) -> float:
    """Best log probability of a piece as a sequence of other units.

    Every boundary of the path lies where the piece may be cut; an atom (a single symbol or a run) is always a
    unit. unit_at[j] and came_from[j] describe the last unit of the best path that ends at symbol j.
    """
    begin, end = offsets[word], offsets[word + 1]
    length = end - begin
    score[0] = 0.0
    for j in range(1, length + 1):
        score[j] = -np.inf
    for i in range(length):
        if score[i] == -np.inf:
            continue
        for j in range(i + 1, length + 1):
            if i == 0 and j == length:
                continue
            if j < length and in_run[arena[begin + j - 1]] and in_run[arena[begin + j]]:
                continue
            unit = find_piece(arena, begin + i, begin + j, table, hashes, offsets, arena)
            if unit < 0 or (weights[unit] <= 0 and not atoms[unit]):
                continue
            weight = np.int64(weights[unit]) if weights[unit] > 0 else np.int64(1)
            value = score[i] + math.log(weight) - log_total
            if value > score[j]:
                score[j] = value
                unit_at[j] = unit
                came_from[j] = i
    return score[length]


@kernel
def remove_redundant(
    visit: np.ndarray,
    arena: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    in_run: np.ndarray,
    atoms: np.ndarray,
    sizes: np.ndarray,
    weights: np.ndarray,
    floors: np.ndarray,
    alive: np.ndarray,
) -> int:
    """One round of redundancy removal: drop pieces that other units explain, and hand their counts down.

    Pieces are visited in the given order. A piece is dropped when its PMI against the best sequence of other
    units is below the number of its atoms minus one. `weights` are counts, changed as pieces are dropped;
    `floors` are what an atom's probability is taken from when it is rarer on its own. Returns the number of
    pieces dropped.
    """
    total = np.int64(0)
    longest = 0
    for i in range(len(weights)):
        total += weights[i]
        longest = max(longest, offsets[i + 1] - offsets[i])
    score = np.empty(longest + 1)
    unit_at = np.zeros(longest + 1, np.int64)
    came_from = np.zeros(longest + 1, np.int64)
    dropped = 0
    used = weights.copy()
    for i in range(len(used)):
        if atoms[i]:
            used[i] = max(weights[i], floors[i])
    for number in range(len(visit)):
        word = visit[number]
        if not alive[word] or atoms[word]:
            continue
        count = np.int64(weights[word])
        log_total = math.log(total)
        used[word] = 0
        value = split_by_others(
            word,
            arena,
            offsets,
            table,
            hashes,
            in_run,
            atoms,
            used,
            log_total,
            unit_at,
            score,
            came_from,
        )
        used[word] = count
        if value == -np.inf:
            continue
        gain = math.log(count) - log_total - value
        if gain >= sizes[word] - 1:
            continue
        alive[word] = False
        weights[word] = 0
        used[word] = 0
        total -= count
        j = offsets[word + 1] - offsets[word]
        while j > 0:
            unit = unit_at[j]
            weights[unit] += count
            used[unit] = max(weights[unit], floors[unit]) if atoms[unit] else weights[unit]
            total += count
            j = came_from[j]
        dropped += 1
    return dropped
