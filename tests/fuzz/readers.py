"""The readers, each with its seeds and with a function that reads a file and uses what it held.

A function that uses what was read raises only what a command line reports as one line (children of
:class:`nlpzero.NlpzeroError`); whatever else comes out of it is a finding. So is an answer that
depends on the size of blocks, or text that cannot be written.
"""

import bz2
import gzip
import io
import json
import lzma
import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

import nlpzero
from nlpzero.text.compressed import compression
from nlpzero.text.decoding import settled_encoding
from tests import damage
from tests.fuzz.mutations import ENCODINGS, mutated

SEEDS = Path(__file__).parent / "seeds"
_NZ = (
    *("vocabulary", "lm", "nvbe", "learned", "found", "rules", "vectors", "sentences"),
    *("counts", "word-counts"),
)
_CUT = "今天天气很好，我们去公园走走。"


class Reader(NamedTuple):
    """What is fuzzed.

    tokens : tuple of bytes
        Those of the format, to be put in.
    make : callable
        An input: bytes from the seeds.
    use : callable
        Reads a file and uses it; the other argument chooses options.
    """

    tokens: tuple[bytes, ...]
    make: Callable[[list[bytes], tuple[bytes, ...], Random], bytes]
    use: Callable[[Path, Random], None]


class Finding(Exception):
    """Not an error of a reader, but a wrong answer."""


def _attempt(read: Callable[[], Any]) -> tuple[Any, str]:
    """What came, or the message of the error."""
    try:
        return read(), ""
    except nlpzero.NlpzeroError as error:
        return None, str(error)


def _same(one: tuple[Any, str], other: tuple[Any, str], what: str) -> None:
    if one != other:
        raise Finding(f"{what}: {str(one)[:300]!r} and {str(other)[:300]!r}")


def _result(attempt: tuple[Any, str]) -> Any:
    """What came, or the error again."""
    if attempt[1]:
        raise nlpzero.NlpzeroError(attempt[1])
    return attempt[0]


def _writable(texts: Iterable[str]) -> None:
    for text in texts:
        text.encode("utf-8")


def _encoding(random: Random, share: float = 0.3) -> dict[str, str]:
    """Options: mostly UTF-8."""
    return {
        "encoding": random.choice(ENCODINGS) if random.random() < share else "utf-8",
        "errors": random.choice(("strict", "replace", "ignore")),
    }


# ----------------------------------------------------------------------------------------- texts


def _all_ways(corpus: nlpzero.Corpus, random: Random) -> tuple[Any, str]:
    """The text, the same whatever the size of blocks."""
    whole = _attempt(lambda: "".join(corpus.blocks()))
    chars = random.choice((1, 7, 64, 1000))
    _same(whole, _attempt(lambda: "".join(corpus.blocks(chars))), f"blocks({chars})")
    size = random.choice((16, 100, 5000))
    encoded = _attempt(lambda: b"".join(corpus.byte_blocks(size)).decode("utf-8"))
    _same(whole, encoded, f"byte_blocks({size})")
    lines = _attempt(lambda: list(corpus.lines()))
    if whole[0] is not None:
        ends = [line.removesuffix("\r") for line in whole[0].split("\n")[:-1]]
        _same((ends, ""), lines, "lines()")
        _writable(whole[0:1])
    return whole


def _use_text(path: Path, random: Random) -> None:
    options = _encoding(random, 0.7)
    corpus = nlpzero.Corpus(path, **options)
    whole = _all_ways(corpus, random)
    shards = corpus.shards(1, random.choice((20, 300, 10_000)))
    if options["encoding"] == "utf-8" and not whole[1]:
        parts = "".join(block for shard in shards for block in shard.blocks())
        _same(whole, (parts, ""), "shards")
        plain = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8", options["errors"])
        _same(whole, (plain + "\n" * (plain != "" and plain[-1] != "\n"), ""), "decode")
    _result(whole)


def _packed(data: bytes, random: Random) -> bytes:
    ways: list[Callable[[bytes], bytes]] = [
        lambda part: gzip.compress(part, random.choice((0, 1, 9)), mtime=0),
        lambda part: bz2.compress(part, 1),
        lambda part: lzma.compress(part, check=random.choice((0, 1, 4, 10))),
        _zstd,
    ]
    way = random.choice(ways)
    if random.random() < 0.6:
        return way(data)
    at = random.randrange(len(data) + 1)
    return way(data[:at]) + (way if random.random() < 0.8 else random.choice(ways))(data[at:])


