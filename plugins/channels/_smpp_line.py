"""One connection to a carrier: smpplib packs and unpacks, the waiting is ours."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from smpplib import consts, exceptions, smpp
from smpplib.client import Client

# What a goodbye is worth.
LEAVING = 1.0
Hear = Callable[[Any], None]


class Line(Client):  # type: ignore[misc]
    """Whoever uses it holds a lock: it is one conversation."""

    def __init__(
        self, plain: socket.socket, host: str, plain_networks: Sequence[str], ca_file: str, ends: float
    ) -> None:
        """On this connection, with TLS unless it leads through a tunnel. Raises OSError."""
        super().__init__(host, 0, allow_unknown_opt_params=True)
        try:
            plain.settimeout(_left(ends))
            peer = ip_address(plain.getpeername()[0].partition("%")[0])
            in_tunnel = any(peer in network for network in map(ip_network, plain_networks))
            tls = ssl.create_default_context(cafile=ca_file or None)
            # smpplib's own TLS looks at no name.
            self._socket = plain if in_tunnel else tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
        self.state = consts.SMPP_CLIENT_STATE_OPEN
        self._ends = ends

    def enter(self, system_id: str, password: str, system_type: str) -> None:
        """Raises PDUError when we are not let in."""
        self._socket.settimeout(_left(self._ends))
        self.bind_transceiver(system_id=system_id, password=password, system_type=system_type)

    def submit(self, said: dict[str, Any], ends: float, hear: Hear) -> Any:  # noqa: ANN401
        """Say it and wait for the carrier's answer to it, hearing whatever it says in between."""
        self._socket.settimeout(_left(ends))
        asked = self.send_message(**said)
        while True:
            self._socket.settimeout(_left(ends))
            pdu = self.read_pdu()
            if pdu.command == "submit_sm_resp" and pdu.sequence == asked.sequence:
                return pdu
            self._answer(pdu, hear)

    def listen(self, hear: Hear) -> None:
        """Hear what has come by now. Raises ConnectionError when the carrier hung up."""
        while self._has_something():
            self._socket.settimeout(LEAVING)
            self._answer(self.read_pdu(), hear)

    def leave(self) -> None:
        """Say goodbye and hang up."""
        with contextlib.suppress(OSError, exceptions.ConnectionError, exceptions.PDUError, ValueError):
            self._socket.settimeout(LEAVING)
            self.unbind()
        self.hang_up()

    def hang_up(self) -> None:
        """Without a goodbye."""
        self._socket.close()
        # What smpplib warns of when it is forgotten.
        self._socket = None  # type: ignore[assignment]

    def _has_something(self) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(0))

    def _answer(self, pdu: Any, hear: Hear) -> None:  # noqa: ANN401
        if pdu.command == "unbind":
            raise exceptions.ConnectionError("the carrier said goodbye")
        if pdu.command == "deliver_sm":
            hear(pdu)
        if pdu.command in ("deliver_sm", "enquire_link"):
            answer = smpp.make_pdu(f"{pdu.command}_resp", client=self)
            answer.sequence = pdu.sequence
            self.send_pdu(answer)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
