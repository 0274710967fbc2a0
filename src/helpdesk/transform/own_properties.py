"""The properties of one's own models: mistakes of a `.yml` in one list, and keys that repeat."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from helpdesk.core import sql
from helpdesk.core.errors import ConfigError, GateError, near
from helpdesk.core.places import IS_CHECKOUT, OWN_MODELS, project_file
from helpdesk.core.yaml_files import read_yaml
from helpdesk.transform.project import dbt_project

MARTS = "marts"
REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")


def check_properties(name: str) -> None:
    """Raise ConfigError where there is no such model, or its properties are wrong."""
    folder = dbt_project() / "models"
    models = {path.stem: path for path in folder.rglob("*.sql")}
    if name not in models:
        raise ConfigError(
            f"{name}: no model has this name, in {OWN_MODELS} or among those that ship"
            f"{near(name, models)}"
        )
    is_mart = models[name].relative_to(folder).parts[0] == MARTS
    # The key of a mart that a refresh changes ticket by ticket is in the `config` of its SQL.
    written = models[name].read_text(encoding="utf-8")
    has_key = not is_mart or "unique_key" in written
    declared = [
        (file, entry) for file in sorted(folder.rglob("*.yml")) for entry in _entries(file, folder)
    ]
    found = [(file, entry) for file, entry in declared if entry.get("name") == name]
    listed = {str(entry.get("name")): _column_names(entry) for _file, entry in declared}
    columns = {model: listed.get(model, []) for model in models}
    if not found and is_mart:
        # Next to the model, which is in the own folder.
        expected = Path(_shown(models[name], folder)).with_suffix(".yml")
        raise ConfigError(
            f"{expected}: {name} is a mart and has no properties; write its description, its "
            "columns with name, data_type and description, and `config.meta.key`."
        )
    lines = [
        f"{_shown(file, folder)}: {name}: {problem}"
        for file, entry in found
        for problem in _problems(entry, is_mart, has_key, columns)
    ]
    known = {*models, *(path.stem for path in (dbt_project() / "seeds").rglob("*.csv"))}
    lines += [
        f"{_shown(models[name], folder)}: ref('{read}'): no model has this name{near(read, known)}"
        for read in dict.fromkeys(REF.findall(written))
        if read not in known
    ]
    if len(found) > 1:
        files = ", ".join(_shown(file, folder) for file, _entry in found)
        lines.append(f"{name} is declared more than once, in {files}; keep one")
    if lines:
        raise ConfigError("\n  ".join(["the properties of the model are wrong:", *lines]))


def own_mart_keys() -> dict[str, list[str]]:
    """The declared keys of the own project's marts, by mart. A checkout has tests instead."""
    folder = OWN_MODELS / MARTS
    if IS_CHECKOUT:
        return {}
    keys = {
        str(entry.get("name")): list(_meta(entry).get("key") or [])
        for file in sorted(folder.rglob("*.yml"))
        for entry in _entries(file, OWN_MODELS)
    }
    # Views group by their key.
    return {
        path.stem: keys[path.stem]
        for path in sorted(folder.rglob("*.sql"))
        if keys.get(path.stem) and path.parent.name != "custom"
    }


def check_keys(keys: Mapping[str, Sequence[str]], connect: Callable[[], Any]) -> None:
    """Raise GateError where rows of a mart have the same key. `connect` opens the engine."""
    lines = []
    with connect() as cursor:
        for mart, key in keys.items():
            columns = ", ".join(map(sql.name, key))
            cursor.execute(
                f"select count(*) from (select {columns} from marts.{sql.name(mart)} "
                f"group by {columns} having count(*) > 1) as repeated"
            )
            ((count,),) = cursor.fetchall()
            if count:
                lines.append(
                    f"{mart}: its key, {', '.join(key)}, is not unique: {count:,} keys have "
                    "several rows; correct `config.meta.key` of its .yml, or the model"
                )
    if lines:
        listed = "\n  ".join(lines)
        raise GateError(f"a data-quality gate failed, nothing was published:\n  {listed}")


def _shown(file: Path, folder: Path) -> str:
    """A file as its author knows it: in the own folder, not where both are brought together."""
    return str(project_file(Path("models") / file.relative_to(folder)))


def _entries(file: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """The models that a file declares."""
    try:
        declared = read_yaml(file)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(
            f"{_shown(file, folder)}{line}: is not valid YAML: {error.problem}"
        ) from error
    models = declared.get("models") if isinstance(declared, dict) else None
    yield from (entry for entry in models or () if isinstance(entry, dict))


def _problems(
    entry: dict[str, Any], is_mart: bool, has_key: bool, models: Mapping[str, list[str]]
) -> Iterator[str]:
    if not entry.get("description"):
        yield 'no description; begin it with the grain, "One row per ..."'
    columns = entry.get("columns") or []
    if not isinstance(columns, list) or not all(isinstance(one, dict) for one in columns):
        yield "`columns` is not a list of `- name: ...` entries"
        return
    names = _column_names(entry)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"column {name} is listed {names.count(name)} times"
    if not is_mart:
        return
    if not columns:
        yield "no columns; a mart's contract lists each with name, data_type and description"
    for column in columns:
        for needed in ("name", "data_type", "description"):
            if not column.get(needed):
                yield f"column {column.get('name', '?')} has no {needed}"
    if not has_key and not _meta(entry).get("key"):
        yield "no `config.meta.key`: the columns that identify a row"
    yield from _meta_problems(entry, names, models)


def _column_names(entry: dict[str, Any]) -> list[str]:
    columns = entry.get("columns") or []
    return [str(one.get("name", "")) for one in columns if isinstance(one, dict)]


def _meta_problems(
    entry: dict[str, Any], names: list[str], models: Mapping[str, list[str]]
) -> Iterator[str]:
    meta = _meta(entry)
    relations = meta.get("relations") or {}
    for listed, kind in (
        (meta.get("key") or [], "key"),
        (meta.get("nullable") or [], "nullable"),
        (list(relations), "relations"),
    ):
        for column in listed:
            if column not in names:
                yield f"`{kind}` names {column}, which is not a column{near(str(column), names)}"
    for column, to in relations.items():
        model = str(to.get("model")) if isinstance(to, dict) else ""
        if model not in models:
            hint = near(model, models)
            yield f"`relations` of {column} lead to {model}, which is not a model{hint}"
        # A model below the marts need not list its columns.
        elif models[model] and (target := to.get("column")) not in models[model]:
            hint = near(str(target), models[model])
            yield f"`relations` of {column} lead to {model}.{target}, which is not a column{hint}"


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = (entry.get("config") or {}).get("meta") or {}
    return meta
