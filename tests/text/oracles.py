"""Slow, obvious versions of what :mod:`nlpzero.text` does in compiled loops."""

import re
from itertools import takewhile

from nlpzero.text.characters import BREAK, DIGIT, HAN, LETTER, SPACE, char_classes, code_points

DOMAINS = frozenset(
    re.findall(
        r"\w+",
        "com cn net org edu gov mil io ai cc tv info biz app dev top xyz vip club site online wang "
        "hk tw mo jp kr uk de fr ru eu ca au sg",
    )
)
MEASURES = frozenset(
    re.findall(
        r"\w+",
        "kg KG Kg g mg t km KM Km m cm CM mm MM nm um ml mL ML l L kb KB Kb mb MB Mb gb GB Gb tb "
        "TB Hz hz HZ kHz KHz khz MHz mhz GHz ghz kW KW kw MW kWh kwh kV KV kv mA mAh mah ms min px "
        "dpi fps rpm bps kbps Kbps mbps Mbps Gbps dB db pa Pa kPa KPa MPa Mpa lbs lb oz ft mph",
    )
)
PRESENTED = set(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
AN = "[A-Za-z0-9]"
HOST = re.compile(rf"{AN}(?:[A-Za-z0-9.-]*{AN})?")
TAIL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
NAME = r"[A-Za-z0-9._+%=~@-]"
MARKS = "︀-️\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f⃣"
ZONE = r"[Zz]|[+-]\d{4}(?!\d)|[+-]\d\d:\d\d(?!\d)"
# what is there of seconds, fraction and zone belongs to it: nothing is given back
TIME = re.compile(
    rf"[Tt]\d\d:\d\d(?::\d\d|(?!:\d\d(?!\d)))(?:\.\d+|(?!\.\d))(?:{ZONE}|(?!{ZONE}))(?!{AN})",
    re.ASCII,
)


def fold(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text)


def classes_of(text: str) -> list[int]:
    return char_classes(code_points(text)).tolist()


def trimmed(text: str, floor: int, end: int) -> int:
    while end > floor:
        last = text[end - 1]
        if last in ".,;:!?'*([":
            end -= 1
        elif last in ")]":
            inside = text[floor:end]
            if inside.count("(" if last == ")" else "[") >= inside.count(last):
                break
            end -= 1
        else:
            break
    return end


def tail(text: str, start: int, floor: int) -> int:
    match = TAIL.match(text, start)
    assert match
    return trimmed(text, floor, match.end())


def host(text: str, i: int) -> str:
    match = HOST.match(text, i)
    found = match[0] if match else ""
    return "" if ".." in found or ".-" in found else found


def url(text: str, i: int) -> int:
    if match := re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,19}://").match(text, i):
        end = tail(text, match.end(), match.end())
        return end if end > match.end() else i
    if re.compile(rf"[Ww]{{3}}\.{AN}").match(text, i):
        return tail(text, i + 4, i + 5)
    name = host(text, i)
    labels = name.split(".")
    if len(labels) < 2:
        return i
    numbers = len(labels) == 4 and all(re.fullmatch("[0-9]{0,3}", label) for label in labels)
    if not numbers and labels[-1] not in DOMAINS:
        return i
    end = i + len(name)
    if port := re.compile(rf":\d{{1,5}}(?!{AN})", re.ASCII).match(text, end):
        end = port.end()
    if text[end : end + 1] == "/":
        return tail(text, end, end + 1)
    if numbers or text[end : end + 1] in ("@", "_"):
        return i
    if re.compile(rf"\?{AN}").match(text, end):
        return tail(text, end, end)
    return end


def email(text: str, i: int) -> int:
    local = re.compile(r"[A-Za-z0-9._%+-]{1,64}@").match(text, i)
    if not local:
        return i
    name = host(text, local.end())
    end = local.end() + len(name)
    label = name.rpartition(".")
    ok = label[1] and re.fullmatch("[A-Za-z]{2,}", label[2]) and text[end : end + 1] != "@"
    return end if ok else i


