"""The texts of the pages in other languages: which there are, and what their catalogues lack.

English is the language of the source: as in gettext, the English text is the key of each catalogue
`dashboards/languages/<code>.po`. Texts come from the components, from the code of the widgets, and
from the definitions in the dbt manifest. `python -m helpdesk.dashboards.languages [CODE ...]` lists
texts that a catalogue lacks or no longer needs, and writes an empty entry for each missing one.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from gettext import c2py
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from helpdesk.core.errors import ConfigError
from helpdesk.core.languages import ENGLISH, SHIPPED, catalogues, own_folder
from helpdesk.core.places import IS_CHECKOUT
from helpdesk.dashboards.definitions import Definitions, load_definitions
from helpdesk.dashboards.pages import FIXED, MISSING, TEMPLATES, page_title
from helpdesk.dashboards.widgets.definitions import load_widgets
from helpdesk.dashboards.widgets.desk import words
from helpdesk.dashboards.widgets.kinds import Widgets
from helpdesk.dashboards.widgets.quality import COUNTED
from helpdesk.dashboards.widgets.sla import RUNNING, WINDOWS
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.reports.definition import Report
from helpdesk.reports.tickets import LABELS
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import read_manifest

# The file of a catalogue in the data of the pages.
FOLDER = "languages"
# Names of members that are words of the product: catalogues have them in a context of their own.
WORD = "word"
# Sentences that come with their values in English.
SENTENCE = "sentence"
LISTED = {WORD: SHIPPED / "terms.txt", SENTENCE: SHIPPED / "sentences.txt"}
STRING = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
ONE = re.compile(rf"(?<![\w.$])t\(\s*{STRING}")
SEVERAL = re.compile(rf"(?<![\w.$])tn\(\s*{STRING}\s*,\s*{STRING}")
# The periods, in a module without imports.
LABEL = re.compile(rf"\blabel: {STRING}")
PLACE = re.compile(r"\{\w+\}")
# The keys of the widgets' data whose values are texts.
KEYS = {"text", "label", "noun", "note", "partly"}
# A text is its context, its English, and that of its plural.
Text = tuple[str, str, str]
# The messages of the server, and of the checks of a report, which pages show.
SAYING = ("Refusal", "ReportError", "Conflict", "ConfigError", "error")
REASONS = re.compile(r"_no_|_not_|why_not")
SAID_IN = ("serve/*.py", "reports/saved.py", "reports/conditions.py", "reports/joins.py")
# The frame of the pages is drawn before the catalogue of its language is read.
FRAME = (TEMPLATES / "pages" / "+layout.svelte", TEMPLATES / "components" / "Menu.svelte")


def menu_texts(definitions: Definitions) -> dict[str, dict[str, str]]:
    """The texts of the menu and of the frame of the pages in each language."""
    titles = [
        *(title for _, title in FIXED.values()),
        *(page_title(page) for page in definitions.pages),
        *(report.title for report in definitions.reports),
        *(text for path in FRAME for _, text, _ in _texts_of_code(path)),
        *MISSING,
    ]
    found = {}
    for code in catalogues():
        texts = texts_of(code)
        found[code] = {title: texts[title] for title in titles if title in texts}
    return found


def write_languages(data: Path) -> None:
    """Write the texts of each language into the data of the pages."""
    folder = data / FOLDER
    folder.mkdir(exist_ok=True)
    for code in catalogues():
        text = json.dumps(texts_of(code), ensure_ascii=False)
        (folder / f"{code}.json").write_text(text, encoding="utf-8")


def texts_of(code: str) -> dict[str, Any]:
    """The translated texts of a catalogue by their English text, as the pages read them.

    A text that depends on a number has one for each category of numbers of the language.
    """
    catalogue = read_catalogue(code)
    categories = _categories(catalogue, code)
    found: dict[str, Any] = {}
    for message in catalogue:
        if not message.id or message.fuzzy or not _is_translated(message):
            continue
        context, key, other = _text(message)
        name = f"{context}\x04{key}" if context else key
        forms = _forms(message.string)
        found[name] = {one: forms[at] for one, at in categories.items()} if other else forms[0]
    return found


def _forms(found: str | Sequence[str] | None) -> tuple[str, ...]:
    """The forms of a text by number, or the only one."""
    return (found,) if isinstance(found, str) else tuple(found or ())


def _categories(catalogue: Catalog, code: str) -> dict[str, int]:
    """The index of the plural form for each category of numbers, such as one, few, other."""
    index, category = c2py(catalogue.plural_expr), Locale.parse(code).plural_form
    found: dict[str, int] = {}
    for number in range(200):
        found.setdefault(category(number), index(number))
    return found | {"other": found.get("other", catalogue.num_plurals - 1)}


def _is_translated(message: Message) -> bool:
    return bool(message.string) and all(_forms(message.string))


def read_catalogue(code: str) -> Catalog:
    """The catalogue of a language. Raises ConfigError if the file is not readable."""
    path = catalogues()[code]
    try:
        with path.open("rb") as file:
            return read_po(file, locale=code, abort_invalid=True)
    except (OSError, UnicodeDecodeError, PoFileError, ValueError) as error:
        raise ConfigError(
            f"{path}: is not readable as a catalogue of gettext ({error})."
        ) from error


def shipped_texts() -> set[Text]:
    """Every text that the pages show: of their code, and of the definitions of the manifest."""
    manifest = ensure_manifest()
    found = {text for path in _code_files() for text in _texts_of_code(path)}
    found |= {("", text, "") for path in _widget_files() for text in _texts_of_widgets(path)}
    found |= {("", text, "") for path in _notice_files() for text in _texts_of_notices(path)}
    definitions, widgets = load_definitions(manifest), load_widgets(manifest)
    declared = {
        *_of_reports(definitions),
        *_of_widgets(widgets),
        *_of_catalogue(load_catalogue(manifest)),
        *(title for _, title in FIXED.values()),
        *MISSING,
        # Of the definition of a report that is not saved.
        "Date",
        *_recency_notes(manifest),
        *LABELS,
        *map(words, (*RUNNING, *COUNTED)),
        *(f"Kept, {days} days" for days in WINDOWS),
        f"Missed, {WINDOWS[0]} days",
        f"Missed in the last {WINDOWS[0]} days",
    }
    found |= {("", text, "") for text in declared if text}
    found |= {(WORD, name, "") for name in _names(definitions)}
    found |= {(SENTENCE, text, "") for path in _saying_files() for text in _messages_of(path)}
    return found | {
        (context, text, "") for context, path in LISTED.items() for text in _lines(path)
    }


def _code_files() -> list[Path]:
    return [
        path for path in sorted(TEMPLATES.rglob("*")) if path.suffix in (".svelte", ".js", ".mjs")
    ]


def _widget_files() -> list[Path]:
    return sorted((Path(__file__).parent / "widgets").glob("*.py"))


def _notice_files() -> list[Path]:
    return sorted((Path(__file__).parent.parent / "notify").glob("*.py"))


def _texts_of_notices(path: Path) -> Iterator[str]:
    """The literals of `t` and of `language.text` in the code of messages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and _name_of(node.func) in ("t", "text"):
            for part in ast.walk(node.args[0]) if not _is_call(node.args[0]) else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def _is_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call | ast.Subscript)


