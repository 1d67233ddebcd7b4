"""A corpus segmented into a file: the same bytes however many work on it, in every format."""

import io
import json
from pathlib import Path

import pytest

from nlpzero import Corpus, Resources, SegmentWriter, VocabularySegmenter, segment_corpus
from nlpzero.engine.parallel import local_workers
from nlpzero.segmentation import writing
from nlpzero.segmentation.shared import SharedModel, opened, shared_model

SEGMENTER = VocabularySegmenter(["今天", "天气", "很好"])
FORMATS = ("text", "jsonl", "tokens", "probs")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    for i in range(3):
        (tmp_path / f"{i}.txt").write_text("今天天气很好。\n" * 40 + "很好", encoding="utf-8")
    return Corpus(tmp_path)


@pytest.mark.parametrize("format", FORMATS)
def test_workers_and_paths_make_no_difference(
    corpus: Corpus, tmp_path: Path, format: writing.Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = io.BytesIO()
    summary = segment_corpus(corpus, SEGMENTER, alone, separator="/", format=format)
    assert summary.read.bytes_read == corpus.size and not summary.separator_seen
    monkeypatch.setattr(writing, "_LEAST_SHARED", 0)
    monkeypatch.setattr(writing, "_WORTH_PROCESSES", 0)
    path = tmp_path / "out"
    given = Resources(jobs=2, memory="1G")
    segment_corpus(corpus, SEGMENTER, path, separator="/", format=format, resources=given)
    assert path.read_bytes() == alone.getvalue()


def test_processes_open_the_saved_model_once(corpus: Corpus) -> None:
    alone, shared = io.BytesIO(), io.BytesIO()
    segment_corpus(corpus, SEGMENTER, alone)
    with local_workers(2) as workers:
        given = Resources(jobs=2, memory="1G", executor=workers)
        segment_corpus(corpus, SEGMENTER, shared, resources=given)
    assert shared.getvalue() == alone.getvalue()


def test_a_model_is_opened_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "model.nz"
    SEGMENTER.save(path)
    first = shared_model(path)
    assert opened(SharedModel(str(path), "learned")) is not SEGMENTER
    VocabularySegmenter(["天天", "今天", "天气很好"]).save(path)
    again = shared_model(path)
    assert again is not first and again is shared_model(path)
    assert again("今天天气很好") == ["今天", "天气很好"]


def test_lines_and_misuse() -> None:
    out = io.BytesIO()
    summary = segment_corpus(["今天 天气", "很好"], SEGMENTER, out, format="jsonl")
    lines = [json.loads(line) for line in out.getvalue().decode().splitlines()]
    assert lines == [["今天", " ", "天气"], ["很好"]] and not summary.separator_seen
    assert segment_corpus(["今天 天气"], SEGMENTER, io.BytesIO()).separator_seen
    with pytest.raises(ValueError, match=r"`separator` '·' cannot be written in ASCII"):
        SegmentWriter(SEGMENTER, separator="·", encoding="ascii")
    with pytest.raises(ValueError, match="must not be empty"):
        segment_corpus(["今天"], SEGMENTER, out, separator="")
    with pytest.raises(ValueError, match="`format` must be one of"):
        segment_corpus(["今天"], SEGMENTER, out, format="xml")  # type: ignore[arg-type]
