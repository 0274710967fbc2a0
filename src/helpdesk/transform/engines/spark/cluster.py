"""Runs a Spark cluster on this machine, to try and to test `--target spark`.

It is a standalone cluster from the pyspark package: a master, workers, and the Thrift server that
dbt connects to. Each is a process that listens on the loopback address alone.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from helpdesk.core.errors import ClusterError, ConfigError
from helpdesk.core.redaction import child_environment
from helpdesk.transform.engines.spark.server import NOT_INSTALLED, Server

HOST = "127.0.0.1"
MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
THRIFT = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
THRIFT_SERVER = "thrift"
STARTED_WITHIN = 120
STOPPED_WITHIN = 15
LINES_SHOWN = 15
JAVA_OPTIONS = "-XX:+UseSerialGC"
# For a cluster that runs for minutes: with little to compute, the JVM's second compiler takes more
# time than it saves. Without it the default code cache is a fifth as large, too small for the
# Thrift server.
BRIEF = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
# For one machine: few and small tasks.
SETTINGS = {
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.locality.wait": "0",
    "spark.scheduler.mode": "FAIR",
    "spark.ui.enabled": "false",
    "spark.log.level": "WARN",
}


@dataclass
class Cluster:
    """A running cluster: its Thrift server, and its processes by name."""

    folder: Path
    server: Server
    java_options: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables for builds and dbt."""
        return {
            "HELPDESK_SPARK_HOST": self.server.host,
            "HELPDESK_SPARK_PORT": f"{self.server.port}",
        }

    def stop(self) -> None:
        """End every process and wait for it, so that the metastore can be opened again."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
        for name in self.processes:
            self.kill(name)

    def kill(self, name: str) -> None:
        """Kill a process and its children at once, like a power failure."""
        with suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()


@contextmanager
def running_cluster(
    folder: Path, port: int = 0, workers: int = 2, java_options: str = ""
) -> Iterator[Cluster]:
    """A cluster that is ready, and is stopped at the end in any case.

    `folder` gets its metastore, logs and temporary files; builds choose the place of tables.
    `port`: of the Thrift server, 0 for a free one. `java_options`: for every process, in addition.
    Raises ClusterError if the cluster does not start, and ConfigError if Spark or Java is not
    installed.
    """
    home = _spark_home()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("conf", "logs", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    options = f"{JAVA_OPTIONS} {java_options}".strip()
    cluster = Cluster(folder, Server(HOST, port or free_port()), options)
    try:
        _start(cluster, home, workers)
        yield cluster
    finally:
        cluster.stop()


def free_port() -> int:
    """A free port of the loopback address."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _spark_home() -> Path:
    found = find_spec("pyspark")
    if not found or not found.origin:
        raise ConfigError(NOT_INSTALLED)
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise ConfigError(
            "Spark needs Java 17 or newer, and none was found: run `apt-get install "
            "default-jre-headless`, or set JAVA_HOME."
        )
    return Path(found.origin).parent


def _start(cluster: Cluster, home: Path, workers: int) -> None:
    master, page = free_port(), free_port()
    address = f"spark://{HOST}:{master}"
    start = ["bin/spark-class", MASTER, "--host", HOST, "--port", str(master)]
    _launch(cluster, home, "master", [*start, "--webui-port", str(page)], "256m")
    # A worker without a master waits for seconds before it retries.
    _wait(cluster, "master", lambda: _workers(page) == 0)
    for number in range(1, workers + 1):
        place = ["--host", HOST, "--webui-port", "0", "--work-dir", str(cluster.folder / "work")]
        size = ["--cores", "1", "--memory", "2g"]
        arguments = ["bin/spark-class", WORKER, *place, *size, address]
        _launch(cluster, home, f"worker-{number}", arguments, "256m")
    _launch(cluster, home, THRIFT_SERVER, _thrift_server(cluster, address), "2g")
    _wait(cluster, THRIFT_SERVER, lambda: _workers(page) == workers and _answers(cluster.server))


def _thrift_server(cluster: Cluster, master: str) -> list[str]:
    folder = cluster.folder
    places = [f"-Dderby.system.home={folder}", f"-Djava.io.tmpdir={folder / 'tmp'}"]
    own = {
        "spark.executor.extraJavaOptions": cluster.java_options,
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.local.dir": str(folder / "tmp"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'metastore_db'};create=true"
        ),
        "spark.hadoop.hive.exec.scratchdir": str(folder / "tmp" / "hive"),
    }
    configured = [f"--conf={name}={value}" for name, value in {**SETTINGS, **own}.items()]
    listens = {
        "hive.server2.thrift.port": str(cluster.server.port),
        "hive.server2.thrift.bind.host": HOST,
    }
    return [
        *("bin/spark-submit", "--class", THRIFT, "--master", master, "--name", "helpdesk"),
        *("--driver-java-options", " ".join([*places, cluster.java_options]), *configured),
        "spark-internal",
        *(part for name, value in listens.items() for part in ("--hiveconf", f"{name}={value}")),
    ]


def _launch(cluster: Cluster, home: Path, name: str, arguments: Sequence[str], memory: str) -> None:
    # Without the settings of another Spark on this machine.
    ours = child_environment(is_own_command=True)
    inherited = {key: of for key, of in ours.items() if not key.startswith("SPARK_")}
    environment = inherited | {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(cluster.folder / "conf"),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_DAEMON_MEMORY": memory,
        "SPARK_DAEMON_JAVA_OPTS": cluster.java_options,
    }
    with open(_log(cluster, name), "wb") as log:
        cluster.processes[name] = subprocess.Popen(
            [home / arguments[0], *arguments[1:]],
            cwd=cluster.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # In its own process group, so that a worker's executors end with it.
            start_new_session=True,
        )


def _wait(cluster: Cluster, name: str, is_up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while not is_up():
        ended = [one for one, process in cluster.processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            silent = ended[0] if ended else name
            log = _log(cluster, silent)
            lines = log.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
            message = "\n".join([f"the cluster's {silent} did not start; see {log}:", *lines])
            raise ClusterError(message)
        time.sleep(0.2)


def _log(cluster: Cluster, name: str) -> Path:
    return cluster.folder / "logs" / f"{name}.log"


def _workers(page: int) -> int:
    """The number of workers that the master knows; -1 if it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{page}/json/", timeout=5) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError):
        return -1


def _answers(server: Server) -> bool:
    """Whether the server answers a query that needs executors."""
    try:
        with server.session() as session:
            return session.rows("select count(*) from range(10) group by id % 2") == [(5,), (5,)]
    except ClusterError:
        return False
