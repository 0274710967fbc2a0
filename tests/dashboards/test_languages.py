"""The catalogues of languages: complete, alike in their values, and used by every component."""

import json
import re
from datetime import date, datetime
from pathlib import Path
from random import Random

import duckdb
import jinja2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from helpdesk.core import languages as places
from helpdesk.core.errors import ConfigError
from helpdesk.core.languages import ENGLISH, SHIPPED, languages
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import SHIPPED as SHIPPED_PROJECT
from helpdesk.core.settings import load_settings
from helpdesk.dashboards.languages import (
    main,
    missing,
    read_catalogue,
    shipped_texts,
    stale,
    texts_of,
    unlike,
)
from helpdesk.dashboards.pages import TEMPLATES
from helpdesk.explain import explain
from helpdesk.reports.catalogue import load_catalogue
from helpdesk.reports.saved import default_definition
from tests.dashboards.browser_code import run_in_language

COMPONENTS = sorted(TEMPLATES.rglob("*.svelte"))
# Attributes that a reader sees or hears.
READ = ("title", "aria-label", "placeholder", "alt", "label", "empty")
# The name of a key is the same in every language.
KEPT = {"Esc", "zendesk:123", "CSV"}
CALL = re.compile(r"(?<![\w.$])(?:t|tn|sentence|word)\(")


@pytest.fixture(scope="module")
def wanted():
    return shipped_texts()


@pytest.mark.parametrize("code", [path.stem for path in SHIPPED.glob("*.po")])
def test_a_shipped_catalogue_has_every_text_and_no_other(code, wanted):
    catalogue = read_catalogue(code)
    assert missing(catalogue, wanted) == []
    assert stale(catalogue, wanted) == []
    assert unlike(catalogue) == []


def test_english_and_norwegian_ship():
    assert {"en", "nb"} <= set(languages())


def visible(markup: str) -> list[str]:
    """The texts of a component's markup that are in no call of t, tn, sentence or word."""
    for part in (r"<script.*?</script>", r"<style.*?</style>", r"<!--.*?-->", r"<code.*?</code>"):
        markup = re.sub(part, "", markup, flags=re.DOTALL)
    found: list[str] = []
    at, is_tag, text, attribute = 0, False, "", ""
    while at < len(markup):
        character = markup[at]
        if character == "{":
            expression, at = enclosed(markup, at)
            named = re.search(r"([\w:-]+)=\"?[^\"]*$", attribute)
            if not is_tag or (named and named[1] in READ):
                found += literals(expression)
            (attribute, text) = (attribute + "{}", text) if is_tag else (attribute, text + " ")
            continue
        if is_tag:
            attribute += character
            if character == ">" and not attribute.endswith("=>"):
                found += [
                    value
                    for name, value in re.findall(r"([\w:-]+)=\"([^\"]*)\"", attribute)
                    if name in READ
                ]
                is_tag, attribute = False, ""
        elif character == "<":
            found.append(text)
            is_tag, text = True, ""
        else:
            text += character
        at += 1
    found.append(text)
    words = [re.sub(r"&\w+;|\{\}", " ", one).strip(" ()·,:;.…\n\t") for one in found]
    return [one for one in words if re.search(r"[A-Za-z]{2}", one) and one not in KEPT]


