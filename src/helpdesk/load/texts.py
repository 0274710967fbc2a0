"""Detects encoding, delimiter and header of text tables, and converts spreadsheets to text.

DuckDB reads UTF-8 with a known delimiter. Other files are converted first.
"""

import codecs
import csv
import gzip
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import IO, TextIO, cast

from helpdesk.core.errors import LandingError

TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
PACKED = tuple(f"{suffix}.gz" for suffix in TEXT_SUFFIXES)
SUFFIXES = (*TEXT_SUFFIXES, *PACKED, ".parquet", ".xlsx")
DELIMITERS = (",", ";", "\t", "|")
WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
# The longest first: the mark of UTF-32 starts with that of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UTF8 = "utf-8"
BLOCK = 1024 * 1024
SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
# A spreadsheet keeps 15 digits of a number.
EXACT_IN_SPREADSHEET = 10**15
INSTALL_XLSX = "pip install 'helpdesk-warehouse[xlsx]'"


@dataclass(frozen=True)
class Header:
    """The header of a CSV file, and the file's delimiter."""

    names: list[str]
    delimiter: str
    lines_before: int
    lines: int = 1

    @property
    def is_cut(self) -> bool:
        """Whether the header is removed before DuckDB reads the file.

        Spreadsheets use different line ends within a name and between rows. DuckDB reads such a
        header as the whole file.
        """
        return self.lines > 1

    @property
    def lines_cut(self) -> int:
        """The number of lines that are removed before DuckDB reads the file."""
        return self.lines_before + (self.lines if self.is_cut else 0)


def suffix_of(path: Path) -> str:
    """The suffix of a supported file in lower case; empty for other files."""
    name = path.name.lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default="")


def local_copy(path: Path, folder: Path, file_encoding: str) -> Path:
    """The file under a plain name in `folder`, as UTF-8 if it is text. Raises LandingError.

    It is a link if the file is UTF-8 already. A plain name is needed because DuckDB reads `*`, `?`
    and `[` in a path as a pattern, and `name=value` as a column.
    """
    suffix = suffix_of(path)
    if suffix == ".xlsx":
        return _spreadsheet_as_csv(path, folder / "file.csv")
    if suffix != ".parquet":
        encoding = _encoding(path, file_encoding)
        if encoding != UTF8:
            return _as_utf8(path, encoding, folder / f"file{suffix.removesuffix('.gz')}")
    link = folder / f"file{suffix}"
    link.symlink_to(path.absolute())
    return link


@contextmanager
def opened_bytes(path: Path) -> Iterator[IO[bytes]]:
    """An open file, decompressed if its name ends in .gz."""
    with open(path, "rb") as file:
        if path.name.lower().endswith(".gz"):
            with gzip.open(file) as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            yield file


@contextmanager
def opened_text(path: Path, encoding: str = UTF8) -> Iterator[TextIO]:
    """An open text file. Bytes that cannot be decoded raise no error, as only their row is
    rejected."""
    with (
        opened_bytes(path) as file,
        TextIOWrapper(file, encoding, "surrogateescape", newline="") as text,
    ):
        yield text


