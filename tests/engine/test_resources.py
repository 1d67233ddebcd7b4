"""What a run may use: sizes, limits, progress; configurations and the options made from them."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import Progress, Resources
from nlpzero.engine import resources
from nlpzero.engine.config import Config, option
from nlpzero.engine.resources import LEAST_MEMORY, parse_size
from nlpzero_cli.command import Command
from nlpzero_cli.configs import config_options


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("64k", 65536), ("1.5G", 3 << 29), (" 2 GiB ", 2 << 30), ("800MB", 800 << 20)],
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1M", "1X", "1,5G", "0x10"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="is not a size; write for example 800M"):
        parse_size(text)


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True, "2", None])
def test_jobs_are_a_whole_number(jobs):
    with pytest.raises(ValueError, match="`jobs` must be an integer >= 1, got"):
        Resources(jobs=jobs)


@pytest.mark.parametrize("memory", [0, 1000, "15M", LEAST_MEMORY - 1])
def test_too_little_memory_is_refused(memory):
    with pytest.raises(ValueError, match="`memory` must be at least 16 MiB, got"):
        Resources(memory=memory)


def test_the_budget():
    assert Resources(memory="16M").budget == Resources(memory=16 << 20).budget == 16 << 20
    assert 64 << 20 <= Resources().budget <= 1 << 30


@given(st.lists(st.integers(0, 1000)), st.none() | st.integers(0))
def test_a_stage_adds_up_what_was_done(steps, total):
    told: list[Progress] = []
    advance = Resources(progress=told.append).stage("count", total)
    assert advance is not None
    for step in steps:
        advance(step)
    sums = [sum(steps[: i + 1]) for i in range(len(steps))]
    assert told == [Progress("count", done, total, "bytes", {}) for done in sums]


def test_nobody_listens():
    assert Resources().stage("count", 10) is None
    Resources().tell("count", 1, 10)


def test_scratch_is_gone_afterwards(tmp_path):
    with Resources(tmpdir=tmp_path).scratch() as folder:
        assert folder.parent == tmp_path
        (folder / "file").write_bytes(b"")
    assert not list(tmp_path.iterdir())


# --- configurations -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wide(Config):
    order: int = option(4, "Longest n-grams.", least=1, most=5)
    weights: tuple[float, ...] = option((0.5, 0.25), "Factors.", above=0, most=1)
    sample: int | str = option("16M", "Learn from so much.", least=1, kind="size")
    name: str = option("a", "One of two.", choices=("a", "b"))
    fold: bool = option(False, "Fold.")
    count: int | None = option(None, "Least count.", least=1)
    extra: object = field(default=None)


@dataclass(frozen=True)
class Narrow(Config):
    order: int = option(2, "Longest n-grams.", least=1, most=5)
    price: float = option(1.0, "Price in nats.", least=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"order": 0}, "`order` must be an integer from 1 to 5, got 0."),
        ({"order": 2.0}, "`order` must be an integer from 1 to 5, got 2.0."),
        ({"order": True}, "`order` must be an integer from 1 to 5, got True."),
        ({"weights": (0.0,)}, r"`weights` must be numbers in \(0, 1\], got \(0.0,\)."),
        ({"weights": ()}, r"`weights` must be numbers in \(0, 1\], got \(\)."),
        ({"sample": "many"}, "'many' is not a size"),
        ({"sample": 0}, "`sample` must be an integer >= 1, got 0."),
        ({"name": "c"}, "`name` must be one of 'a', 'b', got 'c'."),
        ({"count": 0}, "`count` must be an integer >= 1, got 0."),
    ],
)
def test_a_configuration_checks_its_fields(wrong, message):
    with pytest.raises(ValueError, match=message):
        Wide(**wrong)
    with pytest.raises(ValueError, match=message):
        replace(Wide(), **wrong)


def test_a_switch_is_true_or_false():
    with pytest.raises(TypeError, match=r"`fold` must be True or False, got 1\."):
        Wide(fold=1)


@click.command(cls=Command)
@config_options({"wide": Wide, "narrow": Narrow}, help="How.")
def command(method):
    click.echo(repr(method))


def run(*args):
    return CliRunner().invoke(command, args)


def test_options_are_made_from_the_fields():
    assert run().output.strip() == repr(Wide())
    given = run("--order", "3", "--weights", "1,.5", "--sample", "2M", "--name", "b", "--fold")
    expected = Wide(order=3, weights=(1.0, 0.5), sample=2 << 20, name="b", fold=True)
    assert given.output.strip() == repr(expected)
    assert run("--method", "narrow", "--order", "3").output.strip() == repr(Narrow(order=3))
    assert run("--method", "narrow").output.strip() == repr(Narrow()), "its own default"


def test_help_has_the_sentences_and_the_owners():
    text = " ".join(run("--help").output.split())
    assert "Longest n-grams." in text
    assert "Price in nats." in text.split("Method narrow: ")[1]
    assert "[default: (0.5,0.25)]" in text
    assert "[default: (4 for wide, 2 for narrow); 1<=x<=5]" in text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--price", "1"), "--price belongs to --method narrow, not to wide."),
        (("--method", "narrow", "--fold"), "--fold belongs to --method wide, not to narrow."),
        (("--order", "9"), "9 is not in the range 1<=x<=5."),
        (("--weights", "2"), "--weights must be numbers in (0, 1], got (2.0,)."),
        (("--weights", "x"), "'x' is not a list of numbers such as 2,4,6."),
        (("--sample", "much"), "'much' is not a size"),
    ],
)
def test_misuse_exits_with_2_and_says_why(args, message):
    done = run(*args)
    assert done.exit_code == 2
    assert message in done.output


def groups(root: Path, own: str, files: dict[str, str]) -> None:
    (root / "own").write_text(own, encoding="utf-8")
    for name, text in files.items():
        path = root / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("own", "files", "memory", "cores"), [
    # a container that sees itself as the root
    ("0::/", {"memory.max": "50000000", "cpu.max": "150000 100000"}, 50_000_000, 2),
    # one below a group with less, in a group without a limit
    ("0::/a/b", {"a/memory.max": "40000000", "a/b/memory.max": "max", "a/cpu.max": "50000 100000",
                 "a/b/cpu.max": "max 100000"}, 40_000_000, 1),
    # the first version; the path is that outside of the container
    ("5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/",
     {"memory/memory.limit_in_bytes": "30000000", "cpu/cpu.cfs_quota_us": "100000",
      "cpu/cpu.cfs_period_us": "100000"}, 30_000_000, 1),
    ("4:memory:/", {"memory/memory.limit_in_bytes": "9223372036854771712",
                    "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None, None),
    ("0::/", {}, None, None),
    ("nonsense", {}, None, None),
])  # fmt: skip
def test_limits_of_control_groups(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: str,
    files: dict[str, str],
    memory: int | None,
    cores: int | None,
) -> None:
    monkeypatch.setattr(resources, "_OWN_GROUPS", str(tmp_path / "none"))
    machine = resources.available_memory(), resources.available_cores()
    groups(tmp_path, own, files)
    monkeypatch.setattr(resources, "_OWN_GROUPS", str(tmp_path / "own"))
    monkeypatch.setattr(resources, "_GROUPS", str(tmp_path / "groups"))
    assert resources.available_memory() == (machine[0] if memory is None else memory)
    assert resources.available_cores() == (machine[1] if cores is None else min(cores, machine[1]))
    assert 64 << 20 <= resources.default_memory() <= 1 << 30
