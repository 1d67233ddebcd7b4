"""Files of templates, as ``nlpzero templates`` writes them or as people do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from nlpzero.errors import CorpusError
from nlpzero.templates.template import SEPARATOR, FoundTemplate, Template
from nlpzero.text.cells import read_tsv_cell

_MOST = 2**63 - 1


def read_templates(lines: Iterable[str], name: str = "templates") -> list[FoundTemplate]:
    """Read templates from the lines of a TSV or JSON Lines file.

    Parameters
    ----------
    lines : iterable of str
        Lines as ``nlpzero templates`` writes them in TSV (the header line may be missing) or JSON
        Lines, variants apart or under their heads. A file written by hand needs the template and
        its count only; the frequency is then the share of the counts. Blank lines are skipped.
    name : str
        What messages call the source.

    Returns
    -------
    list of FoundTemplate
        In the order of the lines, every variant on its own.

    Raises
    ------
    CorpusError
        A line that is not a template with its count.

    Examples
    --------
    >>> for row in read_templates(["[X] 吗\\t3", "我 [X]\\t1"]):
    ...     print(row.template, row.frequency)
    [X] 吗 0.75
    我 [X] 0.25
    """
    if isinstance(lines, str):
        raise TypeError("`lines` must be an iterable of lines, got one string")
    rows = list(_read_rows(lines, name))
    total = sum(row.count for row in rows)
    return [
        FoundTemplate(
            row.template,
            row.count,
            row.count / total if row.frequency is None else row.frequency,
            row.examples,
            row.saving,
        )
        for row in rows
    ]


class _Row(NamedTuple):
    template: Template
    count: int  # type: ignore[assignment]  # hides tuple.count
    frequency: float | None
    examples: tuple[str, ...]
    saving: float | None


def _read_rows(lines: Iterable[str], name: str) -> Iterator[_Row]:
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line.strip() or (number == 1 and line.split("\t")[0] == "template"):
            continue
        try:
            if line.startswith("{"):
                fields = list(_of_json(json.loads(line)))
            else:
                fields = list(_of_cells([read_tsv_cell(cell) for cell in line.split("\t")]))
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
            raise CorpusError(
                f"{name}:{number}: expected `template<TAB>count`, as `nlpzero templates` writes "
                f"it, got {line[:60]!r}"
            ) from error
        for text, count, frequency, examples, saving in fields:
            if not 1 <= count <= _MOST or not (frequency is None or 0 < frequency <= 1):
                raise CorpusError(
                    f"{name}:{number}: count must be at least 1 and frequency in (0, 1], "
                    f"got {line[:60]!r}"
                )
            try:
                template = Template.from_text(text)
            except ValueError as error:
                raise CorpusError(f"{name}:{number}: {error}") from error
            yield _Row(template, count, frequency, examples, saving)


_Fields = tuple[str, int, float | None, tuple[str, ...], float | None]


def _of_json(row: Mapping[str, Any], variants: bool = True) -> Iterator[_Fields]:
    """One object: a template, or a head with its variants."""
    if variants and row.get("variants"):
        for variant in row["variants"]:
            yield from _of_json(variant, variants=False)
        return
    text, count = row["template"], row["count"]
    frequency, saving = row.get("frequency"), row.get("saving")
    examples = tuple(row.get("examples", ()))
    if not isinstance(text, str) or not isinstance(count, int):
        raise TypeError("wrong types")
    if not isinstance(frequency, float | int | None) or not isinstance(saving, float | int | None):
        raise TypeError("wrong types")
    if not all(isinstance(example, str) for example in examples):
        raise TypeError("wrong types")
    "".join((text, *examples)).encode("utf-8")  # no lone surrogates
    yield text, count, frequency, examples, saving


def _of_cells(cells: list[str]) -> Iterator[_Fields]:
    """One line: a template, or a head with its variants."""
    cells += [""] * (6 - len(cells))
    count = int(cells[1])
    frequency = float(cells[2]) if cells[2] else None
    examples = tuple(cells[3].split(SEPARATOR)) if cells[3] else ()
    saving = float(cells[4]) if cells[4] else None
    if not cells[5]:
        yield cells[0], count, frequency, examples, saving
        return
    variants = [variant.split(" ", 1) for variant in cells[5].split(SEPARATOR)]
    counts = [int(variant[0]) for variant in variants]
    if sum(counts) != count or min(counts) < 1:
        raise ValueError("the counts of the variants do not add up")
    # of all templates; with an integer a variant has the digits that it has in a line of its own
    total = None if not frequency else max(round(count / frequency), count)
    for (_, text), part in zip(variants, counts, strict=True):
        share = frequency if total is None else float(f"{part / total:.10g}")
        # a line has the saving and the examples of all together
        yield text, part, share, examples, saving if len(counts) == 1 else None
        examples = ()
