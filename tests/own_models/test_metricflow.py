"""The lines of docs/report-builder.md that ask MetricFlow, typed into a checkout that was never parsed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helpdesk.core.places import PROJECT_ROOT, SHIPPED
from tests.conftest import HELPDESK, published

PAGE = (PROJECT_ROOT / "docs" / "report-builder.md").read_text("utf-8")


@pytest.mark.long
def test_metricflow_answers_as_the_page_says(output: Path, tmp_path: Path) -> None:
    (lines,) = [
        text
        for text in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        if "mf query" in text
    ]
    left_out = shutil.ignore_patterns("target", "logs")
    shutil.copytree(SHIPPED, tmp_path / "dbt_project", ignore=left_out)
    found = tmp_path / "found.csv"
    done = subprocess.run(
        ["bash", "-euc", f"{lines}mf query --metrics ticket_count --csv {found}"],
        cwd=tmp_path,
        env=os.environ
        | {
            "PATH": f"{HELPDESK.parent}{os.pathsep}{os.environ['PATH']}",
            "HELPDESK_WAREHOUSE": str(output),
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The help desk of these tests has no response, so that the page's query finds none.
    assert "query completed" in done.stdout
    with published(output) as marts:
        tickets = marts.sql("select count(*) from marts.fct_tickets where not is_excluded")
        assert found.read_text().split()[1:] == [str(count) for (count,) in tickets.fetchall()]
