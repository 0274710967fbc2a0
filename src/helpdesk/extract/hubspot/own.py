"""The account's own properties: their definitions, and the values of custom objects.

`{field: plan}` is a property of the ticket, `{field: p_subscription.plan}` one of its associated
custom objects. The value of the latter becomes a property of the ticket with that name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from helpdesk.core.errors import near
from helpdesk.extract.declared import Declared
from helpdesk.extract.hubspot.api import HubSpotApi, Record
from helpdesk.extract.hubspot.objects import BATCH, OWN_KINDS
from helpdesk.load.landed_fields import PERSONAL

SEVERAL = ";"


@dataclass(frozen=True)
class OwnProperties:
    """The own properties of an account. `state`: the state of the stream `properties`."""

    declared: Declared
    api: HubSpotApi
    log: Callable[[str], None]
    state: dict[str, Any]

    def names(self, kind: str) -> list[str]:
        """The own properties of an object type, including those of its custom objects."""
        custom = self.state.get("custom", {}).get(kind, []) if self.declared.is_all else []
        named = {*custom, *self.declared.of(OWN_KINDS.get(kind, ""))}
        return sorted(name for name in named if _object_of(name) not in self._unreadable)

    @property
    def _unreadable(self) -> list[str]:
        """The types of custom objects that the token may not read."""
        unreadable: list[str] = self.state.get("unreadable", [])
        return unreadable

    def of_object(self, kind: str) -> list[str]:
        """The own properties of the object itself. HubSpot's property names contain no dot."""
        return [name for name in self.names(kind) if not _object_of(name)]

    def custom_objects(self, kind: str) -> dict[str, list[str]]:
        """The types of custom objects of tickets, each with its properties."""
        found: dict[str, list[str]] = {}
        for name in self.names(kind) if kind == "tickets" else []:
            if of := _object_of(name):
                found.setdefault(of, []).append(name.removeprefix(f"{of}."))
        return found

    def definitions(self) -> list[Record]:
        """The definition of every property of the object types that can have own fields."""
        self.state["unreadable"] = []
        listed = []
        for kind in (*OWN_KINDS, *self.custom_objects("tickets")):
            answer = self.api.offered(f"/crm/v3/properties/{kind}")
            if answer is None:
                self._log_unreadable(kind)
                continue
            self._log_unknown(kind, [one["name"] for one in answer.get("results", [])])
            found = [_definition(kind, one) for one in answer.get("results", [])]
            if self.declared.is_all:
                custom = sorted(one["name"] for one in found if _is_own(one))
                self.state.setdefault("custom", {})[kind] = custom
            listed += found
        self.state["several"] = [
            one["name"] for one in listed if _object_of(one["name"]) and _is_several(one)
        ]
        return listed

    def _log_unreadable(self, kind: str) -> None:
        is_own = kind in OWN_KINDS
        meaning = "their labels and types are unknown" if is_own else "their fields stay empty"
        own_scope = "tickets" if kind == "tickets" else f"crm.schemas.{kind}.read"
        scope = own_scope if is_own else "crm.schemas.custom.read, crm.objects.custom.read"
        self.log(f"the token may not read the properties of {kind} (scope {scope}): {meaning}")
        if not is_own:
            self.state["unreadable"].append(kind)

    def _log_unknown(self, kind: str, known: list[str]) -> None:
        requested = (
            self.of_object(kind) if kind in OWN_KINDS else self.custom_objects("tickets")[kind]
        )
        for name in requested:
            if name not in known:
                self.log(
                    f"{kind} have no property {name}, which is in `fields` of the settings"
                    f"{near(name, known)}"
                )

    def add_values(self, tickets: list[Record]) -> int:
        """Add the values of custom objects to their tickets; returns the number left out."""
        left_out = 0
        for kind, names in self.custom_objects("tickets").items():
            linked = {one["id"]: _ends(one, kind) for one in tickets}
            ids = sorted({end for ends in linked.values() for end in ends})
            found = {str(one["id"]): one for page in self._read(kind, names, ids) for one in page}
            for ticket in tickets:
                objects = [found[end] for end in linked[ticket["id"]] if end in found]
                for name in names:
                    field = f"{kind}.{name}"
                    values = _values(objects, name)
                    is_joined = field in self.state.get("several", [])
                    left_out += len(values) > 1 and not is_joined
                    kept = SEVERAL.join(dict.fromkeys(values)) if is_joined else values[:1]
                    ticket["properties"][field] = "".join(kept) or None
        return left_out

    def _read(self, kind: str, names: list[str], ids: list[str]) -> Iterator[list[Record]]:
        for first in range(0, len(ids), BATCH):
            batch = [{"id": key} for key in ids[first : first + BATCH]]
            body = {"inputs": batch, "properties": names}
            yield self.api.post(f"/crm/v3/objects/{kind}/batch/read", body)["results"]


def _is_own(definition: Record) -> bool:
    """Whether `fields: all` includes a property: custom, and not personal."""
    words = f"{definition['name']} {definition.get('label') or ''}"
    return not definition["hubspotDefined"] and not PERSONAL.search(words)


def _is_several(definition: Record) -> bool:
    return str(definition["fieldType"]) == "checkbox"


def declared_objects(declared: Declared) -> list[str]:
    """The types of custom objects with a property in the settings."""
    return sorted({of for name in declared.of("ticket") if (of := _object_of(name))})


def _object_of(name: str) -> str:
    return name.rpartition(".")[0]


def _definition(kind: str, one: Record) -> Record:
    """The row of a property. A property of a custom object becomes one of the ticket."""
    of, name = (kind, one["name"]) if kind in OWN_KINDS else ("tickets", f"{kind}.{one['name']}")
    row = {"id": f"{of}.{name}", "objectType": of, "name": name, "fieldType": ""}
    row |= {part: one[part] for part in ("label", "type", "fieldType") if one.get(part)}
    options = [
        {"value": option["value"], "label": option.get("label")}
        for option in one.get("options") or []
    ]
    row |= {"options": options} if options else {}
    return row | {"hubspotDefined": bool(one.get("hubspotDefined"))}


def _ends(ticket: Record, kind: str) -> list[str]:
    return [str(end["toObjectId"]) for end in ticket.get("associations", {}).get(kind, [])]


def _values(objects: list[Record], name: str) -> list[str]:
    """The values that are not empty, newest object first, then by ascending id."""
    by_id = sorted(objects, key=lambda one: int(one["id"]))
    newest = sorted(by_id, key=lambda one: str(one.get("createdAt") or ""), reverse=True)
    return [value for one in newest if (value := one["properties"].get(name))]
