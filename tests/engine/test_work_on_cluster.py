"""What workers of a cluster count, read and merge is what one machine does: two workers in threads,
and a store that is no disk.
"""

import random
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from nlpzero import (
    Cohesion,
    Corpus,
    DaskExecutor,
    Lines,
    NlpzeroError,
    ReadReport,
    Resources,
    Transactions,
    count_ngrams,
    count_to_file,
    count_words,
    discover_words,
    frequent_itemsets,
    merge_to_file,
    read_transactions,
    word_rules,
)
from nlpzero.engine import key_ranges
from nlpzero.learning import sampling_on_workers
from nlpzero.learning.sampling import draw_sample
from nlpzero.learning.sampling_on_workers import draw_on_workers, worth_workers
from nlpzero.rules import reading_on_workers

distributed = pytest.importorskip("distributed")
fsspec = pytest.importorskip("fsspec")

STORE = "memory://nlpzero-cluster"


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ports that are taken
        options = {"n_workers": 2, "threads_per_worker": 1, "processes": False}
        with (
            distributed.LocalCluster(**options, dashboard_address=None) as machines,
            distributed.Client(machines, set_as_default=False) as client,
        ):
            yield client


@pytest.fixture(params=["store", "tmpdir"])
def there(
    request: pytest.FixtureRequest,
    client: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Resources]:
    """The cluster, with pieces so small that there are many."""
    monkeypatch.setattr(key_ranges, "_LEAST_ROWS", 1 << 10)
    monkeypatch.setattr(reading_on_workers, "_SHARD_BYTES", 1 << 14)
    (tmp_path / "tmp").mkdir()
    store = STORE if request.param == "store" else None
    yield Resources(jobs=2, executor=DaskExecutor(client, store=store), tmpdir=tmp_path / "tmp")
    assert not fsspec.filesystem("memory").find("/nlpzero-cluster")
    assert not list((tmp_path / "tmp").iterdir())


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two files of made-up words, some of characters beyond the BMP in one of them only."""
    drawn = random.Random(5)
    words = [chr(drawn.randint(0x4E00, 0x4F00)) * drawn.randint(1, 3) for _ in range(400)]
    words += ["早上", "好的", "下雨", "𠮷野"]
    folder = tmp_path_factory.mktemp("text")
    for name, known in (("a", words[:-1]), ("b", words)):
        with open(folder / f"{name}.txt", "w", encoding="utf-8") as file:
            for _ in range(1500):
                row = drawn.choices(known, k=drawn.randint(3, 20))
                file.write("".join(row[:9]) + "，" + "".join(row[9:]) + "。\n")
    return Corpus(folder)


def test_ngrams_are_those_of_one_machine(text: Corpus, there: Resources, tmp_path: Path) -> None:
    for order in (4, 6):
        count_to_file(text, tmp_path / "there.nz", order, resources=there)
        count_to_file(text, tmp_path / "here.nz", order)
        assert (tmp_path / "there.nz").read_bytes() == (tmp_path / "here.nz").read_bytes()


def test_ngrams_of_nothing(there: Resources, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    assert len(count_ngrams(Corpus(tmp_path / "empty.txt"), resources=there)) == 0


def test_words_are_those_of_one_machine(text: Corpus, there: Resources) -> None:
    cut = list
    assert dict(count_words(text, cut, resources=there)) == dict(count_words(text, cut))


def test_discovered_words_are_those_of_one_machine(text: Corpus, there: Resources) -> None:
    rows = [list(discover_words(text, Cohesion(), resources=r)) for r in (there, None)]
    assert rows[0] == rows[1]
    assert rows[0]


@pytest.mark.parametrize("order", [4, 5])
def test_merging_on_workers(text: Corpus, there: Resources, tmp_path: Path, order: int) -> None:
    parts = [tmp_path / f"{number}.nz" for number in range(2)]
    for part, source in zip(parts, text.sources, strict=True):
        count_to_file(Corpus(source.name), part, order)
    merge_to_file(parts, tmp_path / "there.nz", resources=there)
    count_to_file(text, tmp_path / "here.nz", order)
    assert (tmp_path / "there.nz").read_bytes() == (tmp_path / "here.nz").read_bytes()


@pytest.mark.parametrize("seed", range(2))
def test_samples_are_those_of_one_machine(
    seed: int, client: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling_on_workers, "_SHARD_BYTES", 3000 << 2 * seed)
    drawn = random.Random(seed)
    for name in "ab":
        with open(tmp_path / f"{name}.txt", "w", encoding="utf-8", newline="") as file:
            for _ in range(120):
                # lines that are short, or longer than a block may be; no line end at the end
                length = int(drawn.paretovariate(0.6) * 20) % 150_000
                line = drawn.choice(["好", "a", "\U00020bb7"]) * length
                file.write(f"{line}，\n")
            file.write("x")
    text = Corpus(tmp_path)
    resources = Resources(executor=DaskExecutor(client))
    for size in (0, 100_000):
        here, there = ReadReport(), ReadReport()
        wanted = draw_sample(text, size, seed=seed, report=here)
        assert worth_workers(text, size, resources)
        found = draw_on_workers(text, size, seed=seed, report=there, resources=resources)
        assert found == wanted
        assert here == there


@pytest.fixture(scope="module")
def baskets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = random.Random(3)
    path = tmp_path_factory.mktemp("baskets") / "baskets.csv"
    items = [f"item {int(drawn.paretovariate(0.6)) % 400}" for _ in range(30_000)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("first,second,third,fourth,fifth,sixth\n")
        for at in range(0, len(items), 6):
            print(*items[at : at + drawn.randint(0, 6)], sep=",", file=file)
    return path


@pytest.mark.parametrize("shape", [None, Lines(",", header=True, skip=(2,))])
def test_itemsets_are_those_of_one_machine(
    baskets: Path, shape: Lines | None, there: Resources
) -> None:
    here = read_transactions(baskets, shape)
    with read_transactions(baskets, shape, resources=there) as placed:
        assert type(placed) is not Transactions
        assert (len(placed), placed.dropped, placed.read) == (len(here), here.dropped, here.read)
        assert (list(placed), placed.recognised) == (list(here), here.recognised)
        everything = np.ones(len(here.names), bool)
        items = chain.from_iterable(part[0].tolist() for part in placed.partitions(everything, 99))
        names = sorted(placed.names[item] for item in items)
        assert names == sorted(chain.from_iterable(here))
        for support, longest in ((8, None), (60, 3), (200, None), (10**6, 2)):
            found, wanted = (
                frequent_itemsets(rows, support, max_len=longest, exclude=["item 3"])
                for rows in (placed, here)
            )
            assert found.names == wanted.names
            for level, other in zip(found.levels, wanted.levels, strict=True):
                assert all((a == b).all() for a, b in zip(level, other, strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("id,item\n1,茶\n1,奶\n2,茶\n", "not one transaction a line"), (None, "several files")],
)
def test_what_pieces_of_a_text_cannot_tell_is_refused(
    text: str | None, reason: str, there: Resources, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "ab" if text is None else "a":
        (folder / name).write_text(text or "茶,奶\n", encoding="utf-8")
    shape = Lines(",", header=True) if text is None else None
    with pytest.raises(NlpzeroError, match=reason):
        read_transactions(Corpus(folder), shape, resources=there)


def test_rules_between_words_are_those_of_one_machine(there: Resources, tmp_path: Path) -> None:
    drawn = random.Random(7)
    words = [chr(0x4E00 + number) * 2 for number in range(200)]
    path = tmp_path / "words.txt"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(3000):
            row = [words[int(drawn.paretovariate(0.5)) % 200] for _ in range(6)]
            row += ["的"] + ["红 茶", "水"] * (number % 9 == 0) + ["3月"] * (number % 5 == 0)
            file.write(" ".join(row) + "。！\n"[number % 3])
    found = word_rules(Corpus(path), "whitespace", resources=there)
    wanted = word_rules(Corpus(path), "whitespace")
    found.transactions.close()
    assert list(found.rules) == list(wanted.rules)
    assert (found.rules.columns, found.common) == (wanted.rules.columns, wanted.common)
    assert found.numbers == wanted.numbers == ("3月",)
    assert found.rules
