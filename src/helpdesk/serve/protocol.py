"""Limits of connections: their number, the time to send a request and to receive an answer.

uvicorn ends a connection that is idle between two requests. It waits without limit for the rest of
a request that has begun, and for a client that does not receive its answer.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from helpdesk.serve.options import Options

TICK_SECONDS = 1
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 26\r\n"
    b"Retry-After: 5\r\nConnection: close\r\n\r\nToo many connections here\n"
)


class BoundedProtocol(H11Protocol):
    """One connection."""

    def __init__(self, options: Options, **given: Any) -> None:
        super().__init__(**given)
        self.options = options
        self._head_began: float | None = None
        self._answer_began: float | None = None
        self._unsent = 0
        self._unsent_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_began = self.loop.time()
        self._timer = self.loop.call_later(TICK_SECONDS, self._look)
        if len(self.connections) > self.options.connections:
            transport.write(BUSY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._waits_for_head():
            self._head_began = self._head_began or self.loop.time()
        else:
            self._head_began = None

    def send_400_response(self, msg: str) -> None:
        # In the middle of an answer no other answer can be sent.
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _waits_for_head(self) -> bool:
        is_between = self.cycle is None or self.cycle.response_complete
        return is_between and self.conn.their_state is h11.IDLE

    def _look(self) -> None:
        """Close the connection if the client is too slow; runs each second."""
        now, options = self.loop.time(), self.options
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent != self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        is_answering = bool(unsent) or not (self.cycle is None or self.cycle.response_complete)
        self._answer_began = (self._answer_began or now) if is_answering else None
        bounds = (
            (self._head_began, options.head_seconds),
            (self._unsent_since if unsent else None, options.stall_seconds),
            (self._answer_began, options.answer_seconds),
        )
        if any(began is not None and now - began > seconds for began, seconds in bounds):
            self.transport.abort()
            return
        self._timer = self.loop.call_later(TICK_SECONDS, self._look)
