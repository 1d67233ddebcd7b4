"""Words in scikit-learn: clones, pickles, pipelines and grid searches of the real one."""

import pickle

import numpy as np
import pytest

import nlpzero

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from nlpzero.sklearn import (
    SegmentTokenizer,
    SegmentTransformer,
    count_vectorizer,
    tfidf_vectorizer,
)

GOOD = ["这本书很好看", "今天天气真好", "味道好，服务也好", "我很喜欢这里", "房间干净，很好"]
BAD = ["这本书不好看", "今天天气真差", "味道差，服务也差", "我不喜欢这里", "房间太脏，很差"]
TEXTS = [*GOOD, *BAD] * 4
LABELS = ([1] * 5 + [0] * 5) * 4


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "words.nz"
    nlpzero.VocabularySegmenter(["天气", "今天", "喜欢", "味道"]).save(path)
    return path


def test_words_of_one_character_stay(path):
    # what the vectoriser does by itself is the reason for this module
    own = CountVectorizer().fit(["我 爱 北京"])
    assert own.get_feature_names_out().tolist() == ["北京"]
    ours = count_vectorizer().fit(["我爱北京。"])
    assert ours.get_feature_names_out().tolist() == ["北京", "我", "爱"]
    counts = count_vectorizer(path).fit_transform(["今天好，今天不好"])
    assert counts.toarray().tolist() == [[1, 2, 2]]
    assert tfidf_vectorizer(path).fit(["今天好"]).vocabulary_ == {"今天": 0, "好": 1}
    bigrams = count_vectorizer(path, ngram_range=(2, 2), min_df=2).fit(["今天好", "今天好不好"])
    assert bigrams.get_feature_names_out().tolist() == ["今天 好"]


def test_whatever_cuts_may_be_the_model(path):
    segmenter = nlpzero.load_segmenter(path)
    for model in (path, str(path), segmenter, nlpzero.ModelTokenizer(path)):
        assert SegmentTokenizer(model)("今天，天气 好") == ["今天", "天气", "好"]
        assert SegmentTokenizer(model, punctuation=True)("今天，天气 好 ") == [
            "今天",
            "，",
            "天气",
            "好",
        ]
    assert SegmentTokenizer(nlpzero.WhitespaceTokenizer())("今天好 。") == ["今天好"]
    with pytest.raises(TypeError, match="`model` must be a path, a Segmenter, a Tokenizer or None"):
        SegmentTokenizer(3)("好")
    with pytest.raises(nlpzero.NlpzeroError, match="missing"):
        SegmentTokenizer("missing.nz")("好")


def test_marks_are_those_of_counting_words(path):
    text = "今天，²3.5%○〇 —— 😀 ABC ㈱ Ⅳ ① ½ 天气!"
    counted = nlpzero.count_words([text], nlpzero.load_segmenter(path))
    assert set(SegmentTokenizer(path)(text)) == set(dict(counted))


@pytest.mark.parametrize("copied", [clone, lambda value: pickle.loads(pickle.dumps(value))])
@pytest.mark.parametrize("given", ["base", "path", "segmenter"])
def test_clones_and_pickles_cut_the_same(path, copied, given):
    model = {"base": None, "path": path, "segmenter": nlpzero.load_segmenter(path)}[given]
    vectorizer = count_vectorizer(model, punctuation=True)
    vectorizer.fit(TEXTS)
    again = copied(vectorizer)
    assert again.tokenizer.get_params()["punctuation"] is True
    assert (again.fit_transform(TEXTS) != vectorizer.transform(TEXTS)).nnz == 0
    tokenizer = copied(SegmentTokenizer(model))
    assert tokenizer(TEXTS[0]) == SegmentTokenizer(model)(TEXTS[0])
    if copied is clone:
        assert tokenizer.model is model


def test_what_names_a_model_travels_as_the_name(path):
    for model in (None, path):
        tokenizer = SegmentTokenizer(model)
        tokenizer("今天")
        assert len(pickle.dumps(tokenizer)) < 1_000


def test_parameters():
    tokenizer = SegmentTokenizer()
    assert tokenizer.get_params() == {"model": None, "punctuation": False}
    assert tokenizer.set_params(punctuation=True)("好。") == ["好", "。"]
    vectorizer = count_vectorizer(lowercase=False).set_params(tokenizer__punctuation=True)
    assert vectorizer.fit(["好。A"]).get_feature_names_out().tolist() == ["A", "。", "好"]
    assert HashingVectorizer(tokenizer=tokenizer, token_pattern=None).transform(["好"]).nnz == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_grid_search(path, jobs):
    pipeline = make_pipeline(count_vectorizer(path), MultinomialNB())
    grid = {
        "countvectorizer__tokenizer__punctuation": [False, True],
        "countvectorizer__ngram_range": [(1, 1), (1, 2)],
    }
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs).fit(TEXTS, LABELS)
    assert search.best_score_ == 1.0
    assert len(search.cv_results_["params"]) == 4
    assert search.predict(["味道不好，真差", "我很喜欢"]).tolist() == [0, 1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_learning_inside_a_pipeline(jobs):
    pipeline = make_pipeline(
        SegmentTransformer(nlpzero.CoTraining()),
        CountVectorizer(analyzer=list),
        MultinomialNB(),
    )
    grid = {"segmenttransformer__punctuation": [False, True]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=jobs).fit(TEXTS, LABELS)
    assert search.score(TEXTS, LABELS) == 1.0
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert again.predict(TEXTS).tolist() == search.predict(TEXTS).tolist()


def test_the_transformer_learns_what_it_is_given():
    texts = ["今天天气不错", "今天下雨", "天气预报"] * 3
    method = nlpzero.BranchingEntropy()
    transformer = SegmentTransformer(method, punctuation=True)
    with pytest.raises(NotFittedError):
        transformer.transform(texts)
    learned = nlpzero.learn_segmenter(texts, method)
    assert transformer.fit_transform(np.array(texts)) == [learned(text) for text in texts]
    assert transformer.transform(["今天 。"]) == [[t for t in learned("今天 。") if t != " "]]
    text = clone(transformer).set_params(output="text", punctuation=False).fit(texts)
    assert text.transform(["今天，下雨"])[0].replace(" ", "") == "今天下雨"
    default = SegmentTransformer().fit(texts)
    assert isinstance(default.segmenter_, nlpzero.LearnedSegmenter)
    adapted = nlpzero.learn_segmenter(texts, nlpzero.CoTraining(base="default"))
    assert default.segmenter_("今天天气预报") == adapted("今天天气预报")


def test_misuse():
    with pytest.raises(TypeError, match="`texts` must be an iterable of texts, got one str"):
        SegmentTransformer().fit("今天")
    with pytest.raises(TypeError, match=r"texts\[1\] must be str, got float"):
        SegmentTransformer().fit(["今天", float("nan")])
    with pytest.raises(ValueError, match="`output` must be 'words' or 'text', got 'list'"):
        SegmentTransformer(output="list").fit(["今天"])
