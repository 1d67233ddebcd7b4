"""The evidence for a word as a page of text, with its contexts in aligned columns."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nlpzero.discovery.contexts import Context
from nlpzero.engine.showing import padded, text_width

if TYPE_CHECKING:
    from nlpzero.discovery.word_evidence import Boundaries, Competitor, Neighbour, WordEvidence

#: What stands for the end of a clause among neighbours.
CLAUSE_END = "¶"
_INDENT = "  "
_NAMES = 15  # columns of the names of lines


def described(evidence: "WordEvidence") -> str:
    """A word and its evidence, a line for each kind, without a final line feed."""
    return "\n".join(_lines(evidence))


def _lines(e: "WordEvidence") -> Iterator[str]:
    yield f"{e.word}: {e.verdict}"
    occurs = "not known" if e.occurrences is None else f"{e.occurrences:,}"
    alone = "" if e.count is None else f", {e.count:,} times a word"
    yield _line("occurrences", occurs + alone)
    if e.splits:
        weakest = e.pmi
        yield _line(
            "PMI",
            "  ".join(
                f"{s.left}|{s.right} {s.pmi:.2f}" + (" (weakest)" if s.pmi == weakest else "")
                for s in e.splits
            )
            if len(e.splits) > 1
            else f"{e.splits[0].left}|{e.splits[0].right} {weakest:.2f}",
        )
    for side, entropy, neighbours in (
        ("left", e.left_entropy, e.left),
        ("right", e.right_entropy, e.right),
    ):
        if not math.isnan(entropy):
            yield _line(f"{side} entropy", f"{entropy:.2f}  {_neighbours(neighbours)}".rstrip())
    for name, others in (("longer", e.longer), ("shorter", e.shorter)):
        if others:
            yield _line(name, _competitors(others))
    if e.similar:
        yield _line("similar", "  ".join(f"{s.word} {s.similarity:.2f}" for s in e.similar))
    if e.boundaries is not None:
        yield from _boundaries(e.boundaries)
    for line in concordance_lines(e.contexts):
        yield _INDENT + line


def _line(name: str, value: str) -> str:
    return f"{_INDENT}{padded(name, _NAMES)}{value}"


def _neighbours(neighbours: Sequence["Neighbour"]) -> str:
    return "  ".join(f"{n.text or CLAUSE_END} {n.count:,}" for n in neighbours)


def _competitors(others: Iterable["Competitor"]) -> str:
    def told(other: "Competitor") -> str:
        numbers = [] if other.occurrences is None else [f"{other.occurrences:,}"]
        if other.count is not None:
            numbers.append(f"a word {other.count:,} times")
        return f"{other.word} {', '.join(numbers)}".strip()

    return "  ".join(map(told, others))


def _boundaries(b: "Boundaries") -> Iterator[str]:
    inside = "" if math.isnan(b.inside) else f", inside {b.inside:.2f}"
    yield _line("boundaries", f"left {b.left_edge:.2f}, right {b.right_edge:.2f}{inside}")
    cuts = "".join(f"  {cut.form} {cut.count:,}" for cut in b.cuts)
    yield _line("cut", f"a word at {b.whole:,} of {b.sampled:,} places{cuts}")


def concordance_lines(contexts: Sequence[Context]) -> list[str]:
    """Contexts one below the other, the words in one column of a terminal (KWIC).

    Examples
    --------
    >>> contexts = [Context("吃", "葡萄", "不吐"), Context("K线图和", "葡萄", "")]
    >>> print("\\n".join(concordance_lines(contexts)))
         吃 [葡萄] 不吐
    K线图和 [葡萄]
    """
    left = max((text_width(_shown(context.left)) for context in contexts), default=0)
    return [
        f"{padded(_shown(c.left), left, right=True)} [{c.word}] {_shown(c.right)}".rstrip()
        for c in contexts
    ]


def _shown(text: str) -> str:
    """A text whose tabs and controls are spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
