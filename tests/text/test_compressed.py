"""Compressed files are read as they are, and bombs are stopped."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import Corpus
from nlpzero.errors import CorpusError
from nlpzero.text import compressed
from nlpzero.text.compressed import StoredBytes, compression, decompressed

zstandard = pytest.importorskip("zstandard")

COMPRESSORS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(level=9).compress,
}
LINE = "今天天气不错\n".encode()


class Stored(StoredBytes):
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = self.file.readinto(buffer)
        self.passed += size
        return size


def opened(data: bytes, limit: float | None = None) -> IO[bytes]:
    return decompressed("name", Stored(data), compression(data[:10]), limit)


# --- Zstandard block by block ---------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from([b"", b"a", LINE, bytes(range(256))]), st.integers(0, 3000))
    ),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2),
)
def test_frames_of_all_kinds(
    parts: list[tuple[bytes, int]], level: int, checksum: bool, size: bool, flushes: int
) -> None:
    stored, plain = b"", b""
    for part, times in parts:
        data = part * times
        compressor = zstandard.ZstdCompressor(
            level=level, write_checksum=checksum, write_content_size=size
        )
        if flushes:
            stream = compressor.compressobj()
            stored += stream.compress(data)
            if flushes == 2:
                stored += stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
                stored += stream.compress(data)
                data += data
            stored += stream.flush()
        else:
            stored += compressor.compress(data)
        plain += data
        stored += b"\x53\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"  # a frame to skip
    assert opened(stored or zstandard.compress(b"")).read() == plain


@pytest.mark.parametrize("size", [1 << 17, (1 << 17) + 1, 3 << 20])
def test_large_blocks(size: int) -> None:
    for data in (os.urandom(size), bytes(size), (LINE * size)[:size]):
        stored = zstandard.ZstdCompressor(write_checksum=True).compress(data)
        assert opened(stored).read() == data
        for cut in (1, 3, 5, 7, len(stored) // 2, len(stored) - 1):
            with pytest.raises(EOFError):
                opened(b"\x28\xb5\x2f\xfd"[:4] + stored[4:cut] if cut > 4 else stored[:4]).read()


def test_damage_is_an_error(tmp_path: Path) -> None:
    stored = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(LINE * 1000))
    path = tmp_path / "a.zst"
    for tail in (b"rubbish", b"\x00" * 10):
        path.write_bytes(bytes(stored) + tail)
        with pytest.raises(CorpusError, match=r"a\.zst: the compressed file is damaged"):
            list(Corpus(path).lines())
    for place in range(4, len(stored)):
        stored[place] ^= 0x41
        path.write_bytes(stored)
        with pytest.raises(CorpusError, match=r"a\.zst: "):
            list(Corpus(path, max_expansion=None).lines())
        stored[place] ^= 0x41


# --- bombs ----------------------------------------------------------------------------------------


def test_one_call_gives_little() -> None:
    file: Any = opened(COMPRESSORS["zstd"](LINE * 8_000_000)).raw  # type: ignore[attr-defined]
    frames = file.plain
    assert isinstance(frames, compressed._ZstdFile)
    total = 0
    buffer = bytearray(100)
    while read := file.readinto(buffer):
        total += read + len(frames.plain)
        assert len(frames.plain) <= 1 << 17
        frames.plain = frames.plain[:0]
    assert total == len(LINE) * 8_000_000


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_bombs_are_stopped_at_the_stated_limit(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compressed, "FREE_BYTES", 1 << 20)
    data = LINE * 1_000_000
    stored = COMPRESSORS[kind](data)
    ratio = len(data) / len(stored)
    assert ratio > 200
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(stored)
    with pytest.raises(CorpusError, match=rf"bomb\.{kind}: .*--max-expansion none"):
        list(Corpus(path).blocks())
    whole = "".join(Corpus(path, max_expansion=None).blocks())
    assert whole.encode() == data
    assert "".join(Corpus(path, max_expansion=ratio + 1).blocks()) == whole
    # what is small may repeat itself as it likes
    path.write_bytes(COMPRESSORS[kind](LINE * 50_000))
    assert len("".join(Corpus(path).blocks())) == 7 * 50_000


@pytest.mark.parametrize("value", [0, 0.5, float("nan"), -1])
def test_limits_are_numbers_above_one(value: float) -> None:
    with pytest.raises(ValueError, match="max_expansion"):
        Corpus("a", max_expansion=value)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """140 KB that were 1.5 GB took 1,655 MB."""
    compressor = zstandard.ZstdCompressor(level=3).compressobj()
    block = LINE * 55_000
    with open(tmp_path / "bomb.zst", "wb") as file:
        file.writelines(compressor.compress(block) for _ in range(400))
        file.write(compressor.flush())
    body = """
import resource, sys
from nlpzero import Corpus, CorpusError
from nlpzero.text import compressed
def peak():
    unit = 1 if sys.platform == "linux" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
small = sum(map(len, Corpus("small.txt").blocks()))
before = peak()
try:
    sum(map(len, Corpus("bomb.zst").blocks()))
except CorpusError as error:
    print(error)
stopped = peak() - before
print(sum(map(len, Corpus("bomb.zst", max_expansion=None).blocks())))
print(stopped, peak() - before)
"""
    (tmp_path / "small.txt").write_bytes(LINE)
    done = subprocess.run(
        [sys.executable, "-c", body], cwd=tmp_path, capture_output=True, check=True, text=True,
        encoding="utf-8",
    )  # fmt: skip
    error, characters, peaks = done.stdout.splitlines()
    assert "bomb.zst: " in error and "more than 200 times as many" in error
    assert int(characters) == 7 * 55_000 * 400
    assert max(map(int, peaks.split())) < 60_000  # KB


def test_the_option(tmp_path: Path) -> None:
    (tmp_path / "bomb.zst").write_bytes(COMPRESSORS["zstd"](LINE * 4_000_000))

    def run(*args: str) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "nlpzero_cli", "ngrams", "bomb.zst", "-q", *args]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    done = run("-o", "a.nz")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert b"--max-expansion none" in done.stderr
    assert not (tmp_path / "a.nz").exists()
    assert run("-o", "a.nz", "--max-expansion", "none").returncode == 0
    assert run("-o", "b.nz", "--max-expansion", "1e6").returncode == 0
    assert (tmp_path / "a.nz").read_bytes() == (tmp_path / "b.nz").read_bytes()
    for value in ("0", "many"):
        assert run("--max-expansion", value).returncode == 2
