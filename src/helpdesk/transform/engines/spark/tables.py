"""The databases and tables of a warehouse in the metastore of a cluster.

Each database is a folder of shared storage: `raw` and `landing` have the loaded rows and the load
log, the others the models of dbt.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from helpdesk.core.errors import ClusterError
from helpdesk.transform.engines.spark.server import Session, name, text
from helpdesk.transform.engines.spark.shared import SharedTable

LANDED = ("raw", "landing")
MODELLED = ("staging", "intermediate", "marts")
DEFINITION = "helpdesk.definition"
# A property of the database `marts` with the build whose models are complete.
BUILD = "helpdesk.build"
MARTS = "marts"


@dataclass(frozen=True)
class KnownTable:
    """A table or view of the metastore."""

    name: str
    is_view: bool
    provider: str
    folder: Path
    columns: tuple[str, ...]
    definition: str


def create_databases(session: Session, root: Path) -> None:
    """Create the databases of a warehouse below `root`.

    The databases have fixed names, so a metastore can have one warehouse. Raises ClusterError if
    they exist in another folder.
    """
    known = {row[0] for row in session.rows("show databases")}
    for database in (*LANDED, *MODELLED):
        folder = root / database
        if database not in known:
            session.rows(f"create database {name(database)} location {text(folder.as_uri())}")
        elif (other := _folder(_described(session, database)["Location"])) != folder:
            raise ClusterError(
                f"the database {database} of Spark at {session.server} is in {other}, not in "
                f"{folder}: it belongs to another warehouse. Build with --shared {other.parent}, "
                "or use a separate metastore."
            )


def register(session: Session, tables: list[SharedTable]) -> None:
    """Create or refresh the cluster's tables of the raw layer on shared storage."""
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
    """Raise ClusterError unless the cluster can read the new files in `root`."""
    folder = root / "landing" / "builds"
    try:
        found = session.rows(f"select build_id from parquet.{name(folder.as_uri())}")
        problem = "found no file of this build" if found != [(build_id,)] else ""
    except ClusterError as error:
        problem = str(error)
    if problem:
        raise ClusterError(
            f"{root}: the cluster cannot read the files that this machine has written ({problem}): "
            "mount the folder under the same path on the machines of the Thrift server and of "
            "every worker, and let their user read and write it."
        )


def clear_left_behind(session: Session, root: Path) -> None:
    """Delete folders without a table, which a failed cluster leaves behind.

    Spark does not create a table in an existing folder.
    """
    for database in MODELLED:
        known = {table.folder for table in known_tables(session, database)}
        for folder in (root / database).glob("*"):
            if folder.is_dir() and folder not in known:
                shutil.rmtree(folder)


def mark_build(session: Session, build_id: str) -> None:
    """Store the build whose models are complete in the metastore; empty for none."""
    session.rows(f"alter database {MARTS} set dbproperties ({text(BUILD)} = {text(build_id)})")


def marked_build(session: Session) -> str:
    """The build whose models are complete in the metastore; empty if there is none."""
    if (MARTS,) not in session.rows("show databases"):
        return ""
    properties = _described(session, MARTS).get("Properties", "")
    found = re.search(rf"\({re.escape(BUILD)},([^)]*)\)", properties)
    return found[1] if found else ""


def known_tables(session: Session, database: str) -> list[KnownTable]:
    """The tables and views of a database."""
    rows = session.rows(f"show table extended in {name(database)} like '*'")
    return [_known(row[1], row[3]) for row in rows]


def _known(table: str, description: str) -> KnownTable:
    fields = dict(re.findall(r"^([A-Z][\w ]*): (.*)$", description, re.MULTILINE))
    definition = re.search(rf"{re.escape(DEFINITION)}=(\w+)", fields.get("Table Properties", ""))
    return KnownTable(
        table,
        fields.get("Type") == "VIEW",
        fields.get("Provider", "").lower(),
        _folder(fields.get("Location", "")),
        tuple(re.findall(r"^ \|-- (.+?): ", description, re.MULTILINE)),
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
    """The folder of a location, which is a URL."""
    return Path(unquote(urlparse(location).path))
