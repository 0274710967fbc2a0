"""Reads from the dbt manifest what stands on the boards, the pages that show the desk now.

A model is part of a board whose `config.meta.board` says so: page, kind of part, title, place. The
figures of a part say in SQL which rows of which fact they count, so that the tickets behind each
can be listed; no model is named here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.boards.kinds import (
    CLOCK_ROWS,
    DIRECTIONS,
    FIRST,
    KINDS,
    Boards,
    Drill,
    Figure,
    Newest,
    Part,
)
from dashboards.checks import Checker, nearest
from dashboards.declaration import NAME_COLUMN, REF, read_project, relation_of
from dashboards.definitions import clock_of
from dashboards.errors import DefinitionError
from dashboards.report import Dimension


def load_boards(manifest: Path) -> Boards:
    """Read and check what the manifest says of boards. Raises DefinitionError."""
    if not manifest.is_file():
        raise DefinitionError(f"{manifest}: there is no manifest; `dbt parse` writes it.")
    return read_boards(json.loads(manifest.read_text(encoding="utf-8")))


def read_boards(manifest: Mapping[str, Any]) -> Boards:
    """The boards in a manifest that is already read. Raises DefinitionError."""
    project = read_project(manifest)
    parts: list[Part] = []
    lists: dict[str, str] = {}
    singles: set[str] = set()
    for model in project.models.values():
        if "board" not in model["config"].get("meta", {}):
            continue
        reader = _Reader(model, project.models, project.links)
        part = reader.part()
        if part.kind in ("tickets", "reconciliation", "insights") and part.kind in singles:
            raise reader.checker.error("part", f"a second model says it is the {part.kind}")
        singles.add(part.kind)
        for drill in _drills(part):
            if drill.name in lists:
                raise reader.checker.error("", f"{lists[drill.name]} also lists {drill.name}")
            lists[drill.name] = drill.said
        parts.append(part)
    if (lists or "misses" in singles) and "tickets" not in singles:
        raise DefinitionError("figures lead to tickets, but no model has the board part `tickets`")
    ordered = sorted(parts, key=lambda part: (part.page, part.position, part.title))
    return Boards(tuple(ordered), clock_of(project.models))


def _drills(part: Part) -> list[Drill]:
    drills = [part.tickets, *(figure.tickets for figure in part.figures)]
    return [drill for drill in drills if drill]


class _Reader:
    """Reads the declaration of one model."""

    def __init__(
        self,
        model: Mapping[str, Any],
        models: Mapping[str, Mapping[str, Any]],
        links: Mapping[tuple[str, str], tuple[str, str]],
    ) -> None:
        self.model = model
        self.checker = Checker(model, "board")
        self.by_name = {one["name"]: one for one in models.values()}
        self.names = {
            column: Dimension(relation_of(models[parent]), key, NAME_COLUMN)
            for (child, column), (parent, key) in links.items()
            if child == model["unique_id"] and NAME_COLUMN in models[parent]["columns"]
        }

    def part(self) -> Part:
        checker, declared = self.checker, self.model["config"]["meta"]["board"]
        if not isinstance(declared, Mapping):
            raise checker.error("", "a mapping is expected")
        checker.choice("part", declared.get("part"), tuple(KINDS))
        kind = KINDS[declared["part"]]
        checker.table(
            "", declared,
            ("page", "part", "title", "position", "definition", *kind.required),
            ("needs", *kind.optional),
        )  # fmt: skip
        checker.choice("page", declared["page"], (kind.page,))
        for key in ("title", "definition"):
            checker.text(key, declared[key])
        place = declared["position"]
        if not isinstance(place, int):
            raise checker.error("position", f"a whole number is expected, not {place!r}")
        for column in kind.columns:
            checker.column("", column)
        return Part(
            page=declared["page"],
            kind=declared["part"],
            title=declared["title"],
            position=place,
            definition=declared["definition"],
            relation=relation_of(self.model),
            names=self.names,
            needs=self._texts("needs", declared.get("needs", [])),
            **self._own(declared),
        )

    def _own(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that only some kinds of part have."""
        own: dict[str, Any] = {}
        by = declared.get("by")
        if by is not None:
            self.checker.column("by", by)
            own["by"] = by
        if "member" in declared:
            self.checker.text("member", declared["member"])
            own["member"] = declared["member"]
            self._named("by", by)
        if "figures" in declared:
            own["figure_column"] = declared.get("figure", "figure")
            self.checker.column("figure", own["figure_column"])
            own["figures"] = self._figures(declared["figures"], (by,) if by else ())
        if "choices" in declared:
            own["choices"] = self._texts("choices", declared["choices"])
        if "status_needs" in declared:
            own["status_needs"] = self._texts("status_needs", declared["status_needs"])
        if "clocks" in declared:
            own["clocks"] = relation_of(self._ref("clocks", declared["clocks"], CLOCK_ROWS))
        if "tickets" in declared:
            keys = ("source_system", "policy_id", "metric") if "clocks" in own else ("agent_key",)
            own["tickets"] = self._drill("tickets", declared["tickets"], declared["part"], keys)
        if "newest" in declared:
            own["newest"] = self._newest(declared["newest"])
        if "columns" in declared:
            own["columns"] = self._columns(declared["columns"])
        return own

    def _figures(self, declared: Any, keys: tuple[str, ...]) -> tuple[Figure, ...]:
        if not isinstance(declared, Mapping) or not declared:
            raise self.checker.error("figures", "a mapping with one figure or more is expected")
        figures = []
        for name, item in declared.items():
            path = f"figures.{name}"
            self.checker.slug(path, name)
            self.checker.table(path, item, ("label",), ("good", "needs", "tickets"))
            self.checker.text(f"{path}.label", item["label"])
            if item.get("good") is not None:
                self.checker.choice(f"{path}.good", item["good"], DIRECTIONS)
            drill = item.get("tickets")
            figures.append(
                Figure(
                    name,
                    item["label"],
                    item.get("good"),
                    self._texts(f"{path}.needs", item.get("needs", [])),
                    drill and self._drill(f"{path}.tickets", drill, name, keys),
                )
            )
        return tuple(figures)

    def _drill(self, path: str, declared: Any, name: str, keys: tuple[str, ...]) -> Drill:
        self.checker.table(path, declared, ("from", "where", "at", "label", "first"), ("name",))
        for key in ("where", "label"):
            self.checker.text(f"{path}.{key}", declared[key])
        self.checker.choice(f"{path}.first", declared["first"], FIRST)
        name = declared.get("name", name)
        self.checker.slug(f"{path}.name", name)
        model = self._ref(f"{path}.from", declared["from"], ("ticket_key", *keys))
        self.checker.column(f"{path}.at", declared["at"], of=model)
        return Drill(
            name=name,
            relation=relation_of(model),
            by=keys,
            where=declared["where"],
            at=declared["at"],
            label=declared["label"],
            newest_first=declared["first"] == "newest",
            said=self.checker.where(path),
        )

    def _newest(self, declared: Any) -> tuple[Newest, ...]:
        if not isinstance(declared, list):
            raise self.checker.error("newest", "a list is expected")
        found = []
        for number, item in enumerate(declared):
            path = f"newest[{number}]"
            self.checker.table(path, item, ("label", "from", "column"), ("needs",))
            self.checker.text(f"{path}.label", item["label"])
            model = self._ref(f"{path}.from", item["from"], (item["column"],))
            needs = self._texts(f"{path}.needs", item.get("needs", []))
            found.append(Newest(item["label"], relation_of(model), item["column"], needs))
        return tuple(found)

    def _columns(self, declared: Any) -> dict[str, str]:
        if not isinstance(declared, Mapping) or not declared:
            raise self.checker.error("columns", "a mapping of key columns to labels is expected")
        for column, label in declared.items():
            self._named(f"columns.{column}", column)
            self.checker.text(f"columns.{column}", label)
        return dict(declared)

    def _named(self, path: str, column: Any) -> None:
        self.checker.column(path, column)
        if column not in self.names:
            raise self.checker.error(
                path, f"column {column} is in no related test that leads to a name"
            )

    def _ref(self, path: str, said: Any, columns: tuple[str, ...]) -> Mapping[str, Any]:
        found = REF.fullmatch(said) if isinstance(said, str) else None
        if not found:
            raise self.checker.error(path, f"ref('<model>') is expected, not {said!r}")
        model = self.by_name.get(found[1])
        if model is None:
            near = nearest(found[1], self.by_name)
            raise self.checker.error(path, f"there is no model {found[1]!r}{near}")
        for column in columns:
            self.checker.column(path, column, of=model)
        return model

    def _texts(self, path: str, said: Any) -> tuple[str, ...]:
        if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
            raise self.checker.error(path, f"a list of texts is expected, not {said!r}")
        return tuple(said)
