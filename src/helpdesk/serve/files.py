"""Serves the files of a folder, which a build may replace at any time."""

import asyncio
import json
import mimetypes
import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from helpdesk.core.languages import ENGLISH
from helpdesk.dashboards.pages import MENU, MISSING
from helpdesk.serve.encoding import LEAST_BYTES, SUFFIXES, Memory, accepted, compress
from helpdesk.serve.guard import Receive, Scope, Send

MIME = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
# Types that gain from compression; others are compressed already.
COMPRESSIBLE = re.compile(r"text/.*|.*[/+](json|javascript|wasm|xml|arrow\.stream)|image/svg\+xml")
NOT_FOUND = """<!doctype html><html lang="{code}"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<body style="font-family: sans-serif; margin: 4rem auto; max-width: 30rem; padding: 0 1rem">
<main><h1>{title}</h1><p><a href="/">{link}</a></p></main>"""
# The names of these files contain a hash of their content.
IMMUTABLE = "/_app/immutable/"
FOREVER = "public, max-age=31536000, immutable"
CHUNK = 256 * 1024
MOST_COMPRESSED = 64_000_000
MEMORY_BYTES = 96_000_000
# While a build renames the folder, it is missing for a moment.
PATIENCE_SECONDS = 2.0
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass
class Opened:
    """An open file: its content stays complete even if a build replaces or deletes it."""

    handle: int
    status: os.stat_result
    kind: str
    encoding: str = ""

    @property
    def size(self) -> int:
        return self.status.st_size

    @property
    def tag(self) -> str:
        return f"{self.status.st_mtime_ns:x}-{self.size:x}-{self.status.st_ino:x}"

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self.handle, length, start)

    def close(self) -> None:
        os.close(self.handle)


