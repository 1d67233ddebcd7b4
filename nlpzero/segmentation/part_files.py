"""A segmented corpus as part files in a folder: each worker writes its own, so that nothing has to
pass through one machine.
"""

import os
from dataclasses import dataclass

from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.stores import file_system, is_url, joined, local_path, store_errors
from nlpzero.engine.temporary import PathLike, atomic_output
from nlpzero.errors import NlpzeroError
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.shared import SharedModel, for_workers, opened
from nlpzero.segmentation.writing import Form, Format, SegmentSummary, shard_parts, write_parts
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.text.decoding import settled_encoding

# bytes of text for a part file
PART_BYTES = 16 << 20
#: The empty file that is written when all parts are there.
COMPLETE = "_SUCCESS"


@dataclass(frozen=True)
class _Numbered:
    """A shard, and the part file that is its result; what :class:`nlpzero.engine.parallel.Shard`
    asks for.

    shard : Shard
    path : str
        Of the part file.
    last : bool
        No text follows.
    """

    shard: Shard
    path: str
    last: bool

    @property
    def name(self) -> str:
        return self.shard.name

    @property
    def portable(self) -> bool:
        return self.shard.portable

    @property
    def identity(self) -> str:
        return f"{self.shard.identity} {self.path} {self.last}"


def _prepare(folder: str, *, again: bool) -> None:
    """Make a folder; it must be empty unless a run goes on there."""
    if is_url(folder):
        system, path = file_system(folder)
        with store_errors(folder):
            there = system.ls(path, detail=False) if system.isdir(path) else []
            if not there:
                system.makedirs(path, exist_ok=True)
    else:
        try:
            os.makedirs(folder, exist_ok=True)
            there = os.listdir(folder)
        except OSError as error:
            raise NlpzeroError(f"{folder}: cannot be written: {error.strerror}") from error
    if there and not again:
        raise NlpzeroError(f"{folder}: is not empty; name a new folder for the parts")


def segment_to_parts(
    corpus: Corpus | Shard,
    segmenter: Segmenter,
    folder: PathLike,
    *,
    separator: str = " ",
    format: Format = "text",
    part_bytes: int = PART_BYTES,
    resources: Resources | None = None,
) -> SegmentSummary:
    """Segment a corpus into part files: ``part-000000``, ``part-000001`` and so on.

    One after the other they are what :func:`segment_corpus` writes. Workers write them, on a
    cluster too, where the folder must have the same name on all machines, or be a URL that fsspec
    writes. An empty file ``_SUCCESS`` says that all are there.

    Parameters
    ----------
    corpus : Corpus
    segmenter : Segmenter
    folder : path or URL
        Made if it is not there; otherwise it must be empty, unless a run with a checkpoint goes on.
    separator, format
        As for :func:`segment_corpus`.
    part_bytes : int >= 1
        Bytes of text for each part, about: text is cut at line ends, a compressed file is not cut.
        The parts depend on nothing else.
    resources : Resources, optional

    Returns
    -------
    SegmentSummary

    Raises
    ------
    ValueError
        The separator is empty or cannot be written in the encoding.
    NlpzeroError
        The folder is not empty or cannot be written, the text cannot be read, the disk is full.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from nlpzero import Corpus, VocabularySegmenter
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> corpus = Corpus.from_texts(["今天天气好", "今天下雨"])
    >>> summary = segment_to_parts(corpus, VocabularySegmenter(["天气", "今天"]), folder)
    >>> sorted(path.name for path in folder.iterdir())
    ['_SUCCESS', 'part-000000']
    >>> (folder / "part-000000").read_text(encoding="utf-8")
    '今天 天气 好\\n今天 下 雨\\n'
    """
    if part_bytes < 1:
        raise ValueError(f"`part_bytes` must be an integer >= 1, got {part_bytes}.")
    text = as_corpus(corpus)
    form = Form(separator, format, settled_encoding(text.encoding), text.errors)
    given = resources or Resources()
    place = os.fspath(folder)
    if is_url(place):
        place = local_path(place) or place
    if not is_url(place):
        place = os.path.abspath(place)
    _prepare(place, again=given.checkpoint is not None)
    shards = text.shards(1, part_bytes)
    with_text = [number for number, shard in enumerate(shards) if shard.size != 0]
    last = max(with_text, default=0)
    numbered = [
        _Numbered(shard, joined(place, f"part-{number:06d}"), number >= last)
        for number, shard in enumerate(shards)
    ]
    with open_passes(text, given, compiled=format == "text") as passes:
        shared = segmenter if passes.single else for_workers(segmenter, passes)
        seen = False
        for found in passes.map(_segment_part, shared, form, stage="segment", shards=numbered):
            seen = seen or found
        with atomic_output(joined(place, COMPLETE)):
            pass
        return SegmentSummary(passes.read, seen)


def _segment_part(
    part: _Numbered, shared: Segmenter | SharedModel, form: Form, *, report: ReadReport
) -> bool:
    """Write a part file; whether the separator was seen."""
    # a part that is done again, on a cluster that lost a worker, is the same and takes its place
    with atomic_output(part.path) as file:
        last = write_parts(shard_parts(opened(shared), form, part.shard, report), file)
        if last.line_end and not part.last:
            file.write(last.line_end)
    return last.separator_seen
