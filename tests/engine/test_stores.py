"""Outputs by URL: complete or not at all, on file systems of fsspec."""

import io
from pathlib import Path
from typing import Any

import pytest

from nlpzero import (
    Corpus,
    NlpzeroError,
    VocabularySegmenter,
    load_segmenter,
    segment_corpus,
    segment_to_parts,
)
from nlpzero.engine.temporary import atomic_output

fsspec = pytest.importorskip("fsspec")
from fsspec.implementations.memory import MemoryFileSystem

SEGMENTER = VocabularySegmenter(["天气", "今天"])
TEXT = ["今天天气好", "天气 好", ""]


class Unmovable(MemoryFileSystem):  # type: ignore[misc]
    """A store that refuses to move onto a file, as HDFS does."""

    protocol = "unmovable"
    store: dict[str, Any] = {}  # noqa: RUF012 (as its parent)
    pseudo_dirs = [""]  # noqa: RUF012

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        if self.exists(path2):
            raise FileExistsError(path2)
        super().mv(path1, path2, **kwargs)


fsspec.register_implementation("unmovable", Unmovable, clobber=True)


@pytest.fixture(params=["memory", "unmovable", "file", "dir"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """What stands before and after the name of a file in a URL, of an empty folder."""
    kind = request.param
    if kind in ("memory", "unmovable"):
        system = fsspec.filesystem(kind)
        if system.exists("/outputs"):
            system.rm("/outputs", recursive=True)
        system.mkdir("/outputs")
    (tmp_path / "outputs").mkdir()
    return {
        "memory": ("memory://outputs/", ""),
        "unmovable": ("unmovable://outputs/", ""),
        "file": (f"{tmp_path.as_uri()}/outputs/", ""),
        "dir": ("dir://outputs/", f"::{tmp_path.as_uri()}"),
    }[kind]


def listed(folder: tuple[str, str]) -> list[str]:
    system, path = fsspec.core.url_to_fs("".join(folder))
    return sorted(name.rpartition("/")[2] for name in system.find(path))


def content(url: str) -> bytes:
    with fsspec.open(url, "rb") as file:
        data: bytes = file.read()
    return data


def test_an_output_is_complete_or_what_was_there_before(folder: tuple[str, str]) -> None:
    url = "cut.txt".join(folder)
    for text in (b"first", b"and second"):
        with atomic_output(url) as file:
            file.write(text)
            assert "cut.txt" not in listed(folder) or content(url) == b"first"
        assert content(url) == text
        assert listed(folder) == ["cut.txt"]
    with pytest.raises(ZeroDivisionError), atomic_output(url) as file:
        file.write(b"third")
        raise ZeroDivisionError
    assert content(url) == b"and second"
    assert listed(folder) == ["cut.txt"]


def test_a_segmented_text(folder: tuple[str, str]) -> None:
    expected = io.BytesIO()
    segment_corpus(TEXT, SEGMENTER, expected)
    segment_corpus(TEXT, SEGMENTER, "cut.txt".join(folder))
    assert content("cut.txt".join(folder)) == expected.getvalue()


def test_part_files(folder: tuple[str, str], tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("今天天气好\n" * 100 + "今天", encoding="utf-8")
    (tmp_path / "b.txt").write_text("天气好" * 50, encoding="utf-8")
    (tmp_path / "c.txt").write_text("", encoding="utf-8")
    corpus = Corpus(text, tmp_path / "b.txt", tmp_path / "c.txt")
    expected = io.BytesIO()
    segment_corpus(corpus, SEGMENTER, expected)
    parts = (f"{folder[0]}parts/", folder[1])
    segment_to_parts(corpus, SEGMENTER, "".join(parts), part_bytes=400)
    names = listed(parts)
    assert len(names) > 4
    assert names[0] == "_SUCCESS"
    assert b"".join(content(name.join(parts)) for name in names[1:]) == expected.getvalue()
    with pytest.raises(NlpzeroError, match="is not empty; name a new folder"):
        segment_to_parts(corpus, SEGMENTER, "".join(parts))
    assert listed(parts) == names


def test_a_model(folder: tuple[str, str], tmp_path: Path) -> None:
    SEGMENTER.save("model.nz".join(folder))
    (tmp_path / "model.nz").write_bytes(content("model.nz".join(folder)))
    assert load_segmenter(tmp_path / "model.nz").segment("今天天气好") == ["今天", "天气", "好"]


def test_a_folder_is_no_file(folder: tuple[str, str]) -> None:
    with pytest.raises(NlpzeroError, match="is a folder; name a file"):
        atomic_output("".join(folder)).__enter__()


def test_an_unknown_kind_of_url() -> None:
    with pytest.raises(NlpzeroError, match=r"nowhere://cut\.txt: cannot be written: .*nowhere"):
        atomic_output("nowhere://cut.txt").__enter__()
