"""Damages files of nlpzero in every way that comes to mind, uses them, and says what happened.

Usage: python -m tests.damage [KIND ...] [--rounds 20000] [--jobs 2] [--seed 0] [--record]

Every round damages a file of one kind, or makes one by hand whose checksums are right, and gives it
to a command. A damaged file must be refused, or give the same result byte for byte; a file made by
hand must be refused or give some result, and what `merge` makes of it must be whole. Nothing may
crash, hang (30 s), show a traceback, or take more memory than the file's size and 100 MB.
"""

import argparse
import contextlib
import csv
import importlib.util
import io
import itertools
import json
import multiprocessing
import shlex
import shutil
import struct
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
KINDS = (
    "vocabulary",
    "lm",
    "nvbe",
    "learned",
    "base",
    "found",
    "rules",
    "vectors",
    "sentences",
    "counts",
    "large-counts",
    "word-counts",
    "large-word-counts",
)
# of these a tenth of the rounds: each takes long
LARGE = ("base", "large-counts", "large-word-counts")
TIMEOUT = 30.0
# beside the size of the file
MOST_MEMORY = 100 << 20
WRONG = ("different", "laundered", "traceback", "crash", "hang", "memory")

Random = np.random.Generator


# ----------------------------------------------------------------------------------- files and uses


def make_files(folder: Path, kinds: tuple[str, ...] = KINDS) -> dict[str, Path]:
    """One whole file of each kind; the text to cut is ``text.txt``."""
    import nlpzero

    news = (SAMPLES / "news.txt").read_text(encoding="utf-8").splitlines()
    (folder / "text.txt").write_text("\n".join(news[:12]) + "\n", encoding="utf-8")
    (folder / "own.txt").write_text("研究生\n天气\n", encoding="utf-8")
    paths = {kind: folder / f"{kind}.nz" for kind in kinds}
    learners = {
        "lm": nlpzero.CharacterModel(first="frequency"),
        "nvbe": nlpzero.BranchingEntropy(),
        "learned": nlpzero.CoTraining(),
    }
    for kind, path in paths.items():
        if kind in learners:
            nlpzero.learn_segmenter(news[:60], learners[kind]).save(path)
        elif kind == "vocabulary":
            words = nlpzero.learn_segmenter(news[:60]).lexicon()  # type: ignore[attr-defined]
            counts = dict(zip(words.words, words.counts.tolist(), strict=True))
            nlpzero.VocabularySegmenter(counts).save(path)
        elif kind == "base":
            shutil.copy(Path(nlpzero.__file__).parent / "learning" / "base.nz", path)
        elif kind == "found":
            texts = [*news[:60], "𠮷野家", "去𠮷野家", "𠮷野家好", "𠮷野家里"]
            nlpzero.discover_words(texts, nlpzero.Cohesion(), min_count=2).save(path)
        elif kind == "rules":
            baskets = [[f"i{n % d}" for d in (2, 3, 5, 7)] for n in range(60)]
            sets = nlpzero.frequent_itemsets(baskets, 5, max_len=3)
            rules = nlpzero.association_rules(sets, 0.2, max_q=1.0)
            kinds = ["phrase" if n % 2 else "" for n in range(len(rules))]
            rules.with_columns({"kind": kinds}).save(path)
        elif kind == "vectors":
            common = nlpzero.count_words(news, nlpzero.load_segmenter()).most_common(300)
            segmenter = nlpzero.VocabularySegmenter(dict(common))
            method = nlpzero.WindowedCounts(dimensions=8, min_count=3)
            nlpzero.learn_vectors(news[:60], segmenter, method).save(path)
        elif kind == "sentences":
            nlpzero.SentenceIndex(few_vectors(), news[:60], int8=True).save(path)
        elif kind == "counts":
            nlpzero.count_ngrams([*news[:60], "𠮷野家𡃁", "好" * 300], order=6).save(path)
        elif kind == "word-counts":
            nlpzero.count_words(news[:200], list, documents="line").save(path)
        elif kind == "large-counts":
            made = folder / "made-up.txt"
            benchmark("generate").generate(made, 4_000_000)
            nlpzero.count_ngrams(nlpzero.Corpus(made)).save(path)
            made.unlink()
        else:
            numbered = (f"{i:x} 词{i % 9999}" for i in range(200_000))
            nlpzero.count_words(numbered, "whitespace").save(path)
    return paths


