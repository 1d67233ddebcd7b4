"""A JSON array, value by value: only the one under way is in memory."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from nlpzero.engine.showing import quoted

if TYPE_CHECKING:
    from json import JSONDecodeError

#: How far the beginning of a file is looked at for the bracket of an array, in characters.
LOOK = 1 << 16
# characters; an array that is damaged must not be read into memory as one value
_LONGEST = 1 << 28
# a literal (``-Infinity``) or an escape that a block ends in is a fault near its end
_NEAR_END = 16
_SPACE = re.compile(r"[ \t\r\n]*")


class ArrayValue(NamedTuple):
    """A value of an array.

    line : int
        Where it begins, from 1.
    value : object
    source : str
        As it stands in the text.
    """

    line: int
    value: Any
    source: str


class ArrayFault(Exception):
    """What is wrong with an array, and in which line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class JsonArray:
    """The values of a JSON array that arrives in blocks.

    Parameters
    ----------
    blocks : iterable of str
        Their concatenation is an array, with white space around it. Iterated once.

    Raises
    ------
    ArrayFault
        While it is iterated.

    Examples
    --------
    >>> for line, value, source in JsonArray(['[{"a": 1}', ',\\n {"a', '": [2]}]']):
    ...     print(line, value, source)
    1 {'a': 1} {"a": 1}
    2 {'a': [2]} {"a": [2]}
    """

    def __init__(self, blocks: Iterable[str]) -> None:
        self._blocks = iter(blocks)
        self._text = ""
        self._at = 0
        self._ended = False
        self._line = 1  # that of the place up to which line ends are counted
        self._counted = 0
        from json import JSONDecoder  # most texts are none

        self._decode = JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[ArrayValue]:
        self._peek()
        self._at += 1  # the bracket
        if self._peek() == "]":
            self._at += 1
        else:
            yield self._value()
            while (mark := self._peek()) == ",":
                self._at += 1
                yield self._value()
            if mark != "]":
                self._fail(self._at, "expected a comma, or the bracket at the end" if mark else "")
            self._at += 1
        if self._peek():
            self._fail(self._at, "there is more after the end of the array")

    def _peek(self) -> str:
        """The next character that is not white space, empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _more(self) -> None:
        """Forget what is done and read at least as much as is left."""
        self._count_lines(self._at)
        rest = self._text[self._at :]
        parts, size = [rest], 0
        for block in self._blocks:
            parts.append(block)
            size += len(block)
            if size > len(rest):
                break
        self._text = "".join(parts)
        self._at = self._counted = 0
        self._ended = size <= len(rest)

    def _count_lines(self, at: int) -> int:
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _fail(self, at: int, message: str) -> NoReturn:
        got = self._text[at : at + 80].partition("\n")[0].strip()
        if message:
            message = f"not valid JSON ({message}), got {quoted(got, 40)}"
        else:
            message = "not valid JSON: the array has no end; is the file whole?"
        raise ArrayFault(self._count_lines(at), message)

    def _value(self) -> ArrayValue:
        from json import JSONDecodeError

        if not self._peek():
            self._fail(self._at, "")
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except JSONDecodeError as error:
                if not self._ended and self._is_cut(error):
                    self._more()
                    continue
                self._fail(error.pos, error.msg if error.pos < len(self._text) else "")
            except RecursionError:
                self._fail(self._at, "nested too deep")
            except ValueError:  # more than Python's limit
                self._fail(self._at, "a number of too many digits")
            near = end >= len(self._text) - _NEAR_END
            if near and not self._ended and not isinstance(value, (dict, list, str)):
                self._more()  # a number may go on
                continue
            line = self._count_lines(self._at)
            source = self._text[self._at : end]
            self._at = end
            return ArrayValue(line, value, source)

    def _is_cut(self, error: "JSONDecodeError") -> bool:
        """Whether what is missing may stand in the next block."""
        size = len(self._text) - self._at
        if size > _LONGEST:
            self._fail(self._at, f"a value of more than {_LONGEST:,} characters")
        near = error.pos >= len(self._text) - _NEAR_END
        return near or error.msg.startswith("Unterminated string")


def is_array(beginning: str) -> bool:
    """Whether a text is a JSON array, from its first :data:`LOOK` characters.

    Examples
    --------
    >>> is_array(' \\n[{"a": 1}]'), is_array('{"a": 1}'), is_array("")
    (True, False, False)
    """
    return beginning[:LOOK].lstrip(" \t\r\n").startswith("[")