def enclosed(markup: str, start: int, pair: str = "{}") -> tuple[str, int]:
    """The text from a bracket to its partner, and the place after it; brackets in texts are none."""
    depth, at, quote = 0, start, ""
    while True:
        character = markup[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        elif character == pair[0]:
            depth += 1
        elif character == pair[1]:
            depth -= 1
            if not depth:
                return markup[start + 1 : at], at + 1
        at += 1


def literals(expression: str) -> list[str]:
    """The literals of an expression that look like words for a reader, outside of calls of t."""
    if expression.startswith(("#", "/", ":", "@")):
        return []
    while call := CALL.search(expression):
        _, end = enclosed(expression, call.end() - 1, "()")
        expression = expression[: call.start()] + expression[end:]
    texts = [one[1:-1] for one in re.findall(r"'[^']*'|\"[^\"]*\"|`[^`]*`", expression)]
    return [re.sub(r"\$\{[^}]*\}", " ", one) for one in texts if re.search(r"^[A-Z]|\w \w", one)]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_a_component_has_no_text_outside_of_t(path):
    assert visible(path.read_text(encoding="utf-8")) == []


def test_the_check_of_components_finds_what_it_looks_for():
    assert visible("<p>Some text {name}</p>") == ["Some text"]
    assert visible("<p title=\"A title\">{t('x')}</p>") == ["A title"]
    assert visible("<p aria-label=\"{t('a')} {isOn ? 'Is on' : ''}\"></p>") == ["Is on"]
    assert visible("<b class={a ? 'font-bold text' : ''}>{a ? `Two ${b}` : t('one')}</b>") == [
        "Two"
    ]
    assert (
        visible("{#if a => b}<p on:click={() => x('A b')}>{t('A {b}', { b: 'C d' })}</p>{/if}")
        == []
    )


@pytest.mark.parametrize(
    "path", sorted((TEMPLATES / "pages").rglob("*.md")), ids=lambda path: path.name
)
def test_a_page_waits_for_its_language(path):
    """And its title is a text of a component."""
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^<Language[^>]*>.+</Language>$", text, flags=re.MULTILINE)
    assert "title:" not in text


def test_the_messages_of_the_server_are_among_the_texts(wanted):
    """With names in the places of values, as the code has them."""
    for text in (
        "There is no report of this name.",
        "The page took longer than {seconds} s.",
        "{identifier} is also the name of {title}; choose another",
        "Saving is off: serve.save in the settings is nobody.",
        "{name} is a field, not a measure{value}",
    ):
        assert ("sentence", text, "") in wanted


def test_the_sentences_of_templates_are_those_of_the_mart(desk, tmp_path):
    rows = insight_rows(desk.truth.connection)
    assert len(rows) > 20
    assert run_in_language(tmp_path, "insights.js", "sentenceOfRow", rows) == [
        row["sentence"] for row in rows
    ]


def test_random_rows_have_the_sentences_of_the_macro(tmp_path):
    """Every template, format and direction, by the SQL that dbt has compiled."""
    rows = list(random_facts(Random(1), 400))
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in FACTS.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table facts as select {columns} limit 0")
        for row in rows:
            places = ", ".join("?" for _ in FACTS)
            values = [row.get(name) for name in FACTS]
            connection.execute(f"insert into facts values ({places})", values)
        found = connection.execute(f"select {sentence_sql()} from facts order by number").fetchall()
    asked = [
        {RENAMED.get(name, name): value for name, value in row.items()} | {"sentence": sentence}
        for row, (sentence,) in zip(rows, found, strict=True)
    ]
    assert {row["template"] for row in rows} == set(TEMPLATES_OF_INSIGHTS)
    built = run_in_language(tmp_path, "insights.js", "sentenceOfRow", asked)
    assert built == [row["sentence"] for row in asked]


# The facts that the macro reads, and the columns of the mart that have another name.
FACTS = {
    "number": "bigint", "template": "varchar", "format": "varchar", "label": "varchar",
    "is_stock": "boolean", "days": "bigint", "period_end": "date", "newest_date": "date",
    "dimension_label": "varchar", "member_name": "varchar", "value": "double", "n": "double",
    "comparison_value": "double", "difference": "double", "relative_difference": "double",
    "contribution": "double", "desk_difference": "double", "share": "double", "score": "double",
    "recency_note": "varchar", "oldest_days": "bigint",
}  # fmt: skip
RENAMED = {"days": "period_days", "period_end": "period_end_date"}
MACRO = SHIPPED_PROJECT / "macros" / "insights" / "insight_sentence.sql"
TEMPLATES_OF_INSIGHTS = re.findall(r"^    when '(\w+)'", MACRO.read_text(), re.MULTILINE)


def sentence_sql() -> str:
    """The expression of the macro `insight_sentence`, rendered as dbt renders it for DuckDB."""
    folder = SHIPPED_PROJECT / "macros"
    text = "".join(path.read_text() for path in sorted(folder.rglob("*worded*.sql")))
    text += MACRO.read_text()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    returned = {"return": lambda value: value}

    class Adapter:
        """Calls the macro of DuckDB."""

        @staticmethod
        def dispatch(name: str):
            return getattr(template.module, f"duckdb__{name}")

    template = environment.from_string(text, globals={**returned, "adapter": Adapter})
    return str(template.module.insight_sentence())


def random_facts(random: Random, count: int):
    for number in range(count):
        kind = random.choice(("count", "duration", "percent", "points", "decimal"))
        value, usual = amount(random, kind), amount(random, kind)
        template = TEMPLATES_OF_INSIGHTS[number % len(TEMPLATES_OF_INSIGHTS)]
        yield {
            "number": number,
            "template": template,
            "format": "count"
            if template in ("sla_overdue", "sla_due_soon", "at_capacity", "today")
            or template.startswith("tickets_")
            else kind,
            "label": random.choice(("Tickets created", "First response SLA, completed on time")),
            "is_stock": random.random() < 0.3,
            "days": random.choice((7, 28, 1400)),
            "period_end": f"2026-0{random.randint(1, 9)}-{random.randint(10, 28)}",
            "newest_date": f"2025-{random.randint(10, 12)}-0{random.randint(1, 9)}",
            "dimension_label": random.choice(("Owner", "Channel account", "SLA metric")),
            "member_name": random.choice(("Zoe", "O'Brien & co", "Monday")),
            **({} if template == "incomplete" and random.random() < 0.3 else {"value": value}),
            "n": float(random.randint(1, 5000)),
            "comparison_value": usual,
            "difference": value - usual,
            "relative_difference": (value - usual) / abs(usual or 1),
            "contribution": random.choice((-1, 1)) * amount(random, kind),
            "desk_difference": random.choice((-1, 1)) * amount(random, kind),
            "share": random.uniform(-2, 2),
            "score": random.uniform(-20, 20),
            "oldest_days": random.choice((0, 1, 2, 1500)),
            **({"recency_note": "Not all is in. More comes."} if random.random() < 0.3 else {}),
        }


def amount(random: Random, kind: str) -> float:
    """A value of a format, often a small or a round one."""
    if kind == "duration":
        return random.choice(
            (random.uniform(0, 100), random.uniform(0, 90_000), 3600.0 * random.randint(0, 9000))
        )
    if kind == "count":
        return random.choice(
            (0.0, 1.0, random.randint(0, 9) + 0.5, float(random.randint(0, 50_000)))
        )
    return round(random.random() * (10 if kind == "decimal" else 1), random.choice((1, 3, 6)))


def insight_rows(connection) -> list[dict]:
    cursor = connection.execute("from marts.rpt_insights")
    names = [column for column, *_ in cursor.description]
    return [
        {
            name: value.isoformat() if isinstance(value, date | datetime) else value
            for name, value in zip(names, row, strict=True)
            if value is not None
        }
        for row in cursor.fetchall()
    ]


def test_sentences_with_their_values_are_translated(desk, tmp_path):
    """The meaning of every check, and every sentence about a ticket."""
    ask = desk.truth.connection.execute
    sentences = {text for (text,) in ask("select description from marts.data_quality").fetchall()}
    for (key,) in ask("select ticket_key from marts.fct_tickets using sample 40").fetchall():
        found = explain(OutputPaths(desk.marts.parent), key)
        sentences |= {*found.first, *found.notes, *(event.text for event in found.timeline)}
        for clock in found.clocks:
            sentences |= {clock.verdict, clock.policy_because or "", clock.due_because}
            sentences |= {one.because for one in clock.intervals}
        for figure in found.figures:
            sentences |= {figure.name, figure.because, *(one.description for one in figure.rulings)}
    asked = sorted(sentences - {""})
    shown = run_in_language(tmp_path, "language.js", "sentence", asked, "nb", texts_of("nb"))
    left = [english for english, text in zip(asked, shown, strict=True) if english == text]
    # The words are the same in Norwegian.
    assert [text for text in left if not re.fullmatch(r"(team|pipeline) .+ -> .+", text)] == []


def test_messages_and_definitions_of_several_texts_are_translated(tmp_path):
    messages = {
        "There is no report of this name.": "Det finnes ingen rapport med dette navnet.",
        "the report: measures[0]: tickets has no measure 'x'; did you mean 'y'?": (
            "rapporten: measures[0]: tickets har ikke målet 'x'; mente du 'y'?"
        ),
        "reports/x.yml:3: filters: unknown key; there are: a, b": (
            "reports/x.yml:3: filters: ukjent nøkkel; disse finnes: a, b"
        ),
        "runs in New, Waiting on us": "løper i Ny, Venter på oss",
        "Ann, Zoe: open": "Ann, Zoe: åpen",
    }
    texts = texts_of("nb")
    shown = run_in_language(tmp_path, "language.js", "sentence", [*messages], "nb", texts)
    assert shown == [*messages.values()]

    source = load_catalogue().sources["tickets"]
    measures = tuple(source.measures[one] for one in ("average_first_response", "tickets_closed"))
    day = next(field for field in source.fields.values() if field.type == "date")
    given = {"definition": default_definition(measures, day)}
    (shown,) = run_in_language(tmp_path, "language.js", "translated", [given], "nb", texts)
    parts = [f"{texts[one.label]}: {texts[one.description]}" for one in measures]
    assert shown["definition"] == " ".join([*parts, f"Dato: {texts[day.description]}"])


def test_numbers_and_dates_are_in_the_form_of_the_language(tmp_path):
    texts = texts_of("nb")

    def run(function, value):
        return run_in_language(tmp_path, "format.js", function, [value], "nb", texts)[0]

    assert run("durationText", 8880) == "2 t 28 min"
    # A working day has no 24 hours.
    assert run("workingText", 132 * 3600) == "132 t"
    assert run("headingTime", "30 June 2026, 18:00").startswith("30. juni 2026")
    assert run("localTimeText", "2026-05-31 14:05") == "31.05.2026 14:05"
    assert run("startingText", {"starting": "Q2 2026", "bucket": "2026-04-01"}) == "2. kvartal 2026"


def polish() -> Catalog:
    catalogue = Catalog(locale="pl", fuzzy=False)
    catalogue.add(("{n} ticket", "{n} tickets"), ("{n} sprawa", "{n} sprawy", "{n} spraw"))
    return catalogue


def test_a_catalogue_that_is_dropped_in_is_a_language(tmp_path, monkeypatch):
    """Its plural forms go to the categories of numbers that browsers have."""
    folder = tmp_path / "dashboards" / "languages"
    folder.mkdir(parents=True)
    with (folder / "pl.po").open("wb") as file:
        write_po(file, polish())
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    assert languages() == (ENGLISH, *sorted({*(one.stem for one in SHIPPED.glob("*.po")), "pl"}))
    found = texts_of("pl")["{n} ticket"]
    assert (found["one"], found["few"], found["many"]) == ("{n} sprawa", "{n} sprawy", "{n} spraw")
    settings = tmp_path / "helpdesk.yml"
    settings.write_text("language: pl\n")
    assert load_settings(settings).language == "pl"
    (folder / "pl.po").write_bytes(b'msgid "\xff"\nmsgstr "b"\n')
    with pytest.raises(ConfigError, match=r"pl\.po: is not readable as a catalogue"):
        texts_of("pl")


def test_an_unknown_language_names_those_there_are(tmp_path):
    settings = tmp_path / "helpdesk.yml"
    settings.write_text("language: nn\n")
    with pytest.raises(ConfigError, match=r"'nn' is not a language of the pages; there are en, nb"):
        load_settings(settings)


def test_the_command_writes_missing_texts_and_lists_stale_ones(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "dashboards" / "languages"
    folder.mkdir(parents=True)
    catalogue = polish()
    catalogue.add("Gone", "Nie ma")
    with (folder / "pl.po").open("wb") as file:
        write_po(file, catalogue)
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    assert main(["pl"]) == 1
    said = capsys.readouterr().out
    assert "pl.po: missing: Show all {n}" in said
    assert "pl.po: stale: Gone" in said
    written = (folder / "pl.po").read_text(encoding="utf-8")
    assert 'msgid "Show all {n}"\nmsgstr ""' in written
    assert "{n} sprawy" in written
    assert main(["nb"]) == 0


def test_the_pages_of_every_language_are_written(site):
    texts = json.loads(next(Path(site).glob("data/*/languages/nb.json")).read_text())
    assert texts["Summary"] == "Oversikt"
    menu = json.loads((site / "api" / "pagesManifest.json").read_text())
    assert menu["languages"]["usual"] == ENGLISH
    assert menu["languages"]["texts"]["nb"]["Skip to the content"] == "Hopp til innholdet"
