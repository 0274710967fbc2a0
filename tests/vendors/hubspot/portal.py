"""The contents of a HubSpot account at any time, from files of the contract.

A portal has a clock and hides later events, so that one desk can be fetched in several runs. The
shapes of single objects are in `shapes.py`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from tests.vendors.hubspot import shapes
from tests.vendors.hubspot.shapes import Row, iso

# Properties with a history, the newest change first.
PROPERTIES = {
    "status": "hs_pipeline_stage",
    "agent": "hubspot_owner_id",
    "team": "hubspot_team_id",
    "priority": "hs_ticket_priority",
    "first_response_due_at": "hs_time_to_first_response_sla_at",
    "first_response_sla_status": "hs_time_to_first_response_sla_status",
    "next_response_due_at": "hs_time_to_next_response_sla_at",
    "next_response_sla_status": "hs_time_to_next_response_sla_status",
    "time_to_close_due_at": "hs_time_to_close_sla_at",
    "time_to_close_sla_status": "hs_time_to_close_sla_status",
}
PRIMARY_COMPANY, ANY_COMPANY, TICKET_CONTACT, CALL_TICKET = 26, 339, 16, 220


@dataclass
class Portal:
    """`tables`: the contract's rows by table. `merged`: whether merges before the clock are done."""

    tables: dict[str, list[Row]]
    clock: datetime
    merged: bool = False
    # The number of companies, and of contacts, with the same time of their last change.
    at_once: int = 3
    # Additional properties by ticket, with the time of the change.
    edits: dict[str, Row] = field(default_factory=dict)
    # Deleted objects by kind and id, and links by the two kinds and the id.
    removed: dict[str, dict[str, datetime]] = field(default_factory=dict)
    links: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    # Whether the account has users' records, and whether their availability has a history.
    has_users: bool = True
    has_availability_history: bool = True
    ui_domain: str = "app-eu1.hubspot.com"
    # Custom objects by type. `links` has their associations.
    custom: dict[str, list[Row]] = field(default_factory=dict)
    own_definitions: dict[str, list[Row]] = field(default_factory=dict)
    _availability: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _history: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _messages: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _applied: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _deleted: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, landing: Path, clock: datetime) -> "Portal":
        tables = {path.stem: _rows(path) for path in sorted(landing.glob("*.parquet"))}
        portal = cls(tables, clock)
        for name, index in (
            ("ticket_field_history", portal._history),
            ("messages", portal._messages),
            ("ticket_sla_applied", portal._applied),
        ):
            for row in tables[name]:
                index[row["ticket_id"]].append(row)
        for row in tables.get("agent_availability", []):
            portal._availability[row["agent_id"]].append(row)
        for row in tables["deletions"]:
            portal._deleted[row["key"]] = row["deleted_at"]
        for row in tables["tickets"]:
            if row["is_deleted"]:
                portal._deleted[row["ticket_id"]] = row["updated_at"]
        return portal

    def objects(self, kind: str) -> list[Row]:
        """The objects of a CRM object type, including archived ones."""
        made: list[Row] = self.custom[kind] if kind in self.custom else getattr(self, f"_{kind}")()
        for one in made:
            at = self.removed.get(kind, {}).get(one["id"])
            if at and at <= self.clock:
                one |= {"archived": True, "archivedAt": iso(at)}
        return made

    def state(self) -> str:
        """The inputs of the objects."""
        parts = (self.clock, self.merged, self.edits, self.removed, self.has_users)
        return repr((*parts, self.has_availability_history, self.custom))

    def definitions(self, kind: str) -> list[Row]:
        """The properties of an object type: one of HubSpot's, and the own ones."""
        defined = {"name": "createdate", "label": "Create date", "type": "datetime"}
        own = [
            shapes.definition(row)
            for row in self.tables.get("ticket_fields", [])
            if shapes.KINDS[row["object"]] == kind
        ] + self.own_definitions.get(kind, [])
        return [defined | {"fieldType": "date", "hubspotDefined": True}, *own]

    def _tickets(self) -> list[Row]:
        there = [row for row in self.tables["tickets"] if row["created_at"] <= self.clock]
        merges = defaultdict(list)
        if self.merged:
            gone = [
                row for row in there if row["merged_into_id"] and row["updated_at"] <= self.clock
            ]
            for row in gone:
                merges[row["merged_into_id"]].append(row["ticket_id"])
            there = [row for row in there if row not in gone]
        return [self._ticket(row, merges[row["ticket_id"]]) for row in there]

    def _ticket(self, row: Row, merges: list[str]) -> Row:
        ticket = row["ticket_id"]
        history = self._ticket_history(row)
        changed = [row["created_at"], *(at for at, _ in self._instants(history))]
        if not self._history[ticket]:
            changed.append(min(row["updated_at"], self.clock))
        closed = row["reported_closed_at"]
        values = {name: changes[0]["value"] for name, changes in history.items() if changes}
        properties = {
            "subject": f"Ticket {ticket}",
            "createdate": iso(row["created_at"]),
            "hs_object_id": ticket,
            "hs_pipeline": row["pipeline_id"],
            "hs_pipeline_stage": row["status_id"],
            "hubspot_owner_id": row["agent_id"],
            "hubspot_team_id": row["team_id"],
            "hs_ticket_priority": row["priority"] and row["priority"].upper(),
            "hs_ticket_category": row["category"],
            "source_type": row["source"].upper(),
            "hs_originating_generic_channel_id": row["channel_id"],
            "hs_originating_channel_instance_id": row["channel_account_id"],
            "hs_conversations_originating_thread_id": self._thread_id(ticket),
            "hs_outbound_ticket": "true" if row["is_outbound"] else None,
            "hs_merged_object_ids": ";".join(merges) or None,
            "closed_date": iso(closed) if closed and closed <= self.clock else None,
            **_own(row),
            **values,
        }
        # An empty value is null in an object, and empty text in its history.
        properties = {name: value or None for name, value in properties.items()}
        modified = max(changed)
        if merges:
            modified = self.clock
        if edit := self.edits.get(ticket):
            properties |= edit["properties"]
            modified = max(modified, edit["at"])
        properties["hs_lastmodifieddate"] = iso(modified)
        made: Row = {
            "id": ticket,
            "properties": properties,
            "propertiesWithHistory": history,
            "createdAt": iso(row["created_at"]),
            "updatedAt": iso(modified),
            "archived": False,
        }
        deleted = self._deleted.get(ticket)
        if deleted and deleted <= self.clock:
            made |= {"archived": True, "archivedAt": iso(deleted)}
        return made

    def _ticket_history(self, row: Row) -> dict[str, list[Row]]:
        changes = [
            # An own field has the name that HubSpot gives it.
            (
                PROPERTIES.get(change["field"], change["field"]),
                change["changed_at"],
                change["value"],
            )
            for change in sorted(
                self._history[row["ticket_id"]], key=lambda c: (c["changed_at"], c["seq"])
            )
        ]
        for applied in self._applied[row["ticket_id"]]:
            at = applied["applied_at"]
            changes.append(("hs_applied_sla_rule_config_id", at, applied["policy_id"]))
            if applied["schedule_id"]:
                changes.append(("hs_applied_sla_schedule_id", at, applied["schedule_id"]))
        if self._history[row["ticket_id"]]:
            changes.append(("hs_pipeline", row["created_at"], row["pipeline_id"]))
        history: dict[str, list[Row]] = defaultdict(list)
        for name, at, value in changes:
            if at <= self.clock:
                text = (value or "").upper() if name == "hs_ticket_priority" else value or ""
                change = {"value": text, "timestamp": iso(at), "sourceType": "CRM_UI"}
                history[name].insert(0, change)
        return dict(history)

    def _instants(self, history: dict[str, list[Row]]) -> Iterable[tuple[datetime, Row]]:
        for changes in history.values():
            for change in changes:
                yield datetime.fromisoformat(change["timestamp"]), change

    def associations(self, start: str, end: str) -> dict[str, list[Row]]:
        """The associations by id of the first type, as in the response of the v4 batch read."""
        if {start, end} & self.custom.keys():
            return {
                one: [{"toObjectId": int(key), "associationTypes": []} for key in ends]
                for (of, to, one), ends in self.links.items()
                if (of, to) == (start, end)
            }
        column = {"companies": "company_id", "contacts": "contact_id", "tickets": "ticket_id"}[end]
        key = {"tickets": "ticket_id", "calls": "call_id"}[start]
        types = {
            "companies": [(PRIMARY_COMPANY, "Primary"), (ANY_COMPANY, None)],
            "contacts": [(TICKET_CONTACT, None)],
            "tickets": [(CALL_TICKET, None)],
        }[end]
        linked = {row[key]: [row[column]] for row in self.tables[start] if row[column]}
        for (of, to, one), ends in self.links.items():
            if (of, to) == (start, end):
                linked[one] = ends
        return {
            one: [
                {
                    "toObjectId": int(number),
                    "associationTypes": [
                        {"category": "HUBSPOT_DEFINED", "typeId": kind, "label": label}
                        for kind, label in types
                    ],
                }
                for number in ends
            ]
            for one, ends in linked.items()
            if ends
        }

    def _users(self) -> list[Row]:
        agents = self.tables["agents"] if self.has_users else []
        return [
            shapes.user(
                row,
                [
                    one
                    for one in self._availability[row["agent_id"]]
                    if one["started_at"] <= self.clock
                ],
                self.clock,
                self.has_availability_history,
            )
            for row in agents
        ]

    def _companies(self) -> list[Row]:
        return [
            self._static(
                number,
                row["company_id"],
                {"name": row["name"], "domain": row["domain"], **_own(row)},
            )
            for number, row in enumerate(self.tables["companies"])
        ]

    def _contacts(self) -> list[Row]:
        made = []
        for number, row in enumerate(self.tables["contacts"]):
            first, _, last = row["name"].partition(" ")
            names = {"firstname": first, "lastname": last, "email": row["email"]}
            company = {"associatedcompanyid": row["company_id"]}
            made.append(
                self._static(
                    number, row["contact_id"], names | company | _own(row), "lastmodifieddate"
                )
            )
        return made

    def _static(
        self, number: int, key: str, properties: Row, modified: str = "hs_lastmodifieddate"
    ) -> Row:
        """An object from before the simulated year, each with a different time of modification."""
        at = iso(datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number // self.at_once))
        return shapes.crm_object(key, properties | {modified: at, "createdate": at}, at)

    def _calls(self) -> list[Row]:
        """Those that have ended."""
        return [
            shapes.call(row)
            for row in self.tables["calls"]
            if row["started_at"] + timedelta(seconds=row["duration_seconds"] or 0) <= self.clock
        ]

    def _feedback_submissions(self) -> list[Row]:
        surveys = {row["survey_id"]: row for row in self.tables["surveys"]}
        return [
            shapes.feedback_submission(row, surveys[row["survey_id"]])
            for row in self.tables["survey_responses"]
            if row["responded_at"] and row["responded_at"] <= self.clock
        ]

    def _thread_id(self, ticket: str) -> str | None:
        messages = self._messages[ticket]
        return messages[0]["thread_id"] if messages else None

    def threads(self) -> list[Row]:
        made = []
        for row in self.tables["tickets"]:
            if said := self._said(row["ticket_id"]):
                spam = row["is_spam"] and row["updated_at"] <= self.clock
                made.append(shapes.thread(row, said, spam))
        return made

    def messages(self, thread: str) -> list[Row]:
        said = self._said(str(int(thread) - 1_000_000_000))
        return [shapes.message(row) for row in said] + shapes.assignments(thread, said)

    def _said(self, ticket: str) -> list[Row]:
        return [row for row in self._messages[ticket] if row["sent_at"] <= self.clock]

    def pipelines(self) -> list[Row]:
        return [shapes.pipeline(row, self.tables["statuses"]) for row in self.tables["pipelines"]]

    def owners(self, archived: bool) -> list[Row]:
        names = {row["team_id"]: row["name"] for row in self.tables["teams"]}
        teams: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["agent_teams"]:
            if not row["valid_to"] or row["valid_to"] > self.clock:
                team = {"id": row["team_id"], "name": names[row["team_id"]]}
                teams[row["agent_id"]].append(team | {"primary": row["is_primary"]})
        made = [shapes.owner(row, teams[row["agent_id"]]) for row in self.tables["agents"]]
        return [owner for owner in made if owner["archived"] == archived]

    def teams(self) -> list[Row]:
        there = {row["team_id"] for row in self.tables["teams"]} - self.removed.get(
            "teams", {}
        ).keys()
        return [
            {"id": row["team_id"], "name": row["name"]}
            for row in self.tables["teams"]
            if row["team_id"] in there
        ]

    def details(self) -> Row:
        return {
            "portalId": 4242,
            "accountType": "STANDARD",
            "timeZone": "Europe/Oslo",
            "companyCurrency": "NOK",
            "utcOffset": "+02:00",
            "utcOffsetMilliseconds": 7_200_000,
            "uiDomain": self.ui_domain,
            "dataHostingLocation": "eu1",
        }

    def channels(self) -> list[Row]:
        return [{"id": row["channel_id"], "name": row["name"]} for row in self.tables["channels"]]

    def channel_accounts(self) -> list[Row]:
        return [
            {"id": row["channel_account_id"], "channelId": row["channel_id"], "name": row["name"]}
            | {"active": True, "archived": False, "authorized": True, "inboxId": "1"}
            for row in self.tables["channel_accounts"]
        ]


def _own(row: Row) -> Row:
    own: Row = json.loads(row.get("own_fields") or "{}")
    return own


def _rows(path: Path) -> list[Row]:
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute("from read_parquet(?)", [str(path)])
        names = [column[0] for column in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
