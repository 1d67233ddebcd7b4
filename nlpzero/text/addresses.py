"""Addresses and paths: where a URL, an e-mail address, a file path ends that begins at a place of a
text.
"""

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.text.ascii import LONGEST, alnum, at, digit, has, letter, packed
from nlpzero.text.characters import HAN, LETTER

# domains that make a name an address without http:// or www.
_DOMAINS = packed(
    "com cn net org edu gov mil io ai cc tv info biz app dev top xyz vip club site online "
    "wang hk tw mo jp kr uk de fr ru eu ca au sg"
)


@kernel
def _url_char(point: int) -> bool:
    """A character of RFC 3986."""
    return 0x21 <= point <= 0x7E and point not in (
        0x22,
        0x3C,
        0x3E,
        0x5C,
        0x5E,
        0x60,
        0x7B,
        0x7C,
        0x7D,
    )


@kernel
def _url_tail(points: np.ndarray, start: int, floor: int) -> int:
    """End of the characters of an address from `start` on, without the marks of the sentence around
    it.
    """
    i = start
    n = min(len(points), start + LONGEST)
    while i < n and _url_char(points[i]):
        i += 1
    while i > floor:
        last = points[i - 1]
        if last in (
            0x2E,
            0x2C,
            0x3B,
            0x3A,
            0x21,
            0x3F,
            0x27,
            0x2A,
            0x28,
            0x5B,
        ):  # . , ; : ! ? ' * ( [
            i -= 1
        elif last in (0x29, 0x5D):  # ) ] only with what opens them
            opens = 0
            for j in range(floor, i):
                if points[j] == last:
                    opens -= 1
                elif points[j] == (0x28 if last == 0x29 else 0x5B):
                    opens += 1
            if opens >= 0:
                break
            i -= 1
        else:
            break
    return i


@kernel
def _host_end(points: np.ndarray, start: int) -> int:
    """End of a host name: letters, digits, inner hyphens and single points; `start` if
    it is none.
    """
    i = start
    n = min(len(points), start + 253)
    while i < n and (alnum(points[i]) or points[i] in (0x2D, 0x2E)):
        i += 1
    while i > start and points[i - 1] in (0x2D, 0x2E):
        i -= 1
    for j in range(start, i - 1):
        if points[j] == 0x2E and (points[j + 1] == 0x2E or points[j + 1] == 0x2D):
            return start
    if i > start and not alnum(points[start]):
        return start
    return i


@kernel
def _last_label(points: np.ndarray, start: int, end: int) -> int:
    """Where the last label of a host begins; `start` if there is only one."""
    i = end
    while i > start and points[i - 1] != 0x2E:
        i -= 1
    return i


@kernel
def _address_numbers(points: np.ndarray, start: int, end: int) -> bool:
    """Four numbers of at most three digits."""
    parts = 1
    size = 0
    for i in range(start, end):
        if points[i] == 0x2E:
            parts += 1
            size = 0
        elif digit(points[i]):
            size += 1
            if size > 3:
                return False
        else:
            return False
    return parts == 4


@kernel
def url_end(points: np.ndarray, start: int) -> int:
    n = len(points)
    i = start
    if letter(points[start]):
        while i < min(n, start + 20) and (alnum(points[i]) or points[i] in (0x2B, 0x2D, 0x2E)):
            i += 1
        slashes = at(points, i + 1) == 0x2F and at(points, i + 2) == 0x2F
        if i - start >= 2 and at(points, i) == 0x3A and slashes:
            end = _url_tail(points, i + 3, i + 3)
            return end if end > i + 3 else start
        www = True
        for j in range(start, start + 3):
            www = www and (at(points, j) | 0x20) == 0x77
        if www and at(points, start + 3) == 0x2E and alnum(at(points, start + 4)):
            return _url_tail(points, start + 4, start + 5)
    host = _host_end(points, start)
    if host == start:
        return start
    label = _last_label(points, start, host)
    if label == start:
        return start
    numbers = False
    if digit(points[label]):
        if not _address_numbers(points, start, host):
            return start
        numbers = True
    else:
        for j in range(label, host):
            if not 0x61 <= points[j] <= 0x7A:
                return start
        if not has(_DOMAINS, points, label, host):
            return start
    end = host
    if at(points, end) == 0x3A and digit(at(points, end + 1)):
        port = end + 1
        while port < min(n, end + 6) and digit(points[port]):
            port += 1
        if not alnum(at(points, port)):
            end = port
    after = at(points, end)
    if after == 0x2F:
        return _url_tail(points, end, end + 1)
    if numbers or after in (0x40, 0x5F):  # @ _
        return start
    if after == 0x3F and alnum(at(points, end + 1)):
        return _url_tail(points, end, end)
    return end


