"""Digests through a real mail server and a real web server, on one published build."""

import json
import re
import shutil
import struct
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpdesk.core.notices import Digest
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings, load_settings
from helpdesk.notify.digests import Sending, send_digests, slot_of
from tests.conftest import run_helpdesk
from tests.notify import month
from tests.orchestration.receivers import Post, Web, mail_server, web_server

LEAD, SOUTH = "lead@example.org", "south@example.org"
SLOT = "2026-06-29"


@pytest.fixture
def paths(last: OutputPaths, tmp_path: Path) -> OutputPaths:
    """The published build in an output folder of its own, from which nothing was sent."""
    copy = OutputPaths(tmp_path / "out")
    shutil.copytree(last.builds, copy.builds)
    copy.current.symlink_to(copy.builds / last.current.resolve().name)
    copy.published.symlink_to(copy.current / "helpdesk.duckdb")
    return copy


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_server() as post:
        yield post


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web_server() as web:
        monkeypatch.setenv("DIGEST_HOOK", f"{web.url}/hook-secret-4711")
        monkeypatch.setenv("DIGEST_CHAT", f"json://{web.url.partition('://')[2]}/chat-secret-4711")
        yield web


def settings_of(folder: Path, post: Post, digest: dict[str, Any], **more: Any) -> Path:
    config = folder / "helpdesk.yml"
    found = {
        "serve": {"url": "https://desk.example.org"},
        "goals": [{"report": "R3", "at_most": "1h"}],
        "alerts": {"mail": {"host": "127.0.0.1", "port": post.port, "security": "none",
                            "from": "desk@example.org", "to": ["ops@example.org"]}},
        "digests": [{"name": "weekly", "dashboard": "analyze", **digest}],
        **more,
    }  # fmt: skip
    config.write_text(yaml.safe_dump(found, sort_keys=False))
    return config


def sent(paths: OutputPaths, config: Path, warnings: list[str] | None = None) -> Sending:
    said: list[str] = []
    found = send_digests(paths, load_settings(config), config, said.append)
    if warnings is None:
        assert not said
    else:
        warnings += said
    return found


def parts(mail: Any) -> tuple[str, str, dict[str, bytes]]:
    """The plain text, the HTML, and the pictures by Content-ID."""
    assert isinstance(mail, EmailMessage)
    pictures = {
        str(part["Content-ID"])[1:-1]: part.get_payload(decode=True)
        for part in mail.walk()
        if part.get_content_type() == "image/png"
    }
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    # A mail on its way has the line ends of its protocol.
    plain, rich = (str(part.get_content()).replace("\r\n", "\n") for part in (text, html))
    return plain, rich, pictures


def week_by_hand(team: str = "") -> tuple[int, int]:
    """Tickets created in the week of the digest, and in the one before."""
    rows = [one for one in month.tickets() if team in ("", one.team)]
    days = [one.created.date().isoformat() for one in rows]
    return (
        sum("2026-06-22" <= day <= "2026-06-28" for day in days),
        sum("2026-06-15" <= day <= "2026-06-21" for day in days),
    )


def test_a_mail_has_figures_goal_text_and_pictures(
    paths: OutputPaths, post: Post, tmp_path: Path
) -> None:
    config = settings_of(tmp_path, post, {"to": {"mail": LEAD}})
    assert sent(paths, config).sent == (("weekly", f"mail to {LEAD}"),)
    (mail,) = post.mails
    assert mail["Subject"] == "Analyze, 22 June 2026 to 28 June 2026"
    assert mail["To"] == LEAD
    assert mail.get_content_type() == "multipart/alternative"
    text, html, pictures = parts(mail)
    now, before = week_by_hand()
    assert f"Tickets created: {now}\n  Before: {before}" in text
    assert "Goal 1 h: missed" in text
    assert "Compared with 15 June 2026 to 21 June 2026" in text
    assert f"Tickets created: {now} in the 7 days to 28 June 2026" in html
    # Every picture of the HTML is in the mail, and nothing is loaded from elsewhere.
    shown = re.findall(r'<img src="cid:([^"]+)"', html)
    assert len(shown) >= 4
    assert set(shown) == set(pictures)
    assert "http" not in "".join(re.findall(r'src="([^"]*)"', html))
    assert "<style" not in html
    for picture in pictures.values():
        width, height = struct.unpack(">II", picture[16:24])
        assert picture.startswith(b"\x89PNG")
        assert width > 1000
        assert height > 200


