"""Files of vectors: words, rows, pieces, and the tokenizer that cut the words."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Array, Floats32, frozen
from nlpzero.engine.file_index import content_of
from nlpzero.engine.storage import FileWriter, open_arrays
from nlpzero.engine.stored_arrays import StoredArray
from nlpzero.engine.temporary import PathLike, scratch_folder
from nlpzero.engine.validation import expect, require, total_of, whole_number
from nlpzero.segmentation.tokenizers import (
    ModelTokenizer,
    SegmenterTokenizer,
    Tokenizer,
    WhitespaceTokenizer,
)
from nlpzero.vectors.characters import Pieces
from nlpzero.vectors.methods import sphere_of

KIND = "vectors"
_MOST_WORDS = (1 << 31) - 2
_MOST_DIMENSIONS = 1 << 16
# how far from 1 the squared length of a row may be
_CLOSE = 1e-3


def put_texts(writer: FileWriter, name: str, texts: Sequence[str]) -> None:
    """Strings as their bytes and the place of each, with the end."""
    encoded = [text.encode("utf-8") for text in texts]
    writer.append(f"{name}.bytes", np.frombuffer(b"".join(encoded), np.uint8), np.uint8)
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    writer.append(f"{name}.offsets", ends, np.int64)


def checked_offsets(arrays: Mapping[str, Any], name: str, size: int) -> NDArray[np.int64]:
    """Places of strings within their bytes."""
    pool = expect(arrays, f"{name}.bytes", np.uint8, None)
    offsets: NDArray[np.int64] = expect(arrays, f"{name}.offsets", np.int64, size + 1)[:]
    require(
        int(offsets[0]) == 0
        and int(offsets[-1]) == len(pool)
        and bool((offsets[1:] >= offsets[:-1]).all()),
        f"the places of {name} overlap, or have gaps between them",
    )
    return offsets


def get_texts(arrays: Mapping[str, Any], name: str, size: int) -> list[str]:
    """The strings that :func:`put_texts` wrote."""
    offsets = checked_offsets(arrays, name, size)
    pool = arrays[f"{name}.bytes"][:]
    text = pool.tobytes().decode("utf-8")
    begins = np.append(np.flatnonzero((pool & 0xC0) != 0x80), len(pool))
    places = np.searchsorted(begins, offsets)
    require(bool((begins[places] == offsets).all()), f"{name} are cut inside a character")
    return [text[a:b] for a, b in pairwise(places.tolist())]


def checked_rows(rows: Array, what: str) -> Floats32:
    """Rows of length 1 or 0."""
    with np.errstate(all="ignore"):  # what is too large is refused below
        squares = np.einsum("ij,ij->i", rows, rows)
    good = (np.abs(squares - 1) < _CLOSE) | (squares == 0)
    require(bool(good.all()), f"{what} are not of length 1")
    return frozen(rows)


def tokenizer_state(tokenizer: Tokenizer | None) -> tuple[dict[str, str], bytes]:
    """What a file says of a tokenizer, and the bytes of its model."""
    if tokenizer is None:
        return {"kind": "none"}, b""
    if isinstance(tokenizer, WhitespaceTokenizer):
        return {"kind": "whitespace"}, b""
    if isinstance(tokenizer, ModelTokenizer):
        from nlpzero.segmentation.shared import shared_model

        segmenter = shared_model(tokenizer.path, tokenizer.numbers)
    elif isinstance(tokenizer, SegmenterTokenizer):
        segmenter = tokenizer.segmenter
    else:
        return {"kind": "other", "name": tokenizer.name}, b""
    with scratch_folder() as folder:
        path = folder / "model.nz"
        segmenter.save(path)
        return {"kind": "model"}, path.read_bytes()


@dataclass(frozen=True)
class StoredVectors:
    """What a file of vectors holds; the pieces and the tokenizer are read when they are asked for.

    Attributes
    ----------
    header : dict
    words : list of str
    counts : int64[n]
    rows : float32[n, d]
    pieces : callable
    tokenizer : callable
    """

    header: dict[str, Any]
    words: list[str]
    counts: NDArray[np.int64]
    rows: Floats32
    pieces: Callable[[], Pieces | None]
    tokenizer: Callable[[], Tokenizer | None]


def write_vectors(
    path: PathLike,
    header: Mapping[str, Any],
    words: Sequence[str],
    counts: NDArray[np.int64],
    rows: Floats32,
    pieces: Pieces | None,
    tokenizer: tuple[dict[str, str], bytes],
) -> None:
    """Write a file of vectors; see :meth:`nlpzero.WordVectors.save`."""
    said, model = tokenizer
    with FileWriter(path, KIND) as writer:
        put_texts(writer, "words", words)
        writer.append("counts", counts, np.int64)
        writer.append("vectors", rows.reshape(-1), np.float32)
        none = np.zeros((0, rows.shape[1]), np.float32)
        held = pieces or Pieces([], none, np.zeros(0, np.float32))
        put_texts(writer, "pieces", held.names)
        writer.append("pieces.vectors", held.vectors.reshape(-1), np.float32)
        writer.append("pieces.weights", held.weights, np.float32)
        writer.append("tokenizer", np.frombuffer(model, np.uint8), np.uint8)
        sizes = {"words": len(words), "dimensions": rows.shape[1], "pieces": len(held.names)}
        writer.finish({**sizes, **header, "tokenizer": said})


def read_vectors(path: PathLike) -> StoredVectors:
    """Read a file of vectors; see :func:`nlpzero.load_vectors`."""
    header, arrays = open_arrays(path, KIND)
    with content_of(path):
        size = whole_number(header["words"], "the number of words", 1, _MOST_WORDS)
        width = whole_number(header["dimensions"], "dimensions", 1, _MOST_DIMENSIONS)
        held = whole_number(header["pieces"], "the number of pieces", 0, 1 << 40)
        whole_number(header["tokens"], "the number of tokens", 0)
        require(isinstance(header["training"], dict), "it does not say how it was learned")
        sphere_of(header["training"])
        require(isinstance(header["tokenizer"], dict), "it does not say how words were cut")
        words = get_texts(arrays, "words", size)
        require(all(words), "a word is empty")
        require(len(set(words)) == size, "a word is there twice")
        counts = expect(arrays, "counts", np.int64, size)[:]
        require(bool((counts >= 0).all()), "a count is negative")
        total_of(counts)
        rows = _rows(arrays, "vectors", size, width)
        expect(arrays, "pieces.vectors", np.float32, held * width)
        expect(arrays, "pieces.weights", np.float32, held)
        expect(arrays, "pieces.offsets", np.int64, held + 1)
        expect(arrays, "tokenizer", np.uint8, None)
    return StoredVectors(
        header,
        words,
        frozen(counts),
        rows,
        lambda: _read_pieces(path, arrays, held, width),
        lambda: _read_tokenizer(path, header["tokenizer"], arrays["tokenizer"]),
    )


def _rows(arrays: Mapping[str, Any], name: str, size: int, width: int) -> Floats32:
    flat = expect(arrays, name, np.float32, size * width)[:]
    return checked_rows(flat.reshape(size, width), name)


def _read_pieces(
    path: PathLike, arrays: Mapping[str, StoredArray], size: int, width: int
) -> Pieces | None:
    with content_of(path):
        names = get_texts(arrays, "pieces", size)
        weights = arrays["pieces.weights"][:]
        require(bool((weights >= 0).all() and np.isfinite(weights).all()), "weights are negative")
        pieces = Pieces(names, _rows(arrays, "pieces.vectors", size, width), weights)
        return pieces if size else None


def _read_tokenizer(
    path: PathLike, said: Mapping[str, Any], model: StoredArray
) -> Tokenizer | None:
    kind = said.get("kind")
    if kind == "whitespace":
        return WhitespaceTokenizer()
    if kind != "model":
        return None
    from nlpzero.segmentation.loading import load_segmenter

    with content_of(path), scratch_folder() as folder:
        copy = Path(folder) / f"model of {os.path.basename(os.fspath(path))}"
        copy.write_bytes(model[:].tobytes())
        return SegmenterTokenizer(load_segmenter(copy))
