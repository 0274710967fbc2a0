"""Secrets are masked in all output, including that of servers and libraries, and not inherited."""

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest

from helpdesk.alerts.breaches import failure_alert
from helpdesk.alerts.channels import send_to_all
from helpdesk.cli.publish import database_address
from helpdesk.core import redaction
from helpdesk.core.errors import IngestError
from helpdesk.core.redaction import child_environment, redacted
from helpdesk.core.settings import load_settings
from helpdesk.dashboards.node import run_node
from helpdesk.transform.process_options import process_options
from orchestration.assets.fetched import vendor_files
from orchestration.resources import BuildResource
from tests.conftest import HELPDESK

TOKEN = "hush-4711-kq/ä+token"
ENCODED = base64.b64encode(TOKEN.encode()).decode()


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_named", set())
    monkeypatch.setattr(redaction, "_values", set())


@pytest.mark.parametrize(
    "said",
    [
        "postgresql://loader:hush@db.example.org/desk is not there",
        "postgresql://loader:hu@sh@db.example.org/desk is not there",
        "{'Authorization': 'Bearer hush'}",
        '{"authorization": "Basic aHVzaDpodXNo"}',
        'a header \\"Authorization\\": \\"Bearer hush\\" was sent',
        "Authorization: Token hush",
        "GET https://api.example.org/v3?hapikey=hush&limit=3",
        '{"x-api-key": "hush"}',
        "password=hush host=db",
        "xoxb-hush-hush-hush-1234",
    ],
)
def test_credentials_are_masked_by_their_form(said: str) -> None:
    shown = redacted(said)
    assert "hush" not in shown
    assert "aHVzaDpodXNo" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "said",
    [
        "HubSpot rejected the token in HUBSPOT_TOKEN (401). Set the variable to the access token of a private app",
        "tickets.csv: the file cannot be read (its lines have different endings). Export the whole file again.",
        "http://127.0.0.1:3000 shows warehouse/site; Ctrl-C ends it.",
        "published 65 marts: /srv/warehouse/helpdesk.duckdb",
        "mail to ann@example.org: basic settings",
    ],
)
def test_other_text_is_unchanged(said: str) -> None:
    assert redacted(said) == said


def test_values_of_named_variables_are_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        json.dumps(
            {
                "alerts": {"webhook_env": "HOOK"},
                "ingest": {"hubspot": {"token_env": "PORTAL"}},
                "rewording": {"base_url": "http://x", "model": "y", "api_key_env": "MODEL"},
            }
        )
    )
    for name in ("HOOK", "PORTAL", "MODEL", "OTHER_API_KEY"):
        monkeypatch.setenv(name, f"{name.lower()}-{TOKEN}")
    load_settings(settings)
    for name in ("HOOK", "PORTAL", "MODEL", "OTHER_API_KEY"):
        value = f"{name.lower()}-{TOKEN}"
        for form in (value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode()):
            assert redacted(f"say {form} again") == "say *** again"


