"""Each channel with a real receiver: the message, the text of a failure, and no secrets in it."""

import json
import sys
import time
from pathlib import Path

import pytest

from helpdesk.alerts import channels
from helpdesk.alerts.breaches import failure_alert
from helpdesk.alerts.channels import send_to_all
from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Alerts, Mail, load_settings
from tests.conftest import run_helpdesk
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
        assert send_to_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == []
    [(path, body)] = web.posted
    posted = json.loads(body)
    assert path == f"/{SECRET}"
    assert (posted["event"], posted["job"]) == ("run_failed", "refresh")
    assert posted["failed_checks"] == ["generic tickets: empty"]
    assert "check failed: generic tickets: empty\nlanding: no folder" in posted["text"]
    assert warnings == []


def test_a_command_gets_the_same_on_its_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "alert.json"
    assert send_to_all(Alerts(command=("tee", str(file))), ALERT, pytest.fail) == []
    assert json.loads(file.read_text())["text"].startswith("help-desk warehouse: refresh failed\n")


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_arrives(security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The operator's own certificate authority, as for a server within a company.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    login = {} if security == "none" else {"username": "desk", "password_env": "MAIL_PASSWORD"}
    with mail_server(security, certificate) as post:
        post.password = SECRET
        alerts = mail(post.port, security=security, **login)
        assert send_to_all(alerts, ALERT, pytest.fail) == []
    [message] = post.mails
    assert message["Subject"] == "help-desk warehouse: refresh failed"
    assert "check failed: generic tickets: empty" in message.get_content()
    assert post.logins == ([SECRET] if login else [])


def test_an_untrusted_certificate_gets_no_password(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    warnings: list[str] = []
    with mail_server("starttls", certificate) as post:
        alerts = mail(post.port, username="desk", password_env="MAIL_PASSWORD")
        assert send_to_all(alerts, ALERT, warnings.append) == ["mail"]
    assert (post.logins, post.mails) == ([], [])
    assert len(warnings) == 1


def test_a_failed_channel_is_a_warning_without_a_secret_and_the_others_get_the_alert(
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
        assert send_to_all(alerts, ALERT, warnings.append) == ["webhook", "mail"]
    assert warnings == [
        "the alert was not sent by webhook: the server answered 500 (2 attempts)",
        'the alert was not sent by mail: Connection error while submitting email to "127.0.0.1"; '
        "(535, b'*** is wrong') (2 attempts)",
    ]
    assert post.logins == [SECRET, SECRET]
    assert file.exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "the environment variable HOOK is not set"),
        (f"ftp://desk/{SECRET}", "the value of HOOK is not an http or https URL"),
        (f"{SECRET}", "the value of HOOK is not an http or https URL"),
        (f"http://[{SECRET}", "the value of HOOK is not an http or https URL"),
        (f"http://{LOOPBACK}:{PORT_OF_NOBODY}/{SECRET}", "Connection refused (2 attempts)"),
        (f"http://{LOOPBACK}:{PORT_OF_NOBODY}/a {SECRET}", "InvalidURL"),
    ],
)
def test_an_invalid_webhook_address_is_reported(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", url)
    warnings: list[str] = []
    assert send_to_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == ["webhook"]
    assert warnings == [f"the alert was not sent by webhook: {reason}"]


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    with web_server() as web, web_server() as elsewhere:
        web.status, web.location = 302, elsewhere.url
        monkeypatch.setenv("HOOK", web.url)
        assert send_to_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == ["webhook"]
    assert elsewhere.posted == []
    assert "the server answered 302" in warnings[0]


def test_a_recipient_that_is_rejected_is_named_and_the_other_gets_one_mail() -> None:
    warnings: list[str] = []
    with mail_server() as post:
        post.rejected = "b@example.org"
        to = ["a@example.org", "b@example.org"]
        alerts = mail(post.port, security="none", to=to)
        assert send_to_all(alerts, ALERT, warnings.append) == ["mail to b@example.org"]
    assert [message["To"] for message in post.mails] == ["a@example.org"]
    [warning] = warnings
    assert warning.startswith("the alert was not sent by mail to b@example.org: ")
    assert "550" in warning
    assert warning.endswith(" (2 attempts)")


def test_only_temporary_failures_are_repeated_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with web_server() as web:
        monkeypatch.setenv("HOOK", web.url)
        web.failures = [503]
        assert send_to_all(Alerts(webhook_env="HOOK"), ALERT, pytest.fail) == []
        assert len(web.posted) == 2
        web.failures = [404]
        warnings: list[str] = []
        assert send_to_all(Alerts(webhook_env="HOOK"), ALERT, warnings.append) == ["webhook"]
        assert len(web.posted) == 3
    assert warnings == ["the alert was not sent by webhook: the server answered 404"]


def test_a_variable_named_like_a_channel_is_a_separate_channel() -> None:
    alerts = Alerts(command=("true",), urls_env=("command", "CHAT"))
    assert [*channels.channels(alerts)] == ["command", "urls_env command", "CHAT"]


def test_a_service_of_apprise_gets_subject_and_text(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with web_server() as web:
        monkeypatch.setenv("CHAT", f"json://{web.url.removeprefix('http://')}/{SECRET}")
        web.failures = [503]
        assert send_to_all(Alerts(urls_env=("CHAT",)), ALERT, pytest.fail) == []
    # Repeated once, by apprise.
    assert [path for path, _ in web.posted] == [f"/{SECRET}"] * 2
    posted = json.loads(web.posted[-1][1])
    assert posted["title"] == "help-desk warehouse: refresh failed"
    assert "check failed: generic tickets: empty\nlanding: no folder" in posted["message"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [500, 302])
def test_a_service_that_fails_is_named_by_its_variable_without_the_address(
    status: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    warnings: list[str] = []
    with web_server() as web, web_server() as elsewhere:
        web.status, web.location = status, elsewhere.url
        monkeypatch.setenv("CHAT", f"json://desk:{SECRET}@{web.url.removeprefix('http://')}/room")
        monkeypatch.setenv("OTHER", f"json://{elsewhere.url.removeprefix('http://')}")
        alerts = Alerts(urls_env=("CHAT", "OTHER"))
        assert send_to_all(alerts, ALERT, warnings.append) == ["CHAT"]
    [warning] = warnings
    assert warning.startswith("the alert was not sent by CHAT: ")
    assert str(status) in warning
    assert warning.endswith(" (2 attempts)")
    assert SECRET not in warning
    assert [path for path, _ in elsewhere.posted] == ["/"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("url", [SECRET, f"nosuch://{SECRET}", f"slack://{SECRET}", "json://"])
def test_an_unknown_apprise_address_is_reported(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHAT", url)
    warnings: list[str] = []
    assert send_to_all(Alerts(urls_env=("CHAT",)), ALERT, warnings.append) == ["CHAT"]
    assert "the value of CHAT is not an address of apprise, such as slack://" in warnings[0]
    assert SECRET not in warnings[0]
    assert capfd.readouterr() == ("", "")


def test_a_test_sends_a_sample_and_reports_each_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "helpdesk.yml"
    config.write_text("alerts: {webhook_env: HOOK, urls_env: [CHAT, PAGER], command: ['false']}\n")
    arguments = ("alerts", "test", "--config", config)
    with web_server() as web:
        monkeypatch.setenv("HOOK", f"{web.url}/{SECRET}")
        monkeypatch.setenv("CHAT", f"json://{web.url.removeprefix('http://')}/{SECRET}")
        monkeypatch.delenv("PAGER", raising=False)
        done = run_helpdesk(*arguments, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "webhook: sent",
        "command: not sent: false ended with exit code 1 (2 attempts)",
        "CHAT: sent",
        "PAGER: not sent: the environment variable PAGER is not set",
    ]
    assert "2 of 4 channels did not accept the sample: command, PAGER." in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert [json.loads(body).get("event") for _, body in web.posted] == ["test", None]

    config.write_text("report_timezone: Europe/Oslo\n")
    nothing = run_helpdesk(*arguments, check=False)
    assert nothing.returncode == 2
    assert "has no alert channel; add one to `alerts`" in nothing.stderr


def test_a_command_that_fails_or_hangs_is_reported_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT_SECONDS", 1)
    alive = tmp_path / "alive"
    hanging = f"(sleep 3; touch {alive}) & wait"
    for command, reason in {
        ("false",): "false ended with exit code 1 (2 attempts)",
        ("no-such-command",): "No such file or directory",
        ("sh", "-c", hanging): "sh did not end within 1 seconds",
        # A command that does not read its input has not failed.
        (sys.executable, "-c", "raise SystemExit(3)"): "ended with exit code 3 (2 attempts)",
    }.items():
        warnings: list[str] = []
        assert send_to_all(Alerts(command=command), ALERT, warnings.append) == ["command"]
        assert reason in warnings[0]
    time.sleep(3)
    assert not alive.exists()


def test_invalid_alert_settings_are_explained_without_their_values(
    tmp_path: Path,
) -> None:
    file = tmp_path / "helpdesk.yml"
    sender = "host: mail.example.org, from: desk@example.org, to: [a@example.org]"
    for text, message in {
        f"alerts: {{webhook_env: 'https://hooks.example.org/{SECRET}'}}": "name of an environment variable",
        f"alerts: {{mail: {{{sender}, username: desk, password_env: '{SECRET}'}}}}": "name of an environment",
        f"alerts: {{mail: {{{sender}, username: desk}}}}": "username and password_env need each other",
        f"alerts: {{mail: {{{sender}, security: none, username: a, password_env: B}}}}": "needs encryption",
        f"alerts: {{urls_env: ['slack://{SECRET}']}}": "name of an environment variable",
        "alerts: {urls_env: [CHAT, CHAT]}": "the same environment variable twice",
        "alerts: {mail: {host: a, from: desk, to: [a@example.org]}}": "is not a mail address",
        "alerts: {mail: {host: a, from: a@b, to: []}}": "alerts.mail.to",
        f"alerts: {{hook: '{SECRET}'}}": "the settings are webhook_env, mail, urls_env, command",
        "alerts: {mail: {sender: a@b}}": "the settings are host, port, security, from, to",
    }.items():
        file.write_text(text)
        with pytest.raises(ConfigError) as raised:
            load_settings(file)
        assert message in str(raised.value)
        assert SECRET not in str(raised.value)


def test_empty_alert_settings_mean_no_channel_and_never_reach_dbt(tmp_path: Path) -> None:
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
        "source_timezone",
        "null_values",
        "file_encoding",
        "leave_out_unusable_policies",
        "hubspot",
        "url_templates",
    }
