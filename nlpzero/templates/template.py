"""Templates: words and placeholders, and tables of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.showing import SHOWN_ROWS, html_table, quoted, text_table
from nlpzero.text.cells import TSV_ESCAPES

if TYPE_CHECKING:
    from nlpzero.templates.fillers import Filler
    from nlpzero.templates.heads import TemplateHead

PLACEHOLDER = "[X]"
# between examples, and between variants, in one cell of a table
SEPARATOR = " | "

# a template's words stand between spaces, so theirs are escaped beside what a cell cannot hold
_ESCAPES = {**TSV_ESCAPES, " ": "\\s", "\u3000": "\\u"}
_UNESCAPES = {text[1]: char for char, text in _ESCAPES.items()} | {"[": "["}


def escape_word(word: str) -> str:
    """A word as it stands in the text of a template: no white space, never `[X]` itself."""
    if word == PLACEHOLDER:
        return "\\" + word
    return "".join(_ESCAPES.get(char, char) for char in word)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    chars: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\":
            char = _UNESCAPES.get(text[at + 1 : at + 2])
            if char is None:
                raise ValueError(
                    f"unknown escape in the word {quoted(text)}; write a backslash as \\\\"
                )
            chars.append(char)
            at += 2
        else:
            chars.append(text[at])
            at += 1
    return "".join(chars)


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence template: words, and placeholders that stand for one or more words.

    Templates are values: equal when their elements are equal, hashable, usable as keys.

    Parameters
    ----------
    elements : tuple of str or None
        Words in order, None for a placeholder. Placeholders side by side become one. There must be
        at least one word: a placeholder alone would match everything.

    Raises
    ------
    ValueError
        No word among the elements, an empty word, or more than 1000 words.
    TypeError
        An element that is neither a string nor None, or a bare string for `elements`.

    Examples
    --------
    >>> from nlpzero import Template
    >>> template = Template((None, "可以", None, "吗"))
    >>> print(template)
    [X] 可以 [X] 吗
    >>> template.words
    ('可以', '吗')
    >>> Template((None, None, "的")) == Template.from_text("[X] 的")
    True
    """

    elements: tuple[str | None, ...]

    def __post_init__(self) -> None:
        if isinstance(self.elements, str):
            raise TypeError(
                f"`elements` must be a sequence of words and None, got the string "
                f"{self.elements!r}; use Template.from_text to read one"
            )
        kept: list[str | None] = []
        for element in self.elements:
            if element is None:
                if kept and kept[-1] is None:
                    continue
            elif not isinstance(element, str):
                raise TypeError(f"an element must be a word or None, got {element!r}")
            elif not element:
                raise ValueError("a word of a template must not be empty")
            kept.append(element)
        words = sum(element is not None for element in kept)
        if words == 0:
            raise ValueError(f"a template needs at least one word, got {tuple(self.elements)!r}")
        if words > 1000:
            raise ValueError(f"a template has at most 1000 words, got {words}")
        object.__setattr__(self, "elements", tuple(kept))

    @classmethod
    def from_text(cls, text: str) -> Template:
        r"""Read a template as it prints itself: elements separated by spaces, `[X]` a placeholder.

        Parameters
        ----------
        text : str
            Such as ``[X] 的 [X]``. White space inside a word is written ``\s``, ``\t``, ``\n``,
            ``\r`` or ``\u`` (the ideographic space), a backslash ``\\``, and a word that reads
            ``[X]`` itself ``\[X]``.

        Returns
        -------
        Template

        Raises
        ------
        ValueError
            No word, or an unknown escape.

        Examples
        --------
        >>> Template.from_text("我 [X]").elements
        ('我', None)
        """
        return cls(tuple(None if e == PLACEHOLDER else _unescape(e) for e in text.split(" ") if e))

    @property
    def words(self) -> tuple[str, ...]:
        """The words alone, in order."""
        return tuple(element for element in self.elements if element is not None)

    @property
    def core(self) -> Template:
        """Without placeholders before and after: what variants of one template share.

        Examples
        --------
        >>> Template.from_text("[X] 可以 [X] 吗").core
        Template.from_text('可以 [X] 吗')
        """
        begin = self.elements[0] is None
        end = len(self.elements) - (self.elements[-1] is None)
        return Template(self.elements[begin:end])

    @property
    def sort_key(self) -> tuple[str, ...]:
        """An order by code points; a placeholder, empty here, comes before any word."""
        return tuple(element or "" for element in self.elements)

    @property
    def trivial(self) -> bool:
        """Whether it says nothing but that a word exists: ``[X] word [X]``, or one word alone."""
        return len(self.elements) == 1 or (
            len(self.elements) == 3 and self.elements[0] is None and self.elements[2] is None
        )

    def __str__(self) -> str:
        return " ".join(PLACEHOLDER if e is None else escape_word(e) for e in self.elements)

    def __repr__(self) -> str:
        return f"Template.from_text({str(self)!r})"


