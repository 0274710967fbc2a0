"""The kept builds, and the deletion of old ones."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.core.paths import OutputPaths
from helpdesk.publish.published import KEPT_BUILDS, published_builds


@dataclass(frozen=True)
class Vacuumed:
    """The result of a vacuum: deleted paths below the output folder, and the bytes freed."""

    deleted: tuple[str, ...]
    freed_bytes: int

    def __str__(self) -> str:
        if not self.deleted:
            return "nothing to delete"
        return f"deleted {', '.join(self.deleted)}; freed {self.freed_bytes / 1e6:.1f} MB"


def vacuum(paths: OutputPaths, keep: int = KEPT_BUILDS) -> Vacuumed:
    """Delete all but the last `keep` builds, and leftovers of builds and checks that were killed.

    The published build stays, however old it is. The caller holds the output folder's lock.
    """
    deleted = []
    freed = 0
    for folder in _deletable(paths, keep):
        # Measured just before its deletion: a file that two deleted builds share is counted once.
        freed += _bytes_of_its_own(folder)
        shutil.rmtree(folder)
        deleted.append(folder.relative_to(paths.root).as_posix())
    return Vacuumed(tuple(deleted), freed)


def _deletable(paths: OutputPaths, keep: int) -> Iterator[Path]:
    current = paths.current.resolve()
    yield from sorted(paths.builds.glob("*.partial"))
    yield from (build for build in published_builds(paths)[:-keep] if build.resolve() != current)
    if paths.check.exists():
        yield paths.check


def _bytes_of_its_own(folder: Path) -> int:
    """The bytes that deleting a folder frees: a file with another hard link stays on the disk."""
    stats = [path.lstat() for path in folder.rglob("*") if path.is_file()]
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