def few_vectors() -> Any:
    """Vectors of characters, for files of sentences."""
    import nlpzero

    words = list("的一是在人有中国大新天气")
    return nlpzero.WordVectors(words, range(len(words)), np.eye(len(words)), tokenizer=list)


def benchmark(name: str) -> Any:
    """A module of the benchmarks."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def uses(kind: str, file: Path, whole: Path) -> list[list[str]]:
    """Commands that use a file; `whole` is an undamaged one of its kind. All write ``out``."""
    folder = file.parent
    out = ["-q", "-o", str(folder / "out")]
    merge = ["merge", str(file), str(whole), *out]
    if kind in ("word-counts", "large-word-counts"):
        return [merge, ["merge", str(whole), str(file), *out]]
    if kind == "found":
        select = ["select", str(file), *out]
        return [select, [*select, "--min-length", "1", "--latin", "--format", "jsonl"]]
    if kind == "rules":
        recommend = ["recommend", str(file), "i0", "i1", "i2", "--top", "100", "-o", out[-1]]
        return [recommend, [*recommend, "--by", "zhang", "--format", "jsonl"]]
    if kind == "vectors":
        clusters = ["clusters", "--vectors", str(file), "--clusters", "5", *out]
        return [
            clusters,
            ["search", "今天", str(folder / "text.txt"), "--vectors", str(file), *out],
        ]
    if kind == "sentences":
        return [["info", "--verify", str(file), "-o", out[-1]]]
    if kind == "large-counts":
        return [
            merge,
            ["ngrams", "--counts", str(file), "--format", "tsv", "--lengths", "1", *out],
            ["discover", "--counts", str(file), "--method", "cohesion", *out],
        ]
    if kind == "counts":
        return [
            merge,
            ["ngrams", "--counts", str(file), "--format", "tsv", "--lengths", "1-6", *out],
            ["discover", "--counts", str(file), "--min-count", "2", *out],
        ]
    segment = ["segment", "--model", str(file), "-j", "1", str(folder / "text.txt"), *out]
    if kind == "vocabulary":
        return [segment, [*segment, "--words", str(folder / "own.txt")]]
    return [segment]


def opened(kind: str, path: Path) -> Any:
    """What a file holds, all of it checked and used."""
    import nlpzero

    if "word-counts" in kind:
        return dict(nlpzero.WordCounts.load(path))
    if kind == "rules":
        rules = nlpzero.Rules.load(path)
        return list(rules.rows()), rules.recommend(["i0", "i1"])
    if kind == "vectors":
        vectors = nlpzero.load_vectors(path)
        vectors.verify()
        return vectors.similar(vectors.words[:2]), vectors.sentence("今天天气好").tolist()
    if kind == "sentences":
        return nlpzero.SentenceIndex.load(path, few_vectors()).search("中国人", top=50)
    if kind == "found":
        found = nlpzero.Discovery.load(path)
        return list(found.filter(min_length=1, latin=True)), str(found.explain("我们"))
    if "counts" in kind:
        table = nlpzero.NGramCounts.load(path)
        table.verify()
        return [counts.tolist() for _, counts in table.chunks()]
    segmenter = nlpzero.load_segmenter(path)
    if isinstance(segmenter, nlpzero.VocabularySegmenter):
        segmenter.lexicon()
    return segmenter.segment("今天天气很好，我们去研究生命的起源。" * 20)


# ------------------------------------------------------------------------------------------- damage


class Damaged(NamedTuple):
    """A damaged file.

    data : bytes
    what : str
    by_hand : bool
        All checksums are right.
    """

    data: bytes
    what: str
    by_hand: bool


def damage(kind: str, data: bytes, random: Random) -> Damaged:
    """A damaged file from a whole one."""
    ways: list[Callable[[bytes, Random], bytes]] = [flip, flip, flip, cut, shift, overwrite, swap]
    way = ways[random.integers(len(ways))]
    if random.random() < 0.5:
        what, values = by_hand(kind, data, random)
        return Damaged(values, what, True)
    return Damaged(way(data, random), way.__name__, False)


def flip(data: bytes, random: Random) -> bytes:
    """One bit, or some."""
    out = bytearray(data)
    for _ in range(1 if random.random() < 0.7 else random.integers(2, 20)):
        # ends are more fragile than what is between
        at = int(random.integers(len(out)))
        if random.random() < 0.3:
            at = int(len(out) - 1 - random.integers(min(len(out), 4096)))
        out[at] ^= 1 << int(random.integers(8))
    return bytes(out)


def cut(data: bytes, random: Random) -> bytes:
    """The end is gone."""
    return data[: random.integers(len(data))]


def shift(data: bytes, random: Random) -> bytes:
    """Bytes are gone, or too many, somewhere."""
    at, size = int(random.integers(len(data))), int(random.integers(1, 300))
    if random.random() < 0.5:
        return data[:at] + random.bytes(size) + data[at:]
    return data[:at] + data[at + size :]


def overwrite(data: bytes, random: Random) -> bytes:
    """A stretch is zero, or something else."""
    at, size = int(random.integers(len(data))), int(random.integers(1, 5000))
    size = min(size, len(data) - at)
    return (
        data[:at]
        + (bytes(size) if random.random() < 0.5 else random.bytes(size))
        + data[at + size :]
    )


def swap(data: bytes, random: Random) -> bytes:
    """Two stretches have changed places."""
    size = int(random.integers(1, max(2, len(data) // 8)))
    a = int(random.integers(len(data) // 2 - size + 1)) if len(data) // 2 > size else 0
    b = int(random.integers(len(data) // 2, len(data) - size + 1))
    one, other = data[a : a + size], data[b : b + size]
    return data[:a] + other + data[a + size : b] + one + data[b + size :]


# ----------------------------------------------------------------------------------- made by hand


def parts(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Index and arrays of a whole file."""
    offset, length, _ = struct.unpack("<QQQ", data[-32:-8])
    index = json.loads(data[offset : offset + length])
    arrays = {}
    for entry in index["arrays"]:
        dtype = np.dtype(entry["dtype"])
        size = int(np.prod(entry["shape"])) * dtype.itemsize
        raw = data[entry["offset"] : entry["offset"] + size]
        arrays[entry["name"]] = np.frombuffer(raw, dtype).reshape(entry["shape"]).copy()
    return index, arrays


