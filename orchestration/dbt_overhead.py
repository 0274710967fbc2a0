"""Parts of dbt put in simpler form: what they give is the same, and a command takes half the time.

A build of a small desk is a few hundred nodes of a few milliseconds of SQL each, and dbt's own work
around them was two thirds of it. Each function here replaces one part of dbt 1.11, says what that
cost, and is needed for nothing but time.
"""

import gc
from collections.abc import Iterator
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.factory import get_adapter_package_names
from dbt.clients import jinja
from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace
from dbt.context.manifest import ManifestContext
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

# dbt makes objects by the million, few of them in cycles: looking for those more rarely is enough.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def lessen() -> None:
    """Put them in place, for this process."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _drop_debugging()
    _take_names_at_once()
    _leave_plain_arguments()
    _parse_once_for_all_outputs()


def _drop_debugging() -> None:
    """Drop what dbt says for debugging, before it is put in words.

    It says some fifteen thousand things while it runs a few hundred nodes, nearly all of them for
    debugging, and made each a message of protocol buffers before it looked whether anyone listens.
    """
    event: Any = BaseEvent
    made = event.__init__

    def keep(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__["said"] = args, kwargs

    def message(self: Any) -> Any:
        if "message" not in self.__dict__:
            args, kwargs = self.__dict__["said"]
            made(self, *args, **kwargs)
        return self.__dict__["message"]

    def set_message(self: Any, value: Any) -> None:
        self.__dict__["message"] = value

    event.__init__ = keep
    event.pb_msg = property(message, set_message)
    ctx_set_event_manager(_Undebugged())


class _Undebugged(EventManager):
    """Passes on what is not for debugging."""

    def fire_event(
        self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST):
            super().fire_event(e, level, *args, **kwargs)


def _take_names_at_once() -> None:
    """Give a node all macros by whole dictionaries.

    dbt makes anew what Jinja can call of every macro for every node, twice or thrice, and looks
    each of its eight hundred names up in up to five places: a third of the time of a node.
    """
    context: Any = ManifestContext
    context._build_namespace = _namespace


def _namespace(self: Any) -> MacroNamespace:
    """The macros by name, as dbt's MacroNamespaceBuilder ranks them: what is first is found first.

    Those of the node's package, of the project, the packages, and dbt's own and the adapter's.
    """
    packages: dict[str, dict[str, MacroGenerator]] = {
        package: {name: _callable(macro, self) for name, macro in macros.items()}
        for package, macros in self.manifest.get_macros_by_package().items()
    }
    internal: dict[str, MacroGenerator] = {}
    for package in reversed(get_adapter_package_names(self.config.credentials.type)):
        internal.update(packages.pop(package, {}))
    own = packages.get(self.search_package, {})
    project = packages.get(self.config.project_name, {})
    return _Namespace({} if project is own else project, own, internal, packages)


def _callable(macro: Any, context: Any) -> MacroGenerator:
    """A MacroGenerator of these three, without its three constructors."""
    made = MacroGenerator.__new__(MacroGenerator)
    made.__dict__.update(macro=macro, context=context._ctx, node=None, stack=context.macro_stack)
    return made


class _Namespace(MacroNamespace):
    """The same names, looked up in one dictionary."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._all: dict[str, Any] = {}
        for names in reversed(list(self._search_order())):
            self._all.update(names)

    def __getitem__(self, key: str) -> Any:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def _leave_plain_arguments() -> None:
    """Leave the arguments of data tests that hold no Jinja as they are.

    dbt compiles each text among them as a template, two milliseconds a text, to get what it was.
    """
    jinja._render_cache = _AsTheyAre()


class _AsTheyAre(dict[str, Any]):
    """What texts without Jinja become in a template: themselves, without a last line break."""

    def __contains__(self, text: object) -> bool:
        return True

    def __missing__(self, text: str) -> str:
        return text.removesuffix("\n")


def _parse_once_for_all_outputs() -> None:
    """Have dbt take what it parsed for one warehouse for another, too.

    It parses the project anew where any part of the connection differs from last time, which a
    model could ask for in its Jinja. None asks for the warehouse's path.
    """
    credentials: Any = DuckDBCredentials  # patched, which its types do not provide for
    all_keys = credentials._connection_keys
    credentials._connection_keys = lambda self: tuple(k for k in all_keys(self) if k != "path")
