"""What the site needs beyond the pages: the API reference, links to the source, two languages.

MkDocs calls these functions while it builds (`hooks` in mkdocs.yml).
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

import nlpzero

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\[([^]\[]*)\]\(\s*((?:\.\./)+[^)\s#]*)(#[^)\s]*)?\)")
# a line end between two wide characters, which is no space; neither are the marks around them
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”…]"
_CHINESE_LINE_END = re.compile(rf"(?<={_WIDE})\n +(?={_WIDE})|(?<={_WIDE})\n(?={_WIDE})")
_FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
# titles of the pages of the reference, by the package that a name comes from
_PACKAGES = {
    "text": "Text and corpora",
    "discovery": "Discovering words",
    "segmentation": "Segmentation",
    "learning": "Learning to segment",
    "language_model": "Language model",
    "words": "Word counts, comparisons",
    "ngrams": "N-grams",
    "vectors": "Word vectors",
    "rules": "Association rules",
    "templates": "Sentence templates",
    "engine": "Resources and files",
    "errors": "Errors",
}


def reference() -> dict[str, tuple[str, list[str]]]:
    """Title and public names, with their modules, of each page of the reference."""
    packages: dict[str, list[str]] = {}
    for name, module in nlpzero._EXPORTS.items():
        packages.setdefault(module.partition(".")[0], []).append(f"{module}.{name}")
    return {
        package: (_PACKAGES.get(package, package.capitalize()), sorted(names, key=by_name))
        for package, names in sorted(packages.items(), key=lambda item: place(item[0]))
    }


def place(package: str) -> tuple[int, str]:
    order = list(_PACKAGES)
    return (order.index(package) if package in order else len(order), package)


def by_name(path: str) -> str:
    return path.rpartition(".")[2]


def page_of(title: str, names: list[str]) -> str:
    parts = [f"# {title}\n"]
    for path in names:
        short = f"nlpzero.{by_name(path)}"
        options = f"      heading: {short}\n      toc_label: {by_name(path)}\n"
        parts.append(f"::: nlpzero.{path}\n    options:\n{options}")
    return "\n".join(parts)


def on_config(config: Any) -> Any:
    """The pages of the reference stand in the navigation."""
    pages = [{title: f"api/{package}.md"} for package, (title, _) in reference().items()]
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"].append({"Python": pages})
    return config


def on_files(files: Any, config: Any) -> Any:
    for package, (title, names) in reference().items():
        content = page_of(title, names)
        files.append(File.generated(config, f"api/{package}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links to files of the source, which are not on the site, name the file instead.

    Lines of a Chinese paragraph are joined, since a browser shows their ends as spaces.
    """
    folder = posixpath.dirname(page.file.src_uri)

    def outside(link: re.Match[str]) -> str:
        text, target, _ = link.groups()
        path = posixpath.normpath(posixpath.join("docs", folder, target))
        if path == "docs" or path.startswith("docs/"):
            return link[0]
        if not (ROOT / path).exists():
            raise ValueError(f"{page.file.src_uri}: no such file in the source: {target}")
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{path})"
        return f'{text} (<span title="in the source">`{path}`</span>)'

    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(outside, part) for part in parts[::2]]
    if folder.partition("/")[0] == "zh":
        parts[::2] = [_CHINESE_LINE_END.sub("", part) for part in parts[::2]]
    return "".join(parts)


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """The words of the theme in the language of the page, and a link to its twin."""
    here = page.file.src_uri
    chinese = here.startswith("zh/")
    config.theme["language"] = "zh" if chinese else "en"
    twin = here[3:] if chinese else f"zh/{here}"
    known = {other.file.src_uri: other.url for other in nav.pages}
    pages = {
        "en": twin if chinese else here,
        "zh": here if chinese else twin,
    }
    links = []
    for code, name, home in (("en", "English", "index.md"), ("zh", "中文", "zh/index.md")):
        url = known.get(pages[code], known[home])
        links.append({"name": name, "lang": code, "link": url})
    config.extra["alternate"] = links
    return context
