"""Text in pieces: tokens from the gaps between them, and blocks cut where no token is."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import brief
from nlpzero.segmentation.shell_kernels import last_safe_cut, mark_tokens
from nlpzero.text.characters import char_classes, code_points

# seconds that a character takes when it is cut by interpreted loops, about
SECONDS_INTERPRETED = 2e-4
# characters that hardly any text holds
_MARKS = "\x00\x01\x02\x03\x04\x05\x06\x07\ufdd0\ufdd1"

# a line longer than this is cut at a mark, in characters
_LONGEST_LINE = 1 << 22


def token_lists(
    text: str,
    points: npt.NDArray[np.uint32],
    flags: npt.NDArray[np.bool_],
    joints: npt.NDArray[np.int64],
) -> list[list[str]]:
    """Tokens of texts that are joined by one character each, at `joints`.

    Python splits a string several times faster than it slices it, so two characters that do not
    occur are put where tokens and texts end.
    """
    marks = list(itertools.islice((mark for mark in _MARKS if mark not in text), 2))
    if len(marks) < 2:
        ends = [*joints.tolist(), len(text)]
        starts = [0, *(end + 1 for end in ends[:-1])]
        return [
            pieces(text[a:b], _whole(flags[a : b + 1])) for a, b in zip(starts, ends, strict=True)
        ]
    token, end = marks
    out = np.empty(2 * len(points), np.uint32)
    with brief(len(points) * SECONDS_INTERPRETED):
        size = mark_tokens(points, flags, joints, ord(token), ord(end), out)
    marked = out[:size].tobytes().decode("utf-32-le", "surrogatepass")
    return [part.split(token) if part else [] for part in marked.split(end)]


def _whole(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    flags = flags.copy()
    flags[0] = flags[-1] = True
    return flags


def pieces(text: str, flags: npt.NDArray[np.bool_]) -> list[str]:
    if not text:
        return []
    return [text[a:b] for a, b in itertools.pairwise(np.flatnonzero(flags).tolist())]


def is_everywhere(separator: str) -> bool:
    """Whether a separator stands beside white space too; a space would not be seen there."""
    return separator != " "


def whole_pieces(
    blocks: Iterable[str],
    longest: int = _LONGEST_LINE,
    *,
    keep: bool = False,
    everywhere: bool = False,
) -> Iterator[tuple[str, bool]]:
    """Cut a stream of blocks anew where segmentation is not disturbed: after line ends.

    Parameters
    ----------
    blocks : iterable of str
    longest : int
        A line may be cut, at a mark, when it has more characters than this.
    keep : bool
        Whether tokens that hold marks may stay whole: it is rather cut at full stops then.
    everywhere : bool
        Whether separators stand beside white space too.

    Yields
    ------
    piece : str
        Not empty.
    joined : bool
        Whether a separator belongs between this piece and the one before: both are parts of one
        line.
    """
    parts: list[str] = []
    waiting = 0
    joined = False
    for block in blocks:
        end = block.rfind("\n") + 1
        if end:
            yield "".join(parts) + block[:end], joined
            parts, waiting, joined = [], 0, False
            block = block[end:]
        if block:
            parts.append(block)
            waiting += len(block)
        if waiting > longest:
            text = "".join(parts)
            points = code_points(text)
            cut = last_safe_cut(points, char_classes(points), keep)
            if not cut and waiting > 2 * longest:
                cut = longest  # no mark in millions of characters: not a text, cut it anywhere
            if cut:
                yield text[:cut], joined
                spaces = (text[cut - 1].isspace(), text[cut : cut + 1].isspace())
                joined = not (all(spaces) if everywhere else any(spaces))
                text = text[cut:]
            parts, waiting = [text] if text else [], len(text)
    if parts:
        yield "".join(parts), joined
