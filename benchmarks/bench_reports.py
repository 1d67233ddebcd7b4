"""Reports in a browser: how large they are, and how long one takes to open.

Usage: python benchmarks/bench_reports.py [--text FILE]

20,000 words of FILE, any Chinese text (made-up text by default), with lines of the text for the
first 1,000, in headless Chromium. Opening is from the beginning of the navigation until everything
is drawn and the page is idle; following is what it takes to draw everything again when a threshold
is moved.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from generate import generate
from harness import NLPZERO, ROOT, WORK, Benchmark

sys.path.append(str(ROOT))
from tests.browser import browser, programs

WORDS = 20_000
# of the page's own clock: the load event comes after the scripts, which draw
OPENED = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
# until the picture that shows it has been made
PAINTED = """
const done = arguments[arguments.length - 1];
const started = performance.now();
{}
requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - started)));
"""
MOVE = """
const slider = document.querySelector("input[type=range][data-column=count]");
slider.value = Number(slider.value) === 400 ? 300 : 400;
slider.dispatchEvent(new Event("input", {bubbles: true}));
"""
ROWS = "return [report.rows, document.querySelectorAll('#table tbody tr').length]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if programs() is None:
        sys.exit("needs Chromium and chromedriver")
    WORK.mkdir(parents=True, exist_ok=True)
    text = args.text
    if text is None:
        text = WORK / "reports.txt"
        generate(text, 30_000_000)
    command = [*NLPZERO, "discover", "-q", str(text.resolve()), "-o", "report.tsv"]
    page = WORK / "report.html"
    seconds = {}
    for what, more in (("without", []), ("with", ["--report", "report.html"])):
        before = os.times()
        subprocess.run([*command, *more], cwd=WORK, check=True)
        after = os.times()
        seconds[what] = after.children_user + after.children_system
        seconds[what] -= before.children_user + before.children_system

    opened, painted, moved = [], [], []
    with browser() as window:
        window.resize(1280, 900)
        for _ in range(args.rounds + 1):  # the first one starts the browser's processes
            window.run("location.href = 'about:blank'")
            started = time.perf_counter()
            window.open(page)
            window.run_async(PAINTED.format(""))
            painted.append(time.perf_counter() - started)
            opened.append(window.run(OPENED) / 1000)
            moved.append(window.run_async(PAINTED.format(MOVE)) / 1000)
        rows, elements = window.run(ROWS)
        assert window.complaints() == []
    assert rows == WORDS, f"{rows:,} words; give more text"
    bench = Benchmark(
        "reports",
        "Reports in a browser",
        data=f"{rows:,} words of {text.stat().st_size / 1e6:.0f} MB "
        + ("of made-up text" if args.text is None else "of text")
        + ". Headless Chromium, 1280 x 900.",
    )
    lines = ["| what | median | range |", "|---|--:|--:|"]
    for what, values in (
        ("opening, until the load event, s", opened),
        ("opening, until painted, as the driver sees it, s", painted),
        ("a threshold moved, until painted, s", moved),
    ):
        values = values[1:]
        middle = statistics.median(values)
        lines.append(f"| {what} | {middle:.3f} | {min(values):.3f} to {max(values):.3f} |")
    lines += [
        f"| size of the file, MB | {page.stat().st_size / 1e6:.2f} | |",
        f"| rows of the table that are elements | {elements} | |",
        f"| `discover`, CPU seconds, once | {seconds['without']:.1f} | |",
        f"| `discover --report`, CPU seconds, once | {seconds['with']:.1f} | |",
    ]
    bench.note("\n".join(lines))
    bench.write()


if __name__ == "__main__":
    main()