def test_the_same_digest_is_sent_once(paths: OutputPaths, post: Post, tmp_path: Path) -> None:
    config = settings_of(tmp_path, post, {"to": {"mail": [LEAD, SOUTH]}})
    assert len(sent(paths, config).sent) == 2
    again = sent(paths, config)
    assert (again.sent, again.known, again.failed) == ((), 2, ())
    assert len(post.mails) == 2
    # A channel that is added later gets the digest, and the others do not get it twice.
    config = settings_of(tmp_path, post, {"to": {"mail": [LEAD, SOUTH], "folder": f"{tmp_path}/f"}})
    assert sent(paths, config).sent == (("weekly", "folder"),)
    assert len(post.mails) == 2
    assert (tmp_path / "f" / f"weekly-{SLOT}.html").is_file()


def test_a_channel_that_failed_gets_it_at_the_next_run(
    paths: OutputPaths, post: Post, web: Web, tmp_path: Path
) -> None:
    to = {"mail": [LEAD, SOUTH], "webhook_env": "DIGEST_HOOK", "urls_env": ["DIGEST_CHAT"]}
    config = settings_of(tmp_path, post, {"to": to})
    post.rejected, web.status = SOUTH, 404
    warnings: list[str] = []
    first = sent(paths, config, warnings)
    assert first.sent == (("weekly", f"mail to {LEAD}"),)
    assert {channel for _, channel in first.failed} == {
        f"mail to {SOUTH}", "webhook", "DIGEST_CHAT"
    }  # fmt: skip
    assert len(warnings) == 3
    assert "did not accept the recipient (550)" in " ".join(warnings)
    assert "4711" not in " ".join(warnings)
    assert "4711" not in (paths.work / "digests.json").read_text()
    post.rejected, web.status = "", 200
    web.posted.clear()
    assert len(sent(paths, config).sent) == 3
    assert [mail["To"] for mail in post.mails] == [LEAD, SOUTH]
    assert {path for path, _ in web.posted} == {"/hook-secret-4711", "/chat-secret-4711"}


