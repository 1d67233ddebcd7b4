"""Without the compiler the same code gives the same answers, slowly: every area, and every
kernel.
"""

import ast
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Runs an area and prints its answers; the kernels that were called go to standard error, where they
# can be told.
PROGRAM = """
import functools, json, os, sys, warnings
warnings.simplefilter("error")
from nlpzero.engine import jit

called = set()
kernel = jit.kernel

def told(function):
    @functools.wraps(function)
    def run(*arguments):
        called.add(f"{function.__module__}.{function.__qualname__}")
        return inner(*arguments)
    inner = kernel(function)
    return run

if os.environ["NUMBA_DISABLE_JIT"] == "1":
    jit.kernel = told

import numpy as np
import nlpzero

texts = [
    "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。", "葡萄架下哈哈哈哈哈", "摘葡萄，买K线图；看K线图！",
    "𠮷野家 2024年3月5日，三千零五十人。", "𠮷野家哈哈……", "葡萄的皮好吃吗", "葡萄的架子好看吗",
    "今天天气好，天气很好。", "今天天气不好，天气很热，明天天气好。",
]
unseen = "今天的葡萄皮很热，看不见𠮷野家。"

def show(segmenter):
    for text in [*texts, unseen]:
        print(segmenter.segment(text), segmenter.sample(text, seed=3))
        # compiled exp and interpreted exp may differ in the last bit
        print(segmenter.probabilities(text).round(12).tolist())
    print(segmenter.segment_to_text("\\n".join(texts)))

exec(sys.argv[1])
print(json.dumps(sorted(called)), file=sys.stderr)
"""

