"""Metadata of assets: rows and seconds of a step, under the same names everywhere."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from helpdesk.transform.nodes import manifest_of

# Dagster's own name, which its pages and charts show.
ROWS = "dagster/row_count"
DBT_SECONDS = "Execution Duration"
Metadata = dict[str, dg.MetadataValue]


def measured(seconds: float, rows: int | None = None, **more: dg.MetadataValue) -> Metadata:
    """The metadata of an asset; without rows where there are none to count, such as a view."""
    found: Metadata = {"seconds": dg.MetadataValue.float(seconds), **more}
    return found if rows is None else {ROWS: dg.MetadataValue.int(rows), **found}


class Stopwatch:
    """The seconds since it was created."""

    def __init__(self) -> None:
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        return round(monotonic() - self._started, 3)


def with_seconds(events: Iterator[Any]) -> Iterator[Any]:
    """dbt's events as they arrive, with a model's seconds under the common name."""
    for event in events:
        if isinstance(event, dg.Output) and DBT_SECONDS in event.metadata:
            seconds = event.metadata[DBT_SECONDS].value
            more = {name: of for name, of in event.metadata.items() if name != DBT_SECONDS}
            event = event.with_metadata(more | measured(float(str(seconds))))
        yield event


def rows_of_models(
    manifest: Mapping[str, Any], rows: Mapping[tuple[str, str], int]
) -> Iterator[dg.AssetObservation]:
    """The rows of every model that is a table, after dbt has ended and its file can be opened.

    They are observations. dagster-dbt's own `fetch_row_counts` delays every event until dbt has
    ended, and then recording hundreds of events takes as long as dbt did.
    """
    translator = DagsterDbtTranslator()
    for name, model in manifest_of(manifest).models.items():
        count = rows.get((model.schema, model.alias))
        if count is not None:
            key = translator.get_asset_key(manifest["nodes"][name])
            yield dg.AssetObservation(key, metadata={ROWS: dg.MetadataValue.int(count)})
