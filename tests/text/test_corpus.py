"""Reading text, against whole-file reading: blocks, encodings, compression, records, shards, and
what goes wrong.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import pickle
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero.text.decoding
import nlpzero.text.files
import nlpzero.text.records
from nlpzero import Corpus, CorpusError, ReadReport, ResourceError
from nlpzero.text.compressed import compression
from nlpzero.text.corpus import Shard, as_corpus

TEXT = "今天天气不错，\n去公园。\r\n\n卡拉OK 𠮷野家 a\x00b"

# --- oracles --------------------------------------------------------------------------------------


def decode_line(line: bytes, encoding: str, errors: str) -> tuple[str, int]:
    """Error by error, from scratch each time; the characters and the number of bad bytes."""
    text, bad = "", 0
    while True:
        try:
            return text + line.decode(encoding), bad
        except UnicodeDecodeError as error:
            text += line[: error.start].decode(encoding) + ("\ufffd" if errors == "replace" else "")
            bad += error.end - error.start
            line = line[error.end :]


def read_whole(data: bytes, encoding: str, errors: str) -> tuple[str, int]:
    """The text a source must give, and its bad bytes.

    A line feed ends a line whatever precedes it.
    """
    lines = [decode_line(line, encoding, errors) for line in data.split(b"\n")]
    text = "\n".join(line for line, _ in lines)
    if text and not text.endswith("\n"):
        text += "\n"
    return text, sum(bad for _, bad in lines)


def first_error(data: bytes, encoding: str) -> int | None:
    offset = 0
    for line in data.split(b"\n"):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            return offset + error.start
        offset += len(line) + 1
    return None


def text_of(corpus, **options) -> str:
    return "".join(corpus.blocks(**options))


# --- blocks and encodings -------------------------------------------------------------------------

LINE_SAFE = [
    "utf-8",
    "gb18030",
    "gbk",
    "big5",
    "cp950",
    "big5hkscs",
    "euc_jp",
    "shift_jis",
    "latin-1",
]
HAN = "今天气𠮷，a \t\r\n\n\x00é€"


@st.composite
def stored(draw, encoding):
    """Bytes that are mostly text in an encoding, with junk and line ends between."""
    good = st.text(HAN, max_size=12).map(lambda text: text.encode(encoding, "ignore"))
    junk = st.binary(max_size=4)
    pieces = draw(st.lists(st.one_of(good, good, good, junk, st.just(b"\n")), max_size=12))
    return b"".join(pieces)


@pytest.mark.parametrize("encoding", LINE_SAFE)
@given(data=st.data())
def test_any_bytes_in_blocks_of_any_size(tmp_path_factory, encoding, data):
    path = tmp_path_factory.mktemp("corpus") / "a.txt"
    content = data.draw(stored(encoding))
    marks = (
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x84\x31\x95\x33",
        b"\x00\x00\xfe\xff",
    )
    if content.startswith(marks) or compression(content[:10]):
        content = b"a" + content
    path.write_bytes(content)
    chars = data.draw(st.integers(1, 40))
    for errors in ("replace", "ignore"):
        text, bad = read_whole(content, encoding, errors)
        report = ReadReport()
        seen: list[int] = []
        corpus = Corpus(path, encoding=encoding, errors=errors)
        blocks = list(corpus.blocks(chars, report=report, progress=seen.append))
        assert "".join(blocks) == text
        assert all(0 < len(block) <= chars for block in blocks)
        assert report == ReadReport(len(content), bad)
        assert sum(seen) == len(content) == corpus.size
        assert b"".join(corpus.byte_blocks(chars)) == text.encode("utf-8")
        assert list(corpus.lines()) == [line.removesuffix("\r") for line in text.split("\n")[:-1]]
        shards = corpus.shards(1, target_bytes=data.draw(st.integers(1, 60)))
        assert "".join(text_of(shard) for shard in shards) == text
        assert sum(shard.size for shard in shards) == len(content)
    place = first_error(content, encoding)
    strict = Corpus(path, encoding=encoding)
    if place is None:
        assert text_of(strict, chars=chars) == text
    else:
        name = nlpzero.text.decoding.codec_name(encoding).upper()
        wanted = rf"a\.txt: byte {place}: not valid {name};"
        for reader in (strict, *strict.shards(1, target_bytes=7)[-1:]):
            if reader is strict or place >= reader.pieces[0].start:
                with pytest.raises(CorpusError, match=wanted):
                    text_of(reader, chars=chars)


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@given(text=st.text(HAN + "\u0a0a\u0d0a\u0a00", max_size=40), chars=st.integers(1, 20))
def test_wide_encodings(tmp_path_factory, encoding, text, chars):
    """U+0A0A and its like hold the byte 0A without ending a line."""
    text = text.lstrip("\x00")  # after a mark of UTF-16 it makes one of UTF-32, which is likelier
    path = tmp_path_factory.mktemp("corpus") / "a.txt"
    path.write_bytes(text.encode(encoding))
    corpus = Corpus(path, encoding=encoding)
    ended = text if text.endswith("\n") or not text else text + "\n"
    assert text_of(corpus, chars=chars) == ended
    assert b"".join(corpus.byte_blocks(chars)) == ended.encode("utf-8")
    assert len(corpus.shards(2, target_bytes=1)) == 1


@pytest.mark.parametrize(
    ("encoding", "content", "text", "bad", "offset"),
    [
        ("utf-16-le", "天\ud800气".encode("utf-16-le", "surrogatepass"), "天\ufffd气", 2, 2),
        ("utf-16-le", "天".encode("utf-16-le") + b"x", "天\ufffd", 1, 2),
        ("utf-32-le", b"\xff\xff\xff\xff" + "天".encode("utf-32-le"), "\ufffd天", 4, 0),
        ("utf-8", "天\ud800气".encode("utf-8", "surrogatepass"), "天\ufffd\ufffd\ufffd气", 3, 3),
        (
            "utf-8",
            b"a\xe5\xa4",
            "a\ufffd",
            2,
            1,
        ),  # the first two bytes of 天 at the end of the file
    ],
)
def test_bad_bytes(tmp_path, encoding, content, text, bad, offset):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    report = ReadReport()
    corpus = Corpus(path, encoding=encoding, errors="replace")
    assert text_of(corpus, report=report) == text + "\n"
    assert report.bad_bytes == bad
    corpus = Corpus(path, encoding=encoding, errors="ignore")
    assert text_of(corpus) == text.replace("\ufffd", "") + "\n"
    with pytest.raises(CorpusError, match=f"byte {offset}: not valid"):
        text_of(Corpus(path, encoding=encoding))


def test_the_message_for_bad_bytes(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes("好".encode() * 3_000_000 + "好".encode("gbk"))
    with pytest.raises(CorpusError) as error:
        text_of(Corpus(path))
    assert str(error.value) == (
        f"{path}: byte 9000000: not valid UTF-8; pass --encoding gb18030 or --errors replace"
    )
    path.write_bytes(b"abc\n\xff\n")
    with pytest.raises(CorpusError, match="byte 4: not valid GBK; pass another --encoding"):
        text_of(Corpus(path, encoding="gbk"))


def test_a_file_full_of_bad_bytes_takes_linear_time(tmp_path):
    """Two million errors; copying what is left at each of them would take hours."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff" * 2_000_000)
    report = ReadReport()
    assert text_of(Corpus(path, errors="ignore"), report=report) == ""
    assert report.bad_bytes == 2_000_000
    path.write_bytes(b"\xff" * 200_000)
    report = ReadReport()
    assert (
        len(text_of(Corpus(path, encoding="gb18030", errors="replace"), report=report)) == 200_001
    )
    assert report.bad_bytes == 200_000


