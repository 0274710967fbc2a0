"""Several accounts of one vendor: each is a source with a copy of the vendor's models.

The settings name the accounts, `ingest: {hubspot: {emea: {...}, us: {...}}}`, or folders of the
landing folder do, `hubspot_emea`. Both are those of the command line, else of `HELPDESK_CONFIG` and
`HELPDESK_LANDING`. A run of Dagster gets the accounts of its parent, in `HELPDESK_ACCOUNTS`.
"""

import os
import re
from functools import cache
from pathlib import Path

import yaml

from helpdesk.core.command import Options, options

VARIABLE = "HELPDESK_ACCOUNTS"
# The name of an account's source system.
ACCOUNT = re.compile("(hubspot|zendesk)_[a-z][a-z0-9_]*")
STAGING = Path("models/staging")
LISTED = Path("macros/contract/listed_sources.sql")


@cache
def account_names() -> dict[str, str]:
    """The vendor of each account, by the account's source system, such as hubspot_emea."""
    given = options()
    inherited = "" if given.config or given.landing else os.environ.get(VARIABLE, "")
    names = inherited.split(",") if inherited else sorted(_found(given))
    return {name: name.partition("_")[0] for name in names}


def _found(given: Options) -> set[str]:
    """The accounts of the settings and the landing folder."""
    config = given.config or os.environ.get("HELPDESK_CONFIG", "")
    landing = given.landing or os.environ.get("HELPDESK_LANDING", "")
    declared = _accounts_in(Path(config)) if config else []
    return {*declared, *(_accounts_landed(Path(landing)) if landing else ())}


def _accounts_landed(landing: Path) -> list[str]:
    folders = landing.iterdir() if landing.is_dir() else ()
    return [path.name for path in folders if path.is_dir() and ACCOUNT.fullmatch(path.name)]


def _accounts_in(path: Path) -> list[str]:
    """The accounts of a settings file. `load_settings` reports errors in it."""
    try:
        declared = yaml.safe_load(path.read_text())
        vendors = declared["ingest"].items()
    except (OSError, ValueError, yaml.YAMLError, LookupError, AttributeError, TypeError):
        return []
    return [
        f"{vendor}_{account}"
        for vendor, accounts in vendors
        if is_of_accounts(accounts)
        for account in accounts
        if ACCOUNT.fullmatch(f"{vendor}_{account}")
    ]


def is_of_accounts(declared: object) -> bool:
    """Whether the settings of a vendor name several accounts."""
    return (
        isinstance(declared, dict)
        and any(isinstance(one, dict) for one in declared.values())
        and all(isinstance(one, dict) or one is None for one in declared.values())
    )


def generated_files(files: dict[Path, Path], accounts: dict[str, str]) -> dict[Path, str]:
    """The generated files of the dbt project for the accounts, by path in the project."""
    generated = sources_of_accounts(files, accounts)
    if accounts:
        listed = (
            files[LISTED].read_text().replace("macro listed_sources()", "macro vendors_listed()")
        )
        generated[LISTED] = f"{listed}\n{_listing(accounts)}"
    return generated


def sources_of_accounts(files: dict[Path, Path], accounts: dict[str, str]) -> dict[Path, str]:
    """Each account's copy of its vendor's staging files, by path in the project."""
    generated = {}
    for account, vendor in accounts.items():
        for path, source in files.items():
            if path.parent != STAGING / vendor:
                continue
            name = path.name.replace(f"_{vendor}__", f"_{account}__", 1)
            text = source.read_text()
            made = _sql(text, vendor, account) if path.suffix == ".sql" else None
            made = _yaml(text, vendor, account) if made is None else made
            generated[STAGING / account / name] = made
    return generated


def _sql(text: str, vendor: str, account: str) -> str:
    renamed = text.replace(f"base_{vendor}__", f"base_{account}__")
    # dbt variables such as var('hubspot') apply to all accounts of a vendor.
    return re.sub(rf"(?<!var\()(['\"]){vendor}\1", rf"\g<1>{account}\1", renamed)


def _yaml(text: str, vendor: str, account: str) -> str:
    declared = yaml.safe_load(text)
    # The unit tests run on the vendor's models.
    declared.pop("unit_tests", None)
    renamed = yaml.safe_dump(declared, sort_keys=False, width=10_000, allow_unicode=True)
    renamed = renamed.replace(f"base_{vendor}__", f"base_{account}__")
    renamed = re.sub(rf"\bname: {vendor}$", f"name: {account}", renamed, flags=re.M)
    return re.sub(rf"\bidentifier: {vendor}_", f"identifier: {account}_", renamed)


def _listing(accounts: dict[str, str]) -> str:
    lines = [
        f"    {{%- do listed.update({{'{account}': listed['{vendor}']}}) -%}}"
        for account, vendor in accounts.items()
    ]
    return "\n".join(
        [
            "{% macro listed_sources() %}",
            "    {%- set listed = {} -%}",
            "    {%- do listed.update(vendors_listed()) -%}",
            *lines,
            "    {{ return(listed) }}",
            "{% endmacro %}",
            "",
        ]
    )
