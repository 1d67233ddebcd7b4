"""Vectors of words beside gensim's, from segmented text to vectors: speed and quality.

Usage: python benchmarks/bench_vectors.py --data FOLDER [--similarity FOLDER] [--gensim PYTHON]
       [--corpora news,tech,mix] [--epochs 5,10,20] [--jobs 1,2] [--lines N] [--rounds N]

--data holds texts, NAME.txt or NAME.txt.gz; `mix` is all of news, reviews, wiki and tech together.
--similarity holds wordsim-240.txt, wordsim-297.txt and hotel-polarity.csv.gz. gensim runs in a
process of its own, of another Python if one is named, with its defaults beside what is said here.
Seconds of processor are compared, those of the start of the process and of reading among them;
cases run in turn.
"""

import argparse
import itertools
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bench_discover import table
from harness import NLPZERO, WORK, Benchmark

import nlpzero

GENSIM = """
import sys
from gensim.models.doc2vec import Doc2Vec
from gensim.models.word2vec import Word2Vec
kind, text, out, epochs, workers, sentences = sys.argv[1:]
given = dict(corpus_file=text, vector_size=100, window=5, min_count=5, epochs=int(epochs),
             workers=int(workers), seed=1)
if kind == "sgns":
    model = Word2Vec(sg=1, **given)
else:
    model = Doc2Vec(dm=0, dbow_words=1, **given)
model.wv.save_word2vec_format(out, binary=True)
if sentences:
    import numpy as np
    lines = [line.split() for line in open(sentences, encoding="utf-8")]
    np.save(out + ".npy", np.array([model.infer_vector(line) for line in lines]))
"""
MIX = ("news", "reviews", "wiki", "tech")
PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 "
    "广东 海南 四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"
)
COUNTRIES = (
    "美国 英国 法国 德国 日本 韩国 朝鲜 印度 俄罗斯 加拿大 澳大利亚 新西兰 巴西 阿根廷 墨西哥 "
    "意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 瑞典 挪威 芬兰 丹麦 波兰 匈牙利 奥地利 希腊 土耳其 埃及 "
    "南非 伊朗 伊拉克 以色列 沙特阿拉伯 巴基斯坦 阿富汗 泰国 越南 缅甸 老挝 柬埔寨 马来西亚 "
    "新加坡 印度尼西亚 菲律宾 蒙古 乌克兰 哈萨克斯坦 古巴 智利 秘鲁 委内瑞拉 哥伦比亚 肯尼亚 "
    "尼日利亚 苏丹 利比亚 阿尔及利亚"
)
TESTS = ("wordsim-240", "wordsim-297", "provinces", "countries", "polarity")
_DRAWS, _SEEDS = 10, 5


def corpus(name: str, data: Path, lines: int | None) -> Path:
    """The text of a corpus, cut by the base model, with spaces between words."""
    raw, cut = WORK / f"{name}.raw.txt", WORK / f"{name}.cut.txt"
    with open(raw, "w", encoding="utf-8") as out:
        for part in MIX if name == "mix" else (name,):
            plain = data / f"{part}.txt"
            source = nlpzero.Corpus(plain if plain.exists() else data / f"{part}.txt.gz")
            out.writelines(f"{line}\n" for line in itertools.islice(source.lines(), lines))
    subprocess.run([*NLPZERO, "segment", "-q", str(raw), "-o", str(cut)], check=True)
    return cut


def measured(command: Sequence[str]) -> tuple[float, float]:
    """Seconds of processor and on the clock that a command takes."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, ended - begun


# --- quality --------------------------------------------------------------------------------------


def _ranks(values: Sequence[float]) -> np.ndarray:
    array = np.array(values)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(vectors: nlpzero.WordVectors, path: Path) -> tuple[float, int]:
    """Rank correlation with people's judgement, over the pairs of which both words are known."""
    pairs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        one, other, score = line.split()[:3]
        if one != other and one in vectors and other in vectors:
            pairs.append((float(score), vectors.similarity(one, other)))
    if len(pairs) < 3:
        return float("nan"), len(pairs)
    judged, found = zip(*pairs, strict=True)
    return float(np.corrcoef(_ranks(judged), _ranks(found))[0, 1]), len(pairs)


def expansion(vectors: nlpzero.WordVectors, words: str) -> tuple[float, int]:
    """R-precision of what five words of a class find of the others, the mean of ten draws."""
    known = [word for word in words.split() if word in vectors]
    if len(known) <= _SEEDS:
        return float("nan"), len(known)
    random, found = np.random.default_rng(0), []
    for _ in range(_DRAWS):
        seeds = [str(word) for word in random.choice(known, _SEEDS, replace=False)]
        rest = set(known) - set(seeds)
        nearest = {row.word for row in vectors.similar(seeds, top=len(rest))}
        found.append(len(rest & nearest) / len(rest))
    return float(np.mean(found)), len(known)


