"""Word counts: exact whatever the blocks, shards, processes, memory; tables, runs and merges below
them.
"""

import io
import itertools
import json
import os
import pickle
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import (
    Corpus,
    NGramTokenizer,
    Resources,
    StorageError,
    VocabularySegmenter,
    WordCounts,
    count_ngrams,
    count_words,
    count_words_by_file,
    merge_word_counts,
)
from nlpzero.engine.parallel import local_workers
from nlpzero.engine.storage import write_file
from nlpzero.words import sorted_frames as word_tables
from nlpzero.words import token_kernels as kernels
from nlpzero.words.hash_table import WordTable
from nlpzero.words.ngrams import ngram_words
from nlpzero.words.sorted_frames import Frame, RunStore, SpilledRun, join_frames
from nlpzero.words.sorted_frames import merge_frame_runs as merge_runs
from tests.words import oracles

# every white-space character of str.split, and neighbours of them in UTF-8
SPACES = [chr(c) for c in range(0x110000) if chr(c).isspace()]
NEIGHBOURS = ["\u0084", "\u0086", "\u00a1", "\u167f", "\u1681", "\u200b", "\u2027", "\u202a"]
NEIGHBOURS += ["\u205e", "\u2060", "\u3001", "\u2fff", "。", "𠮷", "\x00", "a", "中", "\x1b"]


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces so small that every way of running out of them occurs."""
    monkeypatch.setattr(word_tables, "FRAME_WORDS", 3)
    monkeypatch.setattr(word_tables, "FRAME_BYTES", 16)
    monkeypatch.setattr(word_tables, "FAN_IN", 3)


def slices(words: list[bytes]) -> tuple[Any, Any, Any, Any]:
    data = np.frombuffer(b"".join(words), np.uint8)
    lengths = np.array([len(word) for word in words], np.int64)
    starts = np.cumsum(lengths) - lengths
    hashes = np.empty(len(words), np.uint64)
    kernels.hash_slices(data, starts, lengths, hashes)
    return data, starts, lengths, hashes


def words_of(frame: Frame) -> list[bytes]:
    offsets = frame.offsets().tolist()
    pool = frame.pool.tobytes()
    return [pool[a:b] for a, b in itertools.pairwise(offsets)]


def frame_of(counts: dict[bytes, int]) -> Frame:
    words = sorted(counts)
    return Frame(
        np.array([len(word) for word in words], np.uint32),
        np.array([counts[word] for word in words], np.int64),
        np.empty(0, np.int64),
        np.frombuffer(b"".join(words), np.uint8),
    )


WORDS = st.binary(min_size=1, max_size=3) | st.text("ab\0", min_size=5, max_size=20).map(str.encode)


# --- tables


@given(st.lists(WORDS, max_size=200, unique=True))
def test_words_are_sorted_by_their_bytes(words: list[bytes]) -> None:
    data, _, lengths, _ = slices(words)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    order = word_tables.sort_words(data.copy(), offsets, len(words))
    assert [words[i] for i in order] == sorted(words)


def test_many_words_with_a_long_common_beginning_are_sorted() -> None:
    words = [b"https://example.org/" + str(i * 7919 % 5000).encode() for i in range(3000)]
    random.Random(1).shuffle(words)
    data, _, lengths, _ = slices(words)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    order = word_tables.sort_words(data.copy(), offsets, len(words))
    assert [words[i] for i in order] == sorted(words)


@pytest.mark.usefixtures("small_frames")
@pytest.mark.parametrize("seed", range(15))
def test_a_table_that_overflows_counts_exactly(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    vocabulary = [bytes(rng.choices(b"ab\0c", k=rng.choice([1, 2, 7, 8, 15]))) for _ in range(400)]
    tokens = rng.choices(vocabulary, k=rng.choice([1, 50, 6000]))
    documents = np.sort(np.array([rng.randrange(rng.choice([2, 900])) for _ in tokens], np.int64))
    store = RunStore(rng.choice([0, 4000, 1 << 20]), lambda: tmp_path)
    table = WordTable(rng.choice([1, 100_000]), store, documents=True)
    table._allocate(8)
    at = 0
    while at < len(tokens):
        stop = min(len(tokens), at + rng.choice([1, 100, 3000]))
        table.add(*slices(tokens[at:stop]), documents=documents[at:stop])
        at = stop
    table.finish()
    found = join_frames(store.frames())
    expected = Counter(tokens)
    by_document: dict[int, list[bytes]] = {}
    for token, document in zip(tokens, documents.tolist(), strict=True):
        by_document.setdefault(document, []).append(token)
    frequency = Counter(word for words in by_document.values() for word in set(words))
    assert words_of(found) == sorted(expected)
    assert found.counts.tolist() == [expected[word] for word in sorted(expected)]
    assert found.documents.tolist() == [frequency[word] for word in sorted(expected)]
    assert (table.tokens, table.documents) == (len(tokens), len(by_document))
    store.clear()
    assert list(tmp_path.iterdir()) == []


def test_words_with_the_same_hash_are_told_apart() -> None:
    store = RunStore(1 << 20)
    table = WordTable(1 << 20, store)
    data, starts, lengths, hashes = slices([b"a", b"b", b"a", b"ab"])
    hashes[:] = 12345
    table.add(data, starts, lengths, hashes)
    table.finish()
    found = join_frames(store.frames())
    assert words_of(found) == [b"a", b"ab", b"b"]
    assert found.counts.tolist() == [2, 1, 1]


@pytest.mark.usefixtures("small_frames")
@pytest.mark.parametrize("limit", [0, 200, 1 << 20])
def test_runs_merge_in_any_number_and_any_place(limit: int, tmp_path: Path) -> None:
    rng = random.Random(limit)
    store = RunStore(limit, lambda: tmp_path)
    expected: Counter[bytes] = Counter()
    for i in range(40):
        words = [str(rng.randrange(300)).encode() * rng.choice([1, 1, 9]) for _ in range(i)]
        counts = {word: rng.randrange(1, 9) for word in words}
        expected.update(counts)
        run = frame_of(counts)
        if len(run) and i % 3 == 0:
            store.add(word_tables.spill(run.frames(), tmp_path / f"run{i}"))
        else:
            store.add(run)
    merged = join_frames(store.frames())
    assert dict(zip(words_of(merged), merged.counts.tolist(), strict=True)) == expected
    assert words_of(merged) == sorted(expected)
    store.clear()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_frames")
def test_one_document_in_several_runs_is_one_document() -> None:
    ones = np.ones(2, np.int64)
    runs = [
        Frame(np.array([1, 1], np.uint32), ones * 0, ones, np.frombuffer(pool, np.uint8))
        for pool in (b"ab", b"bc", b"ac")
    ]
    merged = join_frames(merge_runs(runs, union=True))
    assert (words_of(merged), merged.documents.tolist()) == ([b"a", b"b", b"c"], [1, 1, 1])
    assert join_frames(merge_runs(runs)).documents.tolist() == [2, 2, 2]


def test_a_truncated_temporary_file_is_noticed(tmp_path: Path) -> None:
    run = word_tables.spill(frame_of({b"word": 3, b"other": 1}).frames(), tmp_path / "run")
    run.path.write_bytes(run.path.read_bytes()[:-1])
    with pytest.raises(StorageError, match="cut off"):
        list(SpilledRun(run.path, run.nbytes, run.words).frames())


# --- white space


@given(st.lists(st.sampled_from(SPACES + NEIGHBOURS), max_size=60).map("".join))
def test_white_space_is_that_of_split(text: str) -> None:
    assert dict(count_words([text], "whitespace")) == Counter(text.split())


def test_every_code_point_is_space_or_not_as_in_split() -> None:
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    expected = Counter("x".join(points).split())
    assert dict(count_words(["x".join(points)], "whitespace")) == expected


@pytest.mark.parametrize("size", [16, 17, 33, 1 << 20])
def test_tokens_longer_than_a_block(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "很长" * 40 + "\u3000" + "a" * 100 + "  b\n" + "很长" * 40 + "\r\n" + "末\u2003尾"
    path = tmp_path / "long.txt"
    path.write_bytes(text.encode())
    blocks = Corpus.byte_blocks

    def small_blocks(self: Any, **options: Any) -> Iterator[bytes]:
        return blocks(self, size, **options)

    monkeypatch.setattr("nlpzero.text.corpus._Text.byte_blocks", small_blocks)
    counts = count_words(Corpus(path), "whitespace", documents="line")
    assert dict(counts) == Counter(text.split())
    assert counts.documents == 3
    assert counts.document_frequency("很长" * 40) == 2


# --- count_words

LINES = [
    "天气 很 好 ， 我们 去 公园 。",
    "",
    "   \u3000 ",
    "公园 里 的 花 很 好看 ， 很 香 。",
    "𠮷野家 K线 3.14 天气",
    "天气",
]


def test_counts_order_total_and_documents() -> None:
    counts = count_words(LINES, "whitespace", documents="line")
    expected = oracles.count(LINES, str.split)
    assert list(counts.items()) == oracles.ranked(expected)
    assert list(counts) == [word for word, _ in oracles.ranked(expected)]
    assert counts.most_common(3) == oracles.ranked(expected)[:3]
    assert counts.total == sum(expected.values())
    assert counts.documents == 4
    frequency = oracles.document_frequency(line.split() for line in LINES)
    assert {word: counts.document_frequency(word) for word in counts} == frequency
    assert counts.document_frequency("没有") == 0
    assert "没有" not in counts
    assert "公园" in counts
    assert counts.get("没有") is None
    assert 5 not in counts
    assert ("天气", 3) in counts.items()
    assert ("天气", 4) not in counts.items()
    with pytest.raises(KeyError):
        counts["没有"]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 5 MB, enough for several shards, with many rare words."""
    rng = random.Random(5)
    path = tmp_path_factory.mktemp("words") / "text.txt"
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for _ in range(30_000):
            words = [f"词{int(rng.paretovariate(0.5))}" for _ in range(rng.randrange(30))]
            file.write(" ".join(words) + "\n")
    return path


