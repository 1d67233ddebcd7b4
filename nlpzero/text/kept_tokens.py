"""Tokens that stay whole: addresses, paths, dates, versions, tags, words of letters and digits,
emoji.

Each class is recognised from its own characters (and from whether a letter or digit stands right
before it), so that a token is the same one in any surroundings. White space ends all of them.
"""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import interpreting, kernel, ready, sparing
from nlpzero.text.addresses import email_end, path_end, url_end
from nlpzero.text.ascii import (
    LONGEST,
    alnum,
    at,
    digit,
    digits_end,
    has,
    letter,
    near,
    number_value,
    packed,
)
from nlpzero.text.characters import BREAK, DIGIT, HAN, LETTER, SPACE
from nlpzero.text.hints import hints_of, next_hint
from nlpzero.text.keeping import (
    APART,
    DATE,
    EMAIL,
    EMOJI,
    GOING_ON,
    JOINER,
    NUMBER,
    NUMERIC,
    PATH,
    TAG,
    URL,
    VERSION,
    WORD,
    WORDLIKE,
    plain_hints,
)
from nlpzero.text.units import extends, joins_digits, percent, unit_end

# of looking at letters and digits that stand together, interpreted
_SECONDS_EACH = 3e-4
_LONGEST_TOPIC = 32
_LONGEST_NAME = 30
_LONGEST_HAN_NAME = 15


# units of measure: after a number they are no part of a word
_MEASURES = packed(
    "kg KG Kg g mg t km KM Km m cm CM mm MM nm um ml mL ML l L kb KB Kb mb MB Mb gb GB Gb tb TB "
    "Hz hz HZ kHz KHz khz MHz mhz GHz ghz kW KW kw MW kWh kwh kV KV kv mA mAh mah ms min px dpi "
    "fps rpm bps kbps Kbps mbps Mbps Gbps dB db pa Pa kPa KPa MPa Mpa lbs lb oz ft mph"
)


# ------------------------------------------------------------------------------- dates and versions


@kernel
def _time_end(points: np.ndarray, start: int) -> int:
    """End of T08:30:00.125+08:00 and its shorter forms; `start` if there is none."""
    if (near(points, start) | 0x20) != 0x74:
        return start
    i = start + 1
    end = start
    for part in range(3):
        if part > 0:
            if near(points, i) != 0x3A:
                break
            i += 1
        if digits_end(points, i) - i != 2:
            break
        i += 2
        if part > 0:
            end = i
    if end == start:
        return start
    i = end
    if near(points, i) == 0x2E and digit(near(points, i + 1)):
        i = digits_end(points, i + 1)
    end = i
    mark = near(points, i)
    if (mark | 0x20) == 0x7A:
        end = i + 1
    elif mark in (0x2B, 0x2D):
        stop = digits_end(points, i + 1)
        if stop - i == 5:
            end = stop
        elif (
            stop - i == 3
            and near(points, stop) == 0x3A
            and digits_end(points, stop + 1) - stop == 3
        ):
            end = stop + 3
    return end if not alnum(near(points, end)) else start


@kernel
def _date_end(points: np.ndarray, start: int) -> int:
    """2024-05-20, 2024/5/20, 20-05-2024, 2024-05-20T08:30:00Z, 8:30am."""
    a = digits_end(points, start)
    mark = near(points, a)
    if mark in (0x2D, 0x2F):
        b = digits_end(points, a + 1)
        if near(points, b) != mark:
            return start
        c = digits_end(points, b + 1)
        if near(points, c) == mark and digit(near(points, c + 1)):
            return start
        middle = number_value(points, a + 1, b)
        if not 1 <= b - a - 1 <= 2:
            return start
        if a - start == 4 and 1 <= c - b - 1 <= 2:
            year = number_value(points, start, a)
            day = number_value(points, b + 1, c)
            if not (1000 <= year < 3000 and 1 <= middle <= 12 and 1 <= day <= 31):
                return start
            after = _time_end(points, c)
            if after > c:
                return after
        elif 1 <= a - start <= 2 and c - b - 1 == 4:
            year = number_value(points, b + 1, c)
            first = number_value(points, start, a)
            if not (1000 <= year < 3000 and 1 <= middle <= 31 and 1 <= first <= 31):
                return start
            if middle > 12 and first > 12:
                return start
        else:
            return start
        return c if not letter(near(points, c)) else start
    i = a
    if a - start > 2:
        return start
    while near(points, i) == 0x3A and digits_end(points, i + 1) - i == 3:
        i += 3
    half = (near(points, i) | 0x20) in (0x61, 0x70) and (near(points, i + 1) | 0x20) == 0x6D
    return i + 2 if half and not alnum(near(points, i + 2)) else start