def _texts_of_code(path: Path) -> Iterator[Text]:
    """The literals of `t` and `tn` in a component, and the labels of periods."""
    code = path.read_text(encoding="utf-8")
    patterns = [ONE, LABEL] if path.suffix == ".mjs" else [ONE]
    for pattern in patterns:
        yield from (("", _unquoted(text), "") for text in pattern.findall(code))
    yield from (("", _unquoted(one), _unquoted(other)) for one, other in SEVERAL.findall(code))


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def _texts_of_widgets(path: Path) -> Iterator[str]:
    """The labels of columns, and the texts under the keys that pages translate."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            values += node.args[:1] if name == "column" else []
            values += [keyword.value for keyword in node.keywords if keyword.arg in KEYS]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            values += [
                value for key, value in pairs if isinstance(key, ast.Constant) and key.value in KEYS
            ]
        for value in values:
            for part in ast.walk(value) if isinstance(value, ast.IfExp) else [value]:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def _saying_files() -> list[Path]:
    package = Path(__file__).parent.parent
    return [path for pattern in SAID_IN for path in sorted(package.glob(pattern))]


def _messages_of(path: Path) -> Iterator[str]:
    """The messages of a module's errors, and its reasons, with names in the places of values."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: one.value
        for one in module.body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and node.args and _name_of(node.func) in SAYING:
            yield from _messages_in(node.args[-1], constants)
        elif isinstance(node, ast.FunctionDef) and REASONS.match(node.name):
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value:
                    yield from _messages_in(one.value, {})


