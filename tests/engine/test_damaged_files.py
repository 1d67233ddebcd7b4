"""A file is whole or refused: what is wrong with it is said, before anything of it is used.

``python -m tests.damage`` does the same for as long as one likes (docs/reliability.md).
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpzero
from nlpzero.engine.file_index import BLOCK_BYTES
from nlpzero.engine.storage import FileWriter, open_arrays, read_file, write_file
from nlpzero.errors import NlpzeroError, StorageError
from tests import damage

SMALL = (
    *("vocabulary", "lm", "nvbe", "learned", "found", "rules", "vectors", "sentences"),
    *("counts", "word-counts"),
)
MODELS = SMALL[:4]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return damage.make_files(tmp_path_factory.mktemp("files"))


def changed(source: Path, path: Path, **arrays: Callable[[np.ndarray], Any]) -> Path:
    """A copy of a file with other arrays, and right checksums."""
    index, found = damage.parts(source.read_bytes())
    for name, change in arrays.items():
        found[name] = np.asarray(change(found[name]), found[name].dtype)
    path.write_bytes(damage.whole_file(index["kind"], index["header"], found))
    return path


def with_header(source: Path, path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    index, found = damage.parts(source.read_bytes())
    change(index["header"])
    path.write_bytes(damage.whole_file(index["kind"], index["header"], found))
    return path


def put(row: Any, value: Any) -> Callable[[np.ndarray], np.ndarray]:
    """A change of one value."""

    def change(values: np.ndarray) -> np.ndarray:
        values[row] = value
        return values

    return change


# --------------------------------------------------------------------------------- damage by chance


@pytest.mark.parametrize("kind", damage.KINDS)
def test_damage_is_refused_or_does_no_harm(
    kind: str, files: dict[str, Path], tmp_path: Path
) -> None:
    """The rounds of the script, few of them, in one process."""
    for path in (files[kind], files[kind].parent / "text.txt", files[kind].parent / "own.txt"):
        shutil.copy(path, tmp_path)
    whole, file = tmp_path / files[kind].name, tmp_path / "file.nz"
    data = whole.read_bytes()
    commands = damage.uses(kind, whole, whole)
    expected = [damage.run_command(args)[2] for args in commands]
    wrong = []
    for number in range(120 if kind in SMALL else 12):
        random = np.random.default_rng([7, number])
        use = number % len(commands)
        outcome = damage.judged(
            kind, damage.damage(kind, data, random), file, whole, use, expected[use]
        )
        if outcome.result in damage.WRONG:
            wrong.append((number, outcome))
    assert wrong == []


@pytest.mark.parametrize("kind", SMALL)
def test_every_bit_of_a_file_counts(kind: str, files: dict[str, Path], tmp_path: Path) -> None:
    """No bit of an array or of the index can change without being noticed."""
    data = files[kind].read_bytes()
    index, _ = damage.parts(data)
    used = [
        range(entry["offset"], entry["offset"] + np.dtype(entry["dtype"]).itemsize * rows)
        for entry in index["arrays"]
        if (rows := int(np.prod(entry["shape"])))
    ]
    used.append(range(struct.unpack("<QQQ", data[-32:-8])[0], len(data)))
    random = np.random.default_rng(1)
    path = tmp_path / "file.nz"
    for part in used:
        for at in random.integers(part.start, part.stop, size=4).tolist():
            flipped = bytearray(data)
            flipped[at] ^= 1 << int(random.integers(8))
            path.write_bytes(flipped)
            with pytest.raises(StorageError, match="damaged"):
                damage.opened(kind, path)


@pytest.mark.parametrize("kind", SMALL)
def test_a_cut_file_is_refused_and_a_longer_one_too(
    kind: str, files: dict[str, Path], tmp_path: Path
) -> None:
    data = files[kind].read_bytes()
    path = tmp_path / "file.nz"
    for size in (0, 7, 16, len(data) // 2, len(data) - 33, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(StorageError, match="damaged"):
            damage.opened(kind, path)
    for longer in (data + b"\0", data[:100] + b"\0" + data[100:]):
        path.write_bytes(longer)
        with pytest.raises(StorageError, match="damaged"):
            damage.opened(kind, path)


# ------------------------------------------------------------------------- made by hand: the index


def _entry(index: dict[str, Any], **fields: Any) -> None:
    index["arrays"][0].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        lambda index: _entry(index, shape=[2**33]),
        lambda index: _entry(index, shape=[-1]),
        lambda index: _entry(index, shape=[2**40, 2**40]),
        lambda index: _entry(index, shape=[True]),
        lambda index: _entry(index, shape=[1, 1, 1, 1]),
        lambda index: _entry(index, shape="8"),
        lambda index: _entry(index, dtype="float16"),
        lambda index: _entry(index, dtype="|O"),
        lambda index: _entry(index, dtype=["<f4"]),
        lambda index: _entry(index, offset=0),
        lambda index: _entry(index, offset=-64),
        lambda index: _entry(index, offset=10**30),
        lambda index: _entry(index, crc32="1"),
        lambda index: _entry(index, blocks=[1, 2]),
        lambda index: _entry(index, name=3),
        lambda index: index["arrays"].append(dict(index["arrays"][0])),
        lambda index: index["arrays"].pop(),
        lambda index: index.update(arrays=None),
        lambda index: index.update(header=[]),
        lambda index: index.update(kind=None),
        lambda index: index.pop("kind"),
        lambda index: index["header"].update(deep=json.loads("[" * 80 + "]" * 80)),
    ],
)
def test_an_index_that_lies_is_refused(
    change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    path = tmp_path / "file.nz"
    write_file(path, "things", {}, {"a": np.arange(8), "b": np.zeros(3, np.float32)})
    data = path.read_bytes()
    index, _ = damage.parts(data)
    change(index)
    path.write_bytes(damage.with_index(data[: struct.unpack("<QQQ", data[-32:-8])[0]], index))
    for read in (read_file, open_arrays):
        with pytest.raises(StorageError, match="damaged"):
            read(path, "things")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind":' + b"1" * 5000 + b"}",
        b'{"kind":"things","header":{"x":[' + b"[]," * 2_000_000 + b'0]},"arrays":[]}',
    ],
    ids=["none", "open", "list", "bytes", "deep", "number", "bomb"],
)
def test_an_index_that_is_no_index_is_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.nz"
    write_file(path, "things", {}, {})
    start = path.read_bytes()[:16]
    trailer = struct.pack("<QQQ", 16, len(text), zlib.crc32(text)) + start[:8]
    path.write_bytes(start + text + trailer)
    with pytest.raises(StorageError, match="damaged"):
        read_file(path, "things")


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(NlpzeroError, match="cannot be written"):
        write_file(tmp_path / "a.nz", "things", {"x": [0] * (1 << 20)}, {})
    assert os.listdir(tmp_path) == []


# -------------------------------------------------------------------- made by hand: models, counts

INT, LAST = np.iinfo(np.int32), np.iinfo(np.int64)
CASES: list[tuple[str, str, Callable[[np.ndarray], Any]]] = [
    # bases beyond the trie, before it; too few rows; parents in a circle
    ("vocabulary", "units", put((slice(None), 0), INT.max - 70_000)),
    ("vocabulary", "units", put((slice(None), 0), INT.min)),
    ("vocabulary", "units", put((slice(None), 0), -1)),
    ("vocabulary", "units", lambda a: a[:1]),
    ("vocabulary", "units", lambda a: np.stack([a[:, 0], np.arange(len(a))], axis=1)),
    ("vocabulary", "units", put((0, 1), -1)),
    ("vocabulary", "units", put((-1, 1), INT.max)),
    ("vocabulary", "units", lambda a: a.reshape(-1)),
    ("vocabulary", "values", lambda a: a[:1]),
    ("vocabulary", "values", put(0, 1.0)),
    ("vocabulary", "values", lambda a: np.where(a > -np.inf, np.nan, a)),
    ("vocabulary", "values", lambda a: np.where(a > -np.inf, np.inf, a)),
    ("vocabulary", "values", lambda a: np.full_like(a, -1.0)),
    ("vocabulary", "points", put(0, 0xFFFFFFFF)),
    ("vocabulary", "points", lambda a: np.full_like(a, 0x4E00)),
    ("vocabulary", "points", lambda a: np.concatenate([a, np.arange(200_000, 260_000)])),
    ("lm", "nodes", put((slice(None), 0), 0xFFFFFFFF)),
    ("lm", "nodes", put((3, 0), 0)),
    ("lm", "nodes", put((-1, 0), 1 << 30)),
    ("lm", "nodes", lambda a: a[:-1]),
    ("lm", "nodes", put((5, 1), 0x7FC00000)),
    ("lm", "sizes", put(0, 1 << 40)),
    ("lm", "sizes", put(0, -1)),
    ("lm", "sizes", put(slice(None), LAST.max)),
    ("lm", "sizes", lambda a: a[:0]),
    ("lm", "sizes", lambda a: np.concatenate([a, a])),
    ("lm", "top", lambda a: a[:1]),
    ("lm", "top", put(0, np.nan)),
    ("lm", "symbols", lambda a: a[:-1]),
    ("lm", "symbols", lambda a: a[::-1]),
    ("lm", "frequencies", lambda a: a[:1]),
    ("lm", "frequencies", put(0, np.nan)),
    ("learned", "pair_records", put(slice(None), 0xFFFFFFFF)),
    ("learned", "pair_records", put(0, 11)),
    ("learned", "pair_records", put(0, 13 << 4)),
    ("learned", "pair_records", put(0, 13 << 8)),
    ("learned", "pair_records", put(0, 9 << 12)),
    ("learned", "pair_records", put(0, 10 << 16)),
    ("learned", "pair_records", put(0, 9 << 20)),
    ("learned", "triple_bins", put(slice(None), 255)),
    ("learned", "triple_bins", put(0, 11)),
    ("learned", "weights", lambda a: a[:, :, :10]),
    ("learned", "weights", lambda a: a[:0]),
    ("learned", "weights", put((0, 0, 0), np.inf)),
    ("learned", "codes", lambda a: a[:2]),
    ("learned", "codes", put(0, 5)),
    ("learned", "codes", put(slice(None), 7)),
    ("learned", "pair_values", lambda a: a[:1]),
    ("learned", "pair_values", put((0, 0), np.nan)),
    ("learned", "pairs", put(0, 0xFFFFFFFF)),
    ("learned", "pairs", put(0, 0)),
    ("learned", "pairs", lambda a: a | np.uint32(0xFFFF)),
    ("learned", "triples", put(0, LAST.max)),
    ("learned", "words", put(0, 1)),
    ("learned", "words", put(-1, 2**64 - 1)),
    ("learned", "fold_bits", put(0, 64)),
    ("learned", "fold_bits", put(0, -1)),
    ("learned", "fold_bits", lambda a: a[:0]),
    ("learned", "symbol_counts", put(1, 0)),
    ("learned", "symbol_counts", put(1, -5)),
    ("learned", "pmi_edges", lambda a: np.arange(99.0)),
    ("learned", "constants", put(1, 0.0)),
    ("learned", "constants", put(0, np.nan)),
    ("learned", "constants", lambda a: a[:1]),
    ("nvbe", "scores", lambda a: a[:1]),
    ("nvbe", "scores", put(0, np.nan)),
    ("nvbe", "keys", put(0, 0)),
    ("nvbe", "keys", lambda a: a[:-1]),
    ("counts", "counts", put(0, 0)),
    ("counts", "counts", put(0, 255)),
    ("counts", "counts", lambda a: a[:-1]),
    ("counts", "large_rows", lambda a: np.concatenate([a, [-1]])),
    ("counts", "large_rows", put(0, LAST.max)),
    ("counts", "large_counts", lambda a: a[:0]),
    ("counts", "large_counts", put(0, -5)),
    ("counts", "keys", lambda a: a[::-1]),
    ("counts", "keys", put(5, 0)),
    ("counts", "keys", put(-1, 0xFFFF000000010000)),
    ("counts", "keys", put(-1, 0xF8F0000000000000)),
    ("counts", "level5_keys", put(-1, 2**64 - 1)),
    ("counts", "level6_keys", lambda a: a + (np.uint64(1) << np.uint64(60))),
    ("counts", "level6_keys", lambda a: a & ~np.uint64(0xFFFF)),
    ("counts", "level6_counts", put(0, 0)),
    ("counts", "level5_counts", lambda a: a[:1]),
    ("found", "strings.offsets", put(1, LAST.max)),
    ("found", "strings.offsets", put(1, 0)),
    ("found", "strings.offsets", put(0, 1)),
    ("found", "strings.offsets", put(-1, 5)),
    ("found", "strings.offsets", lambda a: a[::-1]),
    ("found", "strings.symbols", put(0, 0)),
    ("found", "strings.symbols", put(0, 0xF8F0)),
    ("found", "strings.symbols", put(slice(None), ord("好"))),
    ("found", "strings.counts", put(0, -1)),
    ("found", "strings.counts", put(0, LAST.max)),
    ("found", "strings.counts", lambda a: a[:-1]),
    ("found", "split", put(0, 9)),
    ("found", "split", put(0, -1)),
    ("found", "split", put(0, LAST.min)),
    ("found", "score", lambda a: a[:-1]),
    ("found", "pmi", put(0, np.inf)),
    ("found", "certainty", put((0, 0), 1.5)),
    ("found", "certainty", lambda a: a[:2]),
    ("found", "runs", put(0, 2)),
    ("vectors", "words.offsets", put(1, LAST.max)),
    ("vectors", "words.offsets", put(1, -1)),
    ("vectors", "words.offsets", put(1, 1)),
    ("vectors", "words.bytes", put(0, 255)),
    ("vectors", "counts", put(0, -1)),
    ("vectors", "vectors", put(0, np.nan)),
    ("vectors", "vectors", put(0, 2.0)),
    ("vectors", "vectors", lambda a: a[:-1]),
    ("vectors", "pieces.vectors", put(0, np.inf)),
    ("vectors", "pieces.weights", put(0, -1.0)),
    ("vectors", "pieces.offsets", put(1, LAST.max)),
    ("vectors", "tokenizer", lambda a: a[:100]),
    ("sentences", "vectors", lambda a: a[:-1]),
    ("sentences", "files", put(0, 1)),
    ("sentences", "files", put(0, -1)),
    ("sentences", "lines", put(0, 0)),
    ("sentences", "text.offsets", put(1, LAST.max)),
    ("word-counts", "offsets", put(1, LAST.max)),
    ("word-counts", "offsets", put(1, -9)),
    ("word-counts", "offsets", put(0, 1)),
    ("word-counts", "offsets", put(-1, 5)),
    ("word-counts", "offsets", lambda a: a[::-1]),
    ("word-counts", "offsets", lambda a: np.concatenate([[0], a[1:-1] + 1, a[-1:]])),
    ("word-counts", "counts", put(3, -1)),
    ("word-counts", "counts", put(3, 0)),
    ("word-counts", "counts", put(3, LAST.max)),
    ("word-counts", "documents", put(3, -1)),
    ("word-counts", "documents", lambda a: a[:2]),
    ("word-counts", "words", lambda a: a[::-1]),
    ("word-counts", "words", put(0, 255)),
]


@pytest.mark.parametrize(
    ("kind", "name", "change"), CASES, ids=[f"{i}-{c[0]}-{c[1]}" for i, c in enumerate(CASES)]
)
def test_arrays_that_lead_astray_are_refused(
    kind: str,
    name: str,
    change: Callable[[np.ndarray], Any],
    files: dict[str, Path],
    tmp_path: Path,
) -> None:
    path = changed(files[kind], tmp_path / "file.nz", **{name: change})
    with pytest.raises(StorageError, match=r"file\.nz: damaged: .*; make it again or fetch"):
        damage.opened(kind, path)
    assert damage.opened(kind, files[kind])


def test_levels_that_go_on_from_rows_that_are_not_there(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """There are more windows than whole 4-grams: only these have rows that go on."""
    table = nlpzero.NGramCounts.load(files["counts"])
    whole = len(table.grams(4)[0])
    row = np.uint64(whole) << np.uint64(16) | np.uint64(ord("好"))
    path = changed(files["counts"], tmp_path / "file.nz", level5_keys=put(-1, row))
    for use in (
        lambda: nlpzero.NGramCounts.load(path).verify(),
        lambda: nlpzero.NGramCounts.load(path).symbols(5),
        lambda: nlpzero.merge_counts(nlpzero.NGramCounts.load(path), table),
    ):
        with pytest.raises(StorageError, match="rows that are not there"):
            use()


HEADERS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("vocabulary", lambda header: header.update(unknown=float("nan"))),
    ("vocabulary", lambda header: header.update(unknown="x")),
    ("vocabulary", lambda header: header.update(total=None)),
    ("lm", lambda header: header.update(weights=[])),
    ("lm", lambda header: header.update(weights=["x", 2])),
    ("lm", lambda header: header.update(first="last")),
    ("lm", lambda header: header.update(log_unknown=float("nan"))),
    ("nvbe", lambda header: header.update(training=3)),
    ("nvbe", lambda header: header.pop("training")),
    ("nvbe", lambda header: header.update(numbers="none")),
    ("nvbe", lambda header: header.update(own_words={"words": 3})),
    ("learned", lambda header: header.update(alphabet=None)),
    ("learned", lambda header: header["alphabet"].update(mapping=[[1 << 20, 1]])),
    ("learned", lambda header: header["alphabet"].update(mapping=[[-70000, 1]])),
    ("learned", lambda header: header["alphabet"].update(mapping=[1])),
    ("learned", lambda header: header["alphabet"].update(astral=[5])),
    ("learned", lambda header: header["alphabet"].update(astral=[0x20001, 0x20000])),
    ("learned", lambda header: header["alphabet"].update(runs="none")),
    ("learned", lambda header: header["alphabet"].update(fold_width=3)),
    ("found", lambda header: header.update(method="guessing")),
    ("vocabulary", lambda header: header.update(total=0)),
    ("vocabulary", lambda header: header.update(total=1e299)),
    ("vocabulary", lambda header: header.update(total=1e-299)),
    ("found", lambda header: header.update(total=1)),
    ("found", lambda header: header.update(words=3)),
    ("found", lambda header: header.update(read={"bytes_read": -1, "bad_bytes": 0})),
    ("found", lambda header: header.update(read={"bytes_read": 1})),
    ("found", lambda header: header.update(advice=["x"])),
    ("found", lambda header: header.update(removed=[["min_count", "x", 1]])),
    ("found", lambda header: header.update(removed=[["min_count", 1, {"a": 1}]])),
    ("found", lambda header: header.update(removed=[[5, 1, 1]])),
    ("found", lambda header: header["parameters"].pop("min_count")),
    ("found", lambda header: header["parameters"].update(min_pmi=[])),
    ("found", lambda header: header["parameters"].update(min_pmi=["x"])),
    ("found", lambda header: header["parameters"].update(other=1)),
    ("found", lambda header: header["alphabet"].update(astral=[])),
    ("counts", lambda header: header.update(order=17)),
    ("counts", lambda header: header.update(order="6")),
    ("counts", lambda header: header.update(order=8)),
    ("counts", lambda header: header.update(min_count=0)),
    ("counts", lambda header: header.update(total=-1)),
    ("counts", lambda header: header.update(total=1)),
    ("counts", lambda header: header["alphabet"].update(astral=[])),
    ("vectors", lambda header: header.update(words=0)),
    ("vectors", lambda header: header.update(dimensions=9)),
    ("vectors", lambda header: header.update(pieces=-1)),
    ("vectors", lambda header: header.update(tokens="x")),
    ("vectors", lambda header: header.update(training=[])),
    ("vectors", lambda header: header.update(tokenizer=None)),
    ("vectors", lambda header: header.clear()),
    ("sentences", lambda header: header.update(names=[])),
    ("sentences", lambda header: header.update(names=[1])),
    ("sentences", lambda header: header.update(int8=1)),
    ("sentences", lambda header: header.update(of="x")),
    ("sentences", lambda header: header.clear()),
    ("word-counts", lambda header: header.update(total=1.5)),
    ("word-counts", lambda header: header.update(total=1)),
    ("word-counts", lambda header: header.update(documents=None)),
    ("word-counts", lambda header: header.update(documents="x")),
    ("word-counts", lambda header: header.clear()),
]


@pytest.mark.parametrize(("kind", "change"), HEADERS)
def test_headers_that_say_what_cannot_be_are_refused(
    kind: str,
    change: Callable[[dict[str, Any]], object],
    files: dict[str, Path],
    tmp_path: Path,
) -> None:
    path = with_header(files[kind], tmp_path / "file.nz", change)
    with pytest.raises(StorageError, match=r"file\.nz: damaged: "):
        damage.opened(kind, path)


def test_a_base_that_grows_without_end_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    index, arrays = damage.parts(files["base"].read_bytes())
    bomb = np.frombuffer(zlib.compress(bytes(200 << 20), 9), np.uint8)
    for name, values in (
        ("pair_counts", bomb),
        ("edges", arrays["scales"]),
        ("codes", arrays["codes"][:-9]),
        ("words", np.concatenate([arrays["words"], arrays["words"]])),
        ("thirds", np.frombuffer(b"no", np.uint8)),
    ):
        path = tmp_path / "file.nz"
        changed_arrays = {**arrays, name: values}
        path.write_bytes(damage.whole_file("base", index["header"], changed_arrays))
        with pytest.raises(StorageError, match=f"damaged: the array '{name}'"):
            nlpzero.load_segmenter(path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("codes", put(1, 0)),
        ("symbol_counts", put(4, 0.0)),
        ("symbol_counts", put(4, np.inf)),
        ("pairs", put(0, 255)),
        ("pairs", lambda a: np.zeros_like(a)),
        ("triples_of_pairs", lambda a: np.full_like(a, 127)),
        ("thirds", lambda a: np.full_like(a, 255)),
        ("triple_counts", put(0, 255)),
        ("words", lambda a: np.zeros_like(a)),
        ("joint_weights", put(0, np.nan)),
        ("edges", put(0, np.nan)),
        ("scales", put(1, 0.0)),
        ("totals", put(0, 0.0)),
        ("folding", lambda a: a[:-1]),
        ("folding", lambda a: a[::-1]),
    ],
)
def test_sections_of_a_base_that_lead_astray_are_refused(
    name: str,
    change: Callable[[np.ndarray], np.ndarray],
    files: dict[str, Path],
    tmp_path: Path,
) -> None:
    from nlpzero.learning.base_model import _STORED

    index, arrays = damage.parts(files["base"].read_bytes())
    section = np.frombuffer(zlib.decompress(arrays[name].tobytes()), _STORED[name]).copy()
    packed = zlib.compress(np.ascontiguousarray(change(section)).tobytes())
    arrays[name] = np.frombuffer(packed, np.uint8)
    path = tmp_path / "file.nz"
    path.write_bytes(damage.whole_file("base", index["header"], arrays))
    with pytest.raises(StorageError, match=r"file\.nz: damaged: "):
        nlpzero.load_segmenter(path)


# ---------------------------------------------------------------------- large files, block by block


def squares(path: Path, rows: int = 400_000) -> Path:
    with FileWriter(path, "numbers") as writer:
        for first in range(0, rows, 1000):
            writer.append("squares", np.arange(first, first + 1000) ** 2, np.int64)
        writer.append("one", [7], np.int32)
        writer.finish({})
    return path


def test_blocks_are_checked_when_they_are_used(tmp_path: Path) -> None:
    path = squares(tmp_path / "a.nz")
    data = bytearray(path.read_bytes())
    data[64 + BLOCK_BYTES + 8] ^= 1  # in the second of four blocks
    path.write_bytes(data)
    _, arrays = open_arrays(path, "numbers")
    values, per_block = arrays["squares"], BLOCK_BYTES // 8
    np.testing.assert_array_equal(values[:per_block], np.arange(per_block) ** 2)
    third = 2 * per_block + 5
    assert values[third : third + 2].tolist() == [third**2, (third + 1) ** 2]
    assert arrays["one"][:].tolist() == [7]
    assert values.search(np.array([25])).tolist() == [5]
    assert values.search(np.array([25]), "right").tolist() == [6]
    for use in (
        lambda: values[per_block - 1 : per_block + 1],
        lambda: values[per_block + 1 : per_block + 2],
        lambda: values.whole(),
        lambda: np.asarray(values),
        lambda: values.search(np.array([(per_block + 5) ** 2])),
        lambda: values.ensure(np.array([0, per_block + 9]), np.array([2, per_block + 10])),
    ):
        with pytest.raises(StorageError, match="'squares' fails its checksum"):
            use()
    with pytest.raises(StorageError, match="'squares' fails its checksum"):
        read_file(path, "numbers")


def test_rows_read_in_any_pieces_are_the_rows(tmp_path: Path) -> None:
    path = squares(tmp_path / "a.nz")
    random = np.random.default_rng(0)
    values = open_arrays(path, "numbers")[1]["squares"]
    for _ in range(60):
        start, stop = np.sort(random.integers(0, 400_001, size=2)).tolist()
        np.testing.assert_array_equal(values[start:stop], np.arange(start, stop) ** 2)
    queries = random.integers(-5, 400_100**2, size=1000)
    for side in ("left", "right"):
        fresh = open_arrays(path, "numbers")[1]["squares"]
        expected = np.searchsorted(np.arange(400_000) ** 2, queries, side)
        np.testing.assert_array_equal(fresh.search(queries, side), expected)
        np.testing.assert_array_equal(fresh.search(queries, side), expected)
    assert values[-3:].tolist() == [399_997**2, 399_998**2, 399_999**2]
    assert len(values[5:5]) == 0


def test_a_search_that_was_led_astray_is_noticed(tmp_path: Path) -> None:
    """The place of a damaged row is found by rows around it, which are checked."""
    path = squares(tmp_path / "a.nz")
    data = bytearray(path.read_bytes())
    middle = 64 + 8 * 200_000
    data[middle : middle + 8] = struct.pack("<q", 1)  # a search for any square looks here first
    path.write_bytes(data)
    values = open_arrays(path, "numbers")[1]["squares"]
    with pytest.raises(StorageError, match="fails its checksum"):
        values.search(np.array([100]))


def test_files_of_0_1_0_have_no_blocks_and_are_checked_in_a_pass(tmp_path: Path) -> None:
    path = squares(tmp_path / "a.nz")
    _, arrays = damage.parts(path.read_bytes())
    old = damage.whole_file("numbers", {}, arrays, blocks=False)
    path.write_bytes(old)
    values = open_arrays(path, "numbers")[1]["squares"]
    assert values.entry.blocks is None
    assert values[5:7].tolist() == [25, 36]
    data = bytearray(old)
    data[64 + 3_000_000] ^= 4
    path.write_bytes(data)
    with pytest.raises(StorageError, match="'squares' fails its checksum"):
        open_arrays(path, "numbers")[1]["squares"][5:7]


def test_old_readers_find_the_checksum_they_know(tmp_path: Path) -> None:
    index, arrays = damage.parts(squares(tmp_path / "a.nz").read_bytes())
    raw = arrays["squares"].tobytes()
    assert index["arrays"][0]["crc32"] == zlib.crc32(raw)
    blocks = [zlib.crc32(raw[at : at + BLOCK_BYTES]) for at in range(0, len(raw), BLOCK_BYTES)]
    assert index["arrays"][0]["blocks"] == blocks
    assert "blocks" not in index["arrays"][1]


@pytest.mark.parametrize("kind", ["large-counts", "large-word-counts"])
def test_damage_in_a_large_file_is_found_by_whatever_uses_it(
    kind: str, files: dict[str, Path], tmp_path: Path
) -> None:
    index, _ = damage.parts(files[kind].read_bytes())
    load: Any = nlpzero.WordCounts.load if "word" in kind else nlpzero.NGramCounts.load
    merge: Any = nlpzero.merge_word_counts
    for entry in index["arrays"]:
        size = int(np.prod(entry["shape"])) * np.dtype(entry["dtype"]).itemsize
        if not size:
            continue
        data = bytearray(files[kind].read_bytes())
        data[entry["offset"] + size - 3] ^= 16
        path = tmp_path / "file.nz"
        path.write_bytes(data)
        for use in (
            lambda path=path: load(path).verify(),
            lambda path=path: load(path, mmap=False),
            lambda path=path: (
                merge([path, path], tmp_path / "out.nz")
                if "word" in kind
                else nlpzero.merge_to_file([load(path)], tmp_path / "out.nz")
            ),
        ):
            with pytest.raises(StorageError, match="damaged"):
                use()
        assert not (tmp_path / "out.nz").exists()


@pytest.mark.parametrize("mmap", [True, False])
def test_order_is_checked_across_blocks(mmap: bool, tmp_path: Path) -> None:
    """Each block is in order, but not the second after the first."""
    rows = 2 * BLOCK_BYTES // 8
    keys = (np.arange(rows, dtype=np.uint64) + np.uint64(1)) << np.uint64(32)
    keys |= np.uint64(0x4E00) << np.uint64(48)
    keys = np.concatenate([keys[rows // 2 :], keys[: rows // 2]])
    empty = np.zeros(0, np.int64)
    arrays = {
        "keys": keys & np.uint64(0x7FFFFFFFFFFF0000 | 0xFFFFFFFF00000000),
        "counts": np.ones(rows, np.uint8),
        "large_rows": empty,
        "large_counts": empty,
    }
    header = {
        "order": 4,
        "min_count": 1,
        "total": rows,
        "alphabet": nlpzero.Alphabet().to_header(),
    }
    path = tmp_path / "file.nz"
    path.write_bytes(damage.whole_file("counts", header, arrays))
    with pytest.raises(StorageError, match="damaged"):
        nlpzero.NGramCounts.load(path, mmap=mmap).verify()


# --------------------------------------------------------------------- files that change meanwhile


def test_a_counts_file_that_changes_under_its_reader_is_refused(
    files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "counts.nz"
    for change in ("cut", "overwritten", "longer"):
        shutil.copy(files["large-counts"], path)
        table = nlpzero.NGramCounts.load(path)
        table.count_of(["天气"])
        if change == "cut":
            os.truncate(path, 1000)
        elif change == "overwritten":
            path.write_bytes(files["counts"].read_bytes())
        else:
            with open(path, "ab") as file:
                file.write(b"more")
        for use in (
            lambda table=table: next(table.chunks()),
            lambda table=table: table.count_of(["天气"]),
            lambda table=table: table.keys,
        ):
            with pytest.raises(StorageError, match="changed while it was in use"):
                use()


def test_a_word_counts_file_that_changes_under_its_reader_is_refused(
    files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "counts.nz"
    shutil.copy(files["large-word-counts"], path)
    counts = nlpzero.WordCounts.load(path)
    assert counts["词5"] > 0
    os.truncate(path, 5000)
    for use in (lambda: len(dict(counts)), counts.most_common, lambda: counts.filter(min_count=2)):
        with pytest.raises(StorageError, match="changed while it was in use"):
            use()


@pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")
def test_a_counts_file_that_is_replaced_stays_what_it_was(
    files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "counts.nz"
    shutil.copy(files["large-counts"], path)
    table = nlpzero.NGramCounts.load(path)
    expected = nlpzero.NGramCounts.load(files["large-counts"], mmap=False)
    shutil.copy(files["counts"], tmp_path / "new.nz")
    os.replace(tmp_path / "new.nz", path)
    np.testing.assert_array_equal(table.keys, expected.keys)
    np.testing.assert_array_equal(table.counts, expected.counts)


@pytest.mark.parametrize("kind", [*MODELS, "base"])
def test_a_model_may_be_replaced_while_it_is_used(
    kind: str, files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "model.nz"
    shutil.copy(files[kind], path)
    segmenter = nlpzero.load_segmenter(path)
    expected = nlpzero.load_segmenter(files[kind]).segment("今天天气很好。" * 50)
    path.write_bytes(files["nvbe" if kind != "nvbe" else "lm"].read_bytes())
    os.truncate(path, 100)
    assert segmenter.segment("今天天气很好。" * 50) == expected


# ------------------------------------------------------------------------------------ the commands


def command(*args: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nlpzero_cli", *map(str, args)],
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stderr.decode("utf-8")


def test_commands_refuse_damage_with_one_line_and_exit_1(
    files: dict[str, Path], tmp_path: Path
) -> None:
    text, out = files["lm"].parent / "text.txt", tmp_path / "out"
    circle = lambda a: np.stack([a[:, 0], np.arange(len(a))], axis=1)
    dictionary = changed(files["vocabulary"], tmp_path / "dict.nz", units=circle)
    words = changed(files["word-counts"], tmp_path / "wc.nz", offsets=put(1, LAST.max))
    flipped = bytearray(files["counts"].read_bytes())
    flipped[321] ^= 32
    (tmp_path / "c4.nz").write_bytes(flipped)
    for args in (
        ("segment", "--model", dictionary, text, "-o", out),
        ("count", "--model", dictionary, text, "-o", out),
        ("merge", words, files["word-counts"], "-o", out),
        ("merge", tmp_path / "c4.nz", files["counts"], "-o", out),
        ("discover", "--counts", tmp_path / "c4.nz", "-o", out),
        ("ngrams", "--counts", tmp_path / "c4.nz", "--format", "tsv", "-o", out),
        ("info", "--verify", tmp_path / "c4.nz", "-o", out),
    ):
        code, said = command(*args)
        assert code == 1, said
        assert said.startswith("Error: ")
        assert "damaged" in said
        assert said.count("\n") == 1
        assert not out.exists()


@pytest.mark.parametrize("kind", damage.KINDS)
def test_info_verifies(
    kind: str,
    files: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from nlpzero_cli.main import run

    assert run(["info", "--verify", str(files[kind])]) == 0
    assert "verified\tall of it\n" in capsys.readouterr().out
    assert run(["info", "--verify", "--format", "json", str(files[kind])]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
    assert run(["info", str(files[kind])]) == 0
    assert "verified" not in capsys.readouterr().out
    data = bytearray(files[kind].read_bytes())
    data[200] ^= 1
    (tmp_path / "file.nz").write_bytes(data)
    assert run(["info", "--verify", str(tmp_path / "file.nz")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "damaged" in told.err


def test_unknown_kinds_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from nlpzero_cli.main import run

    write_file(tmp_path / "a.nz", "things", {}, {"a": np.arange(9)})
    assert run(["info", "--verify", str(tmp_path / "a.nz")]) == 1
    assert "holds things, which this nlpzero does not know" in capsys.readouterr().err
