"""What the pages need to know about the house they stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

from ..contracts.brand import Brand
from ..contracts.text import Text
from ..languages import Languages
from ..origins import host_of, origin_of

ADVICE = (
    Text("In the office or on VPN: lock the computer, then unlock it with the new password."),
    Text("At home without VPN: connect to VPN first, then do the same."),
    Text("On your phone: mail asks for the new password once."),
)


def utc_now() -> datetime:
    """The clock that seconds on a page are counted with."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """Whom to call when nothing helps: in words, by a link where one press is enough, and when."""

    words: str
    link: str = ""
    hours: str = ""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class PortalSettings:
    """`secure` is false only in a demo over plain HTTP. No proxy is trusted unless it is listed, as CIDR."""

    # Asked with every page: administrators may change it while this process runs.
    brand: Callable[[], Brand]
    portal_url: str
    # Where people sign in to see everything they can do here. Empty: nobody can yet.
    sign_in_url: str = ""
    # In which store they are who do.
    sign_in_store: str = ""
    sign_in_first: bool = False
    # Stores whose directory lets the old password open some computers for up to an hour.
    keeps_old_password: frozenset[str] = frozenset()
    secure: bool = True
    trusted_proxies: tuple[str, ...] = ()
    languages: Languages = Languages()
    now: Callable[[], datetime] = utc_now
    # Looks whether another process knows a newer brand.
    look_again: Callable[[], object] = lambda: None

    @property
    def company(self) -> str:
        """At whom people reset a password."""
        return self.brand().company

    @property
    def help_desk(self) -> HelpDesk | None:
        """Whom to call."""
        brand = self.brand()
        return HelpDesk(brand.help_desk, brand.help_desk_link, brand.help_desk_hours) if brand.help_desk else None

    @property
    def name_example(self) -> str:
        """What a name may look like here, under the field: "jo.frost@alderwick.example or jfrost"."""
        return self.brand().name_example

    @property
    def advice(self) -> tuple[Text | str, ...]:
        """What to do on a company computer once there is a new password. Empty: nothing is said."""
        brand = self.brand()
        return (brand.advice_lines or ADVICE) if brand.advice else ()

    @cached_property
    def origin(self) -> str:
        """Scheme and host as browsers write them: lower case, without the scheme's own port."""
        return origin_of(self.portal_url)

    @property
    def host(self) -> str:
        """The one Host header that is answered."""
        return host_of(self.portal_url)

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose word about the client's address counts."""
        return tuple(ip_network(cidr) for cidr in self.trusted_proxies)
