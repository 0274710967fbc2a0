"""The messages without a cluster, or without the packages to use one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpdesk.core.errors import ClusterError, ConfigError
from helpdesk.transform.engines.spark.cluster import free_port, running_cluster
from helpdesk.transform.engines.spark.server import Server, reason
from tests.conftest import run_helpdesk


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhive", None)
    with (
        pytest.raises(ConfigError, match="uv sync --extra spark"),
        Server("127.0.0.1", 1).session(),
    ):
        pass


def test_without_a_server_the_error_has_the_address_and_the_remedy(
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    words = f"no Spark Thrift server answers at 127.0.0.1:{port}: .*HELPDESK_SPARK_PORT"
    with pytest.raises(ClusterError, match=words), Server("127.0.0.1", port).session():
        pass
    assert capfd.readouterr() == ("", "")


def test_java_is_named_where_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ConfigError, match="Spark needs Java"), running_cluster(tmp_path):
        pass


def test_the_end_of_the_log_is_shown_if_a_process_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ClusterError) as failure, running_cluster(tmp_path / "cluster"):
        pass
    log = tmp_path / "cluster" / "logs" / "master.log"
    assert str(failure.value).splitlines()[0] == f"the cluster's master did not start; see {log}:"
    assert str(tmp_path / "bin" / "java") in str(failure.value)


def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_SPARK_PORT", "ten thousand")
    with pytest.raises(ConfigError, match="HELPDESK_SPARK_PORT=ten thousand is not a port number"):
        Server.configured()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "snowflake"], "--target snowflake: the targets are duckdb, spark."),
        (["--target", "spark"], "--target spark needs --shared FOLDER"),
    ],
)
def test_a_wrong_target_is_reported_before_anything_is_loaded(
    tmp_path: Path, options: list[str], words: str
) -> None:
    folders = ("--landing", tmp_path, "--output", tmp_path / "output")
    done = run_helpdesk("build", *folders, *options, check=False)
    assert done.returncode == ConfigError.exit_code
    assert words in done.stderr
    assert not (tmp_path / "output").exists()


def test_the_reason_in_a_message_of_the_server_is_kept() -> None:
    said = (
        "Error running query: [PARSE_SYNTAX_ERROR] org.apache.spark.sql.catalyst.parser.ParseException:"
        " \n[PARSE_SYNTAX_ERROR] Syntax error at or near 'selection'. (line 1, pos 0)\n\n== SQL ==\nselection 1"
    )
    assert reason(RuntimeError(said)) == (
        "[PARSE_SYNTAX_ERROR] Syntax error at or near 'selection'. (line 1, pos 0)"
    )
