"""What a file of transactions looks like: recognised from a sample, or refused with the choices."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

from nlpzero.engine.showing import listed, quoted
from nlpzero.errors import CorpusError
from nlpzero.rules.columns import Column, Role, columns_of, is_name_of_items
from nlpzero.rules.flags import flag_of, number_of
from nlpzero.rules.json_reading import is_whole_array
from nlpzero.rules.line_blocks import opens_quote
from nlpzero.rules.shapes import Concrete, JsonLines, Lines, OneHot, Pairs, Recognised, Sentences
from nlpzero.text.json_arrays import ArrayFault, JsonArray
from nlpzero.text.records import quoted_fields

_SEPARATORS = (",", "\t", ";", "|")
_WIDE_SEPARATORS = ("，", "、")
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", " ": "space"}

# shares of lines, by what they are enough for
_REGULAR = 0.9  # a table, with a few broken lines
_COMMON = 0.2  # a separator that is not in every line: some baskets have one item
_ENDS = "。！？"
_FEW = 5  # lines that tell a list from a table of two columns
_CHOICES = 6  # shown
_LONGEST_NAME = 100  # of columns, in what is said
_QUOTED_LINES = 100  # that a quoted cell of a sample may have


class Choice(NamedTuple):
    """One way to read the input: a shape, and the options of the command for it."""

    shape: Concrete
    options: str


class UnclearShapeError(CorpusError):
    """The input may be read in several ways, and only its owner knows which one is right.

    Attributes
    ----------
    name : str
        The input.
    reason : str
        What is unclear.
    choices : tuple of Choice
        Ways to read it.
    """

    def __init__(self, name: str, reason: str, choices: Sequence[Choice]) -> None:
        self.name = name
        self.reason = reason
        self.choices = tuple(choices)
        shapes = "; or ".join(map(_written, (choice.shape for choice in self.choices)))
        super().__init__(f"{name}: {reason}; say how to read it: {shapes}")


def _written(shape: Concrete) -> str:
    """A shape as code, without what is default."""
    plain = type(shape)()
    given = [
        f"{name}={quoted(value) if isinstance(value, str) else value}"
        for name, value in vars(shape).items()
        if value != getattr(plain, name)
    ]
    return f"{type(shape).__name__}({', '.join(given)})"


class Found(NamedTuple):
    """A shape and, in a few words, what it means."""

    shape: Concrete
    description: str


def recognise(sample: str, wanted: Recognised, name: str = "the input") -> Found:
    """The shape of transactions.

    Parameters
    ----------
    sample : str
        Whole lines from the beginning.
    wanted : Recognised
        What is known already.
    name : str
        The input, for messages.

    Raises
    ------
    UnclearShapeError
        Several shapes are as likely.
    CorpusError
        The input cannot have the shape that is wanted.

    Examples
    --------
    >>> print(recognise("a;b\\nb;c;d\\n", Recognised()).description)
    one transaction a line: --separator semicolon
    """
    sample = sample.removeprefix("\ufeff")
    beginning = sample.lstrip()
    if wanted.kind == "json" or (
        wanted.kind == "auto" and wanted.columns is None and _is_json(beginning)
    ):
        return _Json(name).recognise(sample)
    found = _Text(sample, wanted, name).recognise()
    told = wanted.columns is not None or (
        wanted.kind == "lines" and found.shape == Lines(wanted.separator, wanted.quotes)
    )
    if told and wanted.separator != "auto":
        return Found(found.shape, "")
    return found


def _is_json(text: str) -> bool:
    if text[:1] not in ("[", "{"):
        return False
    if is_whole_array(text):
        return True
    import json  # not needed by other shapes

    try:
        return isinstance(json.loads(text.split("\n", 1)[0]), (list, dict))
    except (ValueError, RecursionError):
        return False


def _option(separator: str | None) -> str:
    """How the command line says a separator."""
    if separator is None:
        return "--whitespace"
    if separator == ",":
        return ""
    text = _NAMES.get(separator, separator)
    return f"--separator '{text}'" if text in "|;" else f"--separator {text}"


def _shell(text: str) -> str:
    if len(text) > _LONGEST_NAME or not text.isprintable():
        return quoted(text)  # to be seen, not to be copied
    return text if re.fullmatch(r"[\w,.:%+-]+", text) else "'" + text.replace("'", "'\\''") + "'"


class _Text:
    """Lines with separators."""

    def __init__(self, sample: str, wanted: Recognised, name: str) -> None:
        self.name = name
        self.wanted = wanted
        self.lines = [line for line in sample.split("\n") if line.strip()]
        self.separator: str | None = ","
        self.rows: list[list[str]] = []
        self.line_ends = False
        self.columns: list[Column] = []
        self.header = False

    def recognise(self) -> Found:
        wanted = self.wanted
        if not self.lines:
            self.separator = "," if wanted.separator == "auto" else wanted.separator
            return self._plain()
        if wanted.separator != "auto":
            self.separator = wanted.separator
        else:
            self.separator = self._separator()
        self._cut()
        if wanted.columns is not None:
            return self._pairs(*wanted.columns)
        if wanted.kind == "lines":
            return self._as_lines(header=bool(wanted.header))
        if wanted.kind == "one-hot":
            return self._as_one_hot(wanted.header is not False, self._ids_beside_flags())
        return self._of_table()

    # --- separators ------------------------------------------------------------------------------

    def _separator(self) -> str | None:
        share = {mark: self._share(mark) for mark in _SEPARATORS}
        columns = self.wanted.columns
        if columns is not None and isinstance(columns[0], str):
            for mark in (*_SEPARATORS, None):
                header = [cell.strip() for cell in self._fields(self.lines[0], mark)]
                if all(column in header for column in columns):
                    return mark
        best = max(_SEPARATORS, key=lambda mark: share[mark])
        comma = share[","]
        others = [mark for mark in _SEPARATORS[1:] if share[mark]]
        if comma and comma >= share[best]:
            rivals = [mark for mark in others if share[mark] >= 0.5 * comma]
            if rivals:
                self._unclear_separators([",", *rivals])
            return ","
        if share[best] >= _COMMON or (comma and share[best] > comma):
            if comma and not (
                share[best] >= 2 * comma or (self._constant(best) and not self._constant(","))
            ):
                self._unclear_separators([",", best])
            return best
        return self._other_separator()

    def _share(self, mark: str) -> float:
        return sum(mark in line for line in self.lines) / len(self.lines)

    def _constant(self, mark: str) -> bool:
        """Whether all lines have the same number of cells, several."""
        widths = {len(self._fields(line, mark)) for line in self.lines}
        return len(widths) == 1 and widths.pop() > 1

    def _other_separator(self) -> str | None:
        """Where none of the usual ones is common: white space, wide commas, or nothing to say."""
        text = "".join(self.lines)
        sentences = sum(any(end in line for end in _ENDS) for line in self.lines) / len(self.lines)
        if self.wanted.kind == "auto" and sentences >= _COMMON:
            self._unclear(
                "the lines look like sentences",
                [Choice(Sentences(), "--text"), Choice(Lines(), "--shape lines")],
            )
        wide = max(_WIDE_SEPARATORS, key=text.count)
        if self._share(wide) >= _COMMON:
            return wide
        spaced = [line.split() for line in self.lines]
        several = sum(len(words) > 1 for words in spaced) / len(spaced)
        if several >= 0.5:
            words = [word for row in spaced for word in set(row)]
            # names of several words recur as wholes, items of a basket recur one by one
            lines = len(set(self.lines)) / len(self.lines)
            if len(set(words)) / len(words) < lines or len(self.lines) == 1:
                return None
            self._unclear_separators([",", None])
        return ","

    def _unclear_separators(self, separators: Sequence[str | None]) -> NoReturn:
        shown = ", ".join("white space" if mark is None else repr(mark) for mark in separators)
        self._unclear(
            f"what separates items, of {shown}",
            [Choice(Lines(mark), _option(mark) or "--separator comma") for mark in separators],
        )

    def _fields(self, line: str, separator: str | None) -> list[str]:
        if separator is None:
            return line.split()
        if self.wanted.quotes and '"' in line:
            return quoted_fields(line, separator)
        return line.split(separator)

    def _cut(self) -> None:
        """The rows of the sample; a quoted cell may go on in the next line."""
        lines = self.lines
        at = 0
        while at < len(lines):
            line, end = lines[at], at + 1
            quotes = self.wanted.quotes and self.separator is not None
            if quotes and line.count('"') % 2 and opens_quote(line, str(self.separator)):
                joined = line
                while end < min(len(lines), at + _QUOTED_LINES) and joined.count('"') % 2:
                    joined = f"{joined} {lines[end]}"
                    end += 1
                if joined.count('"') % 2 and end == len(lines) and at:
                    break  # the end of the sample
                if opens_quote(joined, str(self.separator)) or joined.count('"') % 2:
                    end = at + 1
                else:
                    self.line_ends, line = True, joined
            self.rows.append([cell.strip() for cell in self._fields(line, self.separator)])
            at = end

    # --- tables ----------------------------------------------------------------------------------

    def _of_table(self) -> Found:
        rows, wanted = self.rows, self.wanted
        widths = [len(row) for row in rows]
        width = max(set(widths), key=widths.count)
        if width < 2 or widths.count(width) < _REGULAR * len(rows):
            return self._ragged()
        regular = [row for row in rows if len(row) == width]
        if len(rows[0]) != width or len(regular) < 2:
            return self._ragged()
        self.columns = columns_of(regular)
        self.header = self._has_header() if wanted.header is None else wanted.header
        if not self.header:
            self.columns = columns_of(regular, header=False)
            return self._without_header(len(regular))
        if wanted.kind != "pairs":
            flags = self._flag_columns()
            if flags is not None:
                return self._as_one_hot(True, flags)
        return self._long_form()

    def _has_header(self) -> bool:
        """Whether the first row has names: unlike the cells below, or words for columns."""
        names = [column.name for column in self.columns]
        if any(name in column.cells for name, column in zip(names, self.columns, strict=True)):
            return False
        if any(number_of(name) is not None for name in names):
            return False
        if any(name and column.is_typed for name, column in zip(names, self.columns, strict=True)):
            return True
        known = sum(column.role is not None for column in self.columns)
        coded = any(
            column.is_coded and not re.search(r"\d", column.name) for column in self.columns
        )
        numbered = all(re.fullmatch(r"\D+[ _]?\d+", name) for name in names[1:] if name)
        same_stem = len({re.sub(r"\d+$", "", name) for name in names[1:]}) == 1
        return known >= 2 or (known >= 1 and coded) or (numbered and same_stem and len(names) > 2)

    def _flag_columns(self) -> list[int] | None:
        """The columns beside flags, from 1, if the table is one of flags; else None."""
        columns = self.columns
        roles = [column.role for column in columns]
        if any(
            role is Role.ITEM and column.is_text
            for role, column in zip(roles, columns, strict=True)
        ) and any(role is Role.ID for role in roles):
            return None
        flags = [column for column in columns if column.is_flags and column.name]
        unlike = [column for column in flags if not (column.is_boolean or column.has_zeros)]
        sure = [column for column in flags if column not in unlike]
        zeros = sum(column.zeros for column in sure)
        cells = sum(len(column.cells) for column in sure)
        beside = [column for column in columns if column not in sure]
        others = [column for column in sure if column.role in (Role.ID, Role.OTHER)]
        if len(sure) - len(others) < 2 or len(sure) <= len(beside) - len(unlike):
            return None
        if zeros < 0.05 * cells or not zeros:
            return None
        doubtful = [
            column
            for column in beside
            if column.name
            and column.role not in (Role.ID, Role.OTHER)
            and not (column.is_distinct and len(column.cells) > 2)
        ]
        skip = sorted({column.number for column in (*beside, *others)} | set(self.wanted.skip))
        doubtful = [column for column in doubtful if column.number not in self.wanted.skip]
        if doubtful:
            names = ", ".join(quoted(column.name, 30) for column in doubtful[:3])
            numbers = ",".join(map(str, skip))
            more = [Choice(OneHot(self.separator, skip=tuple(skip)), f"--skip-columns {numbers}")]
            if all(column.is_flags for column in doubtful):
                kept = tuple(n for n in skip if n not in {c.number for c in doubtful})
                option = "--shape one-hot" + (
                    f" --skip-columns {','.join(map(str, kept))}" if kept else ""
                )
                more.append(Choice(OneHot(self.separator, skip=kept), option))
            self._unclear(f"whether {names} of the columns of flags are items", more)
        return skip

    def _long_form(self) -> Found:
        columns = [column for column in self.columns if column.number not in self.wanted.skip]
        useful = [c for c in columns if c.role is not Role.OTHER and not c.is_date and c.name]
        named = [column for column in useful if column.role is Role.ITEM]
        named = [column for column in named if column.is_text] or named
        items = named or [c for c in useful if c.is_text and c.role is None and not c.is_constant]
        ids = [column for column in useful if column.role is Role.ID and column not in items]
        strong = [column for column in ids if column.is_transaction]
        ids = strong or ids
        if not ids:
            ids = [c for c in useful if c not in items and not c.is_constant and c.repeats]
        if self.wanted.kind == "auto" and len(items) > 1 and _overlap(items):
            return self._as_lines(header=True, skip=self._beside(items))
        if len(ids) == 1 and len(items) == 1:
            lists = sum(bool(re.search(r"[,;|、，]", cell)) for cell in items[0].full)
            if ids[0].is_distinct and self.wanted.kind == "auto" and lists:
                one, item = ids[0].name, items[0].name
                self._unclear(
                    f"the cells of {quoted(item, 30)} look like lists, of which each would be one "
                    "item; write one item a row, or only the lists",
                    [
                        Choice(
                            Pairs(one, item, self.separator), f"--basket {_shell(f'{one},{item}')}"
                        )
                    ],
                )
            return self._pairs(ids[0].name, items[0].name)
        ids = ids or [c for c in self.columns if c.name and c not in items]
        items = items or [c for c in self.columns if c.name and c not in ids]
        self._unclear_pairs(ids, items, named=True)

    def _beside(self, items: list[Column]) -> list[int]:
        """The columns that are no items, though they are not blank."""
        return [column.number for column in self.columns if column.full and column not in items]

    def _unclear_pairs(self, ids: list[Column], items: list[Column], named: bool) -> NoReturn:
        choices = []
        for item in items:
            for one in ids:
                if one is item:
                    continue
                first, second = (one.name, item.name) if named else (one.number, item.number)
                pairs = Pairs(first, second, self.separator, self.wanted.quotes)
                choices.append(Choice(pairs, f"--basket {_shell(f'{first},{second}')}"))
        choices = choices[:_CHOICES]
        option = "--shape lines --header" if named else "--shape lines"
        choices.append(Choice(Lines(self.separator, header=named), option))
        what = "which column is the transaction and which the item"
        whether = "" if named else "whether lines are whole transactions, or "
        self._unclear(whether + what, choices)

    def _without_header(self, rows: int) -> Found:
        columns = [column for column in self.columns if column.number not in self.wanted.skip]
        pairs = self.wanted.kind == "pairs"
        if rows < 2 or len(columns) < 2:
            return self._plain()
        said = {cell for column in columns for cell in column.full}
        if not pairs and len(said) > 1 and all(column.is_zero_one for column in columns):
            self._unclear(
                "the columns of 0 and 1 have no names of items",
                [
                    Choice(OneHot(self.separator, header=False), "--shape one-hot --no-header"),
                    Choice(Lines(self.separator), "--shape lines"),
                ],
            )
        numbers = [c for c in columns if c.is_number or c.is_date]
        texts = [c for c in columns if c not in numbers]
        grouped = [c for c in numbers if not c.is_date and c.is_grouped]
        if not numbers:
            return self._texts(columns, pairs)
        if not texts:
            if pairs or (len(columns) in (2, 3) and rows > 2 and columns[0].is_grouped):
                others = [c for c in columns[1:] if not c.is_constant] or columns[1:]
                self._unclear_pairs(columns[:1], others, named=False)
            return self._plain()
        if any(not text.is_text for text in texts):  # numbers and words in one column: items
            return self._plain()
        if len(texts) == 1 and (
            len(grouped) == 1 or (len(columns) == 2 and numbers[0] is columns[0])
        ):
            one = grouped[0] if len(grouped) == 1 else numbers[0]
            return self._pairs(one.number, texts[0].number)
        if len(texts) > 1 and _overlap(texts):
            if all(number.is_distinct or number.is_date for number in numbers):
                return self._as_lines(header=False, skip=[c.number for c in numbers])
            self._unclear_lists(numbers, texts)
        if len(texts) > 1 and not grouped:
            self._unclear_lists(numbers, texts)
        self._unclear_pairs([c for c in numbers if not c.is_date] or numbers, texts, named=False)

    def _unclear_lists(
        self, numbers: list[Column], texts: list[Column], header: bool = False
    ) -> NoReturn:
        skip = tuple(column.number for column in numbers)
        text = ",".join(map(str, skip))
        choices = [
            Choice(
                Lines(self.separator, header=header, skip=skip),
                f"--shape lines{' --header' * header} --skip-columns {text}",
            ),
            Choice(Lines(self.separator, header=header), f"--shape lines{' --header' * header}"),
        ]
        choices += [
            Choice(
                Pairs(number.number, column.number, self.separator),
                f"--basket {number.number},{column.number}",
            )
            for number in numbers[:2]
            for column in texts[:2]
        ]
        self._unclear(f"whether the numbers in column {text} are items", choices)

    def _texts(self, columns: list[Column], pairs: bool) -> Found:
        coded = [c for c in columns if c.is_coded and (c.is_grouped or len(columns) == 2)]
        plain = [c for c in columns if not c.is_coded and not c.has_codes]
        if len(columns) == 2:
            first, second = columns
            if len(coded) == 1 and len(plain) == 1:
                return self._pairs(coded[0].number, plain[0].number)
            apart = set(first.cells).isdisjoint(second.cells)
            several = not first.is_constant and not second.is_constant
            if pairs or (
                apart and several and len(first.cells) >= _FEW and (first.repeats or second.repeats)
            ):
                self._unclear_pairs([first], [second], named=False)
            return self._plain()
        if pairs or (len(coded) == 1 and plain and not _overlap(columns)):
            self._unclear_pairs(coded or columns[:1], plain or columns[1:], named=False)
        ids = [c for c in columns if c.is_coded and c.is_distinct and len(c.cells) >= _FEW]
        if len(ids) == 1 and len(plain) == len(columns) - 1:
            return self._as_lines(header=False, skip=[ids[0].number])
        return self._plain()

    # --- lists -----------------------------------------------------------------------------------

    def _ragged(self) -> Found:
        """Lists of different lengths, perhaps with a header and a column of identifiers."""
        rows, wanted = self.rows, self.wanted
        if wanted.kind == "pairs":
            raise CorpusError(
                f"{self.name}: the lines have different numbers of cells, so they are no long form"
            )
        header = bool(wanted.header)
        cells = {cell for row in rows[1:] for cell in row}
        if wanted.header is None and len(rows) > 1 and cells.isdisjoint(rows[0]):
            known = sum(is_name_of_items(name) for name in rows[0])
            header = known == len(rows[0]) and len(rows[0]) <= 2
        body = [row for row in rows[header:] if any(row)]
        if len(body) < _FEW or wanted.skip:
            return self._as_lines(header=header)
        first = columns_of([[row[0]] for row in body], header=False)[0]
        rest = [cell for row in body for cell in row[1:] if cell]
        numeric = sum(number_of(cell) is not None for cell in rest)
        if (
            rest
            and (first.is_number or first.is_coded)
            and numeric < 0.01 * len(rest)
            and not any(cell[:1] and re.search(r"\d", cell) and first.is_coded for cell in rest)
        ):
            if not first.is_distinct:
                self._unclear_lists([first], [], header)
            return self._as_lines(header=header, skip=[1])
        return self._as_lines(header=header)

    # --- answers ---------------------------------------------------------------------------------

    def _plain(self) -> Found:
        return self._as_lines(header=bool(self.wanted.header))

    def _as_lines(self, header: bool, skip: Sequence[int] = ()) -> Found:
        columns = tuple(sorted({*skip, *self.wanted.skip}))
        shape = Lines(self.separator, self.wanted.quotes, header, columns, self.line_ends)
        said = ["--shape lines"] if header or columns else []
        said += [_option(self.separator)] if _option(self.separator) else []
        said += ["--header"] if header else []
        said += [f"--skip-columns {','.join(map(str, columns))}"] if columns else []
        return Found(shape, _said("one transaction a line", said))

    def _as_one_hot(self, header: bool, skip: Sequence[int]) -> Found:
        columns = tuple(sorted({*skip, *self.wanted.skip}))
        shape = OneHot(self.separator, self.wanted.quotes, header, columns)
        said = ["--shape one-hot", _option(self.separator), "" if header else "--no-header"]
        said += [f"--skip-columns {','.join(map(str, columns))}"] if columns else []
        return Found(shape, _said("a column for each item", [part for part in said if part]))

    def _ids_beside_flags(self) -> list[int]:
        """Columns of a table of flags that are none: identifiers and dates by name, and words."""
        width = len(self.rows[0])
        regular = [row for row in self.rows if len(row) == width]
        if width < 2 or len(regular) < 2 or self.wanted.header is False or self.wanted.skip:
            return []
        return [
            column.number
            for column in columns_of(regular)
            if (column.role in (Role.ID, Role.OTHER) and not column.is_boolean)
            or (column.full and all(flag_of(cell) is None for cell in column.full))
        ]

    def _pairs(self, transaction: Any, item: Any) -> Found:
        shape = Pairs(transaction, item, self.separator, self.wanted.quotes)
        basket = f"--basket {_shell(f'{transaction},{item}')}"
        said = [basket, _option(self.separator)]
        return Found(shape, _said("one item a row", [part for part in said if part]))

    def _unclear(self, reason: str, choices: Sequence[Choice]) -> NoReturn:
        option = _option(self.separator) if not reason.startswith("what separates") else ""
        if option and self.wanted.separator == "auto":
            choices = [
                Choice(
                    shape
                    if isinstance(shape, (Sentences, JsonLines))
                    else replace(shape, separator=self.separator),
                    f"{options} {option}",
                )
                for shape, options in choices
            ]
        start = "unclear " if reason.startswith(("wh", "what")) else ""
        raise UnclearShapeError(self.name, start + reason, choices)


def _said(what: str, options: Sequence[str]) -> str:
    return f"{what}: {' '.join(options)}" if options else what


def _overlap(columns: Sequence[Column]) -> bool:
    """Whether columns share cells: lists do, where a table has other things in each."""
    seen: set[str] = set()
    shared = 0
    for column in columns:
        cells = {cell for cell in column.cells if cell}
        shared += len(cells & seen)
        seen |= cells
    return shared >= max(1, 0.05 * len(seen))


class _Json:
    """JSON: arrays of items, objects with one, objects of flags."""

    def __init__(self, name: str) -> None:
        self.name = name

    def recognise(self, sample: str) -> Found:
        values = self._values(sample)
        if not values or not all(isinstance(value, dict) for value in values):
            return Found(JsonLines(), "JSON, an array of items for each transaction")
        fields: dict[str, list[Any]] = {}
        for value in values:
            for name, cell in value.items():
                fields.setdefault(name, []).append(cell)
        lists = [name for name, cells in fields.items() if any(isinstance(c, list) for c in cells)]
        if len(lists) == 1:
            return self._field(lists[0])
        if lists:
            choices = [Choice(JsonLines(n), f"--field {_shell(n)}") for n in lists[:_CHOICES]]
            raise UnclearShapeError(self.name, "unclear which field has the items", choices)
        return self._flags(fields, len(values))

    def _field(self, name: str) -> Found:
        return Found(JsonLines(name), f"JSON, one transaction an object: --field {_shell(name)}")

    def _values(self, sample: str) -> list[Any]:
        values: list[Any] = []
        if is_whole_array(sample):
            try:
                for _, value, _ in JsonArray([sample]):
                    values.append(value)
            except ArrayFault:
                pass  # the sample ends; what is wrong with the file is told when it is read
            return values
        import json

        for line in sample.split("\n"):
            try:
                values.append(json.loads(line)) if line.strip() else None
            except (ValueError, RecursionError):
                break
        return values

    def _flags(self, fields: dict[str, list[Any]], rows: int) -> Found:
        skip = []
        sure = doubtful = 0
        for name, cells in fields.items():
            texts = ["" if cell is None else str(cell) for cell in cells]
            column = Column(0, name, tuple(texts))
            flags = all(flag_of(text) is not None for text in texts if text)
            boolean = all(cell is None or isinstance(cell, bool) for cell in cells)
            if flags and (boolean or column.is_boolean or column.has_zeros or len(cells) < rows):
                sure += 1
            elif column.role in (Role.ID, Role.OTHER) or (column.is_distinct and rows > 2):
                skip.append(name)
            else:
                doubtful += 1
        if sure >= 2 and not doubtful:
            left = f", without {listed(skip)}" if skip else ""
            return Found(JsonLines(flags=True, skip=tuple(skip)), f"JSON, objects of flags{left}")
        names = ", ".join(quoted(name, 30) for name in list(fields)[:5])
        raise CorpusError(
            f"{self.name}: JSON objects whose fields ({names}) are neither an array of items nor "
            "flags (true, false, 0, 1); write an array of items for each transaction, or one item "
            "a row as CSV"
        )
