"""The languages of the pages: English, and one for each catalogue of gettext, `<code>.po`."""

from pathlib import Path

from helpdesk.core.places import PACKAGE_ROOT, PROJECT_ROOT

# The language of the source: its texts are the keys of the catalogues.
ENGLISH = "en"
SHIPPED = PACKAGE_ROOT / "dashboards" / "languages"


def own_folder() -> Path:
    """The folder of a user's own catalogues; in a checkout, that of those that ship."""
    return PROJECT_ROOT / "dashboards" / "languages"


def catalogues() -> dict[str, Path]:
    """The catalogue of each language by its code: those that ship, and a user's own."""
    found = [path for folder in (SHIPPED, own_folder()) for path in folder.glob("*.po")]
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def languages() -> tuple[str, ...]:
    """The codes of all languages, English first."""
    return (ENGLISH, *(code for code in catalogues() if code != ENGLISH))
