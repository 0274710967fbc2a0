"""What a step did, as the metadata of its assets: rows and seconds, under one name everywhere."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

# Dagster's own name: its pages and charts know it.
ROWS = "dagster/row_count"
DBT_SECONDS = "Execution Duration"
Metadata = dict[str, dg.MetadataValue]


def measured(seconds: float, rows: int | None = None, **more: dg.MetadataValue) -> Metadata:
    """The metadata of an asset. Rows are left out where there are none to count, as of a view."""
    found: Metadata = {"seconds": dg.MetadataValue.float(seconds), **more}
    return found if rows is None else {ROWS: dg.MetadataValue.int(rows), **found}


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        return round(monotonic() - self._started, 3)


def with_seconds(events: Iterator[Any]) -> Iterator[Any]:
    """dbt's events as they come, the time that a model took under the name it has everywhere."""
    for event in events:
        if isinstance(event, dg.Output) and DBT_SECONDS in event.metadata:
            seconds = event.metadata[DBT_SECONDS].value
            more = {name: of for name, of in event.metadata.items() if name != DBT_SECONDS}
            event = event.with_metadata(more | measured(float(str(seconds))))
        yield event


def rows_of_models(
    manifest: Mapping[str, Any], rows: Mapping[tuple[str, str], int]
) -> Iterator[dg.AssetObservation]:
    """The rows of every model that is a table, once dbt has ended and its file can be opened.

    An observation, beside what is recorded of the model. dagster-dbt's own `fetch_row_counts` holds
    back every event until dbt has ended, and to write down hundreds then takes as long as dbt did.
    """
    translator = DagsterDbtTranslator()
    for node in manifest["nodes"].values():
        count = rows.get((node["schema"], node["alias"]))
        if node["resource_type"] == "model" and count is not None:
            key = translator.get_asset_key(node)
            yield dg.AssetObservation(key, metadata={ROWS: dg.MetadataValue.int(count)})