@kernel
def _version_end(points: np.ndarray, start: int) -> int:
    """v2.0.1, v2.0.1-beta.2+7, 2.0.1-rc1: numbers with points after a v, or three of them with a
    label.
    """
    i = start
    v = (near(points, start) | 0x20) == 0x76
    if v:
        i += 1
    if not digit(near(points, i)):
        return start
    i = digits_end(points, i)
    dots = 0
    while near(points, i) == 0x2E and digit(near(points, i + 1)):
        i = digits_end(points, i + 1)
        dots += 1
    if alnum(near(points, i)):
        return start
    labels = 0
    while near(points, i) in (0x2D, 0x2B):
        first = near(points, i + 1)
        if not alnum(first) or (labels == 0 and not letter(first)):
            break
        if (first | 0x20) == 0x76 and digit(near(points, i + 2)):
            break
        i += 1
        while alnum(near(points, i)) or (near(points, i) == 0x2E and alnum(near(points, i + 1))):
            i += 1
        labels += 1
    if v:
        return i if dots > 0 or labels > 0 else start
    return i if dots >= 2 and labels > 0 else start


# ----------------------------------------------------------------------------------- tags, mentions


@kernel
def _name_char(point: int, kind: int) -> bool:
    return kind in (HAN, LETTER, DIGIT) or point == 0x5F or point == 0x2D


@kernel
def _tag_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """#话题#, #tag, @name.

    A name or a tag with Han characters ends where nothing else could be meant: at white space, at
    the next tag, at a colon, at the end; else only its letters and digits before the first Han
    character count.
    """
    n = len(points)
    mention = points[start] == 0x40
    i = start + 1
    if not mention:
        words = False
        while i < n and i - start <= _LONGEST_TOPIC and points[i] != 0x23:
            if classes[i] == SPACE or points[i] in (0x3002, 0xFF01, 0xFF1F):  # 。！？
                break
            words = words or classes[i] in (HAN, LETTER)
            i += 1
        if at(points, i) == 0x23 and i - start > 1 and i - start <= _LONGEST_TOPIC + 1:
            # not the opening mark of the next tag: #a #b has a space, #a#b means #a#
            return i + 1 if words else start
    longest = _LONGEST_NAME
    i = start + 1
    plain = start + 1  # end of the letters and digits in ASCII
    han = 0
    letters = False
    while i < n and i - start <= longest and _name_char(points[i], classes[i]):
        letters = letters or classes[i] in (HAN, LETTER)
        if points[i] >= 0x80:
            han += 1
        elif han == 0:
            plain = i + 1
        i += 1
    if i - start > longest or not (letters or mention):
        return start
    if not mention and classes[start + 1] == DIGIT:
        return start  # 第#1名
    if han == 0:
        while i > start + 1 and points[i - 1] == 0x2D:
            i -= 1
        return i if i - start > 2 or (i - start > 1 and not mention) else start
    ends = (
        i == n
        or classes[i] == SPACE
        or points[i] in (0x23, 0x40)
        or (mention and points[i] in (0x3A, 0xFF1A))
    )
    if ends and han <= _LONGEST_HAN_NAME:
        return i
    while plain > start + 1 and points[plain - 1] == 0x2D:
        plain -= 1
    letters = False
    for j in range(start + 1, plain):
        letters = letters or letter(points[j])
    return plain if plain - start > 2 and letters else start


# ---------------------------------------------------------------------- words of letters and digits


@kernel
def _part_end(points: np.ndarray, i: int) -> int:
    """End of letters and digits, with points between digits."""
    while True:
        point = near(points, i)
        if alnum(point) or (
            point == 0x2E and digit(near(points, i - 1)) and digit(near(points, i + 1))
        ):
            i += 1
        else:
            return i


@kernel
def _all_numbers(points: np.ndarray, start: int, end: int) -> bool:
    for i in range(start, end):  # noqa: SIM110 (compiled)
        if letter(near(points, i)):
            return False
    return True


