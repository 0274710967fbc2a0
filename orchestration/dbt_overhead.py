"""Parts of dbt put in simpler form: what they give is the same, and a command takes half the time.

A build of a small desk is a few hundred nodes of a few milliseconds of SQL each, and dbt's own work
around them was two thirds of it. Each function here replaces one part of dbt 1.11, says what that
cost, and is needed for nothing but time.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import jinja2.runtime
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.factory import get_adapter_package_names
from dbt.clients import jinja
from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import MacroNamespace
from dbt.context.manifest import ManifestContext
from dbt.graph.selector_methods import QualifiedNameSelectorMethod
from dbt.include.global_project import PROJECT_NAME as GLOBAL_PROJECT_NAME
from dbt.parser import manifest
from dbt.task import runnable
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzTemplate
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

# dbt makes objects by the million, few of them in cycles: looking for those more rarely is enough.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000
# Commands that write the manifest once more when they have run, with what they compiled.
_RUNNING = ("build", "compile", "run", "test")


def lessen(command: str) -> None:
    """Put them in place, for this process and the dbt command that it runs."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _drop_debugging()
    _take_names_at_once()
    _compile_once()
    _leave_plain_arguments()
    _look_into_the_context()
    _make_tables_cheaply()
    _look_names_up()
    _parse_once_for_all_outputs()
    if command in _RUNNING:
        _write_manifest_at_the_end()


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
    """Give every node the same macros, which find the node that calls them.

    dbt makes anew what Jinja can call of every macro for every node, twice or thrice, and looks
    each of its eight hundred names up in up to five places: a third of the time of a node.
    """
    context: Any = ManifestContext

    def namespace(self: Any) -> _Namespace:
        known: dict[str, _Namespace] = self.manifest.__dict__.setdefault("namespaces", {})
        if self.search_package not in known:
            known[self.search_package] = _namespace(self)
        return known[self.search_package]

    context._build_namespace = namespace


def _namespace(self: Any) -> "_Namespace":
    """The macros by name, as dbt's MacroNamespaceBuilder ranks them: what comes last is found.

    dbt's own and the adapter's, the packages, those of the project, of the node's package.
    """
    packages = {
        package: {name: _Macro(macro) for name, macro in macros.items()}
        for package, macros in self.manifest.get_macros_by_package().items()
    }
    internal: dict[str, Any] = {}
    for package in reversed(get_adapter_package_names(self.config.credentials.type)):
        internal.update(packages.pop(package, {}))
    found = _Namespace(internal | {GLOBAL_PROJECT_NAME: internal} | packages)
    found.update(packages.get(self.config.project_name, {}))
    found.update(packages.get(self.search_package, {}))
    found.packages, found.global_project_namespace = packages, internal
    return found


class _Macro:
    """A macro as Jinja calls it, in the context of the node whose template calls it."""

    def __init__(self, macro: Any) -> None:
        self.macro = macro

    @jinja2.pass_context
    def __call__(self, caller: Any, /, *args: Any, **kwargs: Any) -> Any:
        node = caller.resolve("context")
        stack = node["context_macro_stack"]
        return MacroGenerator(self.macro, node, None, stack)(*args, **kwargs)


class _Namespace(dict[str, Any]):
    """What MacroNamespace is, as one dictionary."""

    packages: dict[str, dict[str, Any]]
    global_project_namespace: dict[str, Any]
    get_from_package = MacroNamespace.get_from_package


def _compile_once() -> None:
    """Compile each text of Jinja once.

    Those of data tests are few, but each was compiled for every test, and so were all their
    arguments: a seventh of the time.
    """
    environment: Any = jinja2.Environment
    compiled = environment.compile
    known: dict[tuple[type, str], Any] = {}

    def compile_once(self: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or not isinstance(source, str):
            return compiled(self, source, *args, **kwargs)
        key = type(self), source
        if key not in known:
            known[key] = compiled(self, source)
        return known[key]

    environment.compile = compile_once


def _leave_plain_arguments() -> None:
    """Leave the arguments of data tests that hold no Jinja as they are, as a template would."""
    jinja._render_cache = _AsTheyAre()


class _AsTheyAre(dict[str, Any]):
    """What texts without Jinja become in a template: themselves, without a last line break."""

    def __contains__(self, text: object) -> bool:
        return True

    def __missing__(self, text: str) -> str:
        return text.removesuffix("\n")


def _look_into_the_context() -> None:
    """Have a template look its names up in the dictionary that it was given.

    dbt lays that over itself and over what Jinja brings, and asks them in Python for every name.
    """
    template: Any = MacroFuzzTemplate

    def new_context(self: Any, vars: Any = None, shared: Any = False, locals: Any = None) -> Any:
        return _Context(self.environment, {} if vars is None else vars, self.name, self.blocks)

    template.new_context = new_context


class _Context(jinja2.runtime.Context):
    """Names of what was given, then of what Jinja brings."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        if found is jinja2.runtime.missing:
            return self.environment.globals.get(key, found)
        return found


def _make_tables_cheaply() -> None:
    """Keep what guesses the types of a result's columns, which looks up the names of days anew.

    And the empty table, which most statements give: it cannot be changed.
    """
    made: Any = cache(agate_helper.build_type_tester)

    def made_once(text_columns: Any, string_null_values: Any = ("null", "")) -> Any:
        return made(tuple(text_columns), string_null_values)

    agate_helper.build_type_tester = made_once
    agate_helper.empty_table = cache(agate_helper.empty_table)


def _look_names_up() -> None:
    """Look a node's name up.

    dbt holds each of the hundreds of names that a refresh leaves out against every node, three
    times: as long as it takes to run a hundred nodes.
    """
    method: Any = QualifiedNameSelectorMethod
    searched = method.search

    def search(self: Any, included_nodes: Any, selector: str) -> Iterator[Any]:
        # Anything else has parts, or a pattern.
        if not selector.isidentifier():
            yield from searched(self, included_nodes, selector)
            return
        if not hasattr(self.manifest, "by_name"):
            self.manifest.by_name = _by_name(self.non_source_nodes(_Everything()))
        yield from (found for found in self.manifest.by_name[selector] if found in included_nodes)

    method.search = search


def _by_name(nodes: Iterator[tuple[Any, Any]]) -> dict[str, list[Any]]:
    """Nodes by the names that select them: their own, their package's, their first folder's."""
    found = defaultdict(list)
    for unique_id, node in nodes:
        own = [node.fqn[-2], "_".join(node.fqn[-2:])] if node.is_versioned else [node.fqn[-1]]
        for name in {*own, *(part.split(".")[0] for part in node.fqn[:2])}:
            found[name].append(unique_id)
    return found


class _Everything:
    def __contains__(self, unique_id: object) -> bool:
        return True


def _parse_once_for_all_outputs() -> None:
    """Have dbt take what it parsed for one warehouse for another, too.

    It parses the project anew where any part of the connection differs from last time, which a
    model could ask for in its Jinja. None asks for the warehouse's path.
    """
    credentials: Any = DuckDBCredentials  # patched, which its types do not provide for
    all_keys = credentials._connection_keys
    credentials._connection_keys = lambda self: tuple(k for k in all_keys(self) if k != "path")


def _write_manifest_at_the_end() -> None:
    """Write the manifest once, and not before the nodes are run as well."""
    running: Any = runnable
    loading: Any = manifest
    running.write_manifest = loading.write_manifest
    loading.write_manifest = lambda *args, **kwargs: None
