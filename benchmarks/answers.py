"""The speed of the API: `python benchmarks/answers.py OUTPUT [--readers 20]`.

Starts `helpdesk serve` on an output folder with a site, and requests figures and lists of tickets:
first one after another, then by many readers at once. No address is requested twice, so that no
answer comes from the cache.
"""

import argparse
import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

HELPDESK = Path(sys.executable).parent / "helpdesk"
QUERIES = (
    "/api/query?source=tickets&measure=ticket_count&by=date&grain=week",
    "/api/query?source=tickets&measure=average_first_response&by=owner",
    "/api/query?source=tickets&measure=average_time_to_close&by=company",
    "/api/query?source=conversations&measure=average_response_time&by=team",
    "/api/query?source=messages&measure=messages_sent&by=date&by=author&grain=month",
    "/api/query?source=sla_clocks&measure=sla_compliance&by=team&by=sla_metric",
    "/api/query?source=status_spells&measure=average_time_in_status&by=spell_status",
    "/api/query?source=backlog&measure=open_tickets&by=date&grain=month",
    "/api/query?source=feedback&measure=positive_share&by=owner",
    "/api/tickets?source=tickets&measure=average_first_response",
    "/api/tickets?source=sla_clocks&measure=sla_overdue",
    "/api/tickets?source=messages&measure=messages_sent",
    "/api/tickets?source=conversations&measure=average_response_time&sort=created_at",
    "/api/tickets?source=backlog&measure=open_tickets",
)


class Server:
    """A process of `helpdesk serve`."""

    def __init__(self, output: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [HELPDESK, "serve", "--output", str(output), "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("/api/metrics")
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def ask(self, path: str) -> float:
        """The milliseconds until the answer is complete."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            began = time.perf_counter()
            connection.request("GET", path, headers={"Accept-Encoding": "br"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"{path}: {response.status}")
            return 1000 * (time.perf_counter() - began)

    def megabytes(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith(name)]
        return int(line.split()[1]) // 1024

    def processor_seconds(self) -> float:
        """Processor seconds of the server, which do not depend on other programs."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def summary(times: list[float]) -> str:
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"p50 {statistics.median(ordered):.0f} ms, p95 {high:.0f} ms, most {ordered[-1]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--each", type=int, default=10, help="requests of each reader")
    options = parser.parse_args()
    server = Server(options.output)
    try:
        # A different period makes each address unique.
        days = itertools.count()
        lock = threading.Lock()

        def fresh(path: str) -> str:
            with lock:
                day = next(days)
            return f"{path}&since={2000 + day // 336:04}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}"

        server.ask(QUERIES[0])
        print(f"memory before requests {server.megabytes('VmRSS')} MB")
        one = {path: min(server.ask(fresh(path)) for _ in range(3)) for path in QUERIES}
        print(json.dumps({path: round(ms) for path, ms in one.items()}, indent=1))
        alone = [server.ask(fresh(path)) for path in QUERIES for _ in range(5)]
        print(f"alone: {summary(alone)}")
        times: list[float] = []

        def read(number: int) -> None:
            for step in range(options.each):
                times.append(server.ask(fresh(QUERIES[(number + step) % len(QUERIES)])))

        began, before = time.perf_counter(), server.processor_seconds()
        readers = [threading.Thread(target=read, args=(one,)) for one in range(options.readers)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        seconds = time.perf_counter() - began
        print(f"{options.readers} at once: {summary(times)}; {len(times) / seconds:.0f} a second")
        spent = 1000 * (server.processor_seconds() - before) / len(times)
        print(f"processor {spent:.0f} ms an answer")
        again = [server.ask(path) for path in QUERIES for _ in range(20) if server.ask(path)]
        print(f"from the cache: {summary(again)}")
        print(f"memory at most {server.megabytes('VmHWM')} MB")
    finally:
        server.end()


if __name__ == "__main__":
    main()