def _zstd(data: bytes) -> bytes:
    try:
        import zstandard
    except ImportError:  # an optional package
        return b"\x28\xb5\x2f\xfd" + data
    out = io.BytesIO()
    with zstandard.ZstdCompressor(write_checksum=True).stream_writer(out, closefd=False) as file:
        file.write(data)
    return out.getvalue()


def _make_packed(seeds: list[bytes], tokens: tuple[bytes, ...], random: Random) -> bytes:
    """A compressed text, or a compressed text that was changed afterwards."""
    if random.random() < 0.3:
        return _packed(mutated(seeds, tokens, random), random)
    seed = random.choice(seeds)
    packed = seed if compression(seed[:10]) else _packed(seed, random)
    return mutated([packed], tokens, random)


def _use_packed(path: Path, random: Random) -> None:
    # damage and bad bytes: which of them is met first depends on the size of blocks
    corpus = nlpzero.Corpus(path, **_encoding(random))
    whole = _attempt(lambda: "".join(corpus.blocks()))
    small = _attempt(lambda: "".join(corpus.blocks(random.choice((64, 1000)))))
    _same((whole[0], ""), (small[0], ""), "blocks")
    _result(whole)


def _use_records(suffix: str) -> Callable[[Path, Random], None]:
    def use(path: Path, random: Random) -> None:
        path = path.rename(path.with_suffix(suffix))
        try:
            corpus = nlpzero.Corpus(path, field="text", **_encoding(random))
            whole = _attempt(lambda: "".join(corpus.blocks()))
            small = _attempt(lambda: "".join(corpus.blocks(random.choice((1, 50)))))
            _same(whole, small, "blocks")
            numbered = _attempt(lambda: [line for _, _, line in corpus.numbered_lines()])
            _writable([_result(whole), *_result(numbered)])
            _keep_records(corpus, random)
        finally:
            path.rename(path.with_suffix(""))

    return use


def _keep_records(corpus: nlpzero.Corpus, random: Random) -> None:
    """Every record is written with its text cut, or refused."""
    kind = corpus.sources[0].layout
    out = io.BytesIO()
    segmenter = nlpzero.VocabularySegmenter(["天气", "公园"])
    nlpzero.segment_records(
        corpus, segmenter, out, format=kind if random.random() < 0.3 else "jsonl"
    )
    encoding = settled_encoding(corpus.encoding)
    lines = out.getvalue().decode(encoding).split("\n")
    if kind == "jsonl":
        for line in lines[:-1]:
            row = json.loads(line)
            text = row["text"] or ""
            # lone surrogates are replaced, or left out, before a text is cut
            if "".join(row["tokens"]) != text and not re.search("[\ud800-\udfff]", text):
                raise Finding(f"text is lost: {line[:300]!r}")


# ------------------------------------------------------------------------------- lists and tables


def _use_words(path: Path, random: Random) -> None:
    counts = random.random() < 0.8
    encoding = _encoding(random)["encoding"]
    comments = random.random() < 0.7
    read = nlpzero.read_word_file(path, encoding=encoding, counts=counts, comments=comments)
    found = read.words
    _writable(found.words)
    if not len(found.words) == len(found.counts) == len(read.pmi) == len(read.entropy):
        raise Finding("words without evidence")
    if bool(found.words) != bool(read.form):
        raise Finding("a form of nothing, or none")
    for target in nlpzero.DICTIONARY_FORMATS:
        _writable(nlpzero.dictionary_lines(found.words, target)[0])
    if len(set(found.words)) != len(found.words) or not all(found.words):
        raise Finding("words are repeated or empty")
    if counts and found.words:
        segmenter = nlpzero.VocabularySegmenter(found)
        if "".join(segmenter.segment(_CUT)) != _CUT:
            raise Finding("text is lost")
        _finite(segmenter.lexicon().log_probs.tolist())


def _finite(values: Iterable[float]) -> None:
    for value in values:
        if not math.isfinite(value):
            raise Finding(f"{value} among the results")


def _use_stop_words(path: Path, random: Random) -> None:
    _writable(nlpzero.read_words(path, counts=False, comments=False).words)


def _use_arpa(path: Path, random: Random) -> None:
    model = nlpzero.KneserNeyModel.read_arpa(path)
    score, events = model.score(_CUT + "天天\u3000" + _CUT * 2)
    _finite([score, model.log_prob("天", "今")])
    if events and not model.perplexity([_CUT]) >= 0:
        raise Finding("a perplexity that is none")
    if random.random() < 0.2:
        again = path.with_suffix(".again")
        model.write_arpa(again)
        other, _ = nlpzero.KneserNeyModel.read_arpa(again, model.alphabet).score(_CUT)
        if not math.isclose(other, model.score(_CUT)[0], rel_tol=1e-4, abs_tol=1e-3):
            raise Finding(f"written and read again: {other}, was {model.score(_CUT)[0]}")


