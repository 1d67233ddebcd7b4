"""``nlpzero segment`` as a process: lossless, streaming, the same for any number of jobs."""

import contextlib
import gzip
import json
import signal
import subprocess
import sys

import pytest

from nlpzero import CharacterModel, VocabularySegmenter, learn_segmenter

WORDS = {
    "我们": 9,
    "北京": 8,
    "大学": 7,
    "北京大学": 3,
    "学习": 5,
    "天气": 4,
    "今天": 4,
    "好": 6,
    "，": 1,
}
TEXT = (
    "我们在北京大学学习。\r\n\r\n\n  今天 天气好！！！——😀𠮷\u3000x\n"
    "2001年12月3.5%\tABC公司\u2028葛\U000e0100"
)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "words.nz"
    VocabularySegmenter(WORDS).save(path)
    return path


@pytest.fixture(scope="session")
def lm(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "lm.nz"
    texts = ["我们在北京大学学习，今天天气好，北京天气好。"] * 20
    learn_segmenter(texts, CharacterModel()).save(path)
    return path


@pytest.fixture
def start(tmp_path):
    """Start the command with pipes on all sides."""
    running = []

    def run(*args):
        process = subprocess.Popen(
            [sys.executable, "-m", "nlpzero_cli", "segment", *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def test_words_and_white_space(run_cli, model):
    done = run_cli("segment", "--model", model, "--separator", "/", input=TEXT.encode(), code=0)
    assert done.out == (
        "我们/在/北京大学/学习/。\r\n\r\n\n  /今天/ /天气/好/！！！/——/😀/𠮷/\u3000/x\n"
        "2001/年/12/月/3.5%/\t/ABC/公/司/\u2028/葛\U000e0100"
    )
    assert done.err == ""


@pytest.mark.parametrize(
    ("encoding", "codec", "mark"),
    [
        ("utf-8", "utf-8", b""),
        ("utf-8", "utf-8", b"\xef\xbb\xbf"),
        ("gb18030", "gb18030", b"\x84\x31\x95\x33"),
        ("utf-16", "utf-16-le", b"\xff\xfe"),
        ("utf-16", "utf-16-be", b"\xfe\xff"),
        ("utf-32", "utf-32-le", b""),
    ],
)
def test_bytes_come_back(run_here, model, tmp_path, encoding, codec, mark):
    data = mark + (TEXT * 3).encode(codec)
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    options = ("segment", "--model", model, "--separator", "|", "--encoding", encoding)
    from_pipe = run_here(*options, input=data, code=0)
    from_file = run_here(*options, path, "-j", 1, code=0)
    assert from_pipe.raw == from_file.raw
    assert from_pipe.raw.replace("|".encode(codec), b"") == data
    assert "我们|在|北京大学|学习|。".encode(codec) in from_pipe.raw


def test_empty_input(run_here, model):
    for format in ("text", "jsonl"):
        assert (
            run_here("segment", "--model", model, "--format", format, input=b"", code=0).raw == b""
        )


def test_formats(run_here, model):
    text = "我们 学习。\r\n\n好"
    tokens = run_here(
        "segment", "--model", model, "--format", "tokens", input=text.encode(), code=0
    )
    assert tokens.out == "我们\n学习\n。\n\n\n好\n\n"
    lines = run_here("segment", "--model", model, "--format", "jsonl", input=text.encode(), code=0)
    assert [json.loads(line) for line in lines.out.splitlines()] == [
        ["我们", " ", "学习", "。"],
        [],
        ["好"],
    ]
    probs = run_here("segment", "--model", model, "--format", "probs", input=text.encode(), code=0)
    first, second, _ = (json.loads(line) for line in probs.out.splitlines())
    assert first["text"] == "我们 学习。"
    assert len(first["probabilities"]) == 5
    assert first["probabilities"][1] == 1.0
    assert second == {"text": "", "probabilities": []}


def test_any_number_of_jobs(run_here, lm, model, tmp_path, monkeypatch):
    # share even little, text among threads and other formats among processes
    monkeypatch.setattr("nlpzero.segmentation.writing._WORTH_PROCESSES", 0)
    monkeypatch.setattr("nlpzero.segmentation.writing._LEAST_SHARED", 0)
    line = "我们在北京大学学习，今天天气好。今天北京天气好吗？\n"
    (tmp_path / "a.txt").write_text(line * 3_000 + "我们", encoding="utf-8")
    (tmp_path / "b.txt").write_text("\ufeff学习", encoding="utf-8")
    with gzip.open(tmp_path / "c.txt.gz", "wt", encoding="utf-8", newline="") as file:
        file.write("今天\r\n北京\n")
    options = ("segment", "--separator", "/", "a.txt", "b.txt", "c.txt.gz")
    one = run_here(*options, "--model", lm, "-j", 1, code=0)
    two = run_here(*options, "--model", lm, "-j", 2, "-o", "out.txt", code=0)
    assert two.raw == b""
    assert (tmp_path / "out.txt").read_bytes() == one.raw
    # a line end is put between files where the first lacks it, and nowhere else
    expected = line * 3_000 + "我们\n\ufeff学习\n今天\r\n北京\n"
    assert one.out.replace("/", "") == expected
    # workers know the words that were added to a model
    (tmp_path / "mine.txt").write_text("天气好\n", encoding="utf-8")
    added = ("--model", model, "--words", "mine.txt")
    one = run_here(*options, *added, "-j", 1, code=0)
    assert "今天/天气好/。" in one.out
    assert run_here(*options, *added, "-j", 2, code=0).raw == one.raw
    tokens = ("segment", "--format", "jsonl", "a.txt", "b.txt", *added)
    assert run_here(*tokens, "-j", 2, code=0).raw == run_here(*tokens, "-j", 1, code=0).raw


def test_a_line_is_answered_at_once(start, lm):
    process = start("--model", lm)
    for line in ("今天天气好。\n", "\n", "我们学习。\r\n"):
        process.stdin.write(line.encode())
        process.stdin.flush()
        answer = process.stdout.readline().decode()
        assert answer.replace(" ", "") == line
    # half a character, then the rest
    data = "好。\n".encode()
    process.stdin.write(data[:2])
    process.stdin.flush()
    process.stdin.write(data[2:])
    process.stdin.flush()
    assert process.stdout.readline() == "好 。\n".encode()
    process.stdin.write("没完".encode())
    out, err = process.communicate(timeout=60)
    assert out.decode().replace(" ", "") == "没完"
    assert (process.returncode, err) == (0, b"")


def test_interrupt_and_closed_pipe(start, lm):
    process = start("--model", lm)
    process.stdin.write("好。\n".encode())
    process.stdin.flush()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")
    process = start("--model", lm)
    process.stdin.write("好。\n".encode())
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):  # it may be gone already
        process.stdin.write("好。\n".encode() * 100_000)
        process.stdin.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()


@pytest.mark.parametrize("method", ["learned", "lm", "nvbe"])
def test_learns_from_the_input_itself(run_cli, tmp_path, method):
    text = "我们在北京大学学习，今天天气好，北京天气好。\n" * 50
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    options = ("segment", "--method", method, "--separator", "/")
    piped = run_cli(*options, input=text.encode(), code=0)
    assert piped.out.replace("/", "") == text
    assert "/" in piped.out
    assert "learned from" in piped.err
    read = run_cli(*options, "text.txt", "-j", 2, "-q", code=0)
    assert read.raw == piped.raw
    assert read.err == ""


def test_learns_from_elsewhere(run_here, tmp_path):
    text = "我们在北京大学学习，今天天气好，北京天气好。\n" * 50
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    done = run_here(
        "segment", "--learn-from", "text.txt", "-q", input="北京大学\n".encode(), code=0
    )
    assert done.out.replace(" ", "") == "北京大学\n"


def test_words_of_ones_own(run_here, model, tmp_path):
    (tmp_path / "base.txt").write_text("北京 3 ns\n大学 4\n好\n", encoding="utf-8")
    (tmp_path / "mine.txt").write_text("北京好\n", encoding="utf-8")
    text = "北京好大学\n".encode()
    assert (
        run_here("segment", "--dictionary", "base.txt", input=text, code=0).out == "北京 好 大学\n"
    )
    assert run_here(
        "segment", "--dictionary", "base.txt", "--words", "mine.txt", input=text, code=0
    ).out == ("北京好 大学\n")
    assert run_here("segment", "--model", model, "--words", "mine.txt", input=text, code=0).out == (
        "北京好 大学\n"
    )


def test_words_of_ones_own_beside_the_base(run_here, tmp_path):
    (tmp_path / "mine.txt").write_text("盐仓镇 10 ns\n", encoding="utf-8")
    (tmp_path / "apart.txt").write_text("天 安门\n", encoding="utf-8")
    text = "我爱北京天安门和盐仓镇。\n".encode()
    assert "盐仓镇" not in run_here("segment", input=text, code=0).out.split()
    for model in ([], ["--model", "base"], ["--no-base"], ["--learn-from", "mine.txt"]):
        done = run_here("segment", *model, "--words", "mine.txt", input=text, code=0)
        assert "盐仓镇" in done.out.split()
    done = run_here(
        "segment", "--words", "mine.txt", "--split-words", "apart.txt", input=text, code=0
    )
    assert done.out == "我 爱 北京 天 安门 和 盐仓镇 。\n"


def test_numbers(run_here, model):
    text = "2001年10万元".encode()
    for numbers, expected in (("date", "2001年 10万 元"), ("split", "2001 年 10 万 元")):
        done = run_here("segment", "--model", model, "--numbers", numbers, input=text, code=0)
        assert done.out == expected


def test_the_separator_in_the_text_is_warned_about(run_here, model, tmp_path):
    text = "我们 学习".encode()
    done = run_here("segment", "--model", model, "--separator", " ", input=text, code=0)
    assert "the separator ' ' occurs in the text" in done.err
    # of nearly all texts it is true, and who did not ask for it need not take it out again
    assert run_here("segment", "--model", model, input=text, code=0).err == ""
    (tmp_path / "a.txt").write_text("我们/学习\n" * 3, encoding="utf-8")
    for jobs in (1, 2):
        done = run_here(
            "segment", "--model", model, "--separator", "/", "a.txt", "a.txt", "-j", jobs, code=0
        )
        assert "the separator '/' occurs in the text" in done.err
    quiet = run_here("segment", "--model", model, "-q", input="我们 学习".encode(), code=0)
    assert quiet.err == ""
    clean = run_here(
        "segment", "--model", model, "--separator", r"\t", input="我们学习".encode(), code=0
    )
    assert (clean.out, clean.err) == ("我们\t学习", "")


def test_bad_bytes(run_here, model, tmp_path):
    data = "我们".encode() + b"\xff\xfe" + "好\n".encode()
    (tmp_path / "bad.txt").write_bytes(data)
    for source in ({"input": data}, {}):
        args = () if source else ("bad.txt",)
        strict = run_here("segment", "--model", model, *args, **source, code=1)
        assert "byte 6: not valid UTF-8; pass --encoding gb18030 or --errors replace" in strict.err
        replaced = run_here(
            "segment", "--model", model, *args, "--errors", "replace", **source, code=0
        )
        assert replaced.out == "我们 \ufffd\ufffd 好\n"
        assert "bytes not valid in UTF-8: 2, replaced" in replaced.err
        ignored = run_here(
            "segment", "--model", model, *args, "--errors", "ignore", **source, code=0
        )
        assert ignored.out == "我们 好\n"
    cut = run_here("segment", "--model", model, input="好".encode()[:2], code=1)
    assert "byte 0: not valid UTF-8" in cut.err


def test_a_field_of_records(run_here, model, tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        '{"text": "我们学习"}\n{"text": "今天好"}\n', encoding="utf-8"
    )
    done = run_here("segment", "--model", model, "--field", "text", "rows.jsonl", code=0)
    assert done.out == "我们 学习\n今天 好\n"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--model", "nowhere.nz"), 1, "nowhere.nz: cannot be read"),
        (("--model", "{model}", "missing.txt"), 1, "missing.txt"),
        (("--model", "{model}", "--learn-from", "x"), 2, "Give one of --model, --learn-from"),
        (("--dictionary", "x", "--learn-from", "x"), 2, "Give one of --model, --learn-from"),
        (("--learn-from", "-"), 2, "Standard input cannot be both"),
        (("--model", "{model}", "--separator", ""), 2, "must not be empty"),
        (
            ("--model", "{model}", "--separator", "／", "--encoding", "latin-1"),
            2,
            "cannot be written in",
        ),
        (("--model", "{model}", "--encoding", "klingon"), 2, "must name an encoding"),
        (
            ("--method", "learned", "--order", "3"),
            2,
            "--order belongs to --method lm, not to learned",
        ),
        (("--method", "lm", "--weights", "2"), 2, "must be two or more numbers"),
        (("--method", "magic"), 2, "magic"),
    ],
)
def test_misuse(run_here, model, lm, tmp_path, args, code, message):
    (tmp_path / "words.txt").write_text("词语\n", encoding="utf-8")
    places = {"model": model, "lm": lm, "words": "words.txt"}
    done = run_here(
        "segment", *(arg.format(**places) for arg in args), input="好".encode(), code=code
    )
    assert message in done.err
    assert done.raw == b""


