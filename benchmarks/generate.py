"""Made-up Chinese text of any size, the same for the same seed, that keeps showing new n-grams.

Words are drawn from an endless vocabulary by a power law, so the number of distinct words and
n-grams grows with the text as in real text (Heaps' law), which repeating a small corpus would hide.
Only integers are used, so the bytes are the same on every machine; a longer text begins with the
shorter one of the same seed.

Usage: python benchmarks/generate.py 100M text.txt [--seed 1]
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

WORDS_PER_BLOCK = 1 << 18
OCTAVES = 24  # word ranks up to 2 ** 24
# each octave of ranks has 2 ** -SLOPE of the mass of the one before; 0 would be Zipf's law
SLOPE = 0.12
HAN = 6000  # characters in use

Array = npt.NDArray[np.uint64]


def _octave_table() -> npt.NDArray[np.uint64]:
    """65,536 entries in which octave k of the ranks takes its share."""
    shares = np.array([round(1e6 * 2 ** (-SLOPE * k)) for k in range(OCTAVES)])
    ends = np.cumsum(shares) * 65536 // shares.sum()
    return np.searchsorted(ends, np.arange(65536), side="right").astype(np.uint64)


def _character_table() -> npt.NDArray[np.uint16]:
    """16,384 code points.

    The character of rank r takes about 1 / r of them, spread over the Han block.
    """
    weights = 1_000_000 // np.arange(8, HAN + 8)
    ends = np.cumsum(weights) * 16384 // weights.sum()
    ranks = np.searchsorted(ends, np.arange(16384), side="right")
    return (0x4E00 + ranks * 7919 % 20000).astype(np.uint16)


def _mix(values: Array) -> Array:
    """Scatter 64-bit integers (the finalizer of SplitMix64)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


class Generator:
    """Blocks of text, one after the other.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int = 0) -> None:
        self.bits = np.random.PCG64(seed)
        self.octaves = _octave_table()
        self.characters = _character_table()
        # characters per word by three bits: most have two
        self.lengths = np.array([1, 1, 2, 2, 2, 2, 3, 4], dtype=np.uint8)
        self.latin = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789ETAO", dtype=np.uint8)

    def block(self) -> bytes:
        """About 2 MB of UTF-8 that ends with a line end."""
        raw = np.asarray(self.bits.random_raw(WORDS_PER_BLOCK), dtype=np.uint64)
        octave = self.octaves[raw & np.uint64(0xFFFF)]
        within = (raw >> np.uint64(16)) & np.uint64(0xFFFFFFFF)
        rank = (np.uint64(1) << octave) + (within & ((np.uint64(1) << octave) - np.uint64(1)))
        word = _mix(rank)
        chance = (raw >> np.uint64(48)).astype(np.uint16)

        text = np.zeros((WORDS_PER_BLOCK, 6), dtype=np.uint16)  # 4 characters, mark, line end
        length = self.lengths[word >> np.uint64(61)]
        for i in range(4):
            part = (word >> np.uint64(14 * i)) & np.uint64(0x3FFF)
            text[:, i] = np.where(length > i, self.characters[part], 0)
        foreign = np.flatnonzero(word >> np.uint64(56) & np.uint64(31) == 0)
        for i in range(4):  # a word in 32 is of letters and digits
            part = (word[foreign] >> np.uint64(14 * i)) & np.uint64(0x3FFF)
            text[foreign, i] = self.latin[part % np.uint64(len(self.latin))]
        text[:, 4] = np.where(chance < 7000, 0xFF0C, 0)  # a comma after a word in nine
        stop = chance > 65535 - 2600  # a full stop and line end after one in 25
        stop[-1] = True
        text[stop, 4] = 0x3002
        text[stop, 5] = 10
        flat = text.ravel()
        return flat[flat != 0].astype("<u2").tobytes().decode("utf-16-le").encode("utf-8")


def generate(path: str | Path, size: int, seed: int = 0) -> int:
    """Write at most `size` bytes of text, cut at a line end, and return how many were written."""
    generator = Generator(seed)
    written = 0
    with open(path, "wb") as file:
        while written < size:
            block = generator.block()
            if written + len(block) > size:
                block = block[: block.rfind(b"\n", 0, size - written) + 1]
                written += file.write(block)
                break
            written += file.write(block)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Write made-up Chinese text.")
    parser.add_argument("size", help="bytes, such as 100M or 2G")
    parser.add_argument("path")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    match = re.fullmatch(r"(\d+)([KMG]?)", options.size.upper())
    if match is None:
        parser.error(f"{options.size!r} is not a size; write for example 100M")
    size = int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]
    written = generate(options.path, size, options.seed)
    print(f"{options.path}: {written} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