def _use_transactions(shapes: Callable[[Random], Any]) -> Callable[[Path, Random], None]:
    def use(path: Path, random: Random) -> None:
        corpus = nlpzero.Corpus(path, **_encoding(random))
        read = nlpzero.read_transactions(corpus, shapes(random), exclude=["茶"])
        for row in read:
            _writable(row)
            if not row or len(set(row)) != len(row) or "茶" in row:
                raise Finding(f"items {row[:9]!r}")

    return use


def _lines(random: Random) -> nlpzero.Lines:
    separator = random.choice((",", ";", "\t", " | ", None))
    return nlpzero.Lines(separator, random.random() < 0.8)


def _pairs(random: Random) -> nlpzero.Pairs:
    columns: tuple[Any, Any] = random.choice((("id", "item"), ("单号", "商品"), (1, 2), (2, 3)))
    return nlpzero.Pairs(*columns, random.choice((",", ";", "\t")), random.random() < 0.8)


def _json(random: Random) -> nlpzero.JsonLines:
    return nlpzero.JsonLines(random.choice((None, "items")))


def _one_hot(random: Random) -> nlpzero.OneHot:
    separator = random.choice((",", ";", "\t", None))
    skip = random.choice(((), (1,), (1, 3)))
    return nlpzero.OneHot(separator, random.random() < 0.8, random.random() < 0.8, skip)


def _json_flags(random: Random) -> nlpzero.JsonLines:
    return nlpzero.JsonLines(flags=True, skip=random.choice(((), ("id",))))


def _use_recognised(path: Path, random: Random) -> None:
    """What is recognised reads the same when it is named, whatever the size of blocks."""
    corpus = nlpzero.Corpus(path, **_encoding(random, 0.1))
    wanted = nlpzero.Recognised(
        random.choice(("auto", "auto", "lines", "pairs", "one-hot", "json")),
        random.choice(("auto", "auto", ",", None)),
        random.random() < 0.8,
        random.choice((None, None, True, False)),
        random.choice(((), (), (1,))),
    )
    read = nlpzero.read_transactions(corpus, wanted)
    rows = list(read)
    for row in rows:
        _writable(row)
    again = nlpzero.read_transactions(corpus, read.shape)
    if list(again) != rows or again.dropped != read.dropped:
        raise Finding(f"{read.shape}: {rows[:5]!r}, and {list(again)[:5]!r}")


def _sentences(random: Random) -> nlpzero.Sentences:
    return nlpzero.Sentences("whitespace")


def _use_templates(path: Path, random: Random) -> None:
    rows = nlpzero.read_templates(nlpzero.Corpus(path).lines(), "templates")
    for row in rows:
        _writable([str(row.template), *row.examples])
    tree = nlpzero.TemplateParser(rows).parse(("这", "本", "书", "可以", "看", "吗"))
    _finite([tree.score])
    _writable([str(tree)])


def _use_word2vec(path: Path, random: Random) -> None:
    vectors = nlpzero.vectors_from_word2vec(path, tokenizer=list)
    _writable(vectors.words)
    _finite(vectors.array.ravel().tolist())
    _finite(vectors.sentence(_CUT).tolist())
    if random.random() < 0.3:
        again = path.with_suffix(".again")
        vectors.to_word2vec(again, binary=random.random() < 0.5)
        if not np.allclose(nlpzero.vectors_from_word2vec(again).array, vectors.array, atol=1e-4):
            raise Finding("written and read again: other vectors")


def _use_gold(path: Path, random: Random) -> None:
    data = path.read_bytes()
    other = path.with_suffix(".predicted")
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    if random.random() < 0.7:
        lines[at] = lines[at].replace(b" ", b"", random.randrange(3))
    else:
        lines[at] = mutated([lines[at]], (), random)[:2000]
    other.write_bytes(b"\n".join(lines))
    options = _encoding(random, 0.1)
    score = nlpzero.score_segmentation(
        nlpzero.Corpus(path, **options).lines(),
        nlpzero.Corpus(other, **options).lines(),
        known_words={"我们", "天气"},
        strict=random.random() < 0.5,
    )
    if not score.correct_words <= min(score.gold_words, score.predicted_words):
        raise Finding(str(score))


# -------------------------------------------------------------------------------------- .nz files