class FoundTemplate(NamedTuple):
    """A template with its evidence.

    Attributes
    ----------
    template : Template
    count : int
        How often it was found.
    frequency : float in (0, 1]
        Its share of all templates found, the trivial and the rare ones included.
    examples : tuple of str
        Up to three different clauses it was found in, the first of the corpus, words separated by
        spaces.
    saving : float or None
        Nats of description length that it saves, see
        :func:`nlpzero.templates.saving.description_saving`; None where it is not known.
    """

    template: Template
    count: int  # type: ignore[assignment]  # hides tuple.count
    frequency: float
    examples: tuple[str, ...] = ()
    saving: float | None = None


def log_probabilities(templates: Iterable[FoundTemplate]) -> dict[Template, float]:
    """ln of the frequency of each template; rows of the same template are added up.

    Examples
    --------
    >>> log_probabilities([FoundTemplate(Template.from_text("[X] 吗"), 1, 1.0)])
    {Template.from_text('[X] 吗'): 0.0}
    """
    frequencies: dict[Template, list[float]] = {}
    for row in templates:
        frequencies.setdefault(row.template, []).append(row.frequency)
    return {t: math.log(min(math.fsum(parts), 1.0)) for t, parts in frequencies.items()}


@dataclass(frozen=True)
class TemplateTable:
    """What :func:`find_templates` found.

    Iterating gives the templates that are not trivial, most frequent first; equal counts by the
    code points of their elements, a placeholder before any word.

    Attributes
    ----------
    templates : tuple of FoundTemplate
        The templates that say something of structure.
    trivial : tuple of FoundTemplate
        ``[X] word [X]`` and words alone, in the same order.
    total : int
        Templates of the whole corpus, those too rare to be listed included; frequency = count /
        total.
    words, clauses : int
        Size of the corpus. Breaks between clauses are not words.
    skip_grams : int
        Ordered pairs of words within the window.
    strong : int
        Different skip-grams that passed both thresholds.
    narrowed : int
        Clauses that lost links because they had too many paths.
    read : ReadReport
        What was read to find them.
    heads : tuple of TemplateHead
        The templates that are not trivial with their variants under one head, most frequent first;
        :func:`nlpzero.templates.heads.sort_heads` sorts by what they save.
    fillers : tuple of Filler
        What stands in their placeholders, if that was asked for.
    """

    templates: tuple[FoundTemplate, ...]
    trivial: tuple[FoundTemplate, ...]
    total: int
    words: int
    clauses: int
    skip_grams: int
    strong: int
    narrowed: int
    read: ReadReport = field(default_factory=ReadReport, compare=False)
    heads: tuple[TemplateHead, ...] = ()
    fillers: tuple[Filler, ...] = ()

    def __iter__(self) -> Iterator[FoundTemplate]:
        return iter(self.templates)

    def __len__(self) -> int:
        return len(self.templates)

    def _summary(self) -> str:
        return (
            f"{len(self.templates):,} templates and {len(self.trivial):,} trivial ones, "
            f"in {self.clauses:,} clauses of {self.words:,} words"
        )

    def _first_rows(self) -> Iterator[tuple[object, ...]]:
        for row in self.templates[:SHOWN_ROWS]:
            yield str(row.template), row.count, row.frequency, (row.examples or ("",))[0]

    def __repr__(self) -> str:
        if not self.templates:
            return self._summary()
        shown = text_table(_SHOWN, self._first_rows(), len(self))
        return f"{self._summary()}\n{shown}"

    def _repr_html_(self) -> str:
        return f"<p>{self._summary()}</p>{html_table(_SHOWN, self._first_rows(), len(self))}"

    def to_dataframe(self, *, trivial: bool = False) -> DataFrame:
        """The templates as a data frame; needs pandas.

        Parameters
        ----------
        trivial : bool
            Add the trivial ones, after the others.

        Returns
        -------
        pandas.DataFrame
            A row for each template, variants apart: columns ``template`` (as text), ``count``,
            ``frequency``, ``examples`` (a tuple) and ``saving``, as ``nlpzero templates
            --no-group`` writes them, and ``trivial``.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        rows = [*self.templates, *(self.trivial if trivial else ())]
        return data_frame(
            ["template", "count", "frequency", "examples", "saving", "trivial"],
            [(str(row.template), *row[1:], row.template.trivial) for row in rows],
        )


_SHOWN = ("template", "count", "frequency", "example")