AREAS = {
    "ngrams": """
counts = nlpzero.count_ngrams(texts, order=6)
print(counts.keys.tolist(), counts.count_of(["葡萄", "不吐葡萄皮", "𠮷野家"]).tolist())
print([counts.left_entropy(n).tolist() for n in (1, 2, 3)])
both = nlpzero.merge_counts(counts, nlpzero.count_ngrams(["葡萄酒"], order=6))
print(both.total, both.count_of(["葡萄", "葡萄酒"]).tolist())
counts.save("counts.nz")
print(nlpzero.NGramCounts.load("counts.nz").count_of(["葡萄", "不吐葡萄皮"]).tolist())
from nlpzero.text.alphabet import Alphabet
with open("text.txt", "w", encoding="utf-8") as file:
    print(*texts, sep=chr(10), file=file)
counts = nlpzero.count_ngrams(nlpzero.Corpus("text.txt"), alphabet=Alphabet(keep="all"))
print(counts.keys.tolist(), counts.alphabet.astral)
""",
    "sorting": """
from nlpzero.engine import digit_sort
from nlpzero.engine.sorted_runs import in_memory, merge_in_memory
from nlpzero.ngrams import window_counter
from nlpzero.text.alphabet import GrowingAlphabet
rng = np.random.default_rng(0)
digit_sort.FEW = window_counter.FEW = 0
for high in (9, 1 << 40, 1 << 63):
    keys = rng.integers(0, high, 300, np.uint64)
    keys[:150] = rng.integers(0, 1000, 150, np.uint64)
    found = digit_sort.count_keys(keys.copy(), np.empty_like(keys))
    print([column.tolist() for column in found])
far = str.maketrans("吃皮", "\U00021000𠮷")
counter = window_counter.WindowCounter(1 << 20)
alphabet = GrowingAlphabet(nlpzero.Alphabet())
for text in texts:
    counter.add(alphabet.symbols(text.translate(far)))
    counter._flush(counter._filled - 3)
runs = counter.finish(alphabet.freeze()[1])
print([column.tolist() for column in in_memory(merge_in_memory(runs, 2))])
""",
    "language model": """
model = nlpzero.KneserNeyModel.from_counts(nlpzero.count_ngrams(texts, order=5), 5)
print([model.score(text) for text in [*texts, unseen]], model.log_prob("皮", "葡萄"))
print([column.tolist() for column in model.score_all(texts)])
show(nlpzero.learn_segmenter(texts, nlpzero.CharacterModel()))
""",
    "vocabulary": """
from nlpzero.segmentation.pieces import whole_pieces
from nlpzero.segmentation.lattice import Edges, marginals_edges
edges = np.array([0, 2, 3, 3]), np.array([1, 3, 2]), np.log([0.5, 0.2, 0.9])
print(marginals_edges(Edges(*edges, np.zeros(4, np.uint8))).round(12))
segmenter = nlpzero.VocabularySegmenter({"葡萄": 5.0, "葡萄皮": 2.0, "天气": 3.0, "𠮷野家": 1.0})
for numbers in ("learned", "date", "split"):
    show(segmenter.with_numbers(numbers))
print(list(whole_pieces(["".join(texts)], 20)))
many = segmenter.with_words([chr(0x4E00 + i) * 9 for i in range(300)])
print(many.lexicon())
""",
    "tokens that stay whole, own words": """
kept = [
    "见https://例子.com/葡萄?q=1&b=[2]。写信给li.lei@mail.example.com，www.example.com:8080/a/b，10.0.0.1/x",
    "文件在/usr/share/葡萄/a.tar.gz和C:\\\\data\\\\b.txt，还有./run.sh、~/notes.md、/home/a/葡萄.txt",
    "2024-05-20 12:30:05，2024/5/20，2024年3月5日，12:30，8:05pm，3-5岁，2008-2010年",
    "v2.0.1-beta，版本1.2.3，#葡萄架#，#tag，@li_lei，5G，C++17，.NET，SK-II，5w-30，A-B两队",
    "👨‍👩‍👧👍🏽🇨🇳1️⃣❤️，1,234,567元，房间302，8楼，1.中国，e.g.，3.5%",
]
segmenter = nlpzero.VocabularySegmenter({"葡萄": 5.0, "版本": 2.0, "文件": 3.0}, keep="all")
for text in kept:
    print(segmenter.segment(text))
learned = nlpzero.learn_segmenter(texts).with_words(["葡萄架子", "今天的"], weight=5.0)
print([learned.segment(text) for text in [*texts, unseen]])
""",
    "learned": """
show(nlpzero.learn_segmenter(texts))
segmenter = nlpzero.learn_segmenter(texts, nlpzero.BranchingEntropy())
print([segmenter.segment(text) for text in texts])
""",
    "base": """
base = nlpzero.learn_base(texts * 3, nlpzero.BASE_METHOD, size=50_000)
base.save("base.nz")
base = nlpzero.load_segmenter("base.nz")
print([base.segment(text) for text in [*texts, unseen]])
print(base.probabilities(unseen).round(9).tolist())
method = nlpzero.CoTraining(base="base.nz")
print([nlpzero.learn_segmenter(texts, method).segment(text) for text in [*texts, unseen]])
""",
    "discovery": """
for method in (nlpzero.Cohesion(min_pmi=(1, 1, 1)), nlpzero.MinEntropy(), nlpzero.Learned()):
    found = nlpzero.discover_words(texts, method, min_count=2).filter(min_length=1, latin=True)
    print([tuple(word) for word in found], found.removals, found.explain("葡萄"))
from nlpzero.discovery.string_table import StringTable
pieces = StringTable()
for symbols in (np.arange(3000, dtype=np.uint16), np.arange(2000, 5000, dtype=np.uint16)):
    pieces.add(symbols, np.arange(2998), np.arange(2, 3000))
    print(pieces.n, pieces.find(symbols, np.arange(0, 2998, 97), np.arange(2, 3000, 97)))
""",
    "words": """
segmenter = nlpzero.VocabularySegmenter(["天气", "今天"])
counts = nlpzero.count_words(texts * 3, segmenter, documents="line")
print(list(counts.items()), counts.documents, counts.document_frequency("天气"))
many = nlpzero.count_words([" ".join(map(str, range(9000)))], "whitespace")
print(b"".join(many.encode_rows("jsonl", top=9)), len(many))
from pathlib import Path
Path("text.txt").write_bytes("葡萄架子 葡萄架下 葡萄架".encode())
print(nlpzero.count_words(nlpzero.Corpus("text.txt"), "whitespace").most_common())
print(nlpzero.merge_word_counts([many, nlpzero.count_words(texts, list)]).most_common(9))
many.save("many.nz")
print(nlpzero.WordCounts.load("many.nz").most_common(9))
""",
    "itemsets": """
from nlpzero.rules import support_counting
support_counting._WORTH = support_counting._WORTH_COMPILING = 0.0
support_counting.interpreting = lambda: False
baskets = [[f"{c}{(n * n + n * c) % (c + 2)}" for c in range(6)] for n in range(60)]
found = nlpzero.frequent_itemsets(baskets, 0.1)
print([tuple(itemset) for itemset in found])
print([level.subsets.tolist() for level in found.levels])
""",
    "vectors": """
segmenter = nlpzero.VocabularySegmenter(["葡萄", "架子", "天气", "今天"])
method = nlpzero.WindowedCounts(dimensions=6, min_count=1)
vectors = nlpzero.learn_vectors(texts * 2, segmenter, method)
print(vectors.words, np.abs(vectors.array @ vectors.array.T).round(3).tolist())
near = [vectors.similar(word, top=2) for word in ("葡萄", "架下")]
# words that stand together only are equally near, to rounding
print([sorted((round(row.similarity, 3), row.word) for row in rows) for rows in near])
print(np.abs(vectors.sentences(texts) @ vectors.sentence(unseen)).round(3).tolist())
print([sorted(n.word for n in group) for group in vectors.clusters(2)])
for loss in ("program", "joint"):
    method = nlpzero.JoSE(6, 1, 1, loss=loss, epochs=1, sample=0.0, margin=2)
    vectors = nlpzero.learn_vectors(texts[5:6], segmenter, method)
    print(vectors.array.round(4).tolist(), vectors.sentence(unseen).round(4).tolist())
""",
    "templates": """
segmenter = nlpzero.VocabularySegmenter(["葡萄", "架子", "天气", "今天"])
for paths in (1, 64):
    links = nlpzero.LinkThresholds(max_paths=paths)
    table = nlpzero.find_templates(texts * 2, segmenter, min_count=2, links=links, fillers=3)
    print([tuple(found[:4]) for found in table])
    print([(str(head.template), round(head.saving, 9)) for head in table.heads])
    print([(*filler[:6], round(filler.g2, 9)) for filler in table.fillers])
parser = nlpzero.TemplateParser({found.template: found.count for found in table})
print([str(parser.parse(segmenter.segment(text))) for text in texts])
""",
}


@functools.cache
def answers(area: str, interpreted: bool) -> tuple[str, frozenset[str]]:
    """What an area prints, and the kernels it called."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, AREAS[area]],
            cwd=folder,
            env={**os.environ, "NUMBA_DISABLE_JIT": "01"[interpreted], "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), frozenset(json.loads(done.stderr))


def kernels() -> set[str]:
    """Names of all functions that are compiled."""
    return {
        ".".join([*path.relative_to(ROOT).with_suffix("").parts, node.name])
        for path in (ROOT / "nlpzero").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator) == "kernel" for decorator in node.decorator_list)
    }


@pytest.mark.parametrize("area", AREAS)
def test_the_same_answers_without_compiling(area: str) -> None:
    compiled, _ = answers(area, False)
    interpreted, called = answers(area, True)
    assert compiled == interpreted
    assert compiled
    assert called


def test_every_kernel_is_among_them() -> None:
    called = set().union(*(answers(area, True)[1] for area in AREAS))
    assert kernels() - called == set()
