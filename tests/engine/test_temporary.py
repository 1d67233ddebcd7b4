"""Outputs are whole or not there, keep what an older file was, and nothing of the dead stays."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nlpzero.engine import temporary
from nlpzero.engine.temporary import KeptFolder, atomic_output, remove_all, scratch_folder
from nlpzero.errors import NlpzeroError, ResourceError

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and locks of POSIX")

MAKES_BOTH = """
import sys, time
from nlpzero.engine.temporary import KeptFolder, atomic_output
folder = KeptFolder(sys.argv[1])
(folder.path / "inside").write_bytes(b"x" * 1000)
with atomic_output(sys.argv[1] + "/out") as file:
    file.write(b"half")
    file.flush()
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="disk is full"), atomic_output(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []
    if os.path.exists("/dev/full"):
        with pytest.raises(ResourceError, match="disk is full"), atomic_output("/dev/full") as file:
            file.write(b"x" * 100_000)


def test_output_into_a_missing_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(NlpzeroError, match="cannot be written"),
        atomic_output(tmp_path / "no" / "a"),
    ):
        pass
    with pytest.raises(NlpzeroError, match="is a folder"), atomic_output(tmp_path):
        pass


def test_scratch_folder_is_removed(tmp_path: Path) -> None:
    with pytest.raises(ValueError), scratch_folder(tmp_path) as folder:
        (folder / "x").write_bytes(b"1")
        raise ValueError
    assert os.listdir(tmp_path) == []
    with pytest.raises(NlpzeroError, match="no such folder"), scratch_folder(tmp_path / "none"):
        pass


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "real")
    with atomic_output(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "folder" / "real").read_bytes() == b"new"
    assert len(list((tmp_path / "folder").iterdir())) == 1


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_permissions_of_an_existing_file_are_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_output(path) as file:
        part = next(p for p in tmp_path.iterdir() if p != path)
        assert stat.S_IMODE(part.stat().st_mode) == 0o600  # nobody reads it before its time
        file.write(b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_what_the_mask_leaves_and_the_mask_stays(tmp_path: Path, mask: int) -> None:
    seen: list[int] = []
    before = os.umask(mask)
    set_mask = os.umask
    try:
        os.umask = lambda value: seen.append(value) or set_mask(value)  # type: ignore[func-returns-value]
        with atomic_output(tmp_path / "out") as file:
            file.write(b"new")
    finally:
        os.umask = set_mask
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o666 & ~mask
    assert seen == []  # it belongs to the whole process, with all its threads


@posix
@pytest.mark.parametrize("new", [b"new", b"n" * 10_000_000, b""])
def test_hard_links_are_kept(tmp_path: Path, new: bytes) -> None:
    (tmp_path / "out").write_bytes(b"the old text")
    os.link(tmp_path / "out", tmp_path / "other")
    with atomic_output(tmp_path / "out") as file:
        file.write(new)
        file.flush()
        assert (tmp_path / "other").read_bytes() == b"the old text"
    assert (tmp_path / "other").read_bytes() == new
    assert (tmp_path / "out").samefile(tmp_path / "other")
    assert len(list(tmp_path.iterdir())) == 2


@posix
def test_names_as_long_as_a_folder_takes(tmp_path: Path) -> None:
    for name in ("词" * 85, "n" * 255):
        with atomic_output(tmp_path / name) as file:
            file.write(b"new")
        assert (tmp_path / name).read_bytes() == b"new"
    with pytest.raises(NlpzeroError, match="too long"), atomic_output(tmp_path / ("n" * 256)):
        pass


@posix
def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(NlpzeroError, match="symbolic links"), atomic_output(tmp_path / "a"):
        pass


@posix
def test_what_the_dead_left_is_removed_and_what_the_living_have_is_not(tmp_path: Path) -> None:
    args = [sys.executable, "-c", MAKES_BOTH, str(tmp_path)]
    with (
        subprocess.Popen(args, stdout=subprocess.PIPE) as dead,
        subprocess.Popen(args, stdout=subprocess.PIPE) as living,
    ):
        try:
            assert dead.stdout is not None and living.stdout is not None
            assert dead.stdout.readline() == living.stdout.readline() == b"ready\n"
            (tmp_path / "nlpzero-of-mine").mkdir()
            assert len(list(tmp_path.iterdir())) == 5
            dead.send_signal(signal.SIGKILL)
            dead.wait(timeout=30)
            names = [path.name for path in tmp_path.iterdir()]
            assert sum(f"nlpzero-{dead.pid}-" in name for name in names) == 2
            with scratch_folder(tmp_path) as folder:
                left = sorted(path.name for path in tmp_path.iterdir() if path != folder)
                assert [name.split("-")[1] for name in left if name != "nlpzero-of-mine"] == [
                    str(living.pid)
                ] * 2
                assert "nlpzero-of-mine" in left
                assert any((tmp_path / name / "inside").exists() for name in left)
        finally:
            dead.kill()
            living.kill()


@posix
def test_an_output_reclaims_what_lies_beside_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MAKES_BOTH, str(tmp_path)], stdout=subprocess.PIPE
    ) as dead:
        assert dead.stdout is not None
        dead.stdout.readline()
        dead.kill()
    with atomic_output(tmp_path / "out") as file:
        file.write(b"new")
    assert os.listdir(tmp_path) == ["out"]


@posix
def test_one_name_many_makers(tmp_path: Path) -> None:
    """Those who make temporary folders, and those who reclaim them, at the same time."""
    missing: list[str] = []
    ends = time.monotonic() + 1

    def work() -> None:
        while time.monotonic() < ends:
            with scratch_folder(tmp_path) as folder:
                temporary.reclaim(tmp_path)
                if not folder.is_dir():
                    missing.append(str(folder))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == []
    assert os.listdir(tmp_path) == []


def test_all_that_a_process_made(tmp_path: Path) -> None:
    kept = KeptFolder(tmp_path)
    (kept.path / "more").mkdir()
    with atomic_output(tmp_path / "out") as file:
        file.write(b"whole")
    remove_all()
    assert os.listdir(tmp_path) == ["out"]
    kept.cleanup()


@posix
def test_where_no_folder_can_be_made_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NlpzeroError, match="no such folder"), scratch_folder(tmp_path / "none"):
        pass
    with pytest.raises(ResourceError, match="no folder can be made"), scratch_folder("/proc"):
        pass