def _messages_in(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    if isinstance(node, ast.IfExp):
        yield from (text for one in (node.body, node.orelse) for text in _messages_in(one, {}))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        names: list[str] = []
        text = ""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                names.append(_name_of(part.value))
                count = names.count(names[-1])
                text += f"{{{names[-1]}{count if count > 1 else ''}}}"
            elif isinstance(part, ast.Constant):
                text += str(part.value)
        yield text


def _name_of(node: ast.expr) -> str:
    """The last name of an expression, as that of a value in a text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _name_of(node.value) if isinstance(node, ast.Subscript) else "value"


def _of_reports(definitions: Definitions) -> Iterator[str]:
    yield from (page_title(page) for page in definitions.pages)
    yield from (item.label for item in definitions.filters)
    for report in definitions.reports:
        yield from (report.title, report.question, report.definition, _headline(report))
        yield from (measure.label for measure in report.measures)
        yield from (one.difference for one in report.alongside)
        for part in (report.series, report.axis, report.rows, *report.breakdowns):
            if part:
                yield part.label


def _recency_notes(manifest: Path) -> Iterator[str]:
    for model in read_manifest(manifest).models.values():
        yield model.meta.get("report", {}).get("recency_note", "")


def _headline(report: Report) -> str:
    """The name of a headline in the sentences of insights: the macro `insight_reports`."""
    main = report.measures[0]
    is_vague = main.format in ("percent", "points", "decimal")
    if is_vague and main.label.lower() != report.title.lower():
        return f"{report.title}, {main.label.lower()}"
    return main.label


def _of_widgets(widgets: Widgets) -> Iterator[str]:
    for widget in widgets.widgets:
        yield from (widget.title, widget.definition, widget.member)
        yield from map(words, widget.choices)
        yield from (figure.label for figure in widget.figures)
        yield from (newest.label for newest in widget.newest)
        for drill in widget.drills():
            yield from (drill.label, drill.value.label if drill.value else "")


def _of_catalogue(catalogue: Catalogue) -> Iterator[str]:
    for source in catalogue.sources.values():
        yield from (source.label, source.description)
        for field in source.fields.values():
            yield from (field.label, field.description)
        for measure in source.measures.values():
            yield from (measure.label, measure.description)


def _names(definitions: Definitions) -> Iterator[str]:
    """The names of members that definitions have, such as weekdays; an hour is no word."""
    for report in definitions.reports:
        for part in (report.series, report.axis, report.rows, *report.breakdowns):
            yield from (name for name in (part.names if part else ()) if not name.isdigit())


def _lines(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return (line for line in lines if line and not line.startswith("#"))


def missing(catalogue: Catalog, wanted: set[Text]) -> list[Text]:
    """The wanted texts that a catalogue has no translation of, in order."""
    known = {_text(message) for message in catalogue if message.id and _is_translated(message)}
    return sorted(wanted - known, key=lambda text: (text[0], text[1]))


def stale(catalogue: Catalog, wanted: set[Text]) -> list[Text]:
    """The texts of a catalogue that no page shows."""
    return sorted({_text(message) for message in catalogue if message.id} - wanted)


def unlike(catalogue: Catalog) -> list[str]:
    """The translations with other values in braces than their English text."""
    found = []
    for message in catalogue:
        if not message.id or not _is_translated(message):
            continue
        ids, strings = _forms(message.id), _forms(message.string)
        wanted = sorted(set(PLACE.findall(ids[-1])))
        found += [
            f"{ids[0]} -> {one}" for one in strings if sorted(set(PLACE.findall(one))) != wanted
        ]
    return found


def _text(message: Message) -> Text:
    one, *other = _forms(message.id)
    return (message.context or "", one, other[0] if other else "")


def update(path: Path, wanted: set[Text]) -> tuple[list[Text], list[Text]]:
    """Write an empty entry for each missing text; returns the missing and the stale texts."""
    catalogue = Catalog(locale=path.stem, fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem)
    lacking, old = missing(catalogue, wanted), stale(catalogue, wanted)
    for context, one, other in lacking:
        catalogue.add((one, other) if other else one, context=context or None)
    # An installed package must not be changed.
    if lacking and (IS_CHECKOUT or path.parent != SHIPPED):
        buffer = BytesIO()
        write_po(buffer, catalogue, width=100, sort_output=True, omit_header=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())
    return lacking, old


def main(codes: list[str]) -> int:
    """List what the catalogues lack; a new language gets a file with all texts."""
    wanted = shipped_texts()
    has_problems = False
    for code in codes or list(catalogues()):
        path = catalogues().get(code, own_folder() / f"{code}.po")
        lacking, old = update(path, wanted)
        for word, texts in (("missing", lacking), ("stale", old)):
            for context, text, _ in texts:
                print(f"{path.name}: {word}: {f'({context}) ' if context else ''}{text}")
        print(f"{path}: {len(wanted)} texts, {len(lacking)} missing, {len(old)} stale")
        has_problems |= bool(lacking or old)
    return int(has_problems)


if __name__ == "__main__":
    sys.exit(main([code for code in sys.argv[1:] if code != ENGLISH]))
