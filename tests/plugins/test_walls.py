"""What is typed at the console leads nowhere inside the house unless the file lists the network (J15)."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from threading import Thread
from typing import Any

import pytest
from pydantic import Field
from servers.authority import Authority

from keyback.core import Plugin, PluginError, PluginSettings, Wall
from keyback.core.contracts.plugin import addresses_of, read_settings
from keyback.core.contracts.wall import NO_WALL
from keyback.core.host import Host
from keyback.core.service.ruling.part_values import Fixed, only_elsewhere
from keyback.plugins.channels.sip import SipSettings
from keyback.plugins.channels.smtp import SmtpSettings

Make = Callable[[str, str, int], Plugin]

MAIL = {"sender": "keyback@example.org"}
DIRECTORY = {"bind_dn": "cn=keyback", "bind_password": "secret", "base": "dc=example"}
CARRIER = {"system_id": "keyback", "password": "secret", "sender": "Acme"}
KINDS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "smtp": ("channel", MAIL),
    "smpp": ("channel", CARRIER),
    "syslog": ("notifier", {}),
    "openldap": ("store", DIRECTORY),
    "active_directory": ("store", DIRECTORY),
    "http_gateway": ("channel", {}),
}
INSIDE = ("127.0.0.1", "localhost", "::ffff:127.0.0.1", "127.1", "0.0.0.0")
NEVER = ("169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "10.0.0.1", "192.168.1.1", "172.16.0.1",
         "fe80::1%eth0", "fd00:ec2::254", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1",
         "255.255.255.255", "0.0.0.0", "::", "64:ff9b:1::a00:1", "::a00:1", "::ffff:0:a00:1", "fec0::1")  # fmt: skip


class Trap:
    """Listens on this machine, and knows whether anybody came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    @property
    def somebody_came(self) -> bool:
        return bool(select.select([self._socket], [], [], 0)[0])

    def hang_up_on(self, visitors: list[object]) -> None:
        """On whoever comes, until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                visitor, address = self._socket.accept()
                visitors.append(address)
                visitor.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    ca_file = str(Authority(tmp_path_factory.mktemp("authority")).ca_file)

    def built(key: str, host: str, port: int) -> Plugin:
        kind, more = KINDS[key]
        found = Host([key]).classes[kind, key]
        shown = f"[{host}]" if ":" in host else host
        where: dict[str, Any] = {"host": host, "port": port}
        if kind == "store":
            where = {"servers": [f"ldap://{shown}:{port}", f"ldaps://{shown}:{port}"], "ca_file": ca_file}
        if key == "http_gateway":
            where = {"url": f"https://{shown}:{port}/"}
        return found(read_settings(found.Settings, {**where, **more}))

    return built


@pytest.mark.parametrize("address", NEVER)
def test_a_wall_lets_nobody_into_the_house_nor_to_where_clouds_tell_secrets(address: str) -> None:
    assert not Wall().lets(address)
    assert NO_WALL.lets(address)


def test_a_wall_lets_to_the_internet_and_to_what_is_listed() -> None:
    assert Wall().lets("93.184.216.34")
    assert Wall().lets("2606:2800:220:1:248:1893:25c8:1946")
    listed = Wall((ip_network("10.1.0.0/16"),))
    assert listed.lets("10.1.2.3")
    assert listed.lets("::ffff:10.1.2.3")
    assert not listed.lets("10.2.0.1")


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("key", KINDS)
def test_nobody_is_connected_to_behind_the_wall(make: Make, trap: Trap, key: str, host: str) -> None:
    plugin = make(key, host, trap.port)
    plugin.wall = Wall()
    with pytest.raises(PluginError, match="private"):
        plugin.check()
    assert not trap.somebody_came


@pytest.mark.parametrize("key", [key for key in KINDS if key != "http_gateway"])
def test_what_stands_in_the_file_is_connected_to(make: Make, trap: Trap, key: str) -> None:
    """Else the test above could not fail."""
    plugin, visitors = make(key, "127.0.0.1", trap.port), list[object]()
    Thread(target=trap.hang_up_on, args=(visitors,), daemon=True).start()
    with pytest.raises(PluginError):
        plugin.check()
    assert visitors


@pytest.mark.parametrize("key", [key for key in KINDS if key != "http_gateway"])
def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing(
    make: Make, trap: Trap, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolved(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        # At first somebody who is listed and is not there, from then on the trap.
        address = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    plugin = make(key, "rebinding.example", trap.port)
    plugin.wall = Wall((ip_network("127.0.0.2/32"),))
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(PluginError):
        plugin.check()
    assert "rebinding.example" in asked
    assert not trap.somebody_came


def test_a_plugin_that_names_no_address_means_any_setting() -> None:
    class Unmarked(PluginSettings):
        gate: str = Field(title="Gate", description="Where.")

    assert addresses_of(Unmarked) == {"gate"}
    assert addresses_of(SmtpSettings) == {"host"}


def test_the_exchange_which_looks_its_name_up_itself_is_set_in_the_file_alone() -> None:
    assert only_elsewhere(SipSettings)["server"] is Fixed.ONLY_IN_FILE
    with pytest.raises(ValueError, match="ca_file"):
        SipSettings(server="pbx.example.org", user="17", ca_file="/ca.pem\nmodule evil.so")