def polarity(rows: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of logistic regression: learned from two thirds, tried on the others."""
    x = np.hstack([rows / max(rows.std(), 1e-9), np.ones((len(rows), 1))])
    train = np.arange(len(x)) % 3 != 0
    weights, penalty = np.zeros(x.shape[1]), np.eye(x.shape[1])
    penalty[-1, -1] = 1e-6
    for _ in range(20):  # Newton's steps
        p = 1 / (1 + np.exp(-np.clip(x[train] @ weights, -30, 30)))
        gradient = x[train].T @ (p - labels[train]) + penalty @ weights
        hessian = (x[train].T * (p * (1 - p))) @ x[train] + penalty
        weights -= np.linalg.solve(hessian, gradient)
    return float(((x[~train] @ weights > 0) == labels[~train]).mean())


class Quality:
    """The tests, and the reviews cut into words."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        source = nlpzero.Corpus(folder / "hotel-polarity.csv.gz", field="review")
        marked = nlpzero.Corpus(folder / "hotel-polarity.csv.gz", field="label")
        base = nlpzero.load_segmenter()
        reviews = ["".join(text.splitlines()) for text in _records(source)]
        self.labels = np.array([int(text) for text in _records(marked)])
        if len(reviews) != len(self.labels):
            raise SystemExit("a review without a label, or a label without a review")
        order = np.random.default_rng(0).permutation(len(reviews))
        self.labels = self.labels[order]
        self.reviews = [" ".join(base.segment(reviews[i])) for i in order.tolist()]
        self.path = WORK / "reviews.cut.txt"
        self.path.write_text("".join(f"{text}\n" for text in self.reviews), encoding="utf-8")

    def row(self, vectors: nlpzero.WordVectors, sentences: np.ndarray | None) -> list[str]:
        """A row of the table."""
        cells = []
        for name in ("wordsim-240", "wordsim-297"):
            value, known = spearman(vectors, self._folder / f"{name}.txt")
            cells.append(f"{value:.3f} ({known})")
        for words in (PROVINCES, COUNTRIES):
            value, known = expansion(vectors, words)
            cells.append(f"{value:.3f} ({known})")
        rows = vectors.sentences(self.reviews) if sentences is None else sentences
        return [*cells, f"{polarity(rows, self.labels):.3f}"]


def _records(source: nlpzero.Corpus) -> list[str]:
    """The field of each record; line ends inside are spaces."""
    found: dict[int, list[str]] = {}
    for _, number, line in source.numbered_lines():
        found.setdefault(number, []).append(line)
    return [" ".join(lines) for lines in found.values()]


# --- all of it ------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--similarity", type=Path)
    parser.add_argument("--gensim", default=sys.executable)
    parser.add_argument("--corpora", default="news,tech,mix")
    parser.add_argument("--epochs", default="5,10,20")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--kinds", default="sgns,doc2vec")
    parser.add_argument("--lines", type=int, help="of each text, for a short run")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Benchmark("vectors", __doc__.splitlines()[0], f"texts {given.corpora}", ("gensim",))
    quality = None if given.similarity is None else Quality(given.similarity)
    reviews = "" if quality is None else str(quality.path)
    for name in given.corpora.split(","):
        text = corpus(name, given.data, given.lines)
        rows, scores = [], []
        for jobs in given.jobs.split(","):
            ours, learn = WORK / "ours.nz", [*NLPZERO, "vectors", "-q", "--whitespace"]
            cases: dict[str, tuple[list[str], Path]] = {
                "nlpzero": ([*learn, str(text), "-o", str(ours), "-j", jobs], ours)
            }
            for kind in filter(None, given.kinds.split(",")):
                for epochs in given.epochs.split(","):
                    out = WORK / f"{kind}{epochs}.bin"
                    sentences = reviews if kind == "doc2vec" and jobs == "1" else ""
                    arguments = [kind, str(text), str(out), epochs, jobs, sentences]
                    cases[f"gensim {kind}, {epochs} epochs"] = (
                        [given.gensim, "-c", GENSIM, *arguments],
                        out,
                    )
            measured(cases["nlpzero"][0])  # compiles
            times: dict[str, list[tuple[float, float]]] = {case: [] for case in cases}
            for _ in range(given.rounds):
                for case, (command, _) in cases.items():
                    times[case].append(measured(command))
            base = np.median(np.array(times["nlpzero"]), axis=0)
            for case, found in times.items():
                cpu, wall = np.median(np.array(found), axis=0)
                ratios = [f"{cpu / base[0]:.1f}", f"{wall / base[1]:.1f}"]
                rows.append([case, jobs, f"{cpu:.1f}", f"{wall:.1f}", *ratios])
            if quality is not None and jobs == "1":
                scores = [
                    [case, *quality.row(*_loaded(path, ours))] for case, (_, path) in cases.items()
                ]
        size = text.stat().st_size / 1e6
        head = ["case", "cores", "CPU s", "s", "CPU / ours", "s / ours"]
        table(bench, f"{name}, {size:.1f} MB segmented", head, rows)
        if scores:
            head = ["vectors", "wordsim-240", "wordsim-297", "provinces", "countries", "polarity"]
            table(
                bench, f"Quality, learned from {name} (in brackets: words or pairs)", head, scores
            )
    bench.write()


def _loaded(path: Path, ours: Path) -> tuple[nlpzero.WordVectors, np.ndarray | None]:
    """Vectors, and those of the reviews where the program has its own."""
    if path == ours:
        return nlpzero.load_vectors(path), None
    theirs = nlpzero.vectors_from_word2vec(path)
    known = nlpzero.load_vectors(ours)
    counts = [int(known.counts[known.rows[w]]) if w in known else 0 for w in theirs.words]
    whole = nlpzero.WordVectors(
        theirs.words, counts, theirs.array, tokenizer="whitespace", tokens=known.tokens
    )
    own = path.with_name(path.name + ".npy")
    return whole, np.load(own) if own.exists() and path.name.startswith("doc2vec") else None


if __name__ == "__main__":
    main()