def whole_file(kind: str, header: Any, arrays: dict[str, np.ndarray], blocks: bool = True) -> bytes:
    """A file with right checksums, whatever it holds; not by nlpzero's own writer, which would
    refuse some.
    """
    out = bytearray(b"NLPZERO\x00" + struct.pack("<Q", 1))
    entries = []
    for name, values in arrays.items():
        out += bytes(-len(out) % 64)
        raw = np.ascontiguousarray(values).tobytes()
        entry = {
            "name": name,
            "dtype": values.dtype.str,
            "shape": list(values.shape),
            "offset": len(out),
            "crc32": zlib.crc32(raw),
        }
        if blocks and values.ndim == 1 and len(raw) > 1 << 20:
            entry["blocks"] = [
                zlib.crc32(raw[at : at + (1 << 20)]) for at in range(0, len(raw), 1 << 20)
            ]
        entries.append(entry)
        out += raw
    return with_index(bytes(out), {"kind": kind, "header": header, "arrays": entries})


def with_index(body: bytes, index: Any) -> bytes:
    """A file of some bytes and an index with its trailer."""
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return (
        body + text + struct.pack("<QQQ", len(body), len(text), zlib.crc32(text)) + b"NLPZERO\x00"
    )


def by_hand(kind: str, data: bytes, random: Random) -> tuple[str, bytes]:
    """What was done, and the file."""
    index, arrays = parts(data)
    choice = random.random()
    if choice < 0.1:
        body = data[: struct.unpack("<QQQ", data[-32:-8])[0]]
        what = changed_json(index["arrays"], random)
        return f"index {what}", with_index(body, index)
    if choice < 0.25:
        what = changed_json(index["header"], random)
        return f"header {what}", whole_file(index["kind"], index["header"], arrays)
    names = [name for name, values in arrays.items() if values.size] or list(arrays)
    done = []
    for _ in range(1 if random.random() < 0.8 else 2):
        name = names[random.integers(len(names))]
        if kind == "base" and random.random() < 0.95:
            from nlpzero.learning.base_model import _STORED

            section = np.frombuffer(zlib.decompress(arrays[name].tobytes()), _STORED[name])
            what, section = changed_array(section, random)
            packed = zlib.compress(np.ascontiguousarray(section).tobytes(), 1)
            arrays[name] = np.frombuffer(packed, np.uint8)
        else:
            what, arrays[name] = changed_array(arrays[name], random)
        done.append(f"{name} {what}")
    return ", ".join(done), whole_file(index["kind"], index["header"], arrays)


