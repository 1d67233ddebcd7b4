"""Links between files of the documentation, and to headings in them, lead somewhere."""

import posixpath
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").rglob("*.md"),
        ROOT / "benchmarks" / "README.md",
    ]
)
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"``.*?``|`[^`]*`", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Targets of the links of a page that name a file or a heading here."""
    text = CODE.sub("`", FENCE.sub("", text))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z][a-z+.-]*:", link)]


def slugs(text: str) -> set[str]:
    """Names of the headings of a page, made as GitHub makes them, and so does mkdocs.yml."""
    found: dict[str, int] = {}
    names = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        names.add(f"{slug}-{found[slug]}" if slug in found else slug)
        found[slug] = found.get(slug, 0) + 1
    return names


@cache
def headings(page: Path) -> set[str]:
    return slugs(page.read_text("utf-8"))


def broken(page: Path, text: str) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for link in links(text):
        path, _, name = unquote(link).partition("#")
        target = Path(posixpath.normpath(page.parent / path)) if path else page
        if not target.exists() or (
            name and (target.suffix != ".md" or name not in headings(target))
        ):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page, page.read_text("utf-8")) == []


def test_broken_links_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One\n\n## C++: 词 (2)\n", "utf-8")
    assert headings(page) == {"one", "c-词-2"}
    good = "[x](a.md#one) [x](#c-词-2) [x](https://example.org/) `[x](none)`\n```\n[x](none)\n```\n"
    bad = "[x](b.md) [x](a.md#two)\n[x](\n#three)"
    assert broken(page, good + bad) == ["b.md", "a.md#two", "#three"]
