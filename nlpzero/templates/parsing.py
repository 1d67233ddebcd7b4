"""Parsing a sentence as nested templates: the best tree over all spans, in polynomial time.

The model is that of Su Jianlin's minimum-entropy series (spaces.ac.cn/archives/5577): a sentence is
made by nesting templates. Every placeholder is a block of adjacent words, made in turn by one
template, and the parse is the nesting with the greatest sum of ln p(template).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from nlpzero.templates.chart_kernels import (
    IMPOSSIBLE,
    TemplateTrie,
    fill_chart,
    reach_states,
    read_chart,
)
from nlpzero.templates.template import FoundTemplate, Template, log_probabilities
from nlpzero.templates.tree import UNIT, Tree

# cells are score * 1024 + words in 63 bits
_LARGEST_SUM = 2.0**52 * UNIT
# the chart holds a square of this many cells: 128 MB
_MOST_WORDS = 4096


class TemplateParser:
    """Parse sentences with a set of templates.

    A template matches a span exactly: its words stand in it in this order, a placeholder takes one
    or more words, and nothing is skipped anywhere else. A span scores the greater of

    - ln p(t) + the scores of the blocks in the placeholders of t, over the templates t that match;
    - `null_score` times (number of words - 1), the flat span; so a lone word costs nothing.

    Ties are broken by the structure alone, never by the order of the templates: the main template
    with more words first, then the one whose words stand further right, compared from its first
    word on (so chains such as A 的 B 的 C are cut at the last 的 and branch to the left). The flat
    span loses a tie. Scores are compared in steps of 2**-30 nat, so sums that are equal on paper
    are equal here.

    Parameters
    ----------
    templates : mapping of Template to number, or iterable of FoundTemplate
        A mapping gives counts or weights, and p is the share of their sum; found templates carry
        their p, the frequency, with them.
    null_score : float, at most 0
        What each gap inside a flat span costs, in nats. -20 as in nlp-zero.

    Raises
    ------
    TypeError
        `templates` is neither a mapping from templates nor found templates.
    ValueError
        A weight that is not positive, a `null_score` above 0 or not finite.

    Examples
    --------
    >>> from nlpzero import Template, TemplateParser
    >>> templates = {Template((None, "可以", None, "吗")): 9, Template(("我", None)): 8}
    >>> parser = TemplateParser(templates)
    >>> print(parser.parse(["鸡蛋", "可以", "吃", "吗"]))
    +---> (鸡蛋)可以(吃)吗
    |     +---> 鸡蛋
    |     +---> 吃
    """

    def __init__(
        self,
        templates: Mapping[Template, float] | Iterable[FoundTemplate],
        *,
        null_score: float = -20.0,
    ) -> None:
        if not (math.isfinite(null_score) and null_score <= 0):
            raise ValueError(f"`null_score` must be finite and at most 0, got {null_score}")
        scores = _template_scores(templates)
        self.null_score = float(null_score)
        self._null = round(null_score / UNIT)
        self._vocabulary = {
            word: number
            for number, word in enumerate(sorted({w for t in scores for w in t.words}), 1)
        }
        # a trie over elements; node 0 is the root, word 0 the placeholder
        children: dict[tuple[int, int], int] = {}
        self._templates: list[Template | None] = [None]
        values = [IMPOSSIBLE]
        for template in sorted(scores, key=_element_key):
            node = 0
            for element in template.elements:
                key = (node, 0 if element is None else self._vocabulary[element])
                if key not in children:
                    children[key] = len(values)
                    values.append(IMPOSSIBLE)
                    self._templates.append(None)
                node = children[key]
            values[node] = round(scores[template] / UNIT)
            self._templates[node] = template
        self._trie = TemplateTrie.of(children, values)
        lowest = min([self._null, *(v for v in values if v != IMPOSSIBLE)])
        self._longest = min(int(_LARGEST_SUM / max(-lowest * UNIT, 1.0)), _MOST_WORDS)

    def __len__(self) -> int:
        """Number of different templates."""
        return sum(template is not None for template in self._templates)

    def parse(self, words: Iterable[str]) -> Tree:
        """The best tree over a sentence.

        Time grows with the cube of the number of words and memory with its square: 200 words take
        some milliseconds.

        Parameters
        ----------
        words : iterable of str
            The words of one sentence, at least one, none of them empty.

        Returns
        -------
        Tree

        Raises
        ------
        TypeError
            A bare string, or something that is not a string among the words.
        ValueError
            No words, an empty word, or more words than scores can be summed for.
        """
        if isinstance(words, str):
            raise TypeError(
                f"`words` must be a sequence of words, got the string {words!r}; segment it first"
            )
        sentence = tuple(words)
        for word in sentence:
            if not isinstance(word, str):
                raise TypeError(f"a word must be a string, got {word!r}")
        if not sentence or not all(sentence):
            raise ValueError(
                f"`words` must be one or more words that are not empty, got {sentence!r}"
            )
        if len(sentence) > self._longest:
            raise ValueError(
                f"`words` must have at most {self._longest} words with these scores, "
                f"got {len(sentence)}"
            )
        look_up = self._vocabulary.get
        ids = np.array([look_up(word, -1) for word in sentence], np.int64)
        states = reach_states(ids, self._trie)
        chart, complete = fill_chart(ids, self._trie, self._null, states)
        rows = read_chart(ids, self._trie, self._null, states, chart, complete)
        return self._build(sentence, rows)

    def _build(self, words: tuple[str, ...], rows: NDArray[np.int64]) -> Tree:
        """Trees from the rows, which list parents before children: built from the last row back."""
        done: list[Tree] = []
        for start, end, node, score in reversed(rows.tolist()):
            template = self._templates[node] if node >= 0 else None
            size = 0 if template is None else template.elements.count(None)
            children = tuple(done.pop() for _ in range(size))
            done.append(Tree(words[start:end], start, template, children, score * UNIT))
        return done.pop()


def _element_key(template: Template) -> tuple[str, ...]:
    """An order by code points; a placeholder, empty here, comes before any word."""
    return tuple("" if element is None else element for element in template.elements)


def _template_scores(
    templates: Mapping[Template, float] | Iterable[FoundTemplate],
) -> dict[Template, float]:
    if isinstance(templates, Mapping):
        for template, weight in templates.items():
            if not isinstance(template, Template):
                raise TypeError(f"a key of `templates` must be a Template, got {template!r}")
            if not (math.isfinite(weight) and weight > 0):
                raise ValueError(f"the weight of {template} must be positive, got {weight}")
        total = math.fsum(templates.values())
        return {template: math.log(weight / total) for template, weight in templates.items()}
    rows = list(templates)
    for row in rows:
        if not isinstance(row, FoundTemplate):
            raise TypeError(
                "`templates` must be a mapping from Template to counts, or found templates, "
                f"got {row!r} in it"
            )
        if not 0 < row.frequency <= 1:
            raise ValueError(
                f"the frequency of {row.template} must be in (0, 1], got {row.frequency}"
            )
    return log_probabilities(rows)