def _make_nz(kind: str) -> Callable[[list[bytes], tuple[bytes, ...], Random], bytes]:
    def make(seeds: list[bytes], tokens: tuple[bytes, ...], random: Random) -> bytes:
        chance = np.random.default_rng(random.getrandbits(64))
        return damage.damage(kind, random.choice(seeds), chance).data

    return make


def _use_nz(kind: str) -> Callable[[Path, Random], None]:
    def use(path: Path, random: Random) -> None:
        damage.opened(kind, path)

    return use


# ----------------------------------------------------------------------------------- all of them

_CELLS = (b"\t", b",", b'"', b"text", b"\n", b'","', b'"\n"')
READERS: dict[str, Reader] = {
    "text": Reader((b"\n", b"\r\n"), mutated, _use_text),
    "compressed": Reader(
        (b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd"), _make_packed, _use_packed
    ),
    "jsonl": Reader(
        (b'{"text": "', b'"}\n', b"\\ud83d", b"\\n", b'"text"', b"NaN"),
        mutated,
        _use_records(".jsonl"),
    ),
    "json": Reader(
        (b'{"text": "', b'"}', b"[", b"]", b",\n", b"\\ud83d", b'"text"', b"NaN", b"{}"),
        mutated,
        _use_records(".json"),
    ),
    "csv": Reader(_CELLS, mutated, _use_records(".csv")),
    "tsv": Reader(_CELLS, mutated, _use_records(".tsv")),
    "words": Reader(
        (
            b" n ",
            b"\t",
            b",",
            b'{"word": "',
            b'", "count": ',
            b"}",
            b"# ",
            b"word\tcount\n",
            b"pmi",
        ),
        mutated,
        _use_words,
    ),
    "stop-words": Reader((b"\n",), mutated, _use_stop_words),
    "arpa": Reader(
        (
            b"\\data\\\n",
            b"ngram 1=",
            b"\\1-grams:\n",
            b"\\2-grams:\n",
            b"\\end\\",
            b"<s>",
            b"</s>",
            b"<unk>",
            b"\t",
            b"-0.3\t",
            b"<digits>",
        ),
        mutated,
        _use_arpa,
    ),
    "transactions": Reader((b",", b'"', b" | ", b";", b"nan"), mutated, _use_transactions(_lines)),
    "pairs": Reader((b",", b'"', b"id,item\n", b"\t", b"1,"), mutated, _use_transactions(_pairs)),
    "one-hot": Reader(
        (b",0", b",1", b"True", b'"', b"\t", b"nan"), mutated, _use_transactions(_one_hot)
    ),
    "json-flags": Reader(
        (b'{"id": ', b"true", b"[", b"]", b",", b"0", b"null"),
        mutated,
        _use_transactions(_json_flags),
    ),
    "recognised": Reader(
        (b",", b";", b'"', b"\t", b"1,", b",0", b"id,item\n", b"{", b"[", b"\n"),
        mutated,
        _use_recognised,
    ),
    "json-transactions": Reader(
        (b'["', b'", "', b'"]\n', b'{"items": [', b"]}", b"null", b"NaN", b"\\ud800"),
        mutated,
        _use_transactions(_json),
    ),
    "sentences": Reader((b" ", "。".encode(), b"?"), mutated, _use_transactions(_sentences)),
    "templates": Reader(
        (
            *(b"[X] ", b"\t", b"\\s", b"\\", b" | ", b"3 [X] "),
            *(b'{"template": "', b'", "count": ', b', "frequency": ', b', "variants": [', b"]"),
        ),
        mutated,
        _use_templates,
    ),
    "word2vec": Reader((b"3 2\n", b" ", b"\n", b"nan", b"1e39", b"-0.5"), mutated, _use_word2vec),
    "gold": Reader((b" ", b"  ", "\u3000".encode(), b"\n"), mutated, _use_gold),
    **{f"nz-{kind}": Reader((), _make_nz(kind), _use_nz(kind)) for kind in _NZ},
}


def seeds_of(name: str, folder: Path) -> list[bytes]:
    """The seeds of a reader; `folder` is for models that have to be made."""
    if name.startswith("nz-"):
        kind = name.removeprefix("nz-")
        return [damage.make_files(folder, (kind,))[kind].read_bytes()]
    paths = sorted((SEEDS / name).iterdir())
    if name in ("compressed", "stop-words"):
        paths += sorted((SEEDS / "text").iterdir())
    return [path.read_bytes() for path in paths]


def folders_of(names: Iterable[str]) -> Iterator[str]:
    """Names of the folders of seeds."""
    return (name for name in names if not name.startswith("nz-"))


def clear(folder: Path) -> None:
    """Remove what a round left."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
