"""A corpus parsed: its trees as text, brackets, JSON Lines, HTML or SVG, by as many hands as there
are.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO, get_args

from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.segmentation.tokenizers import Tokenizer, as_tokenizer, portable
from nlpzero.templates.clauses import Clause, Clauses
from nlpzero.templates.drawing import trees_to_svg
from nlpzero.templates.parsing import TemplateParser
from nlpzero.templates.tree import Tree
from nlpzero.templates.tree_page import PAGE_END, page_begin, tree_section
from nlpzero.text.corpus import Corpus, Shard, as_corpus

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter

TreeFormat = Literal["tree", "brackets", "jsonl", "html", "svg"]
TREE_FORMATS: tuple[TreeFormat, ...] = get_args(TreeFormat)

# bytes of text that one worker parses at a time; the trees are up to a hundred times as large
_SHARD_BYTES = 1 << 20
# inputs smaller than this are not worth starting processes for
_WORTH_PROCESSES = 4 << 20


class ParseSummary(NamedTuple):
    """What :func:`parse_corpus` did.

    read : ReadReport
    trees : int
    cut : int
        Clauses of more than `max_words` words.
    """

    read: ReadReport
    trees: int
    cut: int


class _Form(NamedTuple):
    format: TreeFormat
    max_words: int


class _Pieces:
    """Clauses of a text, long ones cut, and how many there are."""

    def __init__(self, clauses: Clauses, max_words: int) -> None:
        self._clauses = clauses
        self._most = max_words
        self.cut = 0
        self.trees = 0

    def parsed(self, parser: TemplateParser) -> Iterator[tuple[Clause, Tree]]:
        for clause in self._clauses:
            self.cut += len(clause.words) > self._most
            for at in range(0, len(clause.words), self._most):
                piece = clause._replace(words=clause.words[at : at + self._most])
                self.trees += 1
                yield piece, parser.parse(piece.words)

    @property
    def lines(self) -> int:
        """How many lines were read to their end."""
        return self._clauses.lines


def _tree(clause: Clause, tree: Tree) -> str:
    return f"{tree}\n"


def _brackets(clause: Clause, tree: Tree) -> str:
    return tree.brackets() + "\n"


def _json(clause: Clause, tree: Tree) -> str:
    row = {
        "clause": clause.number,
        "words": list(clause.words),
        "score": tree.score,
        "tree": tree.to_dict(),
    }
    return json.dumps(row, ensure_ascii=False)[1:] + "\n"


def _html(clause: Clause, tree: Tree) -> str:
    return tree_section(tree, f".{clause.number}:").partition("<h2>")[2]


# how a tree is written without the number of its line, which a worker cannot know
_WRITE: dict[str, Callable[[Clause, Tree], str]] = {
    "tree": _tree,
    "brackets": _brackets,
    "jsonl": _json,
    "html": _html,
}
# what stands before that
_BEFORE = {
    "tree": "",
    "brackets": "",
    "jsonl": '{{"line": {}, ',
    "html": "<section><h2>{}",
}


class _Outcome(NamedTuple):
    """Trees of a shard: the lines of the clauses within it, and texts."""

    numbers: list[int]
    texts: list[str]
    lines: int
    trees: int
    cut: int


def _parse_worker(
    shard: Shard, parser: TemplateParser, tokenizer: Tokenizer, form: _Form, *, report: ReadReport
) -> _Outcome:
    clauses = Clauses(shard, tokenizer, Resources(jobs=1), report)
    pieces = _Pieces(clauses, form.max_words)
    write = _WRITE[form.format]
    numbers: list[int] = []
    texts: list[str] = []
    for clause, tree in pieces.parsed(parser):
        numbers.append(clause.line)
        texts.append(write(clause, tree))
    return _Outcome(numbers, texts, pieces.lines, pieces.trees, pieces.cut)


def parse_corpus(
    texts: Corpus | Iterable[str],
    parser: TemplateParser,
    tokenizer: Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str,
    out: TextIO,
    *,
    format: TreeFormat = "tree",
    max_words: int = 300,
    resources: Resources | None = None,
) -> ParseSummary:
    """Parse every clause of a text, and write the trees.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once.
    parser : TemplateParser
    tokenizer : Segmenter, callable, Tokenizer or str
        As for :func:`nlpzero.find_templates`.
    out : text file
    format : {"tree", "brackets", "jsonl", "html", "svg"}
        Indented trees, an empty line between two; one line of brackets each; one JSON object each;
        a page for a browser; one picture of all, whose parts are held in memory.
    max_words : int >= 1
        Clauses of more words are cut.
    resources : Resources, optional
        The result does not depend on it. Processes share files of 4 MB or more; everything else,
        and pictures, are written by one.

    Returns
    -------
    ParseSummary

    Raises
    ------
    ValueError
        An unknown format, a `max_words` below 1 or more than can be parsed.
    NlpzeroError
        The text cannot be read, or the tokenizer fails.

    Examples
    --------
    >>> import sys
    >>> from nlpzero import Template, TemplateParser
    >>> parser = TemplateParser({Template.from_text("[X] 可以 [X] 吗"): 1})
    >>> _ = parse_corpus(["鸡蛋 可以 吃 吗"], parser, "whitespace", sys.stdout, format="brackets")
    ((鸡蛋) 可以 (吃) 吗)
    """
    if format not in TREE_FORMATS:
        raise ValueError(f"`format` must be one of {TREE_FORMATS}, got {format!r}.")
    if max_words < 1:
        raise ValueError(f"`max_words` must be an integer >= 1, got {max_words}.")
    text = as_corpus(texts)
    cutter = as_tokenizer(tokenizer)
    given = _worthwhile(resources or Resources(), text, format)
    with open_passes(text, given, compiled=False) as passes:
        if passes.single:
            clauses = Clauses(text, cutter, given, passes.report())
            pieces = _Pieces(clauses, max_words)
            _write_here(pieces.parsed(parser), format, out)
            return ParseSummary(passes.read, pieces.trees, pieces.cut)
        outcomes = passes.map(
            _parse_worker,
            parser,
            portable(cutter, passes.folder) if passes.here else cutter,
            _Form(format, max_words),
            stage="parse",
            shards=text.shards(passes.jobs, _SHARD_BYTES),
            ordered=True,
        )
        trees, cut = _write_outcomes(outcomes, format, out)
        return ParseSummary(passes.read, trees, cut)


def _worthwhile(resources: Resources, text: Corpus | Shard, format: TreeFormat) -> Resources:
    """One job where the work would be done before others have started, or cannot be shared."""
    if resources.executor is not None and format != "svg":
        return resources
    if format == "svg" or text.size is None or text.size < _WORTH_PROCESSES or not text.portable:
        return dataclasses.replace(resources, jobs=1, executor=None)
    return resources


def _write_here(parsed: Iterator[tuple[Clause, Tree]], format: TreeFormat, out: TextIO) -> None:
    if format == "svg":
        out.write(trees_to_svg(tree for _, tree in parsed) + "\n")
        return
    write = _WRITE[format]
    rows = ((clause.line, write(clause, tree)) for clause, tree in parsed)
    _write_rows(rows, format, out)


def _write_outcomes(
    outcomes: Iterable[_Outcome], format: TreeFormat, out: TextIO
) -> tuple[int, int]:
    lines = trees = cut = 0

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal lines, trees, cut
        for part in outcomes:
            for number, text in zip(part.numbers, part.texts, strict=True):
                yield lines + number, text
            lines += part.lines
            trees += part.trees
            cut += part.cut

    _write_rows(rows(), format, out)
    return trees, cut


def _write_rows(rows: Iterable[tuple[int, str]], format: TreeFormat, out: TextIO) -> None:
    if format == "html":
        out.write(page_begin("Sentences as templates"))
    before = _BEFORE[format]
    between = ""
    for line, text in rows:
        out.write(between + before.format(line) + text)
        between = "\n" if format == "tree" else ""
    if format == "html":
        out.write(PAGE_END)