def test_a_log_of_any_library_is_redacted(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    former = logging.getLogRecordFactory(), sys.excepthook
    monkeypatch.setenv("SOME_TOKEN", TOKEN)
    try:
        redaction.install()
        handler = logging.StreamHandler(sys.stdout)
        logging.getLogger("some.library").addHandler(handler)
        try:
            raise ValueError(TOKEN)
        except ValueError:
            logging.getLogger("some.library").exception("retrying with %s", TOKEN)
        logging.getLogger("some.library").removeHandler(handler)
    finally:
        logging.setLogRecordFactory(former[0])
        sys.excepthook = former[1]
    printed = capsys.readouterr().out
    assert "retrying with ***" in printed
    assert "ValueError: ***" in printed
    assert TOKEN not in printed


@pytest.fixture
def echo(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a vendor that rejects every request and repeats its headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = dict(self.headers)
            said = {"category": "EXPIRED", "message": f"rejected {headers}", "headers": headers}
            body = json.dumps(said).encode()
            self.send_response(request.param)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def settings_of(vendor: str, address: str, folder: Path) -> Path:
    """Settings to fetch from a vendor, and to write alerts to a file."""
    keep = f"import sys; open({str(folder / 'sent')!r}, 'a').write(sys.stdin.read())"
    config: dict[str, object] = {"token_env": "DESK_KEY", "base_url": address}
    if vendor == "zendesk":
        config["email"] = "ann@example.org"
    settings = {"ingest": {vendor: config}, "alerts": {"command": [sys.executable, "-c", keep]}}
    path = folder / "settings.yml"
    path.write_text(json.dumps(settings))
    return path


VENDORS = [("hubspot", 401), ("hubspot", 400), ("zendesk", 401), ("zendesk", 400)]
# The header that each vendor's client sends.
SENT = {
    "hubspot": "Bearer hush-4711-token",
    "zendesk": base64.b64encode(b"ann@example.org/token:hush-4711-token").decode(),
}


@pytest.mark.parametrize(("vendor", "echo"), VENDORS, indirect=["echo"])
def test_a_vendor_that_echoes_the_token(vendor: str, echo: str, tmp_path: Path) -> None:
    settings = settings_of(vendor, echo, tmp_path)
    output = tmp_path / "output"
    done = subprocess.run(
        [HELPDESK, "build", "--landing", tmp_path / "landing", "--output", output,
         "--config", settings],
        env=os.environ | {"DESK_KEY": "hush-4711-token", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    sent = (tmp_path / "sent").read_text()
    logs = "".join(path.read_text(errors="replace") for path in (output / ".work").rglob("*.log"))
    for text in (done.stdout, done.stderr, sent, logs):
        assert "hush" not in text
        assert SENT[vendor] not in text
    assert vendor in done.stderr.lower()
    assert json.loads(sent)["event"] == "run_failed"


@pytest.mark.parametrize(("vendor", "echo"), VENDORS[:3:2], indirect=["echo"])
def test_events_of_dagster_contain_no_token(
    vendor: str, echo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "hush-4711-token")
    build = BuildResource(
        landing=str(tmp_path / "landing"),
        output=str(tmp_path / "output"),
        config=str(settings_of(vendor, echo, tmp_path)),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [vendor_files], resources={"build": build}, instance=instance, raise_on_error=False
        )
        assert not done.success
        events = "".join(dg.serialize_value(entry) for entry in instance.all_logs(done.run_id))
    assert "401" in events or "rejected" in events
    assert "hush" not in events
    assert SENT[vendor] not in events


def test_an_alert_contains_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_KEY", TOKEN)
    alerts = load_settings(settings_of("hubspot", "http://x", tmp_path)).alerts
    alert = failure_alert("build", "out", [f"a header 'Authorization: Bearer {TOKEN}'"], [TOKEN])
    assert send_to_all(alerts, alert, print) == []
    sent = (tmp_path / "sent").read_text()
    assert json.loads(sent)["failed_checks"] == ["***"]
    assert TOKEN not in sent
    assert TOKEN not in json.loads(sent)["text"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://loader:hu@sh-word@127.0.0.1/desk",
        "postgresql://loader:hush/word@127.0.0.1/desk",
        "postgresql://loader:hush?word@127.0.0.1/desk",
        "postgresql://loader:hush#word@127.0.0.1/desk",
        "postgresql://lo@ader:hush@127.0.0.1/desk",
    ],
)
@pytest.mark.parametrize("option", ["--to", "--to-env"])
def test_a_password_with_a_reserved_character(address: str, option: str, output: Path) -> None:
    done = subprocess.run(
        [HELPDESK, "publish", "--output", output, option,
         address if option == "--to" else "DESK_DATABASE"],
        env=os.environ | {"DESK_DATABASE": address},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "%40" in done.stderr
    for part in ("hush", "hu@sh", "sh-word", "word@"):
        assert part not in done.stdout + done.stderr


def test_a_given_url_is_masked_in_any_message() -> None:
    address = "postgresql://loader:p%40ss-hush@db.example.org/desk"
    assert database_address(address, "") == address
    for said in (f"cannot parse {address}", "no host p@ss-hush", "host ss-hush is unknown"):
        assert "hush" not in str(IngestError(said)), said


SECRETS = {
    "DESK_KEY": "hush-1",
    "HUBSPOT_TOKEN": "hush-2",
    "NPM_TOKEN": "hush-3",
    "AWS_SECRET_ACCESS_KEY": "hush-4",
    "PGPASSWORD": "hush-5",
    "ANALYTICS": "postgresql://loader:hush-6@db/desk",
    "MY_OWN_TOKEN": "hush-7",
}
HARMLESS = {"LANG": "C", "HTTPS_PROXY": "http://me:word@proxy:1", "HELPDESK_PROJECT": "/x"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment with secrets, and a fake npm that writes its environment to a file."""
    for name, value in (SECRETS | HARMLESS).items():
        monkeypatch.setenv(name, value)
    redaction.keep_secret("DESK_KEY")
    written = tmp_path / "environment"
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nenv > {written}\n")
    program.chmod(0o755)
    return written


def test_a_child_gets_what_it_needs_and_no_secret(environment: Path) -> None:
    given = child_environment()
    assert not given.keys() & SECRETS.keys()
    assert given.items() >= HARMLESS.items()
    assert given["PATH"] == os.environ["PATH"]
    own = child_environment(is_own_command=True)
    assert "MY_OWN_TOKEN" in own
    assert not own.keys() & {"DESK_KEY", "HUBSPOT_TOKEN"}


def test_npm_gets_no_secret(
    environment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "helpdesk.dashboards.node.node_folder", lambda workspace: environment.parent / "bin"
    )
    run_node(["npm", "ci"], tmp_path, tmp_path / "log", "npm failed")
    given = environment.read_text()
    assert "hush" not in given
    assert "HTTPS_PROXY=http://me:word@proxy:1" in given


def test_dbt_forgets_what_it_inherits(environment: Path) -> None:
    """Dagster passes its whole environment to dbt, and the names from the settings as an option."""
    option = process_options({"HELPDESK_THREADS": "3"}, ["DESK_KEY"])
    code = (
        "import os; from helpdesk.transform import dbt_process; "
        f"dbt_process.main(['--version', *{option!r}]); print(sorted(os.environ.items()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "hush" not in done.stdout
    assert "HELPDESK_PROJECT" in done.stdout


def test_tools_of_child_processes_send_no_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    assert child_environment()["DO_NOT_TRACK"] == "1"
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    assert child_environment()["DO_NOT_TRACK"] == "0"
