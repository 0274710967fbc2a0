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


def line_of(path: Path, place: tuple[str | int, ...]) -> int:
    """The line, from 1 on, of a key or an entry of a file; of the last known part of its place."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    line = 1
    for part in place:
        found: list[tuple[yaml.Node, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            found = [(one, one) for one in node.value[part : part + 1]]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line