@pytest.mark.parametrize("mark", [b"", "\ufeff".encode("utf-8")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF8"])
def test_the_mark_of_utf_8_is_taken_off_the_beginning_only(tmp_path, mark, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes(mark + "天\ufeff气\n".encode())
    assert text_of(Corpus(path, encoding=encoding)) == "天\ufeff气\n"
    assert b"".join(Corpus(path, encoding=encoding).byte_blocks()) == "天\ufeff气\n".encode()
    shards = Corpus(path, path, encoding=encoding).shards(1, target_bytes=1)
    assert "".join(map(text_of, shards)) == "天\ufeff气\n" * 2


@pytest.mark.parametrize(
    ("stored_as", "read_as", "advice"),
    [
        ("utf-16", "utf-8", "UTF-16, not UTF-8; pass --encoding utf-16"),
        ("utf-32", "utf-8", "UTF-32, not UTF-8; pass --encoding utf-32"),
        ("utf-32", "utf-16", "pass --encoding utf-32"),
        ("utf-16", "gb18030", "pass --encoding utf-16"),
        ("utf-8-sig", "gbk", "pass --encoding utf-8"),
        ("utf-8-sig", "utf-16", "pass --encoding utf-8"),
    ],
)
@pytest.mark.parametrize("errors", ["strict", "replace"])
def test_a_mark_of_another_encoding_is_an_error_with_advice(
    tmp_path, stored_as, read_as, advice, errors
):
    path = tmp_path / "a.txt"
    path.write_bytes("天气".encode(stored_as))
    with pytest.raises(CorpusError, match=advice):
        text_of(Corpus(path, encoding=read_as, errors=errors))


def test_marks_tell_the_byte_order(tmp_path):
    path = tmp_path / "a.txt"
    for mark, encoding in [
        ("utf-16-be", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-32-be", "utf-32"),
    ]:
        path.write_bytes("\ufeff天气".encode(mark))
        assert text_of(Corpus(path, encoding=encoding)) == "天气\n"
        assert text_of(Corpus(path, encoding=mark)) == "天气\n"
    path.write_bytes("天气".encode("utf-16-le"))
    assert text_of(Corpus(path, encoding="utf-16")) == "天气\n"
    path.write_bytes("\ufeff天气".encode("gb18030"))
    assert text_of(Corpus(path, encoding="gb18030")) == "天气\n"


def test_crlf_and_nul_pass_through_and_lines_lose_their_ends(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode())
    corpus = Corpus(path)
    assert text_of(corpus) == TEXT + "\n"
    assert text_of(corpus, end_lines=False) == TEXT
    assert list(corpus.lines()) == ["今天天气不错，", "去公园。", "", "卡拉OK 𠮷野家 a\x00b"]
    assert list(corpus.numbered_lines())[1] == (str(path), 2, "去公园。")
    # only \n ends a line
    path.write_bytes("a\rb\x0bc\u2028d\x85e\n".encode())
    assert list(corpus.lines()) == ["a\rb\x0bc\u2028d\x85e"]


def test_sources_do_not_run_together(tmp_path):
    (tmp_path / "a.txt").write_text("一", encoding="utf-8")
    (tmp_path / "b.txt").write_text("", encoding="utf-8")
    (tmp_path / "c.txt").write_text("二\n", encoding="utf-8")
    corpus = Corpus(*sorted(tmp_path.iterdir()))
    assert text_of(corpus) == "一\n二\n"
    assert b"".join(corpus.byte_blocks()) == "一\n二\n".encode()
    assert text_of(corpus, end_lines=False) == "一二\n"
    assert list(Corpus(tmp_path / "b.txt").blocks()) == []
    assert list(Corpus(tmp_path / "b.txt").lines()) == []


def test_a_line_of_many_blocks_streams(tmp_path):
    """50 MB without a line end, in blocks; what is held at any time is a few of them."""
    import tracemalloc

    path = tmp_path / "a.txt"
    with open(path, "wb") as file:
        file.writelines("天".encode() * 333_334 for _ in range(50))
    tracemalloc.start()
    try:
        total = longest = 0
        for block in Corpus(path).blocks():
            total += len(block)
            longest = max(longest, len(block))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 50 * 333_334 + 1
    assert longest == 1 << 20
    assert peak < 30 << 20
    assert len(Corpus(path).shards(4, target_bytes=1000)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-32-be"])
def test_blocks_end_at_line_ends_where_possible(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_text("天气不错\n" * 500, encoding=encoding, newline="")
    for chars in (5, 8, 333):
        blocks = list(Corpus(path, encoding=encoding).blocks(chars))
        assert len(blocks) >= 2500 // chars
        assert all(block.endswith("\n") for block in blocks)


@pytest.mark.parametrize("bad", ["utf-99", "hex", "rot13", "hz", "iso2022_jp", "utf-7", ""])
def test_unusable_encodings_are_refused(tmp_path, bad):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(ValueError, match="`encoding`"):
        Corpus(tmp_path / "a.txt", encoding=bad)


def test_misuse():
    with pytest.raises(ValueError, match="at least one input"):
        Corpus()
    with pytest.raises(
        ValueError, match="`errors` must be one of strict, replace, ignore, got 'x'"
    ):
        Corpus(__file__, errors="x")
    with pytest.raises(ValueError, match="`chars`"):
        list(Corpus(__file__).blocks(0))
    with pytest.raises(ValueError, match="`jobs`"):
        Corpus(__file__).shards(0)
    with pytest.raises(ValueError, match="`target_bytes`"):
        Corpus(__file__).shards(1, 0)
    with pytest.raises(TypeError, match="from_texts"):
        Corpus(["a", "b"])


# --- compression ----------------------------------------------------------------------------------


def zstd(data: bytes) -> bytes:
    return pytest.importorskip("zstandard").ZstdCompressor().compress(data)


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_compressed_by_content_whatever_the_name(tmp_path, kind):
    data = "\ufeff今天天气\n".encode() * 40_000
    half = len(data) // 2
    for name in (f"a.txt.{kind}", "no-hint"):
        path = tmp_path / name
        # several members one after the other, as `cat a.gz b.gz` makes them, one of them empty
        path.write_bytes(b"".join(map(COMPRESSORS[kind], (data[:half], b"", data[half:]))))
        report = ReadReport()
        corpus = Corpus(path)
        assert text_of(corpus, report=report) == data.decode("utf-8")[1:]
        assert report.bytes_read == corpus.size == path.stat().st_size
        assert len(corpus.shards(4, target_bytes=10)) == 1
        # offsets count decompressed bytes
        path.write_bytes(COMPRESSORS[kind](data + b"\xff"))
        with pytest.raises(CorpusError, match=f"byte {len(data)}: not valid UTF-8"):
            text_of(corpus)


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_truncated_and_damaged_files_name_the_file(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    whole = COMPRESSORS[kind](os.urandom(100_000).hex().encode())
    for size in (len(whole) - 1, len(whole) // 2, 20):
        path.write_bytes(whole[:size])
        with pytest.raises(CorpusError, match=rf"a\.{kind}: the compressed file ends too early"):
            text_of(Corpus(path))
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    with pytest.raises(CorpusError, match=rf"a\.{kind}: "):
        text_of(Corpus(path, errors="replace"))


def test_a_compressed_empty_text(tmp_path):
    for kind, compress in COMPRESSORS.items():
        (tmp_path / f"a.{kind}").write_bytes(compress(b""))
    assert list(Corpus(tmp_path).blocks()) == []


def test_names_and_first_letters_do_not_make_a_text_compressed(tmp_path):
    (tmp_path / "a.gz").write_text("plain\n")
    (tmp_path / "b.txt").write_text("BZh9 is how bzip2 begins\n")
    assert text_of(Corpus(tmp_path)) == "plain\nBZh9 is how bzip2 begins\n"


def test_zstandard_without_the_package_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.zst").write_bytes(zstd(b"text"))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    with pytest.raises(CorpusError, match=r"pip install 'nlpzero\[zstd\]'"):
        text_of(Corpus(tmp_path))


# --- which files ----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_links_that_lead_back_give_each_file_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "x.txt").write_text("x")
    (tmp_path / "a" / "b" / "y.txt").write_text("y")
    (tmp_path / "a" / "b" / "up").symlink_to("..")
    for pattern in ("a/**/*.txt", "**/*.txt", "a/**", str(tmp_path / "**" / "*.txt"), "a", "."):
        names = [os.path.basename(source.name) for source in Corpus(pattern).sources]
        assert sorted(names) == ["x.txt", "y.txt"], pattern
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(CorpusError, match="loop: Too many levels"):
        Corpus("loop")
    with pytest.raises(CorpusError, match="loop: Too many levels"):
        Corpus(".")


@pytest.fixture
def tree(tmp_path):
    for name in (
        "b.txt",
        "a/z.txt",
        "a/b/c.txt",
        "a.txt",
        "a/.hidden",
        ".git/x",
        "a/b/10.txt",
        "a/b/9.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name + "\n")
    return tmp_path


def names(corpus, root) -> list[str]:
    return [Path(source.name).relative_to(root).as_posix() for source in corpus.sources]


def test_folders_are_read_whole_sorted_without_hidden_files(tree):
    wanted = ["a/b/10.txt", "a/b/9.txt", "a/b/c.txt", "a/z.txt", "a.txt", "b.txt"]
    assert names(Corpus(tree), tree) == wanted
    assert text_of(Corpus(tree)) == "".join(f"{name}\n" for name in wanted)
    assert names(Corpus(str(tree) + os.sep), tree) == wanted


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("a*", ["a/b/10.txt", "a/b/9.txt", "a/b/c.txt", "a/z.txt", "a.txt"]),
        ("**/*.txt", ["a/b/10.txt", "a/b/9.txt", "a/b/c.txt", "a/z.txt", "a.txt", "b.txt"]),
        ("a/**", ["a/b/10.txt", "a/b/9.txt", "a/b/c.txt", "a/z.txt"]),
        ("a/b/[0-9].txt", ["a/b/9.txt"]),
    ],
)
def test_globs_that_the_shell_left_to_us(tree, pattern, wanted):
    assert names(Corpus(tree / pattern), tree) == wanted


def test_a_file_whose_name_looks_like_a_glob(tmp_path):
    (tmp_path / "a[1].txt").write_text("x\n")
    assert text_of(Corpus(tmp_path / "a[1].txt")) == "x\n"


def test_inputs_keep_their_order_and_are_read_as_often_as_given(tree):
    corpus = Corpus(tree / "b.txt", tree / "a", tree / "b.txt")
    assert names(corpus, tree) == [
        "b.txt",
        "a/b/10.txt",
        "a/b/9.txt",
        "a/b/c.txt",
        "a/z.txt",
        "b.txt",
    ]
    assert corpus.size == sum(source.size for source in corpus.sources)


def test_what_is_not_there(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden").write_text("x")
    for item, words in [
        ("missing.txt", "missing.txt: no such file or folder"),
        ("empty", "empty: no files in this folder"),
        ("*.txt", r"\*.txt: no file matches this pattern"),
        ("nul\0", "null"),
    ]:
        with pytest.raises(CorpusError, match=words):
            Corpus(tmp_path / item)


def test_a_link_to_nothing_in_a_folder_is_an_error(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")
    with pytest.raises(CorpusError, match=r"a\.txt: no such file"):
        Corpus(tmp_path)


def test_a_file_that_vanishes_or_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("x\n" * 100)
    corpus = Corpus(path)
    shard = corpus.shards(1, target_bytes=50)[-1]
    path.write_text("x\n" * 80)
    with pytest.raises(CorpusError, match=r"a\.txt: is 40 bytes shorter than"):
        text_of(shard)
    path.unlink()
    with pytest.raises(CorpusError, match=r"a\.txt: No such file"):
        text_of(corpus)
    path.mkdir()
    with pytest.raises(CorpusError, match=r"a\.txt: Is a directory"):
        text_of(corpus)

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(CorpusError, match=r"a\.txt: Permission denied"):
        text_of(corpus)


# --- standard input, pipes, strings ---------------------------------------------------------------


@pytest.fixture
def stdin(monkeypatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_standard_input_can_be_read_once(stdin):
    stdin(gzip.compress("天气".encode("gb18030")))
    corpus = Corpus("-", encoding="gb18030")
    assert corpus.size is None
    assert not corpus.reiterable
    assert not corpus.portable
    assert text_of(corpus) == "天气\n"
    with pytest.raises(CorpusError, match="standard input: can be read only once"):
        text_of(corpus)
    with pytest.raises(CorpusError, match="another process"):
        pickle.dumps(corpus)
    with pytest.raises(CorpusError, match="name it once"):
        Corpus("-", "-")


def test_spooled_standard_input_can_be_read_often_and_anywhere(stdin, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("公园\n", encoding="utf-8")
    stdin(gzip.compress("天气".encode()))
    (tmp_path / "tmp").mkdir()
    with Corpus(other, "-").spool(tmp_path / "tmp") as corpus:
        assert len(list((tmp_path / "tmp").iterdir())) == 1
        assert text_of(corpus) == text_of(pickle.loads(pickle.dumps(corpus))) == "公园\n天气\n"
        assert corpus.sources[1].name == "standard input"
        assert corpus.size is not None
    assert list((tmp_path / "tmp").iterdir()) == []
    plain = Corpus(other)
    with plain.spool(tmp_path / "tmp") as same:
        assert same is plain


def test_a_spool_that_fails_leaves_nothing(stdin, tmp_path, monkeypatch):
    stdin(b"text")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(ResourceError, match="disk is full"), Corpus("-").spool(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="standard input: is closed"):
        text_of(Corpus("-"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_that_comes_in_drops_and_ends_early(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = gzip.compress("今天天气".encode())

    def write(end):
        with open(path, "wb", buffering=0) as pipe:
            pipe.writelines(bytes([byte]) for byte in data[:end])

    for end, words in [(len(data), None), (len(data) - 4, "ends too early")]:
        corpus = Corpus(path)
        assert not corpus.reiterable
        writer = threading.Thread(target=write, args=(end,))
        writer.start()
        if words is None:
            assert text_of(corpus) == "今天天气\n"
        else:
            with pytest.raises(CorpusError, match=words):
                text_of(corpus)
        writer.join()


def test_strings():
    corpus = Corpus.from_texts(["天气\n公园", "", "OK\n"])
    assert text_of(corpus) == text_of(corpus) == "天气\n公园\n\nOK\n"
    assert list(corpus.lines()) == ["天气", "公园", "", "OK"]
    assert list(corpus.numbered_lines()) == [
        ("texts", 1, "天气"), ("texts", 1, "公园"), ("texts", 2, ""), ("texts", 3, "OK"),
    ]  # fmt: skip
    report = ReadReport()
    assert list(corpus.blocks(2, report=report)) == ["天气", "\n", "公园", "\n", "\n", "OK", "\n"]
    assert report.bytes_read == len("天气\n公园OK\n".encode())
    assert b"".join(corpus.byte_blocks()) == "天气\n公园\n\nOK\n".encode()
    assert corpus.size is None


def test_lone_surrogates_in_strings():
    texts = ["a", "天\ud800气\udc00"]
    with pytest.raises(
        CorpusError, match=r"texts\[1\]: character 1 is a lone surrogate \(U\+D800\)"
    ):
        text_of(Corpus.from_texts(texts))
    report = ReadReport()
    assert (
        text_of(Corpus.from_texts(texts, errors="replace"), report=report)
        == "a\n天\ufffd气\ufffd\n"
    )
    assert report.bad_bytes == 2
    assert text_of(Corpus.from_texts(texts, errors="ignore")) == "a\n天气\n"


def test_shards_of_strings():
    texts = ["天气", "公园", "", "很长的一段文字" * 9, "完"]
    corpus = Corpus.from_texts(texts)
    shards = corpus.shards(2, target_bytes=10)
    assert len(shards) > 2
    assert "".join(map(text_of, pickle.loads(pickle.dumps(shards)))) == text_of(corpus)
    assert [n for shard in shards for _, n, _ in shard.numbered_lines()] == [1, 2, 3, 4, 5]
    assert len(corpus.shards(1)) == 1
    assert Corpus.from_texts([]).shards(2) == []
    generator = Corpus.from_texts(iter(texts))
    (shard,) = generator.shards(2)
    assert not shard.portable
    assert text_of(shard) == text_of(corpus)
    with pytest.raises(CorpusError, match="only once"):
        text_of(generator)


@pytest.mark.parametrize("wrong", ["text", b"bytes", Path("a.txt"), 3, None])
def test_what_is_no_iterable_of_strings(wrong):
    with pytest.raises(TypeError, match="must be an iterable of strings"):
        as_corpus(wrong)


def test_strings_must_be_strings():
    with pytest.raises(TypeError, match=r"texts\[1\] must be str, got bytes"):
        text_of(as_corpus(["a", b"b"]))


def test_as_corpus(stdin):
    corpus = Corpus(__file__)
    assert as_corpus(corpus, passes=2) is corpus
    shard = corpus.shards()[0]
    assert as_corpus(shard) is shard
    assert text_of(as_corpus(text for text in ("a", "b"))) == "a\nb\n"
    assert text_of(as_corpus(dict.fromkeys(["a", "b"]), passes=2)) == "a\nb\n"
    with pytest.raises(
        TypeError, match="`texts` is an iterator and 2 passes are needed; pass a list"
    ):
        as_corpus(iter(["a"]), passes=2)
    with pytest.raises(CorpusError, match="standard input: can be read only once and 2 passes"):
        as_corpus(Corpus("-"), passes=2)


# --- records --------------------------------------------------------------------------------------

WORDS = st.text("天气\n\r\t\",;'\\ a\u2028{}", max_size=8)


@given(texts=st.lists(WORDS, max_size=8), chars=st.integers(1, 30), target=st.integers(1, 80))
def test_json_lines_and_csv(tmp_path_factory, texts, chars, target):
    folder = tmp_path_factory.mktemp("records")
    wanted = "".join(text if text.endswith("\n") else text + "\n" for text in texts)
    for ascii_only in (False, True):
        path = folder / "a.jsonl"
        records = [json.dumps({"id": 1, "body": text}, ensure_ascii=ascii_only) for text in texts]
        path.write_text("\n\n".join(records), encoding="utf-8", newline="")
        corpus = Corpus(path, field="body")
        assert text_of(corpus, chars=chars) == wanted
        assert "".join(map(text_of, corpus.shards(1, target_bytes=target))) == wanted
        assert b"".join(corpus.byte_blocks(chars)) == wanted.encode()
    path = folder / "a.csv"
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body"])
        writer.writerows([1, text] for text in texts)
    corpus = Corpus(path, field="body")
    assert text_of(corpus, chars=chars) == wanted
    assert len(corpus.shards(2, target_bytes=target)) == 1


def test_tsv_and_mixed_inputs(tmp_path):
    (tmp_path / "a.tsv").write_text(
        'id\ttext\r\n1\t"天气\r\n\r\n2\t公园\t更多\r\n', encoding="utf-8", newline=""
    )
    (tmp_path / "b.txt").write_text("plain\n", encoding="utf-8")
    (tmp_path / "c.NDJSON.gz").write_bytes(
        gzip.compress('{"text": "压缩"}\n{"text": null}'.encode())
    )
    assert list(Corpus(tmp_path, field="text").lines()) == ['"天气', "公园", "plain", "压缩"]
    assert list(Corpus(tmp_path / "a.tsv", field="text").numbered_lines()) == [
        (str(tmp_path / "a.tsv"), 2, '"天气'),
        (str(tmp_path / "a.tsv"), 4, "公园"),
    ]
    # without a field their lines are text like any other
    assert next(Corpus(tmp_path / "a.tsv").lines()) == "id\ttext"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "x"}\n{"text": \n', "a.jsonl:2: not valid JSON"),
        ("a.jsonl", "\n\n[1]\n", "a.jsonl:3: expected a JSON object with the field 'text'"),
        ("a.jsonl", '{"a": "x", "i": 1}\n', "a.jsonl:1: no field 'text'; the fields are: a, i"),
        ("a.jsonl", '{"text": 3}\n', "a.jsonl:1: the field 'text' must hold text, got a number"),
        ("a.jsonl", '{"text": ["x"]}\n', "a.jsonl:1: the field 'text' must hold text, got a list"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "a.jsonl:1: character 0 is a lone surrogate"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: not valid JSON"),
        ("a.csv", "id,body\n1,x\n", "a.csv:1: no column 'text'; the columns are: id, body"),
        ("a.csv", 'id,text\n1,"x\ny"\n2\n', "a.csv:4: expected at least 2 cells, got 1"),
        ("a.tsv", "id\ttext\n1\n", "a.tsv:2: expected at least 2 cells, got 1"),
        ("a.txt", "x\n", "a.txt is plain text; files with fields are named .jsonl"),
    ],
)  # fmt: skip
def test_wrong_records_name_file_and_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError) as error:
        text_of(Corpus(tmp_path / name, field="text"))
    assert message in str(error.value)


@pytest.mark.parametrize("scan", [3, 1 << 20])
def test_a_shard_counts_lines_from_the_beginning_of_its_file(tmp_path, monkeypatch, scan):
    monkeypatch.setattr(nlpzero.text.files, "_SCAN", scan)
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n' * 10 + "{\n")
    corpus = Corpus(path, field="text")
    shards = corpus.shards(1, target_bytes=30)
    assert len(shards) > 3
    with pytest.raises(CorpusError, match=r"a\.jsonl:11: not valid JSON"):
        text_of(shards[-1])
    numbers = [number for shard in shards[:-1] for _, number, _ in shard.numbered_lines()]
    assert numbers == list(range(1, len(numbers) + 1))
    plain = Corpus(path).shards(1, target_bytes=30)
    assert [number for shard in plain for _, number, _ in shard.numbered_lines()] == list(
        range(1, 12)
    )


def test_surrogates_in_json_follow_errors(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "天\ud800气 \ud83d\ude00"}', encoding="utf-8")
    report = ReadReport()
    corpus = Corpus(path, field="text", errors="replace")
    assert text_of(corpus, report=report) == "天\ufffd气 😀\n"
    assert report.bad_bytes == 1


def test_a_quote_left_open_is_an_error_not_a_full_memory(tmp_path, monkeypatch):
    limit = csv.field_size_limit(131072)
    monkeypatch.setattr(nlpzero.text.records, "_CSV_FIELD", 200_000)
    try:
        path = tmp_path / "a.csv"
        path.write_text('text\n"' + "x" * 150_000 + '"\n')
        assert len(text_of(Corpus(path, field="text"))) == 150_001
        path.write_text('text\nok\n"' + "x\n" * 150_000)
        with pytest.raises(CorpusError, match=r"a\.csv:3: not valid CSV .*quote left open"):
            text_of(Corpus(path, field="text"))
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize(
    "content", ['{"id": 1, "text": "天气"}\n', "id,text\n1,天气\n", "id\ttext\n1\t天气\n"]
)
def test_records_from_standard_input_are_told_by_their_beginning(stdin, content):
    stdin(content.encode())
    assert list(Corpus("-", field="text").lines()) == ["天气"]


# --- shards ---------------------------------------------------------------------------------------


def test_shards_are_about_as_large_as_asked_and_enough_for_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("天气不错\n" * 1_000_000, encoding="utf-8")  # 13 MB
    corpus = Corpus(path)
    assert len(corpus.shards(1)) == 1
    for jobs in (2, 3):
        shards = corpus.shards(jobs)
        assert len(shards) >= 3 * jobs
        assert max(shard.size for shard in shards) < 1.1 * corpus.size / len(shards)
    shards = corpus.shards(2, target_bytes=1 << 20)
    assert sum(shard.size for shard in shards) == corpus.size
    assert len({shard.name for shard in shards}) == len(shards)
    assert shards[1].name.startswith(f"{path}:1048")
    again = pickle.loads(pickle.dumps(shards))
    assert again == shards
    assert isinstance(again[0], Shard)
    assert again[0].shards(2) == again[:1]
    assert [text_of(shard) for shard in again] == [text_of(shard) for shard in shards]


def test_small_files_share_a_shard(tmp_path):
    for i in range(30):
        (tmp_path / f"{i:02}.txt").write_text(f"{i}\n")
    (tmp_path / "15a.txt").write_text("x\n" * 500)
    corpus = Corpus(tmp_path)
    shards = corpus.shards(1, target_bytes=20)
    assert "".join(map(text_of, shards)) == text_of(corpus)
    assert 40 < len(shards) < 70  # about 50 of the long file and a few of the others
    assert shards[0].name == f"{tmp_path / '00.txt'} ... {tmp_path / '09.txt'}"


def test_a_corpus_is_a_value(tmp_path):
    (tmp_path / "a.txt").write_text("x\n")
    corpus = Corpus(tmp_path)
    assert corpus == Corpus(tmp_path) == pickle.loads(pickle.dumps(corpus))
    assert corpus != Corpus(tmp_path, encoding="gbk")
    with pytest.raises(AttributeError):
        corpus.encoding = "gbk"


# --- URLs -----------------------------------------------------------------------------------------


def test_urls(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    for name, text in [("b.txt", "二\n" * 50), ("a.txt", "一"), ("c.csv", "text\n三\n")]:
        system.pipe(f"/nlpzero-test/{name}", text.encode())
    try:
        corpus = Corpus("memory://nlpzero-test", field="text")
        assert text_of(corpus) == "一\n" + "二\n" * 50 + "三\n"
        assert [source.size for source in corpus.sources] == [3, 200, 9]
        assert text_of(Corpus("memory://nlpzero-test/*.txt")) == "一\n" + "二\n" * 50
        shards = Corpus("memory://nlpzero-test/b.txt").shards(1, target_bytes=30)
        assert len(shards) == 7
        assert "".join(map(text_of, shards)) == "二\n" * 50
        with pytest.raises(CorpusError, match=r"memory://nlpzero-test/\*\.md: no files there"):
            Corpus("memory://nlpzero-test/*.md")
        with pytest.raises(CorpusError, match=r"memory://nlpzero-test/gone\.txt: no such file"):
            Corpus("memory://nlpzero-test/gone.txt")
        with pytest.raises(CorpusError, match="nosuch://x"):
            Corpus("nosuch://x")
    finally:
        system.rm("/nlpzero-test", recursive=True)
    (tmp_path / "a.txt").write_text("x\n")
    assert text_of(Corpus((tmp_path / "a.txt").as_uri())) == "x\n"


def test_urls_without_the_package_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(CorpusError, match=r"pip install 'nlpzero\[dask\]'"):
        Corpus("s3://bucket/a.txt")
