"""A Keyback in front of a private Active Directory, and people of that domain at its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .fault_proxy import FaultProxy
from .keyback import Keyback
from .outfit import SWIFT, post_pins
from .samba import SambaAd
from .slapd import Someone
from .story import Post, Story


@contextmanager
def running_domain_house(
    folder: Path, post: Post, ad: SambaAd, proxy: FaultProxy | None = None, *, processes: int = 1, **more: object
) -> Iterator[Keyback]:
    """Its way to the domain leads through the proxy, if there is one."""
    way = {} if proxy is None else {"servers": (f"ldaps://{proxy.host}:{proxy.port}",)}
    # As many as there may be: tests have many people write at the same moment.
    outfit = {"store.active_directory": ad.settings(**way, connections=8), **post_pins(post), **SWIFT}
    with Keyback(folder, outfit, processes=processes, more=more) as keyback:
        yield keyback


def a_colleague(keyback: Keyback, post: Post, ad: SambaAd) -> tuple[Someone, Story]:
    """Somebody new in the domain, at a browser, whose rules take every long password."""
    person = ad.person()
    ad.rules_for(person, LockoutThreshold=5)
    phone = ad.read(person.dn, "mobile")["mobile"][0].decode()
    return person, Story.of(keyback, post, person.uid, phone=phone)
