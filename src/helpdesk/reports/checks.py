"""Checks of a definition in the manifest; every message names the yml file and the key."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from helpdesk.core.errors import near
from helpdesk.reports.errors import DefinitionError
from helpdesk.transform.nodes import Model

# Ids and names become names of SQL columns and of pages.
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
NUMBERS = ("bigint", "integer", "int", "smallint", "hugeint", "double", "float", "decimal")
KINDS = {
    "date": ("date",),
    "number": NUMBERS,
    "list of values": ("bigint[]",),
    "list of texts": ("varchar[]",),
    "text or number": ("varchar", "text", "boolean", *NUMBERS),
}


class Checker:
    """Checks the declaration of one model in `config.meta`, under the key `declares`."""

    def __init__(self, model: Model, declares: str = "report") -> None:
        self.model = model
        self.key = f"config.meta.{declares}"

    def error(self, path: str, problem: str) -> DefinitionError:
        """The error to raise; `path` is the key within the declaration, empty for all of it."""
        return DefinitionError(f"{self.where(path)}: {problem}")

    def where(self, path: str) -> str:
        """File, model and key of an error."""
        key = f"{self.key}.{path}" if path else self.key
        return f"{self.model.file}: model {self.model.name}: {key}"

    def table(
        self, path: str, value: Any, required: Iterable[str], optional: Iterable[str] = ()
    ) -> Mapping[str, Any]:
        """A mapping with these keys and no other."""
        required, allowed = tuple(required), (*required, *optional)
        if not isinstance(value, Mapping):
            raise self.error(path, f"a mapping with the keys {', '.join(required)} is expected")
        for key in value:
            if key not in allowed:
                raise self.error(_join(path, key), f"unknown key{nearest(key, allowed)}")
        for key in required:
            if value.get(key) is None:
                raise self.error(_join(path, key), "is missing")
        return value

    def items(self, path: str, value: Any) -> list[tuple[str, Any]]:
        """The items of a list of one or more, each with its path."""
        if not isinstance(value, list) or not value:
            raise self.error(path, "a list of one or more items is expected")
        return [(f"{path}[{number}]", item) for number, item in enumerate(value)]

    def text(self, path: str, value: Any) -> None:
        if not isinstance(value, str) or not value.strip():
            raise self.error(path, f"a text is expected, not {value!r}")

    def slug(self, path: str, value: Any) -> None:
        if not isinstance(value, str) or not SLUG.fullmatch(value):
            raise self.error(path, f"{value!r} is not a letter and then letters, digits or _")

    def choice(self, path: str, value: Any, choices: tuple[str, ...]) -> None:
        if value not in choices:
            raise self.error(path, f"{value!r} is not one of {', '.join(choices)}")

    def flag(self, path: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.error(path, f"true or false is expected, not {value!r}")
        return value

    def known(self, path: str, name: Any, names: Iterable[str], what: str) -> None:
        """One of these names."""
        names = tuple(names)
        if name not in names:
            raise self.error(path, f"{name!r} is not a {what}{nearest(str(name), names)}")

    def column(
        self, path: str, name: Any, kind: str | None = None, of: Model | None = None
    ) -> None:
        """The name of a column of the model, or of the model `of`; of a kind, if one is given."""
        model = of or self.model
        column = model.columns.get(name) if isinstance(name, str) else None
        if column is None:
            hint = nearest(str(name), model.columns)
            raise self.error(path, f"model {model.name} has no column {name!r}{hint}")
        data_type = re.split(r"[( ]", column.data_type.lower())[0]
        if kind and data_type not in KINDS[kind]:
            raise self.error(path, f"column {name} is a {data_type or 'text'}, not a {kind}")


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name."""
    return near(str(name), known) or f"; there are: {', '.join(known)}"
