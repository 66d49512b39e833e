"""smtplib's talks with a mail server, on connections that stop at the plugin's wall."""

from __future__ import annotations

import smtplib
import socket
import ssl

from ...core import Wall
from ...core.dial import dial


class Talk(smtplib.SMTP):
    """Begins without TLS."""

    def __init__(self, wall: Wall, host: str, port: int, ours: str, seconds: float) -> None:
        self._wall = wall
        super().__init__(host, port, local_hostname=ours, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return dial(host, port, self._wall, timeout)


class TlsTalk(smtplib.SMTP_SSL):
    """TLS from the first byte."""

    def __init__(self, wall: Wall, tls: ssl.SSLContext, host: str, port: int, ours: str, *, seconds: float) -> None:
        self._wall = wall
        super().__init__(host, port, local_hostname=ours, timeout=seconds, context=tls)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = dial(host, port, self._wall, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
