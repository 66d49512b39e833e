"""HTTP to the outside: to addresses that were checked, without redirects, never beyond the deadline."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

from .contracts.errors import DeliveryFailed, PluginError
from .contracts.text import Text
from .contracts.wall import Wall
from .dial import Forbidden, dial

# No single step may take longer, and no more of an answer is read.
LONGEST_STEP = 10.0
LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. Nothing of it is printed: address, headers and body may hold a number, a token or a code."""

    verb: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or the beginning of it."""

    status: int
    text: str = field(repr=False)


class Outside:
    """The internet, and such private networks as are listed: without a list, nothing inside the house is reached.

    Through a `proxy` (http://user:password@host:port) it is the proxy that looks names up and decides where to go.
    """

    def __init__(self, private_networks: Sequence[str] = (), ca_file: str = "", proxy: str = "") -> None:
        """Raises PluginError for a file of authorities that cannot be read."""
        self._proxy = proxy
        self._wall = Wall(tuple(map(ip_network, private_networks)))
        try:
            self._tls = ssl.create_default_context(cafile=ca_file or None)
        except OSError:
            raise PluginError(Text("the file of the certificate authority cannot be read")) from None

    def ask(self, request: Request, ends: float) -> Answer:
        """One request, before this moment of the monotonic clock. Raises OSError or HTTPException."""
        parts = urlsplit(request.url)
        connection = http.client.HTTPConnection(parts.netloc)
        try:
            connection.sock = self.connect(request.url, ends)
        except TimeoutError:
            raise NotReached from None
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Accept": "*/*", "Connection": "close", **request.headers}
            connection.request(request.verb, target, request.body, headers)
            connection.sock.settimeout(_left(ends))
            response = connection.getresponse()
            return Answer(response.status, _read(response, ends).decode("utf-8", "replace"))
        finally:
            connection.close()

    def connect(self, url: str, ends: float) -> socket.socket:
        """A connection to an address that was checked: a name that answers differently a second time gains nothing."""
        parts = urlsplit(url)
        host, secure = str(parts.hostname), parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        plain = self._tunnel(host, port, ends) if self._by_proxy(host, port) else self._directly(host, port, ends)
        if not secure:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _by_proxy(self, _host: str, _port: int) -> bool:
        return bool(self._proxy)

    def _directly(self, host: str, port: int, ends: float) -> socket.socket:
        return dial(host, port, self._wall, _left(ends))

    def _tunnel(self, host: str, port: int, ends: float) -> socket.socket:
        """The proxy sees where we go and nothing of what is said there."""
        proxy = urlsplit(self._proxy)
        connection = http.client.HTTPConnection(str(proxy.hostname), proxy.port or 3128, timeout=_left(ends))
        words = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}".encode()
        headers = {"Proxy-Authorization": f"Basic {b64encode(words).decode()}"} if proxy.username else {}
        connection.set_tunnel(host, port, headers)
        try:
            connection.connect()
        except socket.gaierror:
            # Or it would be said of the host that it is not known.
            raise OSError("the proxy is not known") from None
        return connection.sock


class OutsideToMany(Outside):
    """The same for hosts that are not of one company: the file of authorities adds to the public ones.

    They are somebody's to type, so the proxy is never asked to go into the house: what leads there is asked directly,
    where its network is listed. A name that only the proxy can look up is the proxy's to judge.
    """

    def __init__(self, private_networks: Sequence[str] = (), ca_file: str = "", proxy: str = "") -> None:
        """Raises PluginError for a file of authorities that cannot be read."""
        super().__init__(private_networks, ca_file, proxy)
        if ca_file:
            self._tls.load_default_certs()

    def _by_proxy(self, host: str, port: int) -> bool:
        if not self._proxy:
            return False
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            return True
        return all(Wall().lets(str(one[4][0])) for one in found)


class NotReached(OSError):
    """Time was over before anything was said."""


def refusal(status: int) -> DeliveryFailed:
    """What the provider's no means, and whether later may help."""
    if status in (401, 403):
        return DeliveryFailed("credentials", retry=False)
    if status in (408, 429):
        return DeliveryFailed("throttled", retry=True)
    if status < 500:
        return DeliveryFailed("refused", retry=False)
    # "Not now" is a no. Any other fault may have come after it was taken, or from a proxy that gave up waiting.
    return DeliveryFailed("provider-down", retry=True, unknown=status != 503)


def failure(error: Exception) -> DeliveryFailed:
    """What went wrong on the way.

    Raised outside of the `except`, or the cause would be printed with it, and could hold the request.
    """
    if isinstance(error, Forbidden):
        return DeliveryFailed("private-address", retry=False)
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryFailed("certificate", retry=False)
    if isinstance(error, NotReached):
        return DeliveryFailed("timeout", retry=True)
    # What broke off after it was asked may have been taken all the same.
    unknown = isinstance(error, (TimeoutError, ConnectionResetError, BrokenPipeError, http.client.HTTPException))
    return DeliveryFailed("timeout" if isinstance(error, TimeoutError) else "unreachable", retry=True, unknown=unknown)


def _read(response: http.client.HTTPResponse, ends: float) -> bytes:
    """The beginning of the answer; one that drips is given up at the deadline."""
    answer = b""
    while len(answer) < LONGEST_ANSWER and (more := response.read1(4096)):
        answer += more
        _left(ends)
    return answer


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, LONGEST_STEP)