def test_compressed_standard_input(run_cli, run_here, model):
    data = gzip.compress("好".encode())
    assert run_here("segment", "--model", model, input=data, code=0).out == "好"  # a file
    piped = run_cli("segment", "--model", model, input=data, code=1)
    assert "is compressed; give the file itself" in piped.err


def test_what_stays_whole(run_cli, tmp_path):
    text = "用C++17写，见https://a.com/b。SK-II，5G"
    words = tmp_path / "words.txt"
    words.write_text("神仙水\n", encoding="utf-8")
    cut = ["segment", "--dictionary", str(words), "--separator", "|"]
    whole = "用|C++17|写|，|见|https://a.com/b|。|SK-II|，|5G"
    assert run_cli(*cut, "--keep", "all", input=text.encode()).out == whole
    assert run_cli(*cut, "--keep", "url,word", "--joiners", "+", input=text.encode()).out == (
        "用|C++17|写|，|见|https://a.com/b|。|SK|-|II|，|5G"
    )
    assert run_cli(*cut, input=text.encode()).out == whole
    cut_up = run_cli(*cut, "--keep", "none", input=text.encode()).out
    assert cut_up.startswith("用|C|++|17|写|，|见|https|:|") and cut_up.endswith("SK|-|II|，|5|G")
    some = run_cli(*cut, "--joiners", "+", input=text.encode()).out
    assert some == "用|C++17|写|，|见|https://a.com/b|。|SK|-|II|，|5G"
    assert run_cli(*cut, "--keep", "urls", input=text.encode()).code == 2
    assert run_cli(*cut, "--keep", "all", "--joiners", "a", input=text.encode()).code == 2
    alone = run_cli(*cut, "--keep", "url", "--joiners", "+", input=text.encode())
    assert alone.code == 2
    assert "give --keep word or --keep all too" in alone.err


