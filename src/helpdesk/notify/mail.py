"""A digest as mail: HTML that mail programs show, its pictures inline, and a plain-text part."""

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterator
from email.headerregistry import Address as Header
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape

from helpdesk.alerts.channels import ChannelError, secret
from helpdesk.alerts.services import PORTS
from helpdesk.core.settings import Mail
from helpdesk.notify.content import Content, Section
from helpdesk.notify.texts import Language

TIMEOUT_SECONDS = 30
WIDTH = 600
FONT = "font-family:Arial,Helvetica,sans-serif"
TONES = {"good": "#1a7f37", "bad": "#b42318", "": "#555555"}
INK, FAINT, LINE, LINK = "#1f2328", "#656d76", "#d8dee4", "#1f5fbf"


def mail_of(content: Content, language: Language, sender: str, recipient: str) -> EmailMessage:
    """The mail to one recipient: multipart/alternative, its HTML with pictures by Content-ID."""
    mail = EmailMessage()
    mail["Subject"] = subject_of(content)
    mail["From"], mail["To"] = Header(addr_spec=sender), Header(addr_spec=recipient)
    mail["Date"] = formatdate()
    domain = sender.rpartition("@")[2]
    mail["Message-ID"] = make_msgid(domain=domain)
    # No answer of a mail program that is out of office.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text_of(content, language))
    ids = [make_msgid(domain=domain) for _ in content.sections]
    mail.add_alternative(
        html_of(content, language, lambda number: f"cid:{ids[number][1:-1]}"), subtype="html"
    )
    html = mail.get_payload()[1]  # type: ignore[index]
    for number, section in enumerate(content.sections):
        if section.chart:
            html.add_related(  # type: ignore[union-attr]
                section.chart,
                maintype="image",
                subtype="png",
                cid=ids[number],
                disposition="inline",
                filename=f"chart-{number + 1}.png",
            )
    return mail


def subject_of(content: Content) -> str:
    """Title and dates, in one line."""
    return " ".join(f"{content.title}, {content.dates}".split())


