"""What says that an item is there: 1, 3, true, yes; and what says that it is not."""

import math

#: Words that are flags, in lower case.
FLAG_WORDS = {"true": True, "false": False, "yes": True, "no": False, "t": True, "f": False,
              "y": True, "n": False}  # fmt: skip


def flag_of(cell: str) -> bool | None:
    """Whether a cell says that something is there; None if it says neither.

    Examples
    --------
    >>> [flag_of(cell) for cell in ("1", "0.0", "TRUE", "n", "3", "-1", "tea")]
    [True, False, True, False, True, None, None]
    """
    cell = cell.strip()
    word = FLAG_WORDS.get(cell.lower())
    if word is not None:
        return word
    value = number_of(cell)
    return None if value is None or value < 0 else value > 0


def number_of(cell: str) -> float | None:
    """The number that a cell is: digits with a sign, a point or commas every three digits.

    Examples
    --------
    >>> number_of("1,299.5"), number_of("-2"), number_of("1e3"), number_of("nan"), number_of("5G")
    (1299.5, -2.0, None, None, None)
    """
    text = cell.strip()
    if not text or not (text[-1].isdigit() or text[-1] == ".") or not text.isascii():
        return None
    if not set(text) <= set("0123456789.,+-"):
        return None
    if "," in text:
        whole, *groups = text.lstrip("+-").split(".")[0].split(",")
        if not (1 <= len(whole) <= 3 and all(len(group) == 3 for group in groups)):
            return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
