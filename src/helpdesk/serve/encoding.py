"""Compression that the client accepts, and a cache of compressed answers."""

import gzip
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import brotli

ENCODINGS = ("br", "gzip")
SUFFIXES = {"br": ".br", "gzip": ".gz"}
# Smaller bodies gain less than their headers cost.
LEAST_BYTES = 1024
# Larger bodies get a lower quality, which takes milliseconds in place of seconds.
LARGE_BYTES = 4_000_000
QUALITY = {"br": (6, 4), "gzip": (6, 4)}


def accepted(header: str) -> list[str]:
    """The encodings of ENCODINGS that a client accepts, the best first."""
    weights: dict[str, float] = {}
    for item in header.split(","):
        name, _, rest = item.partition(";")
        found = re.fullmatch(r"\s*q=(\d(?:\.\d{0,3})?)\s*", rest)
        weights[name.strip().lower()] = float(found[1]) if found else 1.0 if not rest else 0.0
    usable = [
        (weights.get(one, weights.get("*", 0.0)), one)
        for one in ENCODINGS
        if weights.get(one, weights.get("*", 0.0)) > 0
    ]
    return [one for _, one in sorted(usable, key=lambda pair: -pair[0])]


def compress(body: bytes, encoding: str) -> bytes:
    quality = QUALITY[encoding][len(body) > LARGE_BYTES]
    if encoding == "br":
        compressed: bytes = brotli.compress(body, quality=quality)
        return compressed
    return gzip.compress(body, compresslevel=quality, mtime=0)


class Memory:
    """A cache of bytes. The least recently used go first; simultaneous requests compute once."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._cached: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._making: dict[Hashable, Lock] = {}

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            if key in self._cached:
                self._cached.move_to_end(key)
            return self._cached.get(key)

    def put(self, key: Hashable, value: bytes) -> None:
        with self._lock:
            # A value as large as a quarter of the cache would replace too many others.
            if key in self._cached or len(value) > self.most_bytes // 4:
                return
            self._cached[key] = value
            self._bytes += len(value)
            while self._bytes > self.most_bytes:
                _, dropped = self._cached.popitem(last=False)
                self._bytes -= len(dropped)

    def made(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The value of a key, computed at the first request; runs in a thread."""
        found = self.get(key)
        if found is not None:
            return found
        with self._lock:
            lock = self._making.setdefault(key, Lock())
        try:
            with lock:
                found = self.get(key)
                if found is None:
                    found = make()
                    self.put(key, found)
                return found
        finally:
            with self._lock:
                self._making.pop(key, None)
