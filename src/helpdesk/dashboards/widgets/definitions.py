"""Reads the widgets of the pages of present figures from the dbt manifest.

A model is a widget if it has `config.meta.widget`: page, kind, title and position. Its
figures declare in SQL the rows of a fact that they count, so that their tickets can be listed. No
model is named here.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpdesk.dashboards.definitions import clock_of
from helpdesk.dashboards.widgets.kinds import (
    CLOCK_ROWS,
    COMPARED,
    DIRECTIONS,
    FIRST,
    FORMATS,
    KINDS,
    TEAM,
    WORST,
    Drill,
    Figure,
    Newest,
    Value,
    Widget,
    Widgets,
)
from helpdesk.reports.catalogue import OwnColumn, own_columns
from helpdesk.reports.checks import Checker, nearest
from helpdesk.reports.declaration import NAME_COLUMN, REF, read_project, relation_of
from helpdesk.reports.definition import Dimension
from helpdesk.reports.errors import DefinitionError
from helpdesk.transform.nodes import Manifest, Model, read_manifest

# The columns that identify a target.
CLOCK_KEYS = ("source_system", "policy_id", "metric")
# The columns by which a widget has a list of tickets for each row; without any it has one list.
LISTED_BY: dict[str, tuple[str, ...]] = {"targets": CLOCK_KEYS, "availability": ("agent_key",)}
# Kinds of which there is one widget at most.
SINGLE = ("tickets", "reconciliation", "insights", "teams", "hours")


def load_widgets(manifest: Path) -> Widgets:
    """Read and check the widgets of the manifest. Raises DefinitionError."""
    return read_widgets(read_manifest(manifest))


def read_widgets(manifest: Manifest) -> Widgets:
    """The widgets of a manifest that is already read. Raises DefinitionError."""
    project = read_project(manifest)
    widgets: list[Widget] = []
    lists: dict[str, str] = {}
    singles: set[str] = set()
    own: tuple[OwnColumn, ...] = ()
    for model in project.models.values():
        if "widget" not in model.meta:
            continue
        reader = _Reader(model, project.models, project.links)
        widget = reader.widget()
        if widget.kind in SINGLE and widget.kind in singles:
            raise reader.checker.error("kind", f"another model is already the {widget.kind} widget")
        singles.add(widget.kind)
        if widget.kind == "tickets":
            own = tuple(own_columns(model))
        for drill in widget.drills():
            if drill.name in lists:
                raise reader.checker.error("", f"{lists[drill.name]} also lists {drill.name}")
            lists[drill.name] = drill.source
        widgets.append(widget)
    if (lists or "misses" in singles) and "tickets" not in singles:
        raise DefinitionError("figures lead to tickets, but no model has `kind: tickets`")
    ordered = sorted(widgets, key=lambda widget: (widget.page, widget.position, widget.title))
    return Widgets(tuple(ordered), clock_of(project.models), own)


class _Reader:
    """Reads the declaration of one model."""

    def __init__(
        self,
        model: Model,
        models: Mapping[str, Model],
        links: Mapping[tuple[str, str], tuple[str, str]],
    ) -> None:
        self.model = model
        self.checker = Checker(model, "widget")
        self.by_name = {one.name: one for one in models.values()}
        self.names = {
            column: Dimension(relation_of(models[parent]), key, NAME_COLUMN)
            for (child, column), (parent, key) in links.items()
            if child == model.unique_id and NAME_COLUMN in models[parent].columns
        }

    def widget(self) -> Widget:
        checker, declared = self.checker, self.model.meta["widget"]
        if not isinstance(declared, Mapping):
            raise checker.error("", "a mapping is expected")
        checker.choice("kind", declared.get("kind"), tuple(KINDS))
        kind = KINDS[declared["kind"]]
        checker.table(
            "", declared,
            ("page", "kind", "title", "position", "definition", *kind.required),
            ("requires", *kind.optional),
        )  # fmt: skip
        checker.choice("page", declared["page"], (kind.page,))
        for key in ("title", "definition"):
            checker.text(key, declared[key])
        place = declared["position"]
        if not isinstance(place, int):
            raise checker.error("position", f"a whole number is expected, not {place!r}")
        for column in kind.columns:
            checker.column("", column)
        return Widget(
            page=declared["page"],
            kind=declared["kind"],
            title=declared["title"],
            position=place,
            definition=declared["definition"],
            relation=relation_of(self.model),
            names=self.names,
            requires=self._texts("requires", declared.get("requires", [])),
            **self._own(declared),
        )

    def _own(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that only some kinds of widgets have."""
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
        if "lists" in declared:
            # Sentences are of the whole help desk.
            own["figures"] = tuple(
                replace(figure, tickets=figure.tickets and replace(figure.tickets, has_teams=False))
                for figure in self._figures(declared["lists"], (), "lists")
            )
        if "choices" in declared:
            own["choices"] = self._texts("choices", declared["choices"])
        if "views" in declared:
            own["views"] = self._texts("views", declared["views"])
            for name in own["views"]:
                self._ref("views", f"ref('{name}')", COMPARED)
        if "status_requires" in declared:
            own["status_requires"] = self._texts("status_requires", declared["status_requires"])
        if "running" in declared:
            own["figures"] = self._figures(declared["running"], CLOCK_KEYS, "running")
        if "clocks" in declared:
            own["clocks"] = relation_of(self._ref("clocks", declared["clocks"], CLOCK_ROWS))
        if "tickets" in declared:
            keys = LISTED_BY.get(declared["kind"], ())
            own["tickets"] = self._drill("tickets", declared["tickets"], declared["kind"], keys)
        if "newest" in declared:
            own["newest"] = self._newest(declared["newest"])
        return own

    def _figures(
        self, declared: Any, keys: tuple[str, ...], where: str = "figures"
    ) -> tuple[Figure, ...]:
        if not isinstance(declared, Mapping) or not declared:
            raise self.checker.error(where, f"a mapping of one or more {where} is expected")
        figures = []
        for name, item in declared.items():
            path = f"{where}.{name}"
            self.checker.slug(path, name)
            self.checker.table(path, item, ("label",), ("good", "requires", "tickets"))
            self.checker.text(f"{path}.label", item["label"])
            if item.get("good") is not None:
                self.checker.choice(f"{path}.good", item["good"], DIRECTIONS)
            drill = item.get("tickets")
            figures.append(
                Figure(
                    name,
                    item["label"],
                    item.get("good"),
                    self._texts(f"{path}.requires", item.get("requires", [])),
                    drill and self._drill(f"{path}.tickets", drill, name, keys),
                )
            )
        return tuple(figures)

    def _drill(self, path: str, declared: Any, name: str, keys: tuple[str, ...]) -> Drill:
        self.checker.table(
            path, declared, ("from", "where", "at", "label", "first"), ("name", "value")
        )
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
            value=self._value(f"{path}.value", declared.get("value")),
            # An agent's tickets are those of all teams.
            has_teams=TEAM in model.columns and keys != ("agent_key",),
            source=self.checker.where(path),
        )

    def _value(self, path: str, declared: Any) -> Value | None:
        if declared is None:
            return None
        self.checker.table(path, declared, ("sql", "label"), ("format", "worst"))
        for key in ("sql", "label"):
            self.checker.text(f"{path}.{key}", declared[key])
        kind, worst = declared.get("format", FORMATS[0]), declared.get("worst", WORST[0])
        self.checker.choice(f"{path}.format", kind, FORMATS)
        self.checker.choice(f"{path}.worst", worst, WORST)
        return Value(declared["sql"], declared["label"], kind, worst == "low")

    def _newest(self, declared: Any) -> tuple[Newest, ...]:
        if not isinstance(declared, list):
            raise self.checker.error("newest", "a list is expected")
        found = []
        for number, item in enumerate(declared):
            path = f"newest[{number}]"
            self.checker.table(path, item, ("label", "from", "column"), ("requires",))
            self.checker.text(f"{path}.label", item["label"])
            model = self._ref(f"{path}.from", item["from"], (item["column"],))
            requires = self._texts(f"{path}.requires", item.get("requires", []))
            found.append(Newest(item["label"], relation_of(model), item["column"], requires))
        return tuple(found)

    def _named(self, path: str, column: Any) -> None:
        self.checker.column(path, column)
        if column not in self.names:
            raise self.checker.error(
                path, f"column {column} has no relation to a model with a name"
            )

    def _ref(self, path: str, declared: Any, columns: tuple[str, ...]) -> Model:
        found = REF.fullmatch(declared) if isinstance(declared, str) else None
        if not found:
            raise self.checker.error(path, f"ref('<model>') is expected, not {declared!r}")
        model = self.by_name.get(found[1])
        if model is None:
            near = nearest(found[1], self.by_name)
            raise self.checker.error(path, f"there is no model {found[1]!r}{near}")
        for column in columns:
            self.checker.column(path, column, of=model)
        return model

    def _texts(self, path: str, declared: Any) -> tuple[str, ...]:
        if not isinstance(declared, list) or not all(isinstance(one, str) for one in declared):
            raise self.checker.error(path, f"a list of texts is expected, not {declared!r}")
        return tuple(declared)