@pytest.mark.parametrize("documents", [None, "line", "file"])
def test_the_same_bytes_for_any_jobs_memory_and_executor(
    documents: Any, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # budgets that would be too small to be allowed, so that little text overflows them
    monkeypatch.setattr("nlpzero.words.counting._LEAST", 1)
    lines = text.read_text(encoding="utf-8").splitlines()
    saved = []

    def save(**options: Any) -> WordCounts:
        counts = count_words(
            Corpus(text), "whitespace", documents=documents, resources=Resources(**options)
        )
        path = tmp_path / f"{len(saved)}.nz"
        counts.save(path)
        saved.append(path.read_bytes())
        return counts

    counts = save()
    assert dict(counts) == oracles.count(lines, str.split)
    if documents == "line":
        frequency = oracles.document_frequency(line.split() for line in lines)
        assert {word: counts.document_frequency(word) for word in counts} == frequency
    if documents == "file":
        assert counts.documents == 1
        assert counts.document_frequency("词1") == 1
    for share in ("_TABLE_SHARE", "_WORKER_RUNS_SHARE", "_RUNS_SHARE", "_RESULT_SHARE"):
        monkeypatch.setattr(f"nlpzero.words.counting.{share}", 1 << 20)
    assert len(save(memory="16M", tmpdir=tmp_path)) == len(counts)
    save(jobs=2, memory="512M")
    with local_workers(2) as processes:
        save(executor=processes, jobs=2)
    with ThreadPoolExecutor(2) as executor:
        save(executor=executor, jobs=2)
    assert len(set(saved)) == 1
    # nothing is left of the temporary files
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{i}.nz" for i in range(5)]


def test_a_result_larger_than_memory_stays_on_disk(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = count_words(Corpus(text), "whitespace", documents="line")
    assert not small.columns.mapped
    monkeypatch.setattr("nlpzero.words.counting._LEAST", 1)
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("nlpzero.words.counting._RESULT_SHARE", 1 << 20)
    resources = Resources(memory="16M", tmpdir=folder)
    large = count_words(Corpus(text), "whitespace", resources=resources, documents="line")
    assert isinstance(large.columns.pool, np.memmap)
    assert len(list(folder.iterdir())) == 1
    ranked = list(small.items())
    assert list(large.items()) == ranked
    # and ranked in passes over the file, a few hundred rows at a time
    monkeypatch.setattr("nlpzero.words.table._RANKING_BYTES", 0)
    monkeypatch.setattr("nlpzero.words.ranking._ROWS", 300)
    monkeypatch.setattr("nlpzero.words.columns._ROWS", 1000)
    again = count_words(Corpus(text), "whitespace", resources=resources, documents="line")
    assert list(again.items()) == ranked
    assert again.most_common(5) == ranked[:5]
    chosen = {"top": 900, "min_count": 2, "stopwords": [ranked[3][0], ranked[700][0]]}
    for options in ({}, chosen):
        rows = b"".join(again.encode_rows("csv", **options))
        assert rows == b"".join(small.encode_rows("csv", **options))
    again.save(tmp_path / "large.nz")
    small.save(tmp_path / "small.nz")
    assert (tmp_path / "large.nz").read_bytes() == (tmp_path / "small.nz").read_bytes()
    del large, again
    assert list(folder.iterdir()) == []


def test_files_as_documents(tmp_path: Path) -> None:
    texts = ["一 二 二\n三", "二 三\n三 三\n", "\n \n", "三 四"]
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.txt").write_text(text, encoding="utf-8")
    expected = oracles.document_frequency(text.split() for text in texts)
    from_files = count_words(Corpus(tmp_path), "whitespace", documents="file")
    from_texts = count_words(texts, "whitespace", documents="file")
    for counts in (from_files, from_texts):
        assert {word: counts.document_frequency(word) for word in counts} == expected
        assert counts.documents == 3
        assert dict(counts) == Counter(" ".join(texts).split())


def test_urls(text: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    for name in ("a", "b"):
        with files.open(f"/words/{name}.txt", "wb") as file:
            file.write(text.read_bytes())
    corpus = Corpus("memory://words/*.txt")
    once = count_words(Corpus(text), "whitespace")
    for jobs in (1, 2):
        resources = Resources(jobs=jobs)
        twice = count_words(corpus, "whitespace", documents="file", resources=resources)
        assert dict(twice.items()) == {word: 2 * n for word, n in once.items()}
        assert twice.documents == 2
    files.rm("/words", recursive=True)


def test_by_file(tmp_path: Path) -> None:
    texts = {"a.txt": "一 二 ， 二", "b.txt": "", "c.txt": "二 三 ！"}
    for name, content in texts.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    for resources in (None, Resources(jobs=2, memory="1G"), Resources(memory="16M")):
        found = list(
            count_words_by_file(
                Corpus(tmp_path), "whitespace", punctuation=False, resources=resources
            )
        )
        assert [table.read.bytes_read for _, table in found] == [
            len(text.encode()) for text in texts.values()
        ]
        tables = {os.path.basename(name): (dict(table), table.total) for name, table in found}
        assert tables == {
            "a.txt": ({"二": 2, "一": 1}, 3),
            "b.txt": ({}, 0),
            "c.txt": ({"三": 1, "二": 1}, 2),
        }
    ngrams = dict(count_words_by_file(Corpus(tmp_path / "a.txt"), NGramTokenizer(1)))
    assert [dict(table) for table in ngrams.values()] == [{"二": 2, "一": 1}]


def test_marks_are_words_or_not() -> None:
    texts = ["好 ， 好 。 —— …… 3.14 K线 ☺ 𠮷 ヽ(ー)ノ ① é ()"]
    everything = count_words(texts, "whitespace")
    worded = count_words(texts, "whitespace", punctuation=False)
    assert set(everything) - set(worded) == {"，", "。", "——", "……", "☺", "()"} | (
        {"①"} - set(worded)
    )
    assert worded.total == sum(worded.values())
    assert everything.filter(punctuation=False) == worded


def test_filters_keep_the_total() -> None:
    counts = WordCounts.from_counts({"的": 9, "天气": 3, "，": 7, "好": 1})
    assert dict(counts.filter(min_count=3, stopwords=["的", "无"])) == {"，": 7, "天气": 3}
    assert counts.filter(min_count=100).total == 20
    assert len(counts.filter(min_count=100)) == 0
    assert dict(count_words(["好 好 坏"], "whitespace", min_count=2)) == {"好": 2}
    assert count_words(["好 好 坏"], "whitespace", min_count=2).total == 3


@pytest.mark.parametrize("low, high", [(1, 1), (2, 3), (1, 4)])
def test_ngrams(low: int, high: int) -> None:
    clauses = ["𠮷野家好吃", "K线图", "好吃", "野家", "好"]
    counts = count_words(["，".join(clauses)], NGramTokenizer(low, high))
    expected = oracles.ngrams(clauses, low, high)
    assert list(counts.items()) == oracles.ranked(expected)
    table = count_ngrams(["，".join(clauses)], 4)
    rarer = ngram_words(table, low, high, min_count=2)
    assert dict(rarer) == {word: n for word, n in expected.items() if n >= 2}


def test_nothing_to_count(tmp_path: Path) -> None:
    for texts in ([], [""], [" \n"]):
        counts = count_words(texts, "whitespace", documents="line")
        assert (len(counts), counts.total, counts.documents) == (0, 0, 0)
        assert list(counts.items()) == []
        assert b"".join(counts.encode_rows()) == b"word\tcount\tdocuments\n"
    counts.save(tmp_path / "empty.nz")
    assert len(WordCounts.load(tmp_path / "empty.nz")) == 0
    merge_word_counts([tmp_path / "empty.nz"] * 2, tmp_path / "merged.nz")
    assert (tmp_path / "merged.nz").read_bytes() == (tmp_path / "empty.nz").read_bytes()
    assert len(count_words([""], NGramTokenizer(1, 4))) == 0


def test_misuse_is_explained() -> None:
    with pytest.raises(TypeError, match="single str"):
        count_words("天气 好", "whitespace")
    with pytest.raises(ValueError, match="'line' or 'file'"):
        count_words(["好"], "whitespace", documents="page")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`min_count`"):
        count_words(["好"], "whitespace", min_count=0)
    with pytest.raises(ValueError, match="not counted"):
        count_words(["好"], "whitespace").document_frequency("好")
    with pytest.raises(ValueError, match="n-grams"):
        count_words(["好"], NGramTokenizer(1), documents="line")
    with pytest.raises(TypeError, match="Corpus"):
        next(count_words_by_file(["好"], "whitespace"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=">= 1"):
        WordCounts.from_counts({"好": 0})
    with pytest.raises(TypeError, match="stopwords"):
        WordCounts.from_counts({"好": 1}).filter(stopwords="好")
    with pytest.raises(ValueError, match="picklable"):
        count_words(["好"], lambda line: line.split(), resources=Resources(jobs=2, memory="1G"))


# --- saved counts


def test_saved_counts_come_back(tmp_path: Path) -> None:
    counts = count_words(LINES, "whitespace", documents="line")
    counts.save(tmp_path / "counts.nz")
    for mmap in (True, False):
        loaded = WordCounts.load(tmp_path / "counts.nz", mmap=mmap)
        assert list(loaded.items()) == list(counts.items())
        assert (loaded.total, loaded.documents) == (counts.total, counts.documents)
        assert loaded.document_frequency("很") == counts.document_frequency("很")


@pytest.mark.usefixtures("small_frames")
@pytest.mark.parametrize("documents", [None, "line"])
@pytest.mark.parametrize("parts", [1, 2, 6])
def test_merging_is_counting_together(parts: int, documents: Any, tmp_path: Path) -> None:
    paths, tables = [], []
    for i in range(parts):
        tables.append(count_words(LINES[i::parts], "whitespace", documents=documents))
        paths.append(tmp_path / f"{i}.nz")
        tables[-1].save(paths[-1])
    merge_word_counts(paths, tmp_path / "merged.nz", resources=Resources(tmpdir=tmp_path))
    count_words(LINES, "whitespace", documents=documents).save(tmp_path / "whole.nz")
    merge_word_counts(tables).save(tmp_path / "in-memory.nz")
    whole = (tmp_path / "whole.nz").read_bytes()
    assert (tmp_path / "merged.nz").read_bytes() == whole
    assert (tmp_path / "in-memory.nz").read_bytes() == whole


def test_what_does_not_merge(tmp_path: Path) -> None:
    plain, with_documents = tmp_path / "plain.nz", tmp_path / "documents.nz"
    count_words(LINES, "whitespace").save(plain)
    count_words(LINES, "whitespace", documents="line").save(with_documents)
    with pytest.raises(StorageError, match=r"documents\.nz has document counts and .*plain\.nz"):
        merge_word_counts([plain, with_documents], tmp_path / "out.nz")
    write_file(tmp_path / "other.nz", "counts", {}, {})
    with pytest.raises(StorageError, match="holds counts"):
        merge_word_counts([plain, tmp_path / "other.nz"], tmp_path / "out.nz")
    assert not (tmp_path / "out.nz").exists()
    with pytest.raises(StorageError, match="table 2 has document counts and table 1 has none"):
        merge_word_counts([WordCounts.load(plain), WordCounts.load(with_documents)])
    with pytest.raises(TypeError, match="sequence"):
        merge_word_counts(plain)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one"):
        merge_word_counts([])


# --- writing

ODD = {'a"b': 5, "a,b": 4, "a\tb": 3, "a\nb\rc": 3, "a\\b": 2, "\x01\x1f\x7f\b\f": 2, "é中𠮷": 1}


@pytest.mark.parametrize("source", [None, "file.txt", 'odd,"na\tme\\'])
@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl"])
def test_rows_are_those_of_the_other_commands(
    format: str, source: str | None, tmp_path: Path
) -> None:
    from nlpzero_cli.formats import write_table

    counts = WordCounts.from_counts(ODD)
    rows = oracles.ranked(ODD)
    columns = ["word", "count"] if source is None else ["file", "word", "count"]
    path = tmp_path / "table"
    write_table(
        str(path), format, columns, [row if source is None else (source, *row) for row in rows]
    )
    written = b"".join(counts.encode_rows(format, source=source))
    expected = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if format == "csv":
        # older versions of the csv module quote a carriage return only if lines end with it
        assert list(read_csv(written)) == list(read_csv(expected))
    else:
        assert written == expected
    if format == "jsonl":
        assert [json.loads(line)["word"] for line in written.splitlines()] == [w for w, _ in rows]


def read_csv(data: bytes) -> Iterator[list[str]]:
    import csv

    return csv.reader(io.StringIO(data.decode(), newline=""))


def test_rows_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpzero.words.writing._OUT_BYTES", 64)
    counts = WordCounts.from_counts({f"词{i}": 1 + i // 3 for i in range(200)} | {"长" * 99: 500})

    def rows(**options: Any) -> list[tuple[str, int]]:
        lines = b"".join(counts.encode_rows(**options)).decode().splitlines()[1:]
        return [(word, int(n)) for word, n in (line.split("\t") for line in lines)]

    everything = oracles.ranked(dict(counts))
    assert rows() == everything
    assert rows(top=7) == everything[:7]
    assert rows(min_count=60) == [row for row in everything if row[1] >= 60]
    stopped = {everything[0][0], everything[2][0], everything[150][0], "没有"}
    left = [row for row in everything if row[0] not in stopped]
    assert rows(stopwords=stopped) == left
    assert rows(stopwords=stopped, top=4, min_count=2) == left[:4]
    with pytest.raises(ValueError, match="`format`"):
        next(counts.encode_rows("xml"))


@given(st.dictionaries(st.text(min_size=1, max_size=4).filter(str.isprintable), st.integers(1, 9)))
def test_any_mapping(counts: dict[str, int]) -> None:
    table = WordCounts.from_counts(counts)
    assert list(table.items()) == oracles.ranked(counts)
    assert table == counts
    assert all(table[word] == n for word, n in counts.items())


def test_a_segmenter_travels_to_processes(text: Path) -> None:
    segmenter = VocabularySegmenter(["词1", "词2"])
    alone = count_words(Corpus(text), segmenter)
    assert alone == count_words(Corpus(text), segmenter, resources=Resources(jobs=2))
    with local_workers(2) as processes:
        assert alone == count_words(
            Corpus(text), segmenter, resources=Resources(jobs=2, executor=processes)
        )
    lines = text.read_text(encoding="utf-8").splitlines()
    worded = oracles.count(lines, lambda line: segmenter.segment(line))
    assert dict(alone) == worded
    assert pickle.loads(pickle.dumps(segmenter)).segment("词1好") == segmenter.segment("词1好")