@kernel
def email_end(points: np.ndarray, start: int) -> int:
    n = len(points)
    i = start
    while i < min(n, start + 64) and (
        alnum(points[i]) or points[i] in (0x2E, 0x5F, 0x25, 0x2B, 0x2D)
    ):
        i += 1
    if at(points, i) != 0x40:
        return start
    first = i + 1
    end = _host_end(points, first)
    label = _last_label(points, first, end)
    if label == first or end - label < 2 or at(points, end) == 0x40:
        return start
    for j in range(label, end):
        if not letter(points[j]):
            return start
    return end


@kernel
def _path_mark(point: int) -> bool:
    """A mark of file names that needs no quotes: - . _ + % = ~ @"""
    return point in (0x2D, 0x2E, 0x5F, 0x2B, 0x25, 0x3D, 0x7E, 0x40)


@kernel
def _name_end(points: np.ndarray, start: int, stop: int) -> int:
    """End of what ASCII has of a file name, without marks at the end."""
    i = start
    while i < stop and (alnum(points[i]) or _path_mark(points[i])):
        i += 1
    while i > start and not alnum(points[i - 1]):
        i -= 1
    return i


@kernel
def _extension_end(points: np.ndarray, start: int, stop: int) -> int:
    """End of the last extension (a point, then up to five letters and digits) in a file name;
    `start` if none.
    """
    i = stop - 1
    while i > start:
        if points[i] == 0x2E:
            j = i + 1
            while j < stop and alnum(points[j]):
                j += 1
            if 0 < j - i - 1 <= 5:
                return j
        i -= 1
    return start


@kernel
def path_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """A path: C:\\…, \\\\server\\…, /a/b, ~/a, ./a, ../a.

    Parts may hold Han characters if they begin with one and a separator or an extension ends them:
    nothing else tells where a path ends and a sentence goes on.
    """
    n = min(len(points), start + LONGEST)
    first = points[start]
    both = False  # \\ separates too
    needed = 1
    if letter(first):
        if at(points, start + 1) != 0x3A:
            return start
        mark = at(points, start + 2)
        if mark not in (0x2F, 0x5C) or at(points, start + 3) == 0x2F:
            return start
        both = True
        needed = 0
        i = start + 3
    elif first == 0x5C:
        if at(points, start + 1) != 0x5C or not alnum(at(points, start + 2)):
            return start
        both = True
        needed = 2
        i = start + 2
    elif first == 0x7E:
        if at(points, start + 1) != 0x2F:
            return start
        i = start + 2
    elif first == 0x2E:
        i = start
        while at(points, i) == 0x2E and at(points, i + 1) == 0x2E and at(points, i + 2) == 0x2F:
            i += 3
        if i == start:
            if at(points, start + 1) != 0x2F:
                return start
            i = start + 2
    else:
        i = start + 1
        needed = 2
        if not (alnum(at(points, i)) or at(points, i) in (0x2E, 0x5F)):
            return start
    end = i if needed == 0 else start
    parts = 0
    while i < n:
        j = i
        while j < n and (alnum(points[j]) or _path_mark(points[j]) or classes[j] in (HAN, LETTER)):
            j += 1
        if j == i:
            break
        plain = _name_end(points, i, j)
        separated = j < n and (points[j] == 0x2F or (both and points[j] == 0x5C))
        ascii_only = True
        for k in range(i, j):
            ascii_only = ascii_only and points[k] < 0x80
        if separated and (ascii_only or points[i] >= 0x80):
            parts += 1
            i = j + 1
            if parts >= needed:
                end = i
            continue
        last = plain
        if not ascii_only and points[i] >= 0x80:
            last = _extension_end(points, i, j)
        if last > i:
            parts += 1
            if parts >= needed:
                end = last
        break
    return end
