"""How an answer is written to whoever asked."""

from __future__ import annotations

from gunicorn.http import wsgi


class Answer(wsgi.Response):  # type: ignore[misc]
    """gunicorn's, but it does not say which software gave it, and its head goes by the same call as what follows."""

    headers_sent: bool
    _head = b""

    def default_headers(self) -> list[str]:
        """gunicorn's, but for `Server`."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]

    def send_headers(self) -> None:
        """Kept until there is something to send them with."""
        if not self.headers_sent:
            lines = (*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n")
            self._head = "".join(lines).encode("latin-1")
            self.headers_sent = True

    def close(self) -> None:
        """There was nothing that they could go with, or all has been said."""
        self.send_headers()
        self._send_head()
        super().close()

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self._send_head()
            super()._emit_body(data)
        else:
            self.sock.sendall(self._head + data)
            self._head = b""

    def _send_head(self) -> None:
        if self._head:
            self.sock.sendall(self._head)
            self._head = b""
