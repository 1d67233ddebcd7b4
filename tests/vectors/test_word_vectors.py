"""What vectors are asked: words, classes, characters, sentences, groups; files and exchange."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.vectors.nearest import largest
from nlpzero.vectors.sums import weighted_sum, weighted_sums

TOPICS = [[f"{topic}{chr(0x4E10 + i)}" for i in range(25)] for topic in "天地玄黄"]


@pytest.fixture(scope="module")
def planted() -> nlpzero.WordVectors:
    """Four topics of 25 words, each document of one."""
    random = np.random.default_rng(0)
    lines = [" ".join(random.choice(TOPICS[n % 4], 12)) for n in range(1500)]
    method = nlpzero.WindowedCounts(dimensions=4, characters=0.0)
    return nlpzero.learn_vectors(lines, "whitespace", method)


def test_neighbours_are_of_the_topic(planted: nlpzero.WordVectors) -> None:
    assert len(planted) == 100
    for word in planted:
        topic = next(topic for topic in TOPICS if word in topic)
        found = planted.similar(word, top=24)
        assert {row.word for row in found} == set(topic) - {word}
        assert [row.similarity for row in found] == sorted(
            (row.similarity for row in found), reverse=True
        )


def test_a_class_grows_from_a_few_words(planted: nlpzero.WordVectors) -> None:
    for topic in TOPICS:
        found = planted.similar(topic[:3], top=22)
        assert {row.word for row in found} == set(topic[3:])
        away = planted.similar(topic[0], minus=[topic[1]], top=100)
        assert not {topic[0], topic[1]} & {row.word for row in away}


def test_groups_are_the_topics(planted: nlpzero.WordVectors) -> None:
    groups = planted.clusters(4)
    assert {frozenset(row.word for row in group) for group in groups} == set(map(frozenset, TOPICS))
    many = planted.clusters(7, seed=3, resources=nlpzero.Resources(jobs=3))
    assert many == planted.clusters(7, seed=3)
    assert sum(map(len, many)) == 100
    assert sum(map(len, planted.clusters(100))) == 100
    assert sum(map(len, planted.clusters(3, top_words=20))) == 20
    with pytest.raises(ValueError, match="from 1 to the 100 rows"):
        planted.clusters(101)


def test_rare_words_are_left_out_when_asked(planted: nlpzero.WordVectors) -> None:
    least = int(np.median(planted.counts))
    assert all(row.count >= least for row in planted.similar(TOPICS[0][0], min_count=least))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(1, 30))
def test_the_largest_are_those_of_a_sort(values: list[int], count: int) -> None:
    found = largest(np.array(values, np.float32), count).tolist()
    assert found == sorted(range(len(values)), key=lambda row: (-values[row], row))[:count]


# --- characters -----------------------------------------------------------------------------------

LINES = ["早餐 好吃 的 K线", "晚餐 好吃 的 abc", "早饭 好吃 了 abc", "火车 到站 了 xyz"] * 6


def learned(share: float) -> nlpzero.WordVectors:
    method = nlpzero.WindowedCounts(dimensions=5, characters=share)
    return nlpzero.learn_vectors(LINES, "whitespace", method)


def test_characters_add_what_they_say() -> None:
    plain, mixed = learned(0.0), learned(0.6)
    assert plain.pieces is None
    assert mixed.pieces is not None
    assert plain.words == mixed.words
    for word in ("abc", "xyz"):  # letters say nothing
        assert np.array_equal(plain[word], mixed[word])
    # the formula, for a word of two characters
    known = dict(zip(mixed.pieces.names, range(99), strict=False))
    assert set(known) == {"早", "餐"}  # the others are in one word only
    holders = [word for word in plain if "餐" in word]
    direction = sum(
        np.log1p(plain.counts[plain.rows[word]]) * plain[word].astype(float) for word in holders
    )
    piece = mixed.pieces.vectors[known["餐"]]
    assert np.allclose(piece, direction / np.linalg.norm(direction), atol=1e-6)
    assert mixed.pieces.weights[known["餐"]] == pytest.approx(np.log(len(plain) / 2))
    told = sum(mixed.pieces.weights[i] * mixed.pieces.vectors[i] for i in known.values())
    whole = plain["早餐"] + 0.6 * told / np.linalg.norm(told)
    assert np.allclose(mixed["早餐"], whole / np.linalg.norm(whole), atol=1e-6)


def test_unseen_words_are_told_by_characters() -> None:
    vectors = learned(0.6)
    assert "早早餐" not in vectors
    assert np.linalg.norm(vectors["早早餐"]) == pytest.approx(1, abs=1e-6)
    for word in ("汽", "zzz", "，", "", " "):
        assert vectors.unseen(word) is None
        with pytest.raises(KeyError, match=repr(word)):
            vectors[word]
    with pytest.raises(KeyError, match="汽"):
        vectors.similar(["早餐", "汽"])


# --- sentences ------------------------------------------------------------------------------------


def test_a_sentence_is_the_mean_of_its_words() -> None:
    vectors = learned(0.6)
    words = ["早餐", "好吃", "早早餐", "？"]
    weights = [*(0.001 / (0.001 + vectors.counts[vectors.rows[w]] / 96) for w in words[:2]), 1]
    total = sum(w * vectors[word] for w, word in zip(weights, words, strict=False))
    found = vectors.sentence(" ".join(words))
    assert np.allclose(found, total / np.linalg.norm(total), atol=1e-6)
    assert np.allclose(vectors.sentence("好吃 早早餐 早餐"), found, atol=1e-6)


def test_sentences_do_not_depend_on_each_other() -> None:
    vectors = learned(0.6)
    texts = ["早餐 好吃", "", "汽 zz", "了\n的", "早早餐", "火车 到站 了 " * 40, "好吃"]
    together = vectors.sentences(texts)
    assert together.shape == (7, vectors.dimensions)
    assert not together[[1, 2]].any()
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(row, vectors.sentence(text.replace("\n", " ")))
        assert np.array_equal(row[None], vectors.sentences([text]))
    function = nlpzero.WordVectors(
        vectors.words,
        vectors.counts,
        vectors.array,
        pieces=vectors.pieces,
        tokenizer=str.split,
        tokens=vectors.tokens,
    )
    assert np.array_equal(function.sentences(texts), together)
    assert vectors.sentences([]).shape == (0, vectors.dimensions)


def test_sums_are_the_same_bits_one_by_one() -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((20, 7)).astype(np.float32)
    weights = random.random(20).astype(np.float32)
    ids = random.integers(0, 20, 30).astype(np.int32)
    out = np.zeros((1, 7), np.float32)
    weighted_sums(ids, np.array([0, 30]), rows, weights, out)
    assert np.array_equal(out[0], weighted_sum(rows[ids], weights[ids]))


@pytest.mark.parametrize("int8", [False, True])
def test_an_index_finds_what_is_in_it(int8: bool, tmp_path: Path) -> None:
    vectors = learned(0.6)
    text = tmp_path / "text.txt"
    text.write_text("早餐 好吃\n\n火车 到站\n汽\n晚餐 的\n", encoding="utf-8")
    index = nlpzero.SentenceIndex(vectors, nlpzero.Corpus(text), int8=int8)
    assert len(index) == 4
    first = index.search("早餐 好吃", top=9)
    assert first[0].similarity == pytest.approx(1, abs=0.01 if int8 else 1e-5)
    assert (first[0].file, first[0].line, first[0].text) == (str(text), 1, "早餐 好吃")
    assert [row.text for row in first[1:]] and "汽" not in [row.text for row in first]
    assert index.search("汽") == []
    assert index.search("早餐 好吃", min_similarity=0.98)[1:] == []
    path = tmp_path / "index.nz"
    index.save(path)
    again = nlpzero.SentenceIndex.load(path, vectors)
    assert again.search("早餐 好吃", top=9) == first
    assert nlpzero.SentenceIndex.verify(path) == 4
    again.save(tmp_path / "again.nz")
    assert (tmp_path / "again.nz").read_bytes() == path.read_bytes()
    with pytest.raises(nlpzero.StorageError, match="other word vectors"):
        nlpzero.SentenceIndex.load(path, learned(0.0))
    groups = index.clusters(2)
    assert sorted(len(group) for group in groups) == [1, 2]


# --- files ----------------------------------------------------------------------------------------


def test_a_file_gives_the_same_vectors(tmp_path: Path) -> None:
    segmenter = nlpzero.VocabularySegmenter(["早餐", "晚餐", "好吃", "火车"])
    lines = [line.replace(" ", "") for line in LINES]
    vectors = nlpzero.learn_vectors(lines, segmenter, nlpzero.WindowedCounts(dimensions=5))
    vectors.save(tmp_path / "v.nz")
    again = nlpzero.load_vectors(tmp_path / "v.nz")
    assert again.words == vectors.words
    assert again.counts.tolist() == vectors.counts.tolist()
    assert np.array_equal(again.array, vectors.array)
    assert again.training == vectors.training == {
        "method": "counts", "dimensions": 5, "window": 5, "min_count": 5, "max_words": 200_000,
        "seed": 1, "characters": 0.6,
    }  # fmt: skip
    assert np.array_equal(again.sentence("晚餐好吃，晚晚"), vectors.sentence("晚餐好吃，晚晚"))
    again.save(tmp_path / "again.nz")
    assert (tmp_path / "again.nz").read_bytes() == (tmp_path / "v.nz").read_bytes()


def test_a_python_function_is_named_again(tmp_path: Path) -> None:
    vectors = nlpzero.learn_vectors(LINES, str.split, nlpzero.WindowedCounts(dimensions=5))
    vectors.save(tmp_path / "v.nz")
    again = nlpzero.load_vectors(tmp_path / "v.nz")
    with pytest.raises(ValueError, match="name a `tokenizer`"):
        again.sentence("早餐 好吃")
    again.save(tmp_path / "again.nz")
    assert (tmp_path / "again.nz").read_bytes() == (tmp_path / "v.nz").read_bytes()
    named = nlpzero.load_vectors(tmp_path / "v.nz", tokenizer=str.split)
    assert np.array_equal(named.sentence("早餐 好吃"), vectors.sentence("早餐 好吃"))


WORDS = ["早餐", "𠮷野家", "K线", "a\u3000b"]
ROWS = np.array([[1, 0.25, -1], [0.1, 0, 3], [0, 0, 0], [1e-7, 1, 1]])


@pytest.mark.parametrize("binary", [True, False])
def test_the_format_of_word2vec(binary: bool, tmp_path: Path) -> None:
    vectors = nlpzero.WordVectors(WORDS, [4, 3, 2, 1], ROWS)
    path = tmp_path / "v.bin"
    vectors.to_word2vec(path, binary=binary)
    assert path.read_bytes().startswith("4 3\n早餐 ".encode())
    again = nlpzero.vectors_from_word2vec(path)
    assert again.words == ["早餐", "𠮷野家", "K线", "a_b"]
    assert np.abs(again.array - vectors.array).max() < 1e-6
    with pytest.raises(nlpzero.NlpzeroError, match="white space only"):
        nlpzero.WordVectors(["a b", "a_b"], [1, 1], ROWS[:2]).to_word2vec(path)


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_it(binary: bool, tmp_path: Path) -> None:
    models = pytest.importorskip("gensim.models")
    vectors = nlpzero.WordVectors(WORDS[:3], [4, 3, 2], ROWS[:3])
    path = tmp_path / "v.bin"
    vectors.to_word2vec(path, binary=binary)
    read = models.KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert read.index_to_key == vectors.words
    assert np.abs(read.vectors - vectors.array).max() < 1e-6
    read.save_word2vec_format(str(path), binary=binary)
    again = nlpzero.vectors_from_word2vec(path)
    assert again.words == vectors.words
    assert np.abs(again.array - vectors.array).max() < 1e-6


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ":1: expected the number"),
        (b"2 2\na 1 2\n", "too short"),
        (b"2 2\na 1 2\na 1 2\n", "twice"),
        (b"2 2\na 1 2\nb 1 x\n", ":3: expected a word and 2 numbers"),
        (b"1 2\na nan 2\n", "not finite"),
        (b"99999 2\na 1 2\n", "too short"),
        (b"1 2\n\xff 1 2\n", ":2: expected a word"),
        (b"1 1\nabcdefghij", "cut off"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.bin"
    path.write_bytes(data)
    with pytest.raises(nlpzero.StorageError, match=message):
        nlpzero.vectors_from_word2vec(path)


def test_numpy_and_pandas(tmp_path: Path) -> None:
    vectors = nlpzero.WordVectors(WORDS, [4, 3, 2, 1], ROWS)
    array, words = tmp_path / "v.npy", tmp_path / "v.txt"
    vectors.to_numpy(array, words)
    assert np.array_equal(np.load(array), vectors.array)
    again = nlpzero.vectors_from_numpy(array, words)
    assert again.words == WORDS
    assert np.array_equal(again.array, vectors.array)
    words.write_text("早餐\n", encoding="utf-8")
    with pytest.raises(nlpzero.StorageError, match="a row for each of the 1 words"):
        nlpzero.vectors_from_numpy(array, words)
    array.write_bytes(b"no array")
    with pytest.raises(nlpzero.StorageError, match="no array"):
        nlpzero.vectors_from_numpy(array, words)
    pytest.importorskip("pandas")
    frame = vectors.to_dataframe()
    assert list(frame.columns) == ["word", "count", "0", "1", "2"]
    assert frame["word"].tolist() == WORDS


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="a row for each of the 1 words"):
        nlpzero.WordVectors(["a"], [1], [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="finite"):
        nlpzero.WordVectors(["a"], [1], [[1, np.nan]])
    with pytest.raises(ValueError, match="one for each of 1 words"):
        nlpzero.WordVectors(["a"], [], [[1, 2]])
    vectors = nlpzero.WordVectors(["a"], [1], [[1, 2]], tokenizer="whitespace")
    for call in (lambda: vectors.similar("a", top=0), lambda: vectors.similar([])):
        with pytest.raises(ValueError, match="`"):
            call()
    with pytest.raises(TypeError, match="one string"):
        vectors.sentences("a")
