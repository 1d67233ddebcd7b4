"""JoSE: steps as the formulas say, down the gradient; training repeatable, on the sphere."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.vectors import jose
from nlpzero.vectors.jose import Spherical, keep_limits, learn_spherical, negatives_by, padded
from nlpzero.vectors.methods import JoSE
from nlpzero.vectors.placing import Placer
from nlpzero.vectors.spherical_kernels import SUMS, joint_step, two_hinges_step
from nlpzero_cli.main import group
from tests.vectors import sphere_oracles as oracles

NAMES = "uvdw"


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def points(seed: int, dimensions: int, near: float = 0.0) -> dict[str, np.ndarray]:
    """Four points on the sphere; `near` draws u and w towards each other, and v and d."""
    rng = np.random.default_rng(seed)
    u, v, d, w = unit(rng.standard_normal((4, dimensions)))
    return {"u": u, "v": v, "d": unit(d + near * v), "w": unit(w + near * u)}


def stepped(rows: dict[str, np.ndarray], loss: str, margin: float, rate: float) -> Any:
    """The rows after the compiled step, and the loss it told."""
    words = padded(np.array([rows["u"], rows["w"]], np.float32))
    context = padded(rows["v"][None].astype(np.float32))
    documents = padded(rows["d"][None].astype(np.float32))
    sums = np.zeros(SUMS, np.float32)
    numbers = np.float32(margin), np.float32(rate)
    if loss == "joint":
        told = joint_step(words, 0, 1, context, 0, documents, 0, *numbers, sums)
    else:
        told = two_hinges_step(words, 0, 1, context, 0, *numbers, True, sums)
    found = {"u": words[0], "w": words[1], "v": context[0], "d": documents[0]}
    size = len(rows["u"])
    assert all(not row.reshape(-1)[size:].any() for row in found.values())
    return {name: row.reshape(-1)[:size].astype(np.float64) for name, row in found.items()}, told


@pytest.mark.parametrize("loss", ["program", "joint"])
@given(
    seed=st.integers(0, 10_000),
    dimensions=st.sampled_from([2, 7, 64, 65, 130]),
    near=st.sampled_from([0.0, 0.5, 20.0, -20.0]),
    rate=st.sampled_from([0.001, 0.04, 0.9]),
    margin=st.sampled_from([0.15, 0.5, 4.0]),
)
@settings(max_examples=60, deadline=None)
def test_a_step_is_that_of_the_formulas(
    loss: str, seed: int, dimensions: int, near: float, rate: float, margin: float
) -> None:
    rows = points(seed, dimensions, near)
    found, told = stepped(rows, loss, margin, rate)
    expected = oracles.spherical_step(rows, loss, margin, rate)
    assert told == pytest.approx(max(0, oracles.spherical_loss(rows, loss, margin)), abs=2e-6)
    for name in NAMES:
        assert found[name] == pytest.approx(expected[name], abs=5e-6), name
        assert np.linalg.norm(found[name]) == pytest.approx(1, abs=5e-6)


@pytest.mark.parametrize("loss", ["program", "joint"])
@pytest.mark.parametrize("seed", range(5))
def test_rows_move_down_the_gradient_on_the_sphere(loss: str, seed: int) -> None:
    """Central differences of the loss along the tangent plane give direction and length."""
    rows = points(seed, 5)
    margin, rate, h = 4.0, 1e-3, 1e-5
    for name in NAMES if loss == "joint" else "uvw":
        x = rows[name]

        def at(point: np.ndarray, name: str = name) -> float:
            return oracles.spherical_loss({**rows, name: point}, loss, margin)

        along = np.eye(5)
        riemann = np.array([(at(unit(x + h * e)) - at(unit(x - h * e))) / (2 * h) for e in along])
        euclid = np.array([(at(x + h * e) - at(x - h * e)) / (2 * h) for e in along])
        assert riemann @ x == pytest.approx(0, abs=1e-6)
        factor = 1 + x @ euclid / np.linalg.norm(euclid)
        if loss == "program" and name == "v":
            factor = 1 + x @ euclid  # without the length of the gradient
        if loss == "program" and name == "w":
            factor = 2 * x @ euclid
        new = oracles.spherical_step(rows, loss, margin, rate)[name]
        assert (new - x) / rate == pytest.approx(-factor * riemann, abs=5e-3)


def test_a_gradient_of_nothing_moves_nothing() -> None:
    rows = points(3, 10)
    rows["d"], rows["w"] = -rows["v"], rows["u"]
    found, told = stepped(rows, "joint", 0.5, 0.1)
    assert told == pytest.approx(0.5, abs=1e-6)
    for name in NAMES:
        assert found[name] == pytest.approx(rows[name], abs=1e-6)


def test_negatives_are_drawn_by_smoothed_counts() -> None:
    counts = np.array([1000, 300, 7, 7, 1, 0], np.int64)
    limit, other = negatives_by(counts)
    own = limit / 0xFFFFFFFF
    found = own.copy()
    np.add.at(found, other, 1 - own)
    weights = np.maximum(counts, 1) ** 0.75
    assert found / len(counts) == pytest.approx(weights / weights.sum(), abs=1e-8)


def test_frequent_words_are_thinned_as_in_word2vec() -> None:
    counts = np.array([90_000, 9_990, 10], np.int64)
    found = keep_limits(counts, 1e-3) / 0xFFFFFFFF
    expected = [(np.sqrt(p / 1e-3) + 1) * 1e-3 / p for p in (0.9, 0.0999)]
    assert found.tolist() == pytest.approx([*expected, 1.0])
    assert keep_limits(counts, 0.0).tolist() == [0xFFFFFFFF] * 3


# --------------------------------------------------------------------------------------- training


def topics(documents: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Documents of 12 words of one of two topics of 20 words each."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 20, (documents, 12)) + 20 * (np.arange(documents) % 2)[:, None]
    flat = ids.reshape(-1).astype(np.int32)
    return flat, np.arange(documents + 1, dtype=np.int64) * 12, np.bincount(flat, minlength=40)


def learned(
    ids: np.ndarray,
    starts: np.ndarray,
    method: JoSE,
    folder: Path,
    cuts: tuple[int, ...] = (),
    **options: Any,
) -> Spherical:
    """What is learned from documents that come in several parts."""
    bounds = [0, *cuts, len(starts) - 1]

    def parts() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for a, b in pairwise(bounds):
            yield ids[starts[a] : starts[b]], starts[a : b + 1] - starts[a]

    counts = np.bincount(ids, minlength=40).astype(np.int64)
    found = learn_spherical(parts, counts, method, folder, **options)
    assert not list(folder.iterdir())
    return found


SMALL = JoSE(dimensions=10, epochs=3, rate=0.2, sample=0.0)


@pytest.mark.parametrize(("loss", "margin", "rate"), [("program", 0.15, 0.05), ("joint", 2, 0.04)])
def test_two_topics_are_told_apart(loss: str, margin: float, rate: float, tmp_path: Path) -> None:
    """A small margin of the joint loss is met by the documents alone."""
    ids, starts, _ = topics(600)
    method = JoSE(
        dimensions=10,
        loss=loss,
        margin=margin,
        epochs=5,
        rate=rate,
        sample=0.0,
    )
    found = learned(ids, starts, method, tmp_path)
    near = found.centre @ found.centre.T
    np.fill_diagonal(near, -1)
    assert ((near.argmax(axis=1) < 20) == (np.arange(40) < 20)).all()
    assert near[:20, :20].mean() > near[:20, 20:].mean() + 0.2
    across = found.centre @ found.context.T
    assert across[:20, :20].mean() > across[:20, 20:].mean() + 0.2
    for rows in (found.centre, found.context):
        assert np.linalg.norm(rows.astype(np.float64), axis=1) == pytest.approx(1, abs=1e-6)
    first, last = found.losses[0], found.losses[-1]
    assert last.words < first.words
    assert last.documents < first.documents if loss == "program" else first.documents == 0
    assert len(found.losses) == method.epochs


def test_lengths_stay_one_for_rows_that_are_drawn_often(tmp_path: Path) -> None:
    ids = np.tile(np.arange(3, dtype=np.int32), 4000)
    starts = np.array([0, len(ids)], np.int64)
    method = JoSE(dimensions=3, epochs=3, rate=1.0, margin=4.0, negatives=5, sample=0.0)
    found = learned(ids, starts, method, tmp_path)
    for rows in (found.centre[:3], found.context[:3]):
        assert np.linalg.norm(rows.astype(np.float64), axis=1) == pytest.approx(1, abs=1e-6)


@given(
    sizes=st.lists(st.integers(0, 12), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 8), max_size=3),
    loss=st.sampled_from(["program", "joint"]),
    room=st.integers(1, 40),
    chunk=st.sampled_from([1, 1 << 20]),
)
@settings(max_examples=25, deadline=None)
def test_bytes_depend_on_the_seed_alone(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    cuts: list[int],
    loss: str,
    room: int,
    chunk: int,
) -> None:
    """Neither on parts, nor on how much a call of the kernel does, nor on chunks of documents."""
    folder = tmp_path_factory.mktemp("rows")
    starts = np.cumsum([0, *sizes]).astype(np.int64)
    ids = np.random.default_rng(1).integers(0, 40, starts[-1]).astype(np.int32)
    method = JoSE(dimensions=10, loss=loss, epochs=2, sample=0.01)
    whole = learned(ids, starts, method, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jose, "_ROOM", room * 3 * 64)
        patch.setattr(jose, "_CHUNK", chunk)
        inside = tuple(sorted(cut for cut in cuts if cut < len(sizes)))
        again = learned(ids, starts, method, folder, inside)
    assert whole.centre.tobytes() == again.centre.tobytes()
    assert whole.context.tobytes() == again.context.tobytes()
    assert np.array(whole.losses) == pytest.approx(np.array(again.losses))


def test_another_seed_gives_others(tmp_path: Path) -> None:
    ids, starts, _ = topics(20)
    one = learned(ids, starts, SMALL, tmp_path)
    same = learned(ids, starts, SMALL, tmp_path)
    other = learned(ids, starts, JoSE(**{**SMALL.__dict__, "seed": 2}), tmp_path)
    assert one.centre.tobytes() == same.centre.tobytes() != other.centre.tobytes()


@pytest.mark.parametrize("loss", ["program", "joint"])
def test_training_is_that_of_plain_loops(loss: str, tmp_path: Path) -> None:
    """Long documents and single words among them; draws and steps one by one in double
    precision.
    """
    rng = np.random.default_rng(3)
    starts = np.cumsum([0, 30, 1, 1020, 2]).astype(np.int64)
    ids = rng.integers(0, 40, starts[-1]).astype(np.int32)
    method = JoSE(dimensions=6, loss=loss, epochs=1, window=2, negatives=1, sample=0.05, rate=0.02)
    found = learned(ids, starts, method, tmp_path)
    counts = np.bincount(ids, minlength=40)
    centre, context = oracles.spherical(ids, starts, counts, method)
    assert found.centre == pytest.approx(centre, abs=1e-4)
    assert found.context == pytest.approx(context, abs=1e-4)


def test_progress_is_told_and_ends_at_the_total(tmp_path: Path) -> None:
    ids, starts, _ = topics(20)
    told: list[tuple[int, int]] = []
    learned(ids, starts, SMALL, tmp_path, tell=lambda done, total: told.append((done, total)))
    assert told[-1] == (720, 720)
    assert told == sorted(told)


def test_it_starts_from_vectors(tmp_path: Path) -> None:
    ids, starts, _ = topics(20)
    start = unit(np.random.default_rng(0).standard_normal((40, 8))).astype(np.float32)
    weights = np.ones(40, np.float32)
    method = JoSE(init="counts", rate=1e-6, epochs=1)
    found = learned(ids, starts, method, tmp_path, start=start, weights=weights)
    assert found.centre == pytest.approx(start, abs=1e-4)
    assert found.context.shape == (40, 8)


# ------------------------------------------------------------------------------- from raw text


LINES = [
    "苹果 香蕉 好吃 水果",
    "香蕉 苹果 水果 新鲜",
    "汽车 火车 开走 到站",
    "火车 汽车 到站 晚点",
] * 8


@pytest.mark.parametrize("init", ["random", "counts"])
def test_any_resources_give_the_same_file(init: str, tmp_path: Path) -> None:
    method = nlpzero.JoSE(20, min_count=1, init=init, epochs=2, sample=0.0)
    files = []
    for jobs in (1, 2):
        resources = nlpzero.Resources(jobs=jobs, tmpdir=tmp_path)
        vectors = nlpzero.learn_vectors(LINES, "whitespace", method, resources=resources)
        vectors.save(tmp_path / "v.nz")
        files.append((tmp_path / "v.nz").read_bytes())
    assert files[0] == files[1]
    read = nlpzero.load_vectors(tmp_path / "v.nz")
    assert read.training["method"] == "jose"
    assert read.training["init"] == init
    texts = ["苹果 水果", "汽车 晚点 汽车", "没有", ""]
    many = read.sentences(texts)
    assert [read.sentence(text).tobytes() for text in texts] == [row.tobytes() for row in many]
    assert np.linalg.norm(many, axis=1) == pytest.approx([1, 1, 0, 0], abs=1e-6)


def test_a_new_sentence_moves_towards_its_words() -> None:
    """To what plain loops find; its loss falls."""
    rows = unit(np.random.default_rng(0).standard_normal((30, 9))).astype(np.float32)
    counts = np.arange(30, 0, -1)
    ids, starts = np.array([3, 8, 8, 20, 1], np.int32), np.array([0, 4, 4, 5], np.int64)
    means = unit(np.random.default_rng(1).standard_normal((3, 9)))
    method = JoSE(margin=1.0, rate=0.1)
    placer = Placer(method, counts, rows)
    found = placer.placed(means.astype(np.float32), ids, starts)
    expected = oracles.placed(rows, counts, means, ids, starts, method)
    assert found == pytest.approx(expected, abs=1e-4)
    alone = placer.placed(means[2:].astype(np.float32), ids[4:], starts[2:] - 4)
    assert alone.tobytes() == found[2:].tobytes()

    def loss(row: np.ndarray) -> float:
        return np.maximum(0, 1 - rows[ids[:4]] @ row + (rows @ row)[:, None]).mean()

    assert loss(found[0]) < loss(means[0])


def test_a_file_that_does_not_say_how_it_was_learned_is_refused(tmp_path: Path) -> None:
    training = {"method": "jose", "margin": -1}
    vectors = nlpzero.WordVectors(["a"], [1], [[1.0]], training=training)
    vectors.save(tmp_path / "v.nz")
    with pytest.raises(nlpzero.StorageError):
        nlpzero.load_vectors(tmp_path / "v.nz")


def test_the_command_has_all_options(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(LINES), encoding="utf-8")
    options = "--loss joint --init counts --negatives 1 --margin 1 --epochs 1 --rate .1 --seed 3"
    learn = ["vectors", "--whitespace", str(text), "--min-count", "1", "-o", str(tmp_path / "v.nz")]
    done = CliRunner().invoke(group, [*learn, "--method", "jose", *options.split()])
    assert done.exit_code == 0, done.output
    training = nlpzero.load_vectors(tmp_path / "v.nz").training
    said = {"loss": "joint", "init": "counts", "negatives": 1, "margin": 1.0, "epochs": 1}
    assert {**training, **said, "rate": 0.1, "seed": 3} == training
    refused = CliRunner().invoke(group, [*learn, "--margin", "1"])
    assert refused.exit_code == 2
    assert "--margin belongs to --method jose, not to counts" in refused.output
