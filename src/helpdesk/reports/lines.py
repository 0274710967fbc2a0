"""Reads YAML and keeps the line of every key and item."""

from pathlib import Path
from typing import Any

import yaml

from helpdesk.reports.errors import ReportError

Place = tuple[str | int, ...]
# A saved report is short: a larger file is something else.
LARGEST_BYTES = 100_000


class NoAliases(yaml.SafeLoader):
    """YAML without aliases, which can expand a small file without limit."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "a saved report cannot have aliases", event.start_mark
            )
        return super().compose_node(parent, index)


class Lines:
    """The content of a YAML file, with the line of every key and item."""

    def __init__(self, path: Path, shown: str) -> None:
        self.shown = shown
        self._lines: dict[Place, int] = {(): 1}
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise ReportError(
                    f"{shown}: is larger than {LARGEST_BYTES:,} bytes, the limit for a saved report"
                )
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=NoAliases)
        except FileNotFoundError as error:
            raise ReportError(f"{shown}: there is no such file") from error
        except UnicodeDecodeError as error:
            raise ReportError(f"{shown}: is not UTF-8 text") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ReportError(f"{shown}:{line}: is not YAML: {error.problem}") from error
        except yaml.YAMLError as error:
            raise ReportError(f"{shown}: is not YAML: {error}") from error
        self.content = None if root is None else self._read(root, ())

    def error(self, place: Place, problem: str) -> ReportError:
        """The error to raise about the key or item at a place, present or missing."""
        known = place
        while known not in self._lines:
            known = known[:-1]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
        return ReportError(f"{self.shown}:{self._lines[known]}: {path[1:] or 'file'}: {problem}")

    def _read(self, node: yaml.Node, place: Place) -> Any:
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(getattr(key_node, "value", ""))
                self._lines[*place, key] = key_node.start_mark.line + 1
                if key in found:
                    raise self.error((*place, key), "is given twice")
                found[key] = self._read(value_node, (*place, key))
            return found
        if isinstance(node, yaml.SequenceNode):
            items = []
            for number, item in enumerate(node.value):
                self._lines[*place, number] = item.start_mark.line + 1
                items.append(self._read(item, (*place, number)))
            return items
        constructor = yaml.SafeLoader("")
        try:
            value = constructor.construct_object(node)
            # Fails for half of a surrogate pair, which YAML can escape and UTF-8 cannot encode.
            str(value).encode()
            return value
        except (yaml.YAMLError, ValueError) as error:
            raise self.error(place, f"{node.value!r} cannot be read") from error
        finally:
            constructor.dispose()
