"""``nlpzero export``: a word list as a dictionary for other programs."""

from importlib.util import find_spec
from pathlib import Path

import click

import nlpzero

from . import options
from .command import Command
from .dictionaries import DICTIONARIES, warn_left_out, write_dictionary
from .progress import note, number_of
from .tokenizing import read_stopwords
from .word_lists import read_list, read_list_with_evidence

# formats of a file of vectors
VECTOR_FORMATS = ("word2vec", "word2vec-text", "numpy")


@click.command(cls=Command)
@click.argument("list_", metavar="[LIST]", default="-")
@options.encoding("the list")
@click.option(
    "-f",
    "--format",
    required=True,
    type=click.Choice((*DICTIONARIES, *VECTOR_FORMATS)),
    help="Whose dictionary. plain: one word a line. wordcloud: a JSON object from words to "
    "weights. sentencepiece: one word a line for its user_defined_symbols. Of a file of `vectors`: "
    "word2vec (binary), word2vec-text, numpy (an .npy file, and the words as .txt).",
)
@click.option(
    "--with-frequency",
    is_flag=True,
    help="Write counts into jieba and hanlp dictionaries; without them jieba finds its own, which "
    "is better.",
)
@click.option(
    "--no-coarser",
    is_flag=True,
    help="For jieba: leave out free combinations, such as 让我, which would join words that it "
    "rightly cuts, and what the list shows to be parts of longer words.",
)
@click.option(
    "--against",
    metavar="DICT",
    help="The dictionary that is in use, for --no-coarser.  [default: that of the installed "
    "package jieba]",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Leave out words with smaller counts.",
)
@options.top("Only the first N words.")
@options.stopwords()
@options.list_encoding()
@options.writing()
def export(
    list_: str,
    encoding: str,
    format: str,
    with_frequency: bool,
    no_coarser: bool,
    against: str | None,
    min_count: int | None,
    top: int | None,
    stopwords: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Write a word list as a dictionary, or vectors as a file, for other programs.

    LIST is what `discover`, `select` or `count` write, in any format, a file of `discover --save`
    or `count --save-counts`, or any other list of words. The dictionary is UTF-8 without a byte
    order mark, one word a line, without frequencies unless asked for. Words that the program could
    not hold are left out, and a warning says how many and why.

    \b
    Examples:
      nlpzero export found.tsv --format jieba -o userdict.txt
      nlpzero export found.tsv --format jieba --no-coarser -o userdict.txt
      nlpzero discover news.txt | nlpzero export --format ik -o words.dic
      nlpzero export counts.nz --format wordcloud --top 200 -o cloud.json
      nlpzero export v.nz --format word2vec -o v.bin
    """
    if format in VECTOR_FORMATS:
        _export_vectors(list_, format, output, top, min_count, quiet=quiet)
        return
    if with_frequency and format not in ("jieba", "hanlp"):
        raise click.UsageError("--with-frequency goes with --format jieba or hanlp.")
    if no_coarser and format != "jieba":
        raise click.UsageError("--no-coarser is about the words of jieba; give --format jieba.")
    if against is not None and not no_coarser:
        raise click.UsageError("--against goes with --no-coarser.")
    stopped = frozenset() if stopwords is None else read_stopwords(stopwords)
    listed, pmi, entropy = read_list_with_evidence(list_, encoding)
    rows = [
        row
        for row in zip(listed.words, listed.counts.tolist(), pmi, entropy, strict=True)
        if (min_count is None or not row[1] < min_count) and row[0] not in stopped
    ]
    if no_coarser:
        jieba = read_list(_jieba_s() if against is None else against, counts=True)
        coarser = nlpzero.coarsening_words(
            [row[0] for row in rows],
            jieba,
            pmi=[row[2] for row in rows],
            entropy=[row[3] for row in rows],
        )
        for reason, words in coarser.items():
            warn_left_out(words, "the dictionary", reason)
        out = frozenset(word for words in coarser.values() for word in words)
        rows = [row for row in rows if row[0] not in out]
    words, counts = [row[0] for row in rows[:top]], [row[1] for row in rows[:top]]
    note(f"{number_of(len(words), 'word')} to export", quiet=quiet)
    write_dictionary(words, output, format, counts, with_frequency=with_frequency)


def _export_vectors(
    path: str,
    format: str,
    output: str | None,
    top: int | None,
    min_count: int | None,
    *,
    quiet: bool,
) -> None:
    if output is None:
        raise click.UsageError(f"--format {format} is no text to be shown; name a file with -o.")
    if not nlpzero.is_stored(path):
        raise click.UsageError(f"--format {format} is for a file that `vectors` wrote.")
    vectors = nlpzero.load_vectors(path).most_frequent(top, min_count or 0)
    if format == "numpy":
        if not output.endswith(".npy"):
            raise click.UsageError("--format numpy writes an array; name a file -o NAME.npy.")
        vectors.to_numpy(output, output.removesuffix(".npy") + ".txt")
    else:
        vectors.to_word2vec(output, binary=format == "word2vec")
    note(f"{len(vectors):,} words to export", quiet=quiet)


def _jieba_s() -> str:
    """The dictionary of the package jieba, which is found but not imported."""
    spec = find_spec("jieba")
    path = None if spec is None or spec.origin is None else Path(spec.origin).with_name("dict.txt")
    if path is None or not path.is_file():
        raise click.UsageError(
            "--no-coarser compares with jieba's dictionary, and the package jieba is not "
            "installed; name a dictionary with --against."
        )
    return str(path)
