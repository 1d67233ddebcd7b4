"""Files appear whole or not at all, and damage is noticed."""

import os
from pathlib import Path

import numpy as np
import pytest

from nlpzero.engine import storage
from nlpzero.engine.storage import FileWriter, kind_of, read_file, read_header, write_file
from nlpzero.errors import StorageError

ARRAYS = {
    "keys": np.arange(5, dtype=np.uint64) << np.uint64(50),
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
    "flags": np.array([True, False]),
    "none": np.zeros((0, 4), np.int16),
}


def test_round_trip_and_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.nz"
    write_file(path, "things", {"名": "值", "n": 3}, ARRAYS)
    for mmap in (False, True):
        header, arrays = read_file(path, "things", mmap=mmap)
        assert header == {"名": "值", "n": 3}
        assert list(arrays) == list(ARRAYS)
        for name, values in ARRAYS.items():
            assert arrays[name].dtype == values.dtype
            np.testing.assert_array_equal(arrays[name], values)
    assert kind_of(path) == "things"
    assert read_header(path) == ("things", header)
    assert os.listdir(tmp_path) == ["a.nz"]


def test_same_content_same_bytes_however_it_was_cut(tmp_path: Path) -> None:
    for name, parts in (("a", [range(10)]), ("b", [range(3), range(3, 10)])):
        with FileWriter(tmp_path / name, "k") as writer:
            for part in parts:
                writer.append("x", np.array(part), np.int32)
                writer.append("y", np.array(part) * 2, np.uint64)
            writer.finish({})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.nz"
    write_file(path, "things", {"n": 1}, {"x": np.arange(64, dtype=np.uint8)})
    good = path.read_bytes()
    padding = set(range(16, 64))  # alignment before the first array holds nothing
    for i in set(range(len(good))) - padding:
        path.write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
        with pytest.raises(StorageError):
            read_file(path, "things")


@pytest.mark.parametrize("keep", [0, 7, 15, 40, 100, -1])
def test_a_cut_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.nz"
    write_file(path, "things", {}, ARRAYS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StorageError):
        read_file(path, "things")


def test_wrong_kind_missing_file_and_text(tmp_path: Path) -> None:
    path = tmp_path / "a.nz"
    write_file(path, "things", {}, ARRAYS)
    with pytest.raises(StorageError, match="holds things, expected model"):
        read_file(path, "model")
    with pytest.raises(StorageError, match="cannot be read"):
        read_file(tmp_path / "none", "things")
    (tmp_path / "text").write_text("这不是数据", encoding="utf-8")
    with pytest.raises(StorageError, match="not a file of nlpzero"):
        kind_of(tmp_path / "text")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.nz"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), FileWriter(path, "k") as writer:
        writer.append("x", np.arange(3), np.int64)
        raise KeyError
    with pytest.raises(RuntimeError, match="not finished"), FileWriter(path, "k") as writer:
        writer.append("x", np.arange(3), np.int64)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.nz"]


def test_a_mapped_array_is_written_part_by_part_as_one_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_PART_BYTES", 1000)
    values = np.arange(3000, dtype=np.int64)
    values.tofile(tmp_path / "values")
    mapped = np.memmap(tmp_path / "values", np.int64, "r").reshape(-1, 3)
    for name, array in (("held.nz", values.reshape(-1, 3)), ("mapped.nz", mapped)):
        write_file(tmp_path / name, "numbers", {}, {"values": array})
    assert (tmp_path / "mapped.nz").read_bytes() == (tmp_path / "held.nz").read_bytes()
    _, arrays = read_file(tmp_path / "mapped.nz", "numbers")
    np.testing.assert_array_equal(arrays["values"], values.reshape(-1, 3))
