"""The own fields that the settings declare for one source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpdesk.core.settings import Settings
from helpdesk.load.landed_fields import landed_fields


@dataclass(frozen=True)
class Declared:
    """Ids of own fields in the help desk, by type of object: ticket, company, contact.

    `is_all`: the settings have `fields: all`, which means all custom fields of the vendor.
    """

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_all: bool = False

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The object type and id of each field, sorted."""
        return sorted((kind, name) for kind, names in self.ids.items() for name in names)

    def of(self, kind: str) -> tuple[str, ...]:
        return self.ids.get(kind, ())

    def with_landed(self, source: str, landing: Path) -> "Declared":
        """With `fields: all`, the custom fields in the source's list; else unchanged."""
        if not self.is_all:
            return self
        ids: dict[str, tuple[str, ...]] = {}
        for one in landed_fields(landing):
            if one.source_system == source and one.is_custom and not one.is_personal:
                ids[one.object] = (*ids.get(one.object, ()), one.field)
        return Declared(ids, is_all=True)


NONE = Declared()


def declared_of(settings: Settings, source: str) -> Declared:
    """The fields that the settings declare for a source. A field without a source is in all."""
    if settings.fields == "all":
        return Declared(is_all=True)
    ids: dict[str, tuple[str, ...]] = {}
    for one in settings.fields:
        if one.source in ("", source):
            ids[one.object] = (*ids.get(one.object, ()), one.field)
    return Declared(ids)
