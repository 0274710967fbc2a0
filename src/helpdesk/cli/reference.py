"""The reference pages of the documentation: `docs/reference`, from the code.

`make format` writes them: `python -m helpdesk.cli.reference`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from helpdesk.core.places import PROJECT_ROOT
from helpdesk.core.settings import Settings

FOLDER = PROJECT_ROOT / "docs" / "reference"
SETTINGS_HEADER = """# Settings

`make format` writes this page from the definitions of the settings.

The settings of a warehouse are a YAML file, given as `--config`.
Each setting has a default, so the file has only the lines that differ.
A wrong name or value is an error that names the setting.
Secrets are not in the file: a setting `..._env` names the environment variable that has the secret.

```yaml
report_timezone: Europe/Oslo
memory_limit: 4GB
alerts:
  webhook_env: ALERTS_URL
```
"""
CLI_HEADER = """# Commands

`make format` writes this page from the command itself.
`helpdesk COMMAND --help` shows the same text.
"""
# The page that explains a setting.
PAGES = {
    "source_timezone": "../metrics/time.md#local-times-of-files",
    "null_values": "../metrics/keys.md#spellings-of-an-empty-value",
    "default_schedule_id": "../metrics/calendar.md#the-schedule-of-a-ticket",
    "leave_out_unusable_policies": "../metrics/bad-input.md#rules-must-be-complete",
    "least_share_of_tickets": "../metrics/bad-input.md#too-few-tickets",
    "hubspot": "../hubspot.md#2-write-the-settings",
    "url_templates": "../file-contract.md#links-to-records",
    "fields": "../own-fields.md",
    "tags": "../own-fields.md",
    "goals": "../reports.md#goals",
    "language": "../serving.md#languages",
    "alerts": "../operations.md#alerts",
    "digests": "../alerts-and-digests.md#digests",
    "ingest": "../ingestion.md",
    "rewording": "../operations.md#insights-in-other-words",
    "spark": "../spark.md",
    "serve": "../serving.md#settings",
    "audiences": "../audiences.md",
}
# A definition under the name of its group in the file.
GROUPS = {
    "ingest": "Ingest",
    "ingest.hubspot": "HubSpot",
    "ingest.zendesk": "Zendesk",
    "hubspot": "HubSpotDesk",
    "fields": "OwnField",
    "tags": "Tags",
    "goals": "Goal",
    "url_templates": "UrlTemplates",
    "alerts": "Alerts",
    "alerts.mail": "Mail",
    "alerts.measures": "MeasureAlert",
    "digests": "Digest",
    "digests.to": "DigestChannels",
    "serve": "Serve",
    "audiences": "Audience",
    "spark": "Spark",
    "rewording": "Rewording",
}
Schema = Mapping[str, Any]


def settings_markdown() -> str:
    """The page of the settings."""
    schema = Settings.model_json_schema()
    lines = [SETTINGS_HEADER, *_table(schema, PAGES)]
    for group, name in GROUPS.items():
        definition = schema["$defs"][name]
        lines += ["", f"## {group}", "", *definition["description"].split("\n"), ""]
        lines += _table(definition, {})
    return "\n".join([*lines, ""])


def _table(schema: Schema, pages: Mapping[str, str]) -> Iterator[str]:
    yield "| setting | value | default | |"
    yield "| --- | --- | --- | --- |"
    for name, setting in schema["properties"].items():
        about = setting["description"] + (f" [More]({pages[name]})" if name in pages else "")
        value = _value(setting)
        default = _default(setting, name in schema.get("required", ()))
        yield f"| `{name}` | {value} | {default} | {about} |".replace("  ", " ")


def _value(setting: Schema) -> str:
    """The kind of value that a setting takes."""
    options = [option for key in ("anyOf", "oneOf") for option in setting.get(key, ())]
    if options:
        return " or ".join(_value(option) for option in options if option.get("type") != "null")
    if "const" in setting:
        return _code(setting["const"])
    if "enum" in setting:
        return ", ".join(_code(value) for value in setting["enum"])
    kind = setting.get("type", "")
    if kind == "array":
        items = setting.get("items")
        return f"list of {_value(items)}" if items else f"list of {setting['maxItems']} values"
    if "$ref" in setting:
        return _group(setting["$ref"].rpartition("/")[2])
    if kind == "object":
        return f"{_value(_of_object(setting))} by name"
    kinds = {"string": "text", "boolean": "`true`, `false`", "integer": "whole number"}
    formats = {"date": "date", "date-time": "time"}
    return formats.get(setting.get("format", "")) or kinds.get(kind) or str(kind)


def _group(definition: str) -> str:
    """A link to the section of a group."""
    names = {name: group for group, name in GROUPS.items()}
    return f"[group](#{names[definition].replace('.', '')})"


def _of_object(setting: Schema) -> Schema:
    patterns: Mapping[str, Schema] = setting.get("patternProperties", {})
    of_any: Schema = setting.get("additionalProperties", {})
    return next(iter(patterns.values()), of_any)


def _default(setting: Schema, is_required: bool) -> str:
    if is_required:
        return "required"
    default = setting.get("default")
    if default is None or default in ("", [], {}) or isinstance(default, dict):
        return "none"
    if isinstance(default, list):
        return ", ".join(_code(value) for value in default)
    return _code(default)


def _code(value: object) -> str:
    """A value as it is written in YAML."""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def cli_markdown() -> str:
    """The page of the command, as Typer writes it."""
    asked = ["-m", "typer", "helpdesk.cli.app", "utils", "docs", "--name", "helpdesk"]
    done = subprocess.run(
        [sys.executable, *asked], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    # Typer escapes quotes too, which no page needs.
    text = done.stdout.replace("&lt;", "&amp;lt;").replace("&gt;", "&amp;gt;")
    return CLI_HEADER + "\n" + unescape(text).strip().removeprefix("# `helpdesk`\n\n") + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    pages: dict[Path, str] = {
        FOLDER / "settings.md": settings_markdown(),
        FOLDER / "cli.md": cli_markdown(),
    }
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