def test_words_of_ones_own_beside_a_model(run_cli, tmp_path):
    learned = learn_segmenter(["吃葡萄不吐葡萄皮，今天天气很好。"] * 5)
    learned.save(tmp_path / "model.nz")
    (tmp_path / "own.txt").write_text("不吐葡萄 3 n\n", encoding="utf-8")
    (tmp_path / "split.txt").write_text("天 气\n", encoding="utf-8")
    cut = ["segment", "--model", str(tmp_path / "model.nz"), "--separator", "|"]
    own = [*cut, "--words", str(tmp_path / "own.txt"), "--words-force"]
    assert "|不吐葡萄|" in run_cli(*own, input="吃不吐葡萄皮".encode()).out
    text = "吃不吐葡萄皮".encode()
    no_weight = [*cut, "--words", str(tmp_path / "own.txt"), "--words-weight", "0"]
    assert run_cli(*no_weight, input=text).out == run_cli(*cut, input=text).out
    misused = run_cli(*cut, "--words-force", input=text)
    assert misused.code == 2
    assert "--words-force say how strong words of your own are" in misused.err
    split = run_cli(
        *cut, "--split-words", str(tmp_path / "split.txt"), input="今天天气很好".encode()
    ).out
    assert "天|气" in split


ROWS = '{"id": 1, "meta": {"body": "我们学习"}}\n{"id": 2, "meta": {"body": "今天好"}}\n'