def path(text: str, i: int) -> int:
    roots = [
        (r"[A-Za-z]:[\\/](?!/)", 0, r"[\\/]"),
        (rf"\\\\(?={AN})", 2, r"[\\/]"),
        (r"~/", 1, "/"),
        (r"(?:\.\./)+", 1, "/"),
        (r"\./", 1, "/"),
        (r"/(?=[A-Za-z0-9._])", 2, "/"),
    ]
    for pattern, needed, separator in roots:
        root = re.compile(pattern).match(text, i)
        if not root:
            continue
        at = root.end()
        end = at if needed == 0 else i
        parts = 0
        while True:
            stop = at
            while stop < len(text) and (
                re.match(NAME, text[stop]) or classes_of(text[stop])[0] in (HAN, LETTER)
            ):
                stop += 1
            part = text[at:stop]
            if not part:
                return end
            if re.match(separator, text[stop : stop + 1]) and (
                part.isascii() or not part[0].isascii()
            ):
                parts += 1
                at = stop + 1
                end = at if parts >= needed else end
                continue
            if not part.isascii() and not part[0].isascii():
                extensions = list(re.finditer(r"\.(?=([A-Za-z0-9]*))", part))
                good = [m for m in extensions if 0 < len(m[1]) <= 5 and m.start() > 0]
                last = at + good[-1].end() + len(good[-1][1]) if good else at
            else:
                plain = re.match(f"{NAME}*", part)
                assert plain
                last = at + len(re.sub("[^A-Za-z0-9]+$", "", plain[0]))
            return last if last > at and parts + 1 >= needed else end
    return i


def date(text: str, i: int) -> int:
    f = fold(text)
    ymd = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)(?!\2\d)", re.ASCII).match(f, i)
    if ymd:
        good = 1000 <= int(ymd[1]) < 3000 and 1 <= int(ymd[3]) <= 12 and 1 <= int(ymd[4]) <= 31
        if not good:
            return i
        if time := TIME.match(f, ymd.end()):
            return time.end()
        return ymd.end() if not re.match("[A-Za-z]", f[ymd.end() : ymd.end() + 1]) else i
    dmy = re.compile(
        r"(\d{1,2})([-/])(\d{1,2})\2(\d{4})(?!\d)(?!\2\d)(?![A-Za-z])", re.ASCII
    ).match(f, i)
    if dmy:
        days = sorted([int(dmy[1]), int(dmy[3])])
        good = 1000 <= int(dmy[4]) < 3000 and days[0] >= 1 and days[0] <= 12 and days[1] <= 31
        return dmy.end() if good else i
    half = re.compile(rf"\d{{1,2}}(?::\d\d(?!\d))*[AaPp][Mm](?!{AN})", re.ASCII).match(f, i)
    return half.end() if half else i


def version(text: str, i: int) -> int:
    f = fold(text)
    number = re.compile(rf"([Vv]?)\d+((?:\.\d+)*)(?!{AN})", re.ASCII).match(f, i)
    if not number:
        return i
    # the regular expression may have given digits back
    if re.match(r"[.]?[0-9]", f[number.end() : number.end() + 1]) or re.match(
        r"\.\d", f[number.end() :]
    ):
        return i
    end = number.end()
    labels = 0
    while label := re.compile(
        rf"[-+](?!v\d)({AN}(?:{AN}|\.(?={AN}))*)", re.ASCII | re.IGNORECASE
    ).match(f, end):
        if labels == 0 and not label[1][0].isalpha():
            break
        end = label.end()
        labels += 1
    dots = number[2].count(".")
    if number[1]:
        return end if dots or labels else i
    return end if dots >= 2 and labels else i