@kernel
def _joins(points: np.ndarray, start: int, i: int, end: int) -> bool:
    """Whether the mark at i joins the word from `start` to i with the letters and digits from i + 1
    to `end`.
    """
    mark = near(points, i)
    right = near(points, i + 1)
    if mark == 0x2D:
        if digit(right) and _all_numbers(points, start, i):
            return False  # 3-5, 2008-2010
        return not (i - start == 1 and end - i == 2 and letter(right))  # A-B
    if mark == 0x2E:
        if i - start < 2 or _all_numbers(points, start, i):
            return False  # A.yes, 1.Word
        net = end - i == 4 and right == 0x4E
        if net:
            net = near(points, i + 2) == 0x45 and near(points, i + 3) == 0x54
        return 0x61 <= right <= 0x7A or net
    if mark == 0x26:
        return near(points, end) != 0x3B  # not &nbsp;
    return mark != 0x2B and mark != 0x23


@kernel
def _word_end(points: np.ndarray, classes: np.ndarray, start: int, rules: np.ndarray) -> int:
    """5G, O2O, PM2.5, SK-II, 5w-30, C++17, C#, .NET, Node.js, AT&T, e.g.: what is more than a run
    of letters.
    """
    n = len(points)
    if points[start] == 0x2E:
        end = start + 4
        for k in range(3):
            if at(points, start + 1 + k) | 0x20 != (0x6E, 0x65, 0x74)[k]:
                return start
        if not rules[0x2E] & JOINER or alnum(at(points, end)):
            return start
        return end
    if rules[0x2E] & JOINER and letter(points[start]):
        i = start
        while letter(at(points, i)) and at(points, i + 1) == 0x2E:
            i += 2
        if i - start >= 4 and not alnum(at(points, i)):
            return i
    i = _part_end(points, start)
    if digit(near(points, start)):
        k = start
        while k < i and not letter(near(points, k)):
            k += 1
        if k < i and has(_MEASURES, points, k, i):
            return start
    part = start  # where the last part begins
    while i < n and i - start < LONGEST:
        mark = near(points, i)
        if not 0x20 < mark < 0x7F or not rules[mark] & JOINER or alnum(mark):
            break
        if mark == 0x2B:
            plus = i
            while near(points, plus) == 0x2B:
                plus += 1
            if _all_numbers(points, start, i):
                break
            if plus - i == 2:
                part = plus
                i = digits_end(points, plus)
            elif plus - i == 1 and not alnum(near(points, plus)):
                part = plus
                i = plus
            break
        if mark == 0x23:
            right = near(points, i + 1)
            one = i - start == 1 and letter(near(points, start))
            if one and not letter(right) and right != 0x23:
                part = i + 1
                i = _part_end(points, i + 1)
            break
        right = i + 1
        if mark == 0x5F:
            while near(points, right) == 0x5F:
                right += 1
        if not alnum(near(points, right)):
            break
        end = _part_end(points, right)
        if not _joins(points, start, i, end):
            break
        part = right
        i = end
    end = i
    # digits with 年月日 after them are a date: APP12月
    if digit(near(points, end - 1)) and at(points, end) in (0x5E74, 0x6708, 0x65E5):
        k = end
        while k > part and digit(near(points, k - 1)):
            k -= 1
        if k - part >= 3 and end - k <= 4 and letter(near(points, k - 1)):
            end = k
    if _all_numbers(points, start, end):
        return start
    while end < n and classes[end] == LETTER and classes[end - 1] == LETTER:
        end += 1
    return end


# -------------------------------------------------------------------------------------------- emoji


@kernel
def _modifies(point: int) -> bool:
    """Variation selectors, tones of skin, tags, the enclosing key."""
    return (
        0xFE00 <= point <= 0xFE0F
        or 0x1F3FB <= point <= 0x1F3FF
        or 0xE0020 <= point <= 0xE007F
        or point == 0x20E3
    )


@kernel
def _key_end(points: np.ndarray, start: int) -> int:
    """End of a keycap, of which a digit, # or * is the first character; `start` if it is none."""
    i = start + 1
    if at(points, i) == 0xFE0F:
        i += 1
    return i + 1 if at(points, i) == 0x20E3 else start


@kernel
def _before_key(points: np.ndarray, start: int, end: int) -> int:
    """End of a number or word, without a last digit that is the first character of a keycap."""
    if end - start < 2 or at(points, end) not in (0xFE0F, 0x20E3):
        return end
    last = end - 1
    if not digit(points[last]) or _key_end(points, last) == last:
        return end
    while last > start and not alnum(near(points, last - 1)):
        last -= 1
    return last


