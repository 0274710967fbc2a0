"""What is kept of the builds, and what may go."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.paths import OutputPaths
from orchestration.publish import KEPT_BUILDS, published_builds


@dataclass(frozen=True)
class Vacuumed:
    """What a vacuum deleted, as paths below the output folder, and the bytes that it freed."""

    deleted: tuple[str, ...]
    freed_bytes: int

    def __str__(self) -> str:
        if not self.deleted:
            return "nothing to delete"
        return f"deleted {', '.join(self.deleted)}; {self.freed_bytes / 1e6:.1f} MB are free again"


def vacuum(paths: OutputPaths, keep: int = KEPT_BUILDS) -> Vacuumed:
    """Delete all but the last `keep` builds, and what builds and checks that died left behind.

    The published build stays, however old a rollback made it. Hold the output folder's lock.
    """
    deleted = []
    freed = 0
    for folder in _superfluous(paths, keep):
        # Looked at just before it goes: a file that two deleted builds share is freed once.
        freed += _bytes_of_its_own(folder)
        shutil.rmtree(folder)
        deleted.append(folder.relative_to(paths.root).as_posix())
    return Vacuumed(tuple(deleted), freed)


def _superfluous(paths: OutputPaths, keep: int) -> Iterator[Path]:
    current = paths.current.resolve()
    yield from sorted(paths.builds.glob("*.partial"))
    yield from (build for build in published_builds(paths)[:-keep] if build.resolve() != current)
    if paths.check.exists():
        yield paths.check


def _bytes_of_its_own(folder: Path) -> int:
    """What deleting a folder frees: a file with another name elsewhere stays on the disk."""
    stats = [path.lstat() for path in folder.rglob("*") if path.is_file()]
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
