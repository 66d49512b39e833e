"""The way out to hosts that somebody typed: clients of OpenID Connect, receivers of signals."""

from __future__ import annotations

from ..core.outside import Outside, OutsideToMany
from .settings import WayOut


def way_out(chosen: WayOut) -> Outside:
    """As the settings of one section say. The file of authorities was read at the start already."""
    networks = [str(network) for network in chosen.private_networks]
    return OutsideToMany(networks, str(chosen.ca_file or ""), chosen.proxy.get_secret_value())
