"""No page of the console can point HTTP of ours into the house (J15)."""

from __future__ import annotations

import pytest

from keyback.core import DeliveryFailed
from keyback.core.contracts.errors import PluginError
from keyback.core.host import Host
from keyback.core.service.ruling.part_values import Fixed, only_elsewhere
from keyback.plugins.channels.http_gateway import HttpGateway, HttpGatewaySettings

OURS = "embedded entra sms email smtp http_gateway sns smpp sip twilio web_push outbox syslog".split()
LEADS_ELSEWHERE = {"proxy", "base_url", "address", "authority", "graph", "database", "private_networks"}
HOSTS = (
    "127.0.0.1 [::1] 169.254.169.254 10.0.0.1 192.168.1.1 [fd00:ec2::254] [::ffff:169.254.169.254] localhost 0.0.0.0"
)
INSIDE = [f"https://{host}/" for host in HOSTS.split()]


@pytest.mark.parametrize("name", sorted(Host(OURS).classes), ids=" ".join)
def test_other_places_for_http_are_set_in_the_file_alone(name: tuple[str, str]) -> None:
    kind = Host([name[1]]).classes[name].Settings
    fixed = {each for each, why in only_elsewhere(kind).items() if why is Fixed.ONLY_IN_FILE}
    assert kind.model_fields.keys() & LEADS_ELSEWHERE <= fixed


@pytest.mark.parametrize("url", INSIDE)
def test_a_gateway_inside_the_house_is_not_even_knocked_at(url: str) -> None:
    gateway = HttpGateway(HttpGatewaySettings(url=url))
    with pytest.raises((PluginError, DeliveryFailed), match="in a private network"):
        gateway.check()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://10.0.0.1/", "ftp://example.org/", "http://example.org/"]
)
def test_other_schemes_are_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpGatewaySettings(url=url)
