"""Talking to a cluster's Thrift server: the one that dbt's profile `spark` talks to, too."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from helpdesk.errors import ClusterError, ConfigError

NOT_INSTALLED = (
    "what talks to Spark is not installed: `uv sync --extra spark` in the project's folder, or "
    "`pip install 'helpdesk-warehouse[spark]'`."
)
CONNECTED_WITHIN = 10
# As in dbt's profile, whose SQL they read. The server drops what comes without its prefix.
SESSION = {
    f"set:hiveconf:spark.sql.{setting}": value
    for setting, value in {
        "session.timeZone": "UTC",
        "timestampType": "TIMESTAMP_NTZ",
        "ansi.enabled": "true",
        "ansi.doubleQuotedIdentifiers": "true",
        "variant.allowDuplicateKeys": "true",
        "mapKeyDedupPolicy": "LAST_WIN",
        "constraintPropagation.enabled": "false",
        "parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }.items()
}


@dataclass(frozen=True)
class Server:
    """Where a Thrift server listens."""

    host: str
    port: int
    user: str = "helpdesk"

    @classmethod
    def configured(cls) -> "Server":
        """The one that the environment names, as dbt's profile reads it. Raises ConfigError."""
        port = os.environ.get("HELPDESK_SPARK_PORT", "10000")
        if not port.isdecimal():
            raise ConfigError(f"HELPDESK_SPARK_PORT={port} is no port; 10000 is the usual one.")
        return cls(
            os.environ.get("HELPDESK_SPARK_HOST", "127.0.0.1"),
            int(port),
            os.environ.get("HELPDESK_SPARK_USER", "helpdesk"),
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A session of the server, closed at the end. Raises ClusterError where there is none.

        And ConfigError where what speaks to one is not installed.
        """
        try:
            from pyhive import hive
            from thrift.transport.TTransport import TTransportException
        except ImportError as error:
            raise ConfigError(NOT_INSTALLED) from error
        forgive_at_the_end()
        try:
            # Looked at first: the library complains on standard error before it raises.
            socket.create_connection((self.host, self.port), timeout=CONNECTED_WITHIN).close()
            connection = hive.connect(
                self.host, self.port, username=self.user, configuration=SESSION
            )
        except (OSError, EOFError, TTransportException) as error:
            raise ClusterError(
                f"no Spark Thrift server answers at {self}: start it, or set HELPDESK_SPARK_HOST "
                "and HELPDESK_SPARK_PORT to where it is; `helpdesk cluster` runs one on this "
                "machine."
            ) from error
        try:
            yield Session(self, connection)
        finally:
            connection.close()


def forgive_at_the_end() -> None:
    """Have the library take no offence at a server that fails to end a session.

    The Hive in Spark 4 misses a class (`LlapSigner$Signable`) that sessions look for when they end,
    in some of its threads. By then they have done all that they were asked.
    """
    from pyhive import hive

    end = hive.Connection.close
    if end.__name__ != "forgiven":

        def forgiven(connection: Any) -> None:
            with suppress(hive.OperationalError):
                end(connection)

        hive.Connection.close = forgiven


@dataclass(frozen=True)
class Session:
    """A session of a Thrift server."""

    server: Server
    connection: Any

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that a statement gives; none of one that gives none. Raises ClusterError."""
        from pyhive.exc import DatabaseError

        with self.connection.cursor() as cursor:
            try:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
            except DatabaseError as error:
                raise ClusterError(f"Spark at {self.server}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """What the server says of a failure, without its stack and the names of its classes."""
    answer = error.args[0] if error.args else ""
    status = getattr(answer, "status", None)
    text = str(getattr(status, "errorMessage", None) or answer or error)
    said = re.sub(r"^(Error running query: )?(\[\w+\] )?org\.[\w.$]+: ", "", text.strip())
    lines = said.strip().splitlines()
    return lines[0] if lines else type(error).__name__


def name(identifier: str) -> str:
    """An identifier, quoted as Spark has it."""
    return "`" + identifier.replace("`", "``") + "`"


def text(value: object) -> str:
    """A text as a literal of Spark."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
