"""What a cluster's metastore knows of a warehouse: its databases, and the tables in them.

All of them lie below one folder of shared storage, a database a folder: `raw` and `landing` are
what the loader landed, the others what dbt makes.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from helpdesk.errors import ClusterError
from orchestration.spark.server import Session, name, text
from orchestration.spark.shared import SharedTable

LANDED = ("raw", "landing")
MODELLED = ("staging", "intermediate", "marts", "changes")
DEFINITION = "helpdesk.definition"
# On the database of the marts: the build of which they are whole.
BUILD = "helpdesk.build"
MARTS = "marts"


@dataclass(frozen=True)
class KnownTable:
    """A table, or view, of the metastore."""

    name: str
    is_view: bool
    provider: str
    folder: Path
    columns: tuple[str, ...]
    definition: str


def create_databases(session: Session, root: Path) -> None:
    """Have the databases of a warehouse below `root`. Raises ClusterError where they are not there.

    One metastore holds one warehouse: its databases have fixed names.
    """
    known = {row[0] for row in session.rows("show databases")}
    for database in (*LANDED, *MODELLED):
        folder = root / database
        if database not in known:
            session.rows(f"create database {name(database)} location {text(folder.as_uri())}")
        elif (other := _folder(_described(session, database)["Location"])) != folder:
            raise ClusterError(
                f"the database {database} of the Spark at {session.server} lies in {other}, not "
                f"in {folder}: it is of another warehouse. Build with --shared {other.parent}, or "
                "give this one a metastore of its own."
            )


def register(session: Session, tables: list[SharedTable]) -> None:
    """Make the cluster see the raw layer as it lies on shared storage now."""
    known = {
        (schema, table.name): table.definition
        for schema in {table.schema for table in tables}
        for table in known_tables(session, schema)
    }
    for table in tables:
        full_name = f"{name(table.schema)}.{name(table.name)}"
        create = _create(table, full_name)
        definition = hashlib.sha256(create.encode()).hexdigest()
        if known.get((table.schema, table.name)) != definition:
            session.rows(f"drop table if exists {full_name}")
            session.rows(f"{create} tblproperties ({text(DEFINITION)} = {text(definition)})")
        elif table.has_changed:
            session.rows(f"refresh table {full_name}")


def check_sight(session: Session, root: Path, build_id: str) -> None:
    """Raise ClusterError unless the cluster reads of `root` what was just written there."""
    folder = root / "landing" / "builds"
    try:
        found = session.rows(f"select build_id from parquet.{name(folder.as_uri())}")
        seen = "nothing of this build is there" if found != [(build_id,)] else ""
    except ClusterError as error:
        seen = str(error)
    if seen:
        raise ClusterError(
            f"{root}: the cluster does not read what this machine has written there ({seen}): "
            "mount the folder at this very place on the machines of the Thrift server and of "
            "every worker, and let their user read and write it."
        )


def clear_left_behind(session: Session, root: Path) -> None:
    """Delete folders that no table is in: where a cluster died in a statement.

    Spark makes no table where something lies already.
    """
    for database in MODELLED:
        known = {table.folder for table in known_tables(session, database)}
        for folder in (root / database).glob("*"):
            if folder.is_dir() and folder not in known:
                shutil.rmtree(folder)


def mark_build(session: Session, build_id: str) -> None:
    """Note in the metastore which build the tables are whole of; none where it is empty."""
    session.rows(f"alter database {MARTS} set dbproperties ({text(BUILD)} = {text(build_id)})")


def marked_build(session: Session) -> str:
    """The build that the tables of the metastore are whole of; empty where they are of none."""
    if (MARTS,) not in session.rows("show databases"):
        return ""
    properties = _described(session, MARTS).get("Properties", "")
    found = re.search(rf"\({re.escape(BUILD)},([^)]*)\)", properties)
    return found[1] if found else ""


def known_tables(session: Session, database: str) -> list[KnownTable]:
    """The tables and views of a database."""
    rows = session.rows(f"show table extended in {name(database)} like '*'")
    return [_known(row[1], row[3]) for row in rows]


def _known(table: str, told: str) -> KnownTable:
    fields = dict(re.findall(r"^([A-Z][\w ]*): (.*)$", told, re.MULTILINE))
    definition = re.search(rf"{re.escape(DEFINITION)}=(\w+)", fields.get("Table Properties", ""))
    return KnownTable(
        table,
        fields.get("Type") == "VIEW",
        fields.get("Provider", "").lower(),
        _folder(fields.get("Location", "")),
        tuple(re.findall(r"^ \|-- (.+?): ", told, re.MULTILINE)),
        definition[1] if definition else "",
    )


def _described(session: Session, database: str) -> dict[str, str]:
    rows = session.rows(f"describe database extended {name(database)}")
    return {row[0]: row[1] for row in rows}


def _create(table: SharedTable, full_name: str) -> str:
    columns = ", ".join(f"{name(column)} {kind}" for column, kind in table.columns.items())
    location = text(table.folder.as_uri())
    return f"create table {full_name} ({columns}) using parquet location {location}"


def _folder(location: str) -> Path:
    """The folder of a location, which is told as a URL."""
    return Path(unquote(urlparse(location).path))
