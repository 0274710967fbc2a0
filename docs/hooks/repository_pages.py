"""Pages of the site for files outside `docs`: each file or folder that a page links to.

The repository's links are relative, so that they work in a checkout. A link that leaves `docs`
has no page on the site; this hook of MkDocs adds one, with the text of the file or the names in
the folder, and leads the link to it.
"""

import posixpath
import re
import subprocess
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
# Where the site has the pages of files outside `docs`.
FOLDER = "repository"
LINK = re.compile(r"(!?\[[^\]]*\]\()(?!https?:|mailto:|#)([^)#\s]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
LANGUAGES = {".py": "python", ".sql": "sql", ".yml": "yaml", ".json": "json", ".toml": "toml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file that is linked, and for those that these pages link to."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    waiting += [_repository_path(uri) for uri in _uris(config.nav)]
    known = {f"docs/{file.src_uri}" for file in files}
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen or not (ROOT / path).exists():
            continue
        seen.add(path)
        if path not in known:
            files.append(_file(path, config))
        if path.endswith(".md"):
            waiting += [_target(path, found[2]) for found in LINK.finditer(_prose(path))]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to the pages of the site."""
    path = _repository_path(page.file.src_uri)
    if not path.endswith(".md"):
        return markdown

    def led(found: re.Match[str]) -> str:
        uri = _site_path(_target(path, found[2]))
        return found[1] + posixpath.relpath(uri, posixpath.dirname(page.file.src_uri)) + found[3]

    parts = FENCE.split(markdown)
    return "".join(
        _without_diagram(part) if at % 2 else LINK.sub(led, part) for at, part in enumerate(parts)
    )


def _without_diagram(block: str) -> str:
    """A flow chart as a table: the theme would load the program that draws it from a server."""
    if not block.startswith("```mermaid"):
        return block
    titles = dict(re.findall(r"^ *(\w+)\[[\"(/](.+)[\")/]\]$", block, re.MULTILINE))
    read: dict[str, list[str]] = {}
    for start, end in re.findall(r"^ *(\w+) --> (\w+)", block, re.MULTILINE):
        read.setdefault(end, []).append(titles.get(start, start))
    rows = [f"| {titles.get(end, end)} | {', '.join(starts)} |" for end, starts in read.items()]
    return "\n".join(["| folder (models) | reads |", "| --- | --- |", *rows])


def _uris(nav: object) -> list[str]:
    """The pages that the navigation names."""
    if isinstance(nav, list):
        return [uri for entry in nav for uri in _uris(entry)]
    if isinstance(nav, dict):
        return [uri for entry in nav.values() for uri in _uris(entry)]
    return [nav] if isinstance(nav, str) else []


def _prose(path: str) -> str:
    return FENCE.sub("", (ROOT / path).read_text("utf-8"))


def _target(path: str, link: str) -> str:
    """A link of a page as a path in the repository."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    if (ROOT / target).is_dir() and (ROOT / target / "README.md").exists():
        return f"{target}/README.md"
    return target


def _site_path(path: str) -> str:
    """The name of a file of the repository among the files of the site."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    is_as_it_is = path.endswith(".md") or (ROOT / path).suffix in (".png", ".svg")
    return f"{FOLDER}/{path}" if is_as_it_is else f"{FOLDER}/{path}.md"


def _repository_path(uri: str) -> str:
    if not uri.startswith(f"{FOLDER}/"):
        return f"docs/{uri}"
    path = uri.removeprefix(f"{FOLDER}/")
    return path if (ROOT / path).exists() else path.removesuffix(".md")


def _file(path: str, config: MkDocsConfig) -> File:
    source = ROOT / path
    uri = _site_path(path)
    if source.is_dir():
        return _generated(uri, _listing(path), config)
    if uri.endswith(".md") and not path.endswith(".md"):
        return _generated(uri, _text(path), config)
    file = File.generated(config, uri, abs_src_path=str(source))
    file.inclusion = InclusionLevel.NOT_IN_NAV if path.endswith(".md") else file.inclusion
    return file


def _generated(uri: str, content: str, config: MkDocsConfig) -> File:
    # Readers search the documentation, not the code.
    front = "---\nsearch:\n  exclude: true\n---\n\n"
    return File.generated(config, uri, content=front + content, inclusion=InclusionLevel.NOT_IN_NAV)


def _text(path: str) -> str:
    text = (ROOT / path).read_text("utf-8")
    return f"# `{path}`\n\n````{LANGUAGES.get((ROOT / path).suffix, 'text')}\n{text}\n````\n"


def _listing(path: str) -> str:
    listed = ["git", "ls-files", path]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [f"- `{name}`" for name in done.stdout.split()]
    return "\n".join([f"# `{path}`", "", *lines, ""])
