"""`helpdesk status`: the build that is served, and the copies of it that are of another build."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from helpdesk.cli.status import age
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.publications import publications, record_publication, without_password
from tests.conftest import published, run_helpdesk
from tests.small_desk import AS_OF

ADDRESS = "postgresql://loader:hush-4711@db.example.org:5433/analytics"
LATER = "20991231T000000.000000Z"
NOW = datetime(2024, 2, 1, tzinfo=UTC)


@pytest.fixture
def built(output: Path, tmp_path: Path) -> Path:
    """The shared output, without the copies that other tests have made of it."""
    copies = shutil.ignore_patterns("site", "parquet*", "publications.json")
    return Path(shutil.copytree(output, tmp_path / "output", symlinks=True, ignore=copies))


def build_id(built: Path) -> str:
    return (built / "current").resolve().name


def status(built: Path) -> tuple[int, dict[str, str]]:
    """The exit code, and the lines by their name."""
    done = run_helpdesk("status", "--output", built, check=False)
    assert not done.stderr
    return done.returncode, dict(line.split(maxsplit=1) for line in done.stdout.splitlines())


def write_site(built: Path, **current: str) -> None:
    data = built / "site" / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "current.json").write_text(json.dumps({"folder": "one", **current}))


def test_the_served_build_is_shown_with_its_clock_tickets_and_sizes(built: Path) -> None:
    before = sorted(path.relative_to(built) for path in built.rglob("*"))
    code, lines = status(built)
    with published(built) as connection:
        ((tickets,),) = connection.execute("select count(*) from marts.fct_tickets").fetchall()
    assert code == 0
    assert lines["build"] == f"{build_id(built)}, {tickets} tickets"
    assert lines["version"] == f"built by helpdesk {version('helpdesk-warehouse')}"
    assert lines["as_of"].startswith(AS_OF)
    assert build_id(built) in lines["kept"]
    assert {"builds", "working files", "pages"} <= {
        part.rsplit(" ", 2)[0] for part in lines["disk"].split(", ")
    }
    assert sorted(path.relative_to(built) for path in built.rglob("*")) == before


def test_pages_of_the_same_build_are_reported(built: Path) -> None:
    write_site(built, build=build_id(built))
    assert status(built)[0] == 0
    assert status(built)[1]["pages"] == "the same build"


@pytest.mark.parametrize(
    ("current", "said"), [({"build": LATER}, f"build {LATER}"), ({}, "an unknown build")]
)
def test_pages_of_another_build_end_with_code_1(
    built: Path, current: dict[str, str], said: str
) -> None:
    write_site(built, **current)
    code, lines = status(built)
    assert code == 1
    assert lines["pages"] == (
        f"{said}; bring it up to date: helpdesk dashboards --output {built.resolve()}"
    )


def test_parquet_files_follow_an_export(built: Path) -> None:
    run_helpdesk("export", "--output", built)
    assert status(built)[1]["parquet"] == "the same build"
    catalogue = built / "parquet" / "catalogue.json"
    catalogue.write_text(json.dumps({**json.loads(catalogue.read_text()), "build_id": LATER}))
    assert status(built)[0] == 1


def test_a_database_of_another_build_is_named_with_the_command_and_without_a_password(
    built: Path,
) -> None:
    paths = OutputPaths(built)
    record_publication(paths, LATER, ADDRESS, "DESK_DATABASE", ["bi_reader"])
    code, lines = status(built)
    assert code == 1
    assert lines["postgres"].startswith(
        f"postgresql://loader@db.example.org:5433/analytics: build {LATER}, published "
    )
    assert lines["postgres"].endswith(
        f"helpdesk publish --output {built.resolve()} --to-env DESK_DATABASE --grant-read bi_reader"
    )
    assert "hush" not in paths.publications.read_text()
    assert paths.publications.parent.stat().st_mode & 0o077 == 0
    # Published again, it has one record; another database has its own.
    record_publication(paths, build_id(built), ADDRESS, "DESK_DATABASE", [])
    record_publication(paths, build_id(built), "postgresql:///other", "", [])
    assert [one.build_id for one in publications(paths)] == [build_id(built)] * 2
    assert status(built)[0] == 0


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADDRESS, "postgresql://loader@db.example.org:5433/analytics"),
        ("postgres://db/a?password=hush&user=me", "postgresql://me@db/a"),
        ("postgresql://me:a%40b@[::1]/a%20b", "postgresql://me@[::1]/a%20b"),
        ("postgresql:///a?host=/run/pg", "postgresql://%2Frun%2Fpg/a"),
        ("postgresql://me:hush/word@[/desk", "postgresql://"),
    ],
)
def test_an_address_is_kept_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_a_record_that_cannot_be_read_is_none(built: Path) -> None:
    OutputPaths(built).publications.write_text("[{")
    assert status(built)[0] == 0


def test_a_folder_without_builds_is_named(tmp_path: Path) -> None:
    done = run_helpdesk("status", "--output", tmp_path / "none", check=False)
    assert done.returncode == 2
    assert "nothing is published here" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "in the future"),
        (59, "59 seconds ago"),
        (7_199, "119 minutes ago"),
        (7_200, "2 hours ago"),
        (400_000, "4 days ago"),
    ],
)
def test_an_age_is_said_in_one_unit(seconds: int, said: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == said
