"""`helpdesk cluster`: a Spark cluster on this machine, to try `helpdesk build --target spark`."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from helpdesk.core.console import console, failures_explained


def cluster(
    folder: Annotated[
        Path, typer.Option(help="Folder for its metastore and logs; created if missing.")
    ],
    port: Annotated[int, typer.Option(help="Port of the Thrift server; 0 for a free one.")] = 10000,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of workers, with one core and 2 GB each.")
    ] = 2,
) -> None:
    """Run a Spark cluster for trials on this machine's loopback address, until Ctrl-C.

    Needs Java 17 and the extra `spark`. In another terminal:

    helpdesk build --target spark --shared shared --landing landing --output warehouse
    """
    from helpdesk.transform.engines.spark.cluster import running_cluster

    # Like Ctrl-C, so that the cluster is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with failures_explained(), running_cluster(folder.resolve(), port, workers) as running:
        variables = " ".join(f"{name}={value}" for name, value in running.environment.items())
        console.print(
            f"a cluster of {workers} workers is ready: {variables}; Ctrl-C ends it.", soft_wrap=True
        )
        with suppress(KeyboardInterrupt):
            signal.pause()
