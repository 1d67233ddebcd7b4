"""The sample data: sizes, encoding, gold sentences that come from the texts, baskets that parse."""

import csv
import re
import zlib
from collections import Counter
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"
TEXTS = ("news.txt", "tech.txt", "reviews.txt", "story.txt", "traditional.txt")
FILES = (*TEXTS, "gold.txt", "transactions.csv", "README.md")


def read(name: str) -> str:
    return (SAMPLES / name).read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_files_are_plain_utf8_with_unix_line_ends(name):
    data = (SAMPLES / name).read_bytes()
    text = data.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffd]", text)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_there_is_enough_text():
    assert sum((SAMPLES / name).stat().st_size for name in TEXTS) >= 150_000


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_prose_rather_than_repetition(name):
    text = read(name)
    lines = text.splitlines()
    assert all(line == line.strip() != "" for line in lines)
    assert max(Counter(lines).values()) <= 2
    data = text.encode("utf-8")
    assert len(zlib.compress(data)) > 0.38 * len(data)


def test_readme_states_the_true_sizes():
    rows = re.findall(
        r"^\| `(\S+)` \|.*\| ([\d,]+) \| ([\d,]+) \|$", read("README.md"), re.MULTILINE
    )
    stated = {name: (int(c.replace(",", "")), int(b.replace(",", ""))) for name, c, b in rows}
    actual = {
        name: (len(read(name)), (SAMPLES / name).stat().st_size)
        for name in (*TEXTS, "gold.txt", "transactions.csv")
    }
    assert stated == actual


# Words that the demonstrations rely on, and how often they must at least occur.
RECURRING = {
    "news.txt": {"云岭县": 20, "海川科技": 8, "猕猴桃": 15, "充电桩": 8, "3号线": 8, "K线图": 5},
    "tech.txt": {"缓存": 30, "索引": 25, "分布式": 10, "负载均衡": 6, "K线图": 5, "路由器": 8},
    "reviews.txt": {"T恤": 10, "4S店": 8, "卡拉OK": 8, "客服": 20, "前台": 15},
    "story.txt": {"阿阑": 60, "潮铃": 30, "听风楼": 20, "浮木镇": 15, "星盐": 20, "盐灯": 15},
    "traditional.txt": {"青楓鎮": 9, "晨星電子": 8, "龍尾窯": 8, "藍鯊隊": 5, "縫紉機": 5},
}


@pytest.mark.parametrize("name", TEXTS)
def test_domain_words_recur(name):
    text = read(name)
    counts = {word: text.count(word) for word in RECURRING[name]}
    assert {w: n for w, n in counts.items() if n < RECURRING[name][w]} == {}


def test_texts_mix_scripts_digits_and_full_width_forms():
    text = "".join(map(read, TEXTS))
    examples = [
        "Wi-Fi",
        "5G基站",
        "B+树",
        "2001年",
        "3.5%",
        "12,300",
        "１０",
        "ＡＢＣ",
        "Ｋ線圖",
        "😂",
    ]
    assert [e for e in examples if e not in text] == []
    assert "！！！" in text
    assert "……" in text
    assert re.search(r"[\U00010000-\U0010ffff]", text)


def test_traditional_text_is_traditional_and_the_others_are_not():
    traditional_only = set("這個說來時會對學電機車門見聽買賣開關長東馬鳥魚龍窯鎮藍鯊隊")
    simplified_only = set("这个说来时会对学电机车门见听买卖开关长东马鸟鱼龙窑镇蓝鲨队")
    traditional = read("traditional.txt")
    assert sum(map(traditional.count, traditional_only)) > 500
    assert simplified_only & set(traditional) == set()
    traditional.encode("big5")
    for name in set(TEXTS) - {"traditional.txt"}:
        assert traditional_only & set(read(name)) == set()


def test_gold_lines_occur_in_the_texts():
    texts = [read(name) for name in TEXTS]
    lines = read("gold.txt").splitlines()
    assert 300 <= len(lines) <= 400
    assert len(set(lines)) == len(lines)
    for number, line in enumerate(lines, 1):
        assert line.split(" ") == line.split(), f"line {number}: separate tokens by one space"
        source = line.replace(" ", "")
        assert any(source in text for text in texts), f"line {number}: not in the texts: {source}"


def test_gold_covers_all_texts():
    texts = {name: read(name) for name in TEXTS}
    origin = Counter(
        next(name for name, text in texts.items() if line.replace(" ", "") in text)
        for line in read("gold.txt").splitlines()
    )
    assert min(origin[name] for name in TEXTS) >= 30


def test_gold_separates_punctuation():
    for token in read("gold.txt").split():
        marks = re.findall(r"[，。！？；：、“”「」…]", token)
        assert not marks or (len(marks) == len(token) and len(set(marks)) == 1), token


def test_gold_is_consistent_on_the_recurring_words():
    tokens = Counter(read("gold.txt").split())
    whole = [
        "云岭县",
        "3号线",
        "K线图",
        "T恤",
        "4S店",
        "卡拉OK",
        "阿阑",
        "潮铃",
        "听风楼",
        "青楓鎮",
    ]
    text = read("gold.txt").replace(" ", "")
    assert {w: tokens[w] for w in whole} == {w: text.count(w) for w in whole}


def test_transactions_parse_and_hold_the_awkward_cases():
    with open(SAMPLES / "transactions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    baskets = [row for row in rows if row]
    assert len(baskets) == 800
    assert len(rows) - len(baskets) == 2
    assert sum(len(set(row)) < len(row) for row in baskets) == 4
    assert sum("沐浴露,500毫升" in row for row in baskets) == 3
    assert {len(row) for row in baskets} >= {1, 2, 3, 4, 5}
    assert all(item == item.strip() != "" for row in baskets for item in row)


def test_transactions_hold_associations():
    with open(SAMPLES / "transactions.csv", encoding="utf-8", newline="") as file:
        baskets = [set(row) for row in csv.reader(file) if row]
    for a, b in [("火锅底料", "羊肉卷"), ("牙膏", "牙刷"), ("方便面", "火腿肠"), ("面粉", "酵母")]:
        both = sum(a in basket and b in basket for basket in baskets)
        lift = both * len(baskets) / sum(a in x for x in baskets) / sum(b in x for x in baskets)
        assert both >= 10, (a, b)
        assert lift > 3, (a, b)
