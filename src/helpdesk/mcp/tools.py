"""The tools of the server, and the answer to a call."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp import types

from helpdesk.core.errors import HelpdeskError
from helpdesk.mcp import arguments
from helpdesk.mcp.arguments import Arguments
from helpdesk.mcp.catalogue import (
    describe_dimension,
    describe_metric,
    list_metrics,
    list_reports,
)
from helpdesk.mcp.figures import explain_ticket, list_tickets, query
from helpdesk.mcp.opened import Answering, Opened, Row
from helpdesk.mcp.state import data_quality, insights
from helpdesk.reports.answers import json_bytes
from helpdesk.reports.checks import nearest
from helpdesk.reports.errors import ReportError
from helpdesk.serve.guard import Refusal

logger = logging.getLogger("helpdesk.mcp")
READ_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


@dataclass(frozen=True)
class Tool:
    """A tool: its name is that of the function that answers."""

    answer: Callable[[Opened, Any], Row]
    arguments: type[Arguments]
    title: str
    description: str

    @property
    def name(self) -> str:
        return self.answer.__name__

    @property
    def listed(self) -> types.Tool:
        schema = self.arguments.model_json_schema(by_alias=True)
        schema.pop("description", None)
        return types.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=schema,
            annotations=READ_ONLY,
        )


TOOLS = {
    one.name: one
    for one in (
        Tool(
            list_metrics, arguments.ListMetrics, "List metrics and dimensions",
            "List what can be asked: the sources, each with its measures and fields. With search, "
            "the measures and fields whose names or definitions have these words. Start here.",
        ),
        Tool(
            describe_metric, arguments.DescribeMetric, "Describe a metric",
            "The definition of a measure, its unit, date, numerator and denominator, its median "
            "and percentile, and the fields to break it down by.",
        ),
        Tool(
            describe_dimension, arguments.DescribeDimension, "Describe a dimension",
            "The definition of a field, and its values with their names and numbers of rows. Use "
            "it before a filter whose values are unknown.",
        ),
        Tool(
            list_reports, arguments.Nothing, "List reports",
            "The prebuilt and saved reports, each with its question, definition, measures and "
            "dimensions.",
        ),
        Tool(
            query, arguments.Query, "Query figures",
            "Figures of a report, or of measures of a source, by up to four fields and the date, "
            "within a period and filters. Averages come with median, 90th percentile and n. "
            'Example: {"source": "tickets", "measures": ["average_first_response"], "by": '
            '["owner"], "filters": [{"field": "priority", "is": ["high"]}], "since": "2026-06-01", '
            '"sort": "-average_first_response"}.',
        ),
        Tool(
            list_tickets, arguments.ListTickets, "List the tickets behind a figure",
            "The tickets that a figure counts, the worst first. Take the arguments of the query, "
            "without by and grain: for a row of it add its key as a filter, for a date its days as "
            "since and until.",
        ),
        Tool(
            explain_ticket, arguments.ExplainTicket, "Explain a ticket",
            "One ticket: every event, how each SLA clock ran, and where its figures come from. "
            "Texts of messages are not part of it.",
        ),
        Tool(
            insights, arguments.OfReport, "Read insights",
            "The sentences that need attention now, or those of a report: level and change, "
            "drivers, unusual days, current risks. Each has the figures that it is made of.",
        ),
        Tool(
            data_quality, arguments.Nothing, "Read data quality",
            "How far the figures can be trusted: failing checks with remedies, rejected rows, "
            "tables that are not in the data, and the time of the newest rows.",
        ),
    )
}  # fmt: skip


async def call(
    answering: Answering, name: str, given: Mapping[str, Any] | None
) -> types.CallToolResult:
    """The answer to a call; what was wrong with it is an answer, too."""
    try:
        content = await answering.warehouse.in_thread(lambda: _answer(answering, name, given or {}))
    except Refusal as refusal:
        return _failed(refusal.reason)
    except HelpdeskError as error:
        return _failed(str(error))
    except Exception as error:
        # One line: calls must not fill the log, and answers must not show internals.
        logger.error("%s failed: %s: %s", name[:60], type(error).__name__, error)
        return _failed("The server failed to answer; its log has the reason.")
    # Clients that do not read structured content read the same as text.
    text = types.TextContent(type="text", text=content.decode())
    return types.CallToolResult(content=[text], structured_content=json.loads(content))


def _answer(answering: Answering, name: str, given: Mapping[str, Any]) -> bytes:
    tool = TOOLS.get(name)
    if tool is None:
        raise ReportError(f"{name[:60]!r}: there is no such tool{nearest(name[:60], TOOLS)}")
    asked = arguments.read(tool.arguments, given)
    with answering.opened() as opened:
        return json_bytes(tool.answer(opened, asked))


def _failed(reason: str) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=reason)], is_error=True
    )