@pytest.mark.parametrize(
    "keep", [("--keep-records",), ("--format", "jsonl", "--keep"), ("--keep", "-q")]
)
def test_records_are_kept(run_cli, model, tmp_path, keep):
    (tmp_path / "in.jsonl").write_text(ROWS, encoding="utf-8")
    wanted = [
        {"id": 1, "meta": {"body": "我们学习"}, "tokens": ["我们", "学习"]},
        {"id": 2, "meta": {"body": "今天好"}, "tokens": ["今天", "好"]},
    ]
    command = ("segment", "--model", model, "--field", "meta.body")
    done = run_cli(*command, "in.jsonl", *keep, code=0)
    assert [json.loads(line) for line in done.out.splitlines()] == wanted
    array = json.dumps([json.loads(line) for line in ROWS.splitlines()], indent=2)
    piped = run_cli(*command, *keep, input=array.encode(), code=0)
    assert [json.loads(line) for line in piped.out.splitlines()] == wanted


def test_records_learn_from_themselves_and_keep_names(run_here, tmp_path):
    row = json.dumps({"text": "我们用C++17学习", "n": 1}, ensure_ascii=False) + "\n"
    (tmp_path / "in.jsonl").write_text(row * 3, encoding="utf-8")
    options = ("segment", "--field", "text", "--keep-records", "--tokens-key", "words", "in.jsonl")
    tokens = json.loads(run_here(*options, code=0).out.splitlines()[0])["words"]
    assert "C++17" in tokens and "".join(tokens) == "我们用C++17学习"
    without = json.loads(run_here(*options, "--keep", "none", code=0).out.splitlines()[0])["words"]
    assert "C++17" not in without and "".join(without) == "".join(tokens)
    (tmp_path / "in.csv").write_text("n,text\n1,我们\n", encoding="utf-8")
    table = ("segment", "--model", "base", "--field", "text", "--keep-records", "in.csv")
    assert run_here(*table, "--format", "csv", code=0).out == "\ufeffn,text,tokens\n1,我们,我们\n"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--keep-records",), 2, "--keep-records needs --field"),
        (("--keep",), 2, "--keep-records needs --field"),
        (("--tokens-key", "x"), 2, "--tokens-key goes with --keep-records"),
        (("--format", "csv"), 2, "--format csv writes records: give --keep-records too"),
        (("--field", "text", "--keep-records", "--format", "probs"), 2, "has no place for records"),
        (("--field", "text", "--keep", "in.jsonl"), 2, "To keep the records, give --keep-records."),
        (("--field", "text", "--keep-records", "in.txt"), 1, "in.txt is plain text"),
        (("--field", "text", "--keep-records", "in.jsonl"), 1, "in.jsonl:2: not valid JSON"),
        (("--field", "b", "--keep-records", "in.jsonl"), 1, "in.jsonl:1: no field 'b'"),
        (("--field", "text", "--keep-records", "--tokens-key", "", "in.jsonl"), 2, "--tokens-key"),
    ],
)
def test_records_that_cannot_be_kept(run_here, tmp_path, args, code, message):
    (tmp_path / "in.jsonl").write_text('{"text": "好"}\n{"text": \n', encoding="utf-8")
    (tmp_path / "in.txt").write_text("好\n", encoding="utf-8")
    done = run_here("segment", "--model", "base", *args, input="好".encode(), code=code)
    assert message in done.err
    assert "Traceback" not in done.err