def tag(text: str, i: int) -> int:
    kinds = classes_of(text)
    if text[i] == "#":
        topic = re.compile(r"#([^#\s。！？]{1,32})#").match(text, i)
        if topic and not any(kinds[j] == SPACE for j in range(*topic.span(1))):
            return topic.end() if {HAN, LETTER} & set(kinds[i + 1 : topic.end() - 1]) else i
    end = i + 1
    while end < len(text) and (kinds[end] in (HAN, LETTER, DIGIT) or text[end] in "_-"):
        end += 1
    name, mention = text[i + 1 : end], text[i] == "@"
    letters = {HAN, LETTER} & set(kinds[i + 1 : end])
    if len(name) > 30 - 1 or not (letters or mention) or (not mention and kinds[i + 1] == DIGIT):
        return i
    wide = sum(not c.isascii() for c in name)
    if not wide:
        name = name.rstrip("-")
        return i + 1 + len(name) if len(name) >= (2 if mention else 1) else i
    following = text[end : end + 1]
    ends = (
        not following
        or kinds[end] == SPACE
        or following in "#@"
        or (mention and following in ":：")
    )
    if ends and wide <= 15:
        return end
    plain = "".join(takewhile(str.isascii, name)).rstrip("-")
    return i + 1 + len(plain) if len(plain) >= 2 and re.search("[A-Za-z]", plain) else i


def word(text: str, i: int, joiners: str) -> int:
    f = fold(text)
    kinds = classes_of(text)
    if text[i] == ".":
        net = re.compile(rf"\.net(?!{AN})", re.IGNORECASE).match(text, i)
        return net.end() if net and "." in joiners else i
    if "." in joiners and (short := re.compile(rf"(?:[A-Za-z]\.){{2,}}(?!{AN})").match(text, i)):
        return short.end()
    part = re.compile(rf"(?:{AN}|(?<=\d)\.(?=\d))+", re.ASCII)
    first = part.match(f, i)
    if not first:
        return i
    if (measure := re.fullmatch(r"\d[\d.]*([A-Za-z].*)", first[0])) and measure[1] in MEASURES:
        return i
    begin, end = i, first.end()
    while f[end : end + 1] and f[end] in joiners:
        left, mark = f[i:end], f[end]
        letters = re.search("[A-Za-z]", left)
        if mark == "+":
            plus = re.compile(r"\++").match(f, end)
            assert plus
            if letters and len(plus[0]) == 2:
                digits = re.compile(r"\d*", re.ASCII).match(f, plus.end())
                assert digits
                begin, end = plus.end(), digits.end()
            elif letters and len(plus[0]) == 1 and not re.match(AN, f[plus.end() : plus.end() + 1]):
                begin = end = plus.end()
            break
        if mark == "#":
            if re.fullmatch("[A-Za-z]", left) and not re.match("[A-Za-z#]", f[end + 1 : end + 2]):
                right = part.match(f, end + 1)
                begin, end = end + 1, right.end() if right else end + 1
            break
        after = end + 1
        while mark == "_" and f[after : after + 1] == "_":
            after += 1
        right = part.match(f, after) if re.match(AN, f[after : after + 1]) else None
        if not right:
            break
        if mark == "-":
            joins = bool(letters or right[0][0].isalpha())
            joins &= not (len(left) == 1 and re.fullmatch("[A-Za-z]", right[0]) is not None)
        elif mark == ".":
            joins = len(left) >= 2 and letters is not None
            joins &= right[0][0].islower() or right[0] == "NET"
        elif mark == "&":
            joins = f[right.end() : right.end() + 1] != ";"
        else:
            joins = True
        if not joins:
            break
        begin, end = after, right.end()
    # letters and then digits before 年月日
    dated = re.search(r"([A-Za-z])(\d{1,4})$", f[begin:end], re.ASCII)
    if dated and text[end : end + 1] in tuple("年月日") and dated.start(2) >= 3:
        end -= len(dated[2])
    if not re.search("[A-Za-z]", f[i:end]):
        return i
    while end < len(text) and kinds[end] == LETTER and kinds[end - 1] == LETTER:
        end += 1
    return end