def _encoding(path: Path, file_encoding: str) -> str:
    """The encoding: by the byte order mark, else UTF-8 if valid, else `file_encoding`."""
    with opened_bytes(path) as file:
        start = file.read(4096)
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if start.startswith(mark):
                # DuckDB skips the mark of UTF-8 in CSV, but not in JSON.
                is_read = encoding == "utf-8-sig" and ".json" not in suffix_of(path)
                return UTF8 if is_read else encoding
        if b"\0" in start and start.count(0) >= len(start) // 4:
            raise LandingError(
                f"{path}: many bytes are zero, so the file looks like UTF-16 without a byte order "
                "mark. Save it as UTF-8."
            )
        if codecs.lookup(file_encoding).name == UTF8:
            return UTF8
        decoder = codecs.getincrementaldecoder(UTF8)()
        block = start
        try:
            while block:
                decoder.decode(block)
                block = file.read(BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return file_encoding
    return UTF8


def _as_utf8(path: Path, encoding: str, target: Path) -> Path:
    with opened_bytes(path) as file, TextIOWrapper(file, encoding, newline="") as text:
        try:
            with open(target, "w", encoding=UTF8, newline="") as written:
                shutil.copyfileobj(text, written, BLOCK)
        except UnicodeError as error:
            raise LandingError(
                f"{path}: contains bytes that are not {encoding} ({error.__class__.__name__}). "
                "Save it as UTF-8, or name its encoding in the setting file_encoding."
            ) from None
    return target


def read_header(path: Path, original: Path, known: Collection[str]) -> Header:
    """The header of a CSV file in UTF-8. Raises LandingError, with the path `original`.

    The delimiter is the one that gives the most `known` columns.
    """
    with opened_text(path, "utf-8-sig") as text:
        first = text.readline(BLOCK)
        named = SEPARATOR_LINE.fullmatch(first)
        rest = text.readline(BLOCK) if named else first
        lines = 1
        # A quoted name may continue on the next line.
        while rest.count('"') % 2 and (more := text.readline(BLOCK)):
            rest += more
            lines += 1
    if any("\udc80" <= letter <= "\udcff" for letter in rest):
        raise LandingError(
            f"{original}: the file cannot be read: its header is not UTF-8. Save it as UTF-8, or "
            "name its encoding in the settings, as in `file_encoding: cp1252`."
        )
    candidates = (named[1],) if named else DELIMITERS
    # csv.reader gets lines, because a wrong delimiter can leave a quote open.
    split = {
        each: next(csv.reader(StringIO(rest, newline=""), delimiter=each), [])
        for each in candidates
    }

    def names_known(delimiter: str) -> int:
        return len({plain_name(name) for name in split[delimiter]} & {*known})

    best = max(
        candidates,
        key=lambda each: (
            names_known(each),
            each == "," and len(split[each]) > 1,
            len(split[each]),
        ),
    )
    return Header(split[best], best, 1 if named else 0, lines)


def without_lines(path: Path, count: int) -> Path:
    """A copy of the file without its first lines, in the same folder.

    DuckDB can skip lines, but then reads a file with mixed line ends as empty.
    """
    if not count:
        return path
    target = path.with_name("rest.csv")
    with opened_bytes(path) as file, open(target, "wb") as written:
        for _ in range(count):
            file.readline()
        shutil.copyfileobj(file, written, BLOCK)
    return target


def plain_name(name: str) -> str:
    """A column name in lower case and without blanks around it, as it is compared."""
    return name.strip().lower()


def line_of(path: Path, header: Header, position: int, pattern: re.Pattern[str]) -> int | None:
    """The line of the first record whose value at `position` matches the pattern."""
    with opened_text(path, "utf-8-sig") as text:
        for _ in range(header.lines_before):
            text.readline()
        records = csv.reader(text, delimiter=header.delimiter)
        next(records, None)
        before = records.line_num
        for record in records:
            if position < len(record) and pattern.fullmatch(record[position]):
                return header.lines_before + before + 1
            before = records.line_num
    return None


def _spreadsheet_as_csv(path: Path, target: Path) -> Path:
    """The sheet with the name of the file or its folder, or else the only one with rows, as CSV."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise LandingError(
            f"{path}: reading a spreadsheet needs another package; run `{INSTALL_XLSX}`, or save "
            "the sheet as CSV."
        ) from None
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
            filled = [name for name, sheet in sheets.items() if sheet.height]
            wanted = {path.stem.lower(), path.parent.name.lower()}
            chosen = [name for name in filled if name.lower() in wanted] or filled
            if len(chosen) > 1:
                raise LandingError(
                    f"{path}: {len(chosen)} sheets have rows ({', '.join(chosen)}). Rename the one "
                    f"to load to {path.stem}, or delete the others."
                )
            rows = sheets[chosen[0]].to_python(skip_empty_area=False) if chosen else []
    except CalamineError as error:
        raise LandingError(
            f"{path}: the file cannot be read as a spreadsheet ({error}). Save it again, without a "
            "password, or save the sheet as CSV."
        ) from None
    if not rows:
        raise LandingError(f"{path}: no sheet has rows. Save a sheet with a header.")
    with open(target, "w", encoding=UTF8, newline="") as written:
        cells = ([_cell(value) for value in row] for row in rows)
        csv.writer(written, lineterminator="\n").writerows(row for row in cells if any(row))
    return target


def _cell(value: object) -> str:
    """A cell as text. A time in a spreadsheet has no offset, and its zone is unknown."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and abs(value) >= EXACT_IN_SPREADSHEET:
        return f"{value:E}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value)
