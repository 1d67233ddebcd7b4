"""A tokenizer of spaCy, by its entry point, in the real one."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero.spacy import SpacyTokenizer, words_and_spaces

spacy = pytest.importorskip("spacy")

TEXT = "我爱  北京 \n天安门。Hello, world! 5G手机 "
NAME = "nlpzero.Tokenizer.v1"


def config(**options):
    return {"nlp": {"tokenizer": {"@tokenizers": NAME, **options}}}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "words.nz"
    nlpzero.VocabularySegmenter(["天安", "我爱", "2月"]).save(path)
    return path


def words(doc):
    return [token.text for token in doc]


def test_found_by_its_name():
    nlp = spacy.blank("zh", config=config())
    assert isinstance(nlp.tokenizer, SpacyTokenizer)
    doc = nlp("我爱北京天安门。")
    assert words(doc) == ["我", "爱", "北京", "天安门", "。"]
    assert nlp.config["nlp"]["tokenizer"] == {"@tokenizers": NAME, "model": None, "numbers": None}


def test_a_model_and_its_numbers(path):
    nlp = spacy.blank("zh", config=config(model=str(path)))
    assert words(nlp("我爱天安门")) == ["我爱", "天安", "门"]
    split = spacy.blank("zh", config=config(model=str(path), numbers="split"))
    assert words(split("2月")) == ["2", "月"]
    assert words(spacy.blank("en", config=config())("我爱北京")) == ["我", "爱", "北京"]
    missing = spacy.blank("zh", config=config(model="missing.nz"))
    with pytest.raises(nlpzero.StorageError, match=r"missing\.nz: cannot be read"):
        missing("好")


CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("  \n\t\u3000天气好，a1")
NLP = spacy.blank("zh", config=config())


@given(st.text(CHARACTERS, max_size=30))
def test_tokens_rebuild_the_text(text):
    doc = NLP.make_doc(text)
    assert doc.text == text
    tokens = NLP.tokenizer.segmenter.segment(text)
    assert [word for word in words(doc) if not word.isspace()] == [
        token for token in tokens if not token.isspace()
    ]
    pieces, spaces = words_and_spaces(tokens)
    assert "".join(word + " " * space for word, space in zip(pieces, spaces, strict=True)) == text
    assert all(pieces)


def test_white_space_is_where_spacy_has_it():
    english = spacy.blank("en")
    ours = spacy.blank("en", config=config())
    for text in ("a b", "  a  b ", "a\n b", "a \n", " ", "", "a   b\t\tc"):
        wanted = [(token.text, token.whitespace_) for token in english(text)]
        assert [(token.text, token.whitespace_) for token in ours(text)] == wanted


def test_many_texts_and_components():
    nlp = spacy.blank("zh", config=config())
    nlp.add_pipe("sentencizer", config={"punct_chars": ["。"]})
    docs = list(nlp.pipe([TEXT, "", "今天。天气"]))
    assert [doc.text for doc in docs] == [TEXT, "", "今天。天气"]
    assert len(list(docs[2].sents)) == 2
    piped = nlp.tokenizer.pipe([TEXT, "今天"])
    assert [words(doc) for doc in piped] == [words(nlp(TEXT)), words(nlp("今天"))]


def same(one, other):
    for text in (TEXT, "我爱天安门2月"):
        assert words(one(text)) == words(other(text))


@pytest.mark.parametrize("given", ["base", "path", "set"])
def test_round_trips(tmp_path, path, given):
    model = tmp_path / "model.nz"
    nlpzero.load_segmenter(path).save(model)
    options = {"model": str(model)} if given == "path" else {}
    nlp = spacy.blank("zh", config=config(**options, numbers="date" if given != "set" else None))
    if given == "set":
        nlp.tokenizer.segmenter = nlpzero.load_segmenter().with_words(["爱  北", "天安门。"])
    before = words(nlp(TEXT))
    same(pickle.loads(pickle.dumps(nlp)), nlp)
    data = nlp.to_bytes()
    nlp.to_disk(tmp_path / "pipeline")
    model.unlink()  # what was saved needs the first file no more
    again = spacy.load(tmp_path / "pipeline")
    same(again, nlp)
    same(spacy.blank("zh", config=nlp.config).from_bytes(data), nlp)
    assert words(again(TEXT)) == before
    saved = (tmp_path / "pipeline" / "tokenizer" / "model.nz").exists()
    assert saved == (given != "base")
    # saved over what was there
    spacy.blank("zh", config=config()).to_disk(tmp_path / "pipeline")
    assert words(spacy.load(tmp_path / "pipeline")("我爱天安门")) == ["我", "爱", "天安门"]


def test_what_cannot_be_loaded(tmp_path):
    tokenizer = SpacyTokenizer(spacy.blank("zh").vocab)
    with pytest.raises(nlpzero.StorageError, match="is not what a tokenizer of nlpzero saves"):
        tokenizer.from_disk(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"numbers": None}), encoding="utf-8")
    (tmp_path / "model.nz").write_bytes(b"x")
    with pytest.raises(nlpzero.StorageError, match=r"model\.nz"):
        tokenizer.from_disk(tmp_path)
    with pytest.raises(nlpzero.StorageError):
        tokenizer.from_bytes(b"\xff")


def test_vectors_are_read_by_init_vectors(tmp_path):
    from spacy.training.initialize import convert_vectors  # what `spacy init vectors` calls

    words = ["早餐", "火车", "New York"]
    vectors = nlpzero.WordVectors(words, [3, 2, 1], [[3, 1, 0], [1, 3, 2], [0, 1, 1]])
    vectors.to_word2vec(tmp_path / "v.vec", binary=False)
    nlp = spacy.blank("zh", config=config())
    convert_vectors(nlp, tmp_path / "v.vec", truncate=0, prune=-1)
    for word, row in zip(["早餐", "火车", "New_York"], vectors.array, strict=True):
        assert nlp.vocab.has_vector(word)
        assert nlp.vocab[word].vector == pytest.approx(row, abs=1e-5)