def send_mail(mail: Mail, message: EmailMessage) -> None:
    """Send by the server of the settings. Raises ChannelError, without secrets, and OSError."""
    password = secret(mail.password_env) if mail.username else ""
    port = mail.port or PORTS[mail.security]
    context = ssl.create_default_context()
    try:
        server: smtplib.SMTP
        if mail.security == "tls":
            server = smtplib.SMTP_SSL(mail.host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, port, timeout=TIMEOUT_SECONDS)
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.username:
                server.login(mail.username, password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(str(code) for code, _ in error.recipients.values())
        raise ChannelError(f"the server did not accept the recipient ({codes})") from None
    except smtplib.SMTPResponseException as error:
        # The text of the answer may repeat the password.
        is_later = 400 <= error.smtp_code < 500
        raise ChannelError(f"the server answered {error.smtp_code}", is_later) from None
    except smtplib.SMTPException as error:
        raise ChannelError(type(error).__name__) from None


def text_of(content: Content, language: Language) -> str:
    """The digest in plain text."""
    t = language.text
    lines = [content.title, content.dates]
    if content.compared:
        lines.append(t("Compared with {dates}", dates=content.compared))
    lines += [*content.filters, ""]
    if content.attention:
        lines += [t("Needs attention"), *(f"- {one}" for one in content.attention), ""]
    for section in content.sections:
        lines += [section.title, f"  {section.label}: {section.value}"]
        if content.compared:
            change = f" ({section.change})" if section.change else ""
            lines.append(f"  {t('Before')}: {section.before}{change}")
        lines += [f"  {section.goal}"] * bool(section.goal)
        lines += [f"  - {one}" for one in section.sentences]
        lines += [f"  {section.link}"] * bool(section.link) + [""]
    lines += list(_foot(content, language))
    return "\n".join([*lines, *[content.link] * bool(content.link)]) + "\n"


def _foot(content: Content, language: Language) -> Iterator[str]:
    t = language.text
    if content.left_out:
        names = ", ".join(content.left_out)
        yield t("Not in this digest: {names}", names=names)
    yield t("As of {instant}", instant=content.as_of)


def html_of(content: Content, language: Language, picture: Callable[[int], str]) -> str:
    """The digest in HTML of tables and inline styles. `picture`: the address of a chart."""
    t = language.text
    head = [f'<h1 style="margin:0 0 4px;font-size:22px;{FONT}">{escape(content.title)}</h1>',
            _faint(content.dates)]  # fmt: skip
    if content.compared:
        head.append(_faint(t("Compared with {dates}", dates=content.compared)))
    head += [_faint(one) for one in content.filters]
    rows = ["".join(head)]
    if content.attention:
        listed = "".join(_sentence(one) for one in content.attention)
        rows.append(f"{_heading(t('Needs attention'))}{listed}")
    rows.append(_figures(content, language))
    rows += [
        _section(section, picture(number), t("Open the report"))
        for number, section in enumerate(content.sections)
    ]
    foot = "".join(_faint(one) for one in _foot(content, language))
    if content.link:
        foot = _link(content.link, t("Open the dashboard")) + foot
    rows.append(foot)
    cells = "".join(
        f'<tr><td style="padding:14px 20px;border-bottom:1px solid {LINE}">{row}</td></tr>'
        for row in rows
    )
    return (
        f'<!doctype html><html lang="{language.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(subject_of(content))}</title></head>"
        f'<body style="margin:0;padding:0;background:#f6f8fa;color:{INK};{FONT}">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td align="center" style="padding:16px 0">'
        f'<table role="presentation" width="{WIDTH}" cellpadding="0" cellspacing="0" border="0" '
        f'style="width:100%;max-width:{WIDTH}px;background:#ffffff;border:1px solid {LINE}">'
        f"{cells}</table></td></tr></table></body></html>"
    )


def _figures(content: Content, language: Language) -> str:
    t = language.text
    names = [t("Report"), t("Now"), *([t("Before"), t("Change")] if content.compared else [])]
    head = "".join(
        f'<th align="{"left" if not at else "right"}" style="padding:4px 6px;font-size:12px;'
        f'color:{FAINT};border-bottom:1px solid {LINE};{FONT}">{escape(name)}</th>'
        for at, name in enumerate(names)
    )
    rows = "".join(_row(section, bool(content.compared)) for section in content.sections)
    return (
        '<table width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="border-collapse:collapse"><tr>{head}</tr>{rows}</table>'
    )


def _row(section: Section, is_compared: bool) -> str:
    style = f"padding:6px;font-size:14px;vertical-align:top;border-bottom:1px solid {LINE};{FONT}"
    goal = ""
    if section.goal:
        color = TONES["good" if section.is_met else "bad"]
        goal = f'<br><span style="font-size:12px;color:{color}">{escape(section.goal)}</span>'
    cells = [f'<td style="{style}">{escape(section.title)}<br><span style="font-size:12px;'
             f'color:{FAINT}">{escape(section.label)}</span>{goal}</td>',
             f'<td align="right" style="{style};white-space:nowrap"><b>{escape(section.value)}</b>'
             "</td>"]  # fmt: skip
    if is_compared:
        cells.append(
            f'<td align="right" style="{style};white-space:nowrap;color:{FAINT}">'
            f"{escape(section.before)}</td>"
        )
        cells.append(
            f'<td align="right" style="{style};color:{TONES[section.tone]}">'
            f"{escape(section.change)}</td>"
        )
    return f"<tr>{''.join(cells)}</tr>"


def _section(section: Section, picture: str, opening: str) -> str:
    parts = [_heading(section.title)]
    if section.chart:
        alt = escape(f"{section.title}: {section.label} {section.value}")
        parts.append(
            f'<img src="{escape(picture)}" width="{WIDTH - 42}" alt="{alt}" '
            'style="display:block;width:100%;height:auto;border:0">'
        )
    parts += [_sentence(one) for one in section.sentences]
    if section.link:
        parts.append(_link(section.link, opening))
    return "".join(parts)


def _heading(text: str) -> str:
    return f'<h2 style="margin:0 0 8px;font-size:16px;{FONT}">{escape(text)}</h2>'


def _faint(text: str) -> str:
    return f'<p style="margin:0;font-size:13px;color:{FAINT};{FONT}">{escape(text)}</p>'


def _sentence(text: str) -> str:
    return f'<p style="margin:6px 0;font-size:14px;line-height:1.4;{FONT}">{escape(text)}</p>'


def _link(address: str, text: str) -> str:
    return (
        f'<p style="margin:6px 0;font-size:13px;{FONT}"><a href="{escape(address)}" '
        f'style="color:{LINK}">{escape(text)}</a></p>'
    )


def page_with_pictures(content: Content, language: Language) -> str:
    """The HTML of the mail with its pictures in it, as one file."""

    def data(number: int) -> str:
        return f"data:image/png;base64,{base64.b64encode(content.sections[number].chart).decode()}"

    return html_of(content, language, data)