class Files:
    """Serves files of a folder: no listings, no dot files, nothing outside the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.compressed = Memory(MEMORY_BYTES)

    async def answer(self, request: Request, path: str = "") -> Response:
        """The file of a path, by default that of the request, or status 404."""
        path = path or request.url.path
        encodings = accepted(request.headers.get("accept-encoding", ""))
        if "range" in request.headers:
            # A range refers to the bytes of the file itself.
            encodings = []
        waited = 0.0
        while True:
            found = await run_in_threadpool(self._find, path, encodings)
            if found is not None or self.root.is_dir() or waited > PATIENCE_SECONDS:
                break
            await asyncio.sleep(0.02)
            waited += 0.02
        if found is None:
            text = await run_in_threadpool(self._not_found)
            return Response(text, 404, {"Cache-Control": "no-cache"}, "text/html; charset=utf-8")
        if isinstance(found, str):
            query = f"?{request.url.query}" if request.url.query else ""
            headers = {"Location": quote(found) + query, "Cache-Control": "no-cache"}
            return Response(b"", 301, headers)
        try:
            response = await self._answer(request, path, found, encodings)
        except BaseException:
            found.close()
            raise
        if not isinstance(response, FileResponse):
            found.close()
        return response

    def _not_found(self) -> str:
        """The page of a missing file, in the language that the pages have by default."""
        languages: dict[str, Any] = {}
        with suppress(OSError, ValueError, KeyError):
            languages = json.loads((self.root / MENU).read_text(encoding="utf-8"))["languages"]
        code = languages.get("usual", ENGLISH)
        texts = languages.get("texts", {}).get(code, {})
        title, link = (escape(texts.get(one, one)) for one in MISSING)
        return NOT_FOUND.format(code=escape(code), title=title, link=link)

    def _find(self, path: str, encodings: Iterable[str]) -> Opened | str | None:
        """The file of a path, the address of a folder that lacks its slash, or None."""
        # Evidence requests /api//page/...: repeated slashes count as one.
        parts = [one for one in path.split("/")[:-1] if one] + path.split("/")[-1:]
        if any(one.startswith(".") for one in parts):
            return None
        target = self.root.joinpath(*parts)
        try:
            if target.is_dir():
                target /= "index.html"
                if parts[-1]:
                    # Never //host/, which would be another site.
                    return f"/{'/'.join(parts)}/" if target.is_file() else None
            elif not parts[-1]:
                return None
            return self._open(target, encodings)
        except (OSError, ValueError):
            return None

    def _open(self, target: Path, encodings: Iterable[str]) -> Opened | None:
        if not target.resolve().is_relative_to(self.root.resolve()):
            return None
        kind = MIME.get(target.suffix.lower()) or mimetypes.guess_type(target.name)[0]
        kind = kind or "application/octet-stream"
        plain = _opened(target, kind)
        if plain is None or not COMPRESSIBLE.fullmatch(kind):
            return plain
        for encoding in encodings:
            compressed = target.with_name(target.name + SUFFIXES[encoding])
            with suppress(OSError):
                found = _opened(compressed, kind, encoding)
                if found and found.status.st_mtime_ns >= plain.status.st_mtime_ns:
                    plain.close()
                    return found
                if found:
                    found.close()
        return plain

    async def _answer(
        self, request: Request, path: str, file: Opened, encodings: list[str]
    ) -> Response:
        encoding, body = file.encoding, None
        is_large = file.size > MOST_COMPRESSED
        can_be = COMPRESSIBLE.fullmatch(file.kind) and file.size >= LEAST_BYTES and not is_large
        if encodings and can_be and not encoding:
            encoding = encodings[0]
        tag = f'"{file.tag}{f"-{encoding}" if encoding else ""}"'
        headers = {
            "Content-Type": _content_type(file.kind),
            "Cache-Control": FOREVER if path.startswith(IMMUTABLE) else "no-cache",
            "ETag": tag,
            "Last-Modified": formatdate(file.status.st_mtime, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        if COMPRESSIBLE.fullmatch(file.kind):
            headers["Vary"] = "Accept-Encoding"
        if is_unchanged(request.headers, tag, file.status.st_mtime):
            del headers["Content-Type"]
            return Response(None, 304, headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        if encoding and not file.encoding:
            body = await run_in_threadpool(
                self.compressed.made, tag, lambda: compress(file.read(0, file.size), encoding)
            )
            return Response(b"" if request.method == "HEAD" else body, 200, {
                **headers, "Content-Length": str(len(body))})  # fmt: skip
        start, end, status = _range(request.headers, file, tag)
        if status == 416:
            return Response(None, 416, {**headers, "Content-Range": f"bytes */{file.size}"})
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        return FileResponse(file, start, end, status, headers)


class FileResponse(Response):
    """An open file or a range of it, as fast as the client receives it."""

    def __init__(
        self, file: Opened, start: int, end: int, status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(None, status, {**headers, "Content-Length": str(end - start)})
        self.file = file
        self.start = start
        self.end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code,
                        "headers": self.raw_headers})  # fmt: skip
            position = self.start if scope["method"] != "HEAD" else self.end
            while True:
                length = min(CHUNK, self.end - position)
                body = await run_in_threadpool(self.file.read, position, length) if length else b""
                position += len(body)
                # A file that was truncated ends early; the client sees that by the Content-Length.
                has_more = bool(body) and position < self.end
                await send({"type": "http.response.body", "body": body, "more_body": has_more})
                if not has_more:
                    return
        finally:
            self.file.close()


def is_unchanged(headers: Mapping[str, str], tag: str, modified: float | None = None) -> bool:
    """Whether the client already has the current version."""
    if "if-none-match" in headers:
        known = [one.strip().removeprefix("W/") for one in headers["if-none-match"].split(",")]
        return tag in known or "*" in known
    if modified is not None and "if-modified-since" in headers:
        with suppress(ValueError, TypeError, OverflowError):
            since = parsedate_to_datetime(headers["if-modified-since"])
            return int(modified) <= since.timestamp()
    return False


def _opened(path: Path, kind: str, encoding: str = "") -> Opened | None:
    # Without O_NONBLOCK a named pipe would wait for a writer.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        return None
    return Opened(handle, status, kind, encoding)


def _content_type(kind: str) -> str:
    is_text = kind.startswith("text/") or kind.endswith("json")
    return f"{kind}; charset=utf-8" if is_text else kind


def _range(headers: Mapping[str, str], file: Opened, tag: str) -> tuple[int, int, int]:
    """Start and end of an answer, and its status."""
    whole = 0, file.size, 200
    match = RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if not match or not (match[1] or match[2]):
        return whole
    condition = headers.get("if-range", tag)
    if condition not in (tag, formatdate(file.status.st_mtime, usegmt=True)):
        return whole
    if not match[1]:
        start, end = max(0, file.size - int(match[2])), file.size
        is_empty = match[2].strip("0") == ""
    else:
        start = int(match[1])
        end = min(file.size, int(match[2]) + 1) if match[2] else file.size
        if match[2] and int(match[2]) < start:
            return whole
        is_empty = start >= file.size
    return (0, 0, 416) if is_empty else (start, end, 206)
