"""What was sent to which channel, in a file of the working folder."""

import json
import os
from pathlib import Path
from typing import Any

from helpdesk.alerts.channels import Warn


class Sent:
    """A JSON object in a file. Each `write` replaces the file by one rename."""

    def __init__(self, file: Path, warn: Warn, consequence: str) -> None:
        self.file = file
        self.known: dict[str, dict[str, Any]] = _read(file, warn, consequence)

    def of(self, key: str) -> dict[str, Any]:
        """What each channel has of a key: a copy."""
        return dict(self.known.get(key, {}))

    def put(self, key: str, channel: str, value: Any) -> None:
        """Note what a channel has; written at once, so that a crash repeats one message at most."""
        self.known.setdefault(key, {})[channel] = value
        self.write()

    def forget(self, key: str, channel: str) -> None:
        self.known.get(key, {}).pop(channel, None)
        self.write()

    def keep_only(self, keys: set[str]) -> None:
        """Drop what the settings do not have any more."""
        left = {key: of for key, of in self.known.items() if key in keys and of}
        if left != self.known:
            self.known = left
            self.write()

    def write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        new = self.file.with_suffix(".new")
        with open(new, "w", encoding="utf-8") as written:
            json.dump(self.known, written, ensure_ascii=False, indent=1, sort_keys=True)
            written.flush()
            os.fsync(written.fileno())
        new.rename(self.file)


def _read(file: Path, warn: Warn, consequence: str) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): dict(of) for key, of in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError):
        warn(f"{file}: cannot be read; {consequence}")
        return {}