# symbols before U+10000 that are emoji without a variation selector (Emoji_Presentation of
# Unicode 16)
_PRESENTED = np.array(
    [(0x231A, 0x231B), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3), (0x25FD, 0x25FE),
     (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F), (0x2693, 0x2693), (0x26A1, 0x26A1),
     (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26CE), (0x26D4, 0x26D4),
     (0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD),
     (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x274E, 0x274E),
     (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797), (0x27B0, 0x27B0), (0x27BF, 0x27BF),
     (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55)]
)  # fmt: skip


@kernel
def _pictograph(points: np.ndarray, i: int) -> bool:
    point = at(points, i)
    if 0x1F000 <= point <= 0x1FAFF:
        return not 0x1F1E6 <= point <= 0x1F1FF
    if not 0x2000 <= point < 0x1F000 or _modifies(point) or point == 0x200D:
        return False
    if at(points, i + 1) == 0xFE0F:
        return True
    if 0x231A <= point <= 0x2B55:
        for k in range(len(_PRESENTED)):
            if _PRESENTED[k, 0] <= point <= _PRESENTED[k, 1]:
                return True
    return False


@kernel
def _emoji_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """End of one emoji with its modifiers and what joiners append; `start` if there is none."""
    if classes[start] != BREAK or not _pictograph(points, start):
        return start
    n = len(points)
    i = start + 1
    while i < n:
        if _modifies(points[i]):
            i += 1
        elif points[i] == 0x200D:
            i += 1
            if i < n and points[i] >= 0x2190 and classes[i] == BREAK and not _modifies(points[i]):
                i += 1
        else:
            break
    return i


# ------------------------------------------------------------------------------------------ numbers


@kernel
def _thousands(points: np.ndarray, classes: np.ndarray, start: int, i: int) -> bool:
    """Whether the comma at i is a mark of thousands: up to three digits, then groups of three."""
    size = 0
    for j in range(start, i):
        if classes[j] == DIGIT:
            size += 1
        elif points[j] in (0x2C, 0xFF0C):
            size = 0
        else:
            return False  # after a point or a colon
    if not 1 <= size <= 3:
        return False
    j = i + 1
    while j < len(points) and j <= i + 4 and classes[j] == DIGIT:
        j += 1
    return j == i + 4


@kernel
def _number_end(points: np.ndarray, classes: np.ndarray, start: int, rules: np.ndarray) -> int:
    """As ``number_end``, but a comma is a mark only between groups of three digits, and a keycap is
    none of it.
    """
    n = len(points)
    i = start + 1
    while i < n:
        if classes[i] == DIGIT or (
            joins_digits(points[i])
            and i + 1 < n
            and classes[i + 1] == DIGIT
            and (
                not rules[0] & NUMBER
                or points[i] not in (0x2C, 0xFF0C)
                or _thousands(points, classes, start, i)
            )
        ):
            i += 1
        else:
            break
    if i < n and percent(points[i]):
        return i + 1
    if rules[0] & EMOJI:
        return _before_key(points, start, i)
    return i


# -------------------------------------------------------------------------------------- all of them