def changed_array(values: np.ndarray, random: Random) -> tuple[str, np.ndarray]:
    """An array with something else in it."""
    way = int(random.integers(9))
    flat = values.copy()
    rows = len(flat)
    if way == 0 or not flat.size:
        return "shorter", flat[: random.integers(rows + 1)]
    if way == 1:
        return "longer", np.concatenate([flat, flat[: int(random.integers(1, rows + 1))]])
    if way == 2:
        return "in another order", random.permutation(flat)
    if way == 3:
        return "turned round", flat[::-1].copy()
    if way == 4:
        kinds = ["<u1", "<u2", "<u4", "<u8", "<i4", "<i8", "<f4", "<f8"]
        other = np.dtype(kinds[random.integers(len(kinds))])
        with np.errstate(all="ignore"):
            return f"as {other}", flat.astype(other)
    if way == 5:
        return "in another shape", flat.reshape(-1)[: flat.size // 2 * 2].reshape(-1, 2)
    entries = flat.reshape(-1)
    chosen = random.integers(len(entries), size=1 if way == 6 else int(random.integers(1, 50)))
    if way == 8:
        # what is nearly right: small steps
        with np.errstate(all="ignore"):
            step = random.integers(-3, 4, size=len(chosen)).astype(entries.dtype)
            entries[chosen] += step
        return "a little off", flat
    if entries.dtype.kind == "f":
        special = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, -1.0, 1.0]
    else:
        info = np.iinfo(entries.dtype)
        special = [info.min, info.max, 0, 1, info.max - 1, len(entries), info.max // 2]
    with np.errstate(all="ignore"):
        value = special[random.integers(len(special))]
        if entries.dtype.kind != "f":
            value = min(max(int(value), int(info.min)), int(info.max))
        entries[chosen] = value
    return f"with {value}", flat


def changed_json(value: Any, random: Random) -> str:
    """Change one thing in a JSON value; says what."""
    at, name = value, ""
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            if isinstance(at, list):
                at.append([0])
            return f"{name} grown"
        key = keys[random.integers(len(keys))]
        name += f".{key}"
        if not isinstance(at[key], dict | list) or random.random() < 0.2:
            break
        at = at[key]
    choice = random.random()
    if choice < 0.2:
        del at[key]
        return f"{name} gone"
    others: list[Any] = [
        None, True, 0, -1, 1, 5, 16, 2**31, 2**63, -(2**63), 10**30, 0.5, 1e308, float("nan"),
        float("inf"), "", "x", "date", "characters", [], {}, [[]], [1, 2], {"a": []}, [None],
    ]  # fmt: skip
    at[key] = others[random.integers(len(others))]
    return f"{name} = {str(at[key])[:20]}"


# ------------------------------------------------------------------------------------------ rounds


class Outcome(NamedTuple):
    """What happened in one round.

    result : str
        "refused", "same", "used" (a file made by hand gave some result), or one of `WRONG`.
    what : str
    said : str
    """

    result: str
    what: str
    said: str


def parse_once() -> None:
    """Keep what a command line was parsed to: for the same one over and over, parsing takes longer
    than what the command does.
    """
    import click

    kept: dict[tuple[str | None, ...], click.Context] = {}
    parse = click.Command.make_context

    def make_context(
        command: click.Command,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if parent is None:  # the group takes its context apart
            return parse(command, info_name, args, parent, **extra)
        line = (info_name, *args)
        if line not in kept:
            kept[line] = parse(command, info_name, args, parent, **extra)
        return kept[line]

    click.Command.make_context = make_context  # type: ignore[method-assign]


def run_command(args: list[str]) -> tuple[int, str, bytes | None]:
    """Exit code, standard error and result of a command, in this process."""
    from nlpzero_cli.main import run

    out = Path(args[-1] if args[-2] == "-o" else args[args.index("-o") + 1])
    out.unlink(missing_ok=True)
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = run(args)
    return code, errors.getvalue(), out.read_bytes() if out.exists() else None


def peak_memory() -> int:
    """Most memory that this process has held, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged(
    kind: str, damaged: Damaged, file: Path, whole: Path, use: int, expected: Any
) -> Outcome:
    """Use a damaged file."""
    file.write_bytes(damaged.data)
    args = uses(kind, file, whole)[use]
    try:
        code, said, result = run_command(args)
    except BaseException:  # noqa: BLE001 (whatever it is, it should not be)
        return Outcome("traceback", damaged.what, traceback.format_exc()[-1500:])
    said = said.strip().replace(str(file.parent), "")
    if code == 1 and result is None and "Error:" in said and said.count("\n") == 0:
        return Outcome("refused", damaged.what, said)
    if code == 2 and damaged.by_hand and "n-grams of 1 to" in said:
        return Outcome("used", damaged.what, said)  # a valid file, of a lower order than is listed
    if code != 0:
        return Outcome("traceback", damaged.what, f"exit {code}: {said}")
    if not damaged.by_hand:
        return Outcome("same" if result == expected else "different", damaged.what, said)
    if args[0] == "merge":
        merged = file.parent / "out"
        copy = file.parent / "merged.nz"
        copy.write_bytes(merged.read_bytes())
        code, said, _ = run_command(["info", "--verify", str(copy), "-o", str(merged)])
        if code:
            return Outcome("laundered", damaged.what, said)
    return Outcome("used", damaged.what, said)


def worker(kind: str, source: Path, first: int, last: int, seed: int, pipe: Connection) -> None:
    """Run rounds, and report each."""
    parse_once()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (source.parent / "text.txt", source.parent / "own.txt", source):
            shutil.copy(path, folder)
        whole, file = folder / source.name, folder / "file.nz"
        data = whole.read_bytes()
        shutil.copy(whole, file)
        commands = uses(kind, file, whole)
        expected = []
        for args in commands:
            code, said, result = run_command(args)
            assert code == 0, (args, said)
            expected.append(result)
        _, _ = by_hand(kind, data, np.random.default_rng(0))
        if kind == "base":
            # a few lines are cut without compiled code, whose memory is not what a file takes
            lines = (folder / "text.txt").read_text(encoding="utf-8")
            (folder / "long.txt").write_text(lines * 200, encoding="utf-8")
            code, said, _ = run_command(
                [str(folder / "long.txt") if "text.txt" in arg else arg for arg in commands[0]]
            )
            assert code == 0, said
        before = peak_memory()
        for number in range(first, last):
            random = np.random.default_rng([seed, KINDS.index(kind), number])
            use = int(random.integers(len(commands)))
            damaged = damage(kind, data, random)
            pipe.send((number, damaged.what, None))
            outcome = judged(kind, damaged, file, whole, use, expected[use])
            if peak_memory() > before + len(damaged.data) + MOST_MEMORY:
                outcome = outcome._replace(result="memory")
                before = peak_memory()
            pipe.send((number, damaged.what, outcome))
    pipe.send(None)


def rounds(
    kind: str, source: Path, first: int, last: int, seed: int
) -> Iterator[tuple[int, Outcome]]:
    """Outcomes of some rounds, whatever becomes of the process that runs them."""
    context = multiprocessing.get_context("spawn")
    while first < last:
        mine, its = context.Pipe()
        process = context.Process(target=worker, args=(kind, source, first, last, seed, its))
        process.start()
        its.close()
        number, what = first - 1, "start"
        patience = 300.0  # it may have to compile first
        while True:
            if not mine.poll(patience):
                process.kill()
                yield number, Outcome("hang", what, "")
                break
            try:
                message = mine.recv()
            except EOFError:
                process.join()
                yield number, Outcome("crash", what, f"exit code {process.exitcode}")
                break
            if message is None:
                number = last
                break
            number, what, outcome = message
            patience = TIMEOUT
            if outcome is not None:
                yield number, outcome
        process.join()
        mine.close()
        first = max(number + 1, first + 1)


def _run_part(part: tuple[str, str, int, int, int]) -> list[tuple[int, Outcome]]:
    kind, source, first, last, seed = part
    return list(rounds(kind, Path(source), first, last, seed))


# ------------------------------------------------------------------------------------------- record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true", help="write to benchmarks/runs")
    args = parser.parse_args()
    kinds = tuple(args.kinds) or KINDS
    rows: dict[str, Counter[str]] = {}
    wrong: list[tuple[str, int, Outcome]] = []
    seconds: dict[str, float] = {}
    sizes: dict[str, int] = {}
    refused: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_files(Path(folder), kinds)
        for kind in kinds:
            sizes[kind] = paths[kind].stat().st_size
            started = time.perf_counter()
            number = args.rounds // 10 if kind in LARGE else args.rounds
            bounds = [number * i // args.jobs for i in range(args.jobs + 1)]
            work = [
                (kind, str(paths[kind]), a, b, args.seed) for a, b in itertools.pairwise(bounds)
            ]
            counted: Counter[str] = Counter()
            with ThreadPoolExecutor(args.jobs) as threads:
                for part in threads.map(_run_part, work):
                    for number, outcome in part:
                        counted[outcome.result] += 1
                        if outcome.result in WRONG:
                            wrong.append((kind, number, outcome))
                        if outcome.result == "refused":
                            refused[reason(outcome.said)] += 1
            rows[kind] = counted
            seconds[kind] = time.perf_counter() - started
            print(f"{kind}: {dict(counted)} in {seconds[kind]:.0f} s", flush=True)
            if args.record:
                record(args, rows, sizes, wrong, refused)
    for kind, number, outcome in wrong[:40]:
        print(
            f"{kind} round {number}: {outcome.result}: {outcome.what}\n{outcome.said}", flush=True
        )
    sys.exit(1 if wrong else 0)


def reason(said: str) -> str:
    """A message without what differs from file to file."""
    text = said.partition("file.nz: ")[2] or said
    return "".join("N" if c.isdigit() else c for c in text)[:90]


def record(
    args: argparse.Namespace,
    rows: dict[str, Counter[str]],
    sizes: dict[str, int],
    wrong: list[tuple[str, int, Outcome]],
    refused: Counter[str],
) -> None:
    """Write the figures to benchmarks/runs."""
    folder = ROOT / "benchmarks" / "runs" / f"{date.today().isoformat()}-damage"
    folder.mkdir(parents=True, exist_ok=True)
    columns = ("refused", "same", "used", *WRONG)
    lines = [
        "# Damaged files, and files made by hand",
        "",
        __doc__.split("\n\n")[2].strip(),
        "",
        *(f"- {name}: {value}" for name, value in benchmark("harness").machine().items()),
        f"- run: python -m tests.damage {shlex.join(sys.argv[1:])}",
        "",
        "About half of the rounds of each kind are with right checksums.",
        "`used`: a file with right checksums that is another one, but valid.",
        "",
        "| kind | bytes | rounds | " + " | ".join(columns) + " |",
        "|---|--:|--:|" + "--:|" * len(columns),
    ]
    for kind, counted in rows.items():
        cells = " | ".join(f"{counted[name]:,}" for name in columns)
        lines.append(f"| {kind} | {sizes[kind]:,} | {sum(counted.values()):,} | {cells} |")
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    with open(folder / "raw.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["refused because", "rounds"])
        table.writerows(refused.most_common(200))
        for kind, round_number, outcome in wrong:
            table.writerow([f"{kind} {round_number}: {outcome.result}: {outcome.what}", 1])


if __name__ == "__main__":
    main()
