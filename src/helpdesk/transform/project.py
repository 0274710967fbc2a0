"""Composes the dbt project of a build: the files that ship, and the user's own files.

It is in the folder `.helpdesk/` of the user's project. The user's own files take precedence.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from helpdesk.core import accounts
from helpdesk.core.accounts import account_names, generated_files
from helpdesk.core.places import (
    IS_CHECKOUT,
    LEFT_BEHIND,
    OWN,
    PROJECT_ROOT,
    SAVED,
    SHIPPED,
    ensure_project,
)
from helpdesk.load import own_fields
from helpdesk.transform.own_filters import filter_properties
from helpdesk.transform.own_models import files_of_fields


@cache
def dbt_project() -> Path:
    """The folder of the dbt project that this process runs."""
    return compose()


def compose() -> Path:
    """Update the composed dbt project; returns its folder.

    Its parts are the files that ship, the user's own files, the models of further accounts, and the
    files of own fields. Each list of accounts and fields has its own folder, because builds with
    other settings may run at the same time.
    """
    ensure_project()
    names, fields = account_names(), own_fields.own_fields()
    if IS_CHECKOUT and not names and not fields:
        return SHIPPED
    folder = PROJECT_ROOT / ".helpdesk"
    if names or fields:
        made_of = ",".join(names) + (json.dumps(fields) if fields else "")
        folder /= hashlib.sha256(made_of.encode()).hexdigest()[:8]
    folder /= "dbt_project"
    files = {path: SHIPPED / path for path in _files(SHIPPED) if IS_CHECKOUT or not _is_saved(path)}
    for part in () if IS_CHECKOUT else OWN:
        own = PROJECT_ROOT / part
        files |= {Path(part) / path: own / path for path in _files(own)}
    generated = generated_files(files, names) | files_of_fields(files, fields)
    generated |= filter_properties(files, fields, generated)
    for path in set(_files(folder)) - files.keys() - generated.keys():
        (folder / path).unlink()
    for path, source in files.items():
        if path not in generated:
            _update(source, folder / path)
    for path, text in generated.items():
        _write(text, folder / path)
    return folder


def variables_for_runs() -> dict[str, str]:
    """The accounts and own fields for the processes of Dagster's runs, as environment variables.

    They have the assets of their parent, whatever the landing folder has by then.
    """
    fields = own_fields.resolved().fields
    found = {
        accounts.VARIABLE: ",".join(account_names()),
        own_fields.VARIABLE: own_fields.as_json(fields) if fields else "",
    }
    return {name: text for name, text in found.items() if text}


def _files(folder: Path) -> Iterator[Path]:
    """The relative paths of the files in a folder, without hidden and generated ones."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not is_hidden and not {*inside.parts} & {*LEFT_BEHIND}:
            yield inside


def _write(text: str, target: Path) -> None:
    """Write a file if it differs, by a rename like `_update`."""
    if target.exists() and target.read_text() == text:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new_file = target.with_name(f".{target.name}.{os.getpid()}")
    new_file.write_text(text)
    new_file.replace(target)


def _is_saved(path: Path) -> bool:
    return path.as_posix().startswith(SAVED)


def _update(source: Path, target: Path) -> None:
    """Copy a file if it differs. Other processes see the complete old or new file."""
    wanted = source.stat()
    if target.exists():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    new_file = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copy2(source, new_file)
    new_file.replace(target)