@kernel
def _kept_end(
    points: np.ndarray, classes: np.ndarray, start: int, rules: np.ndarray
) -> tuple[int, int]:
    """End of the kept token that begins at `start`, or `start`; and which kind it is.

    `start` must begin a unit. The classes are tried in the order of ``KEEP``, keycaps first.
    """
    first = near(points, start)
    if first >= 128:
        if rules[0] & EMOJI and points[start] >= 0x2000:
            return _emoji_end(points, classes, start), APART
        return start, APART
    bits = np.int64(rules[first])
    if first == 0 or bits & ~JOINER == 0:
        return start, APART
    plain = first == points[start]
    if bits & EMOJI and plain:
        end = _key_end(points, start)
        if end > start:
            return end, APART
    if alnum(first):
        i = start + 1
        digits = digit(first)
        mixed = False
        while alnum(near(points, i)):
            mixed = mixed or digit(near(points, i)) != digits
            i += 1
        after = near(points, i)
        # no mark of ASCII follows: at most letters and digits
        simple = after <= 0x20 or after >= 0x7F
        # nor anything but digits, or but letters: what most texts have most
        if simple and not mixed and after not in (0xFE0F, 0x20E3):
            return start, APART
        if not simple:
            bits &= GOING_ON[after] | (DATE if mixed else 0)
    else:
        simple = False
        if start > 0 and classes[start - 1] in (LETTER, DIGIT):
            return start, APART
    if not simple and plain:
        if bits & URL:
            end = url_end(points, start)
            if end > start:
                return end, APART
        if bits & EMAIL:
            end = email_end(points, start)
            if end > start:
                return end, APART
        if bits & PATH:
            end = path_end(points, classes, start)
            if end > start:
                return end, APART
        if bits & TAG:
            end = _tag_end(points, classes, start)
            if end > start:
                return end, APART
    if bits & DATE:
        end = _date_end(points, start)
        if end > start:
            return end, APART
    if not simple and bits & VERSION:
        end = _version_end(points, start)
        if end > start:
            return end, APART
    if bits & WORD:
        end = _word_end(points, classes, start, rules)
        if rules[0] & EMOJI:
            end = _before_key(points, start, end)
        if end > start:
            return end, WORDLIKE
    if classes[start] == DIGIT and bits & (NUMBER | EMOJI):
        return _number_end(points, classes, start, rules), NUMERIC
    return start, APART


@kernel
def _extended(points: np.ndarray, classes: np.ndarray, i: int) -> int:
    """End of the marks that extend the character before i, as of other units (``unit_end``)."""
    n = len(points)
    while i < n and classes[i] == BREAK and extends(points[i]):
        joiner = points[i] == 0x200D
        i += 1
        if joiner and i < n and points[i] >= 0x2190 and classes[i] == BREAK:
            i += 1
    return i


@kernel
def kept_spans(
    points: np.ndarray, classes: np.ndarray, rules: np.ndarray, hints: np.ndarray
) -> np.ndarray:
    """The kept tokens of a text: rows of start, end, and kind (``APART``, ``WORDLIKE``,
    ``NUMERIC``).

    Words and numbers are among them only where they are no units without rules. Tokens are looked
    for around the hints only (``hints_of``, or whatever has more of them).
    """
    n = len(points)
    hint = next_hint(hints, 0)
    out = np.empty((16 if hint < n else 0, 3), np.int64)
    m = 0
    i = 0
    while hint < n:
        # units begin at Han characters and at white space, whatever stands before them
        start = hint
        while start > i and classes[start] != HAN and classes[start] != SPACE:
            start -= 1
        i = start
        while i <= hint:
            kind = classes[i]
            if kind in (HAN, SPACE):
                i += 1
                while i < n and classes[i] == HAN:
                    i += 1
                if i < n and classes[i] == BREAK and classes[i - 1] == HAN:
                    i = _extended(points, classes, i)
                continue
            following = classes[i + 1] if i + 1 < n else SPACE
            if kind == BREAK and points[i] >= 0x80 and following in (HAN, SPACE):
                i += 1  # alone, whatever it is
                continue
            end, token = _kept_end(points, classes, i, rules)
            if end > i:
                end = _extended(points, classes, end)
            if end == i or token != APART:
                plain = unit_end(points, classes, i)
                if end in (i, plain):
                    i = plain
                    continue
            if m == len(out):
                more = np.empty((2 * m, 3), np.int64)
                for k in range(m):  # an array into a slice would compile much more
                    for column in range(3):
                        more[k, column] = out[k, column]
                out = more
            out[m, 0] = i
            out[m, 1] = end
            out[m, 2] = token
            m += 1
            i = end
        hint = next_hint(hints, i)
    return out[:m].copy()


def find_kept(
    points: npt.NDArray[np.uint32],
    classes: npt.NDArray[np.uint8],
    rules: npt.NDArray[np.uint16],
    hints: npt.NDArray[np.uint64] | None = None,
) -> npt.NDArray[np.int64]:
    """The kept tokens of a text, see :func:`kept_spans`; from other hints than usual, if given."""
    if hints is None and not ready(kept_spans):
        # the largest kernel of all, and most texts have few such tokens
        telling, every = plain_hints(points)
        tokens = np.count_nonzero(telling[1:] & ~telling[:-1]) + 1
        with sparing(kept_spans, _SECONDS_EACH * tokens):
            if interpreting():
                return kept_spans(points, classes, rules, every)
    return kept_spans(points, classes, rules, hints_of(points) if hints is None else hints)
