"""Inputs from seeds: bytes, lines, numbers, brackets, encodings are changed, a few times each."""

import codecs
import re
from collections.abc import Callable, Sequence
from random import Random

ENCODINGS = (
    "utf-8", "gb18030", "gbk", "big5", "big5hkscs", "cp950", "utf-16", "utf-16-le", "utf-16-be",
    "utf-32", "utf-32-be", "shift_jis", "euc-jp", "euc-kr", "latin-1", "cp1252", "utf-8-sig",
)  # fmt: skip
MARKS = (
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    b"\x84\x31\x95\x33",
)
# what programs trip over, whatever they read
TOKENS = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        "\n", "\r\n", "\r", "\t", " ", "\u3000", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\ufeff",
        "\ufffe", "\uffff", "\ud800", "\udfff", "𠮷", "\U0010ffff", "葛\U000e0100", "e\u0301", "○",
        "〇", '"', '""', "'", ",", ";", "\\", "\\u", "\\ud800", "\\x", "#", "[", "]", "{", "}", ":",
        "null", "NaN", "nan", "Infinity", "-Infinity", "inf", "true", "[X]", "word", "<unk>", "=",
        "--", "/*", "%s", "{0}", "<script>", "=1+1", "我们", "天气", "，", "。", "1,234",
    )
)  # fmt: skip
NUMBERS = (
    b"0", b"-0", b"-1", b"1", b"2", b"255", b"65536", b"2147483648", b"4294967295",
    b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1" * 400,
    b"1" * 5000, b"1e999", b"-1e999", b"1e308", b"-1e308", b"1e-320", b"1e-999", b"0.0", b"0x10",
    b"1_000", b"\xef\xbc\x91", b"\xd9\xa3", b"1.5", b".5", b"1.", b"+1", b"nan", b"-inf",
)  # fmt: skip
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
_LONGEST = 200_000


def mutated(seeds: Sequence[bytes], tokens: Sequence[bytes], random: Random) -> bytes:
    """A seed, changed in one or several ways; `tokens` are those of the format."""
    data = random.choice(seeds)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5, 9))):
        way = random.choice(_WAYS)
        data = way(data, seeds, tokens, random)[:_LONGEST]
    return data


def _place(data: bytes, random: Random) -> int:
    return random.randrange(len(data) + 1)


def _flip(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if out:
            out[random.randrange(len(out))] ^= 1 << random.randrange(8)
    return bytes(out)


def _random_bytes(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    at = _place(data, random)
    return data[:at] + random.randbytes(random.choice((1, 2, 4, 30))) + data[at:]


def _token(data: bytes, seeds: object, tokens: Sequence[bytes], random: Random) -> bytes:
    at = _place(data, random)
    token = random.choice(tokens if tokens and random.random() < 0.5 else TOKENS)
    end = at if random.random() < 0.7 else at + random.randrange(9)
    return data[:at] + token + data[end:]


def _remove(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    at = _place(data, random)
    return data[:at] + data[at + random.choice((1, 2, 3, 10, 100)) :]


def _cut(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    return data[: _place(data, random)]


def _repeat(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    at = _place(data, random)
    part = data[at : at + random.choice((1, 2, 5, 40))]
    most = max(1, 40_000 // max(1, len(part)))
    times = random.choice((2, 3, 10, 300, most)) if random.random() < 0.3 else 2
    return data[:at] + part * min(times, most) + data[at:]


def _nest(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    at = _place(data, random)
    deep = random.choice((2, 2, 5, 5, 10, 10, 50, 500, 3000, 60_000))
    bracket = random.choice((b"[", b"{", b'{"a":', b"(", b'"', b"\\"))
    return data[:at] + bracket * min(deep, 60_000 // len(bracket)) + data[at:]


def _number(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    places = list(_NUMBER.finditer(data[:20_000]))
    if not places:
        return data
    place = random.choice(places)
    return data[: place.start()] + random.choice(NUMBERS) + data[place.end() :]


def _lines(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    choice = random.randrange(5)
    if choice == 0:
        del lines[at]
    elif choice == 1:
        lines.insert(random.randrange(len(lines) + 1), lines[at])
    elif choice == 2:
        random.shuffle(lines)
    elif choice == 3:
        other = random.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        end = random.choice((b"\r\n", b"\r", b"", b"\n\n", b" \n"))
        return end.join(lines)
    return b"\n".join(lines)


def _splice(data: bytes, seeds: Sequence[bytes], tokens: object, random: Random) -> bytes:
    other = random.choice(seeds)
    return data[: _place(data, random)] + other[_place(other, random) :]


def _mark(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    return random.choice(MARKS) + data


def _recode(data: bytes, seeds: object, tokens: object, random: Random) -> bytes:
    text = data.decode("utf-8", "surrogateescape" if random.random() < 0.5 else "replace")
    codec = random.choice(ENCODINGS)
    return text.encode(codec, "ignore")


_WAYS: tuple[Callable[..., bytes], ...] = (
    _flip, _flip, _random_bytes, _token, _token, _token, _remove, _cut, _repeat, _nest, _number,
    _number, _number, _lines, _lines, _splice, _mark, _recode,
)  # fmt: skip
