"""The folder in which a run keeps what it has finished."""

from pathlib import Path

import numpy as np
import pytest

from nlpzero import Checkpoint, NlpzeroError, Resources, StorageError, count_ngrams
from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import run_on_disk
from nlpzero.engine.storage import write_file
from nlpzero.text.corpus import Corpus, Shard

TEXTS = ["今天天气好", "明天天气也好", "后天呢"]
seen: list[str] = []


def corpus(folder: Path) -> Corpus:
    for i, text in enumerate(TEXTS):
        (folder / f"{i}.txt").write_text(text + "\n", "utf-8")
    return Corpus(*(folder / f"{i}.txt" for i in range(len(TEXTS))))


def worker(shard: Shard, *, report: ReadReport) -> str:
    seen.append(shard.name)
    return "".join(shard.blocks(report=report))


def shards(text: Corpus) -> list[Shard]:
    return [Shard((piece,), text.encoding, text.errors, text.field) for piece in text.pieces]


def read(folder: Path, text: Corpus, stop: int = 99, ordered: bool = True) -> tuple[list[str], int]:
    """What a run finds that is ended after some pieces, and the bytes it says it read."""
    seen.clear()
    out = []
    with pytest.raises(KeyboardInterrupt), Checkpoint(folder, {"a": 1}) as checkpoint:
        with open_passes(text, Resources(checkpoint=checkpoint)) as passes:
            found = passes.map(worker, stage="s", shards=shards(text), ordered=ordered)
            for number, part in enumerate(found, 1):
                out.append(part.strip())
                if number == stop:
                    break
            total = passes.read.bytes_read
        raise KeyboardInterrupt
    return out, total


def test_what_was_finished_is_not_done_again(tmp_path: Path) -> None:
    text = corpus(tmp_path)
    keep = tmp_path / "keep"
    assert read(keep, text, stop=2)[0] == TEXTS[:2]
    assert len(seen) == 2
    assert read(keep, text) == (TEXTS, text.size)
    assert len(seen) == 1
    assert read(keep, text, ordered=False) == (TEXTS, text.size)
    assert seen == []


def test_a_damaged_outcome_is_made_again(tmp_path: Path) -> None:
    text = corpus(tmp_path)
    keep = tmp_path / "keep"
    read(keep, text)
    for change in (b"", b"x", b"\0" * 50):
        min(keep.glob("*.done")).write_bytes(change)
        assert read(keep, text)[0] == TEXTS
        assert len(seen) == 1


@pytest.mark.parametrize(
    "name",
    ["builtins:print", "os:system", "nlpzero.text.files:os", "nlpzero.text.corpus:Corpus.lines"],
)
def test_nothing_in_it_is_run(tmp_path: Path, name: str) -> None:
    text = corpus(tmp_path)
    keep = tmp_path / "keep"
    read(keep, text)
    path = min(keep.glob("*.done"))
    write_file(path, "checkpoint", {"outcome": ["object", name, ["dict"]]}, {})
    with pytest.raises(StorageError, match=f"holds something else than a checkpoint: {name}"):
        read(keep, text)


def test_what_can_be_kept_comes_back(tmp_path: Path) -> None:
    outcome = {
        "plain": [None, True, 1, 2.5, "字", b"\x00\xff"],
        3: (np.arange(6, dtype=np.uint16).reshape(2, 3), np.float32(0.25)),
        "own": ReadReport(5, 1),
        "where": tmp_path,
        "shard": corpus(tmp_path).shards()[0],
    }
    with Checkpoint(tmp_path / "keep") as checkpoint:
        stage = checkpoint.stage("s")
        stage.keep("piece", outcome)
        found = stage.load("piece")
        assert found[3][0].tolist() == outcome[3][0].tolist()
        assert found[3][0].dtype == np.uint16
        assert found[3][1] == outcome[3][1]
        assert found | {3: 0} == outcome | {3: 0}
        with pytest.raises(TypeError, match="cannot keep a object"):
            stage.keep("other", object())


def test_files_of_outcomes_are_kept_with_them(tmp_path: Path) -> None:
    counts = count_ngrams(TEXTS, 2)
    scratch, again = tmp_path / "scratch", tmp_path / "again"
    scratch.mkdir()
    again.mkdir()
    run = run_on_disk(iter([(counts.keys[:], counts.counts[:])]), scratch)
    with pytest.raises(KeyboardInterrupt), Checkpoint(tmp_path / "keep") as checkpoint:
        checkpoint.stage("s", scratch).keep("piece", [run, "more"])
        run.delete()
        raise KeyboardInterrupt
    with Checkpoint(tmp_path / "keep") as checkpoint:
        found, more = checkpoint.stage("s", again).load("piece")
        assert more == "more"
        keys, numbers = next(found.chunks(10**6))
        assert keys.tolist() == counts.keys.tolist()
        assert numbers.tolist() == counts.counts.tolist()
        assert Path(found.path).parent == again
        found.delete()
        assert checkpoint.stage("t", again).has("piece") is False
        for path in (tmp_path / "keep" / "files").iterdir():
            path.unlink()
        other = Checkpoint.stage(checkpoint, "s", again)
        other._name = "1-s"
        with pytest.raises(StorageError, match="is gone"):
            other.load("piece")
    assert list((tmp_path / "keep").iterdir()) == []


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        Checkpoint(tmp_path / "keep"),
        pytest.raises(NlpzeroError, match="another run uses this checkpoint"),
    ):
        Checkpoint(tmp_path / "keep")
    with Checkpoint(tmp_path / "keep"):
        pass


def test_what_cannot_be_read_again_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(NlpzeroError, match="a checkpoint needs files"),
        Checkpoint(tmp_path / "keep") as checkpoint,
    ):
        count_ngrams((text for text in TEXTS), resources=Resources(checkpoint=checkpoint))


def test_changed_texts_are_refused(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    with pytest.raises(KeyboardInterrupt), Checkpoint(keep) as checkpoint:
        count_ngrams(TEXTS, resources=Resources(checkpoint=checkpoint))
        raise KeyboardInterrupt
    with pytest.raises(NlpzeroError, match="other text"), Checkpoint(keep) as checkpoint:
        count_ngrams(TEXTS[:2], resources=Resources(checkpoint=checkpoint))
    with Checkpoint(keep) as checkpoint:
        again = count_ngrams(TEXTS, resources=Resources(checkpoint=checkpoint))
    assert again.keys.tolist() == count_ngrams(TEXTS).keys.tolist()