def emoji(text: str, i: int) -> int:
    kinds = classes_of(text)
    point = ord(text[i])
    picture = kinds[i] == BREAK and (
        (0x1F000 <= point <= 0x1FAFF and not 0x1F1E6 <= point <= 0x1F1FF)
        or (
            0x2000 <= point < 0x1F000
            and not re.match(f"[{MARKS}\u200d]", text[i])
            and (text[i + 1 : i + 2] == "\ufe0f" or text[i] in PRESENTED)
        )
    )
    if not picture:
        return i
    i += 1
    while i < len(text):
        if re.match(f"[{MARKS}]", text[i]):
            i += 1
        elif text[i] == "\u200d":
            i += 1
            if (
                i < len(text)
                and text[i] >= "\u2190"
                and kinds[i] == BREAK
                and not re.match(f"[{MARKS}]", text[i])
            ):
                i += 1
        else:
            break
    return i


def before_key(text: str, i: int, end: int) -> int:
    """Without a last digit that begins a keycap."""
    if end - i < 2 or not re.match(r"[0-9]\ufe0f?\u20e3", text[end - 1 :]):
        return end
    return i + len(re.sub("[^A-Za-z0-9]+$", "", fold(text[i : end - 1])))


def number(text: str, i: int, keep: tuple[str, ...]) -> int:
    digits = "[0-9０-９]"
    if "number" not in keep:
        found = re.compile(f"{digits}+(?:[.．,，:：]{digits}+)*").match(text, i)
    else:
        found = re.compile(
            f"(?:{digits}{{1,3}}(?:[,，]{digits}{{3}}(?!{digits}))+|{digits}+)(?:[.．:：]{digits}+)*"
        ).match(text, i)
    assert found
    end = found.end()
    if text[end : end + 1] in tuple("%％‰"):
        return end + 1
    return before_key(text, i, end) if "emoji" in keep else end


def extended(text: str, i: int) -> int:
    kinds = classes_of(text)
    marks = re.compile("[\ufe00-\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e01ef]")
    while i < len(text) and marks.match(text[i]):
        joiner = text[i] == "\u200d"
        i += 1
        if joiner and i < len(text) and text[i] >= "\u2190" and kinds[i] == BREAK:
            i += 1
    return i


def slow_units(text: str, keep: tuple[str, ...], joiners: str) -> list[str]:
    """The units of a text, one class of tokens after the other."""
    kinds = classes_of(text)
    out = []
    i = 0
    while i < len(text):
        end = unit(text, kinds, i, keep, joiners)
        out.append(text[i:end])
        i = end
    return out


def unit(text: str, kinds: list[int], i: int, keep: tuple[str, ...], joiners: str) -> int:
    char, near, kind = text[i], fold(text[i]), kinds[i]
    if kind == SPACE:
        return i + len(list(takewhile(lambda k: k == SPACE, kinds[i:])))
    if kind == HAN:
        return extended(text, i + 1)
    if "emoji" in keep:
        if key := re.compile("[0-9#*]\ufe0f?\u20e3").match(text, i):
            return extended(text, key.end())
        if (end := emoji(text, i)) > i:
            return extended(text, end)
    after_word = i > 0 and kinds[i - 1] in (LETTER, DIGIT)
    alnum = re.match(AN, near) is not None
    if alnum or not after_word:
        tried = []
        if alnum and char == near:
            tried += [("url", url), ("email", email)]
        if re.match(r"[A-Za-z/~.\\]", char):
            tried.append(("path", path))
        if char in "#@":
            tried.append(("tag", tag))
        if re.match(r"\d", near, re.ASCII):
            tried.append(("date", date))
        if alnum:
            tried.append(("version", version))
        for name, find in tried:
            if name in keep and (end := find(text, i)) > i:
                return extended(text, end)
        if "word" in keep and (alnum or char == "."):
            end = word(text, i, joiners)
            end = before_key(text, i, end) if "emoji" in keep else end
            if end > i:
                return extended(text, end)
    if kind == DIGIT:
        return extended(text, number(text, i, keep))
    end = i + 1
    if kind == LETTER:
        end = i + len(list(takewhile(lambda k: k == LETTER, kinds[i:])))
    elif re.match("[\U0001f1e6-\U0001f1ff]", char):
        end += bool(re.match("[\U0001f1e6-\U0001f1ff]", text[i + 1 : i + 2]))
    else:
        end = i + len(list(takewhile(lambda c: c == char, text[i:])))
    return extended(text, end)
