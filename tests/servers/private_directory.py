"""What every private LDAP directory of the tests is: a process that freezes and ends, and connections to it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import ldap3

from .program import Program


class PrivateDirectory:
    """One server in a folder of its own, with its authority's certificate there."""

    # Who may do everything there, and by which names the server is certified if not by the one it is reached at.
    root_name: ClassVar[str]
    root_password: ClassVar[str]
    certified_as: ClassVar[tuple[str, ...]] = ()

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.folder, self.host, self.port = folder, host, port
        self.ca_file = folder / "tls" / "ca.pem"
        self._program = Program(folder / "said")

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or at once."""
        self._program.stop(kill=kill)

    @property
    def process(self) -> int:
        """The running server's number."""
        return self._program.number

    def freeze(self) -> None:
        """Stop it in its tracks: it accepts connections and says nothing."""
        self._program.freeze()

    def thaw(self) -> None:
        """Let it go on."""
        self._program.thaw()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Both."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def root(self) -> contextlib.AbstractContextManager[Any]:
        """A connection that may do everything."""
        return self.connected(self.root_name, self.root_password.encode())

    @contextlib.contextmanager
    def connected(self, name: str, password: bytes) -> Iterator[Any]:
        """A signed-in connection."""
        connection = self.connection(name, password)
        connection.open(read_server_info=False)
        assert connection.bind(read_server_info=False), connection.result
        try:
            yield connection
        finally:
            connection.unbind()

    def connection(self, name: str, password: bytes) -> Any:
        """A connection over verified TLS, not open yet."""
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED, ca_certs_file=str(self.ca_file), valid_names=[*self.certified_as] or None
        )
        server = ldap3.Server(self.host, self.port, use_ssl=True, tls=tls, get_info=ldap3.NONE, connect_timeout=5)
        return ldap3.Connection(server, name, password, auto_referrals=False, check_names=False, receive_timeout=10)
