"""URL templates of records: valid, invalid, and derived from the settings of a vendor."""

from pathlib import Path

import pytest

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Settings, UrlTemplates, load_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "helpdesk.yml"
    path.write_text(text)
    return path


def test_a_vendor_s_own_settings_make_its_templates(tmp_path: Path) -> None:
    settings = load_settings(
        written(
            tmp_path,
            """
            url_templates:
              zendesk: {ticket: "https://help.example/t/{ticket_id}"}
            ingest:
              zendesk: {base_url: "https://acme.zendesk.com/"}
              hubspot: {portal_id: 4242, ui_domain: app-eu1.hubspot.com}
            """,
        )
    )
    assert settings.url_templates == {
        "zendesk": UrlTemplates(
            ticket="https://help.example/t/{ticket_id}",
            company="https://acme.zendesk.com/agent/organizations/{company_id}",
            contact="https://acme.zendesk.com/agent/users/{contact_id}",
        ),
        "hubspot": UrlTemplates(
            ticket="https://app-eu1.hubspot.com/contacts/4242/record/0-5/{ticket_id}",
            company="https://app-eu1.hubspot.com/contacts/4242/record/0-2/{company_id}",
            contact="https://app-eu1.hubspot.com/contacts/4242/record/0-1/{contact_id}",
        ),
    }
    # The stored settings of a build have them too, without the section that they come from.
    assert Settings(**settings.model_dump()).url_templates == settings.url_templates


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("generic: {ticket: 'javascript:alert({ticket_id})'}", "not an http or https URL"),
        ("generic: {ticket: 'https://help.example/'}", "must contain {ticket_id} once"),
        ("generic: {ticket: 'https://help.example/{id}'}", "must contain {ticket_id} once"),
        (
            "generic: {company: 'https://help.example/{company_id}/{company_id}'}",
            "must contain {company_id} once",
        ),
        ("generic: {contact: 'https://help.example/ {contact_id}'}", "a blank or a quote"),
        ("generic: {ticked: 'https://help.example/{ticket_id}'}", "ticket, company, contact"),
        ("hubspt: {ticket: 'https://help.example/{ticket_id}'}", "did you mean hubspot"),
    ],
)
def test_a_template_that_makes_no_url_is_rejected(
    tmp_path: Path, template: str, message: str
) -> None:
    with pytest.raises(ConfigError) as failure:
        load_settings(written(tmp_path, f"url_templates: {{{template}}}"))
    assert message in str(failure.value)