def test_a_wrong_password_is_in_no_message(
    paths: OutputPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_PASSWORD", "wrong-4711")
    config = tmp_path / "helpdesk.yml"
    digest = {"name": "weekly", "dashboard": "analyze", "to": {"mail": LEAD}}
    mail = {"host": "127.0.0.1", "port": 9, "security": "starttls", "from": "d@example.org",
            "to": ["o@example.org"], "username": "desk", "password_env": "DIGEST_PASSWORD"}  # fmt: skip
    config.write_text(yaml.safe_dump({"alerts": {"mail": mail}, "digests": [digest]}))
    warnings: list[str] = []
    assert sent(paths, config, warnings).failed == (("weekly", f"mail to {LEAD}"),)
    assert "Connection refused" in warnings[0]
    assert "4711" not in warnings[0]


def test_each_team_has_its_own_digest_and_recipients(
    paths: OutputPaths, post: Post, web: Web, tmp_path: Path
) -> None:
    digest = {
        "per_team": True,
        "team_mail": {"South": SOUTH},
        "to": {"mail": LEAD, "webhook_env": "DIGEST_HOOK"},
    }
    config = settings_of(tmp_path, post, digest)
    assert len(sent(paths, config).sent) == 4
    by_recipient = {mail["To"]: parts(mail) for mail in post.mails}
    assert set(by_recipient) == {LEAD, SOUTH}
    for recipient, team in ((LEAD, "t1"), (SOUTH, "t2")):
        now, before = week_by_hand(team)
        text, html, _ = by_recipient[recipient]
        assert f"Tickets created: {now}\n  Before: {before}" in text
        assert f"Tickets created: {now} in the 7 days" in html
        assert "Needs attention" not in text
    # A name of the data is text: in HTML, and in a chat, where it would mention everybody.
    _, html, _ = by_recipient[LEAD]
    assert "North &lt;!channel&gt;" in html
    assert "<!channel>" not in html
    texts = [json.loads(body)["text"] for _, body in web.posted]
    assert any("North" in text for text in texts)
    assert not any("<" in text or "@" in text for text in texts)


def test_the_language_of_the_settings(paths: OutputPaths, post: Post, tmp_path: Path) -> None:
    config = settings_of(tmp_path, post, {"to": {"mail": LEAD}}, language="nb")
    sent(paths, config)
    text, html, _ = parts(post.mails[0])
    now, before = week_by_hand()
    assert f"Opprettede saker: {now}\n  Før: {before}" in text or "Før:" in text
    assert '<html lang="nb">' in html
    assert "22. juni 2026" in html
    for english in ("Compared with", "No clear change", "Open the report", "Goal 1 h"):
        assert english not in html


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        ({"dashboard": "analyse"}, "did you mean analyze?"),
        ({"filters": {"flavour": "sweet"}}, "no report of analyze has all of these fields"),
        ({"filters": {"team": "Soth"}}, "did you mean South?"),
        ({"per_team": True, "team_mail": {"Soth": SOUTH}}, "did you mean South?"),
    ],
)
def test_a_wrong_setting_names_file_and_line(
    paths: OutputPaths, post: Post, tmp_path: Path, digest: dict[str, Any], said: str
) -> None:
    config = settings_of(tmp_path, post, {"to": {"mail": LEAD}, **digest})
    warnings: list[str] = []
    found = sent(paths, config, warnings)
    assert said in found.problems[0]
    key = list(digest)[-1]
    line = next(
        number
        for number, text in enumerate(config.read_text().splitlines(), 1)
        if text.strip().removeprefix("- ").startswith(f"{key}:") and number > 12
    )
    assert found.problems[0].startswith(f"{config}:{line}: digests[0].{key}: ")


def test_the_command_sends_and_repeats_nothing(
    paths: OutputPaths, post: Post, tmp_path: Path
) -> None:
    config = settings_of(tmp_path, post, {"to": {"mail": LEAD}})
    arguments = ("digest", "--output", paths.root, "--config", config)
    done = run_helpdesk(*arguments, "--to", tmp_path / "files")
    assert f"wrote {tmp_path}/files/weekly-{SLOT}.html" in done.stdout.replace("\n", "")
    assert not post.mails
    assert "sent by mail" in run_helpdesk(*arguments).stdout
    assert "1 were sent before" in run_helpdesk(*arguments).stdout
    assert len(post.mails) == 1
    post.rejected = SOUTH
    config = settings_of(tmp_path, post, {"to": {"mail": [LEAD, SOUTH]}})
    failed = run_helpdesk(*arguments, check=False)
    assert failed.returncode == 1
    assert "The next run tries again" in failed.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("every", "more", "at", "slot"),
    [
        ("day", {}, "2026-07-01T06:59", "2026-06-30"),
        ("day", {}, "2026-07-01T07:00", "2026-07-01"),
        ("week", {}, "2026-06-29T06:59", "2026-06-22"),
        ("week", {}, "2026-06-29T07:00", "2026-06-29"),
        ("week", {"weekday": "friday", "at": 630}, "2026-07-03T10:29", "2026-06-26"),
        ("month", {}, "2026-07-01T06:00", "2026-06-01"),
        ("month", {}, "2026-07-31T23:00", "2026-07-01"),
    ],
)
def test_a_digest_is_due_at_its_time(every: str, more: dict[str, Any], at: str, slot: str) -> None:
    digest = Digest(name="x", dashboard="analyze", every=every, to={"folder": "f"}, **more)  # type: ignore[arg-type]
    assert slot_of(digest, datetime.fromisoformat(at)) == slot


def test_mail_needs_a_server() -> None:
    with pytest.raises(ValueError, match="with the server"):
        Settings(digests=({"name": "x", "dashboard": "analyze", "to": {"mail": LEAD}},))  # type: ignore[arg-type]
