"""Sessions with the Thrift server of a cluster, which dbt's profile `spark` uses too."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from helpdesk.core.errors import ClusterError, ConfigError

NOT_INSTALLED = (
    "the Spark packages are not installed: run `uv sync --extra spark` in the project's folder, "
    "or `pip install 'helpdesk-warehouse[spark]'`."
)
CONNECTED_WITHIN = 10
# The same settings as in dbt's profile. The server ignores settings without this prefix.
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
    """The address of a Thrift server."""

    host: str
    port: int
    user: str = "helpdesk"

    @classmethod
    def configured(cls) -> "Server":
        """The server in the environment variables of dbt's profile. Raises ConfigError."""
        port = os.environ.get("HELPDESK_SPARK_PORT", "10000")
        if not port.isdecimal():
            raise ConfigError(
                f"HELPDESK_SPARK_PORT={port} is not a port number; the usual one is 10000."
            )
        return cls(
            os.environ.get("HELPDESK_SPARK_HOST", "127.0.0.1"),
            int(port),
            os.environ.get("HELPDESK_SPARK_USER", "helpdesk"),
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A session with the server, closed at the end.

        Raises ClusterError if the server does not answer, and ConfigError if the packages for it
        are not installed.
        """
        try:
            from pyhive import hive
            from thrift.transport.TTransport import TTransportException
        except ImportError as error:
            raise ConfigError(NOT_INSTALLED) from error
        ignore_errors_on_close()
        try:
            # Checked first, because the library writes to standard error before it raises.
            socket.create_connection((self.host, self.port), timeout=CONNECTED_WITHIN).close()
            connection = hive.connect(
                self.host, self.port, username=self.user, configuration=SESSION
            )
        except (OSError, EOFError, TTransportException) as error:
            raise ClusterError(
                f"no Spark Thrift server answers at {self}: start it, or set HELPDESK_SPARK_HOST "
                "and HELPDESK_SPARK_PORT to its address; `helpdesk cluster` runs one on this "
                "machine."
            ) from error
        try:
            yield Session(self, connection)
        finally:
            connection.close()


def ignore_errors_on_close() -> None:
    """Make the library ignore errors when it closes a session.

    In some threads, the Hive in Spark 4 lacks a class (`LlapSigner$Signable`) that it needs to
    close a session. By then all statements have finished.
    """
    from pyhive import hive

    close = hive.Connection.close
    if close.__name__ != "close_without_errors":

        def close_without_errors(connection: Any) -> None:
            with suppress(hive.OperationalError):
                close(connection)

        hive.Connection.close = close_without_errors


@dataclass(frozen=True)
class Session:
    """A session with a Thrift server."""

    server: Server
    connection: Any

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement; empty if it returns none. Raises ClusterError."""
        from pyhive.exc import DatabaseError

        with self.connection.cursor() as cursor:
            try:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
            except DatabaseError as error:
                raise ClusterError(f"Spark at {self.server}: {reason(error)}") from error


def reason(error: Exception) -> str:
    """The server's error message, without stack trace and class names."""
    answer = error.args[0] if error.args else ""
    status = getattr(answer, "status", None)
    text = str(getattr(status, "errorMessage", None) or answer or error)
    message = re.sub(r"^(Error running query: )?(\[\w+\] )?org\.[\w.$]+: ", "", text.strip())
    lines = message.strip().splitlines()
    return lines[0] if lines else type(error).__name__


def name(identifier: str) -> str:
    """An identifier in Spark's quotes."""
    return "`" + identifier.replace("`", "``") + "`"


def text(value: object) -> str:
    """A string literal of Spark."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
