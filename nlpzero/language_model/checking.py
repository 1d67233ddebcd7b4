"""What the arrays of a file of a language model must hold."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nlpzero.engine.validation import expect, finite, require

_HIGHEST_ORDER = 5
# what is no symbol of a text: begin and end of a clause
_BOUNDS = 0xFFFE
# a float32 with these bits or more may be infinite or NaN
_TINY = 0x7F800000
_LOST = "its n-grams go on from rows that are not there"
# rows that are checked at a time: what is made for that stays in the cache
_BLOCK = 1 << 15


def check_arrays(arrays: Mapping[str, Any]) -> None:
    """Check the arrays that :class:`nlpzero.KneserNeyModel` takes.

    The rows of the orders lie one behind another; the n-grams that go on from a row are an
    ascending range of the order above, and these ranges follow each other.

    Raises
    ------
    KeyError, ValueError
    """
    sizes = expect(arrays, "sizes", np.int64, None)
    require(
        1 <= len(sizes) <= _HIGHEST_ORDER and (sizes >= 0).all() and sizes[0] > 0,
        "its orders are wrong",
    )
    symbols = arrays["symbols"]
    # first, so that no sum of sizes overflows
    require((sizes <= symbols.size).all() and sizes.sum() <= symbols.size, "its orders are wrong")
    total, below = int(sizes.sum()), int(sizes[:-1].sum())
    expect(arrays, "symbols", np.uint16, total)
    nodes = expect(arrays, "nodes", np.uint32, below + 1, 3)
    top = expect(arrays, "top", np.float32, int(sizes[-1]))
    frequencies = arrays["frequencies"]
    expect(arrays, "frequencies", np.float32, int(sizes[0]) if frequencies.size else 0)

    # row of the first n-gram of each order, and the end of the last
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    starts = np.zeros(total + 1, np.bool_)
    before = 0
    for first in range(0, len(nodes), _BLOCK):
        rows = nodes[first : first + _BLOCK, 0].astype(np.int64)
        require(
            rows[0] >= before and bool((rows[1:] >= rows[:-1]).all()) and rows[-1] <= total,
            _LOST,
        )
        starts[rows] = True
        before = int(rows[-1])
    require((nodes[bounds[:-1], 0] == bounds[1:]).all(), _LOST)
    for first in range(1, total, _BLOCK):
        stop = min(first + _BLOCK, total)
        ordered = symbols[first:stop] > symbols[first - 1 : stop - 1]
        require((ordered | starts[first:stop]).all(), "its n-grams are not in order")
    # rows, read as float32, are tiny numbers
    require(
        total < _TINY and finite(nodes.view(np.float32)) and finite(top),
        "its probabilities are no numbers",
    )
    if frequencies.size:
        words = frequencies[symbols[: sizes[0]] < _BOUNDS]
        require(
            not np.isnan(words).any() and words.max(initial=0) < np.inf,
            "its frequencies are no numbers",
        )