def test_only_segment_takes_keep_alone(run_here):
    done = run_here("count", "--keep", input="好".encode(), code=2)
    assert "Option '--keep' requires an argument" in done.err


def test_part_files_one_after_the_other_are_the_result(run_cli, model, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_text("今天天气好", encoding="utf-8")
    arguments = ("segment", "--model", model, "a.txt", "b.txt", "--separator", "/")
    whole = run_cli(*arguments, code=0)
    done = run_cli(*arguments, "-j", 2, "-o", "parts/", code=0)
    assert (done.raw, done.err) == (b"", "")
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == [
        "_SUCCESS",
        "part-000000",
    ]
    assert (tmp_path / "parts" / "part-000000").read_bytes() == whole.raw
    again = run_cli(*arguments, "-o", "parts/", code=1)
    assert (
        again.err == f"Error: {tmp_path / 'parts'}: is not empty; name a new folder for the parts\n"
    )


def test_part_files_of_standard_input(run_cli, model, tmp_path):
    run_cli("segment", "--model", model, "-o", "parts/", input="今天天气好".encode(), code=0)
    assert (tmp_path / "parts" / "part-000000").read_text(encoding="utf-8") == "今天 天气 好"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-o", "nowhere/parts/"), "does not exist"),
        (("-o", "parts/", "--field", "text", "--keep-records"), "--keep-records writes one file"),
        (("--executor", "dask"), "belong together"),
    ],
)
def test_misuse_of_folders_and_clusters(run_cli, model, tmp_path, args, message):
    done = run_cli("segment", "--model", model, *args, code=2)
    assert message in done.err
    assert not (tmp_path / "parts").exists()


def test_outputs_by_url(run_cli, model, tmp_path):
    pytest.importorskip("fsspec")
    url = f"{tmp_path.as_uri()}/cut.txt"
    run_cli("segment", "--model", model, "-o", url, input="今天天气好".encode(), code=0)
    assert (tmp_path / "cut.txt").read_text(encoding="utf-8") == "今天 天气 好"
    failed = run_cli("segment", "--model", model, "-o", "nowhere://cut.txt", code=1)
    assert failed.err.startswith("Error: nowhere://cut.txt: cannot be written: ")
    assert failed.err.count("\n") == 1
    run_cli("ngrams", "cut.txt", "-o", f"{tmp_path.as_uri()}/counts.nz", code=0)
    run_cli("ngrams", "cut.txt", "-o", "same.nz", code=0)
    run_cli("merge", "same.nz", "-o", f"dir://merged.nz::{tmp_path.as_uri()}", code=0)
    counts = {(tmp_path / name).read_bytes() for name in ("counts.nz", "same.nz", "merged.nz")}
    assert len(counts) == 1
