"""What a person is told where there is no cluster, or nothing to talk to one with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpdesk.errors import ClusterError, ConfigError
from orchestration.spark.cluster import free_port, running_cluster
from orchestration.spark.server import Server, reason
from tests.conftest import run_helpdesk


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhive", None)
    with (
        pytest.raises(ConfigError, match="uv sync --extra spark"),
        Server("127.0.0.1", 1).session(),
    ):
        pass


def test_where_nobody_listens_it_says_where_and_what_to_do(
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


def test_the_end_of_the_log_is_told_of_what_does_not_come_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ClusterError) as told, running_cluster(tmp_path / "cluster"):
        pass
    log = tmp_path / "cluster" / "logs" / "master.log"
    assert str(told.value).splitlines()[0] == f"the cluster's master did not come up; see {log}:"
    assert str(tmp_path / "bin" / "java") in str(told.value)


def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_SPARK_PORT", "ten thousand")
    with pytest.raises(ConfigError, match="HELPDESK_SPARK_PORT=ten thousand is no port"):
        Server.configured()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "snowflake"], "--target snowflake: the targets are duckdb, spark."),
        (["--target", "spark"], "--target spark needs --shared FOLDER"),
    ],
)
def test_a_wrong_target_is_told_before_anything_is_landed(
    tmp_path: Path, options: list[str], words: str
) -> None:
    folders = ("--landing", tmp_path, "--output", tmp_path / "output")
    done = run_helpdesk("build", *folders, *options, check=False)
    assert done.returncode == ConfigError.exit_code
    assert words in done.stderr
    assert not (tmp_path / "output").exists()


def test_of_what_the_server_says_the_reason_is_kept() -> None:
    said = (
        "Error running query: [PARSE_SYNTAX_ERROR] org.apache.spark.sql.catalyst.parser.ParseException:"
        " \n[PARSE_SYNTAX_ERROR] Syntax error at or near 'selec'. (line 1, pos 0)\n\n== SQL ==\nselec 1"
    )
    assert reason(RuntimeError(said)) == (
        "[PARSE_SYNTAX_ERROR] Syntax error at or near 'selec'. (line 1, pos 0)"
    )
