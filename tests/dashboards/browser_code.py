"""Runs modules of the pages in Node, as the browser would."""

import json
import shutil
from pathlib import Path
from typing import Any

from helpdesk.dashboards.node import run_script
from helpdesk.dashboards.pages import TEMPLATES
from helpdesk.dashboards.site import WORKSPACE

SCRIPT = """
import {{ readFileSync }} from 'node:fs';
globalThis.document = {{ documentElement: {{ lang: {code} }} }};
const {{ useTexts }} = await import({language});
const used = await import({module});
const {{ texts, values }} = JSON.parse(readFileSync({asked}, 'utf-8'));
useTexts(texts);
console.log(JSON.stringify(values.map((value) => used.{function}(value))));
"""


def run_in_language(
    folder: Path,
    module: str,
    function: str,
    values: list[Any],
    code: str = "en",
    texts: dict[str, Any] | None = None,
) -> list[Any]:
    """The results of a function of a component's module for each value, in a language."""
    copied = folder / "code"
    copied.mkdir(exist_ok=True)
    for path in (TEMPLATES / "components").glob("*.js"):
        shutil.copyfile(path, copied / path.name)
    (copied / "package.json").write_text('{"type": "module"}')
    asked = folder / "asked.json"
    asked.write_text(json.dumps({"texts": texts or {}, "values": values}, default=str))
    script = SCRIPT.format(
        code=json.dumps(code),
        language=json.dumps((copied / "language.js").as_uri()),
        module=json.dumps((copied / module).as_uri()),
        asked=json.dumps(str(asked)),
        function=function,
    )
    results: list[Any] = json.loads(run_script(script, WORKSPACE))
    return results
