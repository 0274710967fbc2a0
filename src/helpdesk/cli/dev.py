"""`helpdesk dev`: one model of one's own, built and tested in seconds, and not published."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from helpdesk.core.console import console, failures_explained, visible
from helpdesk.core.errors import ConfigError
from helpdesk.explain.words import counted

if TYPE_CHECKING:
    from helpdesk.pipeline.single_model import BuiltModel

# With more columns a row is shown from top to bottom.
WIDE = 8


def dev(
    model: Annotated[str, typer.Argument(help="Name of the model, such as fct_ticket_handovers.")],
    output: Annotated[Path, typer.Option(help="Folder in which `helpdesk build` has built.")],
    rows: Annotated[int, typer.Option(min=0, help="The first rows to show.")] = 10,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of settings. Default: those of the last build.")
    ] = None,
) -> None:
    """Build and test one model on a copy of the last build, and show its first rows.

    Its properties are checked first. Nothing is published, and the files of OUTPUT stay as they
    are. The models that it reads come from the last build: after a change there, run
    `helpdesk build`.

    helpdesk dev fct_ticket_handovers --output warehouse
    """
    with failures_explained():
        from helpdesk.core.build import folder_lock
        from helpdesk.core.paths import OutputPaths
        from helpdesk.core.progress import Progress
        from helpdesk.pipeline.single_model import build_model

        paths = OutputPaths(output.resolve())
        if not paths.work.exists():
            raise ConfigError(f"{output}: nothing is built here; run `helpdesk build` first.")
        with folder_lock(paths), Progress(console) as progress:
            built = build_model(paths, model, config, rows, progress.report)
        _show(model, built)


def _show(model: str, built: "BuiltModel") -> None:
    if built.rows:
        console.print(_table(built))
    rows, tests = counted(built.row_count, "row"), counted(built.tests, "test")
    console.print(f"{model}: {rows}, {tests} passed; not published")
    if built.is_partial:
        console.print(
            "Modelled ticket by ticket: these are rows of the tickets that changed in the last "
            "build; after `helpdesk build --full-refresh`, of all.",
            soft_wrap=True,
        )


def _table(built: "BuiltModel") -> Table:
    texts = [["null" if cell is None else str(cell) for cell in row] for row in built.rows]
    lines = [list(built.columns), *texts]
    if len(built.columns) > WIDE:
        lines = [list(line) for line in zip(*lines, strict=True)]
    table = Table(show_header=len(built.columns) <= WIDE)
    for heading in lines[0]:
        table.add_column(visible(heading) if table.show_header else "", overflow="fold")
    for line in lines[1:] if table.show_header else lines:
        table.add_row(*map(visible, line))
    return table
