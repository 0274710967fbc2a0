"""docs/operations.md compared with the project."""

import re
from pathlib import Path

from helpdesk.alerts.channels import channels
from helpdesk.core import errors
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.core.settings import load_settings
from orchestration.definitions import defs

PAGE = (PROJECT_ROOT / "docs" / "operations.md").read_text()


def test_the_settings_of_the_page_are_read_with_every_channel(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "helpdesk.yml"
    file.write_text("".join(examples))
    settings = load_settings(file)
    services = {"HELPDESK_CHAT", "HELPDESK_PAGER"}
    assert set(channels(settings.alerts)) == {"webhook", "mail", "command"} | services
    assert settings.rewording is not None


def test_every_schedule_and_sensor_is_named_with_its_state() -> None:
    repository = defs.get_repository_def()
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (stopped|running) \|$", PAGE, re.MULTILINE))
    automations = [*repository.schedule_defs, *repository.sensor_defs]
    assert rows == {one.name: one.default_status.value.lower() for one in automations}


def test_every_exit_code_is_explained() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.HelpdeskError)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)} == codes | {0}
