"""nlpzero info: what files say about themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from nlpzero import BranchingEntropy, CoTraining, learn_segmenter
from nlpzero.engine.storage import write_file

from .conftest import RunCli

TEXTS = ["今天天气不错，我们去公园。", "公园里有很多人。", "今天的天气预报说明天下雨。"] * 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("info") / "model.nz"
    learn_segmenter(TEXTS, CoTraining(seed=3)).save(path)
    return path


def rows(text: str) -> dict[str, str]:
    return dict(line.split("\t") for line in text.splitlines())


def test_a_model_tells_how_it_was_trained(run_cli: RunCli, model: Path) -> None:
    told = rows(run_cli("info", model, code=0).out)
    assert told["kind"] == "model"
    assert told["method"] == "learned"
    assert told["training.seed"] == "3"
    assert told["training.symbols"] == str(sum(map(len, TEXTS)) - 4 * 4)
    assert float(told["training.description_length"]) > 0
    assert int(told["training.word_types"]) > 0
    assert "training.seconds" not in told  # the same text gives the same file
    assert told["training.sample"] == "16,000,000"


def test_json_is_the_header(run_cli: RunCli, model: Path) -> None:
    told = json.loads(run_cli("info", "--format", "json", model, code=0).out)
    assert told["kind"] == "model"
    assert told["bytes"] == model.stat().st_size
    assert told["training"]["recipe"]["rounds"] == 8
    assert told["alphabet"]["runs"] == "classes"


def test_long_lists_are_told_by_their_length(run_cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "x.nz"
    header = {"long": list(range(1000)), "short": [1, 2.5], "none": [], "flag": True, "no": None}
    write_file(path, "counts", header, {"a": np.zeros(3)})
    told = rows(run_cli("info", path, code=0).out)
    assert told["long"] == "1,000 entries"
    assert told["short"] == "1, 2.5"
    assert told["none"] == "none"
    assert told["flag"] == "yes"
    assert told["no"] == "-"


def test_nvbe_tells_its_ngrams(run_cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "nvbe.nz"
    learn_segmenter(TEXTS, BranchingEntropy()).save(path)
    told = rows(run_cli("info", path, code=0).out)
    assert told["method"] == "nvbe"
    assert int(told["training.ngrams"]) > 20


def test_other_files_are_refused(run_cli: RunCli, tmp_path: Path, model: Path) -> None:
    other = tmp_path / "text.txt"
    other.write_text("不是模型的一个文本文件，写得长一点。", encoding="utf-8")
    refused = run_cli("info", other, code=1)
    assert "not a file of nlpzero" in refused.err
    assert "Traceback" not in refused.err
    cut = tmp_path / "cut.nz"
    cut.write_bytes(model.read_bytes()[:-10])
    assert "cut off" in run_cli("info", cut, code=1).err
    assert run_cli("info", tmp_path / "absent.nz").code == 2
