"""Text cut at will, and budgets smaller than anybody may ask for."""

from dataclasses import dataclass

import nlpzero
from nlpzero.text.corpus import Shard


@dataclass(frozen=True)
class CutText(Shard):
    """UTF-8 text that arrives in these blocks."""

    cuts: tuple[bytes, ...] = ()

    def byte_blocks(self, size=0, *, report=None, progress=None):
        yield from self.cuts

    def blocks(self, chars=0, *, report=None, progress=None, end_lines=True):
        for cut in self.cuts:
            yield cut.decode("utf-8")


def small_budget(memory, tmpdir=None):
    resources = nlpzero.Resources(tmpdir=tmpdir)
    object.__setattr__(resources, "memory", memory)
    return resources


def read(blocks, shape=None, *, memory=None, tmpdir=None, **options):
    """Transactions in these blocks."""
    resources = nlpzero.Resources() if memory is None else small_budget(memory, tmpdir)
    text = CutText((), cuts=tuple(blocks))
    return nlpzero.read_transactions(text, shape, resources=resources, **options)
