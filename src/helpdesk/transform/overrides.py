"""Files that ship and are replaced by own ones: which have changed since they were copied.

`.helpdesk/overridden.json` of the own project has a digest of both files of each pair, as they were
when a build first saw it, or when the own file last changed.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from helpdesk.core.places import IS_CHECKOUT, OWN, PROJECT_ROOT, SAVED, SHIPPED

RECORD = PROJECT_ROOT / ".helpdesk" / "overridden.json"


def outdated_overrides() -> list[str]:
    """A line for each own file that replaces one that has changed since; notes new pairs."""
    if IS_CHECKOUT:
        return []
    known = _known()
    seen = {path: [_digest(SHIPPED / path), _digest(PROJECT_ROOT / path)] for path in _overrides()}
    lines = []
    for path, (shipped, own) in seen.items():
        before = known.get(path)
        if before and before[0] != shipped and before[1] == own:
            lines.append(
                f"{PROJECT_ROOT / path}: replaces {SHIPPED / path}, which has changed since it was "
                f"copied; compare the two and change yours, or delete its line from {RECORD}"
            )
            seen[path] = before
    if seen != known:
        _write(seen)
    return lines


def replaces_shipped(model: str) -> bool:
    """Whether an own file replaces this model, whose unit tests hold the rule that ships."""
    return not IS_CHECKOUT and any(Path(path).name == f"{model}.sql" for path in _overrides())


def _overrides() -> list[str]:
    """The files that both have, as paths from either folder, without those that reports write."""
    found = [
        path.relative_to(PROJECT_ROOT).as_posix()
        for part in OWN
        for path in sorted((PROJECT_ROOT / part).rglob("*"))
        if path.is_file()
    ]
    return [path for path in found if not path.startswith(SAVED) and (SHIPPED / path).is_file()]


def _known() -> dict[str, list[str]]:
    with suppress(OSError, ValueError):
        known = json.loads(RECORD.read_text())
        if isinstance(known, dict):
            return known
    return {}


def _write(seen: dict[str, list[str]]) -> None:
    # A folder that cannot be written stops no build: the next one compares again.
    with suppress(OSError):
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        new = RECORD.with_name(f".{RECORD.name}.{os.getpid()}")
        new.write_text(json.dumps(seen, indent=2))
        new.replace(RECORD)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
