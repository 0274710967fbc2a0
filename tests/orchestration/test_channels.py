"""Each channel against a real receiver: what arrives, what a failure says, and what it never says."""

import json
import sys
import time
from pathlib import Path

import pytest

from helpdesk.errors import ConfigError
from helpdesk.settings import Alerts, Mail, load_settings
from orchestration import channels
from orchestration.alerts import failure_alert
from orchestration.channels import tell_all
from tests.orchestration.receivers import LOOPBACK, mail_server, web_server, write_certificate

ALERT = failure_alert("refresh", "/srv/desk", ["landing: no folder"], ["generic tickets: empty"])
SECRET = "s3cr3t-t0ken"
PORT_OF_NOBODY = 9


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("certificate"))


def mail(port: int, **more: object) -> Alerts:
    of = {"host": LOOPBACK, "port": port, "from": "desk@example.org", "to": ["a@example.org"]}
    return Alerts(mail=Mail.model_validate(of | more))


def test_the_webhook_gets_a_text_for_people_and_parts_for_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warnings: list[str] = []
    with web_server() as web:
        monkeypatch.setenv("HOOK", f"{web.url}/{SECRET}")
        assert tell_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == []
    [(path, body)] = web.posted
    posted = json.loads(body)
    assert path == f"/{SECRET}"
    assert (posted["event"], posted["job"]) == ("run_failed", "refresh")
    assert posted["failed_checks"] == ["generic tickets: empty"]
    assert "check failed: generic tickets: empty\nlanding: no folder" in posted["text"]
    assert warnings == []


def test_a_command_gets_the_same_on_its_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "alert.json"
    assert tell_all(Alerts(command=("tee", str(file))), ALERT, pytest.fail) == []
    assert json.loads(file.read_text())["text"].startswith("help-desk warehouse: refresh failed\n")


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_arrives(security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The operator's own authority, as a server within a company has it.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    login = {} if security == "none" else {"username": "desk", "password_env": "MAIL_PASSWORD"}
    with mail_server(security, certificate) as post:
        post.password = SECRET
        alerts = mail(post.port, security=security, **login)
        assert tell_all(alerts, ALERT, pytest.fail) == []
    [message] = post.mails
    assert message["Subject"] == "help-desk warehouse: refresh failed"
    assert "check failed: generic tickets: empty" in message.get_content()
    assert post.logins == ([SECRET] if login else [])


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    warnings: list[str] = []
    with mail_server("starttls", certificate) as post:
        alerts = mail(post.port, username="desk", password_env="MAIL_PASSWORD")
        assert tell_all(alerts, ALERT, warnings.append) == ["mail"]
    assert (post.logins, post.mails) == ([], [])
    assert len(warnings) == 1


def test_what_fails_is_a_warning_without_a_secret_and_the_others_are_told(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    file = tmp_path / "alert.json"
    warnings: list[str] = []
    with web_server() as web, mail_server("tls", certificate) as post:
        web.status = 500
        monkeypatch.setenv("HOOK", f"{web.url}/{SECRET}")
        login = {"username": "desk", "password_env": "MAIL_PASSWORD", "security": "tls"}
        alerts = Alerts(
            webhook_env="HOOK", mail=mail(post.port, **login).mail, command=("tee", str(file))
        )
        assert tell_all(alerts, ALERT, warnings.append) == ["webhook", "mail"]
    assert warnings == [
        "the alert was not sent by webhook: the server answered 500",
        "the alert was not sent by mail: the server answered 535",
    ]
    assert post.logins == [SECRET]
    assert file.exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "the environment variable HOOK is not set"),
        (f"ftp://desk/{SECRET}", "the value of HOOK is no http or https URL"),
        (f"{SECRET}", "the value of HOOK is no http or https URL"),
        (f"http://[{SECRET}", "the value of HOOK is no http or https URL"),
        (f"http://{LOOPBACK}:{PORT_OF_NOBODY}/{SECRET}", "Connection refused"),
        (f"http://{LOOPBACK}:{PORT_OF_NOBODY}/a {SECRET}", "InvalidURL"),
    ],
)
def test_a_webhook_that_is_none(url: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", url)
    warnings: list[str] = []
    assert tell_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == ["webhook"]
    assert warnings == [f"the alert was not sent by webhook: {reason}"]


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    with web_server() as web, web_server() as elsewhere:
        web.status, web.location = 302, elsewhere.url
        monkeypatch.setenv("HOOK", web.url)
        assert tell_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == ["webhook"]
    assert elsewhere.posted == []
    assert "the server answered 302" in warnings[0]


def test_recipients_that_are_refused_are_counted() -> None:
    warnings: list[str] = []
    with mail_server() as post:
        post.refused = "b@example.org"
        to = ["a@example.org", "b@example.org"]
        alerts = mail(post.port, security="none", to=to)
        assert tell_all(alerts, ALERT, warnings.append) == ["mail"]
    assert len(post.mails) == 1
    assert warnings == ["the alert was not sent by mail: 1 of 2 recipients were refused"]


def test_a_command_that_fails_or_hangs_is_told_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT_SECONDS", 1)
    alive = tmp_path / "alive"
    hanging = f"(sleep 3; touch {alive}) & wait"
    for command, reason in {
        ("false",): "false ended with exit code 1",
        ("no-such-command",): "No such file or directory",
        ("sh", "-c", hanging): "sh did not end within 1 seconds",
        # It does not read what it is told, which is no fault.
        (sys.executable, "-c", "raise SystemExit(3)"): "ended with exit code 3",
    }.items():
        warnings: list[str] = []
        assert tell_all(Alerts(command=command), ALERT, warnings.append) == ["command"]
        assert reason in warnings[0]
    time.sleep(3)
    assert not alive.exists()


def test_settings_of_alerts_that_are_wrong_are_explained_without_what_was_pasted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "helpdesk.yml"
    sender = "host: mail.example.org, from: desk@example.org, to: [a@example.org]"
    for text, message in {
        f"alerts: {{webhook_env: 'https://hooks.example.org/{SECRET}'}}": "names an environment",
        f"alerts: {{mail: {{{sender}, username: desk, password_env: '{SECRET}'}}}}": "names an",
        f"alerts: {{mail: {{{sender}, username: desk}}}}": "username and password_env go together",
        f"alerts: {{mail: {{{sender}, security: none, username: a, password_env: B}}}}": "needs sec",
        "alerts: {mail: {host: a, from: desk, to: [a@example.org]}}": "not a mail address",
        "alerts: {mail: {host: a, from: a@b, to: []}}": "alerts.mail.to",
        f"alerts: {{hook: '{SECRET}'}}": "the settings are webhook_env, mail, command",
        "alerts: {mail: {sender: a@b}}": "the settings are host, port, security, from, to",
    }.items():
        file.write_text(text)
        with pytest.raises(ConfigError) as raised:
            load_settings(file)
        assert message in str(raised.value)
        assert SECRET not in str(raised.value)


def test_alerts_of_nothing_are_none_and_never_reach_dbt(tmp_path: Path) -> None:
    file = tmp_path / "helpdesk.yml"
    file.write_text("alerts:\n  # webhook_env: HOOK\n")
    assert load_settings(file).alerts == Alerts()
    file.write_text("alerts: {webhook_env: HOOK}\n")
    settings = load_settings(file)
    assert settings.alerts.webhook_env == "HOOK"
    assert set(settings.model_dump()) == {
        "report_timezone",
        "include_personal_data",
        "default_schedule_id",
        "hubspot",
    }
